//! First weights.

use std::f64::consts::TAU;

use burn::module::{Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// Standard deviation of a standard normal cut off at two standard deviations.
const TRUNCATED_STD: f64 = 0.879_625_661_034_239_8;

/// Where a layer's first weights come from: the block's seed, and the layer's number in the block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stream {
    pub seed: u64,
    pub layer: u64,
}

/// The seed of the block at this place of a network: neighbouring places get seeds far apart (the multiplier is 2^64 divided
/// by the golden ratio).
pub(crate) fn block_seed(seed: u64, place: usize) -> u64 {
    seed.wrapping_add((place as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

/// Weights of a convolution: normal with variance `2 / fan_in`, cut off at two standard deviations (He et al. 2015,
/// section 2.2, as Keras' `he_normal`). Drawn when they are first needed: a network that only loads weights draws none.
pub(crate) fn he_normal<const D: usize>(
    shape: [usize; D],
    fan_in: usize,
    stream: Stream,
    device: &Device,
) -> Param<Tensor<D>> {
    Param::uninitialized(
        ParamId::new(),
        move |device, require_grad| {
            let weights = draw(shape.iter().product(), fan_in, stream);
            let weights = Tensor::from_data(TensorData::new(weights, shape), device);
            match require_grad {
                true => weights.require_grad(),
                false => weights,
            }
        },
        device.clone(),
        true,
        shape.into(),
    )
}

fn draw(count: usize, fan_in: usize, stream: Stream) -> Vec<f32> {
    let std = (2.0 / fan_in as f64).sqrt() / TRUNCATED_STD;
    let mut rng = ChaCha8Rng::seed_from_u64(stream.seed);
    rng.set_stream(stream.layer);
    let mut weights = Vec::with_capacity(count + 1);
    while weights.len() < count {
        // Box and Muller (1958): two uniform numbers make two normal ones.
        let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
        let (sin, cos) = (TAU * rng.random::<f64>()).sin_cos();
        for value in [radius * cos, radius * sin] {
            if value.abs() <= 2.0 {
                weights.push((std * value) as f32);
            }
        }
    }
    weights.truncate(count);
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn he_normal_has_the_wanted_deviation_and_cut() {
        let fan_in = 32 * 9;
        let weights = draw(64 * fan_in, fan_in, Stream { seed: 7, layer: 0 });
        let n = weights.len() as f64;
        let mean = weights.iter().map(|&w| f64::from(w)).sum::<f64>() / n;
        let variance = weights.iter().map(|&w| (f64::from(w) - mean).powi(2)).sum::<f64>() / n;
        let wanted = 2.0 / fan_in as f64;
        assert!(mean.abs() < 2e-3, "{mean}");
        assert!((variance / wanted - 1.0).abs() < 0.03, "{variance} {wanted}");
        let cut = 2.0 * wanted.sqrt() / TRUNCATED_STD;
        assert!(weights.iter().all(|&w| f64::from(w.abs()) <= cut + 1e-6));
    }

    #[test]
    fn seed_and_layer_decide_the_weights() {
        let of = |seed, layer| draw(18, 9, Stream { seed, layer });
        assert_eq!(of(1, 0), of(1, 0));
        assert_ne!(of(1, 0), of(1, 1));
        assert_ne!(of(1, 0), of(2, 0));
    }
}

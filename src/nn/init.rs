//! How weights begin: He-normal values, the same for the same seed.

use std::f64::consts::TAU;

use burn::module::{Param, ParamId};
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::{Device, Tensor, TensorData};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// Standard deviation of a standard normal distribution cut at two standard deviations. Dividing by it gives the cut
/// distribution the wanted deviation, as Keras' `VarianceScaling` does.
const TRUNCATED_STD: f64 = 0.879_625_661_034_239_8;

/// A convolution with stride 1 whose output is as large as its input (Keras' `padding='same'`), with He-normal
/// weights (He et al. 2015, section 2.2) and biases of zero.
///
/// A 3x3 kernel is padded by one pixel on all sides; a 2x2 kernel by one row at the bottom and one column at the
/// right. `layer` tells the layers of one seed apart. The weights are made when they are first used.
pub(crate) fn conv2d_same(
    [channels_in, channels_out]: [usize; 2],
    kernel: usize,
    seed: u64,
    layer: u64,
    device: &Device,
) -> Conv2d {
    let before = (kernel - 1) / 2;
    let after = kernel - 1 - before;
    let mut conv = Conv2dConfig::new([channels_in, channels_out], [kernel, kernel])
        .with_padding(PaddingConfig2d::Explicit(before, before, after, after))
        .with_initializer(burn::module::Initializer::Zeros)
        .init(device);
    let shape = [channels_out, channels_in, kernel, kernel];
    conv.weight = Param::uninitialized(
        ParamId::new(),
        move |device, require_grad| {
            let weights = he_normal(shape, seed, layer);
            let weights = Tensor::from_data(TensorData::new(weights, shape), device);
            match require_grad {
                true => weights.require_grad(),
                false => weights,
            }
        },
        device.clone(),
        true,
        shape.into(),
    );
    conv
}

/// Weights `[channels_out, channels_in, height, width]` drawn from a normal distribution of mean 0 and standard
/// deviation `sqrt(2 / fan_in)`, cut at two (uncorrected) standard deviations: Keras' `he_normal`.
fn he_normal(shape: [usize; 4], seed: u64, layer: u64) -> Vec<f32> {
    let [channels_out, channels_in, height, width] = shape;
    let fan_in = channels_in * height * width;
    let std = (2.0 / fan_in as f64).sqrt() / TRUNCATED_STD;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(layer);
    let count = channels_out * fan_in;
    let mut weights = Vec::with_capacity(count + 1);
    while weights.len() < count {
        // Box and Muller's transform gives two normal values from two uniform ones.
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
        let weights = he_normal([64, 32, 3, 3], 7, 0);
        assert_eq!(weights.len(), 64 * 32 * 9);
        let n = weights.len() as f64;
        let mean = weights.iter().map(|&w| f64::from(w)).sum::<f64>() / n;
        let variance = weights.iter().map(|&w| (f64::from(w) - mean).powi(2)).sum::<f64>() / n;
        let wanted = 2.0 / (32.0 * 9.0);
        assert!(mean.abs() < 2e-3, "{mean}");
        assert!((variance / wanted - 1.0).abs() < 0.03, "{variance} {wanted}");
        let cut = 2.0 * wanted.sqrt() / TRUNCATED_STD;
        assert!(weights.iter().all(|&w| f64::from(w.abs()) <= cut + 1e-6));
    }

    #[test]
    fn seed_and_layer_decide_the_weights() {
        let shape = [2, 3, 3, 3];
        assert_eq!(he_normal(shape, 1, 0), he_normal(shape, 1, 0));
        assert_ne!(he_normal(shape, 1, 0), he_normal(shape, 1, 1));
        assert_ne!(he_normal(shape, 1, 0), he_normal(shape, 2, 0));
    }

    #[test]
    fn same_padding_of_a_2x2_kernel_is_at_the_bottom_and_right() {
        let device = crate::device::cpu();
        let mut conv = conv2d_same([1, 1], 2, 0, 0, &device);
        conv.weight = conv.weight.map(|w| w.ones_like());
        let x = Tensor::<4>::from_data([[[[1.0, 2.0], [3.0, 4.0]]]], &device);
        let y: Vec<f32> = conv.forward(x).into_data().try_to_vec().unwrap();
        assert_eq!(y, [10.0, 6.0, 7.0, 4.0]);
    }
}

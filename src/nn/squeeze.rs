//! Which maps matter for this image: squeeze and excitation.

use burn::module::Module;
use burn::tensor::{Device, Tensor, activation};

use super::conv::{Conv, ConvPlan};
use super::init::Stream;
use super::outline::{Maps, Outline};
use super::space::Space;
use crate::error::ShapeError;

/// Weighs every map by a number between 0 and 1 that depends on the means of all maps (Hu et al. 2018, section 3).
#[derive(Module, Debug)]
pub struct SqueezeExcitation {
    /// From all maps to a few numbers.
    pub squeeze: Conv,
    /// From these to one number a map.
    pub excite: Conv,
}

impl SqueezeExcitation {
    /// A block for `channels` maps whose narrow middle has a `reduction`-th of them, but at least one; the paper's
    /// reduction is 16.
    pub fn new(space: Space, channels: usize, reduction: usize, seed: u64, device: &Device) -> Self {
        let middle = (channels / reduction.max(1)).max(1);
        let plan = |from, to, layer| ConvPlan::new(space, [from, to], 1, Stream { seed, layer });
        Self {
            squeeze: plan(channels, middle, 20).init(device),
            excite: plan(middle, channels, 21).init(device),
        }
    }

    /// # Shapes
    /// - `x`, output: `[batch, channels, ..]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let means = (2..D).fold(x.clone(), |means, axis| means.mean_dim(axis));
        let weights = self.excite.forward(activation::relu(self.squeeze.forward(means)));
        x * activation::sigmoid(weights)
    }

    pub(crate) fn outline(&self, outline: &mut Outline, name: &str, x: &Maps) -> Result<Maps, ShapeError> {
        let middle = self.squeeze.channels()[1];
        let parameters = 2 * x.channels * middle + middle + x.channels;
        let multiply_adds = 2 * x.channels * middle + x.size.iter().product::<usize>() * x.channels;
        let kind = format!("Squeeze {middle} + excite");
        Ok(outline.row(name, &kind, x.clone(), [parameters, multiply_adds], &[&x.layer]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    #[test]
    fn maps_are_weighed_whole() {
        let block = SqueezeExcitation::new(Space::D2, 4, 2, 3, &cpu());
        let x = Tensor::<4>::ones([2, 4, 3, 3], &cpu());
        let y = block.forward(x);
        assert_eq!(y.dims(), [2, 4, 3, 3]);
        let low = y.clone().min_dim(2).min_dim(3);
        let high = y.max_dim(2).max_dim(3);
        assert!(low.clone().lower_equal_elem(1.0).all().into_scalar::<bool>());
        assert_eq!(low.into_data(), high.into_data());
        assert_eq!(block.num_params(), 4 * 2 + 2 + 2 * 4 + 4);
    }
}

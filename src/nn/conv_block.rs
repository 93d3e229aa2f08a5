//! The block that every level of the U is made of: two 3x3 convolutions, each with a ReLU.

use burn::config::Config;
use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::init::conv2d_same;

/// Describes a [`DoubleConv`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DoubleConvConfig {
    /// Channels of the input.
    pub channels_in: usize,
    /// Channels of the output, and between the two convolutions.
    pub channels_out: usize,
    /// Seed of the first weights.
    pub seed: u64,
}

/// Convolution 3x3 + ReLU, twice (Ronneberger et al. 2015, section 2).
///
/// The paper's convolutions are unpadded, so each takes two pixels off height and width; these are padded and keep
/// them ("same"), as nearly every U-Net since. Two 3x3 convolutions see 5x5 pixels, with fewer weights than one 5x5.
///
/// Taught in unit 01 (architecture).
#[derive(Module, Debug)]
pub struct DoubleConv {
    /// `channels_in` -> `channels_out`.
    pub conv1: Conv2d,
    /// `channels_out` -> `channels_out`.
    pub conv2: Conv2d,
}

impl Config for DoubleConvConfig {}

impl DoubleConvConfig {
    /// The block from `channels_in` to `channels_out` maps, with seed 42.
    pub fn new(channels_in: usize, channels_out: usize) -> Self {
        Self {
            channels_in,
            channels_out,
            seed: 42,
        }
    }

    /// Sets the seed of the first weights.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Makes the block on a device, with He-normal weights and biases of zero.
    pub fn init(&self, device: &Device) -> DoubleConv {
        let (a, b) = (self.channels_in, self.channels_out);
        DoubleConv {
            conv1: conv2d_same([a, b], 3, self.seed, 0, device),
            conv2: conv2d_same([b, b], 3, self.seed, 1, device),
        }
    }
}

impl DoubleConv {
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = relu(self.conv1.forward(x));
        relu(self.conv2.forward(x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    #[test]
    fn keeps_height_and_width() {
        let block = DoubleConvConfig::new(3, 8).init(&cpu());
        let y = block.forward(Tensor::ones([2, 3, 5, 7], &cpu()));
        assert_eq!(y.dims(), [2, 8, 5, 7]);
    }

    #[test]
    fn counts_weights_and_biases() {
        // (3*3*3 + 1) * 64 + (64*3*3 + 1) * 64: the first two lines of the course's summary.
        let block = DoubleConvConfig::new(3, 64).init(&cpu());
        assert_eq!(block.num_params(), 1_792 + 36_928);
    }
}

//! One step up the expansive path.

use burn::config::Config;
use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::tensor::activation::relu;
use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::conv_block::{DoubleConv, DoubleConvConfig};
use super::init::conv2d_same;

/// Describes an [`Up`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UpConfig {
    /// Channels of the maps from below.
    pub channels_in: usize,
    /// Channels of the output; the maps of the skip connection have as many.
    pub channels_out: usize,
    /// Seed of the first weights.
    pub seed: u64,
}

/// Doubles height and width by repeating pixels, convolves 2x2 + ReLU, joins the skip connection's maps and ends in a
/// [`DoubleConv`] (Ronneberger et al. 2015, section 2: the expansive path, whose "up-convolution" this is).
///
/// Taught in unit 01 (architecture).
#[derive(Module, Debug)]
pub struct Up {
    /// The 2x2 convolution after upsampling: `channels_in` -> `channels_out`.
    pub up_conv: Conv2d,
    /// The level's convolutions on skip and upsampled maps together: `2 * channels_out` -> `channels_out`.
    pub conv: DoubleConv,
}

impl Config for UpConfig {}

impl UpConfig {
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

    /// Makes the block on a device.
    pub fn init(&self, device: &Device) -> Up {
        let (a, b) = (self.channels_in, self.channels_out);
        Up {
            up_conv: conv2d_same([a, b], 2, self.seed, 2, device),
            conv: DoubleConvConfig::new(2 * b, b).with_seed(self.seed).init(device),
        }
    }
}

impl Up {
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`, from the level below
    /// - `skip`: `[batch, channels_out, 2 * height, 2 * width]`, from the encoder of this level
    /// - output: `[batch, channels_out, 2 * height, 2 * width]`
    pub fn forward(&self, x: Tensor<4>, skip: Tensor<4>) -> Tensor<4> {
        let x = relu(self.up_conv.forward(upsample(x)));
        self.conv.forward(Tensor::cat(vec![skip, x], 1))
    }
}

/// Repeats each pixel twice in both directions (nearest neighbour), as Keras' `UpSampling2D`.
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`
/// - output: `[batch, channels, 2 * height, 2 * width]`
pub fn upsample(x: Tensor<4>) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    let options = InterpolateOptions::new(InterpolateMode::Nearest).with_output_size([2 * height, 2 * width]);
    interpolate(x, options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    #[test]
    fn upsampling_repeats_pixels() {
        let x = Tensor::<4>::from_data([[[[1.0, 2.0], [3.0, 4.0]]]], &cpu());
        let y: Vec<f32> = upsample(x).into_data().try_to_vec().unwrap();
        assert_eq!(
            y,
            [
                1.0, 1.0, 2.0, 2.0, //
                1.0, 1.0, 2.0, 2.0, //
                3.0, 3.0, 4.0, 4.0, //
                3.0, 3.0, 4.0, 4.0,
            ]
        );
    }

    #[test]
    fn joins_the_skip_connection() {
        let up = UpConfig::new(8, 4).init(&cpu());
        let y = up.forward(Tensor::ones([1, 8, 3, 5], &cpu()), Tensor::ones([1, 4, 6, 10], &cpu()));
        assert_eq!(y.dims(), [1, 4, 6, 10]);
        // 2x2 convolution 8 -> 4, then 8 -> 4 and 4 -> 4 with 3x3 kernels.
        assert_eq!(up.num_params(), (8 * 4 + 1) * 4 + (8 * 9 + 1) * 4 + (4 * 9 + 1) * 4);
    }
}

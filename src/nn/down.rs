//! One step down the contracting path.

use burn::config::Config;
use burn::module::Module;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::conv_block::{DoubleConv, DoubleConvConfig};

/// Describes a [`Down`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DownConfig {
    /// Channels of the input.
    pub channels_in: usize,
    /// Channels of the output and of the skip connection.
    pub channels_out: usize,
    /// Seed of the first weights.
    pub seed: u64,
}

/// A [`DoubleConv`], then 2x2 max pooling that halves height and width (Ronneberger et al. 2015, section 2: the
/// contracting path).
///
/// Taught in unit 01 (architecture).
#[derive(Module, Debug)]
pub struct Down {
    /// The level's convolutions; their output also goes through the skip connection.
    pub conv: DoubleConv,
    /// Keeps the largest of each 2x2 pixels.
    pub pool: MaxPool2d,
}

impl Config for DownConfig {}

impl DownConfig {
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
    pub fn init(&self, device: &Device) -> Down {
        Down {
            conv: DoubleConvConfig::new(self.channels_in, self.channels_out)
                .with_seed(self.seed)
                .init(device),
            pool: MaxPool2dConfig::new([2, 2]).init(),
        }
    }
}

impl Down {
    /// Gives `(skip, pooled)`: the maps for the decoder of this level and the maps for the next level.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - skip: `[batch, channels_out, height, width]`
    /// - pooled: `[batch, channels_out, height / 2, width / 2]`; an odd last row or column is dropped
    pub fn forward(&self, x: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let skip = self.conv.forward(x);
        let pooled = self.pool.forward(skip.clone());
        (skip, pooled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    #[test]
    fn halves_height_and_width_and_keeps_the_largest() {
        let down = DownConfig::new(1, 4).init(&cpu());
        let (skip, pooled) = down.forward(Tensor::ones([1, 1, 6, 8], &cpu()));
        assert_eq!(skip.dims(), [1, 4, 6, 8]);
        assert_eq!(pooled.dims(), [1, 4, 3, 4]);
        let corner: f32 = skip.slice([0..1, 0..1, 0..2, 0..2]).max().into_scalar();
        let first: f32 = pooled.slice([0..1, 0..1, 0..1, 0..1]).into_scalar();
        assert_eq!(corner, first);
    }
}

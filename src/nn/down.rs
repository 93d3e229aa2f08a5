//! One step down the contracting path.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::conv::ConvPlan;
use super::conv_block::{DoubleConv, DoubleConvConfig};
use super::conv_unit::ConvUnit;
use super::init::Stream;
use super::outline::{Maps, Outline};
use super::resize::max_pool;
use super::settings::{Downsampling, Padding};
use crate::error::ShapeError;

/// Describes a [`Down`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DownConfig {
    /// The level's convolutions.
    pub conv: DoubleConvConfig,
    /// How the maps become smaller.
    pub downsampling: Downsampling,
}

impl Config for DownConfig {}

impl DownConfig {
    /// The course's block from `channels_in` to `channels_out` maps: max pooling, seed 42.
    pub fn new(channels_in: usize, channels_out: usize) -> Self {
        Self::of(DoubleConvConfig::new(channels_in, channels_out))
    }

    /// A block with these convolutions.
    pub fn of(conv: DoubleConvConfig) -> Self {
        Self {
            conv,
            downsampling: Downsampling::MaxPool,
        }
    }

    /// Sets how the maps become smaller.
    pub fn with_downsampling(mut self, downsampling: Downsampling) -> Self {
        self.downsampling = downsampling;
        self
    }

    /// Sets the seed of the first weights.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.conv.seed = seed;
        self
    }

    /// Makes the block on a device.
    pub fn init(&self, device: &Device) -> Down {
        let conv = &self.conv;
        let stride = || {
            let stream = Stream {
                seed: conv.seed,
                layer: 4,
            };
            let plan = ConvPlan::new(conv.space, [conv.channels_out; 2], 2, stream);
            ConvUnit::new(
                plan.stride(2).padding(Padding::Valid),
                conv.norm,
                conv.activation,
                device,
            )
        };
        Down {
            conv: conv.init(device),
            stride: (self.downsampling == Downsampling::Strided).then(stride),
        }
    }
}

/// A [`DoubleConv`], whose output is kept for the skip connection, then half the size (Ronneberger et al. 2015,
/// section 2: the contracting path).
///
/// Taught in unit 01 (architecture).
#[derive(Module, Debug)]
pub struct Down {
    /// The level's convolutions.
    pub conv: DoubleConv,
    /// Halves the sides; max pooling, which learns nothing, where there is none.
    pub stride: Option<ConvUnit>,
}

impl Down {
    /// Gives the maps for the skip connection and the smaller ones for the next level.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, ..]`
    /// - skip: `[batch, channels_out, ..]`
    /// - smaller: the same, each side halved
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let skip = self.conv.forward(x);
        let smaller = match &self.stride {
            Some(stride) => stride.forward(skip.clone()),
            None => max_pool(skip.clone()),
        };
        (skip, smaller)
    }

    pub(crate) fn outline(&self, outline: &mut Outline, name: &str, x: &Maps) -> Result<[Maps; 2], ShapeError> {
        let skip = self.conv.outline(outline, name, x)?;
        let smaller = match &self.stride {
            Some(stride) => {
                let name = format!("{name} stride");
                outline.halve_check(&name, &skip)?;
                stride.outline(outline, &name, &skip)?
            }
            None => outline.pool(&format!("{name} pool"), &skip)?,
        };
        Ok([skip, smaller])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    #[test]
    fn halves_height_and_width_and_keeps_the_largest() {
        let down = DownConfig::new(1, 4).init(&cpu());
        let (skip, pooled) = down.forward(Tensor::<4>::ones([1, 1, 6, 8], &cpu()));
        assert_eq!(skip.dims(), [1, 4, 6, 8]);
        assert_eq!(pooled.dims(), [1, 4, 3, 4]);
        let corner: f32 = skip.slice([0..1, 0..1, 0..2, 0..2]).max().into_scalar();
        let first: f32 = pooled.slice([0..1, 0..1, 0..1, 0..1]).into_scalar();
        assert_eq!(corner, first);
    }

    #[test]
    fn a_strided_convolution_halves_too() {
        let config = DownConfig::new(1, 4).with_downsampling(Downsampling::Strided);
        let (_, smaller) = config.init(&cpu()).forward(Tensor::<4>::ones([1, 1, 6, 8], &cpu()));
        assert_eq!(smaller.dims(), [1, 4, 3, 4]);
    }
}

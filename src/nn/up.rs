//! One step up the expansive path.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::attention::AttentionGate;
use super::conv::{Conv, ConvPlan, UpConv};
use super::conv_block::{DoubleConv, DoubleConvConfig};
use super::conv_unit::ConvUnit;
use super::init::Stream;
use super::outline::{Maps, Outline};
use super::resize::{center_crop, interpolate_linear, upsample};
use super::settings::{Merge, Upsampling};
use super::space::spatial;
use crate::error::ShapeError;

/// Describes an [`Up`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpConfig {
    /// Channels of the maps from below.
    pub channels_in: usize,
    /// Channels of these maps once they are larger.
    pub channels_up: usize,
    /// Channels of the skip connection's maps.
    pub channels_skip: usize,
    /// The level's convolutions; their input channels follow from the others.
    pub conv: DoubleConvConfig,
    /// How the maps become larger.
    pub upsampling: Upsampling,
    /// How the skip connection's maps meet them.
    pub merge: Merge,
    /// Whether an [`AttentionGate`] stands on the skip connection.
    pub attention: bool,
}

impl Config for UpConfig {}

impl UpConfig {
    /// The course's block from `channels_in` to `channels_out` maps, with as many on the skip connection; seed 42.
    pub fn new(channels_in: usize, channels_out: usize) -> Self {
        Self::of(channels_in, DoubleConvConfig::new(channels_out, channels_out))
    }

    /// A block with these convolutions, whose output channels are those of the skip connection too.
    pub fn of(channels_in: usize, conv: DoubleConvConfig) -> Self {
        Self {
            channels_in,
            channels_up: conv.channels_out,
            channels_skip: conv.channels_out,
            conv,
            upsampling: Upsampling::NearestConv,
            merge: Merge::Concat,
            attention: false,
        }
    }

    /// Sets the channels of the maps from below once they are larger.
    pub fn with_channels_up(mut self, channels: usize) -> Self {
        self.channels_up = channels;
        self
    }

    /// Sets the channels of the skip connection's maps.
    pub fn with_channels_skip(mut self, channels: usize) -> Self {
        self.channels_skip = channels;
        self
    }

    /// Sets how the maps become larger.
    pub fn with_upsampling(mut self, upsampling: Upsampling) -> Self {
        self.upsampling = upsampling;
        self
    }

    /// Sets how the skip connection's maps meet them.
    pub fn with_merge(mut self, merge: Merge) -> Self {
        self.merge = merge;
        self
    }

    /// Sets whether an attention gate stands on the skip connection.
    pub fn with_attention(mut self, attention: bool) -> Self {
        self.attention = attention;
        self
    }

    /// Sets the seed of the first weights.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.conv.seed = seed;
        self
    }

    /// Makes the block on a device.
    pub fn init(&self, device: &Device) -> Up {
        let conv = &self.conv;
        let channels = [self.channels_in, self.channels_up];
        let joined = match self.merge {
            Merge::Concat => self.channels_skip + self.channels_up,
            Merge::Add => self.channels_up,
        };
        let gate = || AttentionGate::new(conv.space, self.channels_skip, conv.norm, conv.seed, device);
        Up {
            larger: Larger::new(self.upsampling, channels, conv, device),
            gate: self.attention.then(gate),
            conv: DoubleConvConfig {
                channels_in: joined,
                ..conv.clone()
            }
            .init(device),
            add: self.merge == Merge::Add,
        }
    }
}

/// Doubles every side and changes the number of maps; see [`Upsampling`].
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)]
pub enum Larger {
    /// Each value repeated, then a convolution of kernel 2.
    Nearest(ConvUnit),
    /// A transposed convolution.
    Transposed(UpConv),
    /// Linear interpolation, then a 1x1 convolution.
    Linear(Conv),
}

impl Larger {
    /// From `channels[0]` to `channels[1]` maps, in the manner of the block `like`.
    pub(crate) fn new(upsampling: Upsampling, channels: [usize; 2], like: &DoubleConvConfig, device: &Device) -> Self {
        let stream = Stream {
            seed: like.seed,
            layer: 2,
        };
        let plan = |kernel| ConvPlan::new(like.space, channels, kernel, stream);
        match upsampling {
            Upsampling::NearestConv => Self::Nearest(ConvUnit::new(plan(2), like.norm, like.activation, device)),
            Upsampling::Transposed => Self::Transposed(UpConv::new(like.space, channels, stream, device)),
            Upsampling::Linear => Self::Linear(plan(1).init(device)),
        }
    }

    /// # Shapes
    /// - `x`: `[batch, channels_in, ..]`
    /// - output: `[batch, channels_up, ..]`, each side doubled
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Nearest(conv) => conv.forward(upsample(x)),
            Self::Transposed(conv) => conv.forward(x),
            Self::Linear(conv) => {
                let size: Vec<usize> = spatial(&x).iter().map(|side| 2 * side).collect();
                conv.forward(interpolate_linear(x, &size, true))
            }
        }
    }

    pub(crate) fn outline(&self, outline: &mut Outline, name: &str, x: &Maps) -> Result<Maps, ShapeError> {
        let (upsampled, convolved) = (format!("{name} upsample"), format!("{name} up conv"));
        match self {
            Self::Nearest(conv) => {
                let x = outline.upsample(&upsampled, "Upsample 2x", x);
                conv.outline(outline, &convolved, &x)
            }
            Self::Transposed(conv) => Ok(outline.up_conv(&convolved, conv, x)),
            Self::Linear(conv) => {
                let x = outline.upsample(&upsampled, "Upsample 2x linear", x);
                outline.conv(&convolved, conv, "", 0, &x)
            }
        }
    }
}

/// Makes the maps from below twice as large, joins the skip connection's maps and ends in a [`DoubleConv`] (Ronneberger
/// et al. 2015, section 2: the expansive path).
///
/// Taught in unit 01 (architecture).
#[derive(Module, Debug)]
pub struct Up {
    /// Doubles every side: `channels_in` -> `channels_up`.
    pub larger: Larger,
    /// Weighs the places of the skip connection.
    pub gate: Option<AttentionGate>,
    /// The level's convolutions on both together.
    pub conv: DoubleConv,
    add: bool,
}

impl Up {
    /// # Shapes
    /// - `x`: `[batch, channels_in, ..]`, from the level below
    /// - `skip`: `[batch, channels_skip, ..]`, from the encoder of this level: each side twice as long, or longer, which
    ///   is cropped to the middle
    /// - output: `[batch, channels_out, ..]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>, skip: Tensor<D>) -> Tensor<D> {
        let x = self.larger.forward(x);
        let skip = center_crop(skip, &spatial(&x));
        let skip = match &self.gate {
            Some(gate) => gate.forward(skip, x.clone()),
            None => skip,
        };
        self.conv.forward(match self.add {
            true => skip + x,
            false => Tensor::cat(vec![skip, x], 1),
        })
    }

    pub(crate) fn outline(&self, outline: &mut Outline, name: &str, x: &Maps, skip: &Maps) -> Result<Maps, ShapeError> {
        let x = self.larger.outline(outline, name, x)?;
        let skip = match &self.gate {
            Some(gate) => {
                let cropped = Maps {
                    size: x.size.clone(),
                    ..skip.clone()
                };
                gate.outline(outline, &format!("{name} attention"), &cropped, &x)?
            }
            None => skip.clone(),
        };
        let crop = match skip.size == x.size {
            true => "",
            false => "Crop, ",
        };
        let joined = match self.add {
            true => outline.join(&format!("{name} add"), &format!("{crop}Add"), x.channels, &[&skip, &x])?,
            false => {
                let kind = match crop {
                    "" => "Concat",
                    _ => "Crop, concat",
                };
                let channels = skip.channels + x.channels;
                outline.join(&format!("{name} concat"), kind, channels, &[&skip, &x])?
            }
        };
        self.conv.outline(outline, name, &joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;
    use crate::nn::Space;

    #[test]
    fn joins_the_skip_connection() {
        let up = UpConfig::new(8, 4).init(&cpu());
        let below = Tensor::<4>::ones([1, 8, 3, 5], &cpu());
        let y = up.forward(below, Tensor::ones([1, 4, 6, 10], &cpu()));
        assert_eq!(y.dims(), [1, 4, 6, 10]);
        // 2x2 convolution 8 -> 4, then 8 -> 4 and 4 -> 4 with 3x3 kernels.
        assert_eq!(up.num_params(), (8 * 4 + 1) * 4 + (8 * 9 + 1) * 4 + (4 * 9 + 1) * 4);
    }

    #[test]
    fn every_way_up_doubles_images_and_volumes() {
        for upsampling in [Upsampling::NearestConv, Upsampling::Transposed, Upsampling::Linear] {
            for (merge, attention) in [(Merge::Concat, false), (Merge::Add, true)] {
                let config = |space| {
                    UpConfig::of(4, DoubleConvConfig::new(2, 2).with_space(space))
                        .with_upsampling(upsampling)
                        .with_merge(merge)
                        .with_attention(attention)
                        .init(&cpu())
                };
                let (x, skip) = (
                    Tensor::<4>::ones([1, 4, 2, 3], &cpu()),
                    Tensor::ones([1, 2, 4, 6], &cpu()),
                );
                assert_eq!(config(Space::D2).forward(x, skip).dims(), [1, 2, 4, 6]);
                // A longer skip connection is cropped.
                let x = Tensor::<5>::ones([1, 4, 1, 2, 3], &cpu());
                let skip = Tensor::ones([1, 2, 4, 4, 8], &cpu());
                assert_eq!(config(Space::D3).forward(x, skip).dims(), [1, 2, 2, 4, 6]);
            }
        }
    }
}

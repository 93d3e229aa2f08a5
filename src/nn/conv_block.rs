//! The two convolutions of every level.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::conv::ConvPlan;
use super::conv_unit::ConvUnit;
use super::init::Stream;
use super::outline::{Maps, Outline};
use super::resize::center_crop;
use super::settings::{Activation, Block, Norm, Padding};
use super::space::{Space, spatial};
use super::squeeze::SqueezeExcitation;
use crate::error::ShapeError;

/// The narrow middle of squeeze and excitation, as a share of the maps (Hu et al. 2018, section 3.2).
const REDUCTION: usize = 16;

/// Describes a [`DoubleConv`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DoubleConvConfig {
    /// Channels of the input.
    pub channels_in: usize,
    /// Channels of the output.
    pub channels_out: usize,
    /// Channels between the two convolutions; as many as the output has where it is not set.
    pub channels_between: Option<usize>,
    /// Images or volumes.
    pub space: Space,
    /// What the convolutions do at the border.
    pub padding: Padding,
    /// The normalisation behind each convolution.
    pub norm: Norm,
    /// The activation behind each normalisation.
    pub activation: Activation,
    /// Whether the input is added to the output.
    pub block: Block,
    /// Whether the output's maps are weighed by squeeze and excitation.
    pub squeeze_excitation: bool,
    /// Share of the output's values that training sets to 0 at random; 0 for none.
    pub dropout: f64,
    /// Seed of the first weights.
    pub seed: u64,
}

impl Config for DoubleConvConfig {}

impl DoubleConvConfig {
    /// The course's block: images, "same" padding, ReLU, nothing else; seed 42.
    pub fn new(channels_in: usize, channels_out: usize) -> Self {
        Self {
            channels_in,
            channels_out,
            channels_between: None,
            space: Space::D2,
            padding: Padding::Same,
            norm: Norm::None,
            activation: Activation::Relu,
            block: Block::Double,
            squeeze_excitation: false,
            dropout: 0.0,
            seed: 42,
        }
    }

    /// Sets the channels between the two convolutions.
    pub fn with_channels_between(mut self, channels: usize) -> Self {
        self.channels_between = Some(channels);
        self
    }

    /// Sets images or volumes.
    pub fn with_space(mut self, space: Space) -> Self {
        self.space = space;
        self
    }

    /// Sets what the convolutions do at the border.
    pub fn with_padding(mut self, padding: Padding) -> Self {
        self.padding = padding;
        self
    }

    /// Sets the normalisation.
    pub fn with_norm(mut self, norm: Norm) -> Self {
        self.norm = norm;
        self
    }

    /// Sets the activation.
    pub fn with_activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// Sets whether the input is added to the output.
    pub fn with_block(mut self, block: Block) -> Self {
        self.block = block;
        self
    }

    /// Sets whether maps are weighed by squeeze and excitation.
    pub fn with_squeeze_excitation(mut self, squeeze_excitation: bool) -> Self {
        self.squeeze_excitation = squeeze_excitation;
        self
    }

    /// Sets the share of values that training drops.
    pub fn with_dropout(mut self, dropout: f64) -> Self {
        self.dropout = dropout;
        self
    }

    /// Sets the seed of the first weights.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Makes the block on a device.
    pub fn init(&self, device: &Device) -> DoubleConv {
        let (a, c) = (self.channels_in, self.channels_out);
        let b = self.channels_between.unwrap_or(c);
        let unit = |channels, kernel, layer, activation| {
            let stream = Stream { seed: self.seed, layer };
            let plan = ConvPlan::new(self.space, channels, kernel, stream).padding(match kernel {
                1 => Padding::Same,
                _ => self.padding,
            });
            ConvUnit::new(plan, self.norm, activation, device)
        };
        let residual = self.block == Block::Residual;
        let (last, end) = match residual {
            true => (Activation::None, self.activation),
            false => (self.activation, Activation::None),
        };
        DoubleConv {
            conv1: unit([a, b], 3, 0, self.activation),
            conv2: unit([b, c], 3, 1, last),
            residual,
            shortcut: (residual && a != c).then(|| unit([a, c], 1, 3, Activation::None)),
            squeeze: self
                .squeeze_excitation
                .then(|| SqueezeExcitation::new(self.space, c, REDUCTION, self.seed, device)),
            dropout: (self.dropout > 0.0).then(|| DropoutConfig::new(self.dropout).init()),
            end,
        }
    }
}

/// Two 3x3 convolutions, each followed by its normalisation and activation (Ronneberger et al. 2015, section 2). As a
/// residual block its input is added before the last activation (He et al. 2016), through a 1x1 convolution where the
/// number of maps changes.
///
/// Taught in unit 01 (architecture).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let block = DoubleConvConfig::new(1, 64).init(&cpu());
/// let y = block.forward(Tensor::<4>::ones([1, 1, 16, 16], &cpu()));
/// assert_eq!(y.dims(), [1, 64, 16, 16]);
/// ```
#[derive(Module, Debug)]
pub struct DoubleConv {
    /// `channels_in` -> `channels_between`.
    pub conv1: ConvUnit,
    /// `channels_between` -> `channels_out`.
    pub conv2: ConvUnit,
    /// The way past both, where the numbers of maps differ.
    pub shortcut: Option<ConvUnit>,
    /// Weighs the maps.
    pub squeeze: Option<SqueezeExcitation>,
    dropout: Option<Dropout>,
    residual: bool,
    #[module(skip)]
    end: Activation,
}

impl DoubleConv {
    /// # Shapes
    /// - `x`: `[batch, channels_in, ..]`
    /// - output: `[batch, channels_out, ..]`, each side 4 shorter with [`Padding::Valid`]
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let mut y = self.conv2.forward(self.conv1.forward(x.clone()));
        if self.residual {
            let x = match &self.shortcut {
                Some(shortcut) => shortcut.forward(x),
                None => x,
            };
            y = self.end.forward(center_crop(x, &spatial(&y)) + y);
        }
        if let Some(squeeze) = &self.squeeze {
            y = squeeze.forward(y);
        }
        match &self.dropout {
            Some(dropout) => dropout.forward(y),
            None => y,
        }
    }

    pub(crate) fn outline(&self, outline: &mut Outline, name: &str, x: &Maps) -> Result<Maps, ShapeError> {
        let first = self.conv1.outline(outline, &format!("{name} conv 1"), x)?;
        let mut y = self.conv2.outline(outline, &format!("{name} conv 2"), &first)?;
        if self.residual {
            let x = match &self.shortcut {
                Some(shortcut) => shortcut.outline(outline, &format!("{name} shortcut"), x)?,
                None => x.clone(),
            };
            let kind = format!("Add{}", self.end.suffix());
            y = outline.join(&format!("{name} add"), &kind, y.channels, &[&x, &y])?;
        }
        if let Some(squeeze) = &self.squeeze {
            y = squeeze.outline(outline, &format!("{name} squeeze"), &y)?;
        }
        if let Some(dropout) = &self.dropout {
            let kind = format!("Dropout {}", dropout.prob);
            let layer = y.layer.clone();
            y = outline.row(&format!("{name} dropout"), &kind, y, [0, 0], &[&layer]);
        }
        Ok(y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    #[test]
    fn keeps_height_and_width() {
        let block = DoubleConvConfig::new(3, 8).init(&cpu());
        let y = block.forward(Tensor::<4>::ones([2, 3, 5, 7], &cpu()));
        assert_eq!(y.dims(), [2, 8, 5, 7]);
    }

    #[test]
    fn counts_weights_and_biases() {
        let block = DoubleConvConfig::new(3, 64).init(&cpu());
        assert_eq!(block.num_params(), 1_792 + 36_928);
    }

    #[test]
    fn valid_convolutions_lose_two_pixels_a_side() {
        let config = DoubleConvConfig::new(2, 4).with_padding(Padding::Valid);
        for block in [Block::Double, Block::Residual] {
            let block = config.clone().with_block(block).init(&cpu());
            assert_eq!(
                block.forward(Tensor::<4>::ones([1, 2, 9, 8], &cpu())).dims(),
                [1, 4, 5, 4]
            );
        }
    }

    #[test]
    fn a_residual_block_of_zeros_passes_what_is_positive() {
        let zeros = |unit: ConvUnit| unit.map(&mut Zero);
        let block = DoubleConvConfig::new(2, 2).with_block(Block::Residual).init(&cpu());
        let block = DoubleConv {
            conv2: zeros(block.conv2),
            ..block
        };
        let x = Tensor::<4>::from_data([[[[-1.0, 2.0]], [[3.0, -4.0]]]], &cpu());
        let y: Vec<f32> = block.forward(x).into_data().try_to_vec().unwrap();
        assert_eq!(y, [0.0, 2.0, 3.0, 0.0]);
    }

    struct Zero;

    impl burn::module::ModuleMapper for Zero {
        fn map_float<const D: usize>(
            &mut self,
            param: burn::module::Param<Tensor<D>>,
        ) -> burn::module::Param<Tensor<D>> {
            param.map(|x| x.zeros_like())
        }
    }

    #[test]
    fn dropout_works_in_training_only() {
        let block = DoubleConvConfig::new(1, 8).with_dropout(0.5).init(&cpu());
        let x = Tensor::<4>::ones([1, 1, 8, 8], &cpu());
        assert_eq!(block.forward(x.clone()).into_data(), block.forward(x).into_data());
    }
}

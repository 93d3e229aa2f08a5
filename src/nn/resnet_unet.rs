//! A U-Net whose contracting path is a ResNet.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::conv::{Conv, ConvPlan};
use super::conv_block::{DoubleConv, DoubleConvConfig};
use super::init::{Stream, block_seed};
use super::outline::Outline;
use super::resize::upsample;
use super::resnet::{ResNetDepth, ResNetEncoder};
use super::segmenter::Segmenter;
use super::settings::{Head, Norm};
use super::space::{Space, of_rank};
use super::summary::{Explain, Summary};
use crate::error::{SettingError, ShapeError};

/// Halvings of a ResNet: each side must be divisible by 32.
const MULTIPLE: usize = 32;

/// Describes a [`ResNetUNet`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResNetUNetConfig {
    /// Channels of the image; weights from torchvision are for 3.
    pub in_channels: usize,
    /// Maps in the output.
    pub classes: usize,
    /// Which ResNet.
    pub depth: ResNetDepth,
    /// Channels of the first stage; 64 in the paper.
    pub width: usize,
    /// Seed of the first weights.
    pub seed: u64,
}

impl Config for ResNetUNetConfig {}

impl ResNetUNetConfig {
    /// ResNet-18 of the paper's width; seed 42.
    pub fn new(in_channels: usize, classes: usize) -> Self {
        Self {
            in_channels,
            classes,
            depth: ResNetDepth::Layers18,
            width: 64,
            seed: 42,
        }
    }

    /// Sets which ResNet.
    pub fn with_depth(mut self, depth: ResNetDepth) -> Self {
        self.depth = depth;
        self
    }

    /// Sets the channels of the first stage.
    pub fn with_width(mut self, width: usize) -> Self {
        self.width = width;
        self
    }

    /// Sets the seed of the first weights.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks that every setting lies in its range.
    ///
    /// # Errors
    /// [`SettingError`] naming the setting, its value and its range.
    pub fn validate(&self) -> Result<(), SettingError> {
        let counts = [
            ("ResNetUNetConfig::in_channels", self.in_channels, 1),
            ("ResNetUNetConfig::classes", self.classes, 1),
            ("ResNetUNetConfig::width", self.width, 4),
        ];
        match counts.into_iter().find(|(_, count, least)| count < least) {
            None => Ok(()),
            Some((name, count, least)) => Err(SettingError::new(name, count, &format!("at least {least}"))),
        }
    }

    /// Makes the network on a device. Panics where [`try_init`](Self::try_init) gives an error.
    pub fn init(&self, device: &Device) -> ResNetUNet {
        self.try_init(device).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Makes the network on a device.
    ///
    /// # Errors
    /// [`SettingError`] naming the setting that is out of range.
    pub fn try_init(&self, device: &Device) -> Result<ResNetUNet, SettingError> {
        self.validate()?;
        let w = self.width;
        // Below, skip connection, and what the level gives.
        let levels = [
            [8 * w, 4 * w, 4 * w],
            [4 * w, 2 * w, 2 * w],
            [2 * w, w, w],
            [w, w, w / 2],
            [w / 2, 0, w / 4],
        ];
        let decoders = levels.into_iter().enumerate().map(|(i, [below, skip, channels])| {
            DoubleConvConfig::new(below + skip, channels)
                .with_norm(Norm::Batch)
                .with_seed(block_seed(self.seed, 200 + i))
                .init(device)
        });
        let stream = Stream {
            seed: self.seed,
            layer: 1,
        };
        Ok(ResNetUNet {
            encoder: ResNetEncoder::new(self.depth, self.in_channels, w, self.seed, device),
            decoders: decoders.collect(),
            output: ConvPlan::new(Space::D2, [w / 4, self.classes], 1, stream).init(device),
            config: self.clone(),
        })
    }
}

/// A U-Net with a ResNet as its contracting path (Iglovikov and Shvets 2018 began this with VGG): the encoder can start from
/// weights that have seen a million photographs, which helps where labelled images are few. Maps are enlarged by
/// repeating pixels; the last step up has no skip connection.
///
/// Images are expected as the encoder saw them: for torchvision's weights RGB in 0..1, minus the mean
/// `[0.485, 0.456, 0.406]`, divided by `[0.229, 0.224, 0.225]`.
///
/// ```
/// use unet_lab::nn::ResNetUNetConfig;
/// use unet_lab::prelude::*;
///
/// let model = ResNetUNetConfig::new(3, 1).with_width(4).init(&cpu());
/// assert_eq!(model.forward(Tensor::<4>::ones([1, 3, 32, 64], &cpu())).dims(), [1, 1, 32, 64]);
/// ```
#[derive(Module, Debug)]
pub struct ResNetUNet {
    /// The contracting path.
    pub encoder: ResNetEncoder,
    /// The expansive path, from the bottom.
    pub decoders: Vec<DoubleConv>,
    /// The 1x1 convolution to one map a class.
    pub output: Conv,
    #[module(skip)]
    config: ResNetUNetConfig,
}

impl ResNetUNet {
    /// What it was made from.
    pub fn config(&self) -> &ResNetUNetConfig {
        &self.config
    }

    /// Probabilities: sigmoid for one class, softmax over several.
    ///
    /// # Shapes
    /// - `x`: `[batch, in_channels, height, width]`, sides divisible by 32
    /// - output: `[batch, classes, height, width]`
    ///
    /// # Panics
    /// With the message of [`ShapeError`] if the channels or a side do not fit.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        Head::Classes.forward(self.forward_logits(x))
    }

    /// The maps before the last activation.
    ///
    /// # Shapes and panics
    /// As [`forward`](Self::forward).
    pub fn forward_logits(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, channels, height, width] = x.dims();
        self.check(channels, &[height, width]).unwrap_or_else(|e| panic!("{e}"));
        let mut skips = self.encoder.forward(x);
        let Some(mut x) = skips.pop() else {
            unreachable!("the encoder gives five sizes")
        };
        for decoder in &self.decoders {
            let larger = upsample(x);
            x = decoder.forward(match skips.pop() {
                Some(skip) => Tensor::cat(vec![skip, larger], 1),
                None => larger,
            });
        }
        self.output.forward(x)
    }

    fn check(&self, channels: usize, size: &[usize]) -> Result<(), ShapeError> {
        ShapeError::check_input(2, self.config.in_channels, channels, size)?;
        ShapeError::divisible(size, MULTIPLE)
    }
}

impl<const D: usize> Segmenter<D> for ResNetUNet {
    fn forward_logits(&self, x: Tensor<D>) -> Tensor<D> {
        of_rank(self.forward_logits(of_rank(x)))
    }

    fn in_channels(&self) -> usize {
        self.config.in_channels
    }

    fn classes(&self) -> usize {
        self.config.classes
    }

    fn size_multiple(&self) -> usize {
        MULTIPLE
    }
}

impl Explain for ResNetUNet {
    fn explain(&self, size: &[usize]) -> Result<Summary, ShapeError> {
        self.check(self.config.in_channels, size)?;
        let (mut outline, image) = Outline::new(self.config.in_channels, size);
        let mut skips = self.encoder.outline(&mut outline, &image)?;
        let mut x = skips.pop().unwrap_or(image);
        for (i, decoder) in self.decoders.iter().enumerate() {
            let name = format!("decoder {}", self.decoders.len() - i);
            x = outline.upsample(&format!("{name} upsample"), "Upsample 2x", &x);
            if let Some(skip) = skips.pop() {
                let channels = skip.channels + x.channels;
                x = outline.join(&format!("{name} concat"), "Concat", channels, &[&skip, &x])?;
            }
            x = decoder.outline(&mut outline, &name, &x)?;
        }
        let suffix = Head::Classes.suffix(self.config.classes);
        outline.conv("output", &self.output, suffix, 0, &x)?;
        Ok(outline.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;
    use crate::nn::summary;

    #[test]
    fn encoders_have_the_published_sizes() {
        for (depth, expected) in [(ResNetDepth::Layers18, 11_176_512), (ResNetDepth::Layers34, 21_284_672)] {
            // torchvision's counts without the last, fully connected layer of 513,000.
            let model = ResNetUNetConfig::new(3, 1).with_depth(depth).init(&cpu());
            let table = summary(&model, [64, 64]).unwrap();
            let encoder = table.rows.iter().filter(|row| row.name.starts_with("encoder"));
            assert_eq!(encoder.map(|row| row.parameters).sum::<usize>(), expected);
        }
    }

    #[test]
    fn the_summary_follows_the_forward_pass() {
        let model = ResNetUNetConfig::new(1, 2).with_width(4).init(&cpu());
        let table = summary(&model, [64, 32]).unwrap();
        let sizes: Vec<usize> = model
            .encoder
            .forward(Tensor::ones([1, 1, 64, 32], &cpu()))
            .iter()
            .map(|maps| maps.dims()[2])
            .collect();
        assert_eq!(sizes, [32, 16, 8, 4, 2]);
        assert_eq!(table.rows.last().unwrap().shape, [2, 64, 32]);
        assert!(
            summary(&model, [64, 48])
                .unwrap_err()
                .to_string()
                .contains("divisible by 32")
        );
    }
}

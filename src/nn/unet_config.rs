//! [`UNetConfig`]: which U-Net.

use burn::config::Config;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::conv::ConvPlan;
use super::conv_block::DoubleConvConfig;
use super::dilated::DilatedBottleneck;
use super::down::DownConfig;
use super::init::{Stream, block_seed};
use super::settings::{Activation, Block, Downsampling, Head, Merge, Norm, Padding, Upsampling};
use super::space::Space;
use super::unet::UNet;
use super::up::UpConfig;
use crate::error::{SettingError, ShapeError};

/// Describes a [`UNet`](super::UNet): the course's by default, a published one by its preset, or one of your own.
///
/// | preset | what | source |
/// |---|---|---|
/// | [`new`](Self::new) | the course's: "same" padding, nearest up-sampling + 2x2 convolution | the course's Keras listing |
/// | [`original`](Self::original) | valid convolutions, 572x572 -> 388x388, dropout at the bottom | Ronneberger et al. 2015 |
/// | [`practical`](Self::practical) | transposed up-sampling, dropout | the course's practical example |
/// | [`attention`](Self::attention) | gates on the skip connections | Oktay et al. 2018 |
/// | [`residual`](Self::residual) | residual blocks, strided convolutions | Zhang et al. 2018 (ResUNet) |
/// | [`dilated`](Self::dilated) | dilated convolutions at the bottom | Zhou et al. 2018 (D-LinkNet) |
/// | [`volumetric`](Self::volumetric) | 3-D, widths doubled before pooling | Çiçek et al. 2016 (3-D U-Net) |
/// | [`denoiser`](Self::denoiser), [`translator`](Self::translator) | an image comes out | - |
///
/// Taught in unit 01 (architecture).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let model = UNetConfig::new(3, 1).with_base_channels(8).with_depth(3).init(&cpu());
/// assert_eq!(model.forward(Tensor::<4>::ones([1, 3, 32, 24], &cpu())).dims(), [1, 1, 32, 24]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UNetConfig {
    /// Channels of the image: 1 for grey, 3 for RGB.
    pub in_channels: usize,
    /// Maps in the output: 1 for foreground against background, else one a class.
    pub classes: usize,
    /// Channels at the first level.
    pub base_channels: usize,
    /// Poolings on the way down.
    pub depth: usize,
    /// Seed of the first weights.
    pub seed: u64,
    /// Channels at each level and the bottleneck, `depth + 1` of them; doubled from level to level where it is empty.
    #[serde(default)]
    pub channels: Vec<usize>,
    /// Images or volumes.
    #[serde(default)]
    pub space: Space,
    /// What the 3x3 convolutions do at the border.
    #[serde(default)]
    pub padding: Padding,
    /// The normalisation behind each convolution.
    #[serde(default)]
    pub norm: Norm,
    /// The activation behind each normalisation.
    #[serde(default)]
    pub activation: Activation,
    /// Plain or residual levels.
    #[serde(default)]
    pub block: Block,
    /// Whether each level weighs its maps by squeeze and excitation.
    #[serde(default)]
    pub squeeze_excitation: bool,
    /// How maps become smaller.
    #[serde(default)]
    pub downsampling: Downsampling,
    /// How maps become larger.
    #[serde(default)]
    pub upsampling: Upsampling,
    /// How skip connections join.
    #[serde(default)]
    pub merge: Merge,
    /// Whether attention gates stand on the skip connections.
    #[serde(default)]
    pub attention: bool,
    /// Dilations of further convolutions in the bottleneck; empty for none.
    #[serde(default)]
    pub dilations: Vec<usize>,
    /// Share of values that training drops at the end of the contracting path: the last level and the bottleneck.
    #[serde(default)]
    pub dropout: f64,
    /// Whether the first of a level's two convolutions on the way down gives half its maps, and up-sampling keeps their
    /// number (Çiçek et al. 2016, section 2).
    #[serde(default)]
    pub widen_late: bool,
    /// Whether every level of the expansive path has an output of its own, for deep supervision.
    #[serde(default)]
    pub deep_supervision: bool,
    /// What the output stands for.
    #[serde(default)]
    pub head: Head,
}

impl Config for UNetConfig {}

impl UNetConfig {
    /// The course's network: four poolings and 64 channels at the first level, as in the paper; seed 42.
    pub fn new(in_channels: usize, classes: usize) -> Self {
        Self {
            in_channels,
            classes,
            base_channels: 64,
            depth: 4,
            seed: 42,
            channels: Vec::new(),
            space: Space::D2,
            padding: Padding::Same,
            norm: Norm::None,
            activation: Activation::Relu,
            block: Block::Double,
            squeeze_excitation: false,
            downsampling: Downsampling::MaxPool,
            upsampling: Upsampling::NearestConv,
            merge: Merge::Concat,
            attention: false,
            dilations: Vec::new(),
            dropout: 0.0,
            widen_late: false,
            deep_supervision: false,
            head: Head::Classes,
        }
    }

    /// Channels at a level, counted from 1 at the top; level `depth + 1` is the bottleneck.
    pub fn channels_at(&self, level: usize) -> usize {
        match self.channels.get(level - 1) {
            Some(&channels) => channels,
            None => self.base_channels << (level - 1),
        }
    }

    /// What each side of an image must be divisible by, with "same" padding: `2^depth`.
    pub fn size_multiple(&self) -> usize {
        1 << self.depth
    }

    /// Makes the network on a device. Panics where [`try_init`](Self::try_init) gives an error.
    pub fn init(&self, device: &Device) -> UNet {
        self.try_init(device).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Makes the network on a device.
    ///
    /// # Errors
    /// [`SettingError`] naming the setting that is out of range.
    pub fn try_init(&self, device: &Device) -> Result<UNet, SettingError> {
        self.validate()?;
        let depth = self.depth;
        let encoders = (1..=depth).map(|level| {
            let channels_in = match level {
                1 => self.in_channels,
                _ => self.channels_at(level - 1),
            };
            DownConfig::of(self.way_down(channels_in, level))
                .with_downsampling(self.downsampling)
                .init(device)
        });
        let decoders = (1..=depth).rev().map(|level| {
            let (below, channels) = (self.channels_at(level + 1), self.channels_at(level));
            let conv = self.level(channels, channels, 2 * depth + 2 - level);
            let up = match self.widen_late {
                true => below,
                false => channels,
            };
            UpConfig::of(below, conv)
                .with_channels_up(up)
                .with_upsampling(self.upsampling)
                .with_merge(self.merge)
                .with_attention(self.attention)
                .init(device)
        });
        let head = |level: usize, layer| {
            let stream = Stream {
                seed: self.block_seed(0),
                layer,
            };
            ConvPlan::new(self.space, [self.channels_at(level), self.classes], 1, stream).init(device)
        };
        let deep_levels = match self.deep_supervision {
            true => depth,
            false => 1,
        };
        let bottom = depth + 1;
        let wide = || {
            let seed = self.block_seed(bottom);
            let kind = (self.norm, self.activation);
            DilatedBottleneck::new(
                self.space,
                self.channels_at(bottom),
                &self.dilations,
                kind,
                seed,
                device,
            )
        };
        Ok(UNet {
            encoders: encoders.collect(),
            bottleneck: self.way_down(self.channels_at(depth), bottom).init(device),
            dilated: (!self.dilations.is_empty()).then(wide),
            decoders: decoders.collect(),
            output: head(1, 0),
            deep_outputs: (2..=deep_levels).map(|level| head(level, level as u64)).collect(),
            config: self.clone(),
        })
    }

    fn level(&self, channels_in: usize, channels_out: usize, block: usize) -> DoubleConvConfig {
        DoubleConvConfig::new(channels_in, channels_out)
            .with_space(self.space)
            .with_padding(self.padding)
            .with_norm(self.norm)
            .with_activation(self.activation)
            .with_block(self.block)
            .with_squeeze_excitation(self.squeeze_excitation)
            .with_seed(self.block_seed(block))
    }

    fn way_down(&self, channels_in: usize, level: usize) -> DoubleConvConfig {
        let channels = self.channels_at(level);
        let conv = self.level(channels_in, channels, level);
        let conv = match self.widen_late {
            true => conv.with_channels_between((channels / 2).max(1)),
            false => conv,
        };
        conv.with_dropout(if level >= self.depth { self.dropout } else { 0.0 })
    }

    /// Blocks are numbered by their place in a forward pass.
    fn block_seed(&self, block: usize) -> u64 {
        block_seed(self.seed, block)
    }

    /// Checks that every setting lies in its range.
    ///
    /// # Errors
    /// [`SettingError`] naming the setting, its value and its range.
    pub fn validate(&self) -> Result<(), SettingError> {
        let counts = [
            ("UNetConfig::in_channels", self.in_channels),
            ("UNetConfig::classes", self.classes),
            ("UNetConfig::base_channels", self.base_channels),
        ];
        for (name, count) in counts {
            if count == 0 {
                return Err(SettingError::new(name, count, "at least 1"));
            }
        }
        if !(1..=10).contains(&self.depth) {
            return Err(SettingError::new("UNetConfig::depth", self.depth, "between 1 and 10"));
        }
        let widths = &self.channels;
        if !widths.is_empty() && (widths.len() != self.depth + 1 || widths.contains(&0)) {
            let expected = format!(
                "{} numbers of at least 1: one a level and one for the bottleneck",
                self.depth + 1
            );
            return Err(SettingError::new(
                "UNetConfig::channels",
                format!("{widths:?}"),
                &expected,
            ));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            let expected = "at least 0 and below 1, such as 0.5";
            return Err(SettingError::new("UNetConfig::dropout", self.dropout, expected));
        }
        if self.dilations.contains(&0) {
            let expected = "dilations of at least 1, such as 1, 2, 4, 8";
            return Err(SettingError::new(
                "UNetConfig::dilations",
                format!("{:?}", self.dilations),
                expected,
            ));
        }
        if self.merge == Merge::Add && self.widen_late {
            let expected = "Concat, because with widen_late the maps from below are more than the skip connection's";
            return Err(SettingError::new("UNetConfig::merge", "Add", expected));
        }
        if let Norm::Group(groups) = self.norm {
            self.validate_groups(groups)?;
        }
        Ok(())
    }

    fn validate_groups(&self, groups: usize) -> Result<(), SettingError> {
        let mut widths: Vec<usize> = (1..=self.depth + 1).map(|level| self.channels_at(level)).collect();
        if self.widen_late || self.attention {
            widths.extend(widths.clone().iter().map(|width| (width / 2).max(1)));
        }
        match widths.into_iter().find(|width| groups == 0 || width % groups != 0) {
            None => Ok(()),
            Some(width) => {
                let expected = format!("a number of groups that divides the {width} channels of a level");
                Err(SettingError::new(
                    "UNetConfig::norm",
                    format!("Group({groups})"),
                    &expected,
                ))
            }
        }
    }

    /// Checks that an image of this `[height, width]` (a volume of this `[depth, height, width]`) passes through the
    /// network.
    ///
    /// # Errors
    /// [`ShapeError`] naming the size, the level at which it fails, and the nearest sizes that work.
    pub fn check_size(&self, size: impl AsRef<[usize]>) -> Result<(), ShapeError> {
        super::sizes::check(self, size.as_ref())
    }
}

//! U-Net++: skip connections that are networks themselves.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::conv::{Conv, ConvPlan};
use super::conv_block::{DoubleConv, DoubleConvConfig};
use super::init::{Stream, block_seed};
use super::outline::{Maps, Outline};
use super::resize::max_pool;
use super::segmenter::Segmenter;
use super::settings::{Activation, Head, Norm, Upsampling};
use super::space::{Space, spatial};
use super::summary::{Explain, Summary};
use super::up::Larger;
use crate::error::{SettingError, ShapeError};

/// Describes a [`UNetPlusPlus`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UNetPlusPlusConfig {
    /// Channels of the image.
    pub in_channels: usize,
    /// Maps in the output.
    pub classes: usize,
    /// Channels at the first level; doubled from level to level.
    pub base_channels: usize,
    /// Poolings on the way down.
    pub depth: usize,
    /// Images or volumes.
    pub space: Space,
    /// The normalisation behind each convolution.
    pub norm: Norm,
    /// How maps become larger.
    pub upsampling: Upsampling,
    /// Whether each node of the top row has an output, and their mean is the network's (the paper's "accurate mode").
    pub deep_supervision: bool,
    /// Seed of the first weights.
    pub seed: u64,
}

impl Config for UNetPlusPlusConfig {}

impl UNetPlusPlusConfig {
    /// The paper's widths, 32 to 512, with batch normalisation, transposed up-sampling and deep supervision; seed 42.
    pub fn new(in_channels: usize, classes: usize) -> Self {
        Self {
            in_channels,
            classes,
            base_channels: 32,
            depth: 4,
            space: Space::D2,
            norm: Norm::Batch,
            upsampling: Upsampling::Transposed,
            deep_supervision: true,
            seed: 42,
        }
    }

    /// Sets the channels at the first level.
    pub fn with_base_channels(mut self, base_channels: usize) -> Self {
        self.base_channels = base_channels;
        self
    }

    /// Sets the number of poolings.
    pub fn with_depth(mut self, depth: usize) -> Self {
        self.depth = depth;
        self
    }

    /// Sets images or volumes.
    pub fn with_space(mut self, space: Space) -> Self {
        self.space = space;
        self
    }

    /// Sets the normalisation.
    pub fn with_norm(mut self, norm: Norm) -> Self {
        self.norm = norm;
        self
    }

    /// Sets how maps become larger.
    pub fn with_upsampling(mut self, upsampling: Upsampling) -> Self {
        self.upsampling = upsampling;
        self
    }

    /// Sets whether each node of the top row has an output.
    pub fn with_deep_supervision(mut self, deep_supervision: bool) -> Self {
        self.deep_supervision = deep_supervision;
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
            ("UNetPlusPlusConfig::in_channels", self.in_channels),
            ("UNetPlusPlusConfig::classes", self.classes),
            ("UNetPlusPlusConfig::base_channels", self.base_channels),
        ];
        for (name, count) in counts {
            if count == 0 {
                return Err(SettingError::new(name, count, "at least 1"));
            }
        }
        match (self.depth, self.norm) {
            (1..=6, Norm::Group(groups)) if groups == 0 || !self.base_channels.is_multiple_of(groups) => {
                let expected = format!(
                    "a number of groups that divides the {} base channels",
                    self.base_channels
                );
                Err(SettingError::new(
                    "UNetPlusPlusConfig::norm",
                    format!("Group({groups})"),
                    &expected,
                ))
            }
            (1..=6, _) => Ok(()),
            (depth, _) => Err(SettingError::new("UNetPlusPlusConfig::depth", depth, "between 1 and 6")),
        }
    }

    /// Makes the network on a device. Panics where [`try_init`](Self::try_init) gives an error.
    pub fn init(&self, device: &Device) -> UNetPlusPlus {
        self.try_init(device).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Makes the network on a device.
    ///
    /// # Errors
    /// [`SettingError`] naming the setting that is out of range.
    pub fn try_init(&self, device: &Device) -> Result<UNetPlusPlus, SettingError> {
        self.validate()?;
        let channels = |level: usize| self.base_channels << level;
        let block = |from: usize, level: usize, column: usize| {
            DoubleConvConfig::new(from, channels(level))
                .with_space(self.space)
                .with_norm(self.norm)
                .with_activation(Activation::Relu)
                .with_seed(block_seed(self.seed, level * 16 + column))
        };
        let encoders = (0..=self.depth).map(|level| {
            let from = match level {
                0 => self.in_channels,
                _ => channels(level - 1),
            };
            block(from, level, 0).init(device)
        });
        let columns = (1..=self.depth).map(|column| {
            let nodes = (0..=self.depth - column).map(|level| {
                let conv = block((column + 1) * channels(level), level, column);
                NestedNode {
                    larger: Larger::new(self.upsampling, [channels(level + 1), channels(level)], &conv, device),
                    conv: conv.init(device),
                }
            });
            NestedColumn { nodes: nodes.collect() }
        });
        let first = match self.deep_supervision {
            true => 1,
            false => self.depth,
        };
        let outputs = (first..=self.depth).map(|column| {
            let stream = Stream {
                seed: self.seed,
                layer: 100 + column as u64,
            };
            ConvPlan::new(self.space, [self.base_channels, self.classes], 1, stream).init(device)
        });
        Ok(UNetPlusPlus {
            encoders: encoders.collect(),
            columns: columns.collect(),
            outputs: outputs.collect(),
            config: self.clone(),
        })
    }
}

/// U-Net++ (Zhou et al. 2018): between each encoder and its decoder stand further blocks, each of which reads all blocks
/// before it on its level and the up-sampled one from below, so that what a skip connection joins is more alike.
///
/// `x[level][column] = conv(cat(x[level][0..column], up(x[level + 1][column - 1])))`
///
/// ```
/// use unet_lab::nn::UNetPlusPlusConfig;
/// use unet_lab::prelude::*;
///
/// let model = UNetPlusPlusConfig::new(1, 1).with_base_channels(4).with_depth(2).init(&cpu());
/// assert_eq!(model.forward(Tensor::<4>::ones([1, 1, 16, 8], &cpu())).dims(), [1, 1, 16, 8]);
/// ```
#[derive(Module, Debug)]
pub struct UNetPlusPlus {
    /// The first column, from the top.
    pub encoders: Vec<DoubleConv>,
    /// The further columns.
    pub columns: Vec<NestedColumn>,
    /// One output a node of the top row, or one for the last.
    pub outputs: Vec<Conv>,
    #[module(skip)]
    config: UNetPlusPlusConfig,
}

/// The blocks of one column of a [`UNetPlusPlus`], from the top.
#[derive(Module, Debug)]
pub struct NestedColumn {
    /// One block a level.
    pub nodes: Vec<NestedNode>,
}

/// A block of a [`UNetPlusPlus`] and what enlarges the maps from below.
#[derive(Module, Debug)]
pub struct NestedNode {
    /// Doubles every side.
    pub larger: Larger,
    /// The convolutions on all that meets here.
    pub conv: DoubleConv,
}

impl UNetPlusPlus {
    /// What it was made from.
    pub fn config(&self) -> &UNetPlusPlusConfig {
        &self.config
    }

    /// Probabilities: sigmoid for one class, softmax over several.
    ///
    /// # Shapes
    /// - `x`: `[batch, in_channels, ..]`
    /// - output: `[batch, classes, ..]`
    ///
    /// # Panics
    /// With the message of [`ShapeError`] if the channels, the rank or a side do not fit.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        Head::Classes.forward(self.forward_logits(x))
    }

    /// The maps before the last activation: the mean over the outputs.
    ///
    /// # Shapes and panics
    /// As [`forward`](Self::forward).
    pub fn forward_logits<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let outputs = self.forward_deep(x);
        let count = outputs.len() as f32;
        match outputs.into_iter().reduce(|a, b| a + b) {
            Some(sum) => sum / count,
            None => unreachable!("a U-Net++ has an output: UNetPlusPlusConfig::validate"),
        }
    }

    /// The maps of every output, the deepest first, all at full resolution.
    ///
    /// # Shapes and panics
    /// As [`forward`](Self::forward).
    pub fn forward_deep<const D: usize>(&self, x: Tensor<D>) -> Vec<Tensor<D>> {
        self.check(x.dims()[1], &spatial(&x)).unwrap_or_else(|e| panic!("{e}"));
        // All blocks of each level so far.
        let mut rows: Vec<Vec<Tensor<D>>> = Vec::with_capacity(self.encoders.len());
        let mut x = x;
        for (level, encoder) in self.encoders.iter().enumerate() {
            x = match level {
                0 => encoder.forward(x),
                _ => encoder.forward(max_pool(x)),
            };
            rows.push(vec![x.clone()]);
        }
        for column in &self.columns {
            let mut made = Vec::with_capacity(column.nodes.len());
            for (level, node) in column.nodes.iter().enumerate() {
                let below = rows[level + 1].last().cloned();
                let mut parts = rows[level].clone();
                parts.extend(below.map(|below| node.larger.forward(below)));
                made.push(node.conv.forward(Tensor::cat(parts, 1)));
            }
            for (row, node) in rows.iter_mut().zip(made) {
                row.push(node);
            }
        }
        let tops = rows.swap_remove(0);
        let heads = self.outputs.iter().rev();
        heads
            .zip(tops.into_iter().rev())
            .map(|(head, top)| head.forward(top))
            .collect()
    }

    fn check(&self, channels: usize, size: &[usize]) -> Result<(), ShapeError> {
        ShapeError::check_input(self.config.space.axes(), self.config.in_channels, channels, size)?;
        ShapeError::divisible(size, 1 << self.config.depth)
    }
}

impl<const D: usize> Segmenter<D> for UNetPlusPlus {
    fn forward_logits(&self, x: Tensor<D>) -> Tensor<D> {
        self.forward_logits(x)
    }

    fn forward_deep(&self, x: Tensor<D>) -> Vec<Tensor<D>> {
        self.forward_deep(x)
    }

    fn in_channels(&self) -> usize {
        self.config.in_channels
    }

    fn classes(&self) -> usize {
        self.config.classes
    }

    fn size_multiple(&self) -> usize {
        1 << self.config.depth
    }
}

impl Explain for UNetPlusPlus {
    fn explain(&self, size: &[usize]) -> Result<Summary, ShapeError> {
        self.check(self.config.in_channels, size)?;
        let (mut outline, mut x) = Outline::new(self.config.in_channels, size);
        let mut rows: Vec<Vec<Maps>> = Vec::new();
        for (level, encoder) in self.encoders.iter().enumerate() {
            if level > 0 {
                x = outline.pool(&format!("node {level},0 pool"), &x)?;
            }
            x = encoder.outline(&mut outline, &format!("node {level},0"), &x)?;
            rows.push(vec![x.clone()]);
        }
        for (i, column) in self.columns.iter().enumerate() {
            for (level, node) in column.nodes.iter().enumerate() {
                let name = format!("node {level},{}", i + 1);
                let mut parts = rows[level].clone();
                let below = &rows[level + 1][i];
                parts.push(node.larger.outline(&mut outline, &name, below)?);
                let channels = parts.iter().map(|part| part.channels).sum();
                let all: Vec<&Maps> = parts.iter().collect();
                let joined = outline.join(&format!("{name} concat"), "Concat", channels, &all)?;
                let made = node.conv.outline(&mut outline, &name, &joined)?;
                rows[level].push(made);
            }
        }
        let suffix = Head::Classes.suffix(self.config.classes);
        let mut outputs = Vec::new();
        for (i, (head, top)) in self.outputs.iter().rev().zip(rows[0].iter().rev()).enumerate() {
            outputs.push(outline.conv(&format!("output {}", i + 1), head, suffix, 0, top)?);
        }
        if outputs.len() > 1 {
            outline.join(
                "output",
                "Mean",
                self.config.classes,
                &outputs.iter().collect::<Vec<_>>(),
            )?;
        }
        Ok(outline.finish())
    }
}

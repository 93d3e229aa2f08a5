//! ResNet-18 and ResNet-34 as encoders, layer for layer as torchvision has them, so that its weights fit.

use burn::module::Module;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{Device, Tensor, activation};
use serde::{Deserialize, Serialize};

use super::conv::ConvPlan;
use super::conv_unit::ConvUnit;
use super::init::{Stream, block_seed};
use super::outline::{Maps, Outline};
use super::settings::{Activation, Norm};
use super::space::Space;
use crate::error::ShapeError;

/// Which ResNet (He et al. 2016, table 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResNetDepth {
    /// Two blocks a stage.
    #[default]
    Layers18,
    /// Three, four, six and three blocks.
    Layers34,
}

impl ResNetDepth {
    fn blocks(self) -> [usize; 4] {
        match self {
            Self::Layers18 => [2, 2, 2, 2],
            Self::Layers34 => [3, 4, 6, 3],
        }
    }
}

/// The convolutional part of a ResNet (He et al. 2016): a 7x7 convolution, a pooling, and four stages of residual blocks.
/// It halves the image five times.
#[derive(Module, Debug)]
pub struct ResNetEncoder {
    /// The 7x7 convolution of stride 2.
    pub stem: ConvUnit,
    /// The four stages; all but the first halve the maps.
    pub stages: Vec<ResNetStage>,
}

/// The residual blocks of one size.
#[derive(Module, Debug)]
pub struct ResNetStage {
    /// One behind the other.
    pub blocks: Vec<BasicBlock>,
}

/// Two 3x3 convolutions whose result is added to their input (He et al. 2016, figure 5, left).
#[derive(Module, Debug)]
pub struct BasicBlock {
    /// The first convolution, of stride 2 where the stage halves the maps.
    pub conv1: ConvUnit,
    /// The second.
    pub conv2: ConvUnit,
    /// The way past both where the shape changes.
    pub shortcut: Option<ConvUnit>,
}

impl BasicBlock {
    fn new([from, to]: [usize; 2], stride: usize, seed: u64, device: &Device) -> Self {
        let unit = |channels, kernel, stride, layer, activation| {
            let plan = ConvPlan::new(Space::D2, channels, kernel, Stream { seed, layer }).stride(stride);
            ConvUnit::new(plan, Norm::Batch, activation, device)
        };
        Self {
            conv1: unit([from, to], 3, stride, 0, Activation::Relu),
            conv2: unit([to, to], 3, 1, 1, Activation::None),
            shortcut: (from != to || stride != 1).then(|| unit([from, to], 1, stride, 3, Activation::None)),
        }
    }

    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height / stride, width / stride]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let y = self.conv2.forward(self.conv1.forward(x.clone()));
        let x = match &self.shortcut {
            Some(shortcut) => shortcut.forward(x),
            None => x,
        };
        activation::relu(x + y)
    }

    fn outline(&self, outline: &mut Outline, name: &str, x: &Maps) -> Result<Maps, ShapeError> {
        let y = self.conv1.outline(outline, &format!("{name} conv 1"), x)?;
        let y = self.conv2.outline(outline, &format!("{name} conv 2"), &y)?;
        let x = match &self.shortcut {
            Some(shortcut) => shortcut.outline(outline, &format!("{name} shortcut"), x)?,
            None => x.clone(),
        };
        outline.join(name, "Add + ReLU", y.channels, &[&x, &y])
    }
}

impl ResNetEncoder {
    /// The encoder for images of `in_channels` channels; `width` is 64 in the paper and doubles from stage to stage.
    pub fn new(depth: ResNetDepth, in_channels: usize, width: usize, seed: u64, device: &Device) -> Self {
        let stem = ConvPlan::new(Space::D2, [in_channels, width], 7, Stream { seed, layer: 0 });
        let stages = depth.blocks().into_iter().enumerate().map(|(stage, count)| {
            let to = width << stage;
            let blocks = (0..count).map(|i| {
                let (from, stride) = match (stage, i) {
                    (0, _) => (to, 1),
                    (_, 0) => (to / 2, 2),
                    _ => (to, 1),
                };
                BasicBlock::new([from, to], stride, block_seed(seed, stage * 16 + i + 1), device)
            });
            ResNetStage {
                blocks: blocks.collect(),
            }
        });
        Self {
            stem: ConvUnit::new(stem.stride(2), Norm::Batch, Activation::Relu, device),
            stages: stages.collect(),
        }
    }

    /// The maps of every size, the largest first.
    ///
    /// # Shapes
    /// - `x`: `[batch, in_channels, height, width]`, sides divisible by 32
    /// - output: five tensors, `[batch, width, height / 2, width / 2]` to `[batch, 8 width, height / 32, width / 32]`
    pub fn forward(&self, x: Tensor<4>) -> Vec<Tensor<4>> {
        let stem = self.stem.forward(x);
        let pool = MaxPoolOptions::new([3, 3]).with_stride([2, 2]).with_padding([1, 1]);
        let mut x = max_pool2d(stem.clone(), pool);
        let mut maps = vec![stem];
        for stage in &self.stages {
            for block in &stage.blocks {
                x = block.forward(x);
            }
            maps.push(x.clone());
        }
        maps
    }

    pub(crate) fn outline(&self, outline: &mut Outline, x: &Maps) -> Result<Vec<Maps>, ShapeError> {
        let stem = self.stem.outline(outline, "encoder stem", x)?;
        let pooled = Maps {
            size: stem.size.iter().map(|side| side.div_ceil(2)).collect(),
            field: stem.field + 2.0 * stem.step,
            step: stem.step * 2.0,
            ..stem.clone()
        };
        let mut x = outline.row("encoder pool", "MaxPool2d 3x3 stride 2", pooled, [0, 0], &[&stem.layer]);
        let mut maps = vec![stem];
        for (i, stage) in self.stages.iter().enumerate() {
            for (j, block) in stage.blocks.iter().enumerate() {
                x = block.outline(outline, &format!("encoder {}.{}", i + 1, j + 1), &x)?;
            }
            maps.push(x.clone());
        }
        Ok(maps)
    }
}

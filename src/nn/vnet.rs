//! V-Net: residual stages of 5x5x5 convolutions on volumes.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{PRelu, PReluConfig};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::conv::{Conv, ConvPlan, UpConv};
use super::conv_unit::ConvUnit;
use super::init::{Stream, block_seed};
use super::outline::{Maps, Outline};
use super::segmenter::Segmenter;
use super::settings::{Activation, Head, Norm, Padding};
use super::space::{Space, spatial};
use super::summary::{Explain, Summary};
use crate::error::{SettingError, ShapeError};

/// Convolutions of each stage on the way down, and of each on the way up from the bottom (Milletari et al. 2016, figure 2).
const DOWN: [usize; 5] = [1, 2, 3, 3, 3];
const UP: [usize; 4] = [3, 3, 2, 1];
/// The paper's kernel.
const KERNEL: usize = 5;

/// Describes a [`VNet`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VNetConfig {
    /// Channels of the volume.
    pub in_channels: usize,
    /// Maps in the output.
    pub classes: usize,
    /// Channels of the first stage; doubled from stage to stage.
    pub base_channels: usize,
    /// Halvings on the way down, at most 4.
    pub depth: usize,
    /// Volumes, as in the paper, or images.
    pub space: Space,
    /// The normalisation behind each convolution; the paper has none.
    pub norm: Norm,
    /// Seed of the first weights.
    pub seed: u64,
}

impl Config for VNetConfig {}

impl VNetConfig {
    /// The paper's: 16 to 256 channels, volumes whose sides are divisible by 16; seed 42.
    pub fn new(in_channels: usize, classes: usize) -> Self {
        Self {
            in_channels,
            classes,
            base_channels: 16,
            depth: 4,
            space: Space::D3,
            norm: Norm::None,
            seed: 42,
        }
    }

    /// Sets the channels of the first stage.
    pub fn with_base_channels(mut self, base_channels: usize) -> Self {
        self.base_channels = base_channels;
        self
    }

    /// Sets the number of halvings.
    pub fn with_depth(mut self, depth: usize) -> Self {
        self.depth = depth;
        self
    }

    /// Sets volumes or images.
    pub fn with_space(mut self, space: Space) -> Self {
        self.space = space;
        self
    }

    /// Sets the normalisation.
    pub fn with_norm(mut self, norm: Norm) -> Self {
        self.norm = norm;
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
        for (name, count) in [
            ("VNetConfig::classes", self.classes),
            ("VNetConfig::in_channels", self.in_channels),
        ] {
            if count == 0 {
                return Err(SettingError::new(name, count, "at least 1"));
            }
        }
        if self.base_channels == 0 || !self.base_channels.is_multiple_of(self.in_channels) {
            let expected = format!(
                "a multiple of the {} input channels, which are repeated to be added to the first stage's",
                self.in_channels
            );
            return Err(SettingError::new(
                "VNetConfig::base_channels",
                self.base_channels,
                &expected,
            ));
        }
        if let Norm::Group(groups) = self.norm
            && (groups == 0 || !self.base_channels.is_multiple_of(groups))
        {
            let expected = format!(
                "a number of groups that divides the {} base channels",
                self.base_channels
            );
            return Err(SettingError::new(
                "VNetConfig::norm",
                format!("Group({groups})"),
                &expected,
            ));
        }
        match self.depth {
            1..=4 => Ok(()),
            depth => Err(SettingError::new("VNetConfig::depth", depth, "between 1 and 4")),
        }
    }

    /// Makes the network on a device. Panics where [`try_init`](Self::try_init) gives an error.
    pub fn init(&self, device: &Device) -> VNet {
        self.try_init(device).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Makes the network on a device.
    ///
    /// # Errors
    /// [`SettingError`] naming the setting that is out of range.
    pub fn try_init(&self, device: &Device) -> Result<VNet, SettingError> {
        self.validate()?;
        let channels = |level: usize| self.base_channels << level;
        let seed = |place| block_seed(self.seed, place);
        let stage = |from: usize, to: usize, count: usize, place: usize| {
            let convs = (0..count).map(|i| {
                let stream = Stream {
                    seed: seed(place),
                    layer: i as u64,
                };
                let from = if i == 0 { from } else { to };
                let plan = ConvPlan::new(self.space, [from, to], KERNEL, stream);
                ActivatedConv {
                    conv: ConvUnit::new(plan, self.norm, Activation::None, device),
                    prelu: prelu(to, device),
                }
            });
            VStage { convs: convs.collect() }
        };
        let downs = (1..=self.depth).map(|level| {
            let stream = Stream {
                seed: seed(level),
                layer: 50,
            };
            let plan = ConvPlan::new(self.space, [channels(level - 1), channels(level)], 2, stream);
            let plan = plan.stride(2).padding(Padding::Valid);
            ActivatedConv {
                conv: ConvUnit::new(plan, self.norm, Activation::None, device),
                prelu: prelu(channels(level), device),
            }
        });
        let encoders = (0..=self.depth).map(|level| {
            let from = if level == 0 { self.in_channels } else { channels(level) };
            stage(from, channels(level), DOWN[level], level)
        });
        let decoders = (0..self.depth).rev().map(|level| {
            let place = 20 + level;
            // Each stage on the way up gives twice the maps of its skip connection.
            let from = match level + 1 == self.depth {
                true => channels(level + 1),
                false => 2 * channels(level + 1),
            };
            let stream = Stream {
                seed: seed(place),
                layer: 50,
            };
            VUp {
                up: UpConv::new(self.space, [from, channels(level)], stream, device),
                prelu: prelu(channels(level), device),
                stage: stage(2 * channels(level), 2 * channels(level), UP[4 - 1 - level], place),
            }
        });
        let stream = Stream {
            seed: seed(99),
            layer: 0,
        };
        Ok(VNet {
            encoders: encoders.collect(),
            downs: downs.collect(),
            decoders: decoders.collect(),
            output: ConvPlan::new(self.space, [2 * self.base_channels, self.classes], 1, stream).init(device),
            config: self.clone(),
        })
    }
}

fn prelu(channels: usize, device: &Device) -> PRelu {
    PReluConfig::new().with_num_parameters(channels).init(device)
}

/// V-Net (Milletari et al. 2016), for which soft Dice was introduced: every stage learns what to add to its input, kernels
/// are 5x5x5, strided convolutions halve and transposed ones double, and each map has its own slope below 0 (PReLU, He et
/// al. 2015). The one input channel is repeated to be added to the first stage's maps.
#[derive(Module, Debug)]
pub struct VNet {
    /// The stages on the way down, the last at the bottom.
    pub encoders: Vec<VStage>,
    /// Between them.
    pub downs: Vec<ActivatedConv>,
    /// The way up, from the bottom.
    pub decoders: Vec<VUp>,
    /// The 1x1x1 convolution to one map a class.
    pub output: Conv,
    #[module(skip)]
    config: VNetConfig,
}

/// A convolution and its slopes.
#[derive(Module, Debug)]
pub struct ActivatedConv {
    /// The convolution.
    pub conv: ConvUnit,
    /// The slope below 0 of each map.
    pub prelu: PRelu,
}

/// Convolutions whose result is added to their input before the last activation.
#[derive(Module, Debug)]
pub struct VStage {
    /// One behind the other.
    pub convs: Vec<ActivatedConv>,
}

/// One step up.
#[derive(Module, Debug)]
pub struct VUp {
    /// Doubles every side.
    pub up: UpConv,
    /// The slope below 0 of each map.
    pub prelu: PRelu,
    /// The convolutions on these maps and the skip connection's.
    pub stage: VStage,
}

impl VStage {
    /// # Shapes
    /// - `x`: `[batch, channels_in, ..]`, channels that divide those of the output
    /// - output: `[batch, channels_out, ..]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let mut y = x.clone();
        for (i, conv) in self.convs.iter().enumerate() {
            y = conv.conv.forward(y);
            if i + 1 == self.convs.len() {
                let times = y.dims()[1] / x.dims()[1];
                y = y + x.clone().repeat_dim(1, times);
            }
            y = conv.prelu.forward(y);
        }
        y
    }

    fn outline(&self, outline: &mut Outline, name: &str, x: &Maps) -> Result<Maps, ShapeError> {
        let mut y = x.clone();
        for (i, conv) in self.convs.iter().enumerate() {
            y = conv.outline(outline, &format!("{name} conv {}", i + 1), &y)?;
        }
        outline.join(name, "Add + PReLU", y.channels, &[x, &y])
    }
}

impl ActivatedConv {
    fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        self.prelu.forward(self.conv.forward(x))
    }

    /// The slopes count with the convolution.
    fn outline(&self, outline: &mut Outline, name: &str, x: &Maps) -> Result<Maps, ShapeError> {
        let maps = self.conv.outline(outline, name, x)?;
        outline.add_to_last(" + PReLU", maps.channels);
        Ok(maps)
    }
}

impl VNet {
    /// What it was made from.
    pub fn config(&self) -> &VNetConfig {
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

    /// The maps before the last activation.
    ///
    /// # Shapes and panics
    /// As [`forward`](Self::forward).
    pub fn forward_logits<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        self.check(x.dims()[1], &spatial(&x)).unwrap_or_else(|e| panic!("{e}"));
        let mut skips = Vec::with_capacity(self.encoders.len());
        let mut x = x;
        for (i, encoder) in self.encoders.iter().enumerate() {
            x = encoder.forward(x);
            if let Some(down) = self.downs.get(i) {
                skips.push(x.clone());
                x = down.forward(x);
            }
        }
        for (decoder, skip) in self.decoders.iter().zip(skips.into_iter().rev()) {
            let larger = decoder.prelu.forward(decoder.up.forward(x));
            x = decoder.stage.forward(Tensor::cat(vec![larger, skip], 1));
        }
        self.output.forward(x)
    }

    fn check(&self, channels: usize, size: &[usize]) -> Result<(), ShapeError> {
        ShapeError::check_input(self.config.space.axes(), self.config.in_channels, channels, size)?;
        ShapeError::divisible(size, 1 << self.config.depth)
    }
}

impl<const D: usize> Segmenter<D> for VNet {
    fn forward_logits(&self, x: Tensor<D>) -> Tensor<D> {
        self.forward_logits(x)
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

impl Explain for VNet {
    fn explain(&self, size: &[usize]) -> Result<Summary, ShapeError> {
        self.check(self.config.in_channels, size)?;
        let (mut outline, mut x) = Outline::new(self.config.in_channels, size);
        let mut skips = Vec::new();
        for (i, encoder) in self.encoders.iter().enumerate() {
            x = encoder.outline(&mut outline, &format!("encoder {}", i + 1), &x)?;
            if let Some(down) = self.downs.get(i) {
                skips.push(x.clone());
                x = down.outline(&mut outline, &format!("encoder {} down", i + 1), &x)?;
            }
        }
        for (i, (decoder, skip)) in self.decoders.iter().zip(skips.iter().rev()).enumerate() {
            let name = format!("decoder {}", self.decoders.len() - i);
            let larger = outline.up_conv(&format!("{name} up conv"), &decoder.up, &x);
            outline.add_to_last(" + PReLU", larger.channels);
            let channels = larger.channels + skip.channels;
            let joined = outline.join(&format!("{name} concat"), "Concat", channels, &[&larger, skip])?;
            x = decoder.stage.outline(&mut outline, &name, &joined)?;
        }
        let suffix = Head::Classes.suffix(self.config.classes);
        outline.conv("output", &self.output, suffix, 0, &x)?;
        Ok(outline.finish())
    }
}

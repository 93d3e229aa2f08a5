//! The network itself.

use burn::config::Config;
use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor, activation};
use serde::{Deserialize, Serialize};

use super::conv_block::{DoubleConv, DoubleConvConfig};
use super::down::{Down, DownConfig};
use super::init::conv2d_same;
use super::segmenter::Segmenter;
use super::up::{Up, UpConfig};
use crate::error::{SettingError, ShapeError};

/// Describes a [`UNet`]: `UNetConfig::new(in_channels, classes)`.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let model = UNetConfig::new(1, 1).with_base_channels(8).with_depth(3).init(&cpu());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UNetConfig {
    /// Channels of the images: 1 for grey, 3 for colour.
    pub in_channels: usize,
    /// Maps in the output: 1 tells foreground from background.
    pub classes: usize,
    /// Feature maps of the top level; each level below has twice as many. The paper's is 64.
    pub base_channels: usize,
    /// How often the maps are halved on the way down: the number of skip connections. The paper's is 4.
    pub depth: usize,
    /// Seed of the first weights: the same seed gives the same network.
    pub seed: u64,
}

// Written out rather than derived, since completion and type inference in notebooks do not see derived methods.
impl Config for UNetConfig {}

impl UNetConfig {
    /// The paper's widths and depth: 64 feature maps at the top, four levels, seed 42.
    pub fn new(in_channels: usize, classes: usize) -> Self {
        Self {
            in_channels,
            classes,
            base_channels: 64,
            depth: 4,
            seed: 42,
        }
    }

    /// Sets the number of feature maps of the top level.
    pub fn with_base_channels(mut self, base_channels: usize) -> Self {
        self.base_channels = base_channels;
        self
    }

    /// Sets how often the maps are halved on the way down.
    pub fn with_depth(mut self, depth: usize) -> Self {
        self.depth = depth;
        self
    }

    /// Sets the seed of the first weights.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Feature maps of a level, counted from 1 at the top; the bottleneck is level `depth + 1`.
    pub fn channels_at(&self, level: usize) -> usize {
        self.base_channels << (level - 1)
    }

    /// What each side of an image must be divisible by: `2^depth`.
    pub fn size_multiple(&self) -> usize {
        1 << self.depth
    }

    /// Checks that the description is one of a network.
    ///
    /// # Errors
    /// [`SettingError`] if a count is 0 or `depth` is over 10.
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
        match self.depth {
            1..=10 => Ok(()),
            depth => Err(SettingError::new("UNetConfig::depth", depth, "between 1 and 10")),
        }
    }

    /// Checks that an image of `size` = `[height, width]` can be halved `depth` times.
    ///
    /// # Errors
    /// [`ShapeError::Size`], which names the level where it fails and the nearest sizes that work.
    pub fn check_size(&self, size: [usize; 2]) -> Result<(), ShapeError> {
        let fits = |side: usize| side > 0 && side.is_multiple_of(self.size_multiple());
        match size.into_iter().all(fits) {
            true => Ok(()),
            false => Err(ShapeError::Size {
                size,
                multiple: self.size_multiple(),
            }),
        }
    }

    /// Makes the network on a device, with He-normal weights and biases of zero.
    ///
    /// The weights are filled in when they are first used, so this returns at once.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) fails, with its message. [`try_init`](Self::try_init) returns it instead.
    pub fn init(&self, device: &Device) -> UNet {
        self.try_init(device).unwrap_or_else(|e| panic!("{e}"))
    }

    /// [`init`](Self::init) for settings that come from elsewhere.
    ///
    /// # Errors
    /// [`SettingError`] as [`validate`](Self::validate).
    pub fn try_init(&self, device: &Device) -> Result<UNet, SettingError> {
        self.validate()?;
        let depth = self.depth;
        let (top, bottom) = (self.base_channels, self.channels_at(depth + 1));
        let encoders = (1..=depth).map(|level| {
            let channels_in = match level {
                1 => self.in_channels,
                _ => self.channels_at(level - 1),
            };
            DownConfig::new(channels_in, self.channels_at(level))
                .with_seed(self.block_seed(level))
                .init(device)
        });
        let decoders = (1..=depth).rev().map(|level| {
            UpConfig::new(self.channels_at(level + 1), self.channels_at(level))
                .with_seed(self.block_seed(2 * depth + 2 - level))
                .init(device)
        });
        Ok(UNet {
            encoders: encoders.collect(),
            bottleneck: DoubleConvConfig::new(bottom / 2, bottom)
                .with_seed(self.block_seed(depth + 1))
                .init(device),
            decoders: decoders.collect(),
            output: conv2d_same([top, self.classes], 1, self.block_seed(0), 0, device),
            config: self.clone(),
        })
    }

    /// A seed of its own for each block.
    fn block_seed(&self, block: usize) -> u64 {
        self.seed
            .wrapping_add((block as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }
}

/// U-Net (Ronneberger, Fischer and Brox 2015, figure 1), padded and with upsampling + 2x2 convolution, as the course
/// writes it: `depth` levels down, a bottleneck, `depth` levels up, joined by skip connections.
///
/// `UNetConfig::new(3, 1)` has 31,031,745 parameters, as the course's Keras network.
///
/// Taught in unit 01 (architecture).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let model = UNetConfig::new(3, 1).with_base_channels(4).init(&cpu());
/// let images = Tensor::<4>::zeros([2, 3, 32, 48], &cpu());
/// assert_eq!(model.forward(images).dims(), [2, 1, 32, 48]);
/// ```
#[derive(Module, Debug)]
pub struct UNet {
    /// The contracting path, from the top down.
    pub encoders: Vec<Down>,
    /// The bottom of the U.
    pub bottleneck: DoubleConv,
    /// The expansive path, from the bottom up.
    pub decoders: Vec<Up>,
    /// The 1x1 convolution to one map a class.
    pub output: Conv2d,
    #[module(skip)]
    config: UNetConfig,
}

/// The course's network: colour images in, one probability a pixel out; 31,031,745 parameters.
///
/// Taught in unit 01 (architecture).
pub fn unet(device: &Device) -> UNet {
    UNetConfig::new(3, 1).init(device)
}

impl UNet {
    /// The description that this network was made from.
    pub fn config(&self) -> &UNetConfig {
        &self.config
    }

    /// Probabilities: a sigmoid for one class, a softmax over the classes for several.
    ///
    /// # Shapes
    /// - `x`: `[batch, in_channels, height, width]`, both sides divisible by `2^depth`
    /// - output: `[batch, classes, height, width]`, in `0..=1`
    ///
    /// # Panics
    /// If the shape does not fit, with the message of [`try_forward`](Self::try_forward).
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.try_forward(x).unwrap_or_else(|e| panic!("{e}"))
    }

    /// [`forward`](Self::forward) that says what is wrong with a shape.
    ///
    /// # Errors
    /// [`ShapeError::Channels`] or [`ShapeError::Size`].
    pub fn try_forward(&self, x: Tensor<4>) -> Result<Tensor<4>, ShapeError> {
        self.check(&x)?;
        Ok(self.probabilities(self.forward_logits(x)))
    }

    /// Probabilities of logits: what [`forward`](Self::forward) does last.
    ///
    /// # Shapes
    /// - `logits`, output: `[batch, classes, height, width]`
    pub fn probabilities(&self, logits: Tensor<4>) -> Tensor<4> {
        match self.config.classes {
            1 => activation::sigmoid(logits),
            _ => activation::softmax(logits, 1),
        }
    }

    /// The network before its last activation; training takes the loss of these, which is numerically stable.
    ///
    /// # Shapes
    /// - `x`: `[batch, in_channels, height, width]`
    /// - output: `[batch, classes, height, width]`, any real number
    ///
    /// # Panics
    /// If the shape does not fit, with the message of [`try_forward`](Self::try_forward).
    pub fn forward_logits(&self, x: Tensor<4>) -> Tensor<4> {
        self.check(&x).unwrap_or_else(|e| panic!("{e}"));
        let mut skips = Vec::with_capacity(self.encoders.len());
        let mut x = x;
        for encoder in &self.encoders {
            let (skip, pooled) = encoder.forward(x);
            skips.push(skip);
            x = pooled;
        }
        x = self.bottleneck.forward(x);
        for (decoder, skip) in self.decoders.iter().zip(skips.into_iter().rev()) {
            x = decoder.forward(x, skip);
        }
        self.output.forward(x)
    }

    fn check(&self, x: &Tensor<4>) -> Result<(), ShapeError> {
        let [_, channels, height, width] = x.dims();
        if channels != self.config.in_channels {
            return Err(ShapeError::Channels {
                expected: self.config.in_channels,
                found: channels,
            });
        }
        self.config.check_size([height, width])
    }
}

impl Segmenter for UNet {
    fn forward_logits(&self, x: Tensor<4>) -> Tensor<4> {
        self.forward_logits(x)
    }

    fn in_channels(&self) -> usize {
        self.config.in_channels
    }

    fn classes(&self) -> usize {
        self.config.classes
    }

    fn size_multiple(&self) -> usize {
        self.config.size_multiple()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    #[test]
    fn the_course_network_has_31_031_745_parameters() {
        assert_eq!(unet(&cpu()).num_params(), 31_031_745);
    }

    #[test]
    fn input_and_output_shapes() {
        // (in_channels, classes, base, depth, [height, width])
        let table = [
            (1, 1, 2, 1, [2, 4]),
            (3, 1, 2, 2, [8, 4]),
            (1, 4, 2, 3, [16, 24]),
            (2, 1, 3, 4, [32, 16]),
        ];
        for (channels, classes, base, depth, [h, w]) in table {
            let model = UNetConfig::new(channels, classes)
                .with_base_channels(base)
                .with_depth(depth)
                .init(&cpu());
            let y = model.forward(Tensor::ones([2, channels, h, w], &cpu()));
            assert_eq!(y.dims(), [2, classes, h, w]);
        }
    }

    #[test]
    fn several_classes_share_one_pixel() {
        let model = UNetConfig::new(1, 3).with_base_channels(2).with_depth(1).init(&cpu());
        let y = model.forward(Tensor::ones([1, 1, 4, 4], &cpu()));
        for sum in y.sum_dim(1).into_data().iter::<f32>() {
            assert!((sum - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_network() {
        let config = UNetConfig::new(1, 1).with_base_channels(2).with_depth(2);
        let x = Tensor::<4>::ones([1, 1, 8, 8], &cpu());
        let out = |config: &UNetConfig| config.init(&cpu()).forward(x.clone()).into_data();
        assert_eq!(out(&config), out(&config));
        assert_ne!(out(&config), out(&config.clone().with_seed(1)));
    }

    #[test]
    #[should_panic(
        expected = "at level 2 its maps are 5 x 8, which pooling cannot halve. Each side must be divisible \
                               by 16; the nearest height that works is 16."
    )]
    fn a_wrong_size_panics_with_the_message() {
        let model = UNetConfig::new(1, 1).with_base_channels(2).init(&cpu());
        model.forward(Tensor::ones([1, 1, 10, 16], &cpu()));
    }

    #[test]
    fn wrong_channels_are_named() {
        let model = UNetConfig::new(3, 1).with_base_channels(2).init(&cpu());
        let error = model.try_forward(Tensor::ones([1, 1, 16, 16], &cpu())).unwrap_err();
        assert_eq!(error, ShapeError::Channels { expected: 3, found: 1 });
    }

    #[test]
    fn a_description_of_no_network_is_refused() {
        let error = UNetConfig::new(3, 0).try_init(&cpu()).unwrap_err();
        assert_eq!(error.to_string(), "UNetConfig::classes is 0, but must be at least 1");
        assert!(UNetConfig::new(3, 1).with_depth(0).try_init(&cpu()).is_err());
    }
}

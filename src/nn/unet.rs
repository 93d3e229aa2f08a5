//! The U-Net.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::conv::Conv;
use super::conv_block::DoubleConv;
use super::dilated::DilatedBottleneck;
use super::down::Down;
use super::outline::Outline;
use super::segmenter::Segmenter;
use super::space::spatial;
use super::summary::{Explain, Summary};
use super::unet_config::UNetConfig;
use super::up::Up;
use crate::error::ShapeError;

/// The U-Net (Ronneberger, Fischer and Brox 2015) with the settings of its [`UNetConfig`], for images and volumes.
///
/// Taught in unit 01 (architecture).
#[derive(Module, Debug)]
pub struct UNet {
    /// The contracting path, from the top.
    pub encoders: Vec<Down>,
    /// The bottom of the U.
    pub bottleneck: DoubleConv,
    /// Further convolutions at the bottom.
    pub dilated: Option<DilatedBottleneck>,
    /// The expansive path, from the bottom.
    pub decoders: Vec<Up>,
    /// The 1x1 convolution to one map a class.
    pub output: Conv,
    /// The same at the levels below the first, from the top, for deep supervision.
    pub deep_outputs: Vec<Conv>,
    #[module(skip)]
    pub(super) config: UNetConfig,
}

/// The network of the course's Keras listing, for RGB images and one class: 31,031,745 parameters.
///
/// Taught in unit 01 (architecture).
///
/// ```no_run
/// use unet_lab::prelude::*;
///
/// let model = unet(&cpu());
/// println!("{}", summary(&model, [256, 256])?);
/// # Ok::<(), LabError>(())
/// ```
pub fn unet(device: &Device) -> UNet {
    UNetConfig::new(3, 1).init(device)
}

impl UNet {
    /// What it was made from.
    pub fn config(&self) -> &UNetConfig {
        &self.config
    }

    /// Probabilities: sigmoid for one class, softmax over several; or an image, as [`UNetConfig::head`] says.
    ///
    /// # Shapes
    /// - `x`: `[batch, in_channels, ..]`
    /// - output: `[batch, classes, ..]`, smaller by the [`margin`](UNetConfig::margin) at each end
    ///
    /// # Panics
    /// As [`forward_logits`](Self::forward_logits).
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        self.try_forward(x).unwrap_or_else(|e| panic!("{e}"))
    }

    /// [`forward`](Self::forward), with an error instead of a panic.
    ///
    /// # Errors
    /// [`ShapeError`] if the channels, the rank or a side do not fit, naming what would.
    pub fn try_forward<const D: usize>(&self, x: Tensor<D>) -> Result<Tensor<D>, ShapeError> {
        self.check(&x)?;
        Ok(self.probabilities(self.forward_logits(x)))
    }

    /// The head's function on the output of [`forward_logits`](Self::forward_logits).
    ///
    /// # Shapes
    /// - `logits`, output: `[batch, classes, ..]`
    pub fn probabilities<const D: usize>(&self, logits: Tensor<D>) -> Tensor<D> {
        self.config.head.forward(logits)
    }

    /// The maps before the last activation: what losses are computed from, exactly.
    ///
    /// # Shapes
    /// - `x`: `[batch, in_channels, ..]`
    /// - output: `[batch, classes, ..]`
    ///
    /// # Panics
    /// With the message of [`ShapeError`] if the channels, the rank or a side do not fit.
    pub fn forward_logits<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        match self.levels(x).pop() {
            Some(top) => self.output.forward(top),
            None => unreachable!("a U-Net has a level: UNetConfig::validate"),
        }
    }

    /// The maps before the last activation at each level of the expansive path that has an output
    /// ([`UNetConfig::deep_supervision`]), the full resolution first.
    ///
    /// # Shapes
    /// - `x`: `[batch, in_channels, ..]`
    /// - output: `[batch, classes, ..]`, each with half the sides of the one before
    ///
    /// # Panics
    /// As [`forward_logits`](Self::forward_logits).
    pub fn forward_deep<const D: usize>(&self, x: Tensor<D>) -> Vec<Tensor<D>> {
        let heads = std::iter::once(&self.output).chain(&self.deep_outputs);
        let levels = self.levels(x).into_iter().rev();
        heads.zip(levels).map(|(head, level)| head.forward(level)).collect()
    }

    /// The maps that each decoder gives, from the bottom.
    fn levels<const D: usize>(&self, x: Tensor<D>) -> Vec<Tensor<D>> {
        self.check(&x).unwrap_or_else(|e| panic!("{e}"));
        let mut skips = Vec::with_capacity(self.encoders.len());
        let mut x = x;
        for encoder in &self.encoders {
            let (skip, smaller) = encoder.forward(x);
            skips.push(skip);
            x = smaller;
        }
        x = self.bottleneck.forward(x);
        if let Some(dilated) = &self.dilated {
            x = dilated.forward(x);
        }
        let mut levels = Vec::with_capacity(self.decoders.len());
        for (decoder, skip) in self.decoders.iter().zip(skips.into_iter().rev()) {
            x = decoder.forward(x, skip);
            levels.push(x.clone());
        }
        levels
    }

    fn check<const D: usize>(&self, x: &Tensor<D>) -> Result<(), ShapeError> {
        self.config.check_size(spatial(x))?;
        match x.dims()[1] {
            channels if channels == self.config.in_channels => Ok(()),
            found => Err(ShapeError::Channels {
                expected: self.config.in_channels,
                found,
            }),
        }
    }

    /// Channels of the images it takes.
    pub fn in_channels(&self) -> usize {
        self.config.in_channels
    }

    /// Maps in its output.
    pub fn classes(&self) -> usize {
        self.config.classes
    }

    /// What each side must be divisible by, with "same" padding.
    pub fn size_multiple(&self) -> usize {
        self.config.size_multiple()
    }

    /// Pixels lost at each end of each side; see [`UNetConfig::margin`].
    pub fn margin(&self) -> usize {
        self.config.margin()
    }
}

impl<const D: usize> Segmenter<D> for UNet {
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
        self.config.size_multiple()
    }

    fn margin(&self) -> usize {
        self.config.margin()
    }

    fn accepts(&self, side: usize) -> bool {
        self.config.accepts(side)
    }
}

impl Explain for UNet {
    fn explain(&self, size: &[usize]) -> Result<Summary, ShapeError> {
        self.config.check_size(size)?;
        let (mut outline, mut x) = Outline::new(self.config.in_channels, size);
        let mut skips = Vec::new();
        for (i, encoder) in self.encoders.iter().enumerate() {
            let [skip, smaller] = encoder.outline(&mut outline, &format!("encoder {}", i + 1), &x)?;
            skips.push(skip);
            x = smaller;
        }
        x = self.bottleneck.outline(&mut outline, "bottleneck", &x)?;
        if let Some(dilated) = &self.dilated {
            x = dilated.outline(&mut outline, "bottleneck", &x)?;
        }
        let mut levels = Vec::new();
        for (decoder, (i, skip)) in self.decoders.iter().zip(skips.iter().enumerate().rev()) {
            x = decoder.outline(&mut outline, &format!("decoder {}", i + 1), &x, skip)?;
            levels.push(x.clone());
        }
        let suffix = self.config.head.suffix(self.config.classes);
        outline.conv("output", &self.output, suffix, 0, &x)?;
        for (i, (head, level)) in self.deep_outputs.iter().zip(levels.iter().rev().skip(1)).enumerate() {
            outline.conv(&format!("output {}", i + 2), head, suffix, 0, level)?;
        }
        Ok(outline.finish())
    }
}

//! The choices that a network is made of.

use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

/// What a convolution does at the border.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Padding {
    /// Zeros are added so that the maps keep their size, as in Keras' `padding='same'`.
    #[default]
    Same,
    /// Nothing is added: a 3x3 convolution loses a pixel on each side (Ronneberger et al. 2015).
    Valid,
}

/// What brings the values of a map back to a common scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Norm {
    /// Nothing, as in the original U-Net.
    #[default]
    None,
    /// Batch normalisation (Ioffe and Szegedy 2015): over the batch, with running averages for prediction.
    Batch,
    /// Instance normalisation (Ulyanov et al. 2016): each image and map by itself; nnU-Net's choice for small batches.
    Instance,
    /// Group normalisation (Wu and He 2018) in this many groups of maps.
    Group(usize),
}

/// What makes a network more than one linear function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Activation {
    /// Nothing.
    None,
    /// `max(x, 0)`.
    #[default]
    Relu,
    /// `x` above 0, this share of `x` below (nnU-Net: 0.01).
    LeakyRelu(f64),
}

impl Activation {
    /// The activated values.
    pub fn forward<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::None => x,
            Self::Relu => activation::relu(x),
            Self::LeakyRelu(slope) => activation::leaky_relu(x, slope),
        }
    }

    /// As a summary names it, behind the layer that it follows.
    pub(crate) fn suffix(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Relu => " + ReLU".to_owned(),
            Self::LeakyRelu(slope) => format!(" + leaky ReLU {slope}"),
        }
    }
}

/// How maps become smaller on the contracting path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Downsampling {
    /// The largest of 2x2 (2x2x2) values (Ronneberger et al. 2015).
    #[default]
    MaxPool,
    /// A convolution of kernel 2 and stride 2 that learns how (Springenberg et al. 2015; V-Net, nnU-Net).
    Strided,
}

/// How maps become larger on the expansive path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Upsampling {
    /// Each pixel repeated, then a convolution of kernel 2 and the activation: the course's Keras listing.
    #[default]
    NearestConv,
    /// A transposed convolution of kernel 2 and stride 2: the original's "up-convolution" and the practical example.
    Transposed,
    /// Bilinear (trilinear) interpolation with the corners aligned, then a 1x1 convolution.
    Linear,
}

/// How a skip connection's maps meet those from below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Merge {
    /// One behind the other (Ronneberger et al. 2015); with [`Padding::Valid`] the skip's maps are cropped to the
    /// centre first.
    #[default]
    Concat,
    /// Added, which needs no wider convolution (Drozdzal et al. 2016, "short and long skip connections").
    Add,
}

/// What a level does with its maps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    /// Two convolutions (Ronneberger et al. 2015).
    #[default]
    Double,
    /// Two convolutions whose result is added to their input (He et al. 2016; ResUNet, Zhang et al. 2018).
    Residual,
}

/// What the last 1x1 convolution's maps stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Head {
    /// Classes: sigmoid for one, softmax for several.
    #[default]
    Classes,
    /// Values of an image without bounds: a denoiser.
    Linear,
    /// Values of an image between -1 and 1: an image-to-image translator (Isola et al. 2017).
    Tanh,
}

impl Head {
    /// Probabilities, or the values of an image.
    ///
    /// # Shapes
    /// - `logits`, output: `[batch, classes, ..]`
    pub fn forward<const D: usize>(self, logits: Tensor<D>) -> Tensor<D> {
        match (self, logits.dims()[1]) {
            (Self::Classes, 1) => activation::sigmoid(logits),
            (Self::Classes, _) => activation::softmax(logits, 1),
            (Self::Linear, _) => logits,
            (Self::Tanh, _) => activation::tanh(logits),
        }
    }

    pub(crate) fn suffix(self, classes: usize) -> &'static str {
        match (self, classes) {
            (Self::Classes, 1) => " + sigmoid",
            (Self::Classes, _) => " + softmax",
            (Self::Linear, _) => "",
            (Self::Tanh, _) => " + tanh",
        }
    }
}

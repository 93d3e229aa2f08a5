//! What the trainer and the predictor need of a network.

use burn::module::Module;
use burn::tensor::Tensor;

/// A network that gives one map a class for an image of the same size: what [`Trainer`](crate::train::Trainer),
/// [`predict`](crate::infer::predict) and [`evaluate`](crate::infer::evaluate) work on.
///
/// [`UNet`](super::UNet) is one. A network of your own needs `#[derive(Module, Debug)]` and this:
///
/// ```
/// use unet_lab::burn::{self, nn::PaddingConfig2d};
/// use unet_lab::burn::nn::conv::{Conv2d, Conv2dConfig};
/// use unet_lab::prelude::*;
///
/// #[derive(Module, Debug)]
/// struct OneLayer {
///     conv: Conv2d,
/// }
///
/// impl Segmenter for OneLayer {
///     fn forward_logits(&self, x: Tensor<4>) -> Tensor<4> {
///         self.conv.forward(x)
///     }
///     fn in_channels(&self) -> usize {
///         1
///     }
/// }
///
/// let conv = Conv2dConfig::new([1, 1], [3, 3]).with_padding(PaddingConfig2d::Same).init(&cpu());
/// let image = Image::from_fn(8, 8, |x, _| x as f32 / 7.0);
/// let map = predict(&OneLayer { conv }, &image)?;
/// assert_eq!([map.height(), map.width()], [8, 8]);
/// # Ok::<(), LabError>(())
/// ```
pub trait Segmenter: Module {
    /// The maps before the last activation.
    ///
    /// # Shapes
    /// - `x`: `[batch, in_channels, height, width]`
    /// - output: `[batch, classes, height, width]`
    fn forward_logits(&self, x: Tensor<4>) -> Tensor<4>;

    /// Channels of the images it takes.
    fn in_channels(&self) -> usize;

    /// Maps in its output; 1 means foreground against background.
    fn classes(&self) -> usize {
        1
    }

    /// What each side of an image must be divisible by.
    fn size_multiple(&self) -> usize {
        1
    }
}

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
pub trait Segmenter<const D: usize = 4>: Module {
    /// The maps before the last activation.
    ///
    /// # Shapes
    /// - `x`: `[batch, in_channels, height, width]`; in 3-D (`D = 5`) `[batch, in_channels, depth, height, width]`
    /// - output: `[batch, classes, ..]`, each side shorter by twice the [`margin`](Self::margin)
    fn forward_logits(&self, x: Tensor<D>) -> Tensor<D>;

    /// The maps before the last activation at several resolutions, the full one first, then ever coarser ones: what deep
    /// supervision trains on (Lee et al. 2015; Zhou et al. 2018, section 3.2). One map for networks without such outputs.
    fn forward_deep(&self, x: Tensor<D>) -> Vec<Tensor<D>> {
        vec![self.forward_logits(x)]
    }

    /// Channels of the images it takes.
    fn in_channels(&self) -> usize;

    /// Maps in its output; 1 means foreground against background.
    fn classes(&self) -> usize {
        1
    }

    /// What each side of an image must be divisible by, for networks with "same" convolutions.
    fn size_multiple(&self) -> usize {
        1
    }

    /// Pixels that each end of each side loses on the way through the network: 0 with "same" convolutions, 92 for the
    /// original U-Net (572 in, 388 out; Ronneberger et al. 2015, figure 1).
    fn margin(&self) -> usize {
        0
    }

    /// Whether a side of this length passes through the network.
    fn accepts(&self, side: usize) -> bool {
        side > 0 && side.is_multiple_of(self.size_multiple())
    }

    /// The shortest side that the network takes and whose output covers at least `output` pixels.
    fn side_for(&self, output: usize) -> usize {
        let mut side = output.max(1) + 2 * self.margin();
        while !self.accepts(side) {
            side += 1;
        }
        side
    }
}

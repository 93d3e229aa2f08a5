//! From logits to probabilities: the sigmoid for one class, the softmax for several.

use burn::tensor::{Tensor, activation};

/// The classes' probabilities: [`sigmoid`](activation::sigmoid) for one class, [`softmax`](activation::softmax) over
/// axis 1 for several, where they add up to 1 at each pixel.
///
/// # Shapes
/// - `logits`, output: `[batch, classes, ..]`
///
/// ```
/// use unet_lab::loss::probabilities;
/// use unet_lab::prelude::*;
///
/// let two = Tensor::<4>::from_data([[[[0.0]], [[0.0]]]], &cpu());
/// assert_eq!(probabilities(two).into_data().try_to_vec::<f32>().unwrap(), [0.5, 0.5]);
/// ```
pub fn probabilities<const D: usize>(logits: Tensor<D>) -> Tensor<D> {
    match logits.dims()[1] {
        1 => activation::sigmoid(logits),
        _ => activation::softmax(logits, 1),
    }
}

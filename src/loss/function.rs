//! What every loss has in common: logits and targets in, one number out.

use burn::tensor::Tensor;

use crate::error::ShapeError;

/// A loss on logits: how wrong a network's output is, as one number that training makes small.
///
/// All losses work in 2-D (`D = 4`, `[batch, classes, height, width]`) and in 3-D (`D = 5`, `[batch, classes, depth,
/// height, width]`), follow gradients where the logits do, and give NaN if a logit is NaN, so that training can stop.
/// The target may lie on a device without gradients.
///
/// **One class or several.** Unless a loss says otherwise, logits of one class become probabilities by the sigmoid, and
/// logits of several by the softmax over axis 1, of which class 0 is the background.
///
/// **Pixel weights** are `[batch, 1, ..]`, the same for all classes, or `[batch, classes, ..]`. Losses that average over
/// pixels multiply each pixel's loss by its weight and still divide by the number of pixels, as PyTorch's `weight` does;
/// losses of overlap count each pixel as many times as its weight says.
///
/// Taught in unit 02 (training).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let logits = Tensor::<4>::from_data([[[[0.0, 0.0]]]], &cpu());
/// let target = Tensor::<4>::from_data([[[[1.0, 0.0]]]], &cpu());
/// let loss = FocalLoss::new().forward_logits(logits.clone(), target.clone());
/// assert!((loss.into_scalar::<f32>() - 0.25 * 0.6931).abs() < 1e-4);
///
/// let twice = Tensor::<4>::from_data([[[[2.0, 2.0]]]], &cpu());
/// let loss = FocalLoss::new().forward_weighted(logits, target, Some(twice));
/// assert!((loss.into_scalar::<f32>() - 0.5 * 0.6931).abs() < 1e-4);
/// ```
pub trait LossFunction {
    /// The loss of a batch, each pixel counted by its weight.
    ///
    /// # Shapes
    /// - `logits`, `target`: `[batch, classes, ..]`, equal
    /// - `weights`: `[batch, 1, ..]` or `[batch, classes, ..]`
    /// - output: `[1]`
    ///
    /// # Errors
    /// [`ShapeError::Differ`] if the shapes do not fit, [`ShapeError::Setting`] if a setting of the loss does not fit them.
    fn try_forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError>;

    /// The loss of a batch.
    ///
    /// # Shapes
    /// - `logits`, `target`: `[batch, classes, ..]`, equal
    /// - output: `[1]`
    ///
    /// # Errors
    /// As [`try_forward_weighted`](Self::try_forward_weighted).
    fn try_forward_logits<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
    ) -> Result<Tensor<1>, ShapeError> {
        self.try_forward_weighted(logits, target, None)
    }

    /// [`try_forward_weighted`](Self::try_forward_weighted) that panics with the error's message, as Burn's losses do.
    fn forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Tensor<1> {
        or_panic(self.try_forward_weighted(logits, target, weights))
    }

    /// [`try_forward_logits`](Self::try_forward_logits) that panics with the error's message, as Burn's losses do.
    fn forward_logits<const D: usize>(&self, logits: Tensor<D>, target: Tensor<D>) -> Tensor<1> {
        or_panic(self.try_forward_logits(logits, target))
    }
}

pub(super) fn or_panic(loss: Result<Tensor<1>, ShapeError>) -> Tensor<1> {
    loss.unwrap_or_else(|error| panic!("{error}"))
}

/// Target and weights, of fitting shapes and beside the logits.
pub(super) fn checked<const D: usize>(
    logits: &Tensor<D>,
    target: Tensor<D>,
    weights: Option<Tensor<D>>,
) -> Result<(Tensor<D>, Option<Tensor<D>>), ShapeError> {
    const { assert!(D > 2, "a loss takes [batch, classes, ..] with at least one side") };
    let shape = logits.dims();
    if target.dims() != shape {
        return Err(differ("the prediction", &shape, "the target", &target.dims()));
    }
    if let Some(weights) = &weights {
        let mut one = shape;
        one[1] = 1;
        if weights.dims() != shape && weights.dims() != one {
            return Err(differ("the prediction", &shape, "its pixel weights", &weights.dims()));
        }
    }
    let weights = weights.map(|weights| beside(weights, logits));
    Ok((beside(target, logits), weights))
}

pub(super) fn differ(left_name: &str, left: &[usize], right_name: &str, right: &[usize]) -> ShapeError {
    ShapeError::Differ {
        left_name: left_name.to_owned(),
        left: left.to_vec(),
        right_name: right_name.to_owned(),
        right: right.to_vec(),
    }
}

/// On the device of `other`, and with gradients if that has them.
pub(super) fn beside<const D: usize>(x: Tensor<D>, other: &Tensor<D>) -> Tensor<D> {
    let device = other.device();
    let x = match x.device().inner() == device.clone().inner() {
        true => x,
        false => x.to_device(&device),
    };
    match device.is_autodiff() {
        true => x.autodiff(),
        false => x.without_autodiff(),
    }
}

/// The mean over all elements, each multiplied by its weight.
pub(super) fn weighted_mean<const D: usize>(x: Tensor<D>, weights: Option<Tensor<D>>) -> Tensor<1> {
    match weights {
        Some(weights) => (x * weights).mean(),
        None => x.mean(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;
    use crate::loss::Loss;

    fn zeros(shape: [usize; 4]) -> Tensor<4> {
        Tensor::zeros(shape, &cpu())
    }

    #[test]
    fn shapes_that_differ_are_named() {
        let error = Loss::Bce.try_forward_logits(zeros([2, 1, 4, 4]), zeros([2, 1, 4, 5]));
        assert_eq!(
            error.unwrap_err().to_string(),
            "the prediction has shape [2, 1, 4, 4], but the target has shape [2, 1, 4, 5]; they must be equal"
        );
        let weights = Some(zeros([1, 1, 4, 4]));
        let error = Loss::Dice.try_forward_weighted(zeros([2, 1, 4, 4]), zeros([2, 1, 4, 4]), weights);
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("its pixel weights has shape [1, 1, 4, 4]")
        );
    }

    #[test]
    #[should_panic(expected = "but the target has shape [2, 1, 4, 5]; they must be equal")]
    fn the_panic_says_the_same() {
        Loss::Bce.forward_logits(zeros([2, 1, 4, 4]), zeros([2, 1, 4, 5]));
    }

    #[test]
    fn a_target_without_gradients_will_do() {
        let logits = Tensor::<4>::zeros([1, 1, 2, 2], &cpu().autodiff()).require_grad();
        let weights = Some(Tensor::ones([1, 1, 2, 2], &cpu()));
        let loss = Loss::BceDice.forward_weighted(logits.clone(), Tensor::ones([1, 1, 2, 2], &cpu()), weights);
        assert!(logits.grad(&loss.backward()).is_some());
        let target = Tensor::ones([1, 1, 2, 2], &cpu().autodiff());
        Loss::BceDice.forward_logits(zeros([1, 1, 2, 2]), target);
    }
}

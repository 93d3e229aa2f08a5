//! Cross-entropy of several classes, of which each pixel has one.

use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

use super::function::checked;
use super::{BinaryCrossEntropy, LossFunction};
use crate::error::{SettingError, ShapeError};

/// Softmax cross-entropy, the mean over all pixels of `-ln p[c]` for the true class `c` of each and its predicted
/// probability (Goodfellow et al. 2016, section 6.2.2.3; with pixel weights the energy of Ronneberger et al. 2015,
/// equation 1). The target is one-hot, see [`one_hot`](super::one_hot()).
///
/// It is `ln classes` for a network that knows nothing. With one class it is [`BinaryCrossEntropy`].
///
/// - Class weights `w` make it the weighted mean `sum(w[c] (-ln p[c])) / sum w[c]`, as in PyTorch; the single weight of
///   one class is the foreground's.
/// - Label smoothing `e` (Szegedy et al. 2016, section 7) takes `e` of each pixel's truth and gives it to all classes
///   alike, with one class to foreground and background, so that the network need not become ever surer.
/// - A pixel whose target is 0 for all of several classes is ignored; if all are, the loss is 0.
///
/// Taught in unit 02 (training).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let truth = Tensor::<4>::from_data([[[[1.0]], [[0.0]], [[0.0]]]], &cpu());
/// let loss = CrossEntropy::new().forward_logits(truth.zeros_like(), truth);
/// assert!((loss.into_scalar::<f32>() - 3f32.ln()).abs() < 1e-6);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CrossEntropy {
    class_weights: Option<Vec<f32>>,
    smoothing: f32,
}

impl CrossEntropy {
    /// The loss, all classes weighing the same, without smoothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// How much each class weighs, the background first.
    pub fn with_class_weights(mut self, class_weights: &[f32]) -> Self {
        self.class_weights = Some(class_weights.to_vec());
        self
    }

    /// The share of the truth that is given to all classes alike, `0..=1`, such as 0.1; clamped to that.
    pub fn with_label_smoothing(mut self, smoothing: f32) -> Self {
        self.smoothing = smoothing.clamp(0.0, 1.0);
        self
    }

    fn weight_column<const D: usize>(&self, like: &Tensor<D>) -> Result<Option<Tensor<D>>, ShapeError> {
        let classes = like.dims()[1];
        let Some(weights) = &self.class_weights else {
            return Ok(None);
        };
        if weights.len() != classes {
            let found = format!("{} value(s)", weights.len());
            let expected = format!("one value a class, {classes}");
            return Err(SettingError::new("CrossEntropy::class_weights", found, &expected).into());
        }
        let mut shape = [1; D];
        shape[1] = classes;
        let column = Tensor::<1>::from_data(weights.as_slice(), &like.device());
        Ok(Some(column.reshape(shape)))
    }
}

impl LossFunction for CrossEntropy {
    fn try_forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        let (target, weights) = checked(&logits, target, weights)?;
        let column = self.weight_column(&logits)?;
        let classes = logits.dims()[1];
        if classes == 1 {
            let foreground = self.class_weights.as_ref().map_or(1.0, |weights| weights[0]);
            let target = target * (1.0 - self.smoothing) + self.smoothing / 2.0;
            let binary = BinaryCrossEntropy::new().with_positive_weight(foreground);
            return binary.try_forward_weighted(logits, target, weights);
        }
        let total = match &column {
            Some(column) => target.clone() * column.clone(),
            None => target.clone(),
        }
        .sum();
        let known = target.clone().sum_dim(1);
        let smooth = target * (1.0 - self.smoothing) + known * (self.smoothing / classes as f32);
        let mut losses = -activation::log_softmax(logits, 1) * smooth;
        for factor in column.into_iter().chain(weights) {
            losses = losses * factor;
        }
        // Of no known pixel, the sum is 0 as well.
        let total = total.clone().mask_fill(total.equal_elem(0.0), 1.0);
        Ok(losses.sum() / total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    /// Two pixels of three classes: the first pixel is of class 0, the second of class 2.
    fn pixels() -> (Tensor<4>, Tensor<4>) {
        let logits = Tensor::from_data([[[[1.0, 0.0]], [[0.0, 0.0]], [[0.0, 2.0]]]], &cpu());
        let target = Tensor::from_data([[[[1.0, 0.0]], [[0.0, 0.0]], [[0.0, 1.0]]]], &cpu());
        (logits, target)
    }

    fn value(loss: &CrossEntropy, (logits, target): (Tensor<4>, Tensor<4>)) -> f32 {
        loss.forward_logits(logits, target).into_scalar()
    }

    const E: f32 = std::f32::consts::E;

    #[test]
    fn known_answers() {
        let first = (E + 2.0).ln() - 1.0;
        let second = (E * E + 2.0).ln() - 2.0;
        let plain = CrossEntropy::new();
        assert!((value(&plain, pixels()) - (first + second) / 2.0).abs() < 1e-6);
        let weighted = CrossEntropy::new().with_class_weights(&[1.0, 5.0, 3.0]);
        assert!((value(&weighted, pixels()) - (first + 3.0 * second) / 4.0).abs() < 1e-6);
        let smooth = CrossEntropy::new().with_label_smoothing(0.3);
        let first = 0.8 * first + 0.2 * (E + 2.0).ln();
        let second = 0.8 * second + 0.2 * (E * E + 2.0).ln();
        assert!((value(&smooth, pixels()) - (first + second) / 2.0).abs() < 1e-6);
    }

    #[test]
    fn pixels_without_truth_are_ignored() {
        let (logits, target) = pixels();
        let first = (logits.clone(), target.clone().slice_fill([0..1, 2..3, 0..1, 1..2], 0.0));
        let loss = CrossEntropy::new().with_label_smoothing(0.3);
        let alone = (logits.clone().narrow(3, 0, 1), target.clone().narrow(3, 0, 1));
        assert!((value(&loss, first) - value(&loss, alone)).abs() < 1e-6);
        assert_eq!(value(&loss, (logits, target.zeros_like())), 0.0);
    }

    #[test]
    fn two_classes_are_one_question() {
        let x = Tensor::<4>::from_data([[[[0.7, -1.3, 2.0]]]], &cpu());
        let t = Tensor::<4>::from_data([[[[1.0, 1.0, 0.0]]]], &cpu());
        let pair = |foreground: Tensor<4>, background: Tensor<4>| Tensor::cat(vec![background, foreground], 1);
        let two = (pair(x.clone(), x.zeros_like()), pair(t.clone(), -t.clone() + 1.0));
        for loss in [CrossEntropy::new(), CrossEntropy::new().with_label_smoothing(0.2)] {
            assert!((value(&loss, (x.clone(), t.clone())) - value(&loss, two.clone())).abs() < 1e-6);
        }
    }

    #[test]
    fn a_weight_a_class() {
        let (logits, target) = pixels();
        let error = CrossEntropy::new()
            .with_class_weights(&[1.0])
            .try_forward_logits(logits, target);
        assert_eq!(
            error.unwrap_err().to_string(),
            "CrossEntropy::class_weights is 1 value(s), but must be one value a class, 3"
        );
    }
}

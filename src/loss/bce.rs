//! Binary cross-entropy: how surprised the network is by the truth, pixel by pixel.

use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

use super::LossFunction;
use super::function::{checked, or_panic, weighted_mean};
use crate::error::ShapeError;

/// Binary cross-entropy, the mean over all pixels of `-(w t ln p + (1 - t) ln(1 - p))` for the truth `t`, the predicted
/// probability `p` and the weight `w` of the foreground, 1 unless set (Goodfellow et al. 2016, section 6.2.2.2).
///
/// It is 0 for a perfect prediction, `ln 2 = 0.693` for `p = 0.5` everywhere, and grows without bound the surer the
/// network is of the wrong answer. Every pixel counts the same, so a rare foreground weighs little; give it more
/// [weight](Self::with_positive_weight) or see [`DiceLoss`](super::DiceLoss).
///
/// Each class is a question of its own, foreground or not, whatever their number; for classes of which each pixel has
/// exactly one, see [`CrossEntropy`](super::CrossEntropy).
///
/// Taught in unit 02 (training).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let truth = Tensor::<4>::ones([1, 1, 2, 2], &cpu());
/// let loss = BinaryCrossEntropy::new().forward(truth.clone() * 0.5, truth);
/// assert!((loss.into_scalar::<f32>() - 0.6931).abs() < 1e-4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BinaryCrossEntropy {
    positive_weight: f32,
}

/// Probabilities are kept this far from 0 and 1, as in Keras, so that the logarithm stays finite.
const EPSILON: f32 = 1e-7;

impl BinaryCrossEntropy {
    /// The loss, foreground and background weighing the same.
    pub fn new() -> Self {
        Self { positive_weight: 1.0 }
    }

    /// How much a pixel of the foreground weighs against one of the background, as PyTorch's `pos_weight`: 9 balances a
    /// foreground of a tenth. Negative ones count as 0.
    pub fn with_positive_weight(self, positive_weight: f32) -> Self {
        Self {
            positive_weight: positive_weight.max(0.0),
        }
    }

    /// From probabilities. They are clamped to `1e-7 ..= 1 - 1e-7` (Keras' rule), so a sure and wrong pixel costs
    /// about 16.1 and gives no gradient; train with [`forward_logits`](LossFunction::forward_logits), which has no such
    /// limit. Panics where [`try_forward`](Self::try_forward) gives an error.
    ///
    /// # Shapes
    /// - `probabilities`, `target`: `[batch, classes, ..]`
    /// - output: `[1]`
    pub fn forward<const D: usize>(&self, probabilities: Tensor<D>, target: Tensor<D>) -> Tensor<1> {
        or_panic(self.try_forward(probabilities, target))
    }

    /// [`forward`](Self::forward) that gives an error.
    ///
    /// # Errors
    /// [`ShapeError::Differ`] if the shapes differ.
    pub fn try_forward<const D: usize>(
        &self,
        probabilities: Tensor<D>,
        target: Tensor<D>,
    ) -> Result<Tensor<1>, ShapeError> {
        let (target, _) = checked(&probabilities, target, None)?;
        let p = probabilities.clamp(EPSILON, 1.0 - EPSILON);
        let foreground = target.clone() * p.clone().log() * self.positive_weight;
        let background = (-target + 1.0) * (-p + 1.0).log();
        Ok(-(foreground + background).mean())
    }
}

impl Default for BinaryCrossEntropy {
    fn default() -> Self {
        Self::new()
    }
}

/// Exact for any size of the logits `x`: with `p = sigmoid(x)`, `ln(1 - p) = ln p - x`, so the loss is the mean of
/// `(1 - t) x - (1 - t + w t) ln sigmoid(x)`.
impl LossFunction for BinaryCrossEntropy {
    fn try_forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        let (target, weights) = checked(&logits, target, weights)?;
        let log_p = activation::log_sigmoid(logits.clone());
        let log_p = match self.positive_weight {
            1.0 => log_p,
            weight => (target.clone() * (weight - 1.0) + 1.0) * log_p,
        };
        Ok(weighted_mean((-target + 1.0) * logits - log_p, weights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    fn tensor(values: [f32; 4]) -> Tensor<4> {
        Tensor::from_data([[[values]]], &cpu())
    }

    #[test]
    fn known_answer() {
        // -(ln 0.9 + ln 0.8 + ln 0.7 + ln 0.4) / 4
        let loss: f32 = BinaryCrossEntropy::new()
            .forward(tensor([0.9, 0.2, 0.7, 0.6]), tensor([1.0, 0.0, 1.0, 0.0]))
            .into_scalar();
        assert!((loss - 0.400_367_4).abs() < 1e-6, "{loss}");
    }

    #[test]
    fn logits_and_probabilities_agree() {
        let logits = tensor([-3.0, -0.5, 0.5, 4.0]);
        let target = tensor([1.0, 0.0, 1.0, 0.0]);
        let bce = BinaryCrossEntropy::new();
        let a: f32 = bce.forward_logits(logits.clone(), target.clone()).into_scalar();
        let b: f32 = bce.forward(activation::sigmoid(logits), target).into_scalar();
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }

    #[test]
    fn large_logits_stay_finite() {
        // Sure and wrong costs |x|; sure and right costs nothing.
        let target = tensor([1.0, 0.0, 1.0, 0.0]);
        let bce = BinaryCrossEntropy::new();
        let wrong: f32 = bce
            .forward_logits(tensor([-200.0, 200.0, -200.0, 200.0]), target.clone())
            .into_scalar();
        assert_eq!(wrong, 200.0);
        let right: f32 = bce
            .forward_logits(tensor([200.0, -200.0, 200.0, -200.0]), target.clone())
            .into_scalar();
        assert_eq!(right, 0.0);
        let clamped: f32 = bce.forward(tensor([0.0, 1.0, 0.0, 1.0]), target).into_scalar();
        assert!((clamped - 16.1).abs() < 0.2, "{clamped}");
    }

    #[test]
    fn the_gradient_is_probability_minus_truth() {
        let device = cpu().autodiff();
        let x = Tensor::<4>::from_data([[[[0.0, 0.0, 3.0, -90.0]]]], &device).require_grad();
        let target = Tensor::<4>::from_data([[[[1.0, 0.0, 1.0, 1.0]]]], &device);
        let loss = BinaryCrossEntropy::new().forward_logits(x.clone(), target);
        let gradient: Vec<f32> = x.grad(&loss.backward()).unwrap().into_data().try_to_vec().unwrap();
        let expected = [-0.125, 0.125, (0.952_574_1 - 1.0) / 4.0, -0.25];
        for (found, expected) in gradient.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{gradient:?}");
        }
    }

    #[test]
    fn the_foreground_can_weigh_more() {
        let (p, t) = (tensor([0.9, 0.2, 0.7, 0.6]), tensor([1.0, 0.0, 1.0, 0.0]));
        let expected = -(3.0 * (0.9f32.ln() + 0.7f32.ln()) + 0.8f32.ln() + 0.4f32.ln()) / 4.0;
        let bce = BinaryCrossEntropy::new().with_positive_weight(3.0);
        let loss: f32 = bce.forward(p.clone(), t.clone()).into_scalar();
        assert!((loss - expected).abs() < 1e-6, "{loss}");
        let logits = (p.clone() / (-p + 1.0)).log();
        let loss: f32 = bce.forward_logits(logits, t).into_scalar();
        assert!((loss - expected).abs() < 1e-6, "{loss}");
    }
}

//! Soft Dice loss: how little prediction and truth overlap.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::function::{checked, or_panic};
use super::sums::Grouping;
use super::{LossFunction, probabilities};
use crate::error::ShapeError;

/// Soft Dice loss, `1 - (2 sum(p t) + s) / (sum p + sum t + s)` for the truth `t`, the predicted probability `p` and
/// a smoothing term `s` (Milletari et al. 2016, section 3, with plain sums in the denominator).
///
/// It is computed for each image and class and then averaged. Unlike cross-entropy it does not count the true
/// background, so a rare foreground is not drowned.
///
/// Edge cases: truth and prediction both empty give 0 (nothing was missed), whatever `s`; an empty truth with a
/// prediction of `n` pixels gives `n / (n + s)`, which is why `s` is not 0: without it, one false pixel in an empty
/// image would cost as much as a thousand. A class that is absent from an image counts by the same rule.
///
/// Taught in unit 02 (training).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let truth = Tensor::<4>::from_data([[[[1.0, 1.0, 0.0, 0.0]]]], &cpu());
/// let half = Tensor::<4>::from_data([[[[1.0, 0.0, 0.0, 0.0]]]], &cpu());
/// let loss = DiceLoss::new().with_smooth(0.0).forward(half, truth);
/// assert!((loss.into_scalar::<f32>() - 1.0 / 3.0).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiceLoss {
    smooth: f32,
    squared: bool,
    grouping: Grouping,
}

/// Keeps 0/0 at 1 when the smoothing term is 0.
pub(super) const EPSILON: f32 = 1e-7;

impl DiceLoss {
    /// The loss with a smoothing term of 1, in pixels, for each image, with the background if that is a class.
    pub fn new() -> Self {
        Self {
            smooth: 1.0,
            squared: false,
            grouping: Grouping::ALL,
        }
    }

    /// Another smoothing term; negative ones count as 0.
    pub fn with_smooth(mut self, smooth: f32) -> Self {
        self.smooth = smooth.max(0.0);
        self
    }

    /// Whether the denominator sums squares, `sum p^2 + sum t^2`, as in V-Net (Milletari et al. 2016, section 3).
    pub fn with_squared(mut self, squared: bool) -> Self {
        self.squared = squared;
        self
    }

    /// Whether class 0 counts where there are several; a single class always does. nnU-Net leaves it out.
    pub fn with_background(mut self, background: bool) -> Self {
        self.grouping.background = background;
        self
    }

    /// Whether the pixels of all images are pooled before the ratio is taken, so that images without a class do no harm;
    /// otherwise each image has its own ratio. nnU-Net pools in 2-D.
    pub fn with_batch(mut self, over_batch: bool) -> Self {
        self.grouping.over_batch = over_batch;
        self
    }

    /// From probabilities. Panics where [`try_forward`](Self::try_forward) gives an error.
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
        Ok(self.of(probabilities, target, None))
    }

    pub(super) fn of<const D: usize>(
        &self,
        probabilities: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Tensor<1> {
        let pixels = self.grouping.pixels(probabilities, target, weights);
        let smooth = self.smooth + EPSILON;
        let sizes = match self.squared {
            true => pixels.sum(pixels.p.clone().square()) + pixels.sum(pixels.t.clone().square()),
            false => pixels.sizes(),
        };
        let dice = (pixels.overlap() * 2.0 + smooth) / (sizes + smooth);
        -dice.mean() + 1.0
    }
}

impl Default for DiceLoss {
    fn default() -> Self {
        Self::new()
    }
}

impl LossFunction for DiceLoss {
    fn try_forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        let (target, weights) = checked(&logits, target, weights)?;
        Ok(self.of(probabilities(logits), target, weights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    fn loss(smooth: f32, probabilities: [f32; 4], target: [f32; 4]) -> f32 {
        let tensor = |values| Tensor::<4>::from_data([[[values]]], &cpu());
        DiceLoss::new()
            .with_smooth(smooth)
            .forward(tensor(probabilities), tensor(target))
            .into_scalar()
    }

    #[test]
    fn known_answers() {
        // overlap 0.9 + 0.7 = 1.6, sizes 2.4 and 2: 1 - (3.2 + s) / (4.4 + s)
        let (p, t) = ([0.9, 0.2, 0.7, 0.6], [1.0, 0.0, 1.0, 0.0]);
        assert!((loss(0.0, p, t) - 1.2 / 4.4).abs() < 1e-6);
        assert!((loss(1.0, p, t) - 1.2 / 5.4).abs() < 1e-6);
    }

    #[test]
    fn perfect_is_zero_and_disjoint_is_one() {
        let (a, b) = ([1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]);
        assert!(loss(1.0, a, a).abs() < 1e-6);
        assert!((loss(0.0, a, b) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn both_empty_is_zero() {
        assert!(loss(1.0, [0.0; 4], [0.0; 4]).abs() < 1e-6);
        assert!(loss(0.0, [0.0; 4], [0.0; 4]).abs() < 1e-6);
    }

    #[test]
    fn empty_truth_costs_by_the_predicted_size() {
        assert!((loss(1.0, [1.0, 0.0, 0.0, 0.0], [0.0; 4]) - 0.5).abs() < 1e-6);
        assert!((loss(1.0, [1.0, 1.0, 1.0, 0.0], [0.0; 4]) - 0.75).abs() < 1e-6);
    }

    #[test]
    fn images_are_averaged() {
        // One perfect image and one empty-handed one: the mean of 0 and 1 - 1/3.
        let p = Tensor::<4>::from_data([[[[1.0, 1.0]]], [[[0.0, 0.0]]]], &cpu());
        let t = Tensor::<4>::from_data([[[[1.0, 1.0]]], [[[1.0, 1.0]]]], &cpu());
        let found: f32 = DiceLoss::new().forward(p, t).into_scalar();
        assert!((found - (1.0 - 1.0 / 3.0) / 2.0).abs() < 1e-6, "{found}");
    }

    #[test]
    fn squares_shrink_the_denominator() {
        // overlap 1.6; squares 0.81 + 0.04 + 0.49 + 0.36 = 1.7 and 2
        let tensor = |values: [f32; 4]| Tensor::<4>::from_data([[[values]]], &cpu());
        let dice = DiceLoss::new().with_squared(true).with_smooth(0.0);
        let found: f32 = dice
            .forward(tensor([0.9, 0.2, 0.7, 0.6]), tensor([1.0, 0.0, 1.0, 0.0]))
            .into_scalar();
        assert!((found - (1.0 - 3.2 / 3.7)).abs() < 1e-6, "{found}");
    }

    #[test]
    fn classes_and_images_can_be_left_out_and_pooled() {
        // Two images of two classes; the background is perfect, the foreground right in one image and missed in one.
        let p = Tensor::<4>::from_data([[[[1.0, 0.0]], [[0.0, 1.0]]], [[[1.0, 0.0]], [[0.0, 0.0]]]], &cpu());
        let t = Tensor::<4>::from_data([[[[1.0, 0.0]], [[0.0, 1.0]]], [[[1.0, 0.0]], [[0.0, 1.0]]]], &cpu());
        let dice = DiceLoss::new().with_smooth(0.0);
        let value = |dice: DiceLoss| dice.forward(p.clone(), t.clone()).into_scalar::<f32>();
        assert!((value(dice) - 0.25).abs() < 1e-6);
        assert!((value(dice.with_background(false)) - 0.5).abs() < 1e-6);
        assert!((value(dice.with_background(false).with_batch(true)) - 1.0 / 3.0).abs() < 1e-6);
    }
}

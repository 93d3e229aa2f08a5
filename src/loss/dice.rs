//! Soft Dice loss: how little prediction and truth overlap.

use burn::tensor::Tensor;

/// Soft Dice loss, `1 - (2 sum(p t) + s) / (sum p + sum t + s)` for the truth `t`, the predicted probability `p` and
/// a smoothing term `s` (Milletari et al. 2016, section 3, with plain sums in the denominator).
///
/// It is computed for each image and class and then averaged. Unlike cross-entropy it does not count the true
/// background, so a rare foreground is not drowned.
///
/// Edge cases: truth and prediction both empty give 0 (nothing was missed), whatever `s`; an empty truth with a
/// prediction of `n` pixels gives `n / (n + s)`, which is why `s` is not 0: without it, one false pixel in an empty
/// image would cost as much as a thousand.
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiceLoss {
    smooth: f32,
}

/// Keeps 0/0 at 1 when the smoothing term is 0.
const EPSILON: f32 = 1e-7;

impl DiceLoss {
    /// The loss with a smoothing term of 1, in pixels.
    pub fn new() -> Self {
        Self { smooth: 1.0 }
    }

    /// Another smoothing term; negative ones count as 0.
    pub fn with_smooth(self, smooth: f32) -> Self {
        Self {
            smooth: smooth.max(0.0),
        }
    }

    /// # Shapes
    /// - `probabilities`, `target`: `[batch, classes, height, width]`
    /// - output: `[1]`
    pub fn forward(&self, probabilities: Tensor<4>, target: Tensor<4>) -> Tensor<1> {
        let sums = |x: Tensor<4>| -> Tensor<2> { x.flatten::<3>(2, 3).sum_dim(2).squeeze_dim(2) };
        let smooth = self.smooth + EPSILON;
        let overlap = sums(probabilities.clone() * target.clone());
        let size = sums(probabilities) + sums(target);
        let dice = (overlap * 2.0 + smooth) / (size + smooth);
        -dice.mean() + 1.0
    }
}

impl Default for DiceLoss {
    fn default() -> Self {
        Self::new()
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
}

//! Tversky losses: overlap in which a missed pixel can cost more than a false one.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::dice::EPSILON;
use super::function::checked;
use super::sums::Grouping;
use super::{LossFunction, probabilities};
use crate::error::ShapeError;

/// Tversky loss, `1 - (tp + s) / (tp + alpha fp + beta fn + s)` with the soft counts `tp = sum(p t)`,
/// `fp = sum(p (1 - t))` and `fn = sum((1 - p) t)` (Salehi et al. 2017), for each image and class, then
/// averaged. With `alpha = beta = 0.5` it is the Dice loss, with 1 and 1 the Jaccard loss. A `beta` above `alpha` makes
/// missing worse than false alarm.
///
/// Edge cases: truth and prediction both empty give 0; an empty truth with `n` predicted pixels gives
/// `alpha n / (alpha n + s)`.
///
/// ```
/// use unet_lab::prelude::*;
///
/// // One of two true pixels is missed, nothing is false: fn = 1.
/// let truth = Tensor::<4>::from_data([[[[1.0, 1.0, 0.0]]]], &cpu());
/// let logits = Tensor::<4>::from_data([[[[40.0, -40.0, -40.0]]]], &cpu());
/// let loss = TverskyLoss::new().with_smooth(0.0).forward_logits(logits, truth);
/// assert!((loss.into_scalar::<f32>() - 0.7 / 1.7).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TverskyLoss {
    alpha: f32,
    beta: f32,
    smooth: f32,
    grouping: Grouping,
}

impl TverskyLoss {
    /// The loss with the paper's `alpha = 0.3`, `beta = 0.7` and a smoothing term of 1, for each image, with the
    /// background if that is a class.
    pub fn new() -> Self {
        Self {
            alpha: 0.3,
            beta: 0.7,
            smooth: 1.0,
            grouping: Grouping::ALL,
        }
    }

    /// What a false pixel costs; negative ones count as 0.
    pub fn with_alpha(mut self, alpha: f32) -> Self {
        self.alpha = alpha.max(0.0);
        self
    }

    /// What a missed pixel costs; negative ones count as 0.
    pub fn with_beta(mut self, beta: f32) -> Self {
        self.beta = beta.max(0.0);
        self
    }

    /// Another smoothing term, in pixels; negative ones count as 0.
    pub fn with_smooth(mut self, smooth: f32) -> Self {
        self.smooth = smooth.max(0.0);
        self
    }

    /// Whether class 0 counts where there are several; a single class always does.
    pub fn with_background(mut self, background: bool) -> Self {
        self.grouping.background = background;
        self
    }

    /// Whether the pixels of all images are pooled before the ratio is taken.
    pub fn with_batch(mut self, over_batch: bool) -> Self {
        self.grouping.over_batch = over_batch;
        self
    }

    /// The loss of each image and class, `0..1`: what is wrong over all that counts, so that rounding cannot make it
    /// negative.
    fn each<const D: usize>(&self, logits: Tensor<D>, target: Tensor<D>, weights: Option<Tensor<D>>) -> Tensor<2> {
        let pixels = self.grouping.pixels(probabilities(logits), target, weights);
        let wrong = pixels.false_positives() * self.alpha + pixels.false_negatives() * self.beta;
        wrong.clone() / (pixels.overlap() + wrong + self.smooth + EPSILON)
    }
}

impl Default for TverskyLoss {
    fn default() -> Self {
        Self::new()
    }
}

impl LossFunction for TverskyLoss {
    fn try_forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        let (target, weights) = checked(&logits, target, weights)?;
        Ok(self.each(logits, target, weights).mean())
    }
}

/// Focal Tversky loss, the mean over images and classes of `loss^(1 / gamma)` for each [`TverskyLoss`] (Abraham and Khan
/// 2019, section 2). A `gamma` above 1 makes the small losses of nearly right images and classes steeper.
///
/// 1e-7 is added before the root, whose derivative at 0 is infinite, so a perfect prediction costs 6e-6 at the default.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let truth = Tensor::<4>::from_data([[[[1.0, 1.0, 0.0]]]], &cpu());
/// let logits = Tensor::<4>::from_data([[[[40.0, -40.0, -40.0]]]], &cpu());
/// let tversky = TverskyLoss::new().with_smooth(0.0);
/// let loss = FocalTverskyLoss::new().with_tversky(tversky).forward_logits(logits, truth);
/// assert!((loss.into_scalar::<f32>() - (0.7f32 / 1.7).powf(0.75)).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FocalTverskyLoss {
    tversky: TverskyLoss,
    gamma: f32,
}

impl FocalTverskyLoss {
    /// The loss with the paper's `gamma = 4/3` on the [`TverskyLoss`] with its weights, 0.3 and 0.7.
    pub fn new() -> Self {
        Self {
            tversky: TverskyLoss::new(),
            gamma: 4.0 / 3.0,
        }
    }

    /// Another Tversky loss.
    pub fn with_tversky(mut self, tversky: TverskyLoss) -> Self {
        self.tversky = tversky;
        self
    }

    /// Another exponent, `1..=3` in the paper; those below 0.01 count as that.
    pub fn with_gamma(mut self, gamma: f32) -> Self {
        self.gamma = gamma.max(0.01);
        self
    }
}

impl Default for FocalTverskyLoss {
    fn default() -> Self {
        Self::new()
    }
}

impl LossFunction for FocalTverskyLoss {
    fn try_forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        let (target, weights) = checked(&logits, target, weights)?;
        let losses = self.tversky.each(logits, target, weights) + EPSILON;
        Ok(losses.powf_scalar(1.0 / self.gamma).mean())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;
    use crate::loss::{DiceLoss, JaccardLoss};

    #[test]
    fn dice_and_jaccard_are_special_cases() {
        let x = Tensor::<4>::from_data([[[[0.7, -1.3, 2.0]], [[0.0, 3.0, 1.0]]]], &cpu());
        let t = Tensor::<4>::from_data([[[[1.0, 1.0, 0.0]], [[0.0, 0.0, 1.0]]]], &cpu());
        let tversky = |weight: f32| -> f32 {
            let loss = TverskyLoss::new().with_alpha(weight).with_beta(weight).with_smooth(0.5);
            loss.forward_logits(x.clone(), t.clone()).into_scalar()
        };
        let dice: f32 = DiceLoss::new().forward_logits(x.clone(), t.clone()).into_scalar();
        assert!((tversky(0.5) - dice).abs() < 1e-6);
        let jaccard = JaccardLoss::new().with_smooth(0.5);
        let jaccard: f32 = jaccard.forward_logits(x.clone(), t.clone()).into_scalar();
        assert!((tversky(1.0) - jaccard).abs() < 1e-6);
    }

    #[test]
    fn missing_and_false_alarm_cost_what_is_set() {
        let logits = Tensor::<4>::from_data([[[[50.0, 50.0, -50.0]]]], &cpu());
        let target = Tensor::<4>::from_data([[[[1.0, 0.0, 1.0]]]], &cpu());
        let value = |alpha: f32, beta: f32| -> f32 {
            let loss = TverskyLoss::new().with_alpha(alpha).with_beta(beta).with_smooth(0.0);
            loss.forward_logits(logits.clone(), target.clone()).into_scalar()
        };
        assert!((value(1.0, 0.0) - 0.5).abs() < 1e-6);
        assert!((value(0.0, 3.0) - 0.75).abs() < 1e-6);
    }
}

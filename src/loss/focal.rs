//! Focal loss: cross-entropy that turns away from what is already right.

use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

use super::LossFunction;
use super::dice::EPSILON;
use super::function::{checked, weighted_mean};
use crate::error::ShapeError;

/// Focal loss, the mean over all pixels of `-a (1 - p)^gamma ln p` for the probability `p` of the true class (Lin et al.
/// 2017, equation 5). With `gamma` 2 a pixel that is right with `p = 0.9` costs a hundredth of its cross-entropy, so the
/// many easy pixels do not outweigh the few hard ones. With `gamma` 0 and no `alpha` it is the cross-entropy.
///
/// `alpha` is the weight of the foreground (of all classes but 0) and `1 - alpha` that of the background.
///
/// MONAI's softmax version averages over the classes too, so it is smaller by their number.
///
/// ```
/// use unet_lab::prelude::*;
///
/// // p = 0.9 for the truth: 0.1^2 * -ln 0.9
/// let logits = Tensor::<4>::from_data([[[[9f32.ln()]]]], &cpu());
/// let loss = FocalLoss::new().forward_logits(logits.clone(), logits.ones_like());
/// assert!((loss.into_scalar::<f32>() - 0.01 * 0.10536).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FocalLoss {
    gamma: f32,
    alpha: Option<f32>,
}

impl FocalLoss {
    /// The loss with `gamma` 2, the best of the paper, and no `alpha`.
    pub fn new() -> Self {
        Self {
            gamma: 2.0,
            alpha: None,
        }
    }

    /// How strongly easy pixels are turned away from; negative ones count as 0.
    pub fn with_gamma(mut self, gamma: f32) -> Self {
        self.gamma = gamma.max(0.0);
        self
    }

    /// The weight of the foreground, `0..=1`, the background having the rest; clamped to that. The paper uses 0.25.
    pub fn with_alpha(mut self, alpha: f32) -> Self {
        self.alpha = Some(alpha.clamp(0.0, 1.0));
        self
    }

    /// With `ln p` and `ln(1 - p)` from the logits, nothing becomes infinite.
    fn binary<const D: usize>(&self, logits: Tensor<D>, target: Tensor<D>) -> Tensor<D> {
        let log_p = activation::log_sigmoid(logits.clone());
        let log_q = activation::log_sigmoid(-logits);
        let foreground = target.clone() * (log_q.clone() * self.gamma).exp() * -log_p.clone();
        let background = (-target + 1.0) * (log_p * self.gamma).exp() * -log_q;
        match self.alpha {
            Some(alpha) => foreground * alpha + background * (1.0 - alpha),
            None => foreground + background,
        }
    }

    fn several<const D: usize>(&self, logits: Tensor<D>, target: Tensor<D>) -> Tensor<D> {
        let classes = logits.dims()[1];
        let log_p = activation::log_softmax(logits, 1);
        // Kept from 0, where a power below 1 has no derivative.
        let q = (-log_p.clone().exp() + 1.0).clamp_min(EPSILON);
        let losses = q.powf_scalar(self.gamma) * -log_p * target;
        match self.alpha {
            Some(alpha) => {
                let background = losses.clone().narrow(1, 0, 1) * (1.0 - alpha);
                let foreground = losses.narrow(1, 1, classes - 1) * alpha;
                Tensor::cat(vec![background, foreground], 1)
            }
            None => losses,
        }
    }
}

impl Default for FocalLoss {
    fn default() -> Self {
        Self::new()
    }
}

impl LossFunction for FocalLoss {
    fn try_forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        let (target, weights) = checked(&logits, target, weights)?;
        let classes = logits.dims()[1];
        let losses = match classes {
            1 => self.binary(logits, target),
            _ => self.several(logits, target),
        };
        Ok(weighted_mean(losses, weights) * classes as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;
    use crate::loss::CrossEntropy;

    fn value(loss: impl LossFunction, logits: &Tensor<4>, target: &Tensor<4>) -> f32 {
        loss.forward_logits(logits.clone(), target.clone()).into_scalar()
    }

    #[test]
    fn two_classes_are_one_question() {
        let x = Tensor::<4>::from_data([[[[0.7, -1.3, 2.0]]]], &cpu());
        let t = Tensor::<4>::from_data([[[[1.0, 1.0, 0.0]]]], &cpu());
        let xs = Tensor::cat(vec![x.zeros_like(), x.clone()], 1);
        let ts = Tensor::cat(vec![-t.clone() + 1.0, t.clone()], 1);
        for loss in [
            FocalLoss::new(),
            FocalLoss::new().with_alpha(0.25),
            FocalLoss::new().with_gamma(0.5).with_alpha(0.9),
        ] {
            assert!((value(loss, &x, &t) - value(loss, &xs, &ts)).abs() < 1e-6);
        }
    }

    #[test]
    fn without_gamma_it_is_cross_entropy() {
        let x = Tensor::<4>::from_data([[[[0.7, -1.3]], [[0.0, 3.0]], [[2.0, 0.1]]]], &cpu());
        let t = Tensor::<4>::from_data([[[[1.0, 0.0]], [[0.0, 0.0]], [[0.0, 1.0]]]], &cpu());
        let focal = value(FocalLoss::new().with_gamma(0.0), &x, &t);
        assert!((focal - value(CrossEntropy::new(), &x, &t)).abs() < 1e-6);
    }
}

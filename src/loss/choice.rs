//! [`Loss`]: the loss that a training run uses, as a setting.

use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

use super::function::{checked, or_panic};
use super::{
    BinaryCrossEntropy, BoundaryLoss, CharbonnierLoss, CrossEntropy, DiceCrossEntropy, DiceLoss, FocalLoss,
    FocalTverskyLoss, GeneralizedDiceLoss, JaccardLoss, L1Loss, L2Loss, LossFunction, SsimLoss, TverskyLoss,
};
use crate::error::{SettingError, ShapeError};

/// Which loss a [`Trainer`](crate::train::Trainer) uses, with its parameters.
///
/// Each choice is one of the losses of this module as it is by default; for other settings of a loss, use it itself. The
/// head follows from the number of classes (sigmoid for one, softmax for several, see [`LossFunction`]) but for
/// [`Bce`](Self::Bce) and [`BceDice`](Self::BceDice), which ask of each class by itself whether a pixel is of it.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let loss: Loss = "focal-tversky".parse()?;
/// assert_eq!(loss, Loss::FocalTversky { alpha: 0.3, beta: 0.7, gamma: 4.0 / 3.0 });
/// assert_eq!(loss.to_string(), "focal Tversky loss");
/// let config = TrainConfig::new().with_loss(Loss::Focal { gamma: 1.0, alpha: Some(0.75) });
/// # Ok::<(), LabError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Loss {
    /// [`BinaryCrossEntropy`], as the course's Keras listing.
    #[default]
    Bce,
    /// [`DiceLoss`]: for a foreground much rarer than the background.
    Dice,
    /// The sum of both, as nnU-Net (Isensee et al. 2021): smooth gradients and the measure that counts.
    BceDice,
    /// [`CrossEntropy`]: for classes of which each pixel has one.
    CrossEntropy {
        /// Share of the truth given to all classes alike, `0..=1`.
        label_smoothing: f32,
    },
    /// [`DiceCrossEntropy`], of several classes without the background's Dice, as nnU-Net.
    CrossEntropyDice {
        /// How much the cross-entropy counts, at least 0.
        cross_entropy: f32,
        /// How much the Dice loss counts, at least 0.
        dice: f32,
    },
    /// [`GeneralizedDiceLoss`]: for classes of very different sizes.
    GeneralizedDice,
    /// [`FocalLoss`]: for few hard pixels among many easy ones.
    Focal {
        /// How strongly easy pixels are turned away from, at least 0.
        gamma: f32,
        /// The weight of the foreground against the background's `1 - alpha`, `0..=1`.
        alpha: Option<f32>,
    },
    /// [`TverskyLoss`]: where missing is worse than false alarm.
    Tversky {
        /// What a false pixel costs, at least 0.
        alpha: f32,
        /// What a missed pixel costs, at least 0.
        beta: f32,
    },
    /// [`FocalTverskyLoss`]: the same, for small structures.
    FocalTversky {
        /// What a false pixel costs, at least 0.
        alpha: f32,
        /// What a missed pixel costs, at least 0.
        beta: f32,
        /// The exponent is `1 / gamma`; above 0.
        gamma: f32,
    },
    /// [`JaccardLoss`]: one minus the soft intersection over union.
    Jaccard,
    /// `(1 - alpha)` [`GeneralizedDiceLoss`] `+ alpha` [`BoundaryLoss`]; see [`Rebalance`](super::Rebalance) for an
    /// `alpha` that grows.
    Boundary {
        /// How much the boundary counts, `0..=1`.
        alpha: f32,
    },
    /// [`L1Loss`]: for images.
    L1,
    /// [`L2Loss`]: for images.
    L2,
    /// [`CharbonnierLoss`]: for images.
    Charbonnier {
        /// The difference below which it is round, above 0.
        epsilon: f32,
    },
    /// [`SsimLoss`]: for images with values in `0..=1`, of at least 11 pixels a side.
    Ssim,
}

impl Loss {
    /// The mean loss of a batch, from the network's output before the last activation. Panics where
    /// [`try_forward_weighted`](LossFunction::try_forward_weighted) gives an error.
    ///
    /// # Shapes
    /// - `logits`, `target`: `[batch, classes, ..]`, targets 0 or 1 (or an image)
    /// - output: `[1]`
    pub fn forward_logits<const D: usize>(&self, logits: Tensor<D>, target: Tensor<D>) -> Tensor<1> {
        self.forward_weighted(logits, target, None)
    }

    /// [`forward_logits`](Self::forward_logits) with pixel weights, such as [`BorderWeights`](super::BorderWeights).
    ///
    /// # Shapes
    /// - `weights`: `[batch, 1, ..]` or `[batch, classes, ..]`
    pub fn forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Tensor<1> {
        or_panic(self.try_forward_weighted(logits, target, weights))
    }

    /// Checks that every parameter lies in its range.
    ///
    /// # Errors
    /// [`SettingError`] naming the parameter, its value and its range.
    pub fn validate(&self) -> Result<(), SettingError> {
        let not_negative = |name: &str, value: f32| match value >= 0.0 && value.is_finite() {
            true => Ok(()),
            false => Err(SettingError::new(name, value, "at least 0")),
        };
        let positive = |name: &str, value: f32| match value > 0.0 && value.is_finite() {
            true => Ok(()),
            false => Err(SettingError::new(name, value, "above 0")),
        };
        let share = |name: &str, value: f32| match (0.0..=1.0).contains(&value) {
            true => Ok(()),
            false => Err(SettingError::new(name, value, "from 0 to 1")),
        };
        match *self {
            Loss::CrossEntropy { label_smoothing } => share("Loss::CrossEntropy::label_smoothing", label_smoothing),
            Loss::CrossEntropyDice { cross_entropy, dice } => {
                not_negative("Loss::CrossEntropyDice::cross_entropy", cross_entropy)?;
                not_negative("Loss::CrossEntropyDice::dice", dice)
            }
            Loss::Focal { gamma, alpha } => {
                not_negative("Loss::Focal::gamma", gamma)?;
                share("Loss::Focal::alpha", alpha.unwrap_or(0.0))
            }
            Loss::Tversky { alpha, beta } => {
                not_negative("Loss::Tversky::alpha", alpha)?;
                not_negative("Loss::Tversky::beta", beta)
            }
            Loss::FocalTversky { alpha, beta, gamma } => {
                not_negative("Loss::FocalTversky::alpha", alpha)?;
                not_negative("Loss::FocalTversky::beta", beta)?;
                positive("Loss::FocalTversky::gamma", gamma)
            }
            Loss::Boundary { alpha } => share("Loss::Boundary::alpha", alpha),
            Loss::Charbonnier { epsilon } => positive("Loss::Charbonnier::epsilon", epsilon),
            _ => Ok(()),
        }
    }
}

impl LossFunction for Loss {
    fn try_forward_weighted<const D: usize>(
        &self,
        x: Tensor<D>,
        t: Tensor<D>,
        w: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        self.validate()?;
        let (t, w) = checked(&x, t, w)?;
        let tversky = |alpha, beta| TverskyLoss::new().with_alpha(alpha).with_beta(beta);
        match *self {
            Loss::Bce => BinaryCrossEntropy::new().try_forward_weighted(x, t, w),
            Loss::Dice => DiceLoss::new().try_forward_weighted(x, t, w),
            Loss::BceDice => {
                let dice = DiceLoss::new().of(activation::sigmoid(x.clone()), t.clone(), w.clone());
                Ok(BinaryCrossEntropy::new().try_forward_weighted(x, t, w)? + dice)
            }
            Loss::CrossEntropy { label_smoothing } => CrossEntropy::new()
                .with_label_smoothing(label_smoothing)
                .try_forward_weighted(x, t, w),
            Loss::CrossEntropyDice { cross_entropy, dice } => DiceCrossEntropy::new()
                .with_dice(DiceLoss::new().with_background(false))
                .with_weights(cross_entropy, dice)
                .try_forward_weighted(x, t, w),
            Loss::GeneralizedDice => GeneralizedDiceLoss::new().try_forward_weighted(x, t, w),
            Loss::Focal { gamma, alpha } => {
                let focal = FocalLoss::new().with_gamma(gamma);
                let focal = alpha.map_or(focal, |alpha| focal.with_alpha(alpha));
                focal.try_forward_weighted(x, t, w)
            }
            Loss::Tversky { alpha, beta } => tversky(alpha, beta).try_forward_weighted(x, t, w),
            Loss::FocalTversky { alpha, beta, gamma } => FocalTverskyLoss::new()
                .with_tversky(tversky(alpha, beta))
                .with_gamma(gamma)
                .try_forward_weighted(x, t, w),
            Loss::Jaccard => JaccardLoss::new().try_forward_weighted(x, t, w),
            Loss::Boundary { alpha } => {
                let overlap = GeneralizedDiceLoss::new().try_forward_weighted(x.clone(), t.clone(), w.clone())?;
                let boundary = BoundaryLoss::new().try_forward_weighted(x, t, w)?;
                Ok(overlap * (1.0 - alpha) + boundary * alpha)
            }
            Loss::L1 => L1Loss::new().try_forward_weighted(x, t, w),
            Loss::L2 => L2Loss::new().try_forward_weighted(x, t, w),
            Loss::Charbonnier { epsilon } => CharbonnierLoss::new()
                .with_epsilon(epsilon)
                .try_forward_weighted(x, t, w),
            Loss::Ssim => SsimLoss::new().try_forward_weighted(x, t, w),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    #[test]
    fn the_sum_is_the_sum() {
        let logits = Tensor::<4>::from_data([[[[0.3, -1.2, 2.0, 0.0]]]], &cpu());
        let target = Tensor::<4>::from_data([[[[1.0, 0.0, 1.0, 0.0]]]], &cpu());
        let value = |loss: Loss| -> f32 { loss.forward_logits(logits.clone(), target.clone()).into_scalar() };
        let sum = value(Loss::Bce) + value(Loss::Dice);
        assert!((value(Loss::BceDice) - sum).abs() < 1e-6);
        let both = Loss::CrossEntropyDice {
            cross_entropy: 1.0,
            dice: 1.0,
        };
        assert!((value(both) - sum).abs() < 1e-6);
        let mixed = value(Loss::Boundary { alpha: 0.25 });
        let ends = 0.75 * value(Loss::Boundary { alpha: 0.0 }) + 0.25 * value(Loss::Boundary { alpha: 1.0 });
        assert!((mixed - ends).abs() < 1e-6);
        assert!((value(Loss::Boundary { alpha: 0.0 }) - value(Loss::GeneralizedDice)).abs() < 1e-6);
    }

    #[test]
    fn parameters_out_of_range_are_named() {
        let error = Loss::Focal {
            gamma: -1.0,
            alpha: None,
        };
        let x = Tensor::<4>::zeros([1, 1, 2, 2], &cpu());
        let error = error.try_forward_logits(x.clone(), x).unwrap_err();
        assert_eq!(error.to_string(), "Loss::Focal::gamma is -1, but must be at least 0");
        for loss in [
            Loss::CrossEntropy { label_smoothing: 1.5 },
            Loss::CrossEntropyDice {
                cross_entropy: f32::NAN,
                dice: 1.0,
            },
            Loss::Tversky { alpha: 0.5, beta: -0.5 },
            Loss::FocalTversky {
                alpha: 0.5,
                beta: 0.5,
                gamma: 0.0,
            },
            Loss::Boundary { alpha: 2.0 },
            Loss::Charbonnier { epsilon: 0.0 },
        ] {
            assert!(loss.validate().is_err(), "{loss:?}");
        }
    }

    #[test]
    fn settings_are_written_and_read() {
        for loss in Loss::ALL {
            let text = serde_json::to_string(&loss).unwrap();
            assert_eq!(serde_json::from_str::<Loss>(&text).unwrap(), loss);
            assert!(loss.validate().is_ok());
        }
        // As written by earlier versions.
        assert_eq!(serde_json::from_str::<Loss>("\"BceDice\"").unwrap(), Loss::BceDice);
    }
}

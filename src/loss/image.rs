//! Losses for networks whose output is an image: denoising, restoration, virtual staining.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::LossFunction;
use super::function::{checked, weighted_mean};
use crate::error::ShapeError;

/// Mean absolute difference. It aims at the median of what is possible, so a few outliers do little harm and edges stay
/// sharper than with [`L2Loss`] (Lehtinen et al. 2018, section 2).
///
/// The network's output is compared as it is: no sigmoid or softmax, any number of channels.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let truth = Tensor::<4>::from_data([[[[0.0, 1.0]]]], &cpu());
/// let found = Tensor::<4>::from_data([[[[0.5, 2.0]]]], &cpu());
/// assert_eq!(L1Loss::new().forward_logits(found, truth).into_scalar::<f32>(), 0.75);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct L1Loss;

impl L1Loss {
    /// The loss.
    pub fn new() -> Self {
        Self
    }
}

impl LossFunction for L1Loss {
    fn try_forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        let (target, weights) = checked(&logits, target, weights)?;
        Ok(weighted_mean((logits - target).abs(), weights))
    }
}

/// Mean squared difference. It aims at the mean of what is possible: the best for Gaussian noise, blurred where several
/// answers are possible. The output is compared as it is.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let truth = Tensor::<4>::from_data([[[[0.0, 1.0]]]], &cpu());
/// let found = Tensor::<4>::from_data([[[[1.0, 3.0]]]], &cpu());
/// assert_eq!(L2Loss::new().forward_logits(found, truth).into_scalar::<f32>(), 2.5);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct L2Loss;

impl L2Loss {
    /// The loss.
    pub fn new() -> Self {
        Self
    }
}

impl LossFunction for L2Loss {
    fn try_forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        let (target, weights) = checked(&logits, target, weights)?;
        Ok(weighted_mean((logits - target).square(), weights))
    }
}

/// Charbonnier loss, the mean of `sqrt(d^2 + epsilon^2)` for the difference `d` (Charbonnier et al. 1994; Lai et al.
/// 2017): [`L1Loss`] with a round bottom, so that its gradient does not jump at 0. The least possible value is
/// `epsilon`. The output is compared as it is.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let truth = Tensor::<4>::zeros([1, 1, 2, 2], &cpu());
/// let loss = CharbonnierLoss::new().with_epsilon(4.0).forward_logits(truth.clone() + 3.0, truth);
/// assert_eq!(loss.into_scalar::<f32>(), 5.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CharbonnierLoss {
    epsilon: f32,
}

impl CharbonnierLoss {
    /// The loss with an `epsilon` of 1e-3, as in the second paper.
    pub fn new() -> Self {
        Self { epsilon: 1e-3 }
    }

    /// The difference below which it is round; those below 1e-6 count as that.
    pub fn with_epsilon(self, epsilon: f32) -> Self {
        Self {
            epsilon: epsilon.max(1e-6),
        }
    }
}

impl Default for CharbonnierLoss {
    fn default() -> Self {
        Self::new()
    }
}

impl LossFunction for CharbonnierLoss {
    fn try_forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        let (target, weights) = checked(&logits, target, weights)?;
        let squares = (logits - target).square() + self.epsilon * self.epsilon;
        Ok(weighted_mean(squares.sqrt(), weights))
    }
}

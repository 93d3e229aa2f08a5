//! Cross-entropy and Dice together.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{CrossEntropy, DiceLoss, LossFunction};
use crate::error::ShapeError;

/// The weighted sum of [`CrossEntropy`] and [`DiceLoss`]: smooth gradients and the measure that counts. nnU-Net (Isensee
/// et al. 2021, Methods) trains with it, both weights 1 and the background left out of the Dice.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let nnunet = DiceCrossEntropy::new()
///     .with_dice(DiceLoss::new().with_background(false).with_batch(true).with_smooth(1e-5));
/// let truth = Tensor::<4>::from_data([[[[1.0, 0.0]], [[0.0, 1.0]]]], &cpu());
/// let loss = nnunet.forward_logits(truth.clone() * 40.0, truth);
/// assert!(loss.into_scalar::<f32>().abs() < 1e-6);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiceCrossEntropy {
    cross_entropy: CrossEntropy,
    dice: DiceLoss,
    cross_entropy_weight: f32,
    dice_weight: f32,
}

impl DiceCrossEntropy {
    /// The plain sum of both, as they are by default.
    pub fn new() -> Self {
        Self {
            cross_entropy: CrossEntropy::new(),
            dice: DiceLoss::new(),
            cross_entropy_weight: 1.0,
            dice_weight: 1.0,
        }
    }

    /// Another cross-entropy, such as one with class weights.
    pub fn with_cross_entropy(mut self, cross_entropy: CrossEntropy) -> Self {
        self.cross_entropy = cross_entropy;
        self
    }

    /// Another Dice loss, such as one without background.
    pub fn with_dice(mut self, dice: DiceLoss) -> Self {
        self.dice = dice;
        self
    }

    /// How much each counts.
    pub fn with_weights(mut self, cross_entropy: f32, dice: f32) -> Self {
        self.cross_entropy_weight = cross_entropy;
        self.dice_weight = dice;
        self
    }
}

impl Default for DiceCrossEntropy {
    fn default() -> Self {
        Self::new()
    }
}

impl LossFunction for DiceCrossEntropy {
    fn try_forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        let dice = self
            .dice
            .try_forward_weighted(logits.clone(), target.clone(), weights.clone())?;
        let cross_entropy = self.cross_entropy.try_forward_weighted(logits, target, weights)?;
        Ok(cross_entropy * self.cross_entropy_weight + dice * self.dice_weight)
    }
}

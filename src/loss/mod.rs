//! What training makes small: binary cross-entropy and soft Dice.
//!
//! Taught in unit 02 (training).

mod bce;
mod dice;

use std::fmt;

use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

pub use bce::BinaryCrossEntropy;
pub use dice::DiceLoss;

/// Which loss a [`Trainer`](crate::train::Trainer) uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Loss {
    /// [`BinaryCrossEntropy`], as the course's Keras listing.
    #[default]
    Bce,
    /// [`DiceLoss`]: for a foreground much rarer than the background.
    Dice,
    /// The sum of both, as nnU-Net (Isensee et al. 2021): smooth gradients and the measure that counts.
    BceDice,
}

impl Loss {
    /// The mean loss of a batch, from the network's output before the sigmoid.
    ///
    /// # Shapes
    /// - `logits`, `target`: `[batch, classes, height, width]`, targets 0 or 1
    /// - output: `[1]`
    pub fn forward_logits(&self, logits: Tensor<4>, target: Tensor<4>) -> Tensor<1> {
        let dice = |logits, target| DiceLoss::new().forward(activation::sigmoid(logits), target);
        match self {
            Loss::Bce => BinaryCrossEntropy::new().forward_logits(logits, target),
            Loss::Dice => dice(logits, target),
            Loss::BceDice => {
                BinaryCrossEntropy::new().forward_logits(logits.clone(), target.clone()) + dice(logits, target)
            }
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Loss::Bce => "binary cross-entropy",
            Loss::Dice => "Dice loss",
            Loss::BceDice => "binary cross-entropy + Dice loss",
        })
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
    }
}

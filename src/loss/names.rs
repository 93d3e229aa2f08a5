//! The losses' names: for a command line, and for a reader.

use std::fmt;
use std::str::FromStr;

use super::Loss;
use crate::error::SettingError;

impl Loss {
    /// Every loss, with the parameters that its name stands for.
    pub const ALL: [Loss; 15] = [
        Loss::Bce,
        Loss::Dice,
        Loss::BceDice,
        Loss::CrossEntropy { label_smoothing: 0.0 },
        Loss::CrossEntropyDice {
            cross_entropy: 1.0,
            dice: 1.0,
        },
        Loss::GeneralizedDice,
        Loss::Focal {
            gamma: 2.0,
            alpha: None,
        },
        Loss::Tversky { alpha: 0.3, beta: 0.7 },
        Loss::FocalTversky {
            alpha: 0.3,
            beta: 0.7,
            gamma: 4.0 / 3.0,
        },
        Loss::Jaccard,
        Loss::Boundary { alpha: 0.1 },
        Loss::L1,
        Loss::L2,
        Loss::Charbonnier { epsilon: 1e-3 },
        Loss::Ssim,
    ];

    /// The name for a command line, without the parameters: `bce`, `dice`, `bce-dice`, `ce`, `ce-dice`,
    /// `generalized-dice`, `focal`, `tversky`, `focal-tversky`, `jaccard`, `boundary`, `l1`, `l2`, `charbonnier`, `ssim`.
    pub fn name(&self) -> &'static str {
        match self {
            Loss::Bce => "bce",
            Loss::Dice => "dice",
            Loss::BceDice => "bce-dice",
            Loss::CrossEntropy { .. } => "ce",
            Loss::CrossEntropyDice { .. } => "ce-dice",
            Loss::GeneralizedDice => "generalized-dice",
            Loss::Focal { .. } => "focal",
            Loss::Tversky { .. } => "tversky",
            Loss::FocalTversky { .. } => "focal-tversky",
            Loss::Jaccard => "jaccard",
            Loss::Boundary { .. } => "boundary",
            Loss::L1 => "l1",
            Loss::L2 => "l2",
            Loss::Charbonnier { .. } => "charbonnier",
            Loss::Ssim => "ssim",
        }
    }
}

/// From a [name](Loss::name), in any case.
impl FromStr for Loss {
    type Err = SettingError;

    fn from_str(name: &str) -> Result<Self, SettingError> {
        let found = Loss::ALL
            .into_iter()
            .find(|loss| loss.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            let names = Loss::ALL.map(|loss| loss.name()).join(", ");
            SettingError::new("the loss", name, &format!("one of {names}"))
        })
    }
}

/// What it is, in words, without the parameters.
impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Loss::Bce => "binary cross-entropy",
            Loss::Dice => "Dice loss",
            Loss::BceDice => "binary cross-entropy + Dice loss",
            Loss::CrossEntropy { .. } => "cross-entropy",
            Loss::CrossEntropyDice { .. } => "cross-entropy + Dice loss",
            Loss::GeneralizedDice => "generalized Dice loss",
            Loss::Focal { .. } => "focal loss",
            Loss::Tversky { .. } => "Tversky loss",
            Loss::FocalTversky { .. } => "focal Tversky loss",
            Loss::Jaccard => "Jaccard loss",
            Loss::Boundary { .. } => "generalized Dice + boundary loss",
            Loss::L1 => "mean absolute difference",
            Loss::L2 => "mean squared difference",
            Loss::Charbonnier { .. } => "Charbonnier loss",
            Loss::Ssim => "structural dissimilarity",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for loss in Loss::ALL {
            assert_eq!(loss.name().parse::<Loss>().unwrap(), loss);
            assert_eq!(loss.name().to_uppercase().parse::<Loss>().unwrap(), loss);
        }
        assert_eq!("ce".parse::<Loss>().unwrap().to_string(), "cross-entropy");
    }

    #[test]
    fn other_names_are_answered_with_all() {
        let error = "hinge".parse::<Loss>().unwrap_err().to_string();
        assert!(
            error.starts_with("the loss is hinge, but must be one of bce, dice, bce-dice, ce, "),
            "{error}"
        );
    }
}

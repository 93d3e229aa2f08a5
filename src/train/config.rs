//! The settings of a training run.

use burn::config::Config;

use crate::error::SettingError;
use crate::loss::Loss;

/// How a [`Trainer`](super::Trainer) trains. The defaults are the course's Keras listing: Adam with a learning rate of
/// 1e-4, batches of 8, 50 epochs, a tenth of the images for validation, binary cross-entropy.
///
/// Taught in unit 02 (training).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let config = TrainConfig::new().with_epochs(5).with_loss(Loss::BceDice).with_augmentation(true);
/// ```
#[derive(Config, Debug, PartialEq)]
pub struct TrainConfig {
    /// Passes over the training images.
    #[config(default = 50)]
    pub epochs: usize,
    /// Images an update of the weights is made from; the last batch of an epoch may be smaller.
    #[config(default = 8)]
    pub batch_size: usize,
    /// Adam's step size (Kingma and Ba 2015).
    #[config(default = 1e-4)]
    pub learning_rate: f64,
    /// Share of the images that is held out to measure, `0..1`; 0 holds out none. Groups are not torn apart.
    #[config(default = 0.1)]
    pub validation_split: f32,
    /// Decides the split, the order of the images and the augmentation: same seed, same result.
    #[config(default = 42)]
    pub seed: u64,
    /// What is made small.
    #[config(default = "Loss::Bce")]
    pub loss: Loss,
    /// Whether each training image is flipped and turned at random each time it is used (Ronneberger et al. 2015,
    /// section 3.1, uses shifts, rotations and elastic deformations). Only where an upside-down image is as likely, as
    /// in microscopy.
    #[config(default = false)]
    pub augmentation: bool,
}

impl TrainConfig {
    /// Checks that every setting lies in its range.
    ///
    /// # Errors
    /// [`SettingError`] naming the setting, its value and its range.
    pub fn validate(&self) -> Result<(), SettingError> {
        if self.epochs == 0 {
            return Err(SettingError::new("TrainConfig::epochs", 0, "at least 1"));
        }
        if self.batch_size == 0 {
            return Err(SettingError::new("TrainConfig::batch_size", 0, "at least 1"));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return Err(SettingError::new(
                "TrainConfig::learning_rate",
                self.learning_rate,
                "above 0, such as 1e-4",
            ));
        }
        if !(0.0..1.0).contains(&self.validation_split) {
            return Err(SettingError::new(
                "TrainConfig::validation_split",
                self.validation_split,
                "at least 0 and below 1, such as 0.1 for a tenth of the images",
            ));
        }
        Ok(())
    }
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_course() {
        let config = TrainConfig::new();
        assert_eq!((config.epochs, config.batch_size), (50, 8));
        assert_eq!((config.learning_rate, config.validation_split), (1e-4, 0.1));
        assert_eq!((config.seed, config.loss), (42, Loss::Bce));
        assert!(config.validate().is_ok());
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let table = [
            (
                TrainConfig::new().with_epochs(0),
                "TrainConfig::epochs is 0, but must be at least 1",
            ),
            (
                TrainConfig::new().with_batch_size(0),
                "TrainConfig::batch_size is 0, but must be at least 1",
            ),
            (
                TrainConfig::new().with_learning_rate(-1.0),
                "TrainConfig::learning_rate is -1, but must be above 0, such as 1e-4",
            ),
            (
                TrainConfig::new().with_validation_split(1.0),
                "TrainConfig::validation_split is 1, but must be at least 0 and below 1, such as 0.1 for a tenth of \
                 the images",
            ),
        ];
        for (config, message) in table {
            assert_eq!(config.validate().unwrap_err().to_string(), message);
        }
        assert!(TrainConfig::new().with_learning_rate(f64::NAN).validate().is_err());
    }
}

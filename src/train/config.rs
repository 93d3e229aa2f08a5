//! The settings of a training run.

use burn::config::Config;
use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainConfig {
    /// Passes over the training images.
    pub epochs: usize,
    /// Images an update of the weights is made from; the last batch of an epoch may be smaller.
    pub batch_size: usize,
    /// Adam's step size (Kingma and Ba 2015).
    pub learning_rate: f64,
    /// Share of the images that is held out to measure, `0..1`; 0 holds out none. Groups are not torn apart.
    pub validation_split: f32,
    /// Decides the split, the order of the images and the augmentation: same seed, same result.
    pub seed: u64,
    /// What is made small.
    pub loss: Loss,
    /// Whether each training image is flipped and turned at random each time it is used (Ronneberger et al. 2015,
    /// section 3.1, uses shifts, rotations and elastic deformations). Only where an upside-down image is as likely, as
    /// in microscopy.
    pub augmentation: bool,
}

impl Config for TrainConfig {}

impl TrainConfig {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            epochs: 50,
            batch_size: 8,
            learning_rate: 1e-4,
            validation_split: 0.1,
            seed: 42,
            loss: Loss::Bce,
            augmentation: false,
        }
    }

    /// Sets the number of passes over the training images.
    pub fn with_epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// Sets how many images an update is made from.
    pub fn with_batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// Sets Adam's step size.
    pub fn with_learning_rate(mut self, learning_rate: f64) -> Self {
        self.learning_rate = learning_rate;
        self
    }

    /// Sets the share of the images that is held out to measure.
    pub fn with_validation_split(mut self, validation_split: f32) -> Self {
        self.validation_split = validation_split;
        self
    }

    /// Sets the seed of split, order and augmentation.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets what is made small.
    pub fn with_loss(mut self, loss: Loss) -> Self {
        self.loss = loss;
        self
    }

    /// Sets whether training images are flipped and turned at random.
    pub fn with_augmentation(mut self, augmentation: bool) -> Self {
        self.augmentation = augmentation;
        self
    }

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

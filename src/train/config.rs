//! The settings of a training run.

use std::path::PathBuf;

use burn::config::Config;
use serde::{Deserialize, Serialize};

use super::{Clip, EarlyStopping, Optimizer, Schedule};
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
#[serde(default)]
pub struct TrainConfig {
    /// Passes over the training images.
    pub epochs: usize,
    /// Images that go through the network at once; the last batch of an epoch may be smaller.
    pub batch_size: usize,
    /// The full step size; the [`schedule`](Self::schedule) starts from it.
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
    /// How gradients move the weights.
    pub optimizer: Optimizer,
    /// How the step size changes from epoch to epoch.
    pub schedule: Schedule,
    /// Epochs at the beginning in which the step size rises to the full one; 0 for none (Goyal et al. 2017, section 2.2).
    pub warm_up: usize,
    /// How gradients are kept short, if at all.
    pub clip: Option<Clip>,
    /// Batches an update of the weights is made from: `n` batches of `b` images give the update of one batch of `n * b`,
    /// in the memory of `b` (up to rounding, and unless the network normalises over the batch).
    pub accumulate: usize,
    /// Whether cheap intermediate maps are computed again in the backward pass instead of kept (Chen et al. 2016): less
    /// memory, more time. Burn decides which; convolutions are kept.
    pub gradient_checkpointing: bool,
    /// When the run ends before its last epoch, if at all.
    pub early_stopping: Option<EarlyStopping>,
    /// Whether the model that comes back is that of the best epoch ([`History::best`](super::History::best)) and not that
    /// of the last.
    pub restore_best: bool,
    /// The folder in which each epoch leaves a checkpoint, if any; see [`Trainer::resume`](super::Trainer::resume).
    pub checkpoints: Option<PathBuf>,
    /// Of the checkpoints the last two and the best are kept, and every so many-th epoch's; 0 for no others.
    pub keep_every: usize,
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
            optimizer: Optimizer::adam(),
            schedule: Schedule::Constant,
            warm_up: 0,
            clip: None,
            accumulate: 1,
            gradient_checkpointing: false,
            early_stopping: None,
            restore_best: false,
            checkpoints: None,
            keep_every: 0,
        }
    }

    /// Sets the number of passes over the training images.
    pub fn with_epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// Sets how many images go through the network at once.
    pub fn with_batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// Sets the full step size.
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

    /// Sets how gradients move the weights.
    pub fn with_optimizer(mut self, optimizer: Optimizer) -> Self {
        self.optimizer = optimizer;
        self
    }

    /// Sets how the step size changes from epoch to epoch.
    pub fn with_schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// Sets the epochs in which the step size rises to the full one.
    pub fn with_warm_up(mut self, epochs: usize) -> Self {
        self.warm_up = epochs;
        self
    }

    /// Sets how gradients are kept short.
    pub fn with_clip(mut self, clip: Clip) -> Self {
        self.clip = Some(clip);
        self
    }

    /// Sets how many batches an update is made from.
    pub fn with_accumulate(mut self, batches: usize) -> Self {
        self.accumulate = batches;
        self
    }

    /// Sets whether intermediate maps are computed again instead of kept.
    pub fn with_gradient_checkpointing(mut self, on: bool) -> Self {
        self.gradient_checkpointing = on;
        self
    }

    /// Sets when the run ends before its last epoch.
    pub fn with_early_stopping(mut self, early_stopping: EarlyStopping) -> Self {
        self.early_stopping = Some(early_stopping);
        self
    }

    /// Sets whether the model of the best epoch comes back.
    pub fn with_restore_best(mut self, on: bool) -> Self {
        self.restore_best = on;
        self
    }

    /// Sets the folder in which each epoch leaves a checkpoint.
    pub fn with_checkpoints(mut self, folder: impl Into<PathBuf>) -> Self {
        self.checkpoints = Some(folder.into());
        self
    }

    /// Sets which checkpoints are kept beside the last two and the best: every so many-th.
    pub fn with_keep_every(mut self, epochs: usize) -> Self {
        self.keep_every = epochs;
        self
    }

    /// The learning rate of `epoch`, counted from 0, where `losses` are the validation losses of the epochs before (the
    /// training losses where there is no validation).
    pub fn rate(&self, epoch: usize, losses: &[f32]) -> f64 {
        self.schedule
            .rate_after(self.warm_up, self.learning_rate, epoch, self.epochs, losses)
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
        if self.accumulate == 0 {
            return Err(SettingError::new("TrainConfig::accumulate", 0, "at least 1"));
        }
        self.loss.validate()?;
        self.optimizer.validate()?;
        self.schedule.validate()?;
        self.clip.map_or(Ok(()), |clip| clip.validate())?;
        self.early_stopping.map_or(Ok(()), |stop| stop.validate())
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
        assert!(TrainConfig::new().with_accumulate(0).validate().is_err());
        assert!(TrainConfig::new().with_clip(Clip::Norm(-1.0)).validate().is_err());
    }

    #[test]
    fn json_keeps_every_setting_and_fills_in_those_it_lacks() {
        let config = TrainConfig::new()
            .with_optimizer(Optimizer::nn_unet())
            .with_schedule(Schedule::plateau())
            .with_warm_up(3)
            .with_clip(Clip::Norm(12.0))
            .with_accumulate(4)
            .with_gradient_checkpointing(true)
            .with_early_stopping(EarlyStopping::new(5).with_min_delta(0.01))
            .with_restore_best(true)
            .with_checkpoints("runs/1")
            .with_keep_every(10);
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<TrainConfig>(&json).unwrap(), config);
        let old: TrainConfig = serde_json::from_str(r#"{"epochs":7}"#).unwrap();
        assert_eq!(old, TrainConfig::new().with_epochs(7));
    }
}

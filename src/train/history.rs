//! What a training run measured, epoch by epoch.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// The measurements of one epoch (one pass over the training set).
///
/// Losses are means over the images. The validation measures are means over the validation images, taken after the
/// epoch's last update; each lies in `0..=1`. Without a validation set they are NaN (`null` in JSON).
///
/// Taught in unit 02 (training).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EpochRecord {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Mean loss of the training batches, measured while the network was changing.
    #[serde(deserialize_with = "nan_from_null")]
    pub train_loss: f32,
    /// Mean loss of the validation images.
    #[serde(deserialize_with = "nan_from_null")]
    pub val_loss: f32,
    /// Share of validation pixels on the right side of 0.5.
    #[serde(deserialize_with = "nan_from_null")]
    pub val_accuracy: f32,
    /// Mean Dice of the validation images ([`Confusion::dice`](crate::metric::Confusion::dice)).
    #[serde(deserialize_with = "nan_from_null")]
    pub val_dice: f32,
    /// Mean IoU of the validation images ([`Confusion::iou`](crate::metric::Confusion::iou)).
    #[serde(deserialize_with = "nan_from_null")]
    pub val_iou: f32,
    /// Mean Dice of each foreground class, in their order; one for a binary task, none without a validation set.
    pub val_class_dice: Vec<f32>,
    /// The learning rate of the epoch.
    pub learning_rate: f64,
    /// Training batches that held background alone.
    pub empty_batches: usize,
    /// Wall-clock time of the epoch, validation included, in seconds.
    pub seconds: f32,
}

/// Epoch 0, in which nothing was measured: for `..EpochRecord::default()`.
impl Default for EpochRecord {
    fn default() -> Self {
        Self {
            epoch: 0,
            train_loss: f32::NAN,
            val_loss: f32::NAN,
            val_accuracy: f32::NAN,
            val_dice: f32::NAN,
            val_iou: f32::NAN,
            val_class_dice: Vec::new(),
            learning_rate: 0.0,
            empty_batches: 0,
            seconds: 0.0,
        }
    }
}

impl EpochRecord {
    /// What the best epoch has most of: validation Dice or, without a validation set, minus the training loss.
    pub(super) fn score(&self) -> f32 {
        match self.val_dice.is_nan() {
            true => -self.train_loss,
            false => self.val_dice,
        }
    }

    /// What a schedule watches: the validation loss or, without a validation set, the training loss.
    pub(super) fn watched_loss(&self) -> f32 {
        match self.val_loss.is_nan() {
            true => self.train_loss,
            false => self.val_loss,
        }
    }
}

/// Why a training run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Stopped {
    /// Every epoch ran.
    Finished,
    /// The user pressed interrupt; the epochs before it are complete, and the model is the one trained so far.
    Interrupted,
    /// The loss became infinite or no number at all: the learning rate is too high, or the images hold such values.
    Diverged,
    /// The validation measure no longer improved ([`EarlyStopping`](super::EarlyStopping)).
    Early,
}

/// The course of a training run: one [`EpochRecord`] an epoch, the reason it ended, and the seed that repeats it.
///
/// Printed with `{}` it is a table; [`plot`](crate::plot) draws it as curves; `serde` keeps it in a file.
///
/// Taught in unit 02 (training).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// One record a completed epoch, in order.
    pub records: Vec<EpochRecord>,
    /// Why the run ended.
    pub stopped: Stopped,
    /// The seed of the run.
    pub seed: u64,
    /// What went wrong, where it did: epoch, batch and images of a loss that is no number.
    #[serde(default)]
    pub problem: Option<String>,
}

impl History {
    /// An empty history of a run with this seed.
    pub fn new(seed: u64) -> Self {
        Self {
            records: Vec::new(),
            stopped: Stopped::Finished,
            seed,
            problem: None,
        }
    }

    /// Number of completed epochs.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether not one epoch was completed.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The newest epoch.
    pub fn last(&self) -> Option<&EpochRecord> {
        self.records.last()
    }

    /// The epoch with the highest validation Dice, the earlier one of equals; without a validation set, the one with
    /// the lowest training loss.
    pub fn best(&self) -> Option<&EpochRecord> {
        best_of(&self.records)
    }

    /// Wall-clock time of all completed epochs, in seconds.
    pub fn seconds(&self) -> f32 {
        self.records.iter().map(|record| record.seconds).sum()
    }
}

/// The best of these records.
pub(super) fn best_of(records: &[EpochRecord]) -> Option<&EpochRecord> {
    let better = |a: &&EpochRecord, b: &&EpochRecord| a.score().total_cmp(&b.score());
    records.iter().rev().max_by(better)
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "epoch  train loss  val loss  accuracy    Dice     IoU  seconds")?;
        for record in &self.records {
            writeln!(
                f,
                "{:>5}  {:>10.4}  {:>8}  {:>8}  {:>6}  {:>6}  {:>7.1}",
                record.epoch,
                record.train_loss,
                measured(record.val_loss),
                measured(record.val_accuracy),
                measured(record.val_dice),
                measured(record.val_iou),
                record.seconds,
            )?;
        }
        let end = match self.stopped {
            Stopped::Finished => "finished",
            Stopped::Interrupted => "interrupted: the model is the one trained so far",
            Stopped::Early => "stopped early: no more progress",
            Stopped::Diverged => match &self.problem {
                Some(problem) => problem.as_str(),
                None => "stopped: the loss is no longer a number; try a lower learning rate",
            },
        };
        write!(
            f,
            "{} epochs in {:.1} s, seed {}; {end}",
            self.len(),
            self.seconds(),
            self.seed,
        )
    }
}

/// Four digits, or a dash where nothing was measured.
fn measured(value: f32) -> String {
    match value.is_nan() {
        true => "-".to_owned(),
        false => format!("{value:.4}"),
    }
}

/// JSON has no NaN: serde_json writes `null`, which reads back as NaN.
fn nan_from_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    Ok(Option::<f32>::deserialize(deserializer)?.unwrap_or(f32::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(epoch: usize, train_loss: f32, val_dice: f32) -> EpochRecord {
        EpochRecord {
            epoch,
            train_loss,
            val_loss: 0.5,
            val_accuracy: 0.75,
            val_dice,
            val_iou: 0.25,
            seconds: 1.5,
            ..EpochRecord::default()
        }
    }

    fn history(records: Vec<EpochRecord>) -> History {
        History {
            records,
            ..History::new(42)
        }
    }

    #[test]
    fn best_is_the_first_epoch_with_the_highest_dice() {
        let history = history(vec![record(1, 0.9, 0.3), record(2, 0.8, 0.7), record(3, 0.7, 0.7)]);
        assert_eq!(history.best().map(|r| r.epoch), Some(2));
        assert_eq!(history.last().map(|r| r.epoch), Some(3));
    }

    #[test]
    fn best_without_validation_is_the_lowest_training_loss() {
        let history = history(vec![record(1, 0.4, f32::NAN), record(2, 0.6, f32::NAN)]);
        assert_eq!(history.best().map(|r| r.epoch), Some(1));
    }

    #[test]
    fn prints_a_table() {
        let text = history(vec![record(1, 0.25, f32::NAN)]).to_string();
        let expected = "\
epoch  train loss  val loss  accuracy    Dice     IoU  seconds
    1      0.2500    0.5000    0.7500       -  0.2500      1.5
1 epochs in 1.5 s, seed 42; finished";
        assert_eq!(text, expected);
    }

    #[test]
    fn json_keeps_a_missing_measurement() {
        let before = history(vec![record(1, 0.25, f32::NAN)]);
        let json = serde_json::to_string(&before).unwrap();
        let after: History = serde_json::from_str(&json).unwrap();
        assert!(after.records[0].val_dice.is_nan());
        assert_eq!(after.records[0].val_iou, 0.25);
    }
}

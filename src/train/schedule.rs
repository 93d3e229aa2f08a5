//! How the step size changes over a run.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::error::SettingError;

/// How the learning rate changes from epoch to epoch. It is the same for all batches of an epoch.
///
/// With a [warm-up](super::TrainConfig::warm_up) of `w` epochs the rate first rises in equal steps, `1 / (w + 1)` of the
/// full one in the first epoch, and the schedule runs over the epochs that remain.
///
/// ```
/// use unet_lab::prelude::*;
/// use unet_lab::train::{Optimizer, Schedule};
///
/// // nnU-Net (Isensee et al. 2021)
/// let config = TrainConfig::new()
///     .with_epochs(1000)
///     .with_learning_rate(1e-2)
///     .with_optimizer(Optimizer::nn_unet())
///     .with_schedule(Schedule::poly());
/// assert_eq!(config.schedule.rate(1e-2, 0, 1000, &[]), 1e-2);
/// assert!(config.schedule.rate(1e-2, 999, 1000, &[]) < 1e-4);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Schedule {
    /// The same rate throughout.
    #[default]
    Constant,
    /// `(1 - epoch / epochs)^power`.
    Poly {
        /// 0.9 in nnU-Net; 1 is a straight line.
        power: f64,
    },
    /// Half a cosine wave from the full rate down to a share of it (Loshchilov and Hutter 2017, equation 5, without
    /// restarts).
    Cosine {
        /// Where it ends, as a share of the full rate, `0..=1`.
        last_share: f64,
    },
    /// Multiplied by a factor every so many epochs.
    Step {
        /// Epochs between two steps.
        every: usize,
        /// Above 0, such as 0.1.
        factor: f64,
    },
    /// Multiplied by a factor whenever the validation loss (the training loss where there is no validation) has not
    /// fallen by a ten-thousandth of itself for more than `patience` epochs.
    Plateau {
        /// Epochs without progress that are borne.
        patience: usize,
        /// Between 0 and 1, such as 0.1.
        factor: f64,
        /// The rate never falls below this share of the full one.
        last_share: f64,
    },
}

impl Schedule {
    /// nnU-Net's: a power of 0.9.
    pub fn poly() -> Self {
        Self::Poly { power: 0.9 }
    }

    /// Half a cosine wave down to 0.
    pub fn cosine() -> Self {
        Self::Cosine { last_share: 0.0 }
    }

    /// A tenth of the rate after 10 epochs without progress, as PyTorch's `ReduceLROnPlateau`.
    pub fn plateau() -> Self {
        Self::Plateau {
            patience: 10,
            factor: 0.1,
            last_share: 0.0,
        }
    }

    /// The rate in `epoch`, counted from 0, of `epochs`, where `rate` is the full one and `losses` are those of the
    /// epochs before.
    pub fn rate(&self, rate: f64, epoch: usize, epochs: usize, losses: &[f32]) -> f64 {
        let done = epoch as f64 / epochs.max(1) as f64;
        rate * match *self {
            Self::Constant => 1.0,
            Self::Poly { power } => (1.0 - done).max(0.0).powf(power),
            Self::Cosine { last_share } => last_share + (1.0 - last_share) * (1.0 + (PI * done).cos()) / 2.0,
            Self::Step { every, factor } => factor.powi((epoch / every.max(1)) as i32),
            Self::Plateau {
                patience,
                factor,
                last_share,
            } => plateau(patience, factor, losses).max(last_share),
        }
    }

    /// [`rate`](Self::rate) with a warm-up in front.
    pub fn rate_after(&self, warm_up: usize, rate: f64, epoch: usize, epochs: usize, losses: &[f32]) -> f64 {
        match epoch.checked_sub(warm_up) {
            None => rate * (epoch + 1) as f64 / (warm_up + 1) as f64,
            Some(epoch) => {
                let losses = losses.get(warm_up..).unwrap_or_default();
                self.rate(rate, epoch, epochs.saturating_sub(warm_up), losses)
            }
        }
    }

    pub(super) fn validate(&self) -> Result<(), SettingError> {
        let check = |right: bool, name: &str, found: f64, expected: &str| match right {
            true => Ok(()),
            false => Err(SettingError::new(name, found, expected)),
        };
        let share = |value: f64| {
            let right = (0.0..=1.0).contains(&value);
            check(right, "Schedule::last_share", value, "from 0 to 1")
        };
        let factor = |value: f64| {
            let right = value > 0.0 && value <= 1.0;
            check(right, "Schedule::factor", value, "above 0 and at most 1, such as 0.1")
        };
        match *self {
            Self::Constant => Ok(()),
            Self::Poly { power } => {
                let right = power > 0.0 && power.is_finite();
                check(right, "Schedule::power", power, "above 0, such as 0.9")
            }
            Self::Cosine { last_share } => share(last_share),
            Self::Step { every, factor: by } => {
                check(every > 0, "Schedule::every", 0.0, "at least 1")?;
                factor(by)
            }
            Self::Plateau {
                factor: by, last_share, ..
            } => {
                factor(by)?;
                share(last_share)
            }
        }
    }
}

/// What is left of the rate after these losses.
fn plateau(patience: usize, factor: f64, losses: &[f32]) -> f64 {
    let (mut best, mut waited, mut left) = (f64::INFINITY, 0, 1.0);
    for &loss in losses {
        let loss = f64::from(loss);
        if loss < best * (1.0 - 1e-4) {
            (best, waited) = (loss, 0);
        } else {
            waited += 1;
        }
        if waited > patience {
            (left, waited) = (left * factor, 0);
        }
    }
    left
}

/// When a run ends before its last epoch: once the measure of [`History::best`](super::History::best) (validation Dice,
/// or training loss where there is no validation) has not improved by more than `min_delta` for `patience` epochs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlyStopping {
    /// Epochs without progress after which the run ends; at least 1.
    pub patience: usize,
    /// What counts as progress: a gain above this; 0 or above.
    pub min_delta: f32,
}

impl EarlyStopping {
    /// Any gain counts.
    pub fn new(patience: usize) -> Self {
        Self {
            patience,
            min_delta: 0.0,
        }
    }

    /// Sets the gain that counts as progress.
    pub fn with_min_delta(mut self, min_delta: f32) -> Self {
        self.min_delta = min_delta;
        self
    }

    /// Whether these scores, higher is better, end the run.
    pub(super) fn ends(&self, scores: impl Iterator<Item = f32>) -> bool {
        let (mut best, mut waited) = (f32::NEG_INFINITY, 0);
        for score in scores {
            if score > best + self.min_delta {
                (best, waited) = (score, 0);
            } else {
                waited += 1;
                if waited >= self.patience {
                    return true;
                }
            }
        }
        false
    }

    pub(super) fn validate(&self) -> Result<(), SettingError> {
        if self.patience == 0 {
            return Err(SettingError::new("EarlyStopping::patience", 0, "at least 1"));
        }
        if !(self.min_delta >= 0.0 && self.min_delta.is_finite()) {
            return Err(SettingError::new(
                "EarlyStopping::min_delta",
                self.min_delta,
                "0 or above",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_rates() {
        let at = |schedule: Schedule, epoch| schedule.rate(1.0, epoch, 10, &[]);
        assert_eq!(at(Schedule::Constant, 9), 1.0);
        assert_eq!(at(Schedule::Poly { power: 2.0 }, 5), 0.25);
        assert!((at(Schedule::cosine(), 5) - 0.5).abs() < 1e-12);
        assert!((at(Schedule::Cosine { last_share: 0.2 }, 10) - 0.2).abs() < 1e-12);
        let step = Schedule::Step { every: 3, factor: 0.5 };
        assert_eq!([0, 2, 3, 6].map(|epoch| at(step, epoch)), [1.0, 1.0, 0.5, 0.25]);
    }

    #[test]
    fn a_plateau_lowers_the_rate_and_progress_does_not() {
        let schedule = Schedule::Plateau {
            patience: 1,
            factor: 0.5,
            last_share: 0.3,
        };
        let rate = |losses: &[f32]| schedule.rate(1.0, losses.len(), 99, losses);
        assert_eq!(rate(&[]), 1.0);
        assert_eq!(rate(&[3.0, 2.0, 1.0, 0.5]), 1.0);
        assert_eq!(rate(&[3.0, 3.0]), 1.0);
        assert_eq!(rate(&[3.0, 3.0, 3.0]), 0.5);
        assert_eq!(rate(&[3.0; 9]), 0.3, "not below the last share");
    }

    #[test]
    fn warm_up_rises_in_equal_steps_in_front_of_the_schedule() {
        let rate = |epoch| Schedule::Poly { power: 1.0 }.rate_after(3, 4.0, epoch, 7, &[9.0; 9]);
        assert_eq!([0, 1, 2, 3, 4, 6].map(rate), [1.0, 2.0, 3.0, 4.0, 3.0, 1.0]);
    }

    #[test]
    fn early_stopping_waits_for_progress() {
        let stop = EarlyStopping::new(2).with_min_delta(0.1);
        assert!(!stop.ends([0.1, 0.3, 0.35].into_iter()));
        assert!(stop.ends([0.1, 0.3, 0.35, 0.39].into_iter()));
        assert!(!stop.ends([0.1, 0.3, 0.35, 0.45].into_iter()));
        assert!(!EarlyStopping::new(1).ends([].into_iter()));
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let message = Schedule::Poly { power: 0.0 }.validate().unwrap_err().to_string();
        assert_eq!(message, "Schedule::power is 0, but must be above 0, such as 0.9");
        assert!(Schedule::Step { every: 0, factor: 0.1 }.validate().is_err());
        assert!(Schedule::Cosine { last_share: 2.0 }.validate().is_err());
        assert!(EarlyStopping::new(0).validate().is_err());
        assert!(Schedule::plateau().validate().is_ok());
    }
}

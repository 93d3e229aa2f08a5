//! How sure a mean is: [`Bootstrap`].

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::{ConfidenceInterval, IntervalMethod, check_finite, mean, present, quantile};
use crate::data::DataError;
use crate::error::{Result, SettingError};

/// Confidence intervals by drawing the cases again and again, with replacement (Efron 1979).
///
/// The cases must be independent: several images of one patient are one case, so average them first. NaN scores are
/// left out. The same seed gives the same interval.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let dice = [0.91, 0.85, 0.88, 0.93, 0.79, 0.90, 0.86, 0.92];
/// let interval = Bootstrap::new(7).mean(&dice)?;
/// assert!((interval.estimate - 0.88).abs() < 1e-9);
/// assert!(interval.low > 0.83 && interval.high < 0.92);
/// assert!(interval.to_string().starts_with("0.880 (95 % interval 0.8"));
/// # Ok::<(), LabError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// What the draws depend on.
    pub seed: u64,
    /// Draws, at least 1; a few thousand for a 95 % interval.
    pub resamples: usize,
    /// Share of the draws inside the interval, between 0 and 1.
    pub level: f64,
    /// How the ends are found.
    pub method: IntervalMethod,
}

impl Bootstrap {
    /// 9999 draws, 95 %, BCa.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            resamples: 9999,
            level: 0.95,
            method: IntervalMethod::Bca,
        }
    }

    /// With another number of draws.
    pub fn with_resamples(mut self, resamples: usize) -> Self {
        self.resamples = resamples;
        self
    }

    /// With another level, as 0.99.
    pub fn with_level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// With another method.
    pub fn with_method(mut self, method: IntervalMethod) -> Self {
        self.method = method;
        self
    }

    /// Interval of the mean of the scores.
    ///
    /// # Errors
    /// As [`interval`](Self::interval).
    pub fn mean(&self, scores: &[f64]) -> Result<ConfidenceInterval> {
        self.interval(scores, mean)
    }

    /// Interval of the median of the scores.
    ///
    /// # Errors
    /// As [`interval`](Self::interval).
    pub fn median(&self, scores: &[f64]) -> Result<ConfidenceInterval> {
        self.interval(scores, |scores| {
            let mut sorted = scores.to_vec();
            sorted.sort_by(f64::total_cmp);
            quantile(&sorted, 0.5)
        })
    }

    /// Interval of any statistic of the scores.
    ///
    /// # Errors
    /// [`DataError::Argument`] if fewer than 2 scores are not NaN, one is infinite, or the statistic of a draw is not a
    /// number; [`SettingError`] if a setting is out of range.
    pub fn interval(&self, scores: &[f64], statistic: impl Fn(&[f64]) -> f64) -> Result<ConfidenceInterval> {
        if self.resamples == 0 {
            return Err(SettingError::new("resamples", self.resamples, "at least 1").into());
        }
        let (scores, _) = present(scores);
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let cases = scores.len();
        let mut sample = vec![0.0; cases];
        let draw = || {
            for value in &mut sample {
                *value = scores[rng.random_range(0..cases)];
            }
            statistic(&sample)
        };
        self.finish(&scores, &statistic, draw, self.resamples)
    }

    /// The interval from given draws, each a list of indices of the scores, in place of the seed's: to repeat what
    /// another program drew.
    ///
    /// # Errors
    /// As [`interval`](Self::interval), and [`DataError::Argument`] if an index is not one of a score, a draw is empty or
    /// a score is NaN.
    pub fn interval_of_draws(
        &self,
        scores: &[f64],
        statistic: impl Fn(&[f64]) -> f64,
        draws: &[Vec<usize>],
    ) -> Result<ConfidenceInterval> {
        if draws.is_empty() || draws.iter().any(|draw| draw.is_empty()) {
            return Err(DataError::Argument(
                "no draws, or an empty one: pass at least one, of as many indices as there \
                are scores"
                    .to_owned(),
            )
            .into());
        }
        if let Some(index) = draws.iter().flatten().find(|&&index| index >= scores.len()) {
            return Err(DataError::Argument(format!(
                "a draw holds index {index}, but there are {} scores: indices start at 0",
                scores.len()
            ))
            .into());
        }
        if scores.iter().any(|score| score.is_nan()) {
            return Err(DataError::Argument("a score is NaN: leave it out before drawing".to_owned()).into());
        }
        let mut draws = draws.iter();
        let count = draws.len();
        let draw = || {
            let indices = draws.next().map(Vec::as_slice).unwrap_or_default();
            statistic(&indices.iter().map(|&index| scores[index]).collect::<Vec<f64>>())
        };
        self.finish(scores, &statistic, draw, count)
    }

    fn finish(
        &self,
        scores: &[f64],
        statistic: &impl Fn(&[f64]) -> f64,
        mut draw: impl FnMut() -> f64,
        count: usize,
    ) -> Result<ConfidenceInterval> {
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(SettingError::new("level", self.level, "above 0 and below 1").into());
        }
        if scores.len() < 2 {
            return Err(DataError::Argument(format!(
                "an interval needs the scores of at least 2 cases, but there are {} (NaN is left out)",
                scores.len()
            ))
            .into());
        }
        check_finite("a score", scores)?;
        let resampled: Vec<f64> = (0..count).map(|_| draw()).collect();
        if resampled.iter().any(|value| !value.is_finite()) {
            return Err(DataError::Argument(
                "the statistic of a draw is not a finite number: it must be defined for any cases, repeated ones too"
                    .to_owned(),
            )
            .into());
        }
        let left_out = || {
            let without = |index: usize| [&scores[..index], &scores[index + 1..]].concat();
            (0..scores.len()).map(|index| statistic(&without(index))).collect()
        };
        let estimate = statistic(scores);
        Ok(ConfidenceInterval::new(
            estimate,
            resampled,
            left_out,
            self.level,
            self.method,
        ))
    }
}

//! A value with the range that it may lie in: [`ConfidenceInterval`].

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{normal, quantile};

/// How the ends of a bootstrap interval are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IntervalMethod {
    /// The quantiles of the resampled values as they are (Efron 1979).
    Percentile,
    /// The quantiles corrected for bias and skewness (Efron 1987, "BCa"): better for few cases and skewed scores.
    Bca,
}

/// An estimate from the cases at hand, and where it would lie for most other samples of as many cases.
///
/// The interval is about the cases: other patients of the same kind. It says nothing of training a second time, or of
/// another hospital.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceInterval {
    /// The value for the cases at hand.
    pub estimate: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// 0.95 for a 95 % interval.
    pub level: f64,
    /// How the ends were found. It is [`IntervalMethod::Percentile`] where BCa was asked for but does not exist, as if
    /// all resampled values are equal, or lie on one side of the estimate.
    pub method: IntervalMethod,
}

impl ConfidenceInterval {
    /// Whether a value lies in the interval, ends included.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// From the values of the resamples, and those with each case left out in turn.
    pub(super) fn new(
        estimate: f64,
        mut resampled: Vec<f64>,
        left_out: impl FnOnce() -> Vec<f64>,
        level: f64,
        method: IntervalMethod,
    ) -> Self {
        resampled.sort_by(f64::total_cmp);
        let tail = (1.0 - level) / 2.0;
        let corrected = match method {
            IntervalMethod::Percentile => None,
            IntervalMethod::Bca => corrected(estimate, &resampled, &left_out(), tail),
        };
        let (low, high) = corrected.unwrap_or((tail, 1.0 - tail));
        Self {
            estimate,
            low: quantile(&resampled, low),
            high: quantile(&resampled, high),
            level,
            method: match corrected {
                Some(_) => IntervalMethod::Bca,
                None => IntervalMethod::Percentile,
            },
        }
    }
}

/// The shares of resamples below the two ends (Efron 1987, equations 2.3 and 6.6), if they exist.
fn corrected(estimate: f64, sorted: &[f64], left_out: &[f64], tail: f64) -> Option<(f64, f64)> {
    let below = sorted.partition_point(|&value| value < estimate);
    let up_to = sorted.partition_point(|&value| value <= estimate);
    let bias = normal::quantile((below + up_to) as f64 / (2 * sorted.len()) as f64);
    let mean = super::mean(left_out);
    let power = |exponent| left_out.iter().map(|value| (mean - value).powi(exponent)).sum::<f64>();
    let acceleration = power(3) / (6.0 * power(2).powf(1.5));
    let share = |z: f64| normal::below(bias + (bias + z) / (1.0 - acceleration * (bias + z)));
    let (low, high) = (share(normal::quantile(tail)), share(-normal::quantile(tail)));
    (low.is_finite() && high.is_finite()).then_some((low, high))
}

impl fmt::Display for ConfidenceInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            estimate,
            low,
            high,
            level,
            ..
        } = self;
        let percent = (level * 1e4).round() / 100.0;
        write!(f, "{estimate:.3} ({percent} % interval {low:.3} to {high:.3})")
    }
}

//! How scores spread: [`ScoreSummary`].

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{mean, present, quantile};

/// The scores of several cases in few numbers.
///
/// Report median and quartiles where scores are skewed, as overlaps near 1 and distances are: a few failed cases move
/// the mean and the standard deviation, and hide in neither minimum nor maximum. Quartiles lie between neighbours by
/// straight line (as NumPy's `percentile`). Without any score all are NaN.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let scores = ScoreSummary::new(&[0.91, 0.88, f64::NAN, 0.12, 0.93]);
/// assert_eq!((scores.cases, scores.missing), (4, 1));
/// assert_eq!(scores.to_string(), "median 0.895 (interquartile range 0.690 to 0.915), mean 0.710 (standard deviation 0.394), \
///     0.120 to 0.930, 4 cases, 1 missing");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreSummary {
    /// Cases with a score.
    pub cases: usize,
    /// Cases whose score is NaN, which nothing else counts.
    pub missing: usize,
    /// Mean.
    pub mean: f64,
    /// Sample standard deviation (divided by cases - 1); NaN for fewer than 2.
    pub standard_deviation: f64,
    /// Lowest.
    pub minimum: f64,
    /// A quarter of the cases are below.
    pub lower_quartile: f64,
    /// Half of the cases are below.
    pub median: f64,
    /// Three quarters of the cases are below.
    pub upper_quartile: f64,
    /// Highest.
    pub maximum: f64,
}

impl ScoreSummary {
    /// Sums up one score a case.
    pub fn new(scores: &[f64]) -> Self {
        let (mut sorted, missing) = present(scores);
        sorted.sort_by(f64::total_cmp);
        let cases = sorted.len();
        let mean = mean(&sorted);
        let squares: f64 = sorted.iter().map(|score| (score - mean).powi(2)).sum();
        let at = |q| quantile(&sorted, q);
        Self {
            cases,
            missing,
            mean,
            standard_deviation: match cases {
                0 | 1 => f64::NAN,
                _ => (squares / (cases - 1) as f64).sqrt(),
            },
            minimum: at(0.0),
            lower_quartile: at(0.25),
            median: at(0.5),
            upper_quartile: at(0.75),
            maximum: at(1.0),
        }
    }

    /// Upper minus lower quartile: the width of the middle half.
    pub fn interquartile_range(&self) -> f64 {
        self.upper_quartile - self.lower_quartile
    }
}

impl fmt::Display for ScoreSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cases == 0 {
            return write!(f, "no case has a score, {} missing", self.missing);
        }
        write!(
            f,
            "median {:.3} (interquartile range {:.3} to {:.3}), mean {:.3} (standard deviation {:.3}), {:.3} to {:.3}, {} \
             cases",
            self.median,
            self.lower_quartile,
            self.upper_quartile,
            self.mean,
            self.standard_deviation,
            self.minimum,
            self.maximum,
            self.cases,
        )?;
        match self.missing {
            0 => Ok(()),
            missing => write!(f, ", {missing} missing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        let s = ScoreSummary::new(&[4.0, 1.0, 3.0, 2.0]);
        assert_eq!(
            [s.minimum, s.lower_quartile, s.median, s.upper_quartile, s.maximum],
            [1.0, 1.75, 2.5, 3.25, 4.0]
        );
        assert_eq!((s.mean, s.interquartile_range()), (2.5, 1.5));
        assert!((s.standard_deviation - (5.0f64 / 3.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn few_missing_and_infinite_scores() {
        let none = ScoreSummary::new(&[f64::NAN]);
        assert!(none.mean.is_nan() && none.median.is_nan());
        assert_eq!(none.to_string(), "no case has a score, 1 missing");
        let one = ScoreSummary::new(&[0.5]);
        assert_eq!((one.median, one.upper_quartile), (0.5, 0.5));
        assert!(one.standard_deviation.is_nan());
        let infinite = ScoreSummary::new(&[1.0, 2.0, 3.0, f64::INFINITY, f64::INFINITY]);
        assert_eq!((infinite.median, infinite.upper_quartile), (3.0, f64::INFINITY));
    }
}

//! Whether probabilities mean what they say: [`Calibration`].

use std::fmt;

use serde::{Deserialize, Serialize};

use super::super::Pixels;
use super::Probabilities;
use super::probabilities::{check_cases, pooled};
use crate::data::DataError;
use crate::error::{Result, SettingError};

/// Probabilities beside what became of them: of the pixels that were given 80 %, are 80 % foreground?
///
/// The probabilities of foreground fall into bins of equal width; a probability at the border of two bins belongs to
/// the lower one. A bin's pixels above the diagonal (more foreground than said) show a network too shy, below it one
/// too sure.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let calibration = Calibration::new(&[0.9, 0.8, 0.9, 0.1, 0.2], &[true, true, false, false, false], 2)?;
/// let sure = calibration.bins()[1];
/// assert_eq!((sure.pixels, sure.foreground), (3, 2));
/// assert!((calibration.expected_error() - (0.4 * 0.15 + 0.6 * 0.2)).abs() < 1e-6);
/// # Ok::<(), LabError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    bins: Vec<ReliabilityBin>,
    squared_error: f64,
}

/// The pixels whose probability lies between two values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Probabilities are above this (the first bin's also equal to it).
    pub low: f64,
    /// Up to this.
    pub high: f64,
    /// Pixels.
    pub pixels: u64,
    /// Those of them that are foreground.
    pub foreground: u64,
    /// Sum of their probabilities.
    pub probability_sum: f64,
}

impl ReliabilityBin {
    /// Mean of the probabilities, NaN for no pixels.
    pub fn mean_probability(&self) -> f64 {
        self.probability_sum / self.pixels as f64
    }

    /// Share of the pixels that are foreground, NaN for no pixels.
    pub fn foreground_share(&self) -> f64 {
        self.foreground as f64 / self.pixels as f64
    }

    /// How far the probabilities are from the share, without sign; 0 for no pixels.
    pub fn gap(&self) -> f64 {
        match self.pixels {
            0 => 0.0,
            _ => (self.mean_probability() - self.foreground_share()).abs(),
        }
    }
}

impl Calibration {
    /// From one map.
    ///
    /// # Errors
    /// As [`pooled`](Self::pooled).
    pub fn new(map: &(impl Probabilities + ?Sized), truth: &(impl Pixels + ?Sized), bins: usize) -> Result<Self> {
        Self::pooled(&[map], &[truth], bins)
    }

    /// From the pixels of several maps together; 10 or 15 bins are usual.
    ///
    /// # Errors
    /// [`ShapeError::Differ`](crate::error::ShapeError::Differ) if a map and its truth are not of one size;
    /// [`DataError::Argument`] if there are not as many maps as truths, none at all, or a value is not in `0..=1`;
    /// [`SettingError`] if there is no bin.
    pub fn pooled(maps: &[impl Probabilities], truths: &[impl Pixels], bins: usize) -> Result<Self> {
        if bins == 0 {
            return Err(SettingError::new("bins", bins, "at least 1; 10 is usual").into());
        }
        check_cases(maps, truths)?;
        let edge = |bin: usize| bin as f64 / bins as f64;
        let mut calibration = Self {
            bins: (0..bins)
                .map(|bin| ReliabilityBin {
                    low: edge(bin),
                    high: edge(bin + 1),
                    pixels: 0,
                    foreground: 0,
                    probability_sum: 0.0,
                })
                .collect(),
            squared_error: 0.0,
        };
        for (probability, inside) in pooled(maps, truths) {
            let probability = f64::from(probability);
            if !(0.0..=1.0).contains(&probability) {
                return Err(DataError::Argument(format!(
                    "a probability is {probability}, but must be in 0..=1: pass the sigmoid of the logits"
                ))
                .into());
            }
            let bin = calibration.bins.partition_point(|bin| bin.high < probability);
            let bin = &mut calibration.bins[bin];
            bin.pixels += 1;
            bin.foreground += u64::from(inside);
            bin.probability_sum += probability;
            calibration.squared_error += (probability - f64::from(u8::from(inside))).powi(2);
        }
        Ok(calibration)
    }

    /// The bins, from the lowest probabilities up.
    pub fn bins(&self) -> &[ReliabilityBin] {
        &self.bins
    }

    /// Expected calibration error: the mean gap of the bins, each weighed by its pixels (Naeini et al. 2015, Guo et al.
    /// 2017), of the probability of foreground. 0 is calibrated. NaN for no pixels.
    pub fn expected_error(&self) -> f64 {
        let weighed = self.bins.iter().map(|bin| bin.pixels as f64 * bin.gap());
        weighed.sum::<f64>() / self.pixels() as f64
    }

    /// The largest gap of a bin that has pixels; 0 if none has.
    pub fn maximum_error(&self) -> f64 {
        self.bins.iter().map(ReliabilityBin::gap).fold(0.0, f64::max)
    }

    /// Brier score (Brier 1950): mean squared distance of the probability from 1 or 0. It needs no bins, and falls both
    /// with calibration and with sharpness. NaN for no pixels.
    pub fn brier_score(&self) -> f64 {
        self.squared_error / self.pixels() as f64
    }

    fn pixels(&self) -> u64 {
        self.bins.iter().map(|bin| bin.pixels).sum()
    }
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "probability        pixels    mean  foreground")?;
        for bin in self.bins.iter().filter(|bin| bin.pixels > 0) {
            writeln!(
                f,
                "{:.3} to {:.3}  {:>10}  {:>6.4}  {:>10.4}",
                bin.low,
                bin.high,
                bin.pixels,
                bin.mean_probability(),
                bin.foreground_share(),
            )?;
        }
        write!(
            f,
            "expected calibration error {:.4}, maximum {:.4}, Brier score {:.4}",
            self.expected_error(),
            self.maximum_error(),
            self.brier_score(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_belong_to_the_lower_bin() {
        let found = Calibration::new(&[0.0, 0.25, 0.5, 0.75, 1.0], &[true; 5], 4).unwrap();
        let pixels: Vec<u64> = found.bins().iter().map(|bin| bin.pixels).collect();
        assert_eq!(pixels, [2, 1, 1, 1]);
    }

    #[test]
    fn known_answers() {
        let found = Calibration::new(&[0.25, 0.25, 0.25, 0.25, 1.0], &[true, false, false, false, false], 10).unwrap();
        assert_eq!((found.expected_error(), found.maximum_error()), (0.2, 1.0));
        assert!((found.brier_score() - (0.75f64.powi(2) + 3.0 * 0.0625 + 1.0) / 5.0).abs() < 1e-12);
        assert!(found.bins()[0].mean_probability().is_nan());
        assert_eq!(found.to_string().lines().count(), 4);
        let none: [f32; 0] = [];
        assert!(Calibration::new(&none, &[], 3).unwrap().expected_error().is_nan());
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        assert!(Calibration::new(&[0.5], &[true], 0).is_err());
        let error = Calibration::new(&[1.5], &[true], 5).unwrap_err();
        assert!(error.to_string().contains("a probability is 1.5"), "{error}");
    }
}

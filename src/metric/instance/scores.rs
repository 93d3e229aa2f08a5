//! Objects found at stricter and stricter thresholds: [`InstanceScores`].

use std::fmt;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

use super::{InstanceCounts, Overlaps};
use crate::data::LabelMap;
use crate::error::Result;

/// Objects found, invented and missed at IoU thresholds 0.50, 0.55 .. 0.95, as in the Data Science Bowl 2018 (Caicedo et
/// al. 2019).
///
/// Scores of several images add up, which pools their objects. The competition took the mean of the images'
/// [`mean_average_precision`](Self::mean_average_precision) instead; there, an image with few objects weighs as much as
/// one with many.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InstanceScores {
    counts: [InstanceCounts; 10],
}

/// Matches two instance maps at each threshold of [`InstanceScores`].
///
/// ```
/// use unet_lab::prelude::*;
///
/// let truth = LabelMap::new(vec![1, 1, 1, 1, 0, 2], &[1, 6])?;
/// let prediction = LabelMap::new(vec![1, 1, 1, 0, 0, 2], &[1, 6])?; // IoU 3/4 and 1
/// let scores = instance_scores(&prediction, &truth)?;
/// assert_eq!(scores.at(0).average_precision(), 1.0); // above 0.50
/// assert_eq!(scores.at(5).average_precision(), 1.0 / 3.0); // above 0.75
/// assert_eq!(scores.panoptic_quality(), 0.875);
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// [`ShapeError::Differ`](crate::error::ShapeError::Differ) if the two are not of one size.
pub fn instance_scores(prediction: &LabelMap, truth: &LabelMap) -> Result<InstanceScores> {
    let overlaps = Overlaps::new(prediction, truth)?;
    let mut counts = [InstanceCounts::default(); 10];
    for (count, threshold) in counts.iter_mut().zip(InstanceScores::thresholds()) {
        *count = overlaps.matches(threshold)?.counts();
    }
    Ok(InstanceScores { counts })
}

impl InstanceScores {
    /// 0.50, 0.55 .. 0.95: an IoU above one counts.
    pub fn thresholds() -> [f64; 10] {
        std::array::from_fn(|step| (50 + 5 * step) as f64 / 100.0)
    }

    /// The objects at the `step`th threshold, 0 to 9. Panics above, as a slice does.
    pub fn at(&self, step: usize) -> InstanceCounts {
        self.counts[step]
    }

    /// Mean over the thresholds of `tp / (tp + fp + fn)`: the score of the Data Science Bowl 2018.
    pub fn mean_average_precision(&self) -> f64 {
        self.mean(InstanceCounts::average_precision)
    }

    /// Mean F1 over the thresholds.
    pub fn mean_f1(&self) -> f64 {
        self.mean(InstanceCounts::f1)
    }

    /// Mean of a measure over the thresholds.
    pub fn mean(&self, measure: impl Fn(&InstanceCounts) -> f64) -> f64 {
        self.counts.iter().map(measure).sum::<f64>() / self.counts.len() as f64
    }

    /// [`InstanceCounts::panoptic_quality`] of the partners above 0.5, for one class.
    pub fn panoptic_quality(&self) -> f64 {
        self.counts[0].panoptic_quality()
    }
}

impl Add for InstanceScores {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl AddAssign for InstanceScores {
    fn add_assign(&mut self, other: Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
    }
}

impl std::iter::Sum for InstanceScores {
    fn sum<I: Iterator<Item = Self>>(scores: I) -> Self {
        scores.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for InstanceScores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "IoU above  found  false  missed  precision  recall      F1      AP")?;
        for (threshold, counts) in Self::thresholds().iter().zip(&self.counts) {
            writeln!(
                f,
                "{threshold:>9.2}  {:>5}  {:>5}  {:>6}  {:>9.4}  {:>6.4}  {:>6.4}  {:>6.4}",
                counts.tp,
                counts.fp,
                counts.fn_,
                counts.precision(),
                counts.recall(),
                counts.f1(),
                counts.average_precision(),
            )?;
        }
        write!(
            f,
            "mean AP {:.4}, mean F1 {:.4}, panoptic quality {:.4}",
            self.mean_average_precision(),
            self.mean_f1(),
            self.panoptic_quality(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(labels: &[u32]) -> LabelMap {
        LabelMap::new(labels.to_vec(), &[1, labels.len()]).unwrap()
    }

    #[test]
    fn stricter_thresholds_find_less() {
        let scores = instance_scores(&row(&[1, 1, 1, 0, 0, 2]), &row(&[1, 1, 1, 1, 0, 2])).unwrap();
        // 0.50 to 0.70: both; from 0.75: one of each
        assert!((scores.mean_average_precision() - (5.0 + 5.0 / 3.0) / 10.0).abs() < 1e-12);
        assert!((scores.mean_f1() - (5.0 + 2.5) / 10.0).abs() < 1e-12);
        let text = scores.to_string();
        assert_eq!(text.lines().count(), 12);
        assert!(
            text.ends_with("mean AP 0.6667, mean F1 0.7500, panoptic quality 0.8750"),
            "{text}"
        );
    }

    #[test]
    fn empty_maps() {
        let none = instance_scores(&row(&[0, 0]), &row(&[0, 0])).unwrap();
        assert_eq!((none.mean_average_precision(), none.panoptic_quality()), (1.0, 1.0));
        let invented = instance_scores(&row(&[0, 1]), &row(&[0, 0])).unwrap();
        assert_eq!(invented.mean_average_precision(), 0.0);
        let both: InstanceScores = [none, invented.clone()].into_iter().sum();
        assert_eq!(both, invented);
    }
}

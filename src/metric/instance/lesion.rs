//! Whether each lesion was noticed: [`lesion_detection`].

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

use super::super::agreement::ratio;
use super::Overlaps;
use crate::data::LabelMap;
use crate::error::{Result, SettingError};

/// When a lesion counts as noticed.
///
/// The same rule holds both ways: a lesion of the truth is found if enough of it is covered by the prediction, and a
/// lesion of the prediction is real if enough of it is covered by the truth. What covers may be several lesions
/// together, so a lesion predicted in two parts is found, and neither part is false. For partners one to one, use
/// [`Overlaps::matches`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum LesionRule {
    /// One shared voxel is enough, the rule of most lesion challenges.
    AnyVoxel,
    /// At least this share of its voxels, above 0 and at most 1.
    Share(f64),
}

impl LesionRule {
    fn check(self) -> Result<(), SettingError> {
        match self {
            Self::Share(share) if !(share > 0.0 && share <= 1.0) => {
                Err(SettingError::new("LesionRule::Share", share, "above 0 and at most 1"))
            }
            _ => Ok(()),
        }
    }

    fn holds(self, covered: u64, size: u64) -> bool {
        match self {
            Self::AnyVoxel => covered > 0,
            Self::Share(share) => covered as f64 >= share * size as f64,
        }
    }
}

/// Lesions counted by whether they were noticed, over one or more volumes.
///
/// Where a ratio is 0/0 it is 1 if nothing was missed and nothing invented, otherwise 0. Counts of several volumes
/// add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LesionDetection {
    /// Volumes counted.
    pub volumes: u64,
    /// Lesions of the truth.
    pub lesions: u64,
    /// Those of them that were found.
    pub found: u64,
    /// Lesions of the prediction.
    pub predicted: u64,
    /// Those of them that are not real.
    pub false_positives: u64,
}

impl LesionDetection {
    /// Share of the true lesions that were found.
    pub fn sensitivity(&self) -> f64 {
        self.ratio(self.found as f64, self.lesions as f64)
    }

    /// Share of the predicted lesions that are real.
    pub fn precision(&self) -> f64 {
        self.ratio((self.predicted - self.false_positives) as f64, self.predicted as f64)
    }

    /// Harmonic mean of [`sensitivity`](Self::sensitivity) and [`precision`](Self::precision); 0 if both are 0.
    pub fn f1(&self) -> f64 {
        let (sensitivity, precision) = (self.sensitivity(), self.precision());
        ratio(2.0 * sensitivity * precision, sensitivity + precision, false)
    }

    /// Invented lesions in a volume, on average; 0 for no volumes.
    pub fn false_positives_per_volume(&self) -> f64 {
        ratio(self.false_positives as f64, self.volumes as f64, false)
    }

    fn ratio(&self, part: f64, whole: f64) -> f64 {
        ratio(part, whole, self.found == self.lesions && self.false_positives == 0)
    }
}

/// Compares the lesions of a prediction with the true ones; both maps give each lesion a number of its own, 0 is none.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let truth = LabelMap::new(vec![1, 1, 1, 0, 2, 0], &[1, 6])?;
/// let prediction = LabelMap::new(vec![0, 0, 1, 0, 0, 2], &[1, 6])?;
/// let noticed = lesion_detection(&prediction, &truth, LesionRule::AnyVoxel)?;
/// assert_eq!((noticed.found, noticed.lesions, noticed.false_positives), (1, 2, 1));
/// let well = lesion_detection(&prediction, &truth, LesionRule::Share(0.5))?;
/// assert_eq!(well.sensitivity(), 0.0);
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// [`ShapeError::Differ`](crate::error::ShapeError::Differ) if the two are not of one size; [`SettingError`] if the share
/// is not above 0 and at most 1.
pub fn lesion_detection(prediction: &LabelMap, truth: &LabelMap, rule: LesionRule) -> Result<LesionDetection> {
    rule.check()?;
    let overlaps = Overlaps::new(prediction, truth)?;
    let (mut true_lesions, mut predicted) = (BTreeMap::new(), BTreeMap::new());
    for (t, p, count) in overlaps.pairs() {
        let both = if t != 0 && p != 0 { count } else { 0 };
        for (lesions, label) in [(&mut true_lesions, t), (&mut predicted, p)] {
            if label != 0 {
                let (covered, size): &mut (u64, u64) = lesions.entry(label).or_default();
                *covered += both;
                *size += count;
            }
        }
    }
    let noticed = |lesions: &BTreeMap<u32, (u64, u64)>| {
        let noticed = lesions.values().filter(|&&(covered, size)| rule.holds(covered, size));
        noticed.count() as u64
    };
    Ok(LesionDetection {
        volumes: 1,
        lesions: true_lesions.len() as u64,
        found: noticed(&true_lesions),
        predicted: predicted.len() as u64,
        false_positives: predicted.len() as u64 - noticed(&predicted),
    })
}

impl Add for LesionDetection {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            volumes: self.volumes + other.volumes,
            lesions: self.lesions + other.lesions,
            found: self.found + other.found,
            predicted: self.predicted + other.predicted,
            false_positives: self.false_positives + other.false_positives,
        }
    }
}

impl AddAssign for LesionDetection {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::iter::Sum for LesionDetection {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for LesionDetection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} lesions found (sensitivity {:.3}); {} of {} predicted lesions are false, {:.2} a volume over {} \
             volume(s)",
            self.found,
            self.lesions,
            self.sensitivity(),
            self.false_positives,
            self.predicted,
            self.false_positives_per_volume(),
            self.volumes,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(prediction: &[u32], truth: &[u32], rule: LesionRule) -> LesionDetection {
        let map = |labels: &[u32]| LabelMap::new(labels.to_vec(), &[1, 1, labels.len()]).unwrap();
        lesion_detection(&map(prediction), &map(truth), rule).unwrap()
    }

    #[test]
    fn parts_together_find_a_lesion() {
        let (prediction, truth) = ([1, 0, 2, 2, 0, 3], [7, 7, 7, 7, 0, 0]);
        let found = detect(&prediction, &truth, LesionRule::Share(0.75));
        assert_eq!((found.found, found.predicted, found.false_positives), (1, 3, 1));
        assert_eq!((found.sensitivity(), found.precision()), (1.0, 2.0 / 3.0));
        assert!((found.f1() - 0.8).abs() < 1e-12);
        assert_eq!(detect(&prediction, &truth, LesionRule::Share(0.76)).found, 0);
    }

    #[test]
    fn edge_cases() {
        let none = detect(&[0, 0], &[0, 0], LesionRule::AnyVoxel);
        assert_eq!([none.sensitivity(), none.precision(), none.f1()], [1.0; 3]);
        let invented = detect(&[0, 1], &[0, 0], LesionRule::AnyVoxel);
        assert_eq!([invented.sensitivity(), invented.precision(), invented.f1()], [0.0; 3]);
        let missed = detect(&[0, 0], &[0, 1], LesionRule::AnyVoxel);
        assert_eq!([missed.sensitivity(), missed.precision(), missed.f1()], [0.0; 3]);
        let single = detect(&[1], &[1], LesionRule::Share(1.0));
        assert_eq!([single.sensitivity(), single.precision(), single.f1()], [1.0; 3]);
        let sum: LesionDetection = [none, invented, missed, single].into_iter().sum();
        assert_eq!(
            (sum.volumes, sum.lesions, sum.false_positives_per_volume()),
            (4, 2, 0.25)
        );
        assert_eq!(
            sum.to_string(),
            "1 of 2 lesions found (sensitivity 0.500); 1 of 2 predicted lesions are false, 0.25 a volume over 4 volume(s)"
        );
    }

    #[test]
    fn a_share_out_of_range_is_refused() {
        let map = LabelMap::new(vec![1], &[1, 1]).unwrap();
        for share in [0.0, 1.1, f64::NAN] {
            assert!(lesion_detection(&map, &map, LesionRule::Share(share)).is_err());
        }
    }
}

//! Two ways to cut an image into pieces, compared: adapted Rand error and variation of information.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::super::agreement::ratio;
use super::Overlaps;
use crate::data::LabelMap;
use crate::error::ShapeError;

/// Adapted Rand error with its two parts (Arganda-Carreras et al. 2015, section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdaptedRand {
    /// 1 - F score of the two parts; 0 is exact.
    pub error: f64,
    /// Of the pairs of pixels that are one object in the truth, the share that is still together in the prediction:
    /// low if objects were split.
    pub split: f64,
    /// Of the pairs of pixels that are one object in the prediction, the share that belongs together: low if objects
    /// were merged.
    pub merge: f64,
}

/// Variation of information in bits (Meila 2007): what knowing one map leaves open of the other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariationOfInformation {
    /// H(prediction | truth): above 0 if objects were split.
    pub split: f64,
    /// H(truth | prediction): above 0 if objects were merged.
    pub merge: f64,
}

impl VariationOfInformation {
    /// Both parts together; 0 is exact.
    pub fn total(&self) -> f64 {
        self.split + self.merge
    }
}

/// Adapted Rand error of an instance map: how many pairs of pixels are rightly together. Pixels that are 0 in the truth
/// do not count, as in the ISBI and SNEMI3D challenges.
///
/// The error equals that of `skimage.metrics.adapted_rand_error`; that function returns [`AdaptedRand::split`] and
/// [`AdaptedRand::merge`] as its second and third value. Where no two pixels are together in either map, nothing can
/// be wrong: the error is 0 (there, scikit-image gives NaN).
///
/// # Errors
/// [`ShapeError::Differ`] if the two are not of one size.
pub fn adapted_rand_error(prediction: &LabelMap, truth: &LabelMap) -> Result<AdaptedRand, ShapeError> {
    Ok(Overlaps::new(prediction, truth)?.without_truth(0).adapted_rand())
}

/// Variation of information between two maps, with 0 as a label among others, as
/// `skimage.metrics.variation_of_information` has it (its values are [`VariationOfInformation::split`] and
/// [`VariationOfInformation::merge`], if the truth is its first image).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let truth = LabelMap::new(vec![1, 1, 1, 1, 2, 2, 2, 2], &[2, 4])?;
/// let halved = LabelMap::new(vec![1, 1, 3, 3, 2, 2, 2, 2], &[2, 4])?;
/// let found = variation_of_information(&halved, &truth)?;
/// assert_eq!((found.split, found.merge), (0.5, 0.0)); // one bit, for half of the pixels
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// [`ShapeError::Differ`] if the two are not of one size.
pub fn variation_of_information(prediction: &LabelMap, truth: &LabelMap) -> Result<VariationOfInformation, ShapeError> {
    Ok(Overlaps::new(prediction, truth)?.variation_of_information())
}

impl Overlaps {
    /// [`adapted_rand_error`] of all labels in the table.
    pub fn adapted_rand(&self) -> AdaptedRand {
        // Pairs of different pixels, both ways round; exact in 128 bits.
        let pairs = |counts: &mut dyn Iterator<Item = u64>| {
            let pairs: u128 = counts
                .map(|count| u128::from(count) * u128::from(count.max(1) - 1))
                .sum();
            pairs as f64
        };
        let together = pairs(&mut self.pairs().map(|(_, _, count)| count));
        let truth = pairs(&mut self.truth_sizes().map(|(_, count)| count));
        let prediction = pairs(&mut self.prediction_sizes().map(|(_, count)| count));
        AdaptedRand {
            error: 1.0 - ratio(2.0 * together, truth + prediction, true),
            split: ratio(together, truth, prediction == 0.0),
            merge: ratio(together, prediction, truth == 0.0),
        }
    }

    /// [`variation_of_information`] of all labels in the table; 0 for no pixels.
    pub fn variation_of_information(&self) -> VariationOfInformation {
        let total: u64 = self.truth_sizes().map(|(_, count)| count).sum();
        let bits = |counts: &mut dyn Iterator<Item = u64>| {
            let terms = counts.map(|count| {
                let share = count as f64 / total as f64;
                -share * share.log2()
            });
            terms.sum::<f64>()
        };
        let joint = bits(&mut self.pairs().map(|(_, _, count)| count));
        let truth = bits(&mut self.truth_sizes().map(|(_, count)| count));
        let prediction = bits(&mut self.prediction_sizes().map(|(_, count)| count));
        VariationOfInformation {
            split: (joint - truth).max(0.0),
            merge: (joint - prediction).max(0.0),
        }
    }
}

impl fmt::Display for AdaptedRand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { error, split, merge } = self;
        write!(
            f,
            "adapted Rand error {error:.4} (split {split:.4}, merge {merge:.4}; 1 is none)"
        )
    }
}

impl fmt::Display for VariationOfInformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (total, split, merge) = (self.total(), self.split, self.merge);
        write!(
            f,
            "variation of information {total:.4} bits (split {split:.4}, merge {merge:.4}; 0 is none)"
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
    fn splitting_and_merging_are_told_apart() {
        let (one, two) = (row(&[1, 1, 1, 1]), row(&[1, 1, 2, 2]));
        let split = adapted_rand_error(&two, &one).unwrap();
        // 12 ordered pairs in the truth, of which 4 stay together
        assert!((split.error - (1.0 - 8.0 / 16.0)).abs() < 1e-12);
        assert_eq!((split.split, split.merge), (4.0 / 12.0, 1.0));
        let merged = adapted_rand_error(&one, &two).unwrap();
        assert_eq!((merged.split, merged.merge), (1.0, 4.0 / 12.0));
        let bits = variation_of_information(&two, &one).unwrap();
        assert_eq!((bits.split, bits.merge, bits.total()), (1.0, 0.0, 1.0));
    }

    #[test]
    fn names_of_labels_do_not_matter_and_background_is_left_out() {
        let found = adapted_rand_error(&row(&[9, 9, 4, 4, 4]), &row(&[1, 1, 2, 2, 0])).unwrap();
        assert_eq!((found.error, found.split, found.merge), (0.0, 1.0, 1.0));
    }

    #[test]
    fn nothing_together_is_no_error() {
        for (prediction, truth) in [(vec![1], vec![1]), (vec![1, 2], vec![3, 4]), (vec![0, 0], vec![0, 0])] {
            let found = adapted_rand_error(&row(&prediction), &row(&truth)).unwrap();
            assert_eq!((found.error, found.split, found.merge), (0.0, 1.0, 1.0));
        }
        let merged = adapted_rand_error(&row(&[1, 1]), &row(&[3, 4])).unwrap();
        assert_eq!((merged.error, merged.split, merged.merge), (1.0, 0.0, 0.0));
        let none = LabelMap::new(vec![], &[0, 2]).unwrap();
        assert_eq!(variation_of_information(&none, &none).unwrap().total(), 0.0);
    }
}

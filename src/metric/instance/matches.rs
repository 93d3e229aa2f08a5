//! Which object is which: [`InstanceMatches`].

use std::collections::BTreeSet;

use super::{InstanceCounts, Overlaps};
use crate::error::SettingError;

/// An object of the truth and the object of the prediction that is taken for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatchedPair {
    /// Label in the truth.
    pub truth: u32,
    /// Label in the prediction.
    pub prediction: u32,
    /// Their intersection over union.
    pub iou: f64,
}

/// Partners of the truth and the prediction, and who has none.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceMatches {
    /// Partners, in the order of the truth's labels.
    pub pairs: Vec<MatchedPair>,
    /// Labels of the prediction without a partner.
    pub false_positives: Vec<u32>,
    /// Labels of the truth without a partner.
    pub missed: Vec<u32>,
}

impl InstanceMatches {
    /// How many there are of each.
    pub fn counts(&self) -> InstanceCounts {
        InstanceCounts {
            tp: self.pairs.len() as u64,
            fp: self.false_positives.len() as u64,
            fn_: self.missed.len() as u64,
            iou_sum: self.pairs.iter().map(|pair| pair.iou).sum(),
        }
    }
}

impl Overlaps {
    /// Partners: an object of the truth and one of the prediction whose IoU is above `threshold`.
    ///
    /// From a threshold of 0.5 no object can have two partners (Kirillov et al. 2019, section 4.1). Below, the pairs are
    /// taken from the highest IoU down, each object once; that is not always the largest possible number of pairs.
    ///
    /// # Errors
    /// [`SettingError`] if the threshold is not in `0..1`.
    pub fn matches(&self, threshold: f64) -> Result<InstanceMatches, SettingError> {
        if !(0.0..1.0).contains(&threshold) {
            return Err(SettingError::new("threshold", threshold, "at least 0 and below 1"));
        }
        let objects = self
            .pairs()
            .filter(|&(truth, prediction, _)| truth != 0 && prediction != 0);
        let mut candidates: Vec<MatchedPair> = objects
            .map(|(truth, prediction, _)| MatchedPair {
                truth,
                prediction,
                iou: self.iou(truth, prediction),
            })
            .filter(|pair| pair.iou > threshold)
            .collect();
        candidates.sort_by(|left, right| right.iou.total_cmp(&left.iou));
        let (mut taken_truth, mut taken) = (BTreeSet::new(), BTreeSet::new());
        let mut pairs = Vec::new();
        for pair in candidates {
            if !taken_truth.contains(&pair.truth) && !taken.contains(&pair.prediction) {
                taken_truth.insert(pair.truth);
                taken.insert(pair.prediction);
                pairs.push(pair);
            }
        }
        pairs.sort_by_key(|pair| pair.truth);
        let alone = |labels: &mut dyn Iterator<Item = (u32, u64)>, taken: &BTreeSet<u32>| {
            let labels = labels.map(|(label, _)| label);
            labels.filter(|label| *label != 0 && !taken.contains(label)).collect()
        };
        Ok(InstanceMatches {
            pairs,
            false_positives: alone(&mut self.prediction_sizes(), &taken),
            missed: alone(&mut self.truth_sizes(), &taken_truth),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::LabelMap;

    fn overlaps(prediction: &[u32], truth: &[u32]) -> Overlaps {
        let map = |labels: &[u32]| LabelMap::new(labels.to_vec(), &[1, labels.len()]).unwrap();
        Overlaps::new(&map(prediction), &map(truth)).unwrap()
    }

    #[test]
    fn an_iou_of_exactly_the_threshold_is_none() {
        let half = overlaps(&[3, 3, 0], &[1, 0, 0]);
        assert_eq!(half.iou(1, 3), 0.5);
        let matches = half.matches(0.5).unwrap();
        assert_eq!(
            (matches.pairs.len(), matches.false_positives, matches.missed),
            (0, vec![3], vec![1])
        );
        assert_eq!(half.matches(0.49).unwrap().counts().tp, 1);
    }

    #[test]
    fn below_a_half_the_best_pair_goes_first() {
        // object 1 meets 5 (2 of 6) and 6 (3 of 6); object 2 meets 5 (2 of 5)
        let found = overlaps(&[5, 5, 6, 6, 6, 5, 5, 0], &[1, 1, 1, 1, 1, 2, 2, 2]);
        let matches = found.matches(0.1).unwrap();
        let labels: Vec<_> = matches.pairs.iter().map(|pair| (pair.truth, pair.prediction)).collect();
        assert_eq!(labels, [(1, 6), (2, 5)]);
        assert!(matches.missed.is_empty());
    }

    #[test]
    fn a_threshold_out_of_range_is_refused() {
        for threshold in [-0.1, 1.0, f64::NAN] {
            assert!(overlaps(&[1], &[1]).matches(threshold).is_err());
        }
    }
}

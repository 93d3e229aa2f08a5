//! The pixels that objects share: [`Overlaps`].

use std::collections::{BTreeMap, HashMap};

use super::super::same_shape;
use crate::data::LabelMap;
use crate::error::ShapeError;

/// How many pixels each label of the prediction shares with each label of the truth.
///
/// Only pairs that meet are stored, and the maps are read once: the cost is that of the pixels, whatever the number of
/// objects. Label 0, where there is no object, is counted too.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let truth = LabelMap::new(vec![1, 1, 1, 0, 2, 2], &[1, 6])?;
/// let prediction = LabelMap::new(vec![5, 5, 0, 0, 0, 9], &[1, 6])?;
/// let overlaps = Overlaps::new(&prediction, &truth)?;
/// assert_eq!(overlaps.shared(1, 5), 2);
/// assert_eq!(overlaps.iou(1, 5), 2.0 / 3.0);
/// let matches = overlaps.matches(0.5)?;
/// assert_eq!((matches.counts().tp, matches.counts().fp, matches.counts().fn_), (1, 1, 1));
/// # Ok::<(), LabError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlaps {
    /// `(truth, prediction)` to shared pixels.
    pairs: BTreeMap<(u32, u32), u64>,
    truth: BTreeMap<u32, u64>,
    prediction: BTreeMap<u32, u64>,
}

impl Overlaps {
    /// Counts the pixels of two instance maps.
    ///
    /// # Errors
    /// [`ShapeError::Differ`] if the two are not of one size.
    pub fn new(prediction: &LabelMap, truth: &LabelMap) -> Result<Self, ShapeError> {
        same_shape(prediction.size().to_vec(), truth.size().to_vec())?;
        let mut pairs: HashMap<(u32, u32), u64> = HashMap::new();
        let mut labels = truth.data().iter().copied().zip(prediction.data().iter().copied());
        // Neighbours mostly agree: a run of one pair is looked up once.
        if let Some(mut pair) = labels.next() {
            let mut run = 1;
            for next in labels {
                if next != pair {
                    *pairs.entry(pair).or_default() += run;
                    (pair, run) = (next, 0);
                }
                run += 1;
            }
            *pairs.entry(pair).or_default() += run;
        }
        Ok(Self::from_pairs(pairs.into_iter().collect()))
    }

    fn from_pairs(pairs: BTreeMap<(u32, u32), u64>) -> Self {
        let (mut truth, mut prediction) = (BTreeMap::new(), BTreeMap::new());
        for (&(t, p), &count) in &pairs {
            *truth.entry(t).or_default() += count;
            *prediction.entry(p).or_default() += count;
        }
        Self {
            pairs,
            truth,
            prediction,
        }
    }

    /// The table without the pixels that have `label` in the truth, as where nobody has annotated.
    pub fn without_truth(&self, label: u32) -> Self {
        let kept = self.pairs.iter().filter(|((truth, _), _)| *truth != label);
        Self::from_pairs(kept.map(|(&pair, &count)| (pair, count)).collect())
    }

    /// Pixels of truth label `truth` that have label `prediction` in the prediction.
    pub fn shared(&self, truth: u32, prediction: u32) -> u64 {
        self.pairs.get(&(truth, prediction)).copied().unwrap_or(0)
    }

    /// Intersection over union of an object of the truth and one of the prediction; 0 if neither exists.
    pub fn iou(&self, truth: u32, prediction: u32) -> f64 {
        let shared = self.shared(truth, prediction);
        let size = |sizes: &BTreeMap<u32, u64>, label| sizes.get(&label).copied().unwrap_or(0);
        match size(&self.truth, truth) + size(&self.prediction, prediction) - shared {
            0 => 0.0,
            union => shared as f64 / union as f64,
        }
    }

    /// Every pair of labels that meets: truth, prediction, shared pixels. In the order of the labels.
    pub fn pairs(&self) -> impl Iterator<Item = (u32, u32, u64)> {
        self.pairs
            .iter()
            .map(|(&(truth, prediction), &count)| (truth, prediction, count))
    }

    /// Every label of the truth with its pixels, 0 included.
    pub fn truth_sizes(&self) -> impl Iterator<Item = (u32, u64)> {
        self.truth.iter().map(|(&label, &count)| (label, count))
    }

    /// Every label of the prediction with its pixels, 0 included.
    pub fn prediction_sizes(&self) -> impl Iterator<Item = (u32, u64)> {
        self.prediction.iter().map(|(&label, &count)| (label, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(labels: &[u32]) -> LabelMap {
        LabelMap::new(labels.to_vec(), &[1, labels.len()]).unwrap()
    }

    #[test]
    fn runs_and_single_pixels_are_counted() {
        let overlaps = Overlaps::new(&map(&[0, 4, 4, 7, 0, 4]), &map(&[1, 1, 1, 1, 0, 2])).unwrap();
        let pairs: Vec<_> = overlaps.pairs().collect();
        assert_eq!(pairs, [(0, 0, 1), (1, 0, 1), (1, 4, 2), (1, 7, 1), (2, 4, 1)]);
        assert_eq!(overlaps.truth_sizes().collect::<Vec<_>>(), [(0, 1), (1, 4), (2, 1)]);
        assert_eq!(
            overlaps.prediction_sizes().collect::<Vec<_>>(),
            [(0, 2), (4, 3), (7, 1)]
        );
        assert_eq!(overlaps.iou(1, 4), 2.0 / 5.0);
        assert_eq!((overlaps.iou(8, 9), overlaps.iou(1, 9)), (0.0, 0.0));
        assert_eq!(
            overlaps.without_truth(1).pairs().collect::<Vec<_>>(),
            [(0, 0, 1), (2, 4, 1)]
        );
    }

    #[test]
    fn no_pixels_and_other_sizes() {
        let none = LabelMap::new(vec![], &[0, 3]).unwrap();
        assert_eq!(Overlaps::new(&none, &none).unwrap().pairs().count(), 0);
        assert!(Overlaps::new(&map(&[1, 2]), &map(&[1])).is_err());
    }
}

//! What every threshold would give: [`ThresholdCurve`].

use serde::{Deserialize, Serialize};

use super::super::{Confusion, Pixels};
use super::Probabilities;
use super::probabilities::{check_cases, pooled};
use crate::error::Result;

/// The pixels of one or more probability maps counted at every threshold that makes a difference.
///
/// Each distinct probability is a threshold: pixels of at least that much are foreground. From the counts come the ROC
/// curve and the precision-recall curve with the areas under them. For a rare foreground the ROC area is high even for
/// a poor map, since almost all pixels are background; look at the precision-recall curve.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let curve = ThresholdCurve::new(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true])?;
/// assert_eq!(curve.roc_auc(), 0.75);
/// assert!((curve.average_precision() - 5.0 / 6.0).abs() < 1e-12);
/// assert_eq!(curve.best_dice().threshold, 0.35);
/// # Ok::<(), LabError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdCurve {
    points: Vec<CurvePoint>,
    positives: u64,
    negatives: u64,
}

/// The counts at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Pixels of at least this probability are foreground.
    pub threshold: f32,
    /// What that gives.
    pub counts: Confusion,
}

impl ThresholdCurve {
    /// From one map.
    ///
    /// # Errors
    /// As [`pooled`](Self::pooled).
    pub fn new(map: &(impl Probabilities + ?Sized), truth: &(impl Pixels + ?Sized)) -> Result<Self> {
        Self::pooled(&[map], &[truth])
    }

    /// From the pixels of several maps together.
    ///
    /// # Errors
    /// [`ShapeError::Differ`](crate::error::ShapeError::Differ) if a map and its truth are not of one size;
    /// [`DataError::Argument`](crate::data::DataError::Argument) if there are not as many maps as truths, none at all, or
    /// a probability is NaN.
    pub fn pooled(maps: &[impl Probabilities], truths: &[impl Pixels]) -> Result<Self> {
        check_cases(maps, truths)?;
        let mut pixels: Vec<(f32, bool)> = pooled(maps, truths).collect();
        pixels.sort_unstable_by(|left, right| right.0.total_cmp(&left.0));
        let positives = pixels.iter().filter(|(_, inside)| *inside).count() as u64;
        let negatives = pixels.len() as u64 - positives;
        let (mut tp, mut fp) = (0, 0);
        let points = pixels.chunk_by(|left, right| left.0 == right.0).map(|equal| {
            let inside = equal.iter().filter(|(_, inside)| *inside).count() as u64;
            tp += inside;
            fp += equal.len() as u64 - inside;
            let counts = Confusion {
                tp,
                fp,
                fn_: positives - tp,
                tn: negatives - fp,
            };
            CurvePoint {
                threshold: equal[0].0,
                counts,
            }
        });
        Ok(Self {
            points: points.collect(),
            positives,
            negatives,
        })
    }

    /// The counts at each threshold, from the highest down.
    pub fn points(&self) -> &[CurvePoint] {
        &self.points
    }

    /// `[false positive rate, true positive rate]` from (0, 0), nothing found, to (1, 1), all taken for foreground. A
    /// rate of a class that has no pixel is NaN.
    pub fn roc(&self) -> Vec<[f64; 2]> {
        let rate = |counts: &Confusion| {
            let (negatives, positives) = (self.negatives as f64, self.positives as f64);
            [counts.fp as f64 / negatives, counts.tp as f64 / positives]
        };
        let start = rate(&Confusion::default());
        let rates = self.points.iter().map(|point| rate(&point.counts));
        std::iter::once(start).chain(rates).collect()
    }

    /// Area under the ROC curve by trapezoids: how often a foreground pixel has a higher probability than a background
    /// pixel, ties counted half (Hanley and McNeil 1982). 0.5 is guessing. NaN if foreground or background has no
    /// pixel.
    pub fn roc_auc(&self) -> f64 {
        let roc = self.roc();
        let steps = roc.windows(2).map(|step| {
            let ([x0, y0], [x1, y1]) = (step[0], step[1]);
            (x1 - x0) * (y0 + y1) / 2.0
        });
        match self.positives == 0 || self.negatives == 0 {
            true => f64::NAN,
            false => steps.sum(),
        }
    }

    /// `[recall, precision]` from (0, 1), nothing found and nothing wrong, to the threshold that takes all for
    /// foreground. The recall is NaN if there is no foreground.
    pub fn precision_recall(&self) -> Vec<[f64; 2]> {
        let recall = |tp: u64| tp as f64 / self.positives as f64;
        let points = self.points.iter().map(|CurvePoint { counts, .. }| {
            let precision = counts.tp as f64 / (counts.tp + counts.fp) as f64;
            [recall(counts.tp), precision]
        });
        std::iter::once([recall(0), 1.0]).chain(points).collect()
    }

    /// Area under the precision-recall curve in steps, `sum((R_n - R_n-1) P_n)`, as scikit-learn's
    /// `average_precision_score`; guessing gives the share of the foreground. NaN if there is no foreground.
    pub fn average_precision(&self) -> f64 {
        let curve = self.precision_recall();
        match self.positives {
            0 => f64::NAN,
            _ => curve
                .windows(2)
                .map(|step| (step[1][0] - step[0][0]) * step[1][1])
                .sum(),
        }
    }

    /// The point with the highest Dice of all pixels together, the highest threshold of equals. For the mean Dice of
    /// the maps, see [`tune_threshold`](crate::infer::tune_threshold). A threshold of infinity with empty counts for maps
    /// without pixels.
    pub fn best_dice(&self) -> CurvePoint {
        let nothing = CurvePoint {
            threshold: f32::INFINITY,
            counts: Confusion {
                fn_: self.positives,
                tn: self.negatives,
                ..Confusion::default()
            },
        };
        let points = self.points.iter().copied();
        points.fold(nothing, |best, point| match point.counts.dice() > best.counts.dice() {
            true => point,
            false => best,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_are_one_point() {
        let curve = ThresholdCurve::new(&[0.5, 0.5, 0.9, 0.1], &[true, false, true, false]).unwrap();
        assert_eq!(curve.roc(), [[0.0, 0.0], [0.0, 0.5], [0.5, 1.0], [1.0, 1.0]]);
        assert_eq!(curve.roc_auc(), 0.5 * 0.75 + 0.5);
        assert_eq!(
            curve.precision_recall(),
            [[0.0, 1.0], [0.5, 1.0], [1.0, 2.0 / 3.0], [1.0, 0.5]]
        );
        assert_eq!(
            curve.points()[1].counts,
            Confusion {
                tp: 2,
                fp: 1,
                fn_: 0,
                tn: 1
            }
        );
        assert_eq!(curve.best_dice().threshold, 0.5);
    }

    #[test]
    fn one_class_alone_has_no_area() {
        let empty = ThresholdCurve::new(&[0.5, 0.2], &[false, false]).unwrap();
        assert!(empty.roc_auc().is_nan() && empty.average_precision().is_nan());
        assert_eq!(empty.best_dice().threshold, f32::INFINITY);
        assert_eq!(empty.best_dice().counts.dice(), 1.0);
        let full = ThresholdCurve::new(&[0.5, 0.2], &[true, true]).unwrap();
        assert!(full.roc_auc().is_nan());
        assert_eq!(full.average_precision(), 1.0);
        let single = ThresholdCurve::new(&[0.5], &[true]).unwrap();
        assert_eq!(single.best_dice().counts.tp, 1);
        let none: [f32; 0] = [];
        assert_eq!(ThresholdCurve::new(&none, &[]).unwrap().points(), []);
    }

    #[test]
    fn maps_are_pooled_and_checked() {
        let maps = [vec![0.9f32, 0.1], vec![0.8, 0.3]];
        let truths = [vec![true, false], vec![false, true]];
        let curve = ThresholdCurve::pooled(&maps, &truths).unwrap();
        assert_eq!(curve, ThresholdCurve::new(&maps.concat(), &truths.concat()).unwrap());
        assert!(ThresholdCurve::pooled(&maps, &truths[..1]).is_err());
        assert!(ThresholdCurve::pooled(&maps[..0], &truths[..0]).is_err());
        assert!(ThresholdCurve::new(&[0.5], &[true, false]).is_err());
        let error = ThresholdCurve::new(&[0.5, f32::NAN], &[true, false]).unwrap_err();
        assert!(
            error.to_string().starts_with("the probability of pixel 1 in map 0"),
            "{error}"
        );
    }
}

//! Objects found, invented and missed: [`InstanceCounts`].

use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

use super::super::agreement::ratio;

/// Objects counted by whether they found a partner, with the IoU of the partners.
///
/// Where a ratio is 0/0 it is 1 if nothing was invented and nothing missed, otherwise 0, as in
/// [`Confusion`](crate::metric::Confusion). Counts of several images add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InstanceCounts {
    /// Objects of the truth with a partner.
    pub tp: u64,
    /// Objects of the prediction without one.
    pub fp: u64,
    /// Objects of the truth without one.
    pub fn_: u64,
    /// Sum of the partners' IoU.
    pub iou_sum: f64,
}

impl InstanceCounts {
    /// `tp / (tp + fp)`: how many of the objects found are real.
    pub fn precision(&self) -> f64 {
        self.ratio(self.tp as f64, (self.tp + self.fp) as f64)
    }

    /// `tp / (tp + fn)`: how many of the real objects were found.
    pub fn recall(&self) -> f64 {
        self.ratio(self.tp as f64, (self.tp + self.fn_) as f64)
    }

    /// `2 tp / (2 tp + fp + fn)`; also the recognition quality of [`panoptic_quality`](Self::panoptic_quality).
    pub fn f1(&self) -> f64 {
        self.ratio((2 * self.tp) as f64, (2 * self.tp + self.fp + self.fn_) as f64)
    }

    /// `tp / (tp + fp + fn)`, which the Data Science Bowl 2018 called average precision (Caicedo et al. 2019). It is not
    /// the area under a precision-recall curve: objects of a label map have no score to rank them by.
    pub fn average_precision(&self) -> f64 {
        self.ratio(self.tp as f64, (self.tp + self.fp + self.fn_) as f64)
    }

    /// Mean IoU of the partners (Kirillov et al. 2019, section 4.1).
    pub fn segmentation_quality(&self) -> f64 {
        self.ratio(self.iou_sum, self.tp as f64)
    }

    /// `iou_sum / (tp + fp / 2 + fn / 2)` (Kirillov et al. 2019, equation 1): how many were found, times how well.
    pub fn panoptic_quality(&self) -> f64 {
        self.ratio(2.0 * self.iou_sum, (2 * self.tp + self.fp + self.fn_) as f64)
    }

    fn ratio(&self, part: f64, whole: f64) -> f64 {
        ratio(part, whole, self.fp + self.fn_ == 0)
    }
}

impl Add for InstanceCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            tp: self.tp + other.tp,
            fp: self.fp + other.fp,
            fn_: self.fn_ + other.fn_,
            iou_sum: self.iou_sum + other.iou_sum,
        }
    }
}

impl AddAssign for InstanceCounts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::iter::Sum for InstanceCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measures(c: InstanceCounts) -> [f64; 6] {
        [
            c.precision(),
            c.recall(),
            c.f1(),
            c.average_precision(),
            c.segmentation_quality(),
            c.panoptic_quality(),
        ]
    }

    fn counts(tp: u64, fp: u64, fn_: u64, iou_sum: f64) -> InstanceCounts {
        InstanceCounts { tp, fp, fn_, iou_sum }
    }

    #[test]
    fn known_answers_and_edge_cases() {
        assert_eq!(
            measures(counts(3, 1, 2, 2.25)),
            [3.0 / 4.0, 3.0 / 5.0, 6.0 / 9.0, 3.0 / 6.0, 0.75, 4.5 / 9.0]
        );
        assert_eq!(measures(counts(0, 0, 0, 0.0)), [1.0; 6]);
        assert_eq!(measures(counts(0, 2, 0, 0.0)), [0.0; 6]);
        assert_eq!(measures(counts(0, 0, 2, 0.0)), [0.0; 6]);
        let sum: InstanceCounts = [counts(1, 2, 3, 0.5), counts(1, 0, 0, 1.0)].into_iter().sum();
        assert_eq!(sum, counts(2, 2, 3, 1.5));
    }
}

//! The four ways in which a predicted pixel meets the truth, and the measures made of them.

use std::fmt;
use std::ops::{Add, AddAssign};

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::agreement::{Margins, ratio};
use super::{Pixels, same_shape};
use crate::error::ShapeError;

/// Pixels counted by what was predicted and what is true.
///
/// Every measure is a ratio of counts in `0..=1`. Where a ratio has no denominator (0/0) one rule holds for all: it
/// is 1 if the prediction equals the truth, otherwise 0. So an empty prediction of an empty truth has Dice 1: it is
/// exactly right, and counting it as 0 or leaving it out would punish or hide it. (MONAI's `compute_dice` gives 1 there
/// with `ignore_empty=False`, and NaN, left out of the mean, with its default; scikit-learn gives 0 with a warning.)
///
/// Counts add up: the sum over several images pools their pixels, so large objects weigh more; a mean of the images'
/// own measures weighs every image the same.
///
/// Taught in unit 02 (training).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let prediction = [true, true, true, false, false, false];
/// let truth = [true, true, false, true, false, false];
/// let counts = Confusion::new(&prediction, &truth)?;
/// assert_eq!(counts, Confusion { tp: 2, fp: 1, fn_: 1, tn: 2 });
/// assert_eq!(counts.dice(), 4.0 / 6.0);
/// assert_eq!(counts.iou(), 2.0 / 4.0);
/// # Ok::<(), LabError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// True positives: foreground, found.
    pub tp: u64,
    /// False positives: background, taken for foreground.
    pub fp: u64,
    /// False negatives: foreground, missed.
    pub fn_: u64,
    /// True negatives: background, left alone.
    pub tn: u64,
}

impl Confusion {
    /// Counts the pixels of a prediction against the truth.
    ///
    /// # Errors
    /// [`ShapeError::Differ`] if the two are not of one size.
    pub fn new(prediction: &(impl Pixels + ?Sized), truth: &(impl Pixels + ?Sized)) -> Result<Self, ShapeError> {
        same_shape(prediction.shape(), truth.shape())?;
        let pairs = prediction.pixels().iter().zip(truth.pixels());
        Ok(Self::count(pairs.map(|(&p, &t)| (p, t))))
    }

    /// Counts the elements of a tensor of probabilities, of which those of at least `threshold` are foreground,
    /// against a tensor of the truth, whose elements of at least 0.5 are.
    ///
    /// # Shapes
    /// - `probabilities`, `truth`: equal, of any rank
    ///
    /// # Errors
    /// [`ShapeError::Differ`] if they are not.
    pub fn from_tensors<const D: usize>(
        probabilities: Tensor<D>,
        truth: Tensor<D>,
        threshold: f32,
    ) -> Result<Self, ShapeError> {
        same_shape(probabilities.dims().to_vec(), truth.dims().to_vec())?;
        let (probabilities, truth) = (probabilities.into_data(), truth.into_data());
        let pairs = probabilities.iter::<f32>().zip(truth.iter::<f32>());
        Ok(Self::count(pairs.map(|(p, t)| (p >= threshold, t >= 0.5))))
    }

    fn count(pairs: impl Iterator<Item = (bool, bool)>) -> Self {
        let mut counts = [0u64; 4];
        for (prediction, truth) in pairs {
            counts[usize::from(prediction) * 2 + usize::from(truth)] += 1;
        }
        let [tn, fn_, fp, tp] = counts;
        Self { tp, fp, fn_, tn }
    }

    /// All pixels.
    pub fn total(&self) -> u64 {
        self.tp + self.fp + self.fn_ + self.tn
    }

    /// Dice coefficient, `2 tp / (2 tp + fp + fn)` (Dice 1945): the overlap as a share of the mean size. It is the F1
    /// score, and `2 iou / (1 + iou)`.
    pub fn dice(&self) -> f64 {
        self.ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn_)
    }

    /// Intersection over union, `tp / (tp + fp + fn)` (Jaccard 1912).
    pub fn iou(&self) -> f64 {
        self.ratio(self.tp, self.tp + self.fp + self.fn_)
    }

    /// `(tp + tn) / total`: the share of pixels that are right. High for a rare foreground even if none of it is
    /// found.
    pub fn accuracy(&self) -> f64 {
        self.ratio(self.tp + self.tn, self.total())
    }

    /// `tp / (tp + fp)`: how much of what was found is real. Also positive predictive value.
    pub fn precision(&self) -> f64 {
        self.ratio(self.tp, self.tp + self.fp)
    }

    /// `tp / (tp + fn)`: how much of what is real was found. Also sensitivity, true positive rate.
    pub fn recall(&self) -> f64 {
        self.ratio(self.tp, self.tp + self.fn_)
    }

    /// `tn / (tn + fp)`: how much of the background was left alone. Also true negative rate.
    pub fn specificity(&self) -> f64 {
        self.ratio(self.tn, self.tn + self.fp)
    }

    /// `tn / (tn + fn)`: how much of what was left alone is background.
    pub fn negative_predictive_value(&self) -> f64 {
        self.ratio(self.tn, self.tn + self.fn_)
    }

    /// Mean of [`recall`](Self::recall) and [`specificity`](Self::specificity): the accuracy if foreground and
    /// background were equally common. Each of the two follows the rule for 0/0 by itself.
    pub fn balanced_accuracy(&self) -> f64 {
        (self.recall() + self.specificity()) / 2.0
    }

    /// F score, `(1 + b²) tp / ((1 + b²) tp + b² fn + fp)` (van Rijsbergen 1979): with `beta` 2 a missed pixel weighs
    /// more than a false one, with 0.5 less; with 1 it is [`dice`](Self::dice).
    pub fn f_beta(&self, beta: f64) -> f64 {
        let square = beta * beta;
        let found = (1.0 + square) * self.tp as f64;
        ratio(found, found + square * self.fn_ as f64 + self.fp as f64, self.exact())
    }

    /// `1 - |fn - fp| / (2 tp + fp + fn)` (Taha and Hanbury 2015, section 3.1.3): whether the sizes agree, wherever
    /// the pixels lie. A mask beside the truth can have 1.
    pub fn volumetric_similarity(&self) -> f64 {
        let sizes = 2 * self.tp + self.fp + self.fn_;
        ratio((sizes - self.fn_.abs_diff(self.fp)) as f64, sizes as f64, self.exact())
    }

    /// Cohen's kappa (Cohen 1960): the accuracy above that of guessing with the same shares of foreground, as a part
    /// of the possible; 1 is exact, 0 is guessing, below 0 is worse.
    pub fn kappa(&self) -> f64 {
        self.margins().kappa()
    }

    /// Matthews' correlation coefficient (Matthews 1975), -1 to 1: high only if all four counts are good.
    pub fn mcc(&self) -> f64 {
        self.margins().mcc()
    }

    fn margins(&self) -> Margins {
        Margins {
            right: self.tp + self.tn,
            predicted: vec![self.tn + self.fn_, self.tp + self.fp],
            truth: vec![self.tn + self.fp, self.tp + self.fn_],
        }
    }

    fn exact(&self) -> bool {
        self.fp + self.fn_ == 0
    }

    fn ratio(&self, part: u64, whole: u64) -> f64 {
        ratio(part as f64, whole as f64, self.exact())
    }
}

impl Add for Confusion {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            tp: self.tp + other.tp,
            fp: self.fp + other.fp,
            fn_: self.fn_ + other.fn_,
            tn: self.tn + other.tn,
        }
    }
}

impl AddAssign for Confusion {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Confusion {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Confusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "                      truth: foreground    background")?;
        writeln!(f, "predicted foreground {:>18} {:>13}", self.tp, self.fp)?;
        write!(f, "predicted background {:>18} {:>13}", self.fn_, self.tn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Mask;
    use crate::device::cpu;

    fn confusion(tp: u64, fp: u64, fn_: u64, tn: u64) -> Confusion {
        Confusion { tp, fp, fn_, tn }
    }

    /// `[dice, iou, accuracy, precision, recall, specificity]`
    fn measures(c: Confusion) -> [f64; 6] {
        [
            c.dice(),
            c.iou(),
            c.accuracy(),
            c.precision(),
            c.recall(),
            c.specificity(),
        ]
    }

    #[test]
    fn known_answers() {
        let found = measures(confusion(6, 2, 4, 88));
        let expected = [12.0 / 18.0, 6.0 / 12.0, 0.94, 6.0 / 8.0, 6.0 / 10.0, 88.0 / 90.0];
        assert_eq!(found, expected);
    }

    #[test]
    fn edge_cases() {
        let table = [
            // both empty: exactly right
            (confusion(0, 0, 0, 9), [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
            // both full: exactly right, no background to be specific about
            (confusion(9, 0, 0, 0), [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
            // truth empty, something predicted: nothing to find
            (confusion(0, 3, 0, 6), [0.0, 0.0, 6.0 / 9.0, 0.0, 0.0, 6.0 / 9.0]),
            // something true, nothing predicted
            (confusion(0, 0, 3, 6), [0.0, 0.0, 6.0 / 9.0, 0.0, 0.0, 1.0]),
            // everything true, nothing predicted
            (confusion(0, 0, 9, 0), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
            // disjoint
            (confusion(0, 2, 2, 0), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
            // no pixels
            (confusion(0, 0, 0, 0), [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ];
        for (counts, expected) in table {
            assert_eq!(measures(counts), expected, "{counts:?}");
        }
    }

    #[test]
    fn dice_and_iou_say_the_same() {
        for counts in [confusion(6, 2, 4, 88), confusion(1, 5, 0, 3), confusion(0, 1, 1, 1)] {
            let iou = counts.iou();
            assert!((counts.dice() - 2.0 * iou / (1.0 + iou)).abs() < 1e-12);
        }
    }

    #[test]
    fn known_answers_of_the_other_measures() {
        let c = confusion(6, 2, 4, 88);
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        close(c.balanced_accuracy(), (0.6 + 88.0 / 90.0) / 2.0);
        close(c.negative_predictive_value(), 88.0 / 92.0);
        close(c.f_beta(1.0), c.dice());
        close(c.f_beta(2.0), 30.0 / (30.0 + 16.0 + 2.0));
        close(c.volumetric_similarity(), 1.0 - 2.0 / 18.0);
        let chance = (8.0 * 10.0 + 92.0 * 90.0) / 1e4;
        close(c.kappa(), (0.94 - chance) / (1.0 - chance));
        close(c.mcc(), (6.0 * 88.0 - 2.0 * 4.0) / (8.0f64 * 10.0 * 90.0 * 92.0).sqrt());
    }

    #[test]
    fn edge_cases_of_the_other_measures() {
        let all = |c: Confusion| [c.f_beta(2.0), c.volumetric_similarity(), c.kappa(), c.mcc()];
        for exact in [confusion(0, 0, 0, 9), confusion(9, 0, 0, 0), confusion(0, 0, 0, 0)] {
            assert_eq!(all(exact), [1.0; 4], "{exact:?}");
        }
        assert_eq!(all(confusion(0, 3, 0, 6)), [0.0; 4]);
        assert_eq!(all(confusion(0, 0, 9, 0)), [0.0; 4]);
        // disjoint and of one size: the sizes agree, nothing else does
        assert_eq!(all(confusion(0, 2, 2, 0)), [0.0, 1.0, -1.0, -1.0]);
    }

    #[test]
    fn masks_slices_and_tensors_agree() {
        let prediction = Mask::from_fn(3, 2, |x, _| x < 2);
        let truth = Mask::from_fn(3, 2, |_, y| y == 0);
        let counts = Confusion::new(&prediction, &truth).unwrap();
        assert_eq!(counts, confusion(2, 2, 1, 1));
        assert_eq!(Confusion::new(prediction.data(), truth.data()).unwrap(), counts);
        let p = Tensor::<2>::from_data([[0.9, 0.5, 0.49], [0.7, 1.0, 0.0]], &cpu());
        let t = Tensor::<2>::from_data([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]], &cpu());
        assert_eq!(Confusion::from_tensors(p, t, 0.5).unwrap(), counts);
    }

    #[test]
    fn sums_pool_the_pixels() {
        let sum: Confusion = [confusion(1, 2, 3, 4), confusion(10, 20, 30, 40)].into_iter().sum();
        assert_eq!(sum, confusion(11, 22, 33, 44));
        assert_eq!(sum.total(), 110);
    }

    #[test]
    fn different_sizes_are_refused() {
        let error = Confusion::new(&Mask::from_fn(3, 2, |_, _| true), &Mask::from_fn(2, 3, |_, _| true));
        assert_eq!(
            error.unwrap_err().to_string(),
            "the prediction has shape [2, 3], but the truth has shape [3, 2]; they must be equal"
        );
    }
}

//! Every class against every class: [`ConfusionMatrix`].

use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

use super::agreement::{Margins, ratio};
use super::same_shape;
use super::{Confusion, labels};
use crate::data::{DataError, LabelMap};
use crate::error::{Result, SettingError, ShapeError};

/// Pixels counted by the class they were predicted as and the class they are.
///
/// [`of`](Self::of) sets one class against all others, so every measure of [`Confusion`] is there for each class, and
/// [`mean`](Self::mean) averages one: `matrix.mean(Confusion::dice, ClassSet::Foreground)`. The rule for 0/0 is that of
/// [`Confusion`]: a class that is neither predicted nor true has Dice 1, since nothing of it is wrong; a class predicted
/// where there is none of it has Dice 0. (MONAI's `compute_dice(ignore_empty=False)` does the same; its default
/// leaves classes that are absent from the truth out of the mean, as [`ClassSet::ForegroundInTruth`] does.)
///
/// ```
/// use unet_lab::prelude::*;
///
/// let prediction = LabelMap::new(vec![0, 1, 2, 2, 0, 1], &[2, 3])?;
/// let truth = LabelMap::new(vec![0, 1, 1, 2, 0, 1], &[2, 3])?;
/// let matrix = ConfusionMatrix::new(&prediction, &truth, 3)?;
/// assert_eq!(matrix.count(1, 2), 1); // one pixel of class 1, taken for class 2
/// assert_eq!(matrix.of(1).dice(), 4.0 / 5.0);
/// assert_eq!(matrix.mean(Confusion::dice, ClassSet::Foreground), (4.0 / 5.0 + 2.0 / 3.0) / 2.0);
/// # Ok::<(), LabError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfusionMatrix {
    pub(super) names: Vec<String>,
    counts: Vec<u64>,
}

/// The classes that a mean is taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClassSet {
    /// Every class, background (class 0) included.
    All,
    /// Every class but 0.
    Foreground,
    /// Every class but 0 that the truth has a pixel of.
    ForegroundInTruth,
}

/// What a class weighs in [`ConfusionMatrix::generalized_dice`], by its pixels in the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClassWeight {
    /// 1.
    Uniform,
    /// `1 / pixels`.
    Inverse,
    /// `1 / pixels²`, the weight of Sudre et al. 2017.
    InverseSquare,
}

impl ConfusionMatrix {
    /// Counts the pixels of a prediction against the truth, with labels 0 to `classes - 1`.
    ///
    /// # Errors
    /// [`ShapeError::Differ`] if the two are not of one size, [`DataError::Argument`] with label and place if a label is
    /// `classes` or above, [`SettingError`] if there are no classes.
    pub fn new(prediction: &LabelMap, truth: &LabelMap, classes: usize) -> Result<Self> {
        same_shape(prediction.size().to_vec(), truth.size().to_vec())?;
        let wide = |map: &LabelMap| map.data().iter().map(|&label| i64::from(label)).collect::<Vec<_>>();
        Self::from_labels(&wide(prediction), &wide(truth), truth.size(), classes)
    }

    /// Counts the pixels of scores (logits or probabilities) by the class with the highest one (the first of equals)
    /// against one-hot truth, whose class is the highest in the same way.
    ///
    /// # Shapes
    /// - `scores`, `truth`: `[batch, classes, height, width]` or `[batch, classes, depth, height, width]`
    ///
    /// # Errors
    /// [`ShapeError::Differ`] if the shapes differ, [`DataError::Argument`] if a score is NaN.
    pub fn from_scores<const D: usize>(scores: Tensor<D>, truth: Tensor<D>) -> Result<Self> {
        let dims = scores.dims();
        same_shape(dims.to_vec(), truth.dims().to_vec())?;
        let size = labels::without_channels(&dims)?;
        let predicted = labels::highest(scores, "the scores")?;
        Self::from_labels(&predicted, &labels::highest(truth, "the truth")?, &size, dims[1])
    }

    /// Counts the pixels of scores by the class with the highest one (the first of equals) against true labels.
    ///
    /// # Shapes
    /// - `scores`: `[batch, classes, height, width]` or `[batch, classes, depth, height, width]`
    /// - `truth`: the same with 1 in place of `classes`
    ///
    /// # Errors
    /// [`ShapeError::Differ`] if the shapes do not fit, [`DataError::Argument`] if a score is NaN or a label outside the
    /// classes.
    pub fn from_scores_and_labels<const D: usize>(scores: Tensor<D>, truth: Tensor<D, Int>) -> Result<Self> {
        let dims = scores.dims();
        let size = labels::without_channels(&dims)?;
        let mut one_channel = dims.to_vec();
        one_channel[1] = 1;
        if truth.dims().to_vec() != one_channel {
            return Err(ShapeError::Differ {
                left_name: "the prediction by its highest score".to_owned(),
                left: one_channel,
                right_name: "the truth".to_owned(),
                right: truth.dims().to_vec(),
            }
            .into());
        }
        let truth: Vec<i64> = truth.into_data().iter::<i64>().collect();
        Self::from_labels(&labels::highest(scores, "the scores")?, &truth, &size, dims[1])
    }

    fn from_labels(prediction: &[i64], truth: &[i64], size: &[usize], classes: usize) -> Result<Self> {
        if classes == 0 {
            return Err(SettingError::new("classes", classes, "at least 1").into());
        }
        labels::check("the prediction", prediction, size, classes)?;
        labels::check("the truth", truth, size, classes)?;
        let mut counts = vec![0; classes * classes];
        for (&p, &t) in prediction.iter().zip(truth) {
            counts[t as usize * classes + p as usize] += 1;
        }
        let names = (0..classes).map(|class| class.to_string()).collect();
        Ok(Self { names, counts })
    }

    /// Names of the classes, for the table.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there are not as many as classes.
    pub fn with_names(mut self, names: &[&str]) -> Result<Self, DataError> {
        if names.len() != self.classes() {
            return Err(DataError::Argument(format!(
                "{} names for {} classes: pass one a class, background first",
                names.len(),
                self.classes()
            )));
        }
        self.names = names.iter().map(|&name| name.to_owned()).collect();
        Ok(self)
    }

    /// Adds the pixels of another image, so that large objects weigh more; see [`Confusion`] on pooling.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the other has another number of classes.
    pub fn add(&mut self, other: &Self) -> Result<(), DataError> {
        if other.classes() != self.classes() {
            return Err(DataError::Argument(format!(
                "a matrix of {} classes cannot be added to one of {}: count both with the same number of classes",
                other.classes(),
                self.classes()
            )));
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        Ok(())
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.names.len()
    }

    /// Pixels of class `truth` that were predicted as class `predicted`. Panics outside the classes, as a slice does.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        self.row(truth)[predicted]
    }

    /// All pixels.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// One class against all others: its pixels are foreground. Panics outside the classes, as a slice does.
    pub fn of(&self, class: usize) -> Confusion {
        let tp = self.count(class, class);
        let truth: u64 = self.row(class).iter().sum();
        let predicted = self.predicted(class);
        Confusion {
            tp,
            fp: predicted - tp,
            fn_: truth - tp,
            tn: self.total() + tp - truth - predicted,
        }
    }

    /// A measure of every class, such as `per_class(Confusion::recall)`.
    pub fn per_class(&self, measure: impl Fn(&Confusion) -> f64) -> Vec<f64> {
        (0..self.classes()).map(|class| measure(&self.of(class))).collect()
    }

    /// Mean of a measure over classes, each of the same weight (a macro average). NaN if there is no such class.
    pub fn mean(&self, measure: impl Fn(&Confusion) -> f64, over: ClassSet) -> f64 {
        let of_each: Vec<f64> = self.members(over).map(|class| measure(&self.of(class))).collect();
        of_each.iter().sum::<f64>() / of_each.len() as f64
    }

    /// Share of pixels whose class is right.
    pub fn accuracy(&self) -> f64 {
        ratio(self.margins().right as f64, self.total() as f64, true)
    }

    /// Mean recall of the classes that the truth has: the accuracy if they were equally common. 1 if there are no
    /// pixels.
    pub fn balanced_accuracy(&self) -> f64 {
        let present: Vec<f64> = (0..self.classes())
            .map(|class| self.of(class))
            .filter(|one| one.tp + one.fn_ > 0)
            .map(|one| one.recall())
            .collect();
        ratio(present.iter().sum(), present.len() as f64, true)
    }

    /// IoU of the classes weighed by their pixels in the truth (Long et al. 2015, section 5).
    pub fn frequency_weighted_iou(&self) -> f64 {
        let weighed = (0..self.classes()).map(|class| {
            let one = self.of(class);
            (one.tp + one.fn_) as f64 * one.iou()
        });
        ratio(weighed.sum(), self.total() as f64, true)
    }

    /// Cohen's kappa over all classes (Cohen 1960): 1 is exact, 0 is guessing with the same shares.
    pub fn kappa(&self) -> f64 {
        self.margins().kappa()
    }

    /// Matthews' correlation coefficient over all classes (Gorodkin 2004), -1 or above to 1. With a constant
    /// prediction or truth it is 1 if the two are equal, otherwise 0.
    pub fn mcc(&self) -> f64 {
        self.margins().mcc()
    }

    /// Generalized Dice: `2 sum(w tp) / sum(w (2 tp + fp + fn))` over the classes (Crum et al. 2006). A class absent
    /// from the truth weighs as much as the heaviest one that is there. 1 if none of the classes is predicted or true,
    /// 0 if there is no such class in the truth but in the prediction.
    pub fn generalized_dice(&self, weight: ClassWeight, over: ClassSet) -> f64 {
        let members: Vec<Confusion> = self.members(over).map(|class| self.of(class)).collect();
        let weigh = |one: &Confusion| {
            let pixels = (one.tp + one.fn_) as f64;
            match weight {
                ClassWeight::Uniform => 1.0,
                ClassWeight::Inverse => 1.0 / pixels,
                ClassWeight::InverseSquare => 1.0 / (pixels * pixels),
            }
        };
        let finite = members.iter().map(weigh).filter(|weight| weight.is_finite());
        let heaviest = finite.fold(0.0, f64::max);
        let absent = if heaviest > 0.0 { heaviest } else { 1.0 };
        let (mut part, mut whole) = (0.0, 0.0);
        for one in &members {
            let weight = if weigh(one).is_finite() { weigh(one) } else { absent };
            part += weight * (2 * one.tp) as f64;
            whole += weight * (2 * one.tp + one.fp + one.fn_) as f64;
        }
        ratio(part, whole, true)
    }

    fn row(&self, truth: usize) -> &[u64] {
        &self.counts[truth * self.classes()..][..self.classes()]
    }

    fn predicted(&self, class: usize) -> u64 {
        self.counts.iter().skip(class).step_by(self.classes()).sum()
    }

    fn members(&self, set: ClassSet) -> impl Iterator<Item = usize> {
        (0..self.classes()).filter(move |&class| match set {
            ClassSet::All => true,
            ClassSet::Foreground => class > 0,
            ClassSet::ForegroundInTruth => class > 0 && self.row(class).iter().any(|&count| count > 0),
        })
    }

    fn margins(&self) -> Margins {
        let classes = 0..self.classes();
        Margins {
            right: classes.clone().map(|class| self.count(class, class)).sum(),
            predicted: classes.clone().map(|class| self.predicted(class)).collect(),
            truth: classes.map(|class| self.row(class).iter().sum()).collect(),
        }
    }
}

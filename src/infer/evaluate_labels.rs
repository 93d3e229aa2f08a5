//! [`evaluate_labels`]: a network of several classes against the truth, in 2-D and 3-D.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::InferError;
use super::predictor::Predictor;
use super::scan::Scan;
use crate::data::LabelMap;
use crate::error::{Result, ShapeError};
use crate::metric::{Confusion, ConfusionMatrix};
use crate::nn::Segmenter;

/// How well one image or volume was segmented. Vectors have one entry a label, 0 (the background) first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelScore {
    /// The image's name.
    pub name: String,
    /// [`Confusion::dice`] of each label.
    pub dice: Vec<f64>,
    /// [`Confusion::iou`] of each label.
    pub iou: Vec<f64>,
    /// Each label against all others, for any other measure.
    pub confusions: Vec<Confusion>,
}

/// How well several images or volumes were segmented: the means over the images, and each image.
///
/// A label that is neither in the truth nor in the prediction of an image counts there with a Dice and IoU of 1, the
/// rule of [`Confusion`]. For no images the means are NaN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelEvaluation {
    /// Mean Dice of each label, the background first.
    pub dice: Vec<f64>,
    /// Mean IoU of each label, the background first.
    pub iou: Vec<f64>,
    /// Mean of [`dice`](Self::dice) without the background.
    pub mean_dice: f64,
    /// Mean of [`iou`](Self::iou) without the background.
    pub mean_iou: f64,
    /// One score an image, in their order.
    pub images: Vec<LabelScore>,
}

impl LabelEvaluation {
    fn new(labels: usize, images: Vec<LabelScore>) -> Self {
        let mean = |of: fn(&LabelScore) -> &Vec<f64>| -> Vec<f64> {
            let sum = |label: usize| images.iter().map(|image| of(image)[label]).sum::<f64>();
            (0..labels).map(|label| sum(label) / images.len() as f64).collect()
        };
        let (dice, iou) = (mean(|image| &image.dice), mean(|image| &image.iou));
        let foreground = |values: &[f64]| values[1..].iter().sum::<f64>() / (labels - 1) as f64;
        Self {
            mean_dice: foreground(&dice),
            mean_iou: foreground(&iou),
            dice,
            iou,
            images,
        }
    }

    /// For each label, all pixels of all images in one confusion matrix.
    pub fn pooled(&self) -> Vec<Confusion> {
        let of = |label: usize| self.images.iter().map(|image| image.confusions[label]).sum();
        (0..self.dice.len()).map(of).collect()
    }
}

/// Segments images or volumes and compares with the true labels: Dice and IoU of each label, for each image and on
/// average. A case is a name, the image and its labels.
///
/// A network of one class gives the labels 0 and 1, one of several classes the labels 0 to `classes - 1`. For tiles,
/// symmetries and thresholds there is [`Predictor::evaluate_labels`].
///
/// ```
/// use unet_lab::prelude::*;
///
/// let model = UNetConfig::new(1, 3).with_base_channels(2).with_depth(2).init(&cpu());
/// let image = Image::from_fn(12, 8, |x, _| x as f32 / 11.0);
/// let truth = LabelMap::new((0..96).map(|i| i % 3).collect(), &[8, 12])?;
/// let evaluation = evaluate_labels(&model, &[("thirds", &image, &truth)])?;
/// assert_eq!(evaluation.dice.len(), 3);
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// As [`Predictor::evaluate_labels`].
pub fn evaluate_labels<const D: usize, M: Segmenter<D>, S: Scan<D>>(
    model: &M,
    cases: &[(&str, &S, &LabelMap)],
) -> Result<LabelEvaluation> {
    Predictor::new().evaluate_labels(model, cases)
}

impl Predictor {
    /// [`evaluate_labels`] with these settings.
    ///
    /// # Errors
    /// - as [`Predictor::predict`] and [`Predictor::labels`]
    /// - [`ShapeError::Differ`] if labels are not of their image's size
    /// - [`InferError::Label`] for a label that the network has no class for
    pub fn evaluate_labels<const D: usize, M: Segmenter<D>, S: Scan<D>>(
        &self,
        model: &M,
        cases: &[(&str, &S, &LabelMap)],
    ) -> Result<LabelEvaluation> {
        let labels = model.classes().max(2);
        for (name, scan, truth) in cases {
            check(name, &scan.sides(), truth, labels)?;
        }
        let score = |(name, scan, truth): &(&str, &S, &LabelMap)| -> Result<LabelScore> {
            let found = self.predict_scan(std::slice::from_ref(model), *scan, &mut |_, _| {})?;
            let matrix = ConfusionMatrix::new(&self.labels(&found)?, truth, labels)?;
            let confusions: Vec<Confusion> = (0..labels).map(|label| matrix.of(label)).collect();
            Ok(LabelScore {
                name: (*name).to_owned(),
                dice: confusions.iter().map(Confusion::dice).collect(),
                iou: confusions.iter().map(Confusion::iou).collect(),
                confusions,
            })
        };
        Ok(LabelEvaluation::new(
            labels,
            cases.iter().map(score).collect::<Result<_>>()?,
        ))
    }
}

fn check(name: &str, sides: &[usize], truth: &LabelMap, labels: usize) -> Result<()> {
    if sides != truth.size() {
        return Err(ShapeError::Differ {
            left_name: name.to_owned(),
            left: sides.to_vec(),
            right_name: "its labels".to_owned(),
            right: truth.size().to_vec(),
        }
        .into());
    }
    if truth.highest() as usize >= labels {
        return Err(InferError::Label {
            name: name.to_owned(),
            label: truth.highest(),
            highest: labels as u32 - 1,
        }
        .into());
    }
    Ok(())
}

impl fmt::Display for LabelEvaluation {
    /// The Dice of each label, an image a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.images.iter().map(|image| image.name.chars().count());
        let width = width.max().unwrap_or(0).max("image".len());
        write!(f, "{:<width$}", "image")?;
        for label in 0..self.dice.len() {
            write!(f, "  Dice {label:>2}")?;
        }
        let images = self.images.iter().map(|image| (image.name.as_str(), &image.dice));
        for (name, dice) in images.chain([("mean", &self.dice)]) {
            write!(f, "\n{name:<width$}")?;
            for dice in dice {
                write!(f, "  {dice:>7.4}")?;
            }
        }
        write!(
            f,
            "\nmean without label 0: Dice {:.4}, IoU {:.4}",
            self.mean_dice, self.mean_iou
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Pixels;

    #[test]
    fn counts_are_those_of_each_label_alone() {
        let found = [0, 0, 1, 1, 2, 2, 2, 0];
        let truth = [0, 1, 1, 1, 2, 0, 2, 2];
        let map = |labels: &[u32]| LabelMap::new(labels.to_vec(), &[2, 4]).unwrap();
        let matrix = ConfusionMatrix::new(&map(&found), &map(&truth), 4).unwrap();
        for (label, counts) in (0..4).map(|label| matrix.of(label)).enumerate() {
            let only = |labels: &[u32]| map(labels).only(label as u32).pixels().to_vec();
            assert_eq!(counts, Confusion::new(&only(&found), &only(&truth)).unwrap());
        }
    }
}

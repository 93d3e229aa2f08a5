//! A network measured on samples of any kind.

use burn::tensor::{Tensor, activation::sigmoid};

use super::objective::{Batch, CroppedTo as _, objective};
use super::{Samples, TrainConfig};
use crate::device::cpu;
use crate::error::Result;
use crate::infer::Evaluation;
use crate::metric::Confusion;
use crate::nn::Segmenter;

/// The means over the validation images.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scores {
    pub(super) loss: f32,
    pub(super) accuracy: f32,
    pub(super) dice: f32,
    pub(super) iou: f32,
    /// One a foreground class; none without validation images.
    pub(super) class_dice: Vec<f32>,
}

impl From<Evaluation> for Scores {
    fn from(found: Evaluation) -> Self {
        Self {
            loss: found.loss as f32,
            accuracy: found.accuracy as f32,
            dice: found.dice as f32,
            iou: found.iou as f32,
            class_dice: match found.images.is_empty() {
                true => Vec::new(),
                false => vec![found.dice as f32],
            },
        }
    }
}

/// Segments every sample and compares: with one class a pixel is foreground from a probability of 0.5, with several it
/// is of the class with the highest logit. Dice and IoU are means over the foreground classes.
pub(super) fn score<const D: usize, M: Segmenter<D>>(
    config: &TrainConfig,
    model: &M,
    samples: &(impl Samples<D> + ?Sized),
) -> Result<Scores> {
    let device = model
        .devices()
        .into_iter()
        .next()
        .unwrap_or_else(cpu)
        .without_autodiff();
    let model = model.valid();
    let foreground = model.classes().saturating_sub(1).max(1);
    let (mut loss, mut accuracy) = (0.0, 0.0);
    let (mut dice, mut iou) = (vec![0.0; foreground], vec![0.0; foreground]);
    for index in 0..samples.len() {
        let batch = Batch::new(&[samples.sample(index, None)?], &device);
        let logits = model.forward_logits(batch.images);
        let (target, weights) = (batch.target.cropped_to(&logits), batch.weights);
        let value: f32 = objective(config.loss, vec![logits.clone()], target.clone(), weights)?.into_scalar();
        loss += f64::from(value);
        let counts = counts(logits, target)?;
        accuracy += match counts.len() {
            1 => counts[0].accuracy(),
            _ => {
                let pixels = counts[0].tp + counts[0].fp + counts[0].fn_ + counts[0].tn;
                counts.iter().map(|class| class.tp).sum::<u64>() as f64 / pixels as f64
            }
        };
        let classes = &counts[usize::from(counts.len() > 1)..];
        for (class, counts) in classes.iter().enumerate() {
            dice[class] += counts.dice();
            iou[class] += counts.iou();
        }
    }
    let count = samples.len() as f64;
    let mean = |sums: &[f64]| (sums.iter().sum::<f64>() / (count * foreground as f64)) as f32;
    Ok(Scores {
        loss: (loss / count) as f32,
        accuracy: (accuracy / count) as f32,
        dice: mean(&dice),
        iou: mean(&iou),
        class_dice: match samples.is_empty() {
            true => Vec::new(),
            false => dice.iter().map(|sum| (sum / count) as f32).collect(),
        },
    })
}

/// The pixels of each class, background first where there are several.
fn counts<const D: usize>(logits: Tensor<D>, target: Tensor<D>) -> Result<Vec<Confusion>> {
    let classes = logits.dims()[1];
    if classes == 1 {
        return Ok(vec![Confusion::from_tensors(sigmoid(logits), target, 0.5)?]);
    }
    let chosen = logits.argmax(1);
    (0..classes)
        .map(|class| {
            let found = chosen.clone().equal_scalar(class as i64).float();
            let truth = target.clone().narrow(1, class, 1);
            Ok(Confusion::from_tensors(found, truth, 0.5)?)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_counted_by_the_highest_logit() {
        // Pixels are 0, 1, 2, 2; found are 0, 2, 2, 2.
        let logits = [[[[3.0, 0.0, 0.0, 0.0]], [[1.0, 1.0, 0.0, 0.0]], [[0.0, 2.0, 0.5, 0.1]]]];
        let target = [[[[1.0, 0.0, 0.0, 0.0]], [[0.0, 1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0, 1.0]]]];
        let counts = counts(
            Tensor::<4>::from_data(logits, &cpu()),
            Tensor::<4>::from_data(target, &cpu()),
        )
        .unwrap();
        let dice: Vec<f64> = counts.iter().map(Confusion::dice).collect();
        assert_eq!(dice, [1.0, 0.0, 4.0 / 5.0]);
    }
}

//! Jaccard loss: one minus the intersection over union.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::dice::EPSILON;
use super::function::checked;
use super::sums::Grouping;
use super::{LossFunction, probabilities};
use crate::error::ShapeError;

/// Soft Jaccard loss, `1 - (i + s) / (sum p + sum t - i + s)` with `i = sum(p t)` (Rahman and Wang 2016), for
/// each image and class, then averaged: one minus the soft intersection over union. It has the Dice loss's minimum and
/// edge cases, and is never below it.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let truth = Tensor::<4>::from_data([[[[1.0, 1.0, 0.0]]]], &cpu());
/// let logits = Tensor::<4>::from_data([[[[40.0, -40.0, 40.0]]]], &cpu());
/// let loss = JaccardLoss::new().with_smooth(0.0).forward_logits(logits, truth);
/// assert!((loss.into_scalar::<f32>() - 2.0 / 3.0).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct JaccardLoss {
    smooth: f32,
    grouping: Grouping,
}

impl JaccardLoss {
    /// The loss with a smoothing term of 1, in pixels, for each image, with the background if that is a class.
    pub fn new() -> Self {
        Self {
            smooth: 1.0,
            grouping: Grouping::ALL,
        }
    }

    /// Another smoothing term; negative ones count as 0.
    pub fn with_smooth(mut self, smooth: f32) -> Self {
        self.smooth = smooth.max(0.0);
        self
    }

    /// Whether class 0 counts where there are several; a single class always does.
    pub fn with_background(mut self, background: bool) -> Self {
        self.grouping.background = background;
        self
    }

    /// Whether the pixels of all images are pooled before the ratio is taken.
    pub fn with_batch(mut self, over_batch: bool) -> Self {
        self.grouping.over_batch = over_batch;
        self
    }
}

impl Default for JaccardLoss {
    fn default() -> Self {
        Self::new()
    }
}

impl LossFunction for JaccardLoss {
    fn try_forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        let (target, weights) = checked(&logits, target, weights)?;
        let pixels = self.grouping.pixels(probabilities(logits), target, weights);
        let smooth = self.smooth + EPSILON;
        let overlap = pixels.overlap();
        let union = pixels.sizes() - overlap.clone();
        let iou = (overlap + smooth) / (union + smooth);
        Ok(-iou.mean() + 1.0)
    }
}

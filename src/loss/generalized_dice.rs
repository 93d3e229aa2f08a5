//! Generalized Dice loss: classes weighted by how rare they are.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::function::checked;
use super::sums::Grouping;
use super::{LossFunction, probabilities};
use crate::error::ShapeError;

/// How much a class weighs in the [`GeneralizedDiceLoss`], by its true volume `v`, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum VolumeWeight {
    /// `1 / v^2`: a class counts by its relative overlap, however small it is (Sudre et al. 2017).
    #[default]
    Square,
    /// `1 / v`.
    Simple,
    /// 1: a class counts by its size.
    Uniform,
}

/// Generalized Dice loss, `1 - (2 sum_c w[c] sum(p t) + s) / (sum_c w[c] (sum p + sum t) + s)` (Sudre et al. 2017,
/// section 2): one ratio for all classes of an image, each weighted by the inverse of its squared volume; then the mean
/// over the images.
///
/// Edge cases: a class that is absent gets the largest weight among the others (MONAI's rule), so that predicting it
/// costs. Where all are absent, each weighs `s`, so that `n` predicted pixels cost `n / (n + 1)` (MONAI gives 0 there,
/// without a gradient); with [`VolumeWeight::Uniform`] they cost `n / (n + s)`.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let truth = Tensor::<4>::from_data([[[[1.0, 1.0, 0.0]], [[0.0, 0.0, 1.0]]]], &cpu());
/// let loss = GeneralizedDiceLoss::new().forward_logits(truth.clone() * 40.0, truth);
/// assert!(loss.into_scalar::<f32>().abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeneralizedDiceLoss {
    weight: VolumeWeight,
    smooth: f32,
    grouping: Grouping,
}

impl GeneralizedDiceLoss {
    /// The loss with weights `1 / v^2` and a smoothing term of 1e-5, for each image, with the background if that is a
    /// class.
    pub fn new() -> Self {
        Self {
            weight: VolumeWeight::Square,
            smooth: 1e-5,
            grouping: Grouping::ALL,
        }
    }

    /// Another weighting of the classes.
    pub fn with_weight(mut self, weight: VolumeWeight) -> Self {
        self.weight = weight;
        self
    }

    /// Another smoothing term; those below 1e-12, which would leave 0/0 possible, count as that. It is added to the
    /// weighted volumes, which for [`VolumeWeight::Square`] are far below 1.
    pub fn with_smooth(mut self, smooth: f32) -> Self {
        self.smooth = smooth.max(1e-12);
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

    /// `[images, classes]`, from the true volumes of the same shape.
    fn weights(&self, volumes: Tensor<2>) -> Tensor<2> {
        let absent = volumes.clone().lower_equal_elem(0.0);
        let volumes = volumes.mask_fill(absent.clone(), 1.0);
        let weights = match self.weight {
            VolumeWeight::Square => volumes.square().recip(),
            VolumeWeight::Simple => volumes.recip(),
            VolumeWeight::Uniform => return volumes.ones_like(),
        };
        let weights = weights.mask_fill(absent.clone(), 0.0);
        let largest = weights.clone().max_dim(1);
        let largest = largest.clone().mask_fill(largest.equal_elem(0.0), self.smooth);
        weights + absent.float() * largest
    }
}

impl Default for GeneralizedDiceLoss {
    fn default() -> Self {
        Self::new()
    }
}

impl LossFunction for GeneralizedDiceLoss {
    fn try_forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        let (target, weights) = checked(&logits, target, weights)?;
        let pixels = self.grouping.pixels(probabilities(logits), target, weights);
        let weights = self.weights(pixels.sum(pixels.t.clone()));
        let overlap = (pixels.overlap() * weights.clone()).sum_dim(1);
        let sizes = (pixels.sizes() * weights).sum_dim(1);
        let dice = (overlap * 2.0 + self.smooth) / (sizes + self.smooth);
        Ok(-dice.mean() + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    #[test]
    fn weights_are_those_of_the_volumes() {
        let volumes = Tensor::<2>::from_data([[4.0, 2.0, 0.0], [0.0, 0.0, 0.0]], &cpu());
        let weights = |weight| -> Vec<f32> {
            let loss = GeneralizedDiceLoss::new().with_weight(weight).with_smooth(0.5);
            loss.weights(volumes.clone()).into_data().try_to_vec().unwrap()
        };
        assert_eq!(weights(VolumeWeight::Square), [1.0 / 16.0, 0.25, 0.25, 0.5, 0.5, 0.5]);
        assert_eq!(weights(VolumeWeight::Simple), [0.25, 0.5, 0.5, 0.5, 0.5, 0.5]);
        assert_eq!(weights(VolumeWeight::Uniform), [1.0; 6]);
    }

    #[test]
    fn a_known_answer() {
        // All probabilities are 1/2; volumes 3 and 1, weights 1/9 and 1.
        let target = Tensor::<4>::from_data([[[[1.0, 1.0, 1.0, 0.0]], [[0.0, 0.0, 0.0, 1.0]]]], &cpu());
        let loss = GeneralizedDiceLoss::new().with_smooth(0.0);
        let found: f32 = loss.forward_logits(target.zeros_like(), target).into_scalar();
        let expected = 1.0 - 2.0 * (1.5 / 9.0 + 0.5) / (5.0 / 9.0 + 3.0);
        assert!((found - expected).abs() < 1e-6, "{found}");
    }

    #[test]
    fn an_empty_truth_costs_by_the_predicted_size() {
        let empty = Tensor::<4>::zeros([1, 1, 1, 4], &cpu());
        let loss = |x: f32| -> f32 {
            let loss = GeneralizedDiceLoss::new();
            loss.forward_logits(empty.clone() + x, empty.clone()).into_scalar()
        };
        assert!((loss(0.0) - 2.0 / 3.0).abs() < 1e-6);
        assert!(loss(-50.0).abs() < 1e-6);
    }
}

//! Boundary loss: how far the prediction strays from the true contour.

use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::function::{checked, weighted_mean};
use super::{LossFunction, probabilities};
use crate::data::Region;
use crate::error::{SettingError, ShapeError};
use crate::morphology::signed_distance;

/// Boundary loss, the mean over pixels and classes of `p d` for the probability `p` and the
/// [signed distance](signed_distances) `d` to the true contour of the class (Kervadec et al. 2019, section 2): each
/// wrong pixel costs as much as it is far from the truth. It is negative for a good prediction; the least possible is the
/// mean of the distances inside.
///
/// Alone it trains badly from scratch, since the empty prediction is near a minimum. Mix it with a loss of overlap and
/// shift the weight to it over time; see [`Rebalance`].
///
/// A class that is absent from an image, or fills it, has no contour and adds 0.
///
/// ```
/// use unet_lab::prelude::*;
///
/// // Distances 1, 0, 0, 1: only the pixels on both ends are off the contour.
/// let truth = Tensor::<4>::from_data([[[[0.0, 1.0, 1.0, 0.0]]]], &cpu());
/// let full = Tensor::<4>::full([1, 1, 1, 4], 50.0, &cpu());
/// let loss = BoundaryLoss::new().forward_logits(full, truth);
/// assert!((loss.into_scalar::<f32>() - 0.5).abs() < 1e-6);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BoundaryLoss {
    background: bool,
    spacing: Option<Vec<f64>>,
}

impl BoundaryLoss {
    /// The loss with distances in pixels, without the background where there are several classes, as in the paper.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether class 0 counts where there are several; a single class always does.
    pub fn with_background(mut self, background: bool) -> Self {
        self.background = background;
        self
    }

    /// The distance between neighbours along each axis in mm, for all images; otherwise 1.
    pub fn with_spacing(mut self, spacing: &[f64]) -> Self {
        self.spacing = Some(spacing.to_vec());
        self
    }

    /// From distance maps that were made before, such as once an image with [`signed_distances`], rather than at every
    /// step; [`try_forward_weighted`](LossFunction::try_forward_weighted) makes them from the target.
    ///
    /// # Shapes
    /// - `logits`, `distances`: `[batch, classes, ..]`
    /// - `weights`: `[batch, 1, ..]` or `[batch, classes, ..]`
    /// - output: `[1]`
    ///
    /// # Errors
    /// [`ShapeError::Differ`] if the shapes do not fit.
    pub fn try_forward_distances<const D: usize>(
        &self,
        logits: Tensor<D>,
        distances: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        let (distances, weights) = checked(&logits, distances, weights)?;
        let classes = logits.dims()[1];
        let costs = probabilities(logits) * distances;
        if self.background || classes == 1 {
            return Ok(weighted_mean(costs, weights));
        }
        let foreground = |x: Tensor<D>| match x.dims()[1] {
            1 => x,
            _ => x.narrow(1, 1, classes - 1),
        };
        Ok(weighted_mean(foreground(costs), weights.map(foreground)))
    }
}

impl LossFunction for BoundaryLoss {
    fn try_forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        let (target, weights) = checked(&logits, target, weights)?;
        let distances = signed_distances(target, self.spacing.as_deref())?;
        self.try_forward_distances(logits, distances, weights)
    }
}

/// The distance of each pixel to the contour of each class: outside (target below 0.5) that to the nearest pixel inside;
/// inside the negative of that to the nearest pixel outside, less one pixel (the smallest spacing), so that it is 0 on
/// the class's rim. 0 everywhere for a class that is absent or fills the image.
///
/// Distances are Euclidean and exact, in pixels or, with a spacing, in mm. No gradient passes.
///
/// # Shapes
/// - `target`, output: `[batch, classes, ..]`
///
/// # Errors
/// [`ShapeError::Setting`] if there is not one spacing above 0 an axis, or if there are not 2 or 3 axes.
pub fn signed_distances<const D: usize>(target: Tensor<D>, spacing: Option<&[f64]>) -> Result<Tensor<D>, ShapeError> {
    let shape = target.dims();
    let size = &shape[2..];
    let ones = vec![1.0; size.len()];
    let spacing = spacing.unwrap_or(&ones);
    if spacing.len() != size.len() || spacing.iter().any(|&step| !(step > 0.0 && step.is_finite())) {
        let expected = format!("one value above 0 an axis, {}", size.len());
        return Err(SettingError::new("BoundaryLoss::spacing", format!("{spacing:?}"), &expected).into());
    }
    let pixels = size.iter().product::<usize>().max(1);
    let inside: Vec<bool> = target.to_data().iter::<f32>().map(|value| value >= 0.5).collect();
    let mut distances = Vec::with_capacity(inside.len());
    for inside in inside.chunks(pixels) {
        distances.extend(signed_distances_of(inside, size, spacing)?);
    }
    Ok(Tensor::from_data(TensorData::new(distances, shape), &target.device()))
}

fn signed_distances_of(inside: &[bool], size: &[usize], spacing: &[f64]) -> Result<Vec<f32>, ShapeError> {
    let rim = spacing.iter().copied().fold(f64::INFINITY, f64::min);
    let region = Region::new(inside.to_vec(), size).and_then(|region| region.with_spacing(spacing));
    let region = region.map_err(|_| SettingError::new("the number of sides", size.len(), "2 or 3"))?;
    let distances = signed_distance(&region);
    let relative = distances.data().iter().map(|&distance| match distance {
        // There is no contour.
        _ if distance.is_infinite() => 0.0,
        outside if outside > 0.0 => outside as f32,
        inside => (inside + rim).min(0.0) as f32,
    });
    Ok(relative.collect())
}

/// When the boundary loss takes over: the weight of the boundary loss in `(1 - alpha) overlap + alpha boundary`, growing
/// from epoch to epoch (Kervadec et al. 2019, section 3: from 0.01 by 0.01 an epoch).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let schedule = Rebalance::new();
/// assert_eq!((schedule.alpha(1), schedule.alpha(2), schedule.alpha(500)), (0.01, 0.02, 1.0));
/// let loss = Loss::Boundary { alpha: schedule.alpha(30) };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rebalance {
    start: f32,
    step: f32,
    highest: f32,
}

impl Rebalance {
    /// From 0.01 by 0.01 an epoch up to 1.
    pub fn new() -> Self {
        Self {
            start: 0.01,
            step: 0.01,
            highest: 1.0,
        }
    }

    /// The weight in the first epoch; clamped to `0..=1`.
    pub fn with_start(mut self, start: f32) -> Self {
        self.start = start.clamp(0.0, 1.0);
        self
    }

    /// How much it grows an epoch; clamped to `0..=1`.
    pub fn with_step(mut self, step: f32) -> Self {
        self.step = step.clamp(0.0, 1.0);
        self
    }

    /// Where it stops growing; clamped to `0..=1`.
    pub fn with_highest(mut self, highest: f32) -> Self {
        self.highest = highest.clamp(0.0, 1.0);
        self
    }

    /// The weight in an epoch, which are counted from 1.
    pub fn alpha(&self, epoch: usize) -> f32 {
        (self.start + self.step * epoch.saturating_sub(1) as f32).min(self.highest)
    }
}

impl Default for Rebalance {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    fn distances(target: [f32; 6], spacing: &[f64]) -> Vec<f32> {
        let target = Tensor::<4>::from_data([[[target]]], &cpu());
        let found = signed_distances(target, Some(spacing)).unwrap();
        found.into_data().try_to_vec().unwrap()
    }

    #[test]
    fn known_distances() {
        let target = [0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
        assert_eq!(distances(target, &[1.0, 1.0]), [2.0, 1.0, 0.0, -1.0, -2.0, -3.0]);
        assert_eq!(distances(target, &[1.0, 0.5]), [1.0, 0.5, 0.0, -0.5, -1.0, -1.5]);
        assert_eq!(distances([0.0; 6], &[1.0, 1.0]), [0.0; 6]);
        assert_eq!(distances([1.0; 6], &[1.0, 1.0]), [0.0; 6]);
    }

    #[test]
    fn a_spacing_an_axis() {
        let x = Tensor::<4>::zeros([1, 1, 2, 2], &cpu());
        let loss = BoundaryLoss::new().with_spacing(&[1.0]);
        let error = loss.try_forward_logits(x.clone(), x.clone()).unwrap_err().to_string();
        assert_eq!(
            error,
            "BoundaryLoss::spacing is [1.0], but must be one value above 0 an axis, 2"
        );
        assert!(
            BoundaryLoss::new()
                .with_spacing(&[1.0, 0.0])
                .try_forward_logits(x.clone(), x)
                .is_err()
        );
    }

    #[test]
    fn further_astray_costs_more() {
        let truth = Tensor::<4>::from_data([[[[1.0, 1.0, 0.0, 0.0, 0.0, 0.0]]]], &cpu());
        let stray = |at: usize| -> f32 {
            let logits =
                Tensor::<4>::full([1, 1, 1, 6], -50.0, &cpu()).slice_fill([0..1, 0..1, 0..1, at..at + 1], 50.0);
            BoundaryLoss::new().forward_logits(logits, truth.clone()).into_scalar()
        };
        assert!(stray(5) > stray(3) && stray(3) > stray(2) && stray(2) > stray(0));
    }
}

//! [`LowResolution`]: as if taken with larger voxels.

use std::ops::RangeInclusive;

use rand::RngExt;

use super::error::{require, require_range};
use super::kernel::{AxisPlan, resampled};
use super::{ChaCha8Rng, Interpolation, Subject, Transform, TransformError};

/// Takes fewer voxels (the nearest ones) and brings the image back to its size by cubic splines, as nnU-Net simulates a coarser scanner
/// (Isensee et al. 2021, supplementary note 4). Labels stay.
#[derive(Clone, Debug)]
pub struct LowResolution {
    zoom: RangeInclusive<f64>,
    keeps_depth: bool,
}

impl LowResolution {
    /// A factor drawn from this range, above 0 and at most 1; nnU-Net draws from 0.5..=1.0.
    pub fn random(zoom: RangeInclusive<f64>) -> Self {
        Self {
            zoom,
            keeps_depth: false,
        }
    }

    /// The depth axis keeps its voxels, for volumes of thick slices.
    pub fn within_slices(mut self) -> Self {
        self.keeps_depth = true;
        self
    }
}

impl Transform for LowResolution {
    fn check(&self) -> Result<(), TransformError> {
        let expected = "above 0 and at most 1, low to high";
        require_range("LowResolution", "zoom", &self.zoom, 1e-6, expected)?;
        require(*self.zoom.end() <= 1.0, "LowResolution", "zoom", &self.zoom, expected)
    }

    fn is_random(&self) -> bool {
        self.zoom.start() < self.zoom.end()
    }

    fn change(&self, mut subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let zoom = rng.random_range(self.zoom.clone());
        let (size, geometry) = (subject.size(), *subject.geometry());
        let few = [0, 1, 2].map(|axis| match axis == 0 && self.keeps_depth {
            true => size[axis],
            false => ((size[axis] as f64 * zoom).round() as usize).max(1),
        });
        let (image, labels) = subject.take();
        let plans = |old: [usize; 3], new: [usize; 3]| [0, 1, 2].map(|axis| AxisPlan::fitted(old[axis], new[axis]));
        let coarse = resampled(image, plans(size, few), Interpolation::Nearest);
        let image = resampled(coarse, plans(few, size), Interpolation::Cubic);
        Ok(subject.with_voxels(image, labels, size, geometry))
    }
}

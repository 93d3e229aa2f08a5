//! [`Contrast`]: differences larger or smaller.

use std::ops::RangeInclusive;

use rand::RngExt;

use super::error::require_range;
use super::rescale::limits;
use super::window::each_value;
use super::{ChaCha8Rng, Subject, Transform, TransformError};

/// Multiplies each channel's distance from its mean; values stay between the old lowest and highest, as in nnU-Net, which draws from
/// 0.75..=1.25.
#[derive(Clone, Debug)]
pub struct Contrast {
    range: RangeInclusive<f64>,
}

impl Contrast {
    /// A factor drawn from this range, 0 or more.
    pub fn random(range: RangeInclusive<f64>) -> Self {
        Self { range }
    }
}

impl Transform for Contrast {
    fn check(&self) -> Result<(), TransformError> {
        require_range("Contrast", "factor", &self.range, 0.0, "0 or more, low to high")
    }

    fn is_random(&self) -> bool {
        self.range.start() < self.range.end()
    }

    fn change(&self, mut subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let factor = rng.random_range(self.range.clone()) as f32;
        subject.check_finite("Contrast")?;
        let voxels = subject.voxels();
        for channel in subject.image_mut().chunks_mut(voxels) {
            let (low, high) = limits(channel);
            let sum: f64 = channel.iter().map(|&value| f64::from(value)).sum();
            let mean = (sum / voxels as f64) as f32;
            each_value(channel, |value| (mean + factor * (value - mean)).clamp(low, high));
        }
        Ok(subject)
    }
}

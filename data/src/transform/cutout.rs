//! [`CutOut`]: parts hidden.

use std::ops::RangeInclusive;

use rand::RngExt;

use super::error::{require, require_range};
use super::{ChaCha8Rng, Subject, Transform, TransformError};

/// Hides boxes of the image under one value, so that the network learns to use what is around them (DeVries and Taylor 2017). Labels stay.
#[derive(Clone, Debug)]
pub struct CutOut {
    count: usize,
    share: RangeInclusive<f64>,
    value: f32,
}

impl CutOut {
    /// So many boxes, each with sides drawn from this range, a share (0 to 1) of the image's.
    pub fn random(count: usize, share: RangeInclusive<f64>) -> Self {
        Self {
            count,
            share,
            value: 0.0,
        }
    }

    /// What is put there; 0 at first.
    pub fn with_value(mut self, value: f32) -> Self {
        self.value = value;
        self
    }
}

impl Transform for CutOut {
    fn check(&self) -> Result<(), TransformError> {
        require_range("CutOut", "share", &self.share, 0.0, "from 0 to 1, low to high")?;
        require(
            *self.share.end() <= 1.0,
            "CutOut",
            "share",
            &self.share,
            "from 0 to 1, low to high",
        )
    }

    fn is_random(&self) -> bool {
        self.count > 0
    }

    fn change(&self, mut subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let (size, voxels) = (subject.size(), subject.voxels());
        for _ in 0..self.count {
            let ranges = size.map(|side| {
                let length = ((side as f64 * rng.random_range(self.share.clone())).round() as usize).min(side);
                let start = rng.random_range(0..=side - length);
                // An axis of length 1 is hidden along with the rest.
                if side == 1 { 0..1 } else { start..start + length }
            });
            for channel in subject.image_mut().chunks_mut(voxels) {
                for z in ranges[0].clone() {
                    for y in ranges[1].clone() {
                        let row = (z * size[1] + y) * size[2];
                        channel[row + ranges[2].start..row + ranges[2].end].fill(self.value);
                    }
                }
            }
        }
        Ok(subject)
    }
}

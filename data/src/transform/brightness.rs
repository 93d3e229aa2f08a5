//! [`Brightness`]: all values higher or lower.

use std::ops::RangeInclusive;

use rand::RngExt;

use super::error::require_range;
use super::window::each_value;
use super::{ChaCha8Rng, Subject, Transform, TransformError};

/// Adds a number to every value, the same for all channels.
#[derive(Clone, Debug)]
pub struct Brightness {
    range: RangeInclusive<f64>,
}

impl Brightness {
    /// A number drawn from this range, in the image's own units: -0.1..=0.1 for values from 0 to 1.
    pub fn random(range: RangeInclusive<f64>) -> Self {
        Self { range }
    }
}

impl Transform for Brightness {
    fn check(&self) -> Result<(), TransformError> {
        require_range("Brightness", "range", &self.range, f64::MIN, "finite, low to high")
    }

    fn is_random(&self) -> bool {
        self.range.start() < self.range.end()
    }

    fn change(&self, mut subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let added = rng.random_range(self.range.clone()) as f32;
        each_value(subject.image_mut(), |value| value + added);
        Ok(subject)
    }
}

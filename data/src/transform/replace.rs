//! [`ReplaceNonFinite`]: numbers in place of what is none.

use super::error::require;
use super::window::each_value;
use super::{ChaCha8Rng, Subject, Transform, TransformError};

/// Puts a number in place of NaN and infinite values, which some files hold outside the field of view.
#[derive(Clone, Debug)]
pub struct ReplaceNonFinite {
    value: f32,
}

impl ReplaceNonFinite {
    /// By this number.
    pub fn by(value: f32) -> Self {
        Self { value }
    }
}

impl Transform for ReplaceNonFinite {
    fn check(&self) -> Result<(), TransformError> {
        require(
            self.value.is_finite(),
            "ReplaceNonFinite",
            "value",
            self.value,
            "a finite number",
        )
    }

    fn change(&self, mut subject: Subject, _rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let new = self.value;
        each_value(subject.image_mut(), |value| if value.is_finite() { value } else { new });
        Ok(subject)
    }
}

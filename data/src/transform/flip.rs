//! [`Flip`]: left becomes right.

use rand::RngExt;

use super::error::require_chance;
use super::kernel::flip;
use super::{ChaCha8Rng, Subject, Transform, TransformError};

/// Mirrors axes, each always or with a chance. Not for what has a side that matters, such as liver against spleen, unless the network
/// should learn to do without it.
///
/// ```
/// use unet_lab_data::Image;
/// use unet_lab_data::transform::{Flip, Transform};
/// let ramp = Image::from_fn(3, 1, |x, _| x as f32);
/// assert_eq!(Flip::horizontal().on(ramp)?.data(), [2.0, 1.0, 0.0]);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Flip {
    /// For `[depth, height, width]`.
    chances: [f64; 3],
}

impl Flip {
    /// Each axis with this chance, independently; a 2-D image has no depth to be mirrored.
    pub fn random(chance: f64) -> Self {
        Self { chances: [chance; 3] }
    }

    /// Each axis `[depth, height, width]` with its own chance; 1 for always.
    pub fn with_chances(chances: [f64; 3]) -> Self {
        Self { chances }
    }

    /// Left becomes right.
    pub fn horizontal() -> Self {
        Self::with_chances([0.0, 0.0, 1.0])
    }

    /// Top becomes bottom.
    pub fn vertical() -> Self {
        Self::with_chances([0.0, 1.0, 0.0])
    }
}

impl Transform for Flip {
    fn check(&self) -> Result<(), TransformError> {
        self.chances
            .iter()
            .try_for_each(|&chance| require_chance("Flip", "chance", chance))
    }

    fn is_random(&self) -> bool {
        self.chances.iter().any(|&chance| chance > 0.0 && chance < 1.0)
    }

    fn change(&self, mut subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let size = subject.size();
        for (axis, &chance) in self.chances.iter().enumerate() {
            // The number is drawn for every axis, so that later ones do not depend on the number of axes.
            if !rng.random_bool(chance) || size[axis] == 1 {
                continue;
            }
            let (image, labels) = subject.parts_mut();
            flip(image, size, axis);
            if let Some(labels) = labels {
                flip(labels, size, axis);
            }
        }
        Ok(subject)
    }
}

//! [`Compose`]: one transform after another.

use std::fmt;
use std::sync::Arc;

use rand::RngExt;

use super::error::require_chance;
use super::{ChaCha8Rng, Subject, Transform, TransformError};

/// Transforms in the order in which they are applied.
///
/// ```
/// use unet_lab_data::transform::{Compose, Flip, Resample, Transform, ZScore};
/// use unet_lab_data::Volume;
/// let steps = Compose::new()
///     .then(Resample::to([1.0; 3]))
///     .then(ZScore::default())
///     .then(Flip::random(0.5));
/// let volume = Volume::new((0..24).map(|i| i as f32).collect(), 1, [2, 3, 4], [2.0, 1.0, 1.0])?;
/// assert_eq!(steps.seeded(volume, 7)?.size(), [4, 3, 4]);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Default)]
pub struct Compose {
    steps: Vec<Arc<dyn Transform>>,
}

impl Compose {
    /// No transform yet: the image stays as it is.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, and then another transform.
    pub fn then(mut self, transform: impl Transform + 'static) -> Self {
        self.steps.push(Arc::new(transform));
        self
    }

    /// The same, and then with a chance from 0 to 1 another transform.
    pub fn then_sometimes(self, chance: f64, transform: impl Transform + 'static) -> Self {
        self.then(Sometimes::new(chance, transform))
    }

    /// The transforms.
    pub fn steps(&self) -> &[Arc<dyn Transform>] {
        &self.steps
    }

    /// The transforms before the first random one, whose result can be kept, and the rest.
    pub fn split_at_random(&self) -> (Self, Self) {
        let first = self.steps.iter().position(|step| step.is_random());
        let (before, after) = self.steps.split_at(first.unwrap_or(self.steps.len()));
        let of = |steps: &[Arc<dyn Transform>]| Self { steps: steps.to_vec() };
        (of(before), of(after))
    }
}

impl Transform for Compose {
    fn check(&self) -> Result<(), TransformError> {
        self.steps.iter().try_for_each(|step| step.check())
    }

    fn is_random(&self) -> bool {
        self.steps.iter().any(|step| step.is_random())
    }

    fn change(&self, subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        self.steps
            .iter()
            .try_fold(subject, |subject, step| step.apply(subject, rng))
    }
}

impl fmt::Debug for Compose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.steps).finish()
    }
}

/// A transform that is applied with a chance from 0 to 1.
#[derive(Clone, Debug)]
pub struct Sometimes<T> {
    chance: f64,
    transform: T,
}

impl<T: Transform> Sometimes<T> {
    /// `transform` with a chance of `chance`, from 0 to 1.
    pub fn new(chance: f64, transform: T) -> Self {
        Self { chance, transform }
    }
}

impl<T: Transform> Transform for Sometimes<T> {
    fn check(&self) -> Result<(), TransformError> {
        require_chance("Sometimes", "chance", self.chance)?;
        self.transform.check()
    }

    fn is_random(&self) -> bool {
        true
    }

    fn change(&self, subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        match rng.random_bool(self.chance) {
            true => self.transform.apply(subject, rng),
            false => Ok(subject),
        }
    }
}

//! Noise: [`GaussianNoise`], [`PoissonNoise`], [`SpeckleNoise`].

use std::ops::RangeInclusive;

use rand::{Rng, RngExt, SeedableRng};
use rand_distr::{Distribution, Poisson, StandardNormal};

use super::error::require_range;
use super::kernel::for_lines;
use super::{ChaCha8Rng, Subject, Transform, TransformError};

/// So many values share a stream of random numbers, whatever the number of threads.
const PART: usize = 1 << 13;

/// Changes each value with random numbers.
fn noisy(subject: &mut Subject, rng: &mut ChaCha8Rng, change: impl Fn(f32, &mut ChaCha8Rng) -> f32 + Sync + Send) {
    let mut seed = [0; 32];
    rng.fill_bytes(&mut seed);
    for_lines(subject.image_mut(), PART, |i, part| {
        let mut rng = ChaCha8Rng::from_seed(seed);
        rng.set_stream(i as u64);
        part.iter_mut().for_each(|value| *value = change(*value, &mut rng));
    });
}

/// Adds to each value a number of a normal distribution, as the electronics of a scanner do.
#[derive(Clone, Debug)]
pub struct GaussianNoise {
    deviation: RangeInclusive<f64>,
}

impl GaussianNoise {
    /// A standard deviation drawn from this range, in the image's own units.
    pub fn random(deviation: RangeInclusive<f64>) -> Self {
        Self { deviation }
    }
}

impl Transform for GaussianNoise {
    fn check(&self) -> Result<(), TransformError> {
        require_range(
            "GaussianNoise",
            "deviation",
            &self.deviation,
            0.0,
            "0 or more, low to high",
        )
    }

    fn is_random(&self) -> bool {
        *self.deviation.end() > 0.0
    }

    fn change(&self, mut subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let deviation = rng.random_range(self.deviation.clone()) as f32;
        noisy(&mut subject, rng, |value, rng| {
            let normal: f32 = StandardNormal.sample(rng);
            value + deviation * normal
        });
        Ok(subject)
    }
}

/// Multiplies each value by 1 plus a number of a normal distribution, as in ultrasound.
#[derive(Clone, Debug)]
pub struct SpeckleNoise {
    deviation: RangeInclusive<f64>,
}

impl SpeckleNoise {
    /// A standard deviation drawn from this range, a share of each value.
    pub fn random(deviation: RangeInclusive<f64>) -> Self {
        Self { deviation }
    }
}

impl Transform for SpeckleNoise {
    fn check(&self) -> Result<(), TransformError> {
        require_range(
            "SpeckleNoise",
            "deviation",
            &self.deviation,
            0.0,
            "0 or more, low to high",
        )
    }

    fn is_random(&self) -> bool {
        *self.deviation.end() > 0.0
    }

    fn change(&self, mut subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let deviation = rng.random_range(self.deviation.clone()) as f32;
        noisy(&mut subject, rng, |value, rng| {
            let normal: f32 = StandardNormal.sample(rng);
            value + deviation * normal * value
        });
        Ok(subject)
    }
}

/// Replaces each value by a count of light quanta or electrons: a Poisson number with mean `value * peak`, divided by `peak`. Bright parts
/// get more noise, in proportion to the root of their brightness. For values from 0 up; those below 0 stay as they are.
#[derive(Clone, Debug)]
pub struct PoissonNoise {
    peak: RangeInclusive<f64>,
}

impl PoissonNoise {
    /// The mean count of a value of 1, drawn from this range: the lower, the more noise.
    pub fn random(peak: RangeInclusive<f64>) -> Self {
        Self { peak }
    }
}

impl Transform for PoissonNoise {
    fn check(&self) -> Result<(), TransformError> {
        require_range("PoissonNoise", "peak", &self.peak, 1e-6, "above 0, low to high")
    }

    fn is_random(&self) -> bool {
        true
    }

    fn change(&self, mut subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let peak = rng.random_range(self.peak.clone());
        subject.check_finite("PoissonNoise")?;
        noisy(&mut subject, rng, |value, rng| {
            match Poisson::new(f64::from(value) * peak) {
                Ok(counts) => (counts.sample(rng) / peak) as f32,
                Err(_) => value,
            }
        });
        Ok(subject)
    }
}

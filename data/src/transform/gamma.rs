//! [`Gamma`]: dark parts brighter or darker.

use std::ops::RangeInclusive;

use rand::RngExt;

use super::error::{require_chance, require_range};
use super::kernel::power;
use super::rescale::limits;
use super::window::each_value;
use super::{ChaCha8Rng, Subject, Transform, TransformError};

/// Each channel, scaled to 0..1 by its lowest and highest value, is raised to a power and scaled back: below 1 brightens the dark parts,
/// above 1 darkens them. nnU-Net draws from 0.7..=1.5.
///
/// ```
/// use unet_lab_data::Image;
/// use unet_lab_data::transform::{Gamma, Transform};
/// let ramp = Image::from_fn(3, 1, |x, _| x as f32 / 2.0);
/// let dark = Gamma::of(2.0).on(ramp)?;
/// assert!((dark.get(0, 1, 0) - 0.25).abs() < 1e-6);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gamma {
    range: RangeInclusive<f64>,
    inverted: f64,
}

impl Gamma {
    /// A power drawn from this range, above 0.
    pub fn random(range: RangeInclusive<f64>) -> Self {
        Self { range, inverted: 0.0 }
    }

    /// This power.
    pub fn of(power: f64) -> Self {
        Self::random(power..=power)
    }

    /// With this chance, 0 to 1, the negative image is raised to the power instead, which changes the bright parts.
    pub fn with_inverted(mut self, chance: f64) -> Self {
        self.inverted = chance;
        self
    }
}

impl Transform for Gamma {
    fn check(&self) -> Result<(), TransformError> {
        require_range("Gamma", "power", &self.range, 1e-3, "at least 0.001, low to high")?;
        require_chance("Gamma", "inverted", self.inverted)
    }

    fn is_random(&self) -> bool {
        self.range.start() < self.range.end() || (self.inverted > 0.0 && self.inverted < 1.0)
    }

    fn change(&self, mut subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let exponent = rng.random_range(self.range.clone()) as f32;
        let is_inverted = rng.random_bool(self.inverted);
        subject.check_finite("Gamma")?;
        let voxels = subject.voxels();
        for channel in subject.image_mut().chunks_mut(voxels) {
            let (low, high) = limits(channel);
            if low >= high || exponent == 1.0 {
                continue;
            }
            let (range, scale) = (high - low, 1.0 / (high - low));
            match is_inverted {
                false => each_value(channel, |value| low + range * power((value - low) * scale, exponent)),
                true => each_value(channel, |value| high - range * power((high - value) * scale, exponent)),
            }
        }
        Ok(subject)
    }
}

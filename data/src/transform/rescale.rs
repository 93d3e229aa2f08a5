//! [`Rescale`]: intensities from one range to another.

use super::error::{require, require_range};
use super::window::each_value;
use super::{ChaCha8Rng, Subject, Transform, TransformError};
use std::ops::RangeInclusive;

/// Intensities from the lowest and highest value of each channel, or from a given range, to another range, on a straight line. A channel
/// of one value becomes the lower end.
///
/// ```
/// use unet_lab_data::Image;
/// use unet_lab_data::transform::{Rescale, Transform};
/// let bytes = Image::from_fn(3, 1, |x, _| 127.5 * x as f32);
/// assert_eq!(Rescale::to(0.0..=1.0).on(bytes)?.data(), [0.0, 0.5, 1.0]);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rescale {
    from: Option<RangeInclusive<f64>>,
    to: RangeInclusive<f64>,
}

impl Rescale {
    /// To this range.
    pub fn to(range: RangeInclusive<f64>) -> Self {
        Self { from: None, to: range }
    }

    /// From this range instead of the lowest and highest value; values outside are cut off.
    pub fn from(mut self, range: RangeInclusive<f64>) -> Self {
        self.from = Some(range);
        self
    }
}

impl Transform for Rescale {
    fn check(&self) -> Result<(), TransformError> {
        require_range("Rescale", "to", &self.to, f64::MIN, "two finite numbers, low to high")?;
        let Some(from) = &self.from else { return Ok(()) };
        require_range("Rescale", "from", from, f64::MIN, "two finite numbers, low to high")?;
        require(from.end() > from.start(), "Rescale", "from", from, "of a width above 0")
    }

    fn change(&self, mut subject: Subject, _rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        subject.check_finite("Rescale")?;
        let voxels = subject.voxels();
        let (start, end) = (*self.to.start() as f32, *self.to.end() as f32);
        for channel in subject.image_mut().chunks_mut(voxels) {
            let (low, high) = match &self.from {
                Some(from) => (*from.start() as f32, *from.end() as f32),
                None => limits(channel),
            };
            let scale = if high > low { (end - start) / (high - low) } else { 0.0 };
            each_value(channel, |value| {
                (start + (value.clamp(low, high) - low) * scale).min(end)
            });
        }
        Ok(subject)
    }
}

/// The lowest and highest value.
pub(crate) fn limits(values: &[f32]) -> (f32, f32) {
    let all = (f32::INFINITY, f32::NEG_INFINITY);
    // Eight running limits instead of one, which a processor can keep side by side.
    let mut limits = [all; 8];
    let chunks = values.chunks_exact(8);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (limit, &value) in limits.iter_mut().zip(chunk) {
            *limit = (limit.0.min(value), limit.1.max(value));
        }
    }
    let rest = rest.iter().map(|&value| (value, value));
    limits
        .into_iter()
        .chain(rest)
        .fold(all, |a, b| (a.0.min(b.0), a.1.max(b.1)))
}

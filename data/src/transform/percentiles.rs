//! [`Percentiles`]: outliers cut off.

use super::error::require;
use super::window::each_value;
use super::{ChaCha8Rng, Over, Subject, Transform, TransformError};

/// Cuts each channel off at two percentiles, 0.5 and 99.5 unless others are given (those of nnU-Net: Isensee et al. 2021, online
/// methods), and scales what is between to 0..1. A percentile between two values is interpolated as NumPy's `percentile` does it.
///
/// A channel whose two percentiles are equal becomes 0.
#[derive(Clone, Debug)]
pub struct Percentiles {
    low: f64,
    high: f64,
    over: Over,
    is_scaled: bool,
}

impl Percentiles {
    /// From 0 to 100, low to high.
    pub fn new(low: f64, high: f64) -> Self {
        Self {
            low,
            high,
            over: Over::All,
            is_scaled: true,
        }
    }

    /// Percentiles of these voxels; all voxels are cut off by them.
    pub fn over(mut self, over: Over) -> Self {
        self.over = over;
        self
    }

    /// Cut off only, the values themselves kept: nnU-Net's rule for CT, with a [`ZScore`](super::ZScore) after it.
    pub fn unscaled(mut self) -> Self {
        self.is_scaled = false;
        self
    }
}

impl Default for Percentiles {
    fn default() -> Self {
        Self::new(0.5, 99.5)
    }
}

impl Transform for Percentiles {
    fn check(&self) -> Result<(), TransformError> {
        let expected = "from 0 to 100, low below high";
        let holds = 0.0 <= self.low && self.low < self.high && self.high <= 100.0;
        require(holds, "Percentiles", "low and high", (self.low, self.high), expected)
    }

    fn change(&self, mut subject: Subject, _rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        subject.check_finite("Percentiles")?;
        let voxels = subject.voxels();
        let limits: Vec<(f32, f32)> = {
            let counts = self.over.counts(&subject, "Percentiles")?;
            let of = |channel: &[f32]| {
                let chosen = channel
                    .iter()
                    .enumerate()
                    .filter(|&(voxel, &value)| counts(voxel, value));
                let mut values: Vec<f32> = chosen.map(|(_, &value)| value).collect();
                (percentile(&mut values, self.low), percentile(&mut values, self.high))
            };
            subject.image().chunks(voxels).map(of).collect()
        };
        for (channel, (low, high)) in subject.image_mut().chunks_mut(voxels).zip(limits) {
            if !self.is_scaled {
                each_value(channel, |value| value.clamp(low, high));
                continue;
            }
            let scale = if high > low { 1.0 / (high - low) } else { 0.0 };
            each_value(channel, |value| ((value - low) * scale).clamp(0.0, 1.0));
        }
        Ok(subject)
    }
}

/// The value below which `percent` of the values lie, in any order; 0 of none.
fn percentile(values: &mut [f32], percent: f64) -> f32 {
    let at = percent / 100.0 * values.len().saturating_sub(1) as f64;
    let below = at as usize;
    if below >= values.len() {
        return 0.0;
    }
    let (_, &mut low, above) = values.select_nth_unstable_by(below, f32::total_cmp);
    let next = above.iter().copied().min_by(f32::total_cmp).unwrap_or(low);
    let part = at - below as f64;
    (f64::from(low) + part * (f64::from(next) - f64::from(low))) as f32
}

//! [`Equalize`]: histogram equalisation.

use super::error::require;
use super::rescale::limits;
use super::window::each_value;
use super::{ChaCha8Rng, Subject, Transform, TransformError};

/// Each channel's values become the share of voxels that are as dark or darker, 0..1, so that all grey values occur about equally
/// often. Equal to scikit-image's `equalize_hist`. A channel of one value becomes 1. See [`Clahe`](super::Clahe) for the local kind.
#[derive(Clone, Debug)]
pub struct Equalize {
    bins: usize,
}

impl Equalize {
    /// With a histogram of so many bins; 256 by default.
    pub fn with_bins(bins: usize) -> Self {
        Self { bins }
    }
}

impl Default for Equalize {
    fn default() -> Self {
        Self { bins: 256 }
    }
}

impl Transform for Equalize {
    fn check(&self) -> Result<(), TransformError> {
        require(
            (2..=65_536).contains(&self.bins),
            "Equalize",
            "bins",
            self.bins,
            "from 2 to 65536",
        )
    }

    fn change(&self, mut subject: Subject, _rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        subject.check_finite("Equalize")?;
        let (voxels, bins) = (subject.voxels(), self.bins);
        for channel in subject.image_mut().chunks_mut(voxels) {
            let (low, high) = limits(channel);
            if low == high {
                channel.fill(1.0);
                continue;
            }
            let scale = bins as f64 / (f64::from(high) - f64::from(low));
            let place = |value: f32| (f64::from(value) - f64::from(low)) * scale;
            let mut shares = vec![0.0; bins];
            for &value in channel.iter() {
                shares[(place(value) as usize).min(bins - 1)] += 1.0;
            }
            let mut sum = 0.0;
            for share in &mut shares {
                sum += *share / voxels as f64;
                *share = sum;
            }
            each_value(channel, |value| {
                // Between the middles of two bins, straight from one share to the other.
                let at = (place(value) - 0.5).clamp(0.0, (bins - 1) as f64);
                let below = (at as usize).min(bins - 2);
                let part = at - below as f64;
                (shares[below] + part * (shares[below + 1] - shares[below])) as f32
            });
        }
        Ok(subject)
    }
}

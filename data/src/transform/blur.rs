//! [`Blur`]: less sharp.

use std::ops::RangeInclusive;

use rand::RngExt;

use super::error::require_range;
use super::kernel::blurred;
use super::{ChaCha8Rng, Subject, Transform, TransformError};

/// Blurs the image by a Gaussian; labels stay. Equal to SciPy's `gaussian_filter`: the bell is cut at four standard deviations, and
/// beyond the edge the image is reflected, the last voxel repeated.
#[derive(Clone, Debug)]
pub struct Blur {
    deviation: RangeInclusive<f64>,
}

impl Blur {
    /// A standard deviation drawn from this range, in voxels; nnU-Net draws from 0.5..=1.0. Above 1000 makes no sense.
    pub fn random(deviation: RangeInclusive<f64>) -> Self {
        Self { deviation }
    }

    /// This standard deviation in voxels.
    pub fn of(deviation: f64) -> Self {
        Self::random(deviation..=deviation)
    }
}

impl Transform for Blur {
    fn check(&self) -> Result<(), TransformError> {
        let expected = "from 0 to 1000 voxels, low to high";
        require_range("Blur", "deviation", &self.deviation, 0.0, expected)?;
        super::error::require(
            *self.deviation.end() <= 1000.0,
            "Blur",
            "deviation",
            &self.deviation,
            expected,
        )
    }

    fn is_random(&self) -> bool {
        self.deviation.start() < self.deviation.end()
    }

    fn change(&self, mut subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let deviation = rng.random_range(self.deviation.clone());
        let (size, geometry) = (subject.size(), *subject.geometry());
        let (image, labels) = subject.take();
        // The channels of [channels * depth, height, width] lie apart, so each is blurred alone.
        let voxels: usize = size.iter().product();
        let image = match image.len() == voxels {
            true => blurred(image, size, [deviation; 3]),
            false => image
                .chunks(voxels)
                .flat_map(|channel| blurred(channel.to_vec(), size, [deviation; 3]))
                .collect(),
        };
        Ok(subject.with_voxels(image, labels, size, geometry))
    }
}

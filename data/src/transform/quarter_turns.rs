//! [`QuarterTurns`]: turns of each slice by 90 degrees, without interpolation.

use rand::RngExt;

use super::kernel::{flip, permuted};
use super::{ChaCha8Rng, Subject, Transform, TransformError};
use crate::Geometry;

/// Turns every slice clockwise by quarters, image and labels, no value changed.
///
/// At random, only what keeps the size and the spacing is drawn: all four turns of a square, none or two of another rectangle.
#[derive(Clone, Debug)]
pub struct QuarterTurns {
    times: Option<u32>,
}

impl QuarterTurns {
    /// None to three turns, each as likely.
    pub fn random() -> Self {
        Self { times: None }
    }

    /// So many turns; of an odd number height and width change places.
    pub fn times(times: u32) -> Self {
        Self { times: Some(times) }
    }
}

impl Transform for QuarterTurns {
    fn is_random(&self) -> bool {
        self.times.is_none()
    }

    fn change(&self, mut subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let ([depth, height, width], spacing) = (subject.size(), subject.spacing());
        let is_square = height == width && (spacing[1] / spacing[2] - 1.0).abs() < 1e-3;
        let turns = match self.times {
            Some(times) => times % 4,
            None if is_square => rng.random_range(0..4),
            None => 2 * rng.random_range(0..2),
        };
        if turns == 0 {
            return Ok(subject);
        }
        let (mut image, mut labels) = subject.take();
        let (mut size, mut geometry) = ([depth, height, width], *subject.geometry());
        if turns % 2 == 1 {
            image = permuted(&image, size, [0, 2, 1]);
            labels = labels.map(|labels| permuted(&labels, size, [0, 2, 1]));
            size = [depth, width, height];
            let spacing = [spacing[0], spacing[2], spacing[1]];
            geometry = Geometry::new(spacing, geometry.origin(), geometry.axes()).unwrap_or(geometry);
        }
        // Rows become columns; mirrored then along the width they are turned clockwise, along the height the other way.
        let axes: &[usize] = match turns {
            1 => &[2],
            2 => &[1, 2],
            _ => &[1],
        };
        for &axis in axes {
            flip(&mut image, size, axis);
            if let Some(labels) = &mut labels {
                flip(labels, size, axis);
            }
        }
        Ok(subject.with_voxels(image, labels, size, geometry))
    }
}

//! [`ResampleLike`]: onto the grid of another image.

use super::error::require;
use super::kernel::{Places, warped};
use super::{Border, ChaCha8Rng, Interpolation, LabelInterpolation, Subject, Transform, TransformError};
use crate::{Geometry, Volume};

/// Resamples onto a given grid, by the places in space: an MR onto a CT, or a prediction back onto the image as it was loaded, whatever
/// cropping, reorienting and resampling lay between. Up to half a voxel outside, the edge is repeated; beyond, the image is
/// [`with_outside`](Self::with_outside) (0) and labels are 0. Equal to SimpleITK's `Resample` with a reference image.
///
/// ```
/// use unet_lab_data::Volume;
/// use unet_lab_data::transform::{Resample, ResampleLike, Transform};
/// let ct = Volume::new(vec![1.0; 8 * 6 * 6], 1, [8, 6, 6], [2.5, 1.0, 1.0])?;
/// let even = Resample::to([1.0; 3]).on(ct.clone())?;
/// let back = ResampleLike::volume(&ct).on(even)?;
/// assert_eq!((back.size(), back.geometry()), (ct.size(), ct.geometry()));
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ResampleLike {
    size: [usize; 3],
    geometry: Geometry,
    image: Interpolation,
    labels: LabelInterpolation,
    outside: f32,
}

impl ResampleLike {
    /// Onto a grid of `[depth, height, width]` voxels at a place in space. Images linear, labels nearest.
    pub fn grid(size: [usize; 3], geometry: Geometry) -> Self {
        Self {
            size,
            geometry,
            image: Interpolation::Linear,
            labels: LabelInterpolation::Nearest,
            outside: 0.0,
        }
    }

    /// Onto a volume's grid.
    pub fn volume(volume: &Volume) -> Self {
        Self::grid(volume.size(), *volume.geometry())
    }

    /// Onto a subject's grid.
    pub fn subject(subject: &Subject) -> Self {
        Self::grid(subject.size(), *subject.geometry())
    }

    /// How the image is interpolated.
    pub fn with_interpolation(mut self, image: Interpolation) -> Self {
        self.image = image;
        self
    }

    /// How labels are interpolated.
    pub fn with_label_interpolation(mut self, labels: LabelInterpolation) -> Self {
        self.labels = labels;
        self
    }

    /// The image's value where there was none: -1024 for CT.
    pub fn with_outside(mut self, value: f32) -> Self {
        self.outside = value;
        self
    }
}

impl Transform for ResampleLike {
    fn check(&self) -> Result<(), TransformError> {
        require(
            !self.size.contains(&0),
            "ResampleLike",
            "size",
            self.size,
            "1 or more along each axis",
        )
    }

    fn change(&self, mut subject: Subject, _rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        if subject.is_planar() && self.size[0] != 1 {
            return Err(TransformError::Kind {
                name: subject.name,
                found: "a 2-D image",
                wanted: "volume",
            });
        }
        let places = Grid::between(&self.geometry, &subject);
        let by = (self.image, self.labels);
        let (image, labels) = warped(&subject, self.size, &places, by, Border::Constant(self.outside));
        subject.take();
        Ok(subject.with_voxels(image, labels, self.size, self.geometry))
    }
}

/// Old places of a new grid: the first voxel's, and one step along each new axis.
struct Grid {
    first: [f64; 3],
    steps: [[f64; 3]; 3],
    size: [usize; 3],
    is_planar: bool,
}

impl Grid {
    fn between(new: &Geometry, old: &Subject) -> Self {
        let from = |voxel: [f64; 3]| old.geometry().voxel(new.point(voxel));
        let first = from([0.0; 3]);
        let step = |axis: usize| {
            let mut voxel = [0.0; 3];
            voxel[axis] = 1.0;
            let there = from(voxel);
            [0, 1, 2].map(|a| there[a] - first[a])
        };
        Self {
            first,
            steps: [step(0), step(1), step(2)],
            size: old.size(),
            is_planar: old.is_planar(),
        }
    }
}

impl Places for Grid {
    fn row(&self, z: usize, y: usize, places: &mut [Vec<f64>; 3]) {
        let (z, y) = (z as f64, y as f64);
        for (axis, list) in places.iter_mut().enumerate() {
            let [by_z, by_y, by_x] = self.steps.map(|step| step[axis]);
            let start = self.first[axis] + z * by_z + y * by_y;
            let end = self.size[axis] as f64 - 1.0;
            for (x, place) in list.iter_mut().enumerate() {
                let at = start + x as f64 * by_x;
                // Rounding must not push a voxel's very edge outside.
                let inside = (-0.500_001..=end + 0.500_001).contains(&at);
                *place = match inside || (self.is_planar && axis == 0) {
                    true => at.clamp(0.0, end),
                    false => -1e6,
                };
            }
        }
    }
}

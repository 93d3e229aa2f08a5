//! [`Volume`]: a 3-D image with spacing.

use super::{DataError, Geometry};

/// A 3-D image: channel after channel, each slice by slice, each slice row by row, with the distance between voxels.
///
/// The axes are `[depth, height, width]`, the order of a tensor `[batch, channels, depth, height, width]`. A file's own
/// order (NIfTI stores width first) is the reader's business.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    data: Vec<f32>,
    channels: usize,
    size: [usize; 3],
    geometry: Geometry,
}

impl Volume {
    /// From voxels, channel by channel; `spacing` is the distance between voxel centres along each axis in mm.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the number of voxels is not `channels * depth * height * width`, or a spacing is not
    /// above 0.
    pub fn new(data: Vec<f32>, channels: usize, size: [usize; 3], spacing: [f64; 3]) -> Result<Self, DataError> {
        check_count(data.len(), &[channels, size[0], size[1], size[2]])?;
        Ok(Self {
            data,
            channels,
            size,
            geometry: Geometry::of_spacing(spacing)?,
        })
    }

    /// The same voxels at another place in space.
    pub fn with_geometry(mut self, geometry: Geometry) -> Self {
        self.geometry = geometry;
        self
    }

    /// Spacing, position and direction.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// `[depth, height, width]` in voxels.
    pub fn size(&self) -> [usize; 3] {
        self.size
    }

    /// Distance between voxel centres along `[depth, height, width]` in mm.
    pub fn spacing(&self) -> [f64; 3] {
        self.geometry.spacing()
    }

    /// Values a voxel.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// All values, channel by channel.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// All values, channel by channel, without a copy.
    pub fn into_data(self) -> Vec<f32> {
        self.data
    }
}

pub(super) fn check_count(found: usize, shape: &[usize]) -> Result<(), DataError> {
    let expected: usize = shape.iter().product();
    match found == expected {
        true => Ok(()),
        false => Err(DataError::Argument(format!(
            "{found} values do not fill the shape {shape:?}, which needs {expected}: pass every value once"
        ))),
    }
}

pub(super) fn check_spacing(spacing: &[f64]) -> Result<(), DataError> {
    match spacing.iter().all(|&step| step.is_finite() && step > 0.0) {
        true => Ok(()),
        false => Err(DataError::Argument(format!(
            "a spacing of {spacing:?} mm is none: each must be above 0; use 1.0 where it is unknown"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voxels_must_fill_the_shape_and_lie_apart() {
        assert!(Volume::new(vec![0.0; 24], 1, [2, 3, 4], [1.0; 3]).is_ok());
        let error = Volume::new(vec![0.0; 23], 1, [2, 3, 4], [1.0; 3]).unwrap_err();
        assert!(error.to_string().contains("23 values"), "{error}");
        assert!(Volume::new(vec![0.0; 24], 1, [2, 3, 4], [1.0, 0.0, 1.0]).is_err());
        assert!(Volume::new(vec![0.0; 24], 1, [2, 3, 4], [1.0, f64::NAN, 1.0]).is_err());
    }
}

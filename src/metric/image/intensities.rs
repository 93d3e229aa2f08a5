//! What can be compared value by value.

use crate::data::{Image, Volume};
use crate::error::{Result, SettingError, ShapeError};

/// Something with a number at each pixel or voxel: an [`Image`] or a [`Volume`].
pub trait Intensities {
    /// Every value, channel by channel.
    fn values(&self) -> &[f32];

    /// Values a pixel.
    fn channels(&self) -> usize;

    /// `[height, width]` or `[depth, height, width]`.
    fn sides(&self) -> Vec<usize>;
}

impl Intensities for Image {
    fn values(&self) -> &[f32] {
        self.data()
    }

    fn channels(&self) -> usize {
        self.channels()
    }

    fn sides(&self) -> Vec<usize> {
        self.size().to_vec()
    }
}

impl Intensities for Volume {
    fn values(&self) -> &[f32] {
        self.data()
    }

    fn channels(&self) -> usize {
        self.channels()
    }

    fn sides(&self) -> Vec<usize> {
        self.size().to_vec()
    }
}

pub(super) fn check<I: Intensities + ?Sized>(image: &I, reference: &I) -> Result<(), ShapeError> {
    let shape = |image: &I| [vec![image.channels()], image.sides()].concat();
    match shape(image) == shape(reference) {
        true => Ok(()),
        false => Err(ShapeError::Differ {
            left_name: "the image".to_owned(),
            left: shape(image),
            right_name: "the reference".to_owned(),
            right: shape(reference),
        }),
    }
}

pub(super) fn check_range(data_range: f64) -> Result<(), SettingError> {
    match data_range.is_finite() && data_range > 0.0 {
        true => Ok(()),
        false => Err(SettingError::new(
            "data_range",
            data_range,
            "above 0: the distance from the lowest to the highest possible value, 1.0 for an Image",
        )),
    }
}

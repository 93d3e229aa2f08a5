//! How good a segmentation is: measures of overlap between two masks, and of the distance between their surfaces.
//!
//! Those of overlap start from a [`Confusion`], the four ways in which a pixel of the prediction can meet the truth;
//! taught in unit 02 (training). Those of distance start from [`SurfaceDistances`].

mod confusion;
mod pixels;
mod surface;

pub use confusion::Confusion;
pub use pixels::Pixels;
pub use surface::{SurfaceDistances, assd, hausdorff, surface_dice};

use crate::error::ShapeError;

/// Dice coefficient of a prediction and the truth; see [`Confusion::dice`].
///
/// ```
/// use unet_lab::prelude::*;
///
/// assert_eq!(dice(&[true, true, false], &[true, false, false])?, 2.0 / 3.0);
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// [`ShapeError::Differ`] if the two are not of one size.
pub fn dice(prediction: &(impl Pixels + ?Sized), truth: &(impl Pixels + ?Sized)) -> Result<f64, ShapeError> {
    Ok(Confusion::new(prediction, truth)?.dice())
}

/// Intersection over union of a prediction and the truth; see [`Confusion::iou`].
///
/// # Errors
/// [`ShapeError::Differ`] if the two are not of one size.
pub fn iou(prediction: &(impl Pixels + ?Sized), truth: &(impl Pixels + ?Sized)) -> Result<f64, ShapeError> {
    Ok(Confusion::new(prediction, truth)?.iou())
}

/// Share of pixels that are right; see [`Confusion::accuracy`].
///
/// # Errors
/// [`ShapeError::Differ`] if the two are not of one size.
pub fn accuracy(prediction: &(impl Pixels + ?Sized), truth: &(impl Pixels + ?Sized)) -> Result<f64, ShapeError> {
    Ok(Confusion::new(prediction, truth)?.accuracy())
}

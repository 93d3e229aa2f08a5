//! How good a segmentation is.
//!
//! - overlap of two masks: [`Confusion`]; of several classes: [`ConfusionMatrix`]
//! - size: [`volume_difference`]
//! - distance between surfaces in mm: [`SurfaceDistances`]
//! - objects one by one: [`Overlaps`], [`instance_scores`], [`lesion_detection`]
//! - probabilities before a threshold: [`ThresholdCurve`], [`Calibration`]; the best one for a network is
//!   [`tune_threshold`](crate::infer::tune_threshold)'s to find
//! - images against images: [`psnr`], [`ssim`]
//! - what scores of several cases say: [`ScoreSummary`], [`Bootstrap`], [`compare_paired`]
//!
//! Overlap is taught in unit 02 (training).

mod agreement;
mod confusion;
mod image;
mod instance;
mod labels;
mod matrix;
mod matrix_table;
#[cfg(test)]
mod matrix_tests;
mod pixels;
mod stats;
mod surface;
mod threshold;
mod volume;

pub use confusion::Confusion;
pub use image::{Intensities, Ssim, SsimWindow, mean_absolute_error, mean_squared_error, psnr, ssim};
pub use instance::{
    AdaptedRand, InstanceCounts, InstanceMatches, InstanceScores, LesionDetection, LesionRule, MatchedPair, Overlaps,
    VariationOfInformation, adapted_rand_error, instance_scores, lesion_detection, variation_of_information,
};
pub use matrix::{ClassSet, ClassWeight, ConfusionMatrix};
pub use pixels::Pixels;
pub use stats::{
    Bootstrap, ConfidenceInterval, IntervalMethod, PairedComparison, ScoreSummary, SignFlip, Wilcoxon, WilcoxonMethod,
    compare_paired, sign_flip_test, wilcoxon,
};
pub use surface::{SurfaceDistances, assd, hausdorff, surface_dice};
pub use threshold::{Calibration, CurvePoint, Probabilities, ReliabilityBin, ThresholdCurve};
pub use volume::{VolumeDifference, volume_difference};

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

/// Refuses a prediction of another shape than the truth.
fn same_shape(prediction: Vec<usize>, truth: Vec<usize>) -> Result<(), ShapeError> {
    match prediction == truth {
        true => Ok(()),
        false => Err(ShapeError::Differ {
            left_name: "the prediction".to_owned(),
            left: prediction,
            right_name: "the truth".to_owned(),
            right: truth,
        }),
    }
}

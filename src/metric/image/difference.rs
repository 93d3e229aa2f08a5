//! Mean errors and PSNR.

use super::Intensities;
use super::intensities::{check, check_range};
use crate::error::{Result, ShapeError};

/// Mean distance of the values of an image from the reference's. NaN if there are none, or one of them is NaN.
///
/// # Errors
/// [`ShapeError::Differ`] if the two are not of one size and number of channels.
pub fn mean_absolute_error<I: Intensities + ?Sized>(image: &I, reference: &I) -> Result<f64, ShapeError> {
    mean(image, reference, f64::abs)
}

/// Mean squared distance of the values of an image from the reference's. NaN if there are none, or one of them is NaN.
///
/// # Errors
/// [`ShapeError::Differ`] if the two are not of one size and number of channels.
pub fn mean_squared_error<I: Intensities + ?Sized>(image: &I, reference: &I) -> Result<f64, ShapeError> {
    mean(image, reference, |difference| difference * difference)
}

/// Peak signal-to-noise ratio in dB, `10 log10(data_range² / mean squared error)`: above 40 hardly visible, below 20
/// poor. Infinite for equal images. `data_range` is the distance from the lowest to the highest possible value: 1 for
/// an [`Image`](crate::data::Image), for CT for example 4095.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let reference = Image::from_fn(8, 8, |x, _| x as f32 / 8.0);
/// let brighter = reference.map(|value| value + 0.1);
/// assert!((psnr(&brighter, &reference, 1.0)? - 20.0).abs() < 1e-4);
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// [`ShapeError::Differ`] if the two are not of one size and number of channels,
/// [`SettingError`](crate::error::SettingError) if the range is not above 0.
pub fn psnr<I: Intensities + ?Sized>(image: &I, reference: &I, data_range: f64) -> Result<f64> {
    check_range(data_range)?;
    let error = mean_squared_error(image, reference)?;
    Ok(10.0 * (data_range * data_range / error).log10())
}

fn mean<I: Intensities + ?Sized>(image: &I, reference: &I, of: impl Fn(f64) -> f64) -> Result<f64, ShapeError> {
    check(image, reference)?;
    let pairs = image.values().iter().zip(reference.values());
    let sum: f64 = pairs.map(|(&i, &r)| of(f64::from(i) - f64::from(r))).sum();
    Ok(sum / image.values().len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Image, Volume};

    #[test]
    fn known_answers() {
        let a = Image::new(2, 1, 1, vec![0.5, 0.25]).unwrap();
        let b = Image::new(2, 1, 1, vec![0.0, 0.5]).unwrap();
        assert_eq!(mean_absolute_error(&a, &b).unwrap(), 0.375);
        assert_eq!(mean_squared_error(&a, &b).unwrap(), 0.15625);
        assert_eq!(psnr(&a, &b, 2.0).unwrap(), 10.0 * (4.0f64 / 0.15625).log10());
        assert_eq!(psnr(&a, &a, 1.0).unwrap(), f64::INFINITY);
    }

    #[test]
    fn edge_cases_and_refusals() {
        let none = Image::from_fn(0, 0, |_, _| 0.0);
        assert!(mean_absolute_error(&none, &none).unwrap().is_nan());
        let volume = |channels, size| Volume::new(vec![0.0; 8], channels, size, [1.0; 3]).unwrap();
        let error = mean_squared_error(&volume(1, [2, 2, 2]), &volume(2, [1, 2, 2])).unwrap_err();
        assert!(
            error.to_string().contains("the image has shape [1, 2, 2, 2]"),
            "{error}"
        );
        for range in [0.0, -1.0, f64::NAN] {
            assert!(psnr(&none, &none, range).is_err());
        }
    }
}

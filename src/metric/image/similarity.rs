//! Structural similarity: [`Ssim`].

use serde::{Deserialize, Serialize};

use super::Intensities;
use super::intensities::{check, check_range};
use super::moments::{Moments, Window};
use crate::data::DataError;
use crate::error::{Result, SettingError};

/// Structural similarity of two images (Wang et al. 2004): whether brightness, contrast and pattern agree in a window
/// that moves through both; 1 is exact, 0 unrelated, below 0 inverted.
///
/// Windows that reach over the edge are left out. Channels are averaged. The results are those of
/// `skimage.metrics.structural_similarity`: [`Ssim::new`] with `gaussian_weights=True, sigma=1.5,
/// use_sample_covariance=False`, [`Ssim::uniform`] with its defaults.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let image = Image::from_fn(16, 16, |x, y| ((x * y) % 7) as f32 / 6.0);
/// assert_eq!(Ssim::new(1.0).of(&image, &image)?, 1.0);
/// assert!(Ssim::new(1.0).of(&image.map(|v| 1.0 - v), &image)? < 0.0);
/// # Ok::<(), LabError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ssim {
    /// Distance from the lowest to the highest possible value, above 0: 1 for an [`Image`](crate::data::Image).
    pub data_range: f64,
    /// What a window's pixels weigh.
    pub window: SsimWindow,
    /// Whether variances are divided by `n - 1` in place of `n`, `n` being the pixels of the window.
    pub sample_covariance: bool,
}

/// What the pixels of a window weigh.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum SsimWindow {
    /// Less the further they are from the middle, out to 3.5 `sigma` on each side: 11 pixels wide for 1.5.
    Gaussian {
        /// Standard deviation in pixels, above 0 and at most 100.
        sigma: f64,
    },
    /// The same, in a square or cube of this side, odd and at least 3.
    Uniform {
        /// Pixels.
        side: usize,
    },
}

impl Ssim {
    /// As published: a Gaussian window with sigma 1.5, 11 pixels wide.
    pub fn new(data_range: f64) -> Self {
        Self {
            data_range,
            window: SsimWindow::Gaussian { sigma: 1.5 },
            sample_covariance: false,
        }
    }

    /// A uniform window 7 pixels wide, with sample covariance: scikit-image's default.
    pub fn uniform(data_range: f64) -> Self {
        Self {
            data_range,
            window: SsimWindow::Uniform { side: 7 },
            sample_covariance: true,
        }
    }

    /// With another window.
    pub fn with_window(mut self, window: SsimWindow) -> Self {
        self.window = window;
        self
    }

    /// With variances divided by `n - 1` or not.
    pub fn with_sample_covariance(mut self, sample_covariance: bool) -> Self {
        self.sample_covariance = sample_covariance;
        self
    }

    /// Mean similarity of an image and the reference. NaN if a value is NaN.
    ///
    /// # Errors
    /// [`ShapeError::Differ`](crate::error::ShapeError::Differ) if the two are not of one size and number of channels,
    /// [`DataError::Argument`] if the window does not fit into them, [`SettingError`] if a setting is out of range.
    pub fn of<I: Intensities + ?Sized>(&self, image: &I, reference: &I) -> Result<f64> {
        check_range(self.data_range)?;
        let weights = self.window.weights()?;
        check(image, reference)?;
        let (sides, side) = (image.sides(), weights.len());
        if sides.iter().any(|&length| length < side) || image.channels() == 0 {
            return Err(DataError::Argument(format!(
                "a window of {side} pixels does not fit into an image of {} x {sides:?}: use a smaller one, as in \
                 Ssim::uniform({:?}).with_window(SsimWindow::Uniform {{ side: 3 }})",
                image.channels(),
                self.data_range
            ))
            .into());
        }
        let (size, depth_weights) = match sides[..] {
            [height, width] => ([1, height, width], vec![1.0]),
            [depth, height, width] => ([depth, height, width], weights.clone()),
            _ => {
                let axes = sides.len();
                return Err(SettingError::new("the number of axes", axes, "2 or 3").into());
            }
        };
        let window = Window {
            weights: [depth_weights, weights.clone(), weights],
        };
        let pixels = side.pow(sides.len() as u32) as f64;
        let area = size.iter().product();
        let channels = image.values().chunks(area).zip(reference.values().chunks(area));
        let mut sum = 0.0;
        for (image, reference) in channels {
            let (mut of_channel, mut windows) = (0.0, 0u64);
            window.visit(image, reference, size, |moments| {
                of_channel += self.similarity(moments, pixels);
                windows += 1;
            });
            sum += of_channel / windows as f64;
        }
        Ok(sum / image.channels() as f64)
    }

    /// Wang et al. 2004, equation 13, with K1 = 0.01 and K2 = 0.03.
    fn similarity(&self, [x, y, xx, yy, xy]: Moments, pixels: f64) -> f64 {
        let c1 = (0.01 * self.data_range).powi(2);
        let c2 = (0.03 * self.data_range).powi(2);
        let scale = match self.sample_covariance {
            true => pixels / (pixels - 1.0),
            false => 1.0,
        };
        let (variances, covariance) = (scale * ((xx - x * x) + (yy - y * y)), scale * (xy - x * y));
        (2.0 * x * y + c1) * (2.0 * covariance + c2) / ((x * x + y * y + c1) * (variances + c2))
    }
}

impl SsimWindow {
    fn weights(self) -> Result<Vec<f64>, SettingError> {
        match self {
            Self::Gaussian { sigma } if sigma > 0.0 && sigma <= 100.0 => {
                let radius = (3.5 * sigma + 0.5) as i32;
                let weights = (-radius..=radius).map(|at| (-0.5 * (f64::from(at) / sigma).powi(2)).exp());
                let weights: Vec<f64> = weights.collect();
                let sum: f64 = weights.iter().sum();
                Ok(weights.into_iter().map(|weight| weight / sum).collect())
            }
            Self::Gaussian { sigma } => Err(SettingError::new("sigma", sigma, "above 0 and at most 100 pixels")),
            Self::Uniform { side } if side >= 3 && side % 2 == 1 => Ok(vec![1.0 / side as f64; side]),
            Self::Uniform { side } => Err(SettingError::new("side", side, "odd and at least 3 pixels")),
        }
    }
}

/// Structural similarity as published; see [`Ssim::new`].
///
/// # Errors
/// As [`Ssim::of`].
pub fn ssim<I: Intensities + ?Sized>(image: &I, reference: &I, data_range: f64) -> Result<f64> {
    Ssim::new(data_range).of(image, reference)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Image, Volume};

    #[test]
    fn constant_images_differ_by_brightness_alone() {
        let flat = |value: f32| Image::from_fn(12, 11, |_, _| value);
        let (x, y) = (0.25, 0.5);
        let expected = (2.0 * x * y + 1e-4) / (x * x + y * y + 1e-4);
        for ssim in [Ssim::new(1.0), Ssim::uniform(1.0)] {
            let found = ssim.of(&flat(0.25), &flat(0.5)).unwrap();
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn one_window_is_the_formula() {
        let image = Image::new(3, 3, 1, (0..9).map(|i| i as f32 / 8.0).collect()).unwrap();
        let reference = image.rotated_quarter();
        let ssim = Ssim::new(1.0).with_window(SsimWindow::Uniform { side: 3 });
        // means 1/2, variances 60/9/64, covariance of the turned ramp 0
        let (variance, c2) = (60.0 / 9.0 / 64.0, 0.0009);
        let found = ssim.of(&image, &reference).unwrap();
        assert!((found - c2 / (2.0 * variance + c2)).abs() < 1e-6, "{found}");
        let sample = ssim.with_sample_covariance(true).of(&image, &reference).unwrap();
        assert!(
            (sample - c2 / (2.0 * variance * 9.0 / 8.0 + c2)).abs() < 1e-6,
            "{sample}"
        );
    }

    #[test]
    fn channels_are_averaged() {
        let grey = |seed: usize| Image::from_fn(9, 9, |x, y| ((x * 5 + y * 3 + x * y * seed) % 11) as f32 / 10.0);
        let (a, b, c, d) = (grey(1), grey(2), grey(3), grey(4));
        let pair = |one: &Image, two: &Image| Image::new(9, 9, 2, [one.data(), two.data()].concat()).unwrap();
        let ssim = Ssim::uniform(1.0);
        let mean = (ssim.of(&a, &b).unwrap() + ssim.of(&c, &d).unwrap()) / 2.0;
        assert!((ssim.of(&pair(&a, &c), &pair(&b, &d)).unwrap() - mean).abs() < 1e-12);
    }

    #[test]
    fn settings_and_sizes_are_checked() {
        let small = Image::from_fn(10, 12, |_, _| 0.5);
        let error = ssim(&small, &small, 1.0).unwrap_err();
        assert!(
            error.to_string().starts_with("a window of 11 pixels does not fit"),
            "{error}"
        );
        let flat = Volume::new(vec![0.0; 98], 1, [2, 7, 7], [1.0; 3]).unwrap();
        assert!(Ssim::uniform(1.0).of(&flat, &flat).is_err());
        let none = Image::new(8, 8, 0, vec![]).unwrap();
        assert!(Ssim::uniform(1.0).of(&none, &none).is_err());
        assert!(Ssim::uniform(0.0).of(&small, &small).is_err());
        for window in [SsimWindow::Uniform { side: 4 }, SsimWindow::Uniform { side: 1 }] {
            assert!(Ssim::new(1.0).with_window(window).of(&small, &small).is_err());
        }
        for sigma in [0.0, -1.0, f64::NAN, 1e9] {
            let window = SsimWindow::Gaussian { sigma };
            assert!(Ssim::new(1.0).with_window(window).of(&small, &small).is_err());
        }
    }
}

//! Structural similarity as a loss.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::LossFunction;
use super::along::{along, matrix};
use super::function::{checked, weighted_mean};
use crate::error::{SettingError, ShapeError};

/// One minus the mean structural similarity of two images (Wang et al. 2004, section III-B): local means, contrasts and
/// correlation, each in a Gaussian window, rather than single pixels. 0 for equal images, at most 2.
///
/// The window stays inside the image, so the outermost pixels count only through their neighbours; pixel weights are
/// taken at the window's centre. Channels are compared one by one. The output is compared as it is: no sigmoid or
/// softmax.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let image = Tensor::<4>::from_data([[[[0.1, 0.9, 0.4], [0.3, 0.2, 0.8], [0.5, 0.6, 0.7]]]], &cpu());
/// let ssim = SsimLoss::new().with_window(3);
/// assert!(ssim.forward_logits(image.clone(), image.clone()).into_scalar::<f32>().abs() < 1e-6);
/// assert!(ssim.forward_logits(-image.clone() + 1.0, image).into_scalar::<f32>() > 1.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SsimLoss {
    window: usize,
    sigma: f64,
    range: f64,
}

impl SsimLoss {
    /// The loss with the paper's window of 11 pixels and sigma 1.5, for values in `0..=1`.
    pub fn new() -> Self {
        Self {
            window: 11,
            sigma: 1.5,
            range: 1.0,
        }
    }

    /// Side of the window in pixels, odd.
    pub fn with_window(mut self, window: usize) -> Self {
        self.window = window;
        self
    }

    /// Standard deviation of the Gaussian in pixels.
    pub fn with_sigma(mut self, sigma: f64) -> Self {
        self.sigma = sigma;
        self
    }

    /// Difference between the largest and the least possible value: 255 for bytes.
    pub fn with_range(mut self, range: f64) -> Self {
        self.range = range;
        self
    }

    fn check(&self, sides: &[usize]) -> Result<(), SettingError> {
        let shortest = sides.iter().copied().min().unwrap_or(0);
        if self.window.is_multiple_of(2) || self.window > shortest {
            let expected = format!("odd and at most the image's shortest side, {shortest}");
            return Err(SettingError::new("SsimLoss::window", self.window, &expected));
        }
        for (name, value) in [("SsimLoss::sigma", self.sigma), ("SsimLoss::range", self.range)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(SettingError::new(name, value, "above 0"));
            }
        }
        Ok(())
    }

    /// Local means, each side shorter by `window - 1`.
    fn blur<const D: usize>(&self, mut x: Tensor<D>) -> Tensor<D> {
        let centre = (self.window / 2) as f64;
        let bell = |i: usize| (-((i as f64 - centre) / self.sigma).powi(2) / 2.0).exp();
        let sum: f64 = (0..self.window).map(bell).sum();
        for axis in 2..D {
            let side = x.dims()[axis];
            let matrix = matrix(side, side + 1 - self.window, &x.device(), |i, j| {
                match i.checked_sub(j) {
                    Some(offset) if offset < self.window => (bell(offset) / sum) as f32,
                    _ => 0.0,
                }
            });
            x = along(x, axis, matrix);
        }
        x
    }
}

impl Default for SsimLoss {
    fn default() -> Self {
        Self::new()
    }
}

impl LossFunction for SsimLoss {
    fn try_forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        let (target, weights) = checked(&logits, target, weights)?;
        self.check(&logits.dims()[2..])?;
        let [c1, c2] = [0.01, 0.03].map(|k| (k * self.range).powi(2));
        let blur = |x: Tensor<D>| self.blur(x);
        let (x, y) = (blur(logits.clone()), blur(target.clone()));
        let (xx, yy, xy) = (x.clone().square(), y.clone().square(), x * y);
        let variances = blur(logits.clone().square()) - xx.clone() + blur(target.clone().square()) - yy.clone();
        let covariance = blur(logits * target) - xy.clone();
        let brightness = (xy * 2.0 + c1) / (xx + yy + c1);
        // Of large values, rounding can make a variance of 0 negative.
        let structure = (covariance * 2.0 + c2) / (variances.clamp_min(0.0) + c2);
        let weights = weights.map(|weights| {
            (2..D).fold(weights, |weights, axis| {
                let side = weights.dims()[axis];
                weights.narrow(axis, self.window / 2, side + 1 - self.window)
            })
        });
        Ok(weighted_mean(-(brightness * structure) + 1.0, weights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    #[test]
    fn a_known_answer() {
        // One window of one pixel: no variance, only brightness.
        let (x, y) = (
            Tensor::<4>::full([1, 1, 1, 1], 0.5, &cpu()),
            Tensor::<4>::ones([1, 1, 1, 1], &cpu()),
        );
        let loss: f32 = SsimLoss::new().with_window(1).forward_logits(x, y).into_scalar();
        assert!((loss - (1.0 - (1.0 + 1e-4) / (1.25 + 1e-4))).abs() < 1e-6, "{loss}");
    }

    #[test]
    fn settings_that_do_not_fit_are_named() {
        let x = Tensor::<4>::zeros([1, 1, 8, 12], &cpu());
        let error = |loss: SsimLoss| loss.try_forward_logits(x.clone(), x.clone()).unwrap_err().to_string();
        assert_eq!(
            error(SsimLoss::new()),
            "SsimLoss::window is 11, but must be odd and at most the image's shortest side, 8"
        );
        assert!(error(SsimLoss::new().with_window(4)).contains("window is 4"));
        assert!(error(SsimLoss::new().with_window(3).with_sigma(0.0)).contains("sigma"));
    }
}

//! The weights by which the original U-Net learned to keep touching cells apart.

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::nearest_two::nearest_two;
use super::one_hot::batch_shape;
use crate::data::LabelMap;
use crate::error::{Result, SettingError};

/// Pixel weights that are high on the narrow background between cells,
/// `w = w_c + w0 exp(-(d1 + d2)^2 / (2 sigma^2))` with the distances `d1` and `d2` to the nearest and the second nearest
/// cell (Ronneberger et al. 2015, equation 2). Inside a cell `d1` is 0, so pixels near a neighbour are raised too, as the
/// equation says; [`with_background_only`](Self::with_background_only) leaves cells alone.
///
/// Distances are exact, from pixel centre to pixel centre, in units of the label map's spacing: with a spacing in mm,
/// `sigma` is in mm. They are followed only as far as the border term exceeds 1e-9. With fewer than two cells there is
/// none.
///
/// The class part `w_c` is 1, or balances background and cells.
///
/// Taught in unit 02 (training).
///
/// ```
/// use unet_lab::data::LabelMap;
/// use unet_lab::prelude::*;
///
/// let cells = LabelMap::new(vec![1, 0, 0, 0, 2], &[1, 5])?;
/// let weights = BorderWeights::new().weights(&cells)?;
/// // In the middle both cells are 2 away: 1 + 10 exp(-16 / 50).
/// assert!((weights[2] - 8.2615).abs() < 1e-4);
/// # Ok::<(), LabError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BorderWeights {
    w0: f64,
    sigma: f64,
    balance: bool,
    background_only: bool,
}

impl BorderWeights {
    /// The paper's `w0 = 10` and `sigma = 5`, with a class part of 1.
    pub fn new() -> Self {
        Self {
            w0: 10.0,
            sigma: 5.0,
            balance: false,
            background_only: false,
        }
    }

    /// The border term where two cells meet.
    pub fn with_w0(mut self, w0: f64) -> Self {
        self.w0 = w0;
        self
    }

    /// How fast the border term falls with the distances, in units of the spacing.
    pub fn with_sigma(mut self, sigma: f64) -> Self {
        self.sigma = sigma;
        self
    }

    /// Whether the class part makes background and cells weigh the same in total: `n / (2 n_c)` for a pixel of a class
    /// with `n_c` of the map's `n` pixels, so 1 on average; 1 if there is only one of both.
    pub fn with_class_balance(mut self, balance: bool) -> Self {
        self.balance = balance;
        self
    }

    /// Whether the border term is added to the background only.
    pub fn with_background_only(mut self, background_only: bool) -> Self {
        self.background_only = background_only;
        self
    }

    /// One weight a pixel, row by row, for cells labelled from 1 on a background of 0, in 2-D or 3-D.
    ///
    /// # Errors
    /// [`SettingError`] if `sigma` is not above 0 or `w0` is below 0.
    pub fn weights(&self, cells: &LabelMap) -> Result<Vec<f32>, SettingError> {
        if !(self.sigma > 0.0 && self.sigma.is_finite()) {
            return Err(SettingError::new(
                "BorderWeights::sigma",
                self.sigma,
                "above 0, such as 5",
            ));
        }
        if !(self.w0 >= 0.0 && self.w0.is_finite()) {
            return Err(SettingError::new(
                "BorderWeights::w0",
                self.w0,
                "at least 0, such as 10",
            ));
        }
        let labels = cells.data();
        let reach = self.sigma * (2.0 * (self.w0 / 1e-9).ln().max(0.0)).sqrt();
        let distances = nearest_two(labels, cells.size(), cells.spacing(), reach);
        let [background, foreground] = self.class_parts(labels);
        let weight = |(&label, [d1, d2]): (&u32, [f64; 2])| {
            let class = if label == 0 { background } else { foreground };
            let away = (d1.sqrt() + d2.sqrt()) / self.sigma;
            match self.background_only && label != 0 {
                true => class as f32,
                false => (class + self.w0 * (-away * away / 2.0).exp()) as f32,
            }
        };
        Ok(labels.iter().zip(distances).map(weight).collect())
    }

    /// The weights of a batch, for [`LossFunction::forward_weighted`](super::LossFunction::forward_weighted).
    ///
    /// # Shapes
    /// - output: `[maps, 1, ..]`, with `D = 4` for maps in 2-D and `D = 5` in 3-D
    ///
    /// # Errors
    /// As [`weights`](Self::weights), and [`DataError::Argument`](crate::error::DataError::Argument) if there are no
    /// maps, if they differ in size, or have not `D - 2` axes.
    pub fn tensor<const D: usize>(&self, cells: &[&LabelMap], device: &Device) -> Result<Tensor<D>> {
        let shape = batch_shape::<D>(cells)?;
        let mut values = Vec::with_capacity(shape.iter().product());
        for map in cells {
            values.extend(self.weights(map)?);
        }
        Ok(Tensor::from_data(TensorData::new(values, shape), device))
    }

    fn class_parts(&self, labels: &[u32]) -> [f64; 2] {
        let background = labels.iter().filter(|&&label| label == 0).count();
        let counts = [background, labels.len() - background];
        match self.balance && !counts.contains(&0) {
            true => counts.map(|count| labels.len() as f64 / (2 * count) as f64),
            false => [1.0; 2],
        }
    }
}

impl Default for BorderWeights {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    fn close(found: &[f32], expected: &[f64]) -> bool {
        found
            .iter()
            .zip(expected)
            .all(|(&f, e)| (f64::from(f) - e).abs() < 1e-5)
    }

    fn border(sum: f64) -> f64 {
        10.0 * (-sum * sum / 50.0).exp()
    }

    #[test]
    fn known_answers() {
        let cells = LabelMap::new(vec![1, 0, 0, 2, 2], &[1, 5]).unwrap();
        let weights = BorderWeights::new().weights(&cells).unwrap();
        assert!(
            close(&weights, &[3.0, 3.0, 3.0, 3.0, 4.0].map(|sum| 1.0 + border(sum))),
            "{weights:?}"
        );
        let background = BorderWeights::new().with_background_only(true).weights(&cells).unwrap();
        assert!(close(
            &background,
            &[1.0, 1.0 + border(3.0), 1.0 + border(3.0), 1.0, 1.0]
        ));
        let wide = cells.with_spacing(&[1.0, 2.0]).unwrap();
        let weights = BorderWeights::new().weights(&wide).unwrap();
        assert!(
            close(&weights, &[6.0, 6.0, 6.0, 6.0, 8.0].map(|sum| 1.0 + border(sum))),
            "{weights:?}"
        );
    }

    #[test]
    fn classes_can_be_balanced() {
        let one = LabelMap::new(vec![1, 0, 0, 0], &[1, 4]).unwrap();
        let balanced = BorderWeights::new().with_class_balance(true);
        assert!(close(
            &balanced.weights(&one).unwrap(),
            &[2.0, 2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0]
        ));
        let empty = LabelMap::new(vec![0; 4], &[1, 4]).unwrap();
        assert!(close(&balanced.weights(&empty).unwrap(), &[1.0; 4]));
    }

    #[test]
    fn one_cell_has_no_border() {
        let one = LabelMap::new(vec![0, 3, 3, 0], &[1, 2, 2]).unwrap();
        let weights = BorderWeights::new().tensor::<5>(&[&one, &one], &cpu()).unwrap();
        assert_eq!(weights.dims(), [2, 1, 1, 2, 2]);
        assert_eq!(weights.into_data().try_to_vec::<f32>().unwrap(), [1.0; 8]);
    }

    #[test]
    fn wrong_settings_are_named() {
        let cells = LabelMap::new(vec![0; 4], &[1, 4]).unwrap();
        let error = BorderWeights::new().with_sigma(0.0).weights(&cells).unwrap_err();
        assert_eq!(
            error.to_string(),
            "BorderWeights::sigma is 0, but must be above 0, such as 5"
        );
        assert!(BorderWeights::new().with_w0(f64::NAN).weights(&cells).is_err());
        assert!(BorderWeights::new().tensor::<5>(&[&cells], &cpu()).is_err());
        assert!(BorderWeights::new().tensor::<4>(&[], &cpu()).is_err());
    }
}

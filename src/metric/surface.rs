//! How far two surfaces lie apart: Hausdorff distance, average surface distance, surface Dice.

use super::{Pixels, same_shape};
use crate::data::{DataError, checked_spacing};
use crate::error::{LabError, SettingError};
use crate::morphology::{Grid, any, distances_to_sites, edges};

/// The distances in mm from each surface voxel of a prediction to the truth's nearest one, and back.
///
/// A surface voxel is one inside with a neighbour over a face that is outside or beyond the image's border
/// ([`boundary`](crate::morphology::boundary)); distances run between voxel centres. These are MONAI's definitions
/// (`get_mask_edges`, 1.6); other tools measure between the faces of voxels and differ by up to a voxel.
///
/// | | one is empty | both are |
/// |---|---|---|
/// | Hausdorff and average distance | infinity | NaN |
/// | surface Dice | 0 | NaN |
///
/// An empty surface has no distance to anything. MONAI gives the same (NaN, too, for a percentile below 100 of
/// distances that are all infinite, where infinity is meant here); leave such cases out of a mean, and say how many.
///
/// ```
/// use unet_lab::data::Mask;
/// use unet_lab::metric::SurfaceDistances;
///
/// let truth = Mask::from_fn(12, 12, |x, y| (2..8).contains(&x) && (2..8).contains(&y));
/// let moved = Mask::from_fn(12, 12, |x, y| (4..10).contains(&x) && (2..8).contains(&y));
/// let surfaces = SurfaceDistances::new(&moved, &truth, &[0.5, 0.5])?;
/// assert_eq!(surfaces.hausdorff(100.0)?, 1.0);
/// assert!(surfaces.assd() < 1.0);
/// assert_eq!(surfaces.surface_dice(1.0)?, 1.0);
/// # Ok::<(), unet_lab::error::LabError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SurfaceDistances {
    to_truth: Vec<f64>,
    to_prediction: Vec<f64>,
}

impl SurfaceDistances {
    /// Measures a prediction against the truth, both of two or three axes; `spacing` is the distance between
    /// neighbours along each axis in mm.
    ///
    /// # Errors
    /// [`ShapeError::Differ`](crate::error::ShapeError::Differ) if the two are not of one size, [`DataError::Argument`] if they have other than two or
    /// three axes, or the spacing is not one number above 0 an axis.
    pub fn new(
        prediction: &(impl Pixels + ?Sized),
        truth: &(impl Pixels + ?Sized),
        spacing: &[f64],
    ) -> Result<Self, LabError> {
        let grid = checked(prediction.shape(), truth.shape(), spacing)?;
        let (predicted, real) = (prediction.pixels(), truth.pixels());
        let Some(part) = Box3::around(predicted, real, &grid) else {
            return Ok(Self {
                to_truth: Vec::new(),
                to_prediction: Vec::new(),
            });
        };
        let cut = part.grid(&grid);
        let surface = |voxels: &[bool]| edges(&part.cut(voxels, &grid), &cut);
        let (predicted, real) = rayon::join(|| surface(predicted), || surface(real));
        let distances = |from: &[bool], to: &[bool]| {
            let places: Vec<usize> = (0..from.len()).filter(|&place| from[place]).collect();
            distances_to_sites(to, &cut, &places)
        };
        let (to_truth, to_prediction) = rayon::join(|| distances(&predicted, &real), || distances(&real, &predicted));
        Ok(Self {
            to_truth,
            to_prediction,
        })
    }

    /// From each surface voxel of the prediction to the truth's surface, in mm, row by row.
    pub fn to_truth(&self) -> &[f64] {
        &self.to_truth
    }

    /// From each surface voxel of the truth to the prediction's surface, in mm, row by row.
    pub fn to_prediction(&self) -> &[f64] {
        &self.to_prediction
    }

    /// Hausdorff distance in mm: the larger of the two directions' percentiles of distances (Huttenlocher et al. 1993).
    ///
    /// 100 is the largest distance, which one stray voxel decides; 95, the usual choice, forgives the worst twentieth of
    /// each surface. Between two distances it interpolates linearly.
    ///
    /// # Errors
    /// [`SettingError`] if the percentile is not above 0 and at most 100.
    pub fn hausdorff(&self, percentile: f64) -> Result<f64, SettingError> {
        let forth = self.directed_hausdorff(percentile)?;
        let back = match self.one_is_empty() {
            true => forth,
            false => at_percentile(&self.to_prediction, percentile),
        };
        Ok(forth.max(back))
    }

    /// As [`hausdorff`](Self::hausdorff), only from the prediction to the truth: misses of the prediction do not count.
    ///
    /// # Errors
    /// As [`hausdorff`](Self::hausdorff).
    pub fn directed_hausdorff(&self, percentile: f64) -> Result<f64, SettingError> {
        if !(percentile > 0.0 && percentile <= 100.0) {
            return Err(SettingError::new("percentile", percentile, "above 0 and at most 100"));
        }
        match self.one_is_empty() {
            true => Ok(f64::INFINITY),
            false => Ok(at_percentile(&self.to_truth, percentile)),
        }
    }

    /// Average symmetric surface distance in mm: the mean over the voxels of both surfaces (Heimann et al. 2009).
    pub fn assd(&self) -> f64 {
        let sum: f64 = self.to_truth.iter().chain(&self.to_prediction).sum();
        sum / (self.to_truth.len() + self.to_prediction.len()) as f64
    }

    /// Average surface distance in mm, only from the prediction to the truth.
    pub fn directed_asd(&self) -> f64 {
        match self.one_is_empty() {
            true => f64::INFINITY,
            false => self.to_truth.iter().sum::<f64>() / self.to_truth.len() as f64,
        }
    }

    /// Surface Dice at a tolerance, also normalised surface distance: the share of both surfaces' voxels that lie within
    /// `tolerance` mm of the other surface, in `0..=1` (Nikolov et al. 2018, with a surface's voxels counted in place of
    /// its area, as MONAI does with `use_subvoxels=False`).
    ///
    /// The tolerance is what a second expert would differ by. Distances are compared as 32-bit numbers: three steps of
    /// 0.1 mm are within 0.3 mm.
    ///
    /// # Errors
    /// [`SettingError`] if the tolerance is negative or not finite.
    pub fn surface_dice(&self, tolerance: f64) -> Result<f64, SettingError> {
        if !(tolerance.is_finite() && tolerance >= 0.0) {
            return Err(SettingError::new("tolerance", tolerance, "0 mm or more, and finite"));
        }
        let near = |&&distance: &&f64| distance as f32 <= tolerance as f32;
        let all = self.to_truth.iter().chain(&self.to_prediction);
        Ok(all.clone().filter(near).count() as f64 / all.count() as f64)
    }

    fn one_is_empty(&self) -> bool {
        self.to_truth.is_empty() != self.to_prediction.is_empty()
    }
}

/// Hausdorff distance in mm at a percentile; see [`SurfaceDistances::hausdorff`].
///
/// ```
/// use unet_lab::data::Mask;
/// use unet_lab::metric::hausdorff;
///
/// let dot = |column| Mask::from_fn(9, 3, move |x, y| (x, y) == (column, 1));
/// assert_eq!(hausdorff(&dot(1), &dot(7), &[1.0, 0.5], 95.0)?, 3.0);
/// # Ok::<(), unet_lab::error::LabError>(())
/// ```
///
/// # Errors
/// As [`SurfaceDistances::new`] and [`SurfaceDistances::hausdorff`].
pub fn hausdorff(
    prediction: &(impl Pixels + ?Sized),
    truth: &(impl Pixels + ?Sized),
    spacing: &[f64],
    percentile: f64,
) -> Result<f64, LabError> {
    Ok(SurfaceDistances::new(prediction, truth, spacing)?.hausdorff(percentile)?)
}

/// Average symmetric surface distance in mm; see [`SurfaceDistances::assd`].
///
/// # Errors
/// As [`SurfaceDistances::new`].
pub fn assd(
    prediction: &(impl Pixels + ?Sized),
    truth: &(impl Pixels + ?Sized),
    spacing: &[f64],
) -> Result<f64, LabError> {
    Ok(SurfaceDistances::new(prediction, truth, spacing)?.assd())
}

/// Surface Dice at a tolerance in mm; see [`SurfaceDistances::surface_dice`].
///
/// # Errors
/// As [`SurfaceDistances::new`] and [`SurfaceDistances::surface_dice`].
pub fn surface_dice(
    prediction: &(impl Pixels + ?Sized),
    truth: &(impl Pixels + ?Sized),
    spacing: &[f64],
    tolerance: f64,
) -> Result<f64, LabError> {
    Ok(SurfaceDistances::new(prediction, truth, spacing)?.surface_dice(tolerance)?)
}

fn checked(prediction: Vec<usize>, truth: Vec<usize>, spacing: &[f64]) -> Result<Grid, LabError> {
    same_shape(prediction, truth.clone())?;
    if !(2..=3).contains(&truth.len()) {
        return Err(LabError::File(DataError::Argument(format!(
            "a surface needs 2 or 3 axes, but the size is {truth:?}: pass a Mask or a Region"
        ))));
    }
    checked_spacing(spacing, truth.len())?;
    Ok(Grid::new(&truth, spacing))
}

/// The value below which `percentile` % lie, interpolated; NaN of none.
fn at_percentile(distances: &[f64], percentile: f64) -> f64 {
    let Some(last) = distances.len().checked_sub(1) else {
        return f64::NAN;
    };
    let mut distances = distances.to_vec();
    let rank = percentile / 100.0 * last as f64;
    let below = (rank as usize).min(last);
    let (_, &mut low, above) = distances.select_nth_unstable_by(below, f64::total_cmp);
    match above.iter().copied().reduce(f64::min) {
        Some(high) if rank > below as f64 => low + (high - low) * (rank - below as f64),
        _ => low,
    }
}

/// The smallest box around all voxels of two masks: no surface lies outside it.
struct Box3 {
    from: [usize; 3],
    to: [usize; 3],
}

impl Box3 {
    fn around(a: &[bool], b: &[bool], grid: &Grid) -> Option<Self> {
        let [_, height, width] = grid.size;
        let (mut from, mut to) = (grid.size, [0; 3]);
        for row in 0..grid.rows() {
            for voxels in [a, b].map(|voxels| &voxels[row * width..][..width]) {
                if !any(voxels) {
                    continue;
                }
                for (axis, place) in [row / height, row % height].into_iter().enumerate() {
                    from[axis] = from[axis].min(place);
                    to[axis] = to[axis].max(place + 1);
                }
                if let Some(first) = voxels[..from[2]].iter().position(|&inside| inside) {
                    from[2] = first;
                }
                if let Some(last) = voxels[to[2]..].iter().rposition(|&inside| inside) {
                    to[2] += last + 1;
                }
            }
        }
        (to[2] > 0).then_some(Self { from, to })
    }

    fn grid(&self, whole: &Grid) -> Grid {
        let size = std::array::from_fn(|axis| self.to[axis] - self.from[axis]);
        Grid { size, ..*whole }
    }

    fn cut(&self, voxels: &[bool], grid: &Grid) -> Vec<bool> {
        let [_, height, width] = grid.size;
        let mut part = Vec::with_capacity(self.grid(grid).len());
        for z in self.from[0]..self.to[0] {
            for y in self.from[1]..self.to[1] {
                let row = &voxels[(z * height + y) * width..][..width];
                part.extend_from_slice(&row[self.from[2]..self.to[2]]);
            }
        }
        part
    }
}

#[cfg(test)]
#[path = "surface_tests.rs"]
mod tests;

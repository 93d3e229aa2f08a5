//! How far the size of a segmentation is from the true one: [`VolumeDifference`].

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Pixels, same_shape};
use crate::data::{DataError, Region};
use crate::error::Result;

/// Two sizes: in mm³ for regions of 3 axes, in mm² for those of 2.
///
/// A difference of 0 says nothing of the place: a region beside the truth can have the right volume. Read it with an
/// overlap such as [`dice`](super::dice).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct VolumeDifference {
    /// Size of the prediction, mm³ or mm².
    pub predicted: f64,
    /// Size of the truth, mm³ or mm².
    pub truth: f64,
    /// 3 for mm³, 2 for mm².
    pub axes: usize,
}

impl VolumeDifference {
    /// `predicted - truth`, in mm³ (mm²): above 0 is too large.
    pub fn signed(&self) -> f64 {
        self.predicted - self.truth
    }

    /// [`signed`](Self::signed) without its sign.
    pub fn absolute(&self) -> f64 {
        self.signed().abs()
    }

    /// `(predicted - truth) / truth`: -1 is nothing found, 0 the right size, 1 twice the size. With no truth it is 0
    /// if nothing was predicted, otherwise infinite.
    pub fn relative(&self) -> f64 {
        match (self.truth == 0.0, self.predicted == 0.0) {
            (true, true) => 0.0,
            (true, false) => f64::INFINITY,
            _ => self.signed() / self.truth,
        }
    }

    /// [`relative`](Self::relative) without its sign.
    pub fn absolute_relative(&self) -> f64 {
        self.relative().abs()
    }

    /// [`signed`](Self::signed) in millilitres (1 ml is 1000 mm³); `None` in 2-D, where there is no volume.
    pub fn signed_ml(&self) -> Option<f64> {
        (self.axes == 3).then(|| self.signed() / 1000.0)
    }

    /// [`absolute`](Self::absolute) in millilitres; `None` in 2-D.
    pub fn absolute_ml(&self) -> Option<f64> {
        self.signed_ml().map(f64::abs)
    }
}

/// The sizes of a prediction and the truth, from the number of pixels and the distance between them.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let predicted = Region::new(vec![true; 8], &[2, 2, 2])?.with_spacing(&[5.0, 1.0, 1.0])?;
/// let truth = Region::new([vec![true; 4], vec![false; 4]].concat(), &[2, 2, 2])?.with_spacing(&[5.0, 1.0, 1.0])?;
/// let difference = volume_difference(&predicted, &truth)?;
/// assert_eq!(difference.signed(), 20.0); // mm³
/// assert_eq!(difference.signed_ml(), Some(0.02));
/// assert_eq!(difference.relative(), 1.0);
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// [`ShapeError::Differ`](crate::error::ShapeError::Differ) if the two are not of one size;
/// [`DataError::Argument`] if their spacings differ by more than 0.1 %.
pub fn volume_difference(prediction: &Region, truth: &Region) -> Result<VolumeDifference> {
    same_shape(prediction.shape(), truth.shape())?;
    let mut steps = prediction.spacing().iter().zip(truth.spacing());
    if steps.any(|(p, t)| (p - t).abs() > 1e-3 * t) {
        return Err(DataError::Argument(format!(
            "the prediction has a spacing of {:?} mm, but the truth one of {:?} mm; resample one of them, or give both \
             the right spacing with with_spacing",
            prediction.spacing(),
            truth.spacing()
        ))
        .into());
    }
    let size = |region: &Region| {
        let count = region.pixels().iter().filter(|&&inside| inside).count();
        count as f64 * region.spacing().iter().product::<f64>()
    };
    Ok(VolumeDifference {
        predicted: size(prediction),
        truth: size(truth),
        axes: truth.spacing().len(),
    })
}

impl fmt::Display for VolumeDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, scale) = match self.axes {
            3 => ("ml", 1000.0),
            _ => ("mm²", 1.0),
        };
        let [predicted, truth] = [self.predicted / scale, self.truth / scale];
        write!(f, "predicted {predicted:.2} {unit}, true {truth:.2} {unit}: ")?;
        write!(f, "{:+.2} {unit}", predicted - truth)?;
        match self.relative() {
            relative if relative.is_finite() => write!(f, " ({:+.1} %)", 100.0 * relative),
            _ => write!(f, " (nothing is there)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(count: usize, spacing: [f64; 3]) -> Region {
        let inside = (0..24).map(|i| i < count).collect();
        Region::new(inside, &[2, 3, 4]).unwrap().with_spacing(&spacing).unwrap()
    }

    fn difference(predicted: usize, truth: usize) -> VolumeDifference {
        let spacing = [2.0, 0.5, 10.0];
        volume_difference(&region(predicted, spacing), &region(truth, spacing)).unwrap()
    }

    #[test]
    fn known_answers() {
        let less = difference(6, 8);
        assert_eq!((less.predicted, less.truth), (60.0, 80.0));
        assert_eq!((less.signed(), less.absolute()), (-20.0, 20.0));
        assert_eq!((less.relative(), less.absolute_relative()), (-0.25, 0.25));
        assert_eq!((less.signed_ml(), less.absolute_ml()), (Some(-0.02), Some(0.02)));
        assert_eq!(less.to_string(), "predicted 0.06 ml, true 0.08 ml: -0.02 ml (-25.0 %)");
    }

    #[test]
    fn empty_regions() {
        assert_eq!(difference(0, 0).relative(), 0.0);
        assert_eq!(difference(3, 0).relative(), f64::INFINITY);
        assert!(difference(3, 0).to_string().ends_with("(nothing is there)"));
        assert_eq!(difference(0, 3).relative(), -1.0);
    }

    #[test]
    fn a_plane_has_an_area_and_no_millilitres() {
        let plane = |count: usize| {
            let inside = (0..4).map(|i| i < count).collect();
            Region::new(inside, &[2, 2]).unwrap().with_spacing(&[0.5, 2.0]).unwrap()
        };
        let difference = volume_difference(&plane(3), &plane(1)).unwrap();
        assert_eq!((difference.signed(), difference.signed_ml()), (2.0, None));
        assert_eq!(
            difference.to_string(),
            "predicted 3.00 mm², true 1.00 mm²: +2.00 mm² (+200.0 %)"
        );
    }

    #[test]
    fn other_sizes_and_spacings_are_refused() {
        let error = volume_difference(&region(1, [1.0; 3]), &region(1, [1.0, 1.0, 2.0])).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("[1.0, 1.0, 1.0] mm, but the truth one of [1.0, 1.0, 2.0] mm"),
            "{error}"
        );
        let plane = Region::new(vec![true; 4], &[2, 2]).unwrap();
        assert!(volume_difference(&region(1, [1.0; 3]), &plane).is_err());
    }
}

//! [`Resize`]: another number of voxels for the same extent.

use super::error::require;
use super::kernel::AxisPlan;
use super::resample::on_plans;
use super::{ChaCha8Rng, Extent, Interpolation, LabelInterpolation, Subject, Transform, TransformError};

/// Resizes to a number of voxels, the outer edges staying where they are: voxel `i` of an axis lies at
/// `(i + 1/2) * old / new - 1/2` old voxels. Equal to SciPy's `zoom` with `grid_mode=True, mode="nearest"` and to scikit-image's
/// `resize` with `mode="edge"`; spacing and origin follow.
///
/// ```
/// use unet_lab_data::Image;
/// use unet_lab_data::transform::{Resize, Transform};
/// let ramp = Image::from_fn(4, 1, |x, _| x as f32);
/// assert_eq!(Resize::to([1, 2]).on(ramp)?.data(), [0.5, 2.5]);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Resize {
    extent: Extent,
    image: Interpolation,
    labels: LabelInterpolation,
    is_antialiased: bool,
}

impl Resize {
    /// To `[height, width]` (a volume keeps its depth) or `[depth, height, width]`. Images linear, labels nearest.
    pub fn to(extent: impl Into<Extent>) -> Self {
        Self {
            extent: extent.into(),
            image: Interpolation::Linear,
            labels: LabelInterpolation::Nearest,
            is_antialiased: false,
        }
    }

    /// How the image is interpolated.
    pub fn with_interpolation(mut self, image: Interpolation) -> Self {
        self.image = image;
        self
    }

    /// How labels are interpolated.
    pub fn with_label_interpolation(mut self, labels: LabelInterpolation) -> Self {
        self.labels = labels;
        self
    }

    /// As [`Resample::antialiased`](super::Resample::antialiased).
    pub fn antialiased(mut self) -> Self {
        self.is_antialiased = true;
        self
    }
}

impl Transform for Resize {
    fn check(&self) -> Result<(), TransformError> {
        let size = self.extent.size();
        require(!size.contains(&0), "Resize", "size", size, "1 or more along each axis")
    }

    fn change(&self, subject: Subject, _rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let (old, spacing) = (subject.size(), subject.spacing());
        let mut new = self.extent.within(old);
        if subject.is_planar() {
            new[0] = 1;
        }
        let plans = [0, 1, 2].map(|axis| AxisPlan::fitted(old[axis], new[axis]));
        let spacing = [0, 1, 2].map(|axis| spacing[axis] * plans[axis].step);
        on_plans(
            subject,
            "Resize",
            plans,
            spacing,
            (self.image, self.labels),
            self.is_antialiased,
        )
    }
}

//! [`Window`]: the part of the grey scale that is looked at.

use super::error::require;
use super::kernel::for_lines;
use super::{ChaCha8Rng, Subject, Transform, TransformError};

/// A window of Hounsfield units becomes 0..1: `centre - width / 2` and below is 0, `centre + width / 2` and above is 1, straight between
/// (DICOM PS3.3 C.11.2.1.3.2, LINEAR_EXACT).
///
/// ```
/// use unet_lab_data::Volume;
/// use unet_lab_data::transform::{Transform, Window};
/// let ct = Volume::new(vec![-1000.0, 40.0, 140.0, 900.0], 1, [1, 2, 2], [1.0; 3])?;
/// assert_eq!(Window::soft_tissue().on(ct)?.data(), [0.0, 0.5, 0.75, 1.0]);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Window {
    centre: f64,
    width: f64,
}

impl Window {
    /// A window of one's own.
    pub fn new(centre: f64, width: f64) -> Self {
        Self { centre, width }
    }

    /// Lung: centre -600, width 1500.
    pub fn lung() -> Self {
        Self::new(-600.0, 1500.0)
    }

    /// Bone: centre 400, width 1800.
    pub fn bone() -> Self {
        Self::new(400.0, 1800.0)
    }

    /// Soft tissue, as for the abdomen: centre 40, width 400.
    pub fn soft_tissue() -> Self {
        Self::new(40.0, 400.0)
    }

    /// Brain: centre 40, width 80.
    pub fn brain() -> Self {
        Self::new(40.0, 80.0)
    }
}

impl Transform for Window {
    fn check(&self) -> Result<(), TransformError> {
        require(
            self.centre.is_finite(),
            "Window",
            "centre",
            self.centre,
            "a finite number",
        )?;
        let holds = self.width.is_finite() && self.width > 0.0;
        require(holds, "Window", "width", self.width, "above 0")
    }

    fn change(&self, mut subject: Subject, _rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let (low, scale) = ((self.centre - self.width / 2.0) as f32, (1.0 / self.width) as f32);
        each_value(subject.image_mut(), |value| ((value - low) * scale).clamp(0.0, 1.0));
        Ok(subject)
    }
}

/// Changes each value by itself.
pub(crate) fn each_value(values: &mut [f32], change: impl Fn(f32) -> f32 + Sync + Send) {
    for_lines(values, 4096, |_, part| {
        part.iter_mut().for_each(|value| *value = change(*value))
    });
}

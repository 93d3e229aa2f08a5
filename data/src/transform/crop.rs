//! [`Crop`]: the middle of an image.

use super::error::require;
use super::{Border, ChaCha8Rng, Extent, Subject, Transform, TransformError, VoxelBox};

/// The middle part of a given size; of an odd rest the larger half is cut off at the end. Random parts: [`Patches`](crate::patch::Patches).
///
/// ```
/// use unet_lab_data::Image;
/// use unet_lab_data::transform::{Crop, Transform};
/// let ramp = Image::from_fn(5, 1, |x, _| x as f32);
/// assert_eq!(Crop::centre([1, 3]).on(ramp)?.data(), [1.0, 2.0, 3.0]);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Crop {
    extent: Extent,
}

impl Crop {
    /// The middle `[height, width]` (a volume keeps its depth) or `[depth, height, width]` voxels.
    pub fn centre(extent: impl Into<Extent>) -> Self {
        Self { extent: extent.into() }
    }
}

impl Transform for Crop {
    fn check(&self) -> Result<(), TransformError> {
        let size = self.extent.size();
        require(!size.contains(&0), "Crop", "size", size, "1 or more along each axis")
    }

    fn change(&self, subject: Subject, _rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let (old, wanted) = (subject.size(), self.extent.within(subject.size()));
        if (0..3).any(|axis| wanted[axis] > old[axis]) {
            return Err(TransformError::TooLarge {
                transform: "Crop",
                setting: "size",
                wanted,
                name: subject.name,
                size: old,
                hint: "take a smaller size, or apply Pad::to first",
            });
        }
        let start = [0, 1, 2].map(|axis| ((old[axis] - wanted[axis]) / 2) as i64);
        VoxelBox { start, size: wanted }.of(&subject, Border::Edge)
    }
}

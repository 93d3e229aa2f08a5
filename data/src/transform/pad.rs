//! [`Pad`]: more voxels around an image.

use super::error::require;
use super::{Border, ChaCha8Rng, Extent, Subject, Transform, TransformError, VoxelBox};
use crate::formats::Limits;

/// More voxels around the image: mirrored as the U-Net paper does it for unpadded convolutions (Ronneberger et al. 2015, section 2),
/// of one value, or the edge repeated.
///
/// ```
/// use unet_lab_data::Image;
/// use unet_lab_data::transform::{Border, Pad, Transform};
/// let ramp = Image::from_fn(3, 1, |x, _| x as f32);
/// assert_eq!(Pad::by([0, 2]).on(ramp.clone())?.data(), [2.0, 1.0, 0.0, 1.0, 2.0, 1.0, 0.0]);
/// assert_eq!(Pad::to([1, 4]).with_border(Border::Edge).on(ramp)?.data(), [0.0, 1.0, 2.0, 2.0]);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pad {
    extent: Extent,
    is_total: bool,
    border: Border,
}

impl Pad {
    /// To at least `[height, width]` or `[depth, height, width]`: axes that are shorter get voxels on both sides, of an odd number one
    /// more at the end; longer ones stay. With [`Crop::centre`](super::Crop::centre) after it every image gets exactly that size.
    pub fn to(extent: impl Into<Extent>) -> Self {
        Self {
            extent: extent.into(),
            is_total: true,
            border: Border::Mirror,
        }
    }

    /// By so many voxels on each side of each axis, `[height, width]` or `[depth, height, width]`.
    pub fn by(extent: impl Into<Extent>) -> Self {
        Self {
            is_total: false,
            ..Self::to(extent)
        }
    }

    /// What the new voxels are; at first mirrored. Labels follow, or are 0 beside a constant.
    pub fn with_border(mut self, border: Border) -> Self {
        self.border = border;
        self
    }
}

impl Transform for Pad {
    fn check(&self) -> Result<(), TransformError> {
        let size = self.extent.size();
        let holds = !self.is_total || !size.contains(&0);
        require(holds, "Pad", "size", size, "1 or more along each axis")
    }

    fn change(&self, subject: Subject, _rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let (old, asked) = (subject.size(), self.extent.size());
        let flat = subject.is_planar() || self.extent.is_planar();
        let before = |axis: usize| match (axis == 0 && flat, self.is_total) {
            (true, _) => 0,
            (_, true) => asked[axis].saturating_sub(old[axis]) / 2,
            (_, false) => asked[axis],
        };
        let wanted = [0, 1, 2].map(|axis| match (axis == 0 && flat, self.is_total) {
            (true, _) => old[axis],
            (_, true) => old[axis].max(asked[axis]),
            (_, false) => old[axis].saturating_add(asked[axis].saturating_mul(2)),
        });
        let shape = [subject.channels().max(1), wanted[0], wanted[1], wanted[2]];
        Limits::default()
            .check(&shape, 4)
            .map_err(|error| TransformError::Grid {
                transform: "Pad",
                problem: format!("{} would become {wanted:?} voxels: {error}", subject.name),
            })?;
        let start = [0, 1, 2].map(|axis| -(before(axis) as i64));
        VoxelBox { start, size: wanted }.of(&subject, self.border)
    }
}

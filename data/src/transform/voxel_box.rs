//! [`VoxelBox`]: a part of a grid.

use super::kernel::cut;
use super::{Border, Subject, TransformError};

/// A box of voxels in a grid, which may reach beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VoxelBox {
    /// Its first voxel `[depth, height, width]`; negative before the grid.
    pub start: [i64; 3],
    /// Its size `[depth, height, width]` in voxels.
    pub size: [usize; 3],
}

impl VoxelBox {
    /// The part of the subject in the box; what lies beyond its edge follows `border`. Spacing and directions stay, the origin moves.
    ///
    /// # Errors
    /// [`TransformError::Setting`] for a box with a side of 0, or a depth other than 1 of a 2-D image.
    pub fn of(&self, subject: &Subject, border: Border) -> Result<Subject, TransformError> {
        subject.check()?;
        let is_flat = !subject.is_planar() || (self.start[0], self.size[0]) == (0, 1);
        if self.size.contains(&0) || !is_flat {
            let expected = "1 or more along each axis; first slice 0 and depth 1 for a 2-D image";
            return Err(TransformError::setting("VoxelBox", "size", self, expected));
        }
        self.of_kind(subject, border, subject.is_planar())
    }

    pub(crate) fn of_kind(
        &self,
        subject: &Subject,
        border: Border,
        is_planar: bool,
    ) -> Result<Subject, TransformError> {
        let (start, whole) = (self.start, subject.size());
        let geometry = subject
            .geometry()
            .moved(start.map(|at| at as f64), subject.spacing())
            .map_err(|error| TransformError::Grid {
                transform: "VoxelBox",
                problem: error.to_string(),
            })?;
        let image = cut(subject.image(), whole, start, self.size, border, border.constant());
        let labels = subject
            .labels()
            .map(|labels| cut(labels, whole, start, self.size, border, 0));
        Ok(subject.derived(image, labels, self.size, is_planar, geometry))
    }

    /// The box that undoes this one: taken of the part, it gives a grid of the `whole` size with the part in its old place.
    ///
    /// ```
    /// use unet_lab_data::LabelMap;
    /// use unet_lab_data::transform::{Border, Subject, VoxelBox};
    /// let whole = Subject::new("a", LabelMap::new(vec![0, 1, 2, 0], &[1, 4])?)?;
    /// let part = VoxelBox { start: [0, 0, 1], size: [1, 1, 2] };
    /// let cut = part.of(&whole, Border::Edge)?;
    /// let back = part.undone(whole.size()).of(&cut, Border::Constant(0.0))?;
    /// assert_eq!(back, whole);
    /// # Ok::<(), unet_lab_data::DataError>(())
    /// ```
    pub fn undone(&self, whole: [usize; 3]) -> Self {
        Self {
            start: self.start.map(|at| -at),
            size: whole,
        }
    }

    /// Whether it lies inside a grid of `size`.
    pub fn is_inside(&self, size: [usize; 3]) -> bool {
        (0..3).all(|axis| self.start[axis] >= 0 && self.start[axis] as usize + self.size[axis] <= size[axis])
    }
}

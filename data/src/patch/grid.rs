//! [`PatchGrid`]: patches that cover an image.

use crate::transform::error::require;
use crate::transform::{Border, Extent, Subject, TransformError, VoxelBox};

/// Patches of one size that cover an image evenly, with an overlap: for sliding-window prediction and for validation.
///
/// Along each axis there are as few patches as keep the overlap; the first begins at the first voxel, the last ends at the last, and the
/// others lie evenly between. An axis shorter than the patch gets one, filled up on both sides (mirrored unless another border is
/// given).
///
/// ```
/// use unet_lab_data::patch::PatchGrid;
/// let grid = PatchGrid::of([1, 4]).with_overlap(0.5);
/// let starts: Vec<i64> = grid.boxes([1, 1, 10])?.iter().map(|part| part.start[2]).collect();
/// assert_eq!(starts, [0, 2, 4, 6]);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PatchGrid {
    extent: Extent,
    overlap: f64,
    border: Border,
}

impl PatchGrid {
    /// Of `[height, width]` (slice by slice of a volume) or `[depth, height, width]` voxels, without overlap.
    pub fn of(extent: impl Into<Extent>) -> Self {
        Self {
            extent: extent.into(),
            overlap: 0.0,
            border: Border::Mirror,
        }
    }

    /// Neighbours share at least this part of a patch, from 0 to below 1; 0.5 is usual.
    pub fn with_overlap(mut self, share: f64) -> Self {
        self.overlap = share;
        self
    }

    /// What lies beyond the edge of an image smaller than a patch.
    pub fn with_border(mut self, border: Border) -> Self {
        self.border = border;
        self
    }

    /// Where the patches of an image of `[depth, height, width]` are, the last axis first.
    ///
    /// # Errors
    /// [`TransformError::Setting`]; [`TransformError::Empty`] for a size with a 0.
    pub fn boxes(&self, whole: [usize; 3]) -> Result<Vec<VoxelBox>, TransformError> {
        let size = self.extent.size();
        require(
            !size.contains(&0),
            "PatchGrid",
            "size",
            size,
            "1 or more along each axis",
        )?;
        require(
            (0.0..1.0).contains(&self.overlap),
            "PatchGrid",
            "overlap",
            self.overlap,
            "from 0 to below 1",
        )?;
        if whole.contains(&0) {
            return Err(TransformError::Empty {
                name: "the image".to_owned(),
                size: whole,
            });
        }
        let starts = [0, 1, 2].map(|axis| starts(whole[axis], size[axis], self.overlap));
        let mut boxes = Vec::with_capacity(starts.iter().map(Vec::len).product());
        for &z in &starts[0] {
            for &y in &starts[1] {
                boxes.extend(starts[2].iter().map(|&x| VoxelBox { start: [z, y, x], size }));
            }
        }
        Ok(boxes)
    }

    /// The patches of an image, one after another, each with its box; a patch is copied when it is asked for.
    ///
    /// # Errors
    /// As [`boxes`](Self::boxes); [`TransformError::TooLarge`] for a 2-D image and patches deeper than 1.
    pub fn patches<'a>(
        &'a self,
        subject: &'a Subject,
    ) -> Result<impl ExactSizeIterator<Item = Result<(VoxelBox, Subject), TransformError>> + 'a, TransformError> {
        subject.check()?;
        if subject.is_planar() && self.extent.size()[0] > 1 {
            return Err(TransformError::TooLarge {
                transform: "PatchGrid",
                setting: "size",
                wanted: self.extent.size(),
                name: subject.name.clone(),
                size: subject.size(),
                hint: "give [height, width] for a 2-D image",
            });
        }
        let is_planar = self.extent.is_planar() || subject.is_planar();
        let boxes = self.boxes(subject.size())?;
        Ok(boxes
            .into_iter()
            .map(move |part| Ok((part, part.of_kind(subject, self.border, is_planar)?))))
    }
}

/// The first voxels of the patches along one axis.
fn starts(whole: usize, size: usize, overlap: f64) -> Vec<i64> {
    if size >= whole {
        return vec![-(((size - whole) / 2) as i64)];
    }
    // The overlap in whole voxels, at least one of which is new.
    let step = ((size as f64 * (1.0 - overlap) + 1e-9) as usize).max(1);
    let room = whole - size;
    let gaps = room.div_ceil(step);
    (0..=gaps).map(|i| (i * room / gaps) as i64).collect()
}

//! [`CropForeground`]: the part that matters.

use super::error::require;
use super::subject::place;
use super::{Border, ChaCha8Rng, Over, Subject, Transform, TransformError, VoxelBox};

/// The smallest box around the foreground, with a margin: nnU-Net crops every case to where its image is not 0 before anything else
/// (Isensee et al. 2021, online methods). An image that is all background stays whole.
///
/// The place in space is kept right, so [`ResampleLike`](super::ResampleLike) puts a result back; so does the box that
/// [`find`](Self::find) gives, with [`VoxelBox::undone`].
#[derive(Clone, Debug)]
pub struct CropForeground {
    over: Over,
    margin: usize,
}

impl CropForeground {
    /// Around the voxels that count: [`Over::NonZero`] values of the image in any channel, or [`Over::Labelled`] ones.
    pub fn around(over: Over) -> Self {
        Self { over, margin: 0 }
    }

    /// So many voxels more on each side, as far as the image goes.
    pub fn with_margin(mut self, voxels: usize) -> Self {
        self.margin = voxels;
        self
    }

    /// The box; `None` for an image that is all background.
    ///
    /// # Errors
    /// [`TransformError::Missing`] if there is no image, or there are no labels, to find it by.
    pub fn find(&self, subject: &Subject) -> Result<Option<VoxelBox>, TransformError> {
        subject.check()?;
        let (size, voxels) = (subject.size(), subject.voxels());
        let (mut low, mut high) = ([usize::MAX; 3], [0; 3]);
        // The first and the last voxel of each row that counts are enough.
        let mut visit = |row: usize, first: Option<usize>, last: Option<usize>| {
            for x in [first, last].into_iter().flatten() {
                let at = place((row * size[2] + x) % voxels, size);
                low = [0, 1, 2].map(|axis| low[axis].min(at[axis]));
                high = [0, 1, 2].map(|axis| high[axis].max(at[axis]));
            }
        };
        match self.over {
            Over::Labelled => {
                let rows = subject.need_labels("CropForeground")?.chunks(size[2]).enumerate();
                rows.for_each(|(row, line)| {
                    visit(row, line.iter().position(|&v| v > 0), line.iter().rposition(|&v| v > 0));
                });
            }
            Over::NonZero | Over::All => {
                subject.check_image("CropForeground")?;
                subject.image().chunks(size[2]).enumerate().for_each(|(row, line)| {
                    visit(
                        row,
                        line.iter().position(|&v| v != 0.0),
                        line.iter().rposition(|&v| v != 0.0),
                    );
                });
            }
        }
        if low[0] == usize::MAX {
            return Ok(None);
        }
        let start = low.map(|at| at.saturating_sub(self.margin));
        let end = [0, 1, 2].map(|axis| (high[axis] + 1).saturating_add(self.margin).min(size[axis]));
        Ok(Some(VoxelBox {
            start: start.map(|at| at as i64),
            size: [0, 1, 2].map(|axis| end[axis] - start[axis]),
        }))
    }
}

impl Transform for CropForeground {
    fn check(&self) -> Result<(), TransformError> {
        let holds = self.over != Over::All;
        require(holds, "CropForeground", "around", self.over, "NonZero or Labelled")
    }

    fn change(&self, subject: Subject, _rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        match self.find(&subject)? {
            Some(part) if part.size != subject.size() => part.of(&subject, Border::Edge),
            _ => Ok(subject),
        }
    }
}

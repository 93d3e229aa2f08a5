//! [`Over`]: which voxels count.

use super::{Subject, TransformError};

/// The voxels that a statistic is taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Over {
    /// All.
    #[default]
    All,
    /// Those whose value is not 0: of an MR with the skull stripped, the brain.
    NonZero,
    /// Those whose label is not 0.
    Labelled,
}

impl Over {
    /// Whether a voxel of the channel counts.
    pub(crate) fn counts<'a>(
        self,
        subject: &'a Subject,
        transform: &'static str,
    ) -> Result<impl Fn(usize, f32) -> bool + use<'a>, TransformError> {
        let labels = match self {
            Self::Labelled => subject.need_labels(transform)?,
            _ => &[],
        };
        Ok(move |voxel: usize, value: f32| match self {
            Self::All => true,
            Self::NonZero => value != 0.0,
            Self::Labelled => labels.get(voxel).is_some_and(|&label| label > 0),
        })
    }
}

//! Volumes and labels from one file of any format.

use std::path::Path;

use super::formats::read;
use super::{DataError, LabelMap, Volume};

/// Reads a volume of any format, told from its contents: NIfTI, Analyze, MetaImage, NRRD, NumPy and the others of [`formats`](crate::formats).
/// Frames and colours become channels. Taught in unit 09 (volumes).
///
/// # Errors
/// [`DataError::File`] when the file is missing, damaged or of an unknown format.
///
/// ```
/// use unet_lab_data::{Volume, formats::save_nifti, load_volume};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("flat.nii");
/// save_nifti(&Volume::new(vec![7.0; 24], 1, [2, 3, 4], [3.0, 1.0, 1.0])?, &path)?;
/// let volume = load_volume(&path)?;
/// assert_eq!((volume.size(), volume.spacing()), ([2, 3, 4], [3.0, 1.0, 1.0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load_volume(path: impl AsRef<Path>) -> Result<Volume, DataError> {
    let path = path.as_ref();
    read(path)?.volume().map_err(|error| named(path, error))
}

/// Reads labels of any format, in 3-D for a volume and 2-D for a picture. Labels stored as floating-point numbers are taken where they are
/// whole. Taught in unit 09 (volumes).
///
/// # Errors
/// As [`load_volume`]; [`DataError::Argument`] for a file of several frames or channels, or of values that are no labels.
pub fn load_labels(path: impl AsRef<Path>) -> Result<LabelMap, DataError> {
    let path = path.as_ref();
    read(path)?.labels().map_err(|error| named(path, error))
}

/// The same problem with the file's name.
pub(super) fn named(path: &Path, error: DataError) -> DataError {
    match error {
        DataError::Argument(text) => DataError::Argument(format!("{}: {text}", path.display())),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::save_nifti;

    #[test]
    fn what_are_no_labels_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("probabilities.nii.gz");
        save_nifti(&Volume::new(vec![0.5; 8], 1, [2, 2, 2], [1.0; 3]).unwrap(), &path).unwrap();
        let error = load_labels(&path).unwrap_err().to_string();
        assert!(
            error.contains("probabilities.nii.gz: ") && error.contains("0.5"),
            "{error}"
        );
        assert!(load_labels(folder.path().join("none.nii")).is_err());
    }
}

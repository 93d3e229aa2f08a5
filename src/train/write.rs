//! Writing a run's files.

use std::io::Write;
use std::path::Path;

use crate::data::DataError;
use unet_lab_data::files::write_atomically;

/// Writes a file as a whole or not at all.
///
/// # Errors
/// [`DataError::Unwritable`].
pub(super) fn write_atomic(path: &Path, parts: &[&[u8]]) -> Result<(), DataError> {
    let all = |out: &mut dyn Write| parts.iter().try_for_each(|part| out.write_all(part));
    write_atomically(path, all).map_err(|error| DataError::Unwritable {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_file_that_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_atomic(folder.path(), &[b"x"]).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("cannot write {}", folder.path().display())),
            "{error}"
        );
    }
}

//! Reading and writing weight files.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::error::WeightsError;
use unet_lab_data::files::write_atomically;

/// Writes a file as a whole or not at all.
pub(super) fn write(
    file: &Path,
    contents: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), WeightsError> {
    write_atomically(file, contents).map_err(|error| WeightsError::Io {
        action: "write",
        file: file.to_owned(),
        reason: error.to_string(),
    })
}

pub(super) fn read(file: &Path) -> Result<Vec<u8>, WeightsError> {
    fs::read(file).map_err(|e| WeightsError::Io {
        action: "read",
        file: file.to_owned(),
        reason: e.to_string(),
    })
}

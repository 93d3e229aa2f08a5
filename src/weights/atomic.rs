//! Files that are there as a whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::WeightsError;

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Writes beside the file, makes sure that it is on the disk, and renames: whoever opens `file` sees the old contents
/// or the new ones. A missing folder is made.
pub(super) fn write(
    file: &Path,
    contents: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), WeightsError> {
    let problem = |e: std::io::Error| WeightsError::Io {
        action: "write",
        file: file.to_owned(),
        reason: e.to_string(),
    };
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&folder).map_err(problem)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!(".{name}.{}-{number}.tmp", std::process::id()));
    let written = (|| {
        let mut out = std::io::BufWriter::new(File::create_new(&temporary)?);
        contents(&mut out)?;
        out.into_inner().map_err(|e| e.into_error())?.sync_all()?;
        fs::rename(&temporary, file)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(problem)?;
    // The name too is on the disk once the folder is; not every system can do this.
    let _ = File::open(&folder).and_then(|folder| folder.sync_all());
    Ok(())
}

pub(super) fn read(file: &Path) -> Result<Vec<u8>, WeightsError> {
    fs::read(file).map_err(|e| WeightsError::Io {
        action: "read",
        file: file.to_owned(),
        reason: e.to_string(),
    })
}

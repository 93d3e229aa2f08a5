//! Folders for what must be on a disk.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder in memory, where the system has such, that is gone at the end.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let made = if memory.is_dir() {
            tempfile::tempdir_in(memory)
        } else {
            tempfile::tempdir()
        };
        Self(made.unwrap())
    }

    /// An empty folder; what was there before is gone.
    pub fn fresh(&self) -> PathBuf {
        let folder = self.0.path().join("it");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        folder
    }
}

//! Cases kept on disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::{LoadError, stored};
use crate::files::write_atomically;
use crate::transform::Subject;

/// A folder of prepared cases, one file each. Several processes may share it: files are written whole or not at all, and one that is
/// damaged or belongs to something else is not used.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    folder: PathBuf,
    /// What the transforms do, in words.
    fingerprint: String,
}

impl Disk {
    pub fn new(folder: PathBuf, fingerprint: String) -> Self {
        Self { folder, fingerprint }
    }

    /// What tells a prepared case from all others: its files with their sizes and times, and the transforms. None where a file cannot
    /// be looked at, or there is none.
    pub fn key(&self, files: &[PathBuf]) -> Option<String> {
        let mut key = format!("{}\n", self.fingerprint);
        for file in files {
            let facts = fs::metadata(file).ok()?;
            let changed = facts.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
            let path = fs::canonicalize(file).ok()?;
            key.push_str(&format!("{} {} {}\n", path.display(), facts.len(), changed.as_nanos()));
        }
        (!files.is_empty()).then_some(key)
    }

    /// The file of a key. Keys that share one by chance are told apart when it is read.
    fn path(&self, key: &str) -> PathBuf {
        // FNV-1a, 64 bits.
        let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        self.folder.join(format!("{hash:016x}.case"))
    }

    pub fn get(&self, key: &str) -> Option<Subject> {
        let bytes = fs::read(self.path(key)).ok()?;
        stored::read(&bytes, key)
    }

    pub fn put(&self, key: &str, subject: &Subject) -> Result<(), LoadError> {
        let path: &Path = &self.path(key);
        write_atomically(path, |out| stored::write(out, key, subject)).map_err(|error| LoadError::Cache {
            path: path.to_owned(),
            reason: error.to_string(),
        })
    }
}

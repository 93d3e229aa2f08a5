//! What the cache remembers of a data set.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{Cache, FetchError};
use crate::archive::UnpackedFile;
use crate::files::write_atomically;

/// How a file was found to be the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// Its SHA-256 is the manifest's.
    Sha256,
    /// Its MD5 is the manifest's.
    Md5,
    /// A repository's interface told its checksum.
    Repository,
    /// Its SHA-256 is that of the first download.
    AsFirst,
    /// It is the first download.
    FirstUse,
}

/// One file of a data set that is there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct FileRecord {
    /// Its SHA-256, before unpacking.
    pub sha256: String,
    /// Its length, before unpacking.
    pub bytes: u64,
    /// Where it came from.
    pub from: String,
    /// How it was found to be the right one.
    pub trust: Trust,
    /// When it came, in seconds since 1970.
    pub at: u64,
    /// Where it was unpacked below the data set's folder; "" for that folder itself.
    pub place: String,
    /// How many files it was unpacked to.
    pub unpacked_files: u64,
    /// How many bytes they have.
    pub unpacked_bytes: u64,
}

/// What is there of a data set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Record {
    /// By the manifest's file names.
    pub files: BTreeMap<String, FileRecord>,
}

/// A checksum remembered from the first download.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Trusted {
    pub sha256: String,
    pub from: String,
    pub at: u64,
}

/// By file name.
pub(super) type TrustedFiles = BTreeMap<String, Trusted>;

impl Cache {
    /// What is there of a data set; nothing, where that was never written down.
    pub fn record(&self, id: &str) -> Record {
        read_json(&self.records().join(format!("{id}.json")))
    }

    pub(super) fn write_record(&self, id: &str, record: &Record) -> Result<(), FetchError> {
        let path = self.records().join(format!("{id}.json"));
        match record.files.is_empty() {
            true => remove(&path),
            false => write_json(&path, record),
        }
    }

    pub(super) fn trusted_files(&self, id: &str) -> TrustedFiles {
        read_json(&self.trusted(id))
    }

    pub(super) fn write_trusted_files(&self, id: &str, files: &TrustedFiles) -> Result<(), FetchError> {
        write_json(&self.trusted(id), files)
    }

    /// The list of what a file was unpacked to, as `sha256sum` writes it.
    pub(super) fn list_path(&self, id: &str, file: &str) -> std::path::PathBuf {
        self.records().join(id).join(format!("{file}.sha256"))
    }

    pub(super) fn write_list(&self, id: &str, file: &str, unpacked: &[UnpackedFile]) -> Result<(), FetchError> {
        let path = self.list_path(id, file);
        let write = |out: &mut dyn Write| {
            unpacked
                .iter()
                .try_for_each(|entry| writeln!(out, "{}  {}", entry.sha256, entry.path))
        };
        write_atomically(&path, write).map_err(|error| FetchError::system(&path, &error))
    }

    /// SHA-256 and path of each.
    pub(super) fn read_list(&self, id: &str, file: &str) -> Option<Vec<(String, String)>> {
        let text = fs::read_to_string(self.list_path(id, file)).ok()?;
        let line = |line: &str| {
            line.split_once("  ")
                .map(|(sum, path)| (sum.to_owned(), path.to_owned()))
        };
        text.lines().map(line).collect()
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn read_json<T: Default + for<'de> Deserialize<'de>>(path: &Path) -> T {
    fs::read(path)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default()
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), FetchError> {
    let mut text = serde_json::to_vec_pretty(value).unwrap_or_default();
    text.push(b'\n');
    write_atomically(path, |out| out.write_all(&text)).map_err(|error| FetchError::system(path, &error))
}

/// Removes a file that may not be there.
pub(super) fn remove(path: &Path) -> Result<(), FetchError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(FetchError::system(path, &error)),
        _ => Ok(()),
    }
}

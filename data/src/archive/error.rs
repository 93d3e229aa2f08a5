//! Why an archive was not unpacked.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::datasets::Packing;

/// Why an archive was not unpacked. Nothing of it is left on the disk.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The archive is cut short or damaged.
    #[error("the archive is damaged: {0}. Download it again")]
    Damaged(String),
    /// The file is something else than it should be.
    #[error("expected a {expected} file, found {found}. Download it again, or check which file this is")]
    OtherKind {
        /// What it should be.
        expected: Packing,
        /// What it begins with.
        found: String,
    },
    /// An entry's name leads out of the folder, or cannot be a file's name everywhere.
    #[error("the archive holds the name \"{entry}\", {why}; nothing of it was unpacked. Do not trust its source")]
    UnsafeName {
        /// The name, with control characters escaped.
        entry: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Two entries have the same name.
    #[error("the archive holds \"{entry}\" twice; nothing of it was unpacked, since one would hide the other")]
    Twice {
        /// The name.
        entry: String,
    },
    /// More entries or bytes than allowed.
    #[error(
        "the archive unpacks to more than {limit} {unit}, which is more than an archive of its size can honestly hold"
    )]
    TooLarge {
        /// The bound.
        limit: u64,
        /// "entries" or "bytes".
        unit: &'static str,
    },
    /// Entries share their bytes, as only a zip bomb's do.
    #[error("entries of the archive overlap, as in a zip bomb; nothing of it was unpacked. Do not trust its source")]
    Overlapping,
    /// An entry is encrypted.
    #[error("\"{entry}\" is encrypted: unpack the archive with its password by hand (7z x FILE), then use the folder")]
    Encrypted {
        /// The name.
        entry: String,
    },
    /// The archive is one part of several.
    #[error(
        "this is one part of a split zip: put all parts (.z01, .z02, … and .zip) into one folder, join them with \
         `zip -s 0 FIRST.zip --out whole.zip` and use whole.zip"
    )]
    Split,
    /// A compression that is not read.
    #[error("{0} is not supported: unpack it with 7z (7z x FILE) and use the folder")]
    Unsupported(String),
    /// The folder to unpack into is there already.
    #[error("{path} exists already: remove it first")]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("the disk is full at {path}: free some space and try again")]
    DiskFull {
        /// What was being written.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("{path}: {reason}")]
    System {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// Whoever watched asked to stop.
    #[error("unpacking was stopped")]
    Stopped,
}

impl ArchiveError {
    /// An error of the file system at `path`.
    pub(super) fn system(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::DiskFull { path }
            }
            _ => Self::System {
                path,
                reason: error.to_string(),
            },
        }
    }
}

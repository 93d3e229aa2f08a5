//! One file wanted from one source.

use super::client::Client;
use super::{Phase, Progress, Settings, Step};

/// Everything that downloading one file needs to know.
pub(super) struct Job<'a> {
    pub client: &'a Client,
    pub settings: &'a Settings,
    pub progress: &'a dyn Progress,
    pub dataset: &'a str,
    pub file: &'a str,
    /// The file's length, where it is known beforehand.
    pub bytes: Option<u64>,
    /// Whether a checksum will tell if bytes of different sources fit together.
    pub has_checksum: bool,
}

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// What stays the same when the address does not: the repository's name for it.
    pub key: String,
    pub url: String,
}

/// Whether so many bytes are worth asking again for: a server that gives a few a connection would be asked for ever.
pub(super) fn is_progress(gained: u64, total: u64) -> bool {
    gained >= (64 << 10).min(total / 16).max(1)
}

impl Job<'_> {
    pub fn step(&self, phase: Phase, bytes: u64, total: Option<u64>) {
        self.progress.step(Step {
            dataset: self.dataset,
            file: self.file,
            phase,
            bytes,
            total,
        });
    }
}

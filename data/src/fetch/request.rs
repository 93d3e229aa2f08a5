//! One file wanted from one source.

use super::client::Client;
use super::partial::Partial;
use super::{FetchError, Phase, Progress, Settings, Step};

/// Everything that downloading one file needs to know.
pub(super) struct Job<'a> {
    pub client: &'a Client,
    pub settings: &'a Settings,
    pub progress: &'a dyn Progress,
    pub dataset: &'a str,
    pub file: &'a str,
    /// The file's length, where it is known beforehand.
    pub bytes: Option<u64>,
    /// What it unpacks to, where it is unpacked: the bytes, or none where that is not known.
    pub unpacks_to: Option<Option<u64>>,
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

    /// Refuses to begin what the disk has no room for: the rest of a file of `total` bytes, and what it unpacks to (as much again,
    /// where that is not known).
    pub fn check_room(&self, total: u64, partial: &Partial) -> Result<(), FetchError> {
        let path = partial.path();
        let unpacked = self.unpacks_to.map_or(0, |bytes| bytes.unwrap_or(total));
        let rest = total.saturating_sub(partial.have.bytes());
        let needed = rest.saturating_add(unpacked).saturating_add(self.settings.margin_bytes);
        match self.settings.disk.available(path) {
            Some(available) if available < needed => Err(FetchError::NoRoom {
                path: self.settings.cache.folder().to_owned(),
                what: self.file.to_owned(),
                available,
                needed,
            }),
            _ => Ok(()),
        }
    }
}

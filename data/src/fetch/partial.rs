//! A file on its way: the bytes that are there, and a journal beside it that says which.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::FetchError;
use super::answer::Version;
use super::ranges::Ranges;
use crate::files::write_atomically;

/// The journal is written at least so often while bytes come.
const JOURNAL_EVERY: Duration = Duration::from_secs(1);

/// What is remembered across interruptions. Whatever it says is on the disk, since the data is synced first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
struct Journal {
    /// Which source the bytes came from.
    source: String,
    version: Version,
    /// Some came from another source than `source`.
    mixed: bool,
    total: Option<u64>,
    have: Vec<(u64, u64)>,
}

/// A file on its way.
pub(super) struct Partial {
    path: PathBuf,
    journal_path: PathBuf,
    file: File,
    pub source: String,
    pub version: Version,
    pub mixed: bool,
    pub total: Option<u64>,
    pub have: Ranges,
    unwritten: u64,
    written: Instant,
    journal_bytes: u64,
}

impl Partial {
    /// Opens what an earlier attempt left at `path`, or begins anew.
    pub fn open(path: &Path, journal_bytes: u64) -> Result<Self, FetchError> {
        let journal_path = path.with_added_extension("journal");
        let journal: Option<Journal> = fs::read(&journal_path)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        let mut options = File::options();
        let opened = options.create(true).truncate(false).read(true).write(true).open(path);
        let file = opened.map_err(|error| FetchError::system(path, &error))?;
        let journal = journal.unwrap_or_default();
        let mut have = Ranges::new(&journal.have);
        // Nothing is there that lies past the end.
        let length = file.metadata().map_err(|error| FetchError::system(path, &error))?.len();
        have.remove(length.min(journal.total.unwrap_or(u64::MAX)), u64::MAX);
        Ok(Self {
            path: path.to_owned(),
            journal_path,
            file,
            source: journal.source,
            version: journal.version,
            mixed: journal.mixed,
            total: journal.total,
            have,
            unwritten: 0,
            written: Instant::now(),
            journal_bytes,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Another handle for a thread of its own.
    pub fn handle(&self) -> Result<File, FetchError> {
        let mut options = File::options();
        options
            .write(true)
            .open(&self.path)
            .map_err(|error| self.problem(&error))
    }

    /// Forgets all bytes.
    pub fn reset(&mut self) -> Result<(), FetchError> {
        let _ = fs::remove_file(&self.journal_path);
        self.file.set_len(0).map_err(|error| self.problem(&error))?;
        self.version = Version::default();
        self.source.clear();
        self.mixed = false;
        self.total = None;
        self.have = Ranges::default();
        Ok(())
    }

    /// Takes note of bytes that were written through a handle.
    pub fn record(&mut self, start: u64, end: u64) -> Result<(), FetchError> {
        self.have.insert(start, end);
        self.unwritten = self.unwritten.saturating_add(end.saturating_sub(start));
        if self.unwritten >= self.journal_bytes || self.written.elapsed() >= JOURNAL_EVERY {
            self.write_journal()?;
        }
        Ok(())
    }

    /// Puts the bytes, then the journal, on the disk.
    pub fn write_journal(&mut self) -> Result<(), FetchError> {
        self.unwritten = 0;
        self.written = Instant::now();
        self.file.sync_data().map_err(|error| self.problem(&error))?;
        let journal = Journal {
            source: self.source.clone(),
            version: self.version.clone(),
            mixed: self.mixed,
            total: self.total,
            have: self.have.as_slice().to_vec(),
        };
        let text = serde_json::to_vec(&journal).unwrap_or_default();
        write_atomically(&self.journal_path, |out| out.write_all(&text)).map_err(|error| self.problem(&error))
    }

    /// Whether all bytes of a file of known length are there.
    pub fn is_complete(&self) -> bool {
        self.total
            .is_some_and(|total| self.have.first_gap(&Ranges::default(), total, 1).is_none())
    }

    /// Cuts what may lie past the end, and renames the file to what it is.
    pub fn finish(self, name: &Path) -> Result<(), FetchError> {
        let total = self.total.unwrap_or(self.have.end());
        self.file.set_len(total).map_err(|error| self.problem(&error))?;
        self.file.sync_all().map_err(|error| self.problem(&error))?;
        fs::rename(&self.path, name).map_err(|error| FetchError::system(name, &error))?;
        let _ = fs::remove_file(&self.journal_path);
        Ok(())
    }

    fn problem(&self, error: &std::io::Error) -> FetchError {
        FetchError::system(&self.path, error)
    }
}

/// Writes bytes at a place of a file.
pub(super) fn write_at(file: &mut File, at: u64, bytes: &[u8]) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_journalled_is_there_again_and_what_lies_past_the_end_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.part");
        let mut partial = Partial::open(&path, 1).unwrap();
        (partial.source, partial.total) = ("s".into(), Some(100));
        let mut handle = partial.handle().unwrap();
        write_at(&mut handle, 10, &[7; 20]).unwrap();
        partial.record(10, 30).unwrap();
        partial.have.insert(60, 90);
        partial.write_journal().unwrap();
        drop(partial);
        let again = Partial::open(&path, 1).unwrap();
        assert_eq!((again.source.as_str(), again.total), ("s", Some(100)));
        assert_eq!(again.have.as_slice(), [(10, 30)], "the file ends at 30");
        fs::write(folder.path().join("a.part.journal"), "{ damaged").unwrap();
        assert_eq!(Partial::open(&path, 1).unwrap().have.bytes(), 0);
    }
}

//! The folder that an archive is unpacked into, and the bounds that it keeps.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::entry_path::{is_litter, parts, readable};
use super::{ArchiveError, ArchiveLimits, Unpacked, UnpackedFile, Watch};
use crate::fetch::hexadecimal;

/// How many entries that were left out are named.
const NAMED: u64 = 5;

/// A new folder; whatever is written lands in it.
pub(super) struct Destination<'a> {
    folder: PathBuf,
    limits: ArchiveLimits,
    watch: Watch<'a>,
    entries: u64,
    bytes: u64,
    litter: u64,
    links: u64,
    unpacked: Unpacked,
    buffer: Vec<u8>,
}

impl<'a> Destination<'a> {
    /// Makes the folder, which must be new.
    pub fn create(folder: &Path, limits: ArchiveLimits, watch: Watch<'a>) -> Result<Self, ArchiveError> {
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent).map_err(|error| ArchiveError::system(parent, error))?;
        }
        fs::create_dir(folder).map_err(|error| ArchiveError::system(folder, error))?;
        Ok(Self {
            folder: folder.to_owned(),
            limits,
            watch,
            entries: 0,
            bytes: 0,
            litter: 0,
            links: 0,
            unpacked: Unpacked::default(),
            buffer: vec![0; 1 << 17],
        })
    }

    /// Bytes that the archive may still become.
    pub fn room(&self) -> u64 {
        self.limits.bytes.saturating_sub(self.bytes)
    }

    /// Counts an entry of any kind.
    pub fn count_entry(&mut self) -> Result<(), ArchiveError> {
        self.entries = self.entries.saturating_add(1);
        if self.entries > self.limits.entries {
            return Err(self.too_large(self.limits.entries, "entries"));
        }
        Ok(())
    }

    /// An error for a claim of `bytes` more than there is room for.
    pub fn check_claim(&self, bytes: u64) -> Result<(), ArchiveError> {
        if bytes > self.room() {
            return Err(self.too_large(self.limits.bytes, "bytes"));
        }
        Ok(())
    }

    fn too_large(&self, limit: u64, unit: &'static str) -> ArchiveError {
        ArchiveError::TooLarge { limit, unit }
    }

    /// Makes a folder.
    pub fn folder(&mut self, name: &str) -> Result<(), ArchiveError> {
        let parts = parts(name)?;
        if is_litter(&parts) {
            return Ok(());
        }
        self.make_folder(&parts, name).map(drop)
    }

    /// Notes that a link or a device was left out.
    pub fn leave_out(&mut self, name: &str, what: &str) {
        self.links = self.links.saturating_add(1);
        if self.links <= NAMED {
            let note = format!("\"{}\" is {what} and was left out", readable(name));
            self.unpacked.notes.push(note);
        }
    }

    /// Writes a file that must hold `claimed` bytes, where that is known. Damage is what `contents` reports as such.
    pub fn file(&mut self, name: &str, claimed: Option<u64>, contents: &mut dyn Read) -> Result<(), ArchiveError> {
        let parts = parts(name)?;
        let Some((last, above)) = parts.split_last() else {
            return Err(ArchiveError::UnsafeName {
                entry: readable(name),
                why: "which is no file's name",
            });
        };
        if is_litter(&parts) {
            self.litter = self.litter.saturating_add(1);
            return Ok(());
        }
        let path = self.make_folder(above, name)?.join(last);
        let mut file = File::create_new(&path).map_err(|error| taken(error, name, &path))?;
        let mut hash = Sha256::new();
        let mut bytes = 0_u64;
        loop {
            let read = match contents.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(damage(name, &error)),
            };
            self.check_claim(read as u64)?;
            let chunk = self.buffer.get(..read).unwrap_or_default();
            file.write_all(chunk)
                .map_err(|error| ArchiveError::system(&path, error))?;
            hash.update(chunk);
            bytes = bytes.saturating_add(read as u64);
            self.bytes = self.bytes.saturating_add(read as u64);
            if !(self.watch)(self.bytes) {
                return Err(ArchiveError::Stopped);
            }
        }
        if claimed.is_some_and(|claimed| claimed != bytes) {
            let claimed = claimed.unwrap_or_default();
            let reason = format!("\"{}\" has {bytes} of its {claimed} bytes", readable(name));
            return Err(ArchiveError::Damaged(reason));
        }
        self.unpacked.files.push(UnpackedFile {
            path: parts.join("/"),
            bytes,
            sha256: hexadecimal(&hash.finalize()),
        });
        Ok(())
    }

    fn make_folder(&self, parts: &[&str], name: &str) -> Result<PathBuf, ArchiveError> {
        // Everything in the folder was made here, and no links are: the path cannot lead elsewhere.
        let path = parts.iter().fold(self.folder.clone(), |path, part| path.join(part));
        fs::create_dir_all(&path).map_err(|error| taken(error, name, &path))?;
        Ok(path)
    }

    /// All that was unpacked.
    pub fn finish(mut self) -> Unpacked {
        if self.links > NAMED {
            let more = self.links.saturating_sub(NAMED);
            self.unpacked
                .notes
                .push(format!("{more} more links or devices were left out"));
        }
        if self.litter > 0 {
            let note = format!(
                "{} files that macOS or Windows left in the archive were left out",
                self.litter
            );
            self.unpacked.notes.push(note);
        }
        self.unpacked
    }
}

/// A name that is a file already, or both a file and a folder, is there twice.
fn taken(error: io::Error, name: &str, path: &Path) -> ArchiveError {
    match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory | ErrorKind::IsADirectory => {
            ArchiveError::Twice { entry: readable(name) }
        }
        _ => ArchiveError::system(path, error),
    }
}

/// An error while reading an entry: of the archive's bytes, since its file could be opened.
fn damage(name: &str, error: &io::Error) -> ArchiveError {
    ArchiveError::Damaged(format!("\"{}\": {error}", readable(name)))
}

//! Unpacking what data sets come in: zip (zip64 too), tar, tar.gz and gz, none of which is trusted.
//!
//! An archive can name a file outside its folder, hold links, or unpack to more than any disk holds. Here every entry lands inside
//! the folder that was asked for and nothing is written twice; links and devices are left out with a note; the number of entries,
//! their total size and how far they may swell are bounded while they are written; and the folder appears whole or not at all.

mod destination;
mod entry_path;
mod error;
mod gzip_file;
mod limits;
mod tar_file;
mod zip_file;

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use destination::Destination;
pub use error::ArchiveError;
pub use limits::ArchiveLimits;

use crate::datasets::Packing;

/// One file that was unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnpackedFile {
    /// Its place below the folder, with `/` between the parts.
    pub path: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// The SHA-256 of its contents, in lower-case hexadecimal digits.
    pub sha256: String,
}

/// What came out of an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Every file written, in the archive's order.
    pub files: Vec<UnpackedFile>,
    /// What was left out and why, a sentence each.
    pub notes: Vec<String>,
}

/// Is told the number of bytes written so far, and answers whether to go on.
pub type Watch<'a> = &'a dyn Fn(u64) -> bool;

/// Tells the temporary folders of one process apart.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// Unpacks `archive` into the folder `into`, which must not exist yet; it appears whole or not at all.
///
/// # Errors
/// Any [`ArchiveError`]; nothing is left behind then.
pub fn unpack(
    archive: &Path,
    packing: Packing,
    into: &Path,
    limits: ArchiveLimits,
    watch: Watch,
) -> Result<Unpacked, ArchiveError> {
    let staging = staging_beside(into);
    let result = unpack_into(archive, packing, &staging, limits, watch).and_then(|unpacked| {
        settle(&staging);
        if into.exists() {
            return Err(ArchiveError::Exists { path: into.to_owned() });
        }
        fs::rename(&staging, into).map_err(|error| ArchiveError::system(into, error))?;
        Ok(unpacked)
    });
    if result.is_err() {
        let _ = fs::remove_dir_all(&staging);
    }
    result
}

/// Unpacks into `folder`, which is made; what is there when it fails stays.
fn unpack_into(
    archive: &Path,
    packing: Packing,
    folder: &Path,
    limits: ArchiveLimits,
    watch: Watch,
) -> Result<Unpacked, ArchiveError> {
    check_kind(archive, packing)?;
    let packed_bytes = fs::metadata(archive)
        .map_err(|error| ArchiveError::system(archive, error))?
        .len();
    let mut destination = Destination::create(folder, limits.for_archive_of(packed_bytes), watch)?;
    match packing {
        Packing::Zip => zip_file::unpack(archive, &mut destination)?,
        Packing::Tar | Packing::TarGz | Packing::TarOfGz => tar_file::unpack(archive, packing, &mut destination)?,
        Packing::Gz => gzip_file::unpack(archive, &mut destination)?,
        Packing::None => return Err(ArchiveError::Unsupported("a file that is no archive".into())),
    }
    Ok(destination.finish())
}

/// A hidden folder name beside `into`, of this process alone.
fn staging_beside(into: &Path) -> PathBuf {
    let name = into.file_name().unwrap_or_default().to_string_lossy();
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    into.with_file_name(format!(".{name}.{}-{number}.unpacking", std::process::id()))
}

/// Has the system write everything before the name tells that it is there; one call for all files.
fn settle(folder: &Path) {
    #[cfg(target_os = "linux")]
    if let Ok(folder) = File::open(folder) {
        let _ = rustix::fs::syncfs(&folder);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = folder;
}

/// How the file begins (and, for tar, its magic at 257) against what it should be.
fn check_kind(archive: &Path, packing: Packing) -> Result<(), ArchiveError> {
    let mut head = Vec::new();
    File::open(archive)
        .and_then(|file| file.take(512).read_to_end(&mut head))
        .map_err(|error| ArchiveError::system(archive, error))?;
    let found = kind_of(&head);
    let begins_as = match packing {
        Packing::TarGz => Packing::Gz,
        Packing::TarOfGz => Packing::Tar,
        other => other,
    };
    if found == Some(begins_as) {
        return Ok(());
    }
    // A tar of the first, 1979 kind has no magic: its checksums decide when it is read.
    if matches!(packing, Packing::Tar | Packing::TarOfGz) && found.is_none() && !looks_like_text(&head) {
        return Ok(());
    }
    let found = match found {
        Some(kind) => kind.to_string(),
        None if head.is_empty() => "nothing: the file is empty".to_owned(),
        None => format!(
            "\"{}\"",
            head.get(..head.len().min(16)).unwrap_or_default().escape_ascii()
        ),
    };
    Err(ArchiveError::OtherKind {
        expected: packing,
        found,
    })
}

/// The kind of archive that begins like this.
pub(crate) fn kind_of(head: &[u8]) -> Option<Packing> {
    let zip = [
        &b"PK\x03\x04"[..],
        b"PK\x05\x06",
        b"PK\x07\x08PK\x03\x04",
        b"PK00PK\x03\x04",
        b"PK\x07\x08",
    ];
    if zip.iter().any(|magic| head.starts_with(magic)) {
        Some(Packing::Zip)
    } else if head.starts_with(&[0x1f, 0x8b]) {
        Some(Packing::Gz)
    } else if head.get(257..262) == Some(b"ustar") {
        Some(Packing::Tar)
    } else {
        None
    }
}

fn looks_like_text(head: &[u8]) -> bool {
    !head.contains(&0)
}

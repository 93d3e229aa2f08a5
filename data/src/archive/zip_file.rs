//! Zip files.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::ArchiveError;
use super::destination::Destination;
use super::entry_path::readable;

/// An entry takes 46 bytes in the directory and 30 before its data, at the least.
const LEAST_ENTRY: u64 = 76;

pub(super) fn unpack(path: &Path, destination: &mut Destination) -> Result<(), ArchiveError> {
    let mut file = BufReader::new(File::open(path).map_err(|error| ArchiveError::system(path, error))?);
    refuse_a_part_of_many(&mut file)
        .map_err(|error| ArchiveError::system(path, error))?
        .map_or(Ok(()), Err)?;
    let length = file
        .seek(SeekFrom::End(0))
        .map_err(|error| ArchiveError::system(path, error))?;
    let mut archive = ZipArchive::new(file).map_err(|error| problem("its directory", &error))?;
    let entries = archive.len() as u64;
    if entries.saturating_mul(LEAST_ENTRY) > length {
        return Err(ArchiveError::Damaged(format!(
            "it cannot hold {entries} entries in {length} bytes"
        )));
    }
    if archive.has_duplicate_names() {
        return Err(ArchiveError::Twice {
            entry: "a name".to_owned(),
        });
    }
    let overlapping = archive.has_overlapping_entries();
    if overlapping.map_err(|error| problem("its entries", &error))? {
        return Err(ArchiveError::Overlapping);
    }
    let mut claimed = 0_u64;
    for index in 0..archive.len() {
        destination.count_entry()?;
        let entry = archive
            .by_index_raw(index)
            .map_err(|error| problem("its entries", &error))?;
        claimed = claimed.saturating_add(entry.size());
        destination.check_claim(claimed)?;
    }
    for index in 0..archive.len() {
        unpack_entry(&mut archive, index, destination)?;
    }
    Ok(())
}

fn unpack_entry(
    archive: &mut ZipArchive<BufReader<File>>,
    index: usize,
    destination: &mut Destination,
) -> Result<(), ArchiveError> {
    let (name, is_folder) = {
        let entry = archive
            .by_index_raw(index)
            .map_err(|error| problem("its entries", &error))?;
        let name = entry.name().map_err(|error| problem("a name", &error))?.into_owned();
        if entry.encrypted() {
            return Err(ArchiveError::Encrypted { entry: readable(&name) });
        }
        if !matches!(
            entry.compression(),
            CompressionMethod::Stored | CompressionMethod::Deflated
        ) {
            let what = format!("the compression of \"{}\" ({})", readable(&name), entry.compression());
            return Err(ArchiveError::Unsupported(what));
        }
        // The upper bits of a Unix mode: 0 where the archive does not tell, 8 a file, 4 a folder.
        let kind = entry.unix_mode().map_or(0, |mode| mode >> 12);
        if entry.is_symlink() || !matches!(kind, 0 | 4 | 8) {
            destination.leave_out(&name, "a link or a device");
            return Ok(());
        }
        (name, entry.is_dir())
    };
    if is_folder {
        return destination.folder(&name);
    }
    let mut entry = archive.by_index(index).map_err(|error| problem(&name, &error))?;
    let size = entry.size();
    // One byte more than it should have is enough to see that it has too many.
    let mut contents = (&mut entry).take(size.saturating_add(1));
    destination.file(&name, Some(size), &mut contents)
}

fn problem(place: &str, error: &ZipError) -> ArchiveError {
    match error {
        ZipError::CompressionMethodNotSupported(method) => {
            ArchiveError::Unsupported(format!("compression method {method} of \"{}\"", readable(place)))
        }
        ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED => {
            ArchiveError::Encrypted { entry: readable(place) }
        }
        ZipError::UnsupportedArchive(text) if text.contains("multi-disk") || text.contains("Multi-disk") => {
            ArchiveError::Split
        }
        ZipError::UnsupportedArchive(text) => ArchiveError::Unsupported(format!("an archive with {text}")),
        other => ArchiveError::Damaged(format!("{}: {other}", readable(place))),
    }
}

/// Split archives begin with a marker of their own, and their end says on which part the directory is.
fn refuse_a_part_of_many(file: &mut BufReader<File>) -> std::io::Result<Option<ArchiveError>> {
    let mut head = [0; 4];
    file.seek(SeekFrom::Start(0))?;
    let begins_split = file.read_exact(&mut head).is_ok() && head == *b"PK\x07\x08";
    let length = file.seek(SeekFrom::End(0))?;
    let tail_length = length.min(22 + 0xffff);
    file.seek(SeekFrom::Start(length.saturating_sub(tail_length)))?;
    let mut tail = Vec::new();
    file.take(tail_length).read_to_end(&mut tail)?;
    let end = tail.windows(4).rposition(|window| window == b"PK\x05\x06");
    let number_of_part = end.and_then(|at| tail.get(at.checked_add(4)?..at.checked_add(6)?));
    let is_last_of_many = number_of_part.is_some_and(|number| number != [0, 0] && number != [0xff, 0xff]);
    Ok((is_last_of_many || (begins_split && end.is_none())).then_some(ArchiveError::Split))
}

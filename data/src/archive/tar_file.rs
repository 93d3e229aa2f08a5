//! Tar files, plain or in gzip.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use super::ArchiveError;
use super::destination::Destination;
use super::entry_path::readable;
use crate::datasets::Packing;

/// The most that stands between the contents of two files: a header, a long name, attributes, the holes of a sparse file. The crate reads
/// it all into memory.
const LONGEST_HEADERS: u64 = 1 << 20;

pub(super) fn unpack(path: &Path, packing: Packing, destination: &mut Destination) -> Result<(), ArchiveError> {
    let file = File::open(path).map_err(|error| ArchiveError::system(path, error))?;
    let file = BufReader::with_capacity(1 << 17, file);
    let members_are_gzipped = packing == Packing::TarOfGz;
    if packing == Packing::TarGz {
        unpack_stream(MultiGzDecoder::new(file), members_are_gzipped, destination)
    } else {
        unpack_stream(file, members_are_gzipped, destination)
    }
}

fn unpack_stream(
    stream: impl Read,
    members_are_gzipped: bool,
    destination: &mut Destination,
) -> Result<(), ArchiveError> {
    // Names and padding take room too, in a stream that can swell: twice the bytes and a block of headers an entry is plenty.
    let most = destination.room().saturating_mul(2).saturating_add(1 << 30);
    let left = Cell::new(LONGEST_HEADERS);
    let mut archive = Archive::new(Bounded {
        stream: stream.take(most),
        left: &left,
    });
    let entries = archive.entries().map_err(|error| damage(&error))?;
    let mut any = false;
    for entry in entries {
        let mut entry = entry.map_err(|error| damage(&error))?;
        left.set(u64::MAX);
        any = true;
        destination.count_entry()?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let size = entry.size();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                destination.check_claim(size)?;
                let unzipped = name.strip_suffix(".gz").filter(|_| members_are_gzipped);
                // The oldest tars mark a folder by the slash at its name's end alone.
                if name.ends_with('/') && size == 0 {
                    destination.folder(&name)?;
                } else if let Some(name) = unzipped {
                    destination.file(name, None, &mut MultiGzDecoder::new(BufReader::new(&mut entry)))?;
                } else {
                    destination.file(&name, Some(size), &mut entry)?;
                }
            }
            EntryType::Directory => destination.folder(&name)?,
            EntryType::Symlink | EntryType::Link => destination.leave_out(&name, "a link"),
            EntryType::XGlobalHeader | EntryType::XHeader => {}
            kind if kind.is_gnu_longname() || kind.is_gnu_longlink() => {}
            EntryType::Block | EntryType::Char | EntryType::Fifo => destination.leave_out(&name, "a device"),
            other => {
                let what = format!("the kind {:?} of \"{}\"", char::from(other.as_byte()), readable(&name));
                destination.leave_out(&name, &what);
            }
        }
        // What nobody wanted is passed over here, so that only headers remain before the next file.
        io::copy(&mut entry, &mut io::sink()).map_err(|error| damage(&error))?;
        left.set(LONGEST_HEADERS);
    }
    if !any {
        return Err(ArchiveError::Damaged("it holds no entry".into()));
    }
    Ok(())
}

/// A stream of which only so many bytes may be read until more are granted.
struct Bounded<'a, R> {
    stream: R,
    left: &'a Cell<u64>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(io::Error::other("a name or its attributes take more than a megabyte"));
        }
        let most = usize::try_from(left).map_or(buffer.len(), |left| buffer.len().min(left));
        let read = self.stream.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.left.set(left.saturating_sub(read as u64));
        Ok(read)
    }
}

fn damage(error: &io::Error) -> ArchiveError {
    ArchiveError::Damaged(error.to_string())
}

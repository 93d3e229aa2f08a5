//! A single file in gzip.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::ArchiveError;
use super::destination::Destination;

/// Unpacks `name.gz` to `name`.
pub(super) fn unpack(path: &Path, destination: &mut Destination) -> Result<(), ArchiveError> {
    let file = File::open(path).map_err(|error| ArchiveError::system(path, error))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    destination.count_entry()?;
    let mut contents = MultiGzDecoder::new(BufReader::with_capacity(1 << 17, file));
    destination.file(name, None, &mut contents)
}

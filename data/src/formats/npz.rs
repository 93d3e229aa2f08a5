//! Archives of NumPy arrays (`.npz`), as `numpy.savez` and `numpy.savez_compressed` write them.

use std::io::{Cursor, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::text::shown;
use super::{Companion, Decoded, Format, FormatError, Limits, npy};
use crate::DataError;

/// What a deflated byte becomes at most.
const DEFLATE_RATIO: u64 = 1032;

/// Whether a zip file begins here whose first member is an array.
pub(super) fn recognises(bytes: &[u8]) -> bool {
    let length = bytes.get(26..28).and_then(|length| length.first_chunk());
    let length = length.map_or(0, |&length| usize::from(u16::from_le_bytes(length)));
    let name = bytes.get(30..).and_then(|rest| rest.get(..length));
    bytes.starts_with(b"PK\x03\x04") && name.is_some_and(|name| name.ends_with(b".npy"))
}

/// Reads the only array of an archive.
pub(super) fn decode(bytes: &[u8], limits: Limits, _: Companion) -> Result<Decoded, FormatError> {
    match npz_names(bytes)?.as_slice() {
        [name] => decode_npz(bytes, name, limits),
        names => Err(FormatError::Unsupported {
            what: format!("an archive of {} arrays ({}) as one", names.len(), listed(names)),
            hint: "choose one by its name, with read_npz(path, name)".to_owned(),
        }),
    }
}

/// The names of an archive's arrays, in the order of the file, without `.npy`.
///
/// # Errors
/// [`FormatError::Damaged`] if it is no zip file.
pub fn npz_names(bytes: &[u8]) -> Result<Vec<String>, FormatError> {
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(problem)?;
    let names = archive.file_names().filter_map(Result::ok);
    Ok(names
        .filter_map(|name| name.strip_suffix(".npy").map(str::to_owned))
        .collect())
}

/// One array of an archive, by its name as [`npz_names`] gives it. Its axes are read as those of a bare array: height and width; depth (or
/// pictures), height and width; or, where the last axis is 3 or 4 long, pictures, height, width and colour, as in MedSegBench's
/// `train_images`.
///
/// # Errors
/// [`FormatError::Unsupported`] for a name that the archive does not have, and for an array of Python objects.
pub fn decode_npz(bytes: &[u8], name: &str, limits: Limits) -> Result<Decoded, FormatError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(problem)?;
    let mut member = match archive.by_name(&format!("{name}.npy")) {
        Ok(member) => member,
        Err(ZipError::FileNotFound) => {
            return Err(FormatError::Unsupported {
                what: format!("an array \"{}\", which the archive does not have,", shown(name)),
                hint: format!("it has {}", listed(&npz_names(bytes)?)),
            });
        }
        Err(error) => return Err(problem(error)),
    };
    let packed = member.compressed_size().min(bytes.len() as u64);
    let at_most = usize::try_from(packed.saturating_mul(DEFLATE_RATIO)).unwrap_or(usize::MAX);
    // The archive's own statement of the size is not trusted, but a stream longer than it is not read on.
    let stated = member.size();
    npy::stream(&mut member.by_ref().take(stated), at_most, Format::Npz, limits)
}

/// Reads one array of an archive: see [`decode_npz`].
///
/// # Errors
/// [`DataError::File`].
///
/// ```no_run
/// let images = unet_lab_data::formats::read_npz("drive_128.npz", "train_images")?;
/// println!("{} pictures of {:?}", images.size[0], &images.size[1..]);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
pub fn read_npz(path: impl AsRef<Path>, name: &str) -> Result<Decoded, DataError> {
    let path = path.as_ref();
    let read = || {
        decode_npz(
            &std::fs::read(path).map_err(|error| FormatError::System(error.to_string()))?,
            name,
            Limits::default(),
        )
    };
    read().map_err(|problem| DataError::File {
        path: path.to_owned(),
        problem,
    })
}

fn listed(names: &[String]) -> String {
    let more = if names.len() > 12 { ", ..." } else { "" };
    let shown: Vec<String> = names.iter().take(12).map(|name| shown(name)).collect();
    format!("{}{more}", shown.join(", "))
}

fn problem(error: ZipError) -> FormatError {
    match error {
        ZipError::Io(error) => FormatError::from(error),
        ZipError::UnsupportedArchive(what) => FormatError::Unsupported {
            what: format!("this zip file ({what})"),
            hint: "save the arrays with numpy.savez or numpy.savez_compressed".to_owned(),
        },
        error => FormatError::Damaged(format!("as a zip file: {error}")),
    }
}

//! From a path to the reader of its format.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use super::text::shown;
use super::{Decoded, FormatError, Limits, bmp, gif, jpeg, metaimage, nifti, npy, npz, nrrd, png, pnm, tiff};
use crate::DataError;

/// Gives the contents of another file that a header names. A name that begins with `*` stands for the header's own name without its ending:
/// `*.img` of `brain.hdr` and of `brain.hdr.gz` is `brain.img`.
pub type Companion<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, FormatError>;

/// One format: how its files begin, and what decodes them.
struct Reader {
    recognises: fn(&[u8]) -> bool,
    decode: fn(&[u8], Limits, Companion) -> Result<Decoded, FormatError>,
}

/// In the order in which they are asked.
const READERS: &[Reader] = &[
    Reader {
        recognises: npy::recognises,
        decode: npy::decode,
    },
    Reader {
        recognises: npz::recognises,
        decode: npz::decode,
    },
    Reader {
        recognises: nrrd::recognises,
        decode: nrrd::decode,
    },
    Reader {
        recognises: metaimage::recognises,
        decode: metaimage::decode,
    },
    #[cfg(feature = "dicom")]
    Reader {
        recognises: super::dicom::recognises,
        decode: super::dicom::decode,
    },
    Reader {
        recognises: png::recognises,
        decode: png::decode,
    },
    Reader {
        recognises: jpeg::recognises,
        decode: jpeg::decode,
    },
    Reader {
        recognises: gif::recognises,
        decode: gif::decode,
    },
    Reader {
        recognises: bmp::recognises,
        decode: bmp::decode,
    },
    Reader {
        recognises: pnm::recognises,
        decode: pnm::decode,
    },
    Reader {
        recognises: pnm::recognises_packed,
        decode: pnm::decode_packed,
    },
    Reader {
        recognises: tiff::recognises,
        decode: tiff::decode,
    },
    // Analyze has hardly a mark of its own: after those that have.
    Reader {
        recognises: nifti::recognises,
        decode: nifti::decode,
    },
];

/// Reads a file of any format.
///
/// # Errors
/// [`DataError::File`] when it is missing, damaged, of an unknown format, or larger than [`Limits::default`].
pub fn read(path: impl AsRef<Path>) -> Result<Decoded, DataError> {
    read_with(path, Limits::default())
}

/// Reads a file of any format that takes no more memory than allowed.
///
/// # Errors
/// As [`read`].
pub fn read_with(path: impl AsRef<Path>, limits: Limits) -> Result<Decoded, DataError> {
    let path = path.as_ref();
    let at_fault = |problem| DataError::File {
        path: path.to_owned(),
        problem,
    };
    let header = header_of_pair(path);
    let path = header.as_deref().unwrap_or(path);
    let bytes = stored(path, limits).map_err(at_fault)?;
    decode(&bytes, limits, &|name| beside(path, name, limits)).map_err(at_fault)
}

/// How many stored bytes a byte of numbers takes at most: as text, a number of one byte has three digits and a space.
const MOST_STORED: u64 = 4;
/// What a file may hold besides its numbers.
const MOST_HEADER: u64 = 1 << 24;

/// A file's bytes, where they are no more than numbers within the limit could take.
fn stored(path: &Path, limits: Limits) -> Result<Vec<u8>, FormatError> {
    let refused = |error: std::io::Error| FormatError::System(error.to_string());
    let limit = limits.bytes().saturating_mul(MOST_STORED).saturating_add(MOST_HEADER);
    let file = fs::File::open(path).map_err(refused)?;
    let expected = file.metadata().map_err(refused)?.len();
    if expected > limit {
        return Err(FormatError::TooLarge {
            needed: expected,
            limit,
        });
    }
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(usize::try_from(expected).unwrap_or(usize::MAX))
        .map_err(|error| FormatError::System(error.to_string()))?;
    // A device says that it has no length and never ends.
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(refused)?;
    match bytes.len() as u64 {
        needed if needed > limit => Err(FormatError::TooLarge { needed, limit }),
        _ => Ok(bytes),
    }
}

/// Decodes the bytes of a file of any format.
///
/// # Errors
/// Any [`FormatError`].
pub fn decode(bytes: &[u8], limits: Limits, companion: Companion) -> Result<Decoded, FormatError> {
    match READERS.iter().find(|reader| (reader.recognises)(bytes)) {
        Some(reader) => (reader.decode)(bytes, limits, companion),
        None => Err(FormatError::Foreign {
            expected: "a picture, a volume or an array",
            found: beginning(bytes),
        }),
    }
}

/// The header beside a file `.img` of voxels (NIfTI and Analyze pairs), where there is one.
fn header_of_pair(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(".img.gz").or(name.strip_suffix(".img"))?;
    let mut headers = [".hdr", ".hdr.gz"]
        .into_iter()
        .map(|ending| path.with_file_name(format!("{stem}{ending}")));
    headers.find(|header| header.is_file())
}

/// A file in the folder of `path`; a name that leads elsewhere is refused.
fn beside(path: &Path, name: &str, limits: Limits) -> Result<Vec<u8>, FormatError> {
    let plain = Path::new(name)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !plain {
        return Err(FormatError::Damaged(format!(
            "it names the file {}, which is not in its own folder; move that file beside it and correct the name",
            shown(name)
        )));
    }
    let own = |ending: &str| {
        let stem = path.file_name().unwrap_or_default().to_string_lossy();
        let stem = stem.strip_suffix(".gz").unwrap_or(&stem);
        format!("{}{ending}", stem.rsplit_once('.').map_or(stem, |(stem, _)| stem))
    };
    let name = name.strip_prefix('*').map_or(name.to_owned(), own);
    let file = path.with_file_name("").join(&name);
    stored(&file, limits).map_err(|problem| match problem {
        FormatError::System(error) => FormatError::System(format!("{}, which it names: {error}", shown(&name))),
        other => other,
    })
}

/// The first bytes, readable.
fn beginning(bytes: &[u8]) -> String {
    match bytes {
        [] => "nothing: the file is empty".to_owned(),
        _ => format!("\"{}\"", bytes[..bytes.len().min(16)].escape_ascii()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_image_is_named_by_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        fs::write(&path, "<html>").unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("a.png") && error.contains("<html>"), "{error}");
        assert!(read(folder.path().join("none.png")).is_err());
    }

    #[test]
    fn a_stored_file_far_beyond_the_limit_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge.nii");
        // Sparse: it takes no room on the disk.
        fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
        let error = read_with(&path, Limits::with_bytes(1 << 20)).unwrap_err();
        let limit = (4 << 20) + (16 << 20);
        let problem = FormatError::TooLarge { needed: 1 << 40, limit };
        assert_eq!(error, DataError::File { path, problem });
    }

    #[cfg(unix)]
    #[test]
    fn a_device_without_end_is_left() {
        let error = read_with("/dev/zero", Limits::with_bytes(1)).unwrap_err();
        assert!(
            matches!(
                error,
                DataError::File {
                    problem: FormatError::TooLarge { .. },
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn a_header_cannot_name_a_file_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.raw"), "b").unwrap();
        let limits = Limits::default();
        let header = folder.path().join("b.mhd");
        assert_eq!(beside(&header, "b.raw", limits).unwrap(), b"b");
        assert_eq!(beside(&header, "*.raw", limits).unwrap(), b"b");
        assert_eq!(beside(&folder.path().join("b.hdr.gz"), "*.raw", limits).unwrap(), b"b");
        for name in ["../b.raw", "*/../b.raw", "/etc/passwd", "a/../../b.raw"] {
            assert!(
                matches!(beside(&header, name, limits), Err(FormatError::Damaged(_))),
                "{name}"
            );
        }
        for name in ["a".repeat(100_000), "../".repeat(100_000)] {
            assert!(beside(&header, &name, limits).unwrap_err().to_string().len() < 300);
        }
    }
}

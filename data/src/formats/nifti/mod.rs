//! NIfTI-1, NIfTI-2 and Analyze 7.5, the usual files of brain and body volumes.
//!
//! Written from the definitions of the format: `nifti1.h` and `nifti2.h` of the NIfTI Data Format Working Group (2005 and 2011). Places in
//! space are chosen as nibabel does: the sform, else the qform, else the voxel sizes with the origin in the middle; unlike nibabel, lengths in
//! metres or micrometres become millimetres. Taught in unit 09 (volumes).

mod header;
mod place;
#[cfg(test)]
mod tests;
mod write;

use super::numbers::{Inflated, Wanted, is_gzip};
use super::{Companion, Decoded, FormatError, Limits, SampleType};
use header::Header;

pub use write::{save_nifti, save_nifti_labels};

/// The longest header, that of NIfTI-2.
const LONGEST_HEADER: usize = 540;

/// Whether a NIfTI or Analyze header is here, packed or not.
pub(super) fn recognises(bytes: &[u8]) -> bool {
    match is_gzip(bytes) {
        true => Inflated::beginning(bytes, LONGEST_HEADER).is_ok_and(|head| header::recognises(&head)),
        false => header::recognises(bytes),
    }
}

/// Reads a single file, or the header of a pair whose voxels the companion `*.img` holds.
pub(super) fn decode(bytes: &[u8], limits: Limits, companion: Companion) -> Result<Decoded, FormatError> {
    let header = match is_gzip(bytes) {
        true => Header::parse(&Inflated::beginning(bytes, LONGEST_HEADER)?)?,
        false => Header::parse(bytes)?,
    };
    let Shape { frames, size } = shape(&header)?;
    let (kind, channels) = sample_type(&header)?;
    let wanted = Wanted {
        shape: [frames, channels, size[0], size[1], size[2]],
        kind,
        endian: header.endian,
    };
    wanted.bytes(limits)?;
    let offset = offset(&header)?;
    let samples = if header.is_single {
        voxels(bytes, offset, wanted, limits)?
    } else {
        voxels(&image_of_pair(companion, &wanted)?, offset, wanted, limits)?
    };
    let row = channels * size[2];
    let slice = row * size[1];
    let samples = samples.in_order(wanted.shape, [slice * size[0], 1, slice, row, channels]);

    let mut decoded = Decoded::with_shape(header.format, samples, frames, channels, size)?;
    decoded.volumetric = header.axes() >= 3;
    (decoded.slope, decoded.intercept) = if channels == 1 { header.scaling()? } else { (1.0, 0.0) };
    let place = place::find(&header)?;
    decoded.geometry = place.geometry;
    decoded.states_spacing = place.states_spacing;
    decoded
        .notes
        .extend(place.note.map(|note| ("position".to_owned(), note)));
    if !header.description.is_empty() {
        decoded
            .notes
            .push(("description".to_owned(), header.description.clone()));
    }
    if let Some(step) = header.time_step().filter(|_| frames > 1) {
        decoded.notes.push(("time step".to_owned(), step));
    }
    Ok(decoded)
}

struct Shape {
    frames: usize,
    size: [usize; 3],
}

fn shape(header: &Header) -> Result<Shape, FormatError> {
    let axes = header.axes();
    let mut lengths = [1usize; 7];
    for (length, &stated) in lengths.iter_mut().zip(header.dim.iter().skip(1)).take(axes) {
        *length = match usize::try_from(stated) {
            Ok(stated) if stated > 0 => stated,
            _ => {
                return Err(FormatError::Damaged(format!(
                    "its axes have the lengths {:?}, but each must be at least 1",
                    header.dim.get(1..=axes).unwrap_or_default()
                )));
            }
        };
    }
    let [width, height, depth, frames, more @ ..] = lengths;
    match more {
        [1, 1, 1] => Ok(Shape {
            frames,
            size: [depth, height, width],
        }),
        _ => Err(FormatError::Unsupported {
            what: format!("a NIfTI file of {axes} axes, {lengths:?}, which holds a vector or matrix a voxel,"),
            hint: "save each of its components as a volume of its own".to_owned(),
        }),
    }
}

/// The type of a number, and how many a voxel has.
fn sample_type(header: &Header) -> Result<(SampleType, usize), FormatError> {
    Ok(match header.datatype {
        2 => (SampleType::U8, 1),
        4 => (SampleType::I16, 1),
        8 => (SampleType::I32, 1),
        16 => (SampleType::F32, 1),
        64 => (SampleType::F64, 1),
        128 => (SampleType::U8, 3),
        // 130, 132 and 136 were SPM's own, in Analyze files.
        130 | 256 => (SampleType::I8, 1),
        132 | 512 => (SampleType::U16, 1),
        136 | 768 => (SampleType::U32, 1),
        1024 => (SampleType::I64, 1),
        1280 => (SampleType::U64, 1),
        2304 => (SampleType::U8, 4),
        code @ (1 | 32 | 1536 | 1792 | 2048) => {
            let name = match code {
                1 => "one bit a voxel",
                1536 => "128-bit floating point",
                _ => "complex numbers",
            };
            return Err(FormatError::Unsupported {
                what: format!("a {} file of {name}", header.format),
                hint: "save it as float32 or uint8".to_owned(),
            });
        }
        code => {
            return Err(FormatError::Damaged(format!(
                "its data type {code} is none of {}'s",
                header.format
            )));
        }
    })
}

/// Where the voxels begin.
fn offset(header: &Header) -> Result<u64, FormatError> {
    let smallest = match header.is_single {
        true => header.smallest_offset(),
        false => 0.0,
    };
    // Some writers leave the field of a single file at 0.
    let stated = if header.offset == 0.0 { smallest } else { header.offset };
    match stated >= smallest && stated < 9e15 && stated.fract() == 0.0 {
        true => Ok(stated as u64),
        false => Err(FormatError::Damaged(format!(
            "its voxels begin at byte {stated}, but they cannot begin before byte {smallest}"
        ))),
    }
}

fn voxels(bytes: &[u8], offset: u64, wanted: Wanted, limits: Limits) -> Result<super::Samples, FormatError> {
    if is_gzip(bytes) {
        return wanted.inflated(bytes, offset, limits);
    }
    let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    wanted.plain(bytes.get(from..).unwrap_or_default(), limits)
}

/// The voxels beside a `.hdr` file.
fn image_of_pair(companion: Companion, wanted: &Wanted) -> Result<Vec<u8>, FormatError> {
    let mut refused = None;
    for name in ["*.img", "*.img.gz", "*.IMG"] {
        match companion(name) {
            Ok(bytes) => return Ok(bytes),
            // Too large, or the like: the file is there.
            Err(problem @ FormatError::TooLarge { .. }) => return Err(problem),
            Err(problem) => refused = refused.or(Some(problem)),
        }
    }
    let [frames, _, depth, height, width] = wanted.shape;
    Err(FormatError::Unsupported {
        what: format!(
            "a header without its voxels ({width} x {height} x {depth}, {frames} frame(s) of {})",
            wanted.kind
        ),
        hint: format!(
            "put the file of the same name that ends in .img beside it ({})",
            refused.map(|problem| problem.to_string()).unwrap_or_default()
        ),
    })
}

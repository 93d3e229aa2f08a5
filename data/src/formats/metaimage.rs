//! MetaImage (`.mha`, and `.mhd` with `.raw` or `.zraw`), the files of ITK, elastix and LUNA16.
//!
//! Written from Kitware's description of the format (MetaIO) and checked against SimpleITK. Positions are in the coordinates of the lab
//! already (x to the patient's left). A fourth axis becomes frames. Slices in several files (`LIST` or a pattern) are refused. Taught in
//! unit 09 (volumes).

use super::numbers::Wanted;
use super::text::{Fields, Lines, exactly, lengths, numbers, shown};
use super::{Companion, Decoded, Endian, Format, FormatError, Limits, SampleType, Samples};
use crate::Geometry;

/// The names that may stand first in a header.
const FIRST: [&str; 14] = [
    "ObjectType",
    "ObjectSubType",
    "NDims",
    "DimSize",
    "Comment",
    "Name",
    "ID",
    "ParentID",
    "TransformType",
    "BinaryData",
    "BinaryDataByteOrderMSB",
    "CompressedData",
    "ElementType",
    "ElementSpacing",
];

/// Whether a MetaImage header begins here: a line with a known name, and the number of axes soon after.
pub(super) fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let name = line.split(|&byte| byte == b'=').next().unwrap_or_default().trim_ascii();
    let is_known = name.len() < line.len() && FIRST.iter().any(|first| first.as_bytes() == name);
    is_known && head.windows(5).any(|word| word == b"NDims")
}

/// Reads a header, with the numbers in the same file or in the one that it names.
pub(super) fn decode(bytes: &[u8], limits: Limits, companion: Companion) -> Result<Decoded, FormatError> {
    let (fields, data_at) = header(bytes)?;
    if let Some(kind) = fields.get("ObjectType").filter(|kind| *kind != "Image") {
        return Err(FormatError::Unsupported {
            what: format!("a MetaIO file of \"{}\", not an image,", shown(kind)),
            hint: "convert it to an image first".to_owned(),
        });
    }
    let axes = match exactly("NDims", fields.needed("NDims")?)? {
        [2.0] => 2,
        [3.0] => 3,
        [4.0] => 4,
        [other] => {
            return Err(FormatError::Unsupported {
                what: format!("a MetaImage of {other} axes"),
                hint: "save it with 2, 3 or 4".to_owned(),
            });
        }
    };
    let mut sizes = lengths("DimSize", fields.needed("DimSize")?, axes)?;
    sizes.resize(4, 1);
    let [width, height, depth, frames] = <[usize; 4]>::try_from(sizes.as_slice()).unwrap_or([1; 4]);
    let channels = match fields.get("ElementNumberOfChannels") {
        Some(value) => lengths("ElementNumberOfChannels", value, 1)?
            .first()
            .copied()
            .unwrap_or(1),
        None => 1,
    };
    let wanted = Wanted {
        shape: [frames, channels, depth, height, width],
        kind: sample_type(fields.needed("ElementType")?)?,
        endian: match fields.first(&["BinaryDataByteOrderMSB", "ElementByteOrderMSB"]) {
            Some(value) if is_true(value) => Endian::Big,
            _ => Endian::Little,
        },
    };
    wanted.bytes(limits)?;
    let geometry = geometry(&fields, axes)?;
    let samples = samples(&fields, bytes, data_at, wanted, limits, companion)?;
    let row = width.saturating_mul(channels);
    let slice = row.saturating_mul(height);
    let strides = [slice.saturating_mul(depth), 1, slice, row, channels];
    let samples = samples.in_order(wanted.shape, strides);
    let mut decoded = Decoded::with_shape(Format::MetaImage, samples, frames, channels, [depth, height, width])?;
    decoded.volumetric = axes > 2;
    decoded.geometry = geometry;
    decoded.states_spacing = fields.first(&["ElementSpacing", "ElementSize"]).is_some();
    for name in ["Modality", "Comment"] {
        if let Some(value) = fields.get(name) {
            decoded.notes.push((name.to_lowercase(), value.to_owned()));
        }
    }
    Ok(decoded)
}

/// The fields up to the one that ends every header, and where the next line begins.
fn header(bytes: &[u8]) -> Result<(Fields, usize), FormatError> {
    let mut fields = Fields::default();
    let mut lines = Lines::new(bytes);
    while let Some(line) = lines.line()? {
        let Some((name, value)) = line.split_once('=') else {
            if line.trim().is_empty() {
                continue;
            }
            return Err(FormatError::Damaged(format!(
                "its header holds the line \"{}\", which is no name = value",
                shown(&line)
            )));
        };
        fields.add(name.trim(), value.trim())?;
        if name.trim() == "ElementDataFile" {
            return Ok((fields, lines.next));
        }
    }
    Err(FormatError::Damaged(
        "its header does not end with ElementDataFile, which says where the numbers are".to_owned(),
    ))
}

fn is_true(value: &str) -> bool {
    value.starts_with(['T', 't', '1', 'Y', 'y'])
}

fn sample_type(name: &str) -> Result<SampleType, FormatError> {
    Ok(match name.trim_end_matches("_ARRAY") {
        "MET_UCHAR" => SampleType::U8,
        "MET_CHAR" | "MET_ASCII_CHAR" => SampleType::I8,
        "MET_USHORT" => SampleType::U16,
        "MET_SHORT" => SampleType::I16,
        // Four bytes whatever the system, in MetaIO's own table.
        "MET_UINT" | "MET_ULONG" => SampleType::U32,
        "MET_INT" | "MET_LONG" => SampleType::I32,
        "MET_ULONG_LONG" => SampleType::U64,
        "MET_LONG_LONG" => SampleType::I64,
        "MET_FLOAT" => SampleType::F32,
        "MET_DOUBLE" => SampleType::F64,
        _ => {
            return Err(FormatError::Unsupported {
                what: format!("a MetaImage of {}", shown(name)),
                hint: "save it as MET_SHORT, MET_UCHAR or MET_FLOAT".to_owned(),
            });
        }
    })
}

fn geometry(fields: &Fields, axes: usize) -> Result<Geometry, FormatError> {
    let listed = |names: &[&str], count: usize| -> Result<Option<Vec<f64>>, FormatError> {
        let Some((name, value)) = names
            .iter()
            .find_map(|&name| fields.get(name).map(|value| (name, value)))
        else {
            return Ok(None);
        };
        let found = numbers(name, value)?;
        match found.len() == count {
            true => Ok(Some(found)),
            false => Err(FormatError::Damaged(format!(
                "{name} should be {count} numbers, but is \"{}\"",
                shown(value)
            ))),
        }
    };
    let spacing = listed(&["ElementSpacing", "ElementSize"], axes)?;
    let offset = listed(&["Offset", "Position", "Origin"], axes)?;
    let matrix = listed(&["TransformMatrix", "Rotation", "Orientation"], axes * axes)?;
    // Of the axes that the file has, width first; those that it lacks lie upright.
    let at = |list: &Option<Vec<f64>>, i: usize, inside: bool, otherwise: f64| {
        let found = list.as_ref().and_then(|list| list.get(i)).copied();
        found.filter(|_| inside).unwrap_or(otherwise)
    };
    let direction = |axis: usize| {
        [0, 1, 2].map(|part: usize| {
            let inside = axis < axes && part < axes;
            at(&matrix, axis * axes + part, inside, f64::from(u8::from(axis == part)))
        })
    };
    Geometry::new(
        [2, 1, 0].map(|axis: usize| at(&spacing, axis, axis < axes, 1.0)),
        [0, 1, 2].map(|part: usize| at(&offset, part, part < axes, 0.0)),
        [2, 1, 0].map(direction),
    )
    .map_err(|error| FormatError::Damaged(error.to_string()))
}

fn samples(
    fields: &Fields,
    bytes: &[u8],
    data_at: usize,
    wanted: Wanted,
    limits: Limits,
    companion: Companion,
) -> Result<Samples, FormatError> {
    let file = fields.needed("ElementDataFile")?;
    let is_local = file.eq_ignore_ascii_case("LOCAL");
    if file.is_empty() || file.contains('%') || file == "LIST" || file.starts_with("LIST ") {
        return Err(FormatError::Unsupported {
            what: "a MetaImage whose slices are in several files".to_owned(),
            hint: "join them into one file, for instance with SimpleITK: ReadImage, then WriteImage".to_owned(),
        });
    }
    let other;
    let stored = if is_local {
        bytes.get(data_at..).unwrap_or_default()
    } else {
        other = companion(file)?;
        &other
    };
    let is_text = fields.get("BinaryData").is_some_and(|value| !is_true(value));
    let skipped = match fields
        .get("HeaderSize")
        .map(|value| exactly("HeaderSize", value))
        .transpose()?
    {
        None | Some([0.0]) => 0,
        // The numbers are the file's last bytes.
        Some([-1.0]) => stored.len().saturating_sub(wanted.bytes(limits)?),
        Some([size]) if size > 0.0 => size as usize,
        Some([size]) => return Err(FormatError::Damaged(format!("HeaderSize is {size}"))),
    };
    let stored = stored.get(skipped.min(stored.len())..).unwrap_or_default();
    if fields.get("CompressedData").is_some_and(is_true) {
        return wanted.inflated(stored, 0, limits);
    }
    match is_text {
        true => wanted.text(stored, limits),
        false => wanted.plain(stored, limits),
    }
}

#[cfg(test)]
#[path = "metaimage_tests.rs"]
mod tests;

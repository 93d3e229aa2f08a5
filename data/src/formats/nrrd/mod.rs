//! NRRD (`.nrrd`, and `.nhdr` with a file of numbers), the files of 3D Slicer.
//!
//! Written from the format's definition (teem.sourceforge.net/nrrd/format.html, versions 1 to 5) and checked against SimpleITK and pynrrd.
//! Axes with a direction in space are width, height and depth in the file's order; of the others, those of colours and vectors become
//! channels and the rest frames. Encodings bzip2 and hex, and numbers in several files, are refused. Taught in unit 09 (volumes).

mod axes;
#[cfg(test)]
mod tests;

use super::numbers::Wanted;
use super::text::{Fields, Lines, shown};
use super::{Companion, Decoded, Endian, Format, FormatError, Limits, SampleType, Samples};
use axes::Axes;

/// Whether an NRRD header begins here.
pub(super) fn recognises(bytes: &[u8]) -> bool {
    bytes.starts_with(b"NRRD")
}

/// Reads a header, with the numbers after it or in the file that it names.
pub(super) fn decode(bytes: &[u8], limits: Limits, companion: Companion) -> Result<Decoded, FormatError> {
    let (fields, notes, data_at) = header(bytes)?;
    let axes = Axes::of(&fields)?;
    let kind = sample_type(fields.needed("type")?)?;
    let encoding = Encoding::of(fields.needed("encoding")?)?;
    let endian = match fields.get("endian").map(str::to_lowercase).as_deref() {
        Some("little") => Endian::Little,
        Some("big") => Endian::Big,
        None if kind.bytes() == 1 || encoding == Encoding::Text => Endian::Little,
        other => {
            return Err(FormatError::Damaged(format!(
                "its header should state endian as little or big, but states {}",
                other.map_or("none".to_owned(), |value| format!("\"{}\"", shown(value)))
            )));
        }
    };
    let wanted = Wanted {
        shape: axes.shape(),
        kind,
        endian,
    };
    wanted.bytes(limits)?;
    let other;
    let stored = match fields.get("data file") {
        None => bytes.get(data_at..).unwrap_or_default(),
        Some(file) if file.contains('%') || file == "LIST" || file.starts_with("LIST ") => {
            return Err(FormatError::Unsupported {
                what: "an NRRD whose slices are in several files".to_owned(),
                hint: "join them into one file, for instance with 3D Slicer or unu".to_owned(),
            });
        }
        Some(file) => {
            other = companion(file)?;
            &other
        }
    };
    let samples = samples(&fields, stored, encoding, wanted, limits)?.in_order(wanted.shape, axes.strides());
    let [frames, channels, depth, height, width] = wanted.shape;
    let mut decoded = Decoded::with_shape(Format::Nrrd, samples, frames, channels, [depth, height, width])?;
    decoded.volumetric = axes.is_volume();
    (decoded.geometry, decoded.states_spacing) = axes.geometry(&fields)?;
    decoded.notes = notes;
    if let Some(content) = fields.get("content") {
        decoded.notes.push(("content".to_owned(), content.to_owned()));
    }
    Ok(decoded)
}

type Notes = Vec<(String, String)>;

/// The fields, the key/value pairs, and where the numbers begin.
fn header(bytes: &[u8]) -> Result<(Fields, Notes, usize), FormatError> {
    let mut lines = Lines::new(bytes);
    let first = lines.line()?.unwrap_or_default();
    if !matches!(
        first.trim_end().strip_prefix("NRRD000"),
        Some("1" | "2" | "3" | "4" | "5")
    ) {
        return Err(FormatError::Unsupported {
            what: format!("an NRRD file that begins with \"{}\"", shown(&first)),
            hint: "versions NRRD0001 to NRRD0005 are".to_owned(),
        });
    }
    let mut fields = Fields::default();
    let mut notes = Notes::new();
    while let Some(line) = lines.line()? {
        if line.is_empty() {
            return Ok((fields, notes, lines.next));
        }
        if line.starts_with('#') {
            continue;
        }
        // A key/value pair's `:=` may hold a field's `: ` in its value, and the other way round: the first of the two counts.
        let pair = line.split_once(":=").filter(|(key, _)| !key.contains(": "));
        match (pair, line.split_once(':')) {
            (Some((key, value)), _) => notes.push((key.to_owned(), value.to_owned())),
            (None, Some((name, value))) => {
                let name = name.trim().to_lowercase();
                let name = match name.as_str() {
                    "datafile" => "data file",
                    "lineskip" => "line skip",
                    "byteskip" => "byte skip",
                    "axismins" => "axis mins",
                    name => name,
                };
                fields.add(name, value.trim())?;
            }
            (None, None) => {
                return Err(FormatError::Damaged(format!(
                    "its header holds the line \"{}\", which is no field: value",
                    shown(&line)
                )));
            }
        }
    }
    // A header in a file of its own may end without an empty line.
    match fields.get("data file") {
        Some(_) => Ok((fields, notes, bytes.len())),
        None => Err(FormatError::Damaged(
            "its header does not end with an empty line and names no data file".to_owned(),
        )),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Raw,
    Text,
    Gzip,
}

impl Encoding {
    fn of(name: &str) -> Result<Self, FormatError> {
        match name.to_lowercase().as_str() {
            "raw" => Ok(Self::Raw),
            "txt" | "text" | "ascii" => Ok(Self::Text),
            "gz" | "gzip" => Ok(Self::Gzip),
            _ => Err(FormatError::Unsupported {
                what: format!("the NRRD encoding {}", shown(name)),
                hint: "save the file with encoding gzip or raw".to_owned(),
            }),
        }
    }
}

fn sample_type(name: &str) -> Result<SampleType, FormatError> {
    Ok(match name.to_lowercase().as_str() {
        "signed char" | "int8" | "int8_t" => SampleType::I8,
        "uchar" | "unsigned char" | "uint8" | "uint8_t" => SampleType::U8,
        "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => SampleType::I16,
        "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => SampleType::U16,
        "int" | "signed int" | "int32" | "int32_t" => SampleType::I32,
        "uint" | "unsigned int" | "uint32" | "uint32_t" => SampleType::U32,
        "longlong"
        | "long long"
        | "long long int"
        | "signed long long"
        | "signed long long int"
        | "int64"
        | "int64_t" => SampleType::I64,
        "ulonglong" | "unsigned long long" | "unsigned long long int" | "uint64" | "uint64_t" => SampleType::U64,
        "float" => SampleType::F32,
        "double" => SampleType::F64,
        "block" => {
            return Err(FormatError::Unsupported {
                what: "an NRRD of blocks".to_owned(),
                hint: "save it as numbers, such as short or float".to_owned(),
            });
        }
        _ => {
            return Err(FormatError::Damaged(format!(
                "its type \"{}\" is none of NRRD's",
                shown(name)
            )));
        }
    })
}

fn skip(fields: &Fields, name: &str) -> Result<i64, FormatError> {
    let Some(value) = fields.get(name) else { return Ok(0) };
    match value.parse() {
        Ok(skip) if skip >= -1 => Ok(skip),
        _ => Err(FormatError::Damaged(format!(
            "{name} should be a whole number, but is \"{}\"",
            shown(value)
        ))),
    }
}

/// Lines are skipped before unpacking, bytes after it; -1 means that the numbers are the last bytes.
fn samples(
    fields: &Fields,
    stored: &[u8],
    encoding: Encoding,
    wanted: Wanted,
    limits: Limits,
) -> Result<Samples, FormatError> {
    let mut stored = stored;
    for _ in 0..skip(fields, "line skip")? {
        let Some(end) = stored.iter().position(|&byte| byte == b'\n') else {
            stored = &[];
            break;
        };
        stored = stored.get(end + 1..).unwrap_or_default();
    }
    let bytes_skipped = skip(fields, "byte skip")?;
    let skipped = match (encoding, bytes_skipped) {
        (Encoding::Gzip, -1) => {
            return Err(FormatError::Unsupported {
                what: "a byte skip of -1 with the encoding gzip".to_owned(),
                hint: "save the file anew with byte skip 0".to_owned(),
            });
        }
        (Encoding::Gzip, skipped) => return wanted.inflated(stored, skipped.unsigned_abs(), limits),
        (_, -1) => stored.len().saturating_sub(wanted.bytes(limits)?),
        (_, skipped) => usize::try_from(skipped).unwrap_or(usize::MAX),
    };
    let stored = stored.get(skipped.min(stored.len())..).unwrap_or_default();
    match encoding {
        Encoding::Text => wanted.text(stored, limits),
        _ => wanted.plain(stored, limits),
    }
}

//! NumPy arrays (`.npy`).
//!
//! Written from NumPy's description of the format (NEP 1, `numpy.lib.format`; versions 1 to 3) and checked against NumPy. A bare array says
//! nothing of its axes, so the lab takes them by their number:
//!
//! | axes | meaning |
//! |---|---|
//! | 1 | width |
//! | 2 | height, width |
//! | 3 | depth (or pictures), height, width |
//! | 4, the last 3 or 4 long | depth (or pictures), height, width, colour |
//! | 4 otherwise | channels, depth, height, width |
//! | 5 | frames, channels, depth, height, width |

use std::io::Read;

use super::numbers::{Wanted, fill};
use super::text::shown;
use super::{Companion, Decoded, Endian, Format, FormatError, Limits, SampleType, Samples};

const MARK: &[u8] = b"\x93NUMPY";

/// NumPy itself refuses longer headers.
const LONGEST_HEADER: usize = 10_000;

/// Whether an array begins here.
pub(super) fn recognises(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK)
}

/// Reads an array.
pub(super) fn decode(bytes: &[u8], limits: Limits, _: Companion) -> Result<Decoded, FormatError> {
    stream(&mut &bytes[..], bytes.len(), Format::Npy, limits)
}

/// Reads an array from a stream that gives `at_most` bytes.
pub(super) fn stream(
    stream: &mut dyn Read,
    at_most: usize,
    format: Format,
    limits: Limits,
) -> Result<Decoded, FormatError> {
    let header = Header::read(stream)?;
    let (shape, is_volume) = header.axes()?;
    let half = header.element == Element::Half;
    let wanted = Wanted {
        shape,
        kind: header.element.stored(),
        endian: header.endian,
    };
    // A half is read as float32.
    limits.check(&shape, if half { 4 } else { wanted.kind.bytes() })?;
    let mut samples = wanted.stream(stream, at_most, limits)?;
    if let (true, Samples::U16(halves)) = (half, &samples) {
        samples = Samples::F32(halves.iter().map(|&bits| single(bits)).collect());
    }
    let samples = samples.in_order(shape, header.strides());
    let [frames, channels, depth, height, width] = shape;
    let mut decoded = Decoded::with_shape(format, samples, frames, channels, [depth, height, width])?;
    decoded.volumetric = is_volume;
    Ok(decoded)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Half,
    Is(SampleType),
}

impl Element {
    fn stored(self) -> SampleType {
        match self {
            Self::Half => SampleType::U16,
            Self::Is(kind) => kind,
        }
    }
}

struct Header {
    element: Element,
    endian: Endian,
    fortran: bool,
    shape: Vec<usize>,
}

impl Header {
    fn read(stream: &mut dyn Read) -> Result<Self, FormatError> {
        let mut start = [0; 8];
        exactly(stream, &mut start)?;
        if !start.starts_with(MARK) {
            return Err(FormatError::Foreign {
                expected: "a NumPy array",
                found: format!("\"{}\"", start.escape_ascii()),
            });
        }
        let length = match start[6] {
            1 => {
                let mut length = [0; 2];
                exactly(stream, &mut length)?;
                usize::from(u16::from_le_bytes(length))
            }
            2 | 3 => {
                let mut length = [0; 4];
                exactly(stream, &mut length)?;
                usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX)
            }
            version => {
                return Err(FormatError::Unsupported {
                    what: format!("version {version} of NumPy's format"),
                    hint: "versions 1 to 3 are: save it with numpy.save".to_owned(),
                });
            }
        };
        if length > LONGEST_HEADER {
            return Err(FormatError::Damaged(format!(
                "its header would be {length} bytes long; NumPy allows {LONGEST_HEADER}"
            )));
        }
        let mut text = vec![0; length];
        exactly(stream, &mut text)?;
        Self::parse(&String::from_utf8_lossy(&text))
    }

    /// The header is a Python dictionary: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
    fn parse(text: &str) -> Result<Self, FormatError> {
        let damaged = || FormatError::Damaged(format!("its header is \"{}\"", shown(text)));
        let value = |name: &str| {
            let quoted = [format!("'{name}'"), format!("\"{name}\"")];
            let (_, after) = quoted.iter().find_map(|name| text.split_once(name.as_str()))?;
            after.trim_start().strip_prefix(':').map(str::trim_start)
        };
        let descr = value("descr").ok_or_else(damaged)?;
        if descr.starts_with('[') {
            return Err(unsupported(
                "a NumPy array of records",
                "save each of its fields as an array of its own",
            ));
        }
        let quote = descr
            .chars()
            .next()
            .filter(|&quote| quote == '\'' || quote == '"')
            .ok_or_else(damaged)?;
        let descr = descr
            .get(1..)
            .and_then(|rest| rest.split(quote).next())
            .ok_or_else(damaged)?;
        let fortran = value("fortran_order").ok_or_else(damaged)?;
        let fortran = match (fortran.starts_with("True"), fortran.starts_with("False")) {
            (true, _) => true,
            (_, true) => false,
            _ => return Err(damaged()),
        };
        let shape = value("shape")
            .and_then(|value| value.strip_prefix('('))
            .ok_or_else(damaged)?;
        let (shape, _) = shape.split_once(')').ok_or_else(damaged)?;
        let shape = shape
            .split(',')
            .map(str::trim)
            .filter(|length| !length.is_empty())
            .map(|length| length.trim_end_matches('L').parse().ok())
            .collect::<Option<_>>()
            .ok_or_else(damaged)?;
        let (element, endian) = element(descr)?;
        Ok(Self {
            element,
            endian,
            fortran,
            shape,
        })
    }

    /// The shape as [`Decoded`] has it, and whether depth is one of the axes.
    fn axes(&self) -> Result<([usize; 5], bool), FormatError> {
        if self.shape.contains(&0) {
            return Err(FormatError::Damaged(format!(
                "its shape {:?} holds no number",
                self.shape
            )));
        }
        Ok(match *self.shape.as_slice() {
            [w] => ([1, 1, 1, 1, w], false),
            [h, w] => ([1, 1, 1, h, w], false),
            [d, h, w] => ([1, 1, d, h, w], true),
            [d, h, w, c @ (3 | 4)] => ([1, c, d, h, w], true),
            [c, d, h, w] => ([1, c, d, h, w], true),
            [f, c, d, h, w] => ([f, c, d, h, w], true),
            _ => {
                return Err(unsupported(
                    &format!("a NumPy array of {} axes", self.shape.len()),
                    "save it with 1 to 5, as frames, channels, depth, height, width",
                ));
            }
        })
    }

    /// How many numbers apart neighbours along each axis are stored.
    fn strides(&self) -> [usize; 5] {
        let count = self.shape.len();
        let mut stored = vec![0; count];
        let mut stride = 1usize;
        for i in 0..count {
            let axis = if self.fortran { i } else { count - 1 - i };
            if let (Some(place), Some(length)) = (stored.get_mut(axis), self.shape.get(axis)) {
                *place = stride;
                stride = stride.saturating_mul(*length);
            }
        }
        let mut strides = [0; 5];
        match (stored.as_slice(), self.shape.as_slice()) {
            // Colours last.
            (&[d, h, w, c], [_, _, _, 3 | 4]) => strides = [0, c, d, h, w],
            _ => {
                for (place, &stride) in strides.iter_mut().rev().zip(stored.iter().rev()) {
                    *place = stride;
                }
            }
        }
        strides
    }
}

/// `<f4`, `|u1` and the like.
fn element(descr: &str) -> Result<(Element, Endian), FormatError> {
    let (endian, code) = match descr.split_at_checked(1) {
        Some(("<" | "|" | "=", code)) => (Endian::Little, code),
        Some((">", code)) => (Endian::Big, code),
        _ => (Endian::Little, descr),
    };
    let kind = match code {
        "b1" | "u1" => SampleType::U8,
        "i1" => SampleType::I8,
        "u2" => SampleType::U16,
        "i2" => SampleType::I16,
        "u4" => SampleType::U32,
        "i4" => SampleType::I32,
        "u8" => SampleType::U64,
        "i8" => SampleType::I64,
        "f4" => SampleType::F32,
        "f8" => SampleType::F64,
        "f2" => return Ok((Element::Half, endian)),
        "O" => {
            return Err(unsupported(
                "a NumPy array of Python objects, which could run any program when it is opened,",
                "save the numbers themselves, as in array.astype(numpy.float32)",
            ));
        }
        _ => {
            return Err(unsupported(
                &format!("a NumPy array of {}", shown(descr)),
                "save it as float32 or uint8, as in array.astype(numpy.float32)",
            ));
        }
    };
    Ok((Element::Is(kind), endian))
}

fn unsupported(what: &str, hint: &str) -> FormatError {
    FormatError::Unsupported {
        what: what.to_owned(),
        hint: hint.to_owned(),
    }
}

fn exactly(stream: &mut dyn Read, buffer: &mut [u8]) -> Result<(), FormatError> {
    let expected = buffer.len() as u64;
    match fill(stream, buffer)? as u64 {
        found if found == expected => Ok(()),
        found => Err(FormatError::Truncated {
            what: "its header",
            expected,
            found,
        }),
    }
}

/// A half-precision number (IEEE 754 binary16), exactly.
fn single(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let fraction = f32::from(bits & 0x3ff);
    match (bits >> 10) & 0x1f {
        0 => sign * fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => sign * f32::INFINITY,
        31 => f32::NAN,
        exponent => sign * (1024.0 + fraction) * 2f32.powi(i32::from(exponent) - 25),
    }
}

#[cfg(test)]
#[path = "npy_tests.rs"]
mod tests;

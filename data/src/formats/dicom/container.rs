//! How a file begins: preamble, file meta information and the transfer syntax of what follows.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::DeflateDecoder;

use super::syntax::{self, Encoding};
use crate::formats::{FormatError, Limits};

/// Bytes before `DICM` (PS3.10 section 7.1).
const PREAMBLE: usize = 128;

/// A file taken apart: which transfer syntax it states, how its data set is encoded, and the data set's bytes.
pub(super) struct Container<'a> {
    pub meta: Meta,
    /// The stated transfer syntax, or the one that the bytes look like.
    pub syntax: String,
    pub encoding: Encoding,
    pub dataset: Cow<'a, [u8]>,
    /// What is odd about the file.
    pub oddities: Vec<String>,
}

/// What the file meta information says.
#[derive(Default)]
pub(super) struct Meta {
    pub syntax: Option<String>,
    pub sop_class: Option<String>,
    pub sop_instance: Option<String>,
}

/// Whether the bytes are those of a DICOM file: `DICM` behind the preamble, or a data set that begins without either.
pub(super) fn recognises(bytes: &[u8]) -> bool {
    has_preamble(bytes) || begins_with_meta(bytes) || bare_encoding(bytes).is_some()
}

fn has_preamble(bytes: &[u8]) -> bool {
    bytes.get(PREAMBLE..PREAMBLE + 4) == Some(b"DICM")
}

/// File meta information without preamble: group 2, one of its first elements, an explicit value representation.
fn begins_with_meta(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [2, 0, 0 | 1 | 2 | 3 | 0x10, 0, b'U' | b'O', b'L' | b'B' | b'I', ..]
    )
}

/// The encoding of a data set without file meta information, whose first element is of group 8.
fn bare_encoding(bytes: &[u8]) -> Option<Encoding> {
    let head: &[u8; 8] = bytes.first_chunk()?;
    let is_named = is_value_representation(head[4], head[5]);
    let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    match head {
        [8, 0, 0..=0x20, 0, ..] if is_named => Some(Encoding::ExplicitLittle),
        [0, 8, 0, 0..=0x20, ..] if is_named => Some(Encoding::ExplicitBig),
        [8, 0, 0..=0x20, 0, ..] if length <= 256 && length.is_multiple_of(2) && bytes.len() > 8 + length as usize => {
            Some(Encoding::ImplicitLittle)
        }
        _ => None,
    }
}

fn is_value_representation(first: u8, second: u8) -> bool {
    const KNOWN: &[u8] = b"AEASATCSDADSDTFDFLISLOLTOBODOFOLOVOWPNSHSLSQSSSTSVTMUCUIULUNURUSUTUV";
    KNOWN.as_chunks().0.contains(&[first, second])
}

impl<'a> Container<'a> {
    pub fn open(bytes: &'a [u8], limits: Limits) -> Result<Self, FormatError> {
        let mut oddities = Vec::new();
        let body = match bytes.get(PREAMBLE + 4..) {
            Some(body) if has_preamble(bytes) => body,
            _ => {
                oddities.push("no preamble".to_owned());
                bytes
            }
        };
        let (meta, dataset) = read_meta(body)?;
        let Some(syntax) = meta.syntax.clone() else {
            oddities.push("no transfer syntax stated".to_owned());
            let encoding = bare_encoding(dataset).ok_or_else(|| {
                FormatError::Damaged(
                    "it states no transfer syntax (0002,0010), and its first element is not of group 8".into(),
                )
            })?;
            return Ok(Self {
                meta,
                syntax: encoding.uid().to_owned(),
                encoding,
                dataset: dataset.into(),
                oddities,
            });
        };
        let stated = syntax::encoding(&syntax);
        let dataset: Cow<[u8]> = match stated {
            Encoding::Deflated => inflate(dataset, limits)?.into(),
            _ => dataset.into(),
        };
        let mut encoding = match stated {
            Encoding::Deflated => Encoding::ExplicitLittle,
            other => other,
        };
        // Some writers state one of the two and use the other.
        if let Some(found) = bare_encoding(&dataset)
            && found != encoding
        {
            oddities.push(format!("the data set is encoded as {}, not as stated", found.name()));
            encoding = found;
        }
        Ok(Self {
            meta,
            syntax,
            encoding,
            dataset,
            oddities,
        })
    }
}

/// The file meta information (group 2, always explicit little endian), and what follows it.
fn read_meta(bytes: &[u8]) -> Result<(Meta, &[u8]), FormatError> {
    let mut rest = bytes;
    let mut meta = Meta::default();
    while let [2, 0, element_low, element_high, first, second, a, b, tail @ ..] = rest {
        if !is_value_representation(*first, *second) {
            break;
        }
        let is_long = matches!(
            &[*first, *second],
            b"OB" | b"OW" | b"UN" | b"UT" | b"SQ" | b"OF" | b"UC" | b"UR"
        );
        let (length, tail) = match (is_long, tail.split_first_chunk::<4>()) {
            (false, _) => (u32::from(u16::from_le_bytes([*a, *b])), tail),
            (true, Some((length, tail))) => (u32::from_le_bytes(*length), tail),
            (true, None) => (u32::MAX, tail),
        };
        let Some((value, tail)) = tail.split_at_checked(length as usize) else {
            return Err(FormatError::Truncated {
                what: "the file meta information (group 0002)",
                expected: u64::from(length),
                found: tail.len() as u64,
            });
        };
        let text = || {
            let text = String::from_utf8_lossy(value);
            Some(text.trim_matches(['\0', ' ']).to_owned()).filter(|uid| !uid.is_empty())
        };
        match [*element_low, *element_high] {
            [0x02, 0] => meta.sop_class = text(),
            [0x03, 0] => meta.sop_instance = text(),
            [0x10, 0] => meta.syntax = text(),
            _ => {}
        }
        rest = tail;
    }
    Ok((meta, rest))
}

/// The deflated data set (PS3.5 section A.5), no larger than allowed.
fn inflate(bytes: &[u8], limits: Limits) -> Result<Vec<u8>, FormatError> {
    let mut data = Vec::new();
    let read = DeflateDecoder::new(bytes)
        .take(limits.bytes().saturating_add(1))
        .read_to_end(&mut data);
    if let Err(error) = read {
        return Err(FormatError::Damaged(format!(
            "its deflated data set cannot be unpacked: {error}"
        )));
    }
    limits.check(&[data.len()], 1)?;
    Ok(data)
}

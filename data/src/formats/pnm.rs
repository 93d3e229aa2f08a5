//! PBM, PGM, PPM and PAM, plain and raw (netpbm's own format pages), also inside a gzip file as STARE has them.

use std::io::Read;

use flate2::read::GzDecoder;

use super::picture::{planar, unpack};
use super::{Companion, Decoded, Endian, Format, FormatError, Limits, SampleType, Samples};

pub(super) fn recognises(bytes: &[u8]) -> bool {
    matches!(bytes, [b'P', b'1'..=b'7', next, ..] if next.is_ascii_whitespace() || *next == b'#')
}

/// A gzip file whose contents begin like a picture of this kind.
pub(super) fn recognises_packed(bytes: &[u8]) -> bool {
    let mut start = [0; 3];
    bytes.starts_with(&[0x1f, 0x8b]) && GzDecoder::new(bytes).read_exact(&mut start).is_ok() && recognises(&start)
}

/// Headers are shorter than this.
const HEADER_BYTES: u64 = 1 << 16;

pub(super) fn decode_packed(bytes: &[u8], limits: Limits, companion: Companion) -> Result<Decoded, FormatError> {
    let unpacked = |most: u64| {
        let mut inner = Vec::new();
        GzDecoder::new(bytes)
            .take(most)
            .read_to_end(&mut inner)
            .map(|_| inner)
            .map_err(FormatError::from)
    };
    // The header says how much more there can be: sixteen bytes a number in plain files, remarks included.
    let start = unpacked(HEADER_BYTES)?;
    let (_, header) = Text { bytes: &start, at: 2 }.any_header()?;
    let numbers = limits.check(
        &[header.channels, header.height, header.width],
        header.sample_type().bytes(),
    )?;
    let inner = unpacked((numbers as u64).saturating_mul(16).saturating_add(HEADER_BYTES))?;
    decode(&inner, limits, companion)
}

/// The numbers of the file, of 8 or 16 bits; 1 stands for white in a PBM as in any other picture.
pub(super) fn decode(bytes: &[u8], limits: Limits, _: Companion) -> Result<Decoded, FormatError> {
    let mut text = Text { bytes, at: 2 };
    let (kind, header) = text.any_header()?;
    let Header {
        width,
        height,
        channels,
        highest,
    } = header;
    let is_plain = matches!(kind, b'1'..=b'3');
    let sample_type = header.sample_type();
    let count = limits.check(&[channels, height, width], sample_type.bytes())? / sample_type.bytes();
    let samples = match kind {
        b'1' => Samples::U8(text.bits(count)?),
        b'4' => {
            let row = width.div_ceil(8);
            let rows = text.rest(row as u64 * height as u64)?;
            Samples::U8(unpack(rows, 1, width, row).into_iter().map(|ink| 1 - ink).collect())
        }
        _ if is_plain => text.numbers(count, highest)?,
        _ => {
            let body = text.rest((count * sample_type.bytes()) as u64)?;
            Samples::from_bytes(body, sample_type, Endian::Big)
        }
    };
    let mut most = 0.0;
    samples.each_as_f64(|value| most = value.max(most));
    if most > f64::from(highest) {
        return Err(FormatError::Damaged(format!(
            "a pixel is {most}, above the {highest} that its header calls the highest"
        )));
    }
    let samples = planar(samples, channels, width * height);
    let mut decoded = Decoded::with_shape(Format::Pnm, samples, 1, channels, [1, height, width])?;
    if !matches!(highest, 255 | 65535) {
        decoded.full_scale = Some(f64::from(highest));
        decoded.note("highest value", highest);
    }
    Ok(decoded)
}

struct Header {
    width: usize,
    height: usize,
    channels: usize,
    highest: u16,
}

impl Header {
    fn sample_type(&self) -> SampleType {
        if self.highest > 255 {
            SampleType::U16
        } else {
            SampleType::U8
        }
    }
}

struct Text<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Text<'a> {
    fn cut(&self, needed: u64) -> FormatError {
        FormatError::Truncated {
            what: "the pixels",
            expected: (self.at as u64).saturating_add(needed),
            found: self.bytes.len() as u64,
        }
    }

    fn skip_blank(&mut self) {
        while let Some(&next) = self.bytes.get(self.at) {
            match next {
                b'#' => {
                    let rest = &self.bytes[self.at..];
                    self.at += rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
                }
                _ if next.is_ascii_whitespace() => self.at += 1,
                _ => break,
            }
        }
    }

    fn word(&mut self) -> &'a [u8] {
        self.skip_blank();
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        let end = rest
            .iter()
            .position(|b| b.is_ascii_whitespace() || *b == b'#')
            .unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn number(&mut self) -> Result<usize, FormatError> {
        let word = self.word();
        if word.is_empty() {
            return Err(self.cut(1));
        }
        let number = std::str::from_utf8(word).ok().and_then(|word| word.parse().ok());
        number.ok_or_else(|| {
            let shown = word[..word.len().min(16)].escape_ascii();
            FormatError::Damaged(format!("where a number should be, there is \"{shown}\""))
        })
    }

    /// The digit after the P, and what follows.
    fn any_header(&mut self) -> Result<(u8, Header), FormatError> {
        let kind = self.bytes.get(1).copied().unwrap_or(0);
        let header = match kind {
            b'7' => self.pam_header()?,
            _ => self.header(kind)?,
        };
        Ok((kind, header))
    }

    fn header(&mut self, kind: u8) -> Result<Header, FormatError> {
        let (width, height) = (self.number()?, self.number()?);
        let highest = match kind {
            b'1' | b'4' => 1,
            _ => checked_highest(self.number()?)?,
        };
        // One blank, then the pixels.
        self.at += 1;
        let channels = if matches!(kind, b'3' | b'6') { 3 } else { 1 };
        Ok(Header {
            width,
            height,
            channels,
            highest,
        })
    }

    fn pam_header(&mut self) -> Result<Header, FormatError> {
        let (mut width, mut height, mut channels, mut highest) = (None, None, None, None);
        loop {
            match self.word() {
                b"WIDTH" => width = Some(self.number()?),
                b"HEIGHT" => height = Some(self.number()?),
                b"DEPTH" => channels = Some(self.number()?),
                b"MAXVAL" => highest = Some(checked_highest(self.number()?)?),
                b"TUPLTYPE" => drop(self.word()),
                b"ENDHDR" => break,
                other => {
                    let shown = other[..other.len().min(16)].escape_ascii();
                    return Err(FormatError::Damaged(format!("its header holds \"{shown}\"")));
                }
            }
        }
        self.at += 1;
        match (width, height, channels, highest) {
            (Some(width), Some(height), Some(channels), Some(highest)) => Ok(Header {
                width,
                height,
                channels,
                highest,
            }),
            _ => Err(FormatError::Damaged(
                "its header lacks WIDTH, HEIGHT, DEPTH or MAXVAL".to_owned(),
            )),
        }
    }

    fn rest(&self, needed: u64) -> Result<&'a [u8], FormatError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        usize::try_from(needed)
            .ok()
            .and_then(|needed| rest.get(..needed))
            .ok_or_else(|| self.cut(needed))
    }

    /// Digits of a plain PBM, which need no blank between them.
    fn bits(&mut self, count: usize) -> Result<Vec<u8>, FormatError> {
        self.rest(count as u64)?;
        let mut bits = Vec::with_capacity(count);
        while bits.len() < count {
            self.skip_blank();
            match self.bytes.get(self.at) {
                Some(b'0') => bits.push(1),
                Some(b'1') => bits.push(0),
                Some(_) => {
                    return Err(FormatError::Damaged(
                        "a pixel of a plain PBM is neither 0 nor 1".to_owned(),
                    ));
                }
                None => return Err(self.cut((count - bits.len()) as u64)),
            }
            self.at += 1;
        }
        Ok(bits)
    }

    fn numbers(&mut self, count: usize, highest: u16) -> Result<Samples, FormatError> {
        // Each takes a digit and, but for the last, a blank.
        self.rest((2 * count as u64).saturating_sub(1))?;
        let mut numbers = Vec::with_capacity(count);
        for _ in 0..count {
            let number = self.number()?;
            numbers.push(u16::try_from(number).map_err(|_| FormatError::Damaged(format!("a pixel is {number}")))?);
        }
        Ok(match highest {
            0..=255 => match numbers.iter().map(|&n| u8::try_from(n)).collect() {
                Ok(bytes) => Samples::U8(bytes),
                Err(_) => return Err(FormatError::Damaged(format!("a pixel is above {highest}"))),
            },
            _ => Samples::U16(numbers),
        })
    }
}

fn checked_highest(found: usize) -> Result<u16, FormatError> {
    match u16::try_from(found) {
        Ok(highest @ 1..) => Ok(highest),
        _ => Err(FormatError::Damaged(format!(
            "its header calls {found} the highest value, which is from 1 to 65535"
        ))),
    }
}

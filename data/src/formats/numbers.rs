//! Numbers from a stream or from text, taking no more memory than the source can fill.

use std::io::{self, Read};
use std::str::FromStr;

use flate2::bufread::{GzDecoder, ZlibDecoder};

use super::{Endian, FormatError, Limits, SampleType, Samples};

/// The numbers that a header promises.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub shape: [usize; 5],
    pub kind: SampleType,
    pub endian: Endian,
}

/// What a deflated byte becomes at most: the densest code of RFC 1951 gives 258 bytes for two bits.
const DEFLATE_RATIO: usize = 1032;

/// Bytes read after the numbers, so that a checksum at the end of the stream is looked at.
const DRAINED: u64 = 1 << 16;

impl Wanted {
    /// The number of bytes, if the limits allow them.
    pub fn bytes(&self, limits: Limits) -> Result<usize, FormatError> {
        limits.check(&self.shape, self.kind.bytes())
    }

    /// The numbers at the beginning of `bytes`; what follows is left alone.
    pub fn plain(&self, bytes: &[u8], limits: Limits) -> Result<Samples, FormatError> {
        let needed = self.bytes(limits)?;
        let stored = bytes.get(..needed).ok_or(short(needed, bytes.len()))?;
        Ok(Samples::from_bytes(stored, self.kind, self.endian))
    }

    /// The numbers in a gzip or zlib stream, after `skipped` bytes of its contents.
    pub fn inflated(&self, packed: &[u8], skipped: u64, limits: Limits) -> Result<Samples, FormatError> {
        self.bytes(limits)?;
        let mut stream = Inflated::new(packed);
        skip(&mut stream, skipped)?;
        self.stream(&mut stream, packed.len().saturating_mul(DEFLATE_RATIO), limits)
    }

    /// The numbers of a stream that gives `at_most` bytes.
    pub fn stream(&self, stream: &mut dyn Read, at_most: usize, limits: Limits) -> Result<Samples, FormatError> {
        let needed = self.bytes(limits)?;
        let room = needed.min(at_most);
        macro_rules! read {
            ($variant:ident, $kind:ty) => {{
                let mut numbers: Vec<$kind> = Vec::new();
                reserve(&mut numbers, room / size_of::<$kind>())?;
                in_chunks(stream, needed, |chunk| {
                    let (whole, _) = chunk.as_chunks();
                    match self.endian {
                        Endian::Little => numbers.extend(whole.iter().map(|&number| <$kind>::from_le_bytes(number))),
                        Endian::Big => numbers.extend(whole.iter().map(|&number| <$kind>::from_be_bytes(number))),
                    }
                })?;
                Samples::$variant(numbers)
            }};
        }
        let samples = match self.kind {
            SampleType::U8 => read!(U8, u8),
            SampleType::I8 => read!(I8, i8),
            SampleType::U16 => read!(U16, u16),
            SampleType::I16 => read!(I16, i16),
            SampleType::U32 => read!(U32, u32),
            SampleType::I32 => read!(I32, i32),
            SampleType::U64 => read!(U64, u64),
            SampleType::I64 => read!(I64, i64),
            SampleType::F32 => read!(F32, f32),
            SampleType::F64 => read!(F64, f64),
        };
        // A stream that goes on is no error; one that ends here is checked against its checksum.
        io::copy(&mut stream.take(DRAINED), &mut io::sink()).map_err(broken_stream)?;
        Ok(samples)
    }

    /// The numbers written out in ASCII, apart by white space or commas.
    pub fn text(&self, text: &[u8], limits: Limits) -> Result<Samples, FormatError> {
        let count = self.bytes(limits)? / self.kind.bytes();
        Ok(match self.kind {
            SampleType::U8 => Samples::U8(parsed(text, count)?),
            SampleType::I8 => Samples::I8(parsed(text, count)?),
            SampleType::U16 => Samples::U16(parsed(text, count)?),
            SampleType::I16 => Samples::I16(parsed(text, count)?),
            SampleType::U32 => Samples::U32(parsed(text, count)?),
            SampleType::I32 => Samples::I32(parsed(text, count)?),
            SampleType::U64 => Samples::U64(parsed(text, count)?),
            SampleType::I64 => Samples::I64(parsed(text, count)?),
            SampleType::F32 => Samples::F32(parsed(text, count)?),
            SampleType::F64 => Samples::F64(parsed(text, count)?),
        })
    }
}

fn short(expected: usize, found: usize) -> FormatError {
    FormatError::Truncated {
        what: "its array of numbers",
        expected: expected as u64,
        found: found as u64,
    }
}

fn reserve<T>(numbers: &mut Vec<T>, count: usize) -> Result<(), FormatError> {
    numbers
        .try_reserve_exact(count)
        .map_err(|error| FormatError::System(error.to_string()))
}

fn in_chunks(stream: &mut dyn Read, needed: usize, mut take: impl FnMut(&[u8])) -> Result<(), FormatError> {
    let mut buffer = vec![0; needed.min(1 << 16)];
    let mut done = 0;
    while done < needed {
        let length = buffer.len().min(needed - done);
        let Some(part) = buffer.get_mut(..length) else { break };
        let found = fill(stream, part)?;
        if found < length {
            return Err(short(needed, done + found));
        }
        take(part);
        done += length;
    }
    Ok(())
}

/// Fills the buffer as far as the stream reaches.
pub(super) fn fill(stream: &mut dyn Read, buffer: &mut [u8]) -> Result<usize, FormatError> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // The stream ends in the middle of a code: what came before counts.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(broken_stream(error)),
        }
    }
    Ok(filled)
}

fn skip(stream: &mut dyn Read, count: u64) -> Result<(), FormatError> {
    match io::copy(&mut stream.take(count), &mut io::sink()).map_err(broken_stream)? {
        skipped if skipped == count => Ok(()),
        skipped => Err(FormatError::Truncated {
            what: "the part before its numbers",
            expected: count,
            found: skipped,
        }),
    }
}

fn broken_stream(error: io::Error) -> FormatError {
    FormatError::Damaged(format!(
        "its compressed part cannot be unpacked ({error}). Fetch or copy it again"
    ))
}

fn parsed<T: FromStr>(text: &[u8], count: usize) -> Result<Vec<T>, FormatError> {
    let mut numbers = Vec::new();
    reserve(&mut numbers, count.min(text.len() / 2 + 1))?;
    let words = text
        .split(|byte| byte.is_ascii_whitespace() || *byte == b',')
        .filter(|word| !word.is_empty());
    for word in words.take(count) {
        let number = str::from_utf8(word).ok().and_then(|word| word.parse().ok());
        numbers.push(number.ok_or_else(|| {
            let shown = word.get(..word.len().min(24)).unwrap_or_default().escape_ascii();
            FormatError::Damaged(format!(
                "\"{shown}\" among its numbers is none of the type that it states"
            ))
        })?);
    }
    match numbers.len() == count {
        true => Ok(numbers),
        false => Err(FormatError::Damaged(format!(
            "it holds {} numbers in text, but its header promises {count}",
            numbers.len()
        ))),
    }
}

/// Whether a gzip stream begins here.
pub(super) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// A zlib stream, or gzip members one after another; what follows the last one is left alone.
pub(super) enum Inflated<'a> {
    Zlib(ZlibDecoder<&'a [u8]>),
    Gzip(Option<GzDecoder<&'a [u8]>>),
}

impl<'a> Inflated<'a> {
    pub fn new(packed: &'a [u8]) -> Self {
        match is_gzip(packed) {
            true => Self::Gzip(Some(GzDecoder::new(packed))),
            false => Self::Zlib(ZlibDecoder::new(packed)),
        }
    }

    /// Up to `length` bytes of the contents.
    pub fn beginning(packed: &'a [u8], length: usize) -> Result<Vec<u8>, FormatError> {
        let mut bytes = vec![0; length];
        let filled = fill(&mut Self::new(packed), &mut bytes)?;
        bytes.truncate(filled);
        Ok(bytes)
    }
}

impl Read for Inflated<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        match self {
            Self::Zlib(stream) => stream.read(buffer),
            Self::Gzip(members) => {
                while let Some(member) = members {
                    match member.read(buffer)? {
                        0 => {
                            let rest = members.take().map(GzDecoder::into_inner).unwrap_or_default();
                            *members = is_gzip(rest).then(|| GzDecoder::new(rest));
                        }
                        count => return Ok(count),
                    }
                }
                Ok(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut writer = GzEncoder::new(Vec::new(), Compression::best());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn wanted(count: usize) -> Wanted {
        Wanted {
            shape: [1, 1, 1, 1, count],
            kind: SampleType::U16,
            endian: Endian::Big,
        }
    }

    #[test]
    fn gzip_members_follow_each_other_and_what_comes_after_is_left_alone() {
        let mut file = packed(&[9, 0, 1]);
        file.extend(packed(&[0, 2]));
        file.extend(b"garbage");
        let limits = Limits::default();
        let samples = wanted(2).inflated(&file, 1, limits).unwrap();
        assert_eq!(samples, Samples::U16(vec![1, 2]));
        assert!(matches!(
            wanted(3).inflated(&file, 1, limits),
            Err(FormatError::Truncated {
                expected: 6,
                found: 4,
                ..
            })
        ));
        assert!(matches!(
            wanted(1).inflated(&file, 9, limits),
            Err(FormatError::Truncated {
                expected: 9,
                found: 5,
                ..
            })
        ));
    }

    #[test]
    fn a_wrong_checksum_is_damage_and_a_missing_end_too() {
        let mut file = packed(&[0, 1, 0, 2]);
        let end = file.len();
        file[end - 8] ^= 1;
        assert!(matches!(
            wanted(2).inflated(&file, 0, Limits::default()),
            Err(FormatError::Damaged(_))
        ));
        file[end - 8] ^= 1;
        assert!(wanted(2).inflated(&file, 0, Limits::default()).is_ok());
        assert!(wanted(2).inflated(&file[..end - 3], 0, Limits::default()).is_err());
    }

    #[test]
    fn no_more_is_unpacked_than_the_limit_allows() {
        let bomb = packed(&vec![0; 10 << 20]);
        assert!(bomb.len() < 100_000);
        assert!(matches!(
            wanted(5 << 20).inflated(&bomb, 0, Limits::with_bytes(1 << 20)),
            Err(FormatError::TooLarge {
                needed: 10_485_760,
                limit: 1_048_576
            })
        ));
    }

    #[test]
    fn numbers_in_text_are_of_the_stated_type() {
        let limits = Limits::default();
        assert_eq!(
            wanted(3).text(b" 1,2\n\t65535 7", limits).unwrap(),
            Samples::U16(vec![1, 2, 65535])
        );
        for bad in [&b"1 2"[..], b"1 2 65536", b"1 2 x", b"1 2 \xff"] {
            assert!(
                matches!(wanted(3).text(bad, limits), Err(FormatError::Damaged(_))),
                "{bad:?}"
            );
        }
    }
}

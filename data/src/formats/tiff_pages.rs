//! The pages of a TIFF file: its chain of directories (TIFF 6.0, section 2; BigTIFF has wider fields).

use std::collections::HashSet;

use super::{Endian, FormatError};

/// What is needed of a directory before the page is decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub width: u64,
    pub height: u64,
    pub samples: u64,
    pub bits: u64,
    pub photometric: u64,
    pub compression: u64,
    /// A preview or a transparency mask, which is no part of a stack.
    pub is_extra: bool,
    /// Where the photometric interpretation is stored.
    pub photometric_at: Option<usize>,
}

impl Page {
    /// Whether both can be slices of one stack.
    pub fn stacks_with(&self, other: &Self) -> bool {
        let facts = |page: &Self| (page.width, page.height, page.samples, page.bits, page.photometric);
        !self.is_extra && facts(self) == facts(other)
    }
}

/// Walks along the directories.
///
/// # Errors
/// [`FormatError::Damaged`] for a chain that runs in a circle or out of the file.
pub(super) fn pages(bytes: &[u8]) -> Result<Vec<Page>, FormatError> {
    let file = File::new(bytes)?;
    let mut next = file.number(if file.is_big { 8 } else { 4 }, file.word)?;
    let (mut seen, mut pages) = (HashSet::new(), Vec::new());
    while next != 0 {
        if !seen.insert(next) {
            return Err(FormatError::Damaged("its pages are chained in a circle".to_owned()));
        }
        let at = usize::try_from(next).map_err(|_| file.cut(next))?;
        let (page, after) = file.page(at)?;
        pages.push(page);
        next = after;
    }
    match pages.is_empty() {
        true => Err(FormatError::Damaged("it holds no page".to_owned())),
        false => Ok(pages),
    }
}

/// The byte order in which numbers are stored.
pub(super) fn endian(bytes: &[u8]) -> Endian {
    match bytes.first() {
        Some(b'M') => Endian::Big,
        _ => Endian::Little,
    }
}

struct File<'a> {
    bytes: &'a [u8],
    endian: Endian,
    is_big: bool,
    word: usize,
}

impl<'a> File<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let mut file = Self {
            bytes,
            endian: endian(bytes),
            is_big: false,
            word: 4,
        };
        if file.number(2, 2)? == 43 {
            (file.is_big, file.word) = (true, 8);
        }
        Ok(file)
    }

    fn cut(&self, expected: u64) -> FormatError {
        FormatError::Truncated {
            what: "a page's directory",
            expected,
            found: self.bytes.len() as u64,
        }
    }

    fn number(&self, at: usize, length: usize) -> Result<u64, FormatError> {
        let end = at.checked_add(length).ok_or_else(|| self.cut(u64::MAX))?;
        let part = self.bytes.get(at..end).ok_or_else(|| self.cut(end as u64))?;
        let joined = |all: u64, &byte: &u8| all << 8 | u64::from(byte);
        Ok(match self.endian {
            Endian::Big => part.iter().fold(0, joined),
            Endian::Little => part.iter().rev().fold(0, joined),
        })
    }

    /// Refuses an entry of more values than the file can hold: the crate would make room for them all before it reads the first. Private
    /// tags (from 32768 on) are not read.
    fn check_count(&self, entry: usize, tag: u64) -> Result<(), FormatError> {
        let each: u64 = match self.number(entry + 2, 2)? {
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16..=18 => 8,
            _ => 1,
        };
        let needed = self.number(entry + 4, self.word)?.saturating_mul(each);
        match tag < 32768 && needed > self.bytes.len() as u64 {
            true => Err(FormatError::Truncated {
                what: "the values of a directory's entry",
                expected: needed,
                found: self.bytes.len() as u64,
            }),
            false => Ok(()),
        }
    }

    /// One directory and the offset of the next.
    fn page(&self, at: usize) -> Result<(Page, u64), FormatError> {
        let (count_bytes, entry_bytes) = if self.is_big { (8, 20) } else { (2, 12) };
        let count = self.number(at, count_bytes)?;
        let end = usize::try_from(count)
            .ok()
            .and_then(|count| {
                count
                    .checked_mul(entry_bytes)?
                    .checked_add(at)?
                    .checked_add(count_bytes)
            })
            .filter(|&end| end <= self.bytes.len())
            .ok_or_else(|| self.cut(count.saturating_mul(entry_bytes as u64)))?;
        let mut page = Page {
            samples: 1,
            bits: 1,
            compression: 1,
            ..Page::default()
        };
        let mut is_palette_or_mask = None;
        for entry in (at + count_bytes..end).step_by(entry_bytes) {
            let value_at = entry + 4 + self.word;
            let tag = self.number(entry, 2)?;
            self.check_count(entry, tag)?;
            let length = match self.number(entry + 2, 2)? {
                1 => 1,
                3 => 2,
                4 => 4,
                16 => self.word,
                _ => continue,
            };
            let is_inline = self.number(entry + 4, self.word)?.saturating_mul(length as u64) <= self.word as u64;
            let value = self.number(value_at, length)?;
            match tag {
                254 => page.is_extra = value & 0b101 != 0,
                256 => page.width = value,
                257 => page.height = value,
                // Of three channels the depths lie elsewhere and are equal.
                258 => page.bits = if is_inline { value } else { 0 },
                259 => page.compression = value,
                262 => {
                    page.photometric = value;
                    let low = if self.endian == Endian::Big {
                        value_at + length - 1
                    } else {
                        value_at
                    };
                    is_palette_or_mask = matches!(value, 3 | 4).then_some(low);
                }
                277 => page.samples = value,
                _ => {}
            }
        }
        page.photometric_at = is_palette_or_mask;
        Ok((page, self.number(end, self.word)?))
    }
}

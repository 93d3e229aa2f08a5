//! A walk over a data set before anything is built from it.
//!
//! The parser of dicom-rs (0.10) builds nested sequences by recursion, so that 10,000 of them end the process, and makes room for
//! an element's stated length before it reads: 14 bytes claimed and got 4 GB. Its token reader does neither, unless values are
//! asked for. This walk takes its tokens, skips every value, and lets a data set pass whose depth, lengths and number of elements are
//! within bounds.

use std::io::Cursor;

use dicom_core::Tag;
use dicom_core::header::{HasLength as _, Header as _};
use dicom_dictionary_std::tags;
use dicom_parser::StatefulDecode as _;
use dicom_parser::dataset::LazyDataToken;
use dicom_parser::dataset::lazy_read::LazyDataSetReader;

use super::attributes::named;
use super::syntax::Encoding;
use crate::formats::{FormatError, Limits};

/// Sequences and items within each other; the standard's deepest real objects (structured reports) stay far below.
const DEEPEST: usize = 128;
/// Bytes of a sequence's end.
const DELIMITER: u64 = 8;
/// Memory that an element or item may take besides its value.
const ELEMENT_BYTES: usize = 256;

/// How many bytes of `dataset` hold whole elements. Bytes behind the pixel data that are none are left out.
///
/// # Errors
/// [`FormatError::Truncated`] or [`FormatError::Damaged`] for lengths that lie, sequences that do not end or are too deep.
pub(super) fn sound_length(dataset: &[u8], encoding: Encoding, limits: Limits) -> Result<usize, FormatError> {
    let mut walk = Walk {
        total: dataset.len() as u64,
        limits,
        depth: 0,
        elements: 0,
        last: Tag(0, 0),
        whole: 0,
        fragment_end: 0,
        has_pixels: false,
    };
    match walk.run(dataset, encoding) {
        Ok(()) => Ok(dataset.len()),
        Err(_) if walk.has_pixels && walk.depth == 0 && walk.whole > 0 => Ok(walk.whole as usize),
        Err(error) => Err(error),
    }
}

struct Walk {
    total: u64,
    limits: Limits,
    depth: usize,
    elements: usize,
    last: Tag,
    /// Where the last whole element of the data set itself ended.
    whole: u64,
    /// Where the last fragment of compressed pixels ended.
    fragment_end: u64,
    has_pixels: bool,
}

impl Walk {
    fn run(&mut self, dataset: &[u8], encoding: Encoding) -> Result<(), FormatError> {
        let damaged = |error: &dyn std::error::Error, after: Tag| {
            FormatError::Damaged(format!("behind {}: {}", named(after), with_causes(error)))
        };
        let mut reader = LazyDataSetReader::new_with_ts(Cursor::new(dataset), &encoding.parser())
            .map_err(|error| damaged(&error, Tag(0, 0)))?;
        while let Some(token) = reader.advance() {
            let token = token.map_err(|error| damaged(&error, self.last))?;
            self.elements += 1;
            self.limits.check(&[self.elements], ELEMENT_BYTES)?;
            match token {
                LazyDataToken::ElementHeader(header) => self.last = header.tag(),
                LazyDataToken::SequenceStart { tag, .. } => {
                    self.last = tag;
                    self.enter()?;
                }
                LazyDataToken::PixelSequenceStart => {
                    self.last = tags::PIXEL_DATA;
                    self.enter()?;
                }
                LazyDataToken::ItemStart { .. } => self.enter()?,
                LazyDataToken::SequenceEnd | LazyDataToken::ItemEnd => {
                    let outer = self.depth.checked_sub(1);
                    // The parser panics at an item behind an item's end outside of any sequence.
                    let is_stray = matches!(token, LazyDataToken::ItemEnd) && outer == Some(0);
                    self.depth = match outer {
                        Some(outer) if !is_stray => outer,
                        _ => {
                            return Err(FormatError::Damaged(format!(
                                "an item or sequence ends behind {} that never began",
                                named(self.last)
                            )));
                        }
                    };
                    if self.depth == 0 && self.last == tags::PIXEL_DATA {
                        self.has_pixels = true;
                        self.whole = self.fragment_end.saturating_add(DELIMITER);
                    }
                }
                LazyDataToken::LazyValue { header, decoder } => {
                    let end = self.end_of_value(decoder.position(), header.length().0)?;
                    LazyDataToken::LazyValue { header, decoder }
                        .skip()
                        .map_err(|error| damaged(&error, self.last))?;
                    if self.depth == 0 {
                        self.whole = end;
                        self.has_pixels |= self.last == tags::PIXEL_DATA;
                    }
                }
                LazyDataToken::LazyItemValue { len, decoder } => {
                    self.fragment_end = self.end_of_value(decoder.position(), len)?;
                    LazyDataToken::LazyItemValue { len, decoder }
                        .skip()
                        .map_err(|error| damaged(&error, self.last))?;
                }
                _ => {}
            }
        }
        match self.depth {
            0 => Ok(()),
            _ => Err(FormatError::Damaged(format!("{} has no end", named(self.last)))),
        }
    }

    fn enter(&mut self) -> Result<(), FormatError> {
        self.depth += 1;
        match self.depth <= DEEPEST {
            true => Ok(()),
            false => Err(FormatError::Damaged(format!(
                "its sequences are nested more than {DEEPEST} deep, at {}",
                named(self.last)
            ))),
        }
    }

    fn end_of_value(&self, start: u64, length: u32) -> Result<u64, FormatError> {
        let end = start.saturating_add(u64::from(length));
        match end <= self.total {
            true => Ok(end),
            false => Err(FormatError::Truncated {
                what: super::attributes::keyword(self.last),
                expected: u64::from(length),
                found: self.total.saturating_sub(start),
            }),
        }
    }
}

/// An error with what caused it, in one line.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

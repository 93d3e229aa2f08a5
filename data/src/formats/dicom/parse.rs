//! From bytes to attributes, within bounds.
//!
//! dicom-rs (0.10) has a reader that builds objects from bytes. It nests sequences by recursion, so that 10,000 of them end the process, and
//! makes room for an element's stated length before it reads: 14 bytes claimed and got 4 GB. A check of the bytes beforehand by the library's
//! other reader, of tokens one by one, does not help: the two read some damaged files differently. So the objects are built here from
//! these tokens: without recursion, and with every length compared with the bytes there before its value is read.

use std::io::Cursor;

use dicom_core::header::{HasLength as _, Header as _};
use dicom_core::value::{DataSetSequence, PixelFragmentSequence};
use dicom_core::{DataElement, Length, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use dicom_object::mem::InMemFragment;
use dicom_parser::StatefulDecode;
use dicom_parser::dataset::lazy_read::LazyDataSetReader;
use dicom_parser::dataset::{DataToken, LazyDataToken};

use super::attributes::{keyword, named};
use super::syntax::Encoding;
use crate::formats::{FormatError, Limits};

/// Sequences and items within each other; the standard's deepest real objects (structured reports) stay far below.
const DEEPEST: usize = 128;
/// Memory that an element or item may take besides its value.
const ELEMENT_BYTES: usize = 256;

/// The attributes of a data set. What follows its pixel data and cannot be read is left out, and is said in the second.
///
/// # Errors
/// [`FormatError::Truncated`] or [`FormatError::Damaged`] for lengths that lie, sequences that do not end or are too deep, and
/// [`FormatError::TooLarge`] for more elements than memory allows.
pub(super) fn parse(
    dataset: &[u8],
    encoding: Encoding,
    limits: Limits,
) -> Result<(InMemDicomObject, Option<String>), FormatError> {
    let mut builder = Builder {
        total: dataset.len() as u64,
        limits,
        elements: 0,
        last: Tag(0, 0),
        root: InMemDicomObject::new_empty(),
        open: Vec::new(),
    };
    match builder.run(dataset, encoding) {
        Ok(()) => Ok((builder.root, None)),
        Err(error) if builder.root.get(tags::PIXEL_DATA).is_some() => {
            let odd = format!("what follows the pixel data cannot be read, and is left out: {error}");
            Ok((builder.root, Some(odd)))
        }
        Err(error) => Err(error),
    }
}

/// What has begun and not ended.
enum Open {
    Sequence(Tag, Vec<InMemDicomObject>),
    Item(InMemDicomObject),
    /// Compressed pixels: the offset table, then the fragments.
    Pixels(Vec<InMemFragment>),
}

struct Builder {
    total: u64,
    limits: Limits,
    elements: usize,
    last: Tag,
    root: InMemDicomObject,
    open: Vec<Open>,
}

impl Builder {
    fn run(&mut self, dataset: &[u8], encoding: Encoding) -> Result<(), FormatError> {
        let mut reader = LazyDataSetReader::new_with_ts(Cursor::new(dataset), &encoding.parser())
            .map_err(|error| self.damaged(&error))?;
        while let Some(token) = reader.advance() {
            let token = token.map_err(|error| self.damaged(&error))?;
            self.elements += 1;
            self.limits.check(&[self.elements], ELEMENT_BYTES)?;
            self.take(token)?;
        }
        match self.open.is_empty() {
            true => Ok(()),
            false => Err(FormatError::Damaged(format!("{} has no end", named(self.last)))),
        }
    }

    fn take<D: StatefulDecode>(&mut self, token: LazyDataToken<D>) -> Result<(), FormatError> {
        match token {
            LazyDataToken::ElementHeader(header) => self.last = header.tag(),
            LazyDataToken::SequenceStart { tag, .. } => {
                self.last = tag;
                self.enter(Open::Sequence(tag, Vec::new()))?;
            }
            LazyDataToken::PixelSequenceStart => {
                self.last = tags::PIXEL_DATA;
                self.enter(Open::Pixels(Vec::new()))?;
            }
            LazyDataToken::ItemStart { .. } => match self.open.last_mut() {
                Some(Open::Pixels(fragments)) => fragments.push(Vec::new()),
                Some(Open::Sequence(..)) => self.enter(Open::Item(InMemDicomObject::new_empty()))?,
                _ => return Err(self.stray()),
            },
            LazyDataToken::ItemEnd => match self.open.pop() {
                Some(Open::Pixels(fragments)) => self.open.push(Open::Pixels(fragments)),
                Some(Open::Item(item)) => match self.open.last_mut() {
                    Some(Open::Sequence(_, items)) => items.push(item),
                    _ => return Err(self.stray()),
                },
                _ => return Err(self.stray()),
            },
            LazyDataToken::SequenceEnd => match self.open.pop() {
                Some(Open::Sequence(tag, items)) => {
                    let sequence = DataSetSequence::new(items, Length::UNDEFINED);
                    self.put(DataElement::new(tag, VR::SQ, sequence))?;
                }
                Some(Open::Pixels(fragments)) => {
                    let mut fragments = fragments.into_iter();
                    let table = fragments.next().unwrap_or_default();
                    let offsets: Vec<u32> = table
                        .as_chunks()
                        .0
                        .iter()
                        .map(|&word| u32::from_le_bytes(word))
                        .collect();
                    let pixels = PixelFragmentSequence::new(offsets, fragments.collect::<Vec<_>>());
                    self.put(DataElement::new(tags::PIXEL_DATA, VR::OB, pixels))?;
                }
                _ => return Err(self.stray()),
            },
            LazyDataToken::LazyValue { header, decoder } => {
                self.check_length(decoder.position(), header.length().0)?;
                let value = LazyDataToken::LazyValue { header, decoder }.into_value();
                let value = value.map_err(|error| self.damaged(&error))?;
                self.put(DataElement::new(header.tag(), header.vr(), value))?;
            }
            LazyDataToken::LazyItemValue { len, decoder } => {
                self.check_length(decoder.position(), len)?;
                let value = LazyDataToken::LazyItemValue { len, decoder }.into_owned();
                match (value.map_err(|error| self.damaged(&error))?, self.open.last_mut()) {
                    (DataToken::ItemValue(bytes), Some(Open::Pixels(fragments))) => {
                        if let Some(last) = fragments.last_mut() {
                            *last = bytes;
                        }
                    }
                    _ => return Err(self.stray()),
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn enter(&mut self, opened: Open) -> Result<(), FormatError> {
        if self.open.len() >= DEEPEST {
            return Err(FormatError::Damaged(format!(
                "its sequences are nested more than {DEEPEST} deep, at {}",
                named(self.last)
            )));
        }
        self.open.push(opened);
        Ok(())
    }

    /// Puts an element into the innermost item, or into the data set itself.
    fn put(&mut self, element: DataElement<InMemDicomObject, InMemFragment>) -> Result<(), FormatError> {
        match self.open.last_mut() {
            None => self.root.put(element),
            Some(Open::Item(item)) => item.put(element),
            Some(_) => return Err(self.stray()),
        };
        Ok(())
    }

    fn check_length(&self, start: u64, length: u32) -> Result<(), FormatError> {
        match start.saturating_add(u64::from(length)) <= self.total {
            true => Ok(()),
            false => Err(FormatError::Truncated {
                what: keyword(self.last),
                expected: u64::from(length),
                found: self.total.saturating_sub(start),
            }),
        }
    }

    /// The library's reader of tokens panics at an item behind the end of an item outside of any sequence; this ends the walk before.
    fn stray(&self) -> FormatError {
        FormatError::Damaged(format!(
            "behind {} ends or begins what has no place there",
            named(self.last)
        ))
    }

    fn damaged(&self, error: &dyn std::error::Error) -> FormatError {
        FormatError::Damaged(format!("behind {}: {}", named(self.last), with_causes(error)))
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

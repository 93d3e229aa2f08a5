//! Attributes by tag, with errors that name them.

use dicom_core::header::HasLength as _;
use dicom_core::{DataDictionary as _, Tag};
use dicom_dictionary_std::StandardDataDictionary;
use dicom_object::InMemDicomObject;

use crate::formats::FormatError;

/// The attribute's keyword in the standard's dictionary.
pub(super) fn keyword(tag: Tag) -> &'static str {
    match StandardDataDictionary.by_tag(tag) {
        Some(entry) => entry.alias,
        None if tag == Tag(0, 0) => "the data set",
        None if tag.group() % 2 == 1 => "a private attribute",
        None => "an attribute",
    }
}

/// Keyword and tag, as in `Rows (0028,0010)`.
pub(super) fn named(tag: Tag) -> String {
    match tag {
        Tag(0, 0) => "the data set's beginning".to_owned(),
        _ => format!("{} {tag}", keyword(tag)),
    }
}

/// Reading attributes of a data set or of a sequence's item. An attribute without a value counts as absent.
pub(super) trait Attributes {
    /// Text without padding.
    fn text(&self, tag: Tag) -> Option<String>;
    /// Numbers, whether binary or text.
    fn numbers(&self, tag: Tag) -> Result<Option<Vec<f64>>, FormatError>;
    /// The items of a sequence.
    fn items(&self, tag: Tag) -> &[InMemDicomObject];

    fn number(&self, tag: Tag) -> Result<Option<f64>, FormatError> {
        Ok(self.numbers(tag)?.and_then(|all| all.first().copied()))
    }

    /// A count: a whole number from 0.
    fn count(&self, tag: Tag) -> Result<Option<usize>, FormatError> {
        match self.number(tag)? {
            None => Ok(None),
            Some(number) if (0.0..=4_294_967_295.0).contains(&number) && number.fract() == 0.0 => {
                Ok(Some(number as usize))
            }
            Some(number) => Err(FormatError::Damaged(format!(
                "{} is {number}, which is no count",
                named(tag)
            ))),
        }
    }

    fn required_count(&self, tag: Tag) -> Result<usize, FormatError> {
        self.count(tag)?.ok_or_else(|| missing(tag))
    }

    fn required_text(&self, tag: Tag) -> Result<String, FormatError> {
        self.text(tag).ok_or_else(|| missing(tag))
    }

    /// So many finite numbers, as for a position.
    fn vector<const N: usize>(&self, tag: Tag) -> Result<Option<[f64; N]>, FormatError> {
        let Some(numbers) = self.numbers(tag)? else {
            return Ok(None);
        };
        match <[f64; N]>::try_from(numbers.as_slice()) {
            Ok(vector) if vector.iter().all(|part| part.is_finite()) => Ok(Some(vector)),
            _ => Err(FormatError::Damaged(format!(
                "{} should hold {N} numbers, but holds {numbers:?}",
                named(tag)
            ))),
        }
    }
}

impl Attributes for InMemDicomObject {
    fn text(&self, tag: Tag) -> Option<String> {
        let text = self.get(tag)?.value().to_str().ok()?;
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn numbers(&self, tag: Tag) -> Result<Option<Vec<f64>>, FormatError> {
        let Some(element) = self.get(tag) else {
            return Ok(None);
        };
        if element.length().0 == 0 {
            return Ok(None);
        }
        match element.value().to_multi_float64() {
            Ok(numbers) => Ok(Some(numbers).filter(|numbers| !numbers.is_empty())),
            Err(_) if self.text(tag).is_none() => Ok(None),
            Err(_) => Err(FormatError::Damaged(format!("{} holds no numbers", named(tag)))),
        }
    }

    fn items(&self, tag: Tag) -> &[InMemDicomObject] {
        self.get(tag).and_then(|element| element.value().items()).unwrap_or(&[])
    }
}

/// A required attribute is not there.
pub(super) fn missing(tag: Tag) -> FormatError {
    FormatError::Damaged(format!("the required attribute {} is missing or empty", named(tag)))
}

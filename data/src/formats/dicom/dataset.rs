//! A file's data set, parsed within bounds.

use dicom_object::InMemDicomObject;

use super::check::{sound_length, with_causes};
use super::contain;
use super::container::Container;
use super::syntax::Encoding;
use crate::formats::{FormatError, Limits};

/// The attributes of a file, and how they were encoded.
pub(super) struct Dataset {
    pub object: InMemDicomObject,
    /// UID of the transfer syntax.
    pub syntax: String,
    pub encoding: Encoding,
    /// What is odd about the file.
    pub oddities: Vec<String>,
}

impl Dataset {
    /// # Errors
    /// [`FormatError::Truncated`], [`FormatError::Damaged`], or [`FormatError::TooLarge`].
    pub fn parse(bytes: &[u8], limits: Limits) -> Result<Self, FormatError> {
        let Container {
            syntax,
            encoding,
            dataset,
            mut oddities,
        } = Container::open(bytes, limits)?;
        let length = sound_length(&dataset, encoding, limits)?;
        if length < dataset.len() {
            let odd = dataset.len() - length;
            oddities.push(format!("{odd} bytes at the end are no attribute, and are left out"));
        }
        let parse = || InMemDicomObject::read_dataset_with_ts(&dataset[..length], &encoding.parser());
        let object = contain("the parser", parse)?
            .map_err(|error| FormatError::Damaged(format!("its data set cannot be read: {}", with_causes(&error))))?;
        Ok(Self {
            object,
            syntax,
            encoding,
            oddities,
        })
    }
}

//! A file's data set.

use dicom_core::VR;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::attributes::Attributes as _;
use super::contain;
use super::container::{Container, Meta};
use super::elements::Elements as _;
use super::parse::parse;
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
            meta,
            syntax,
            encoding,
            dataset,
            mut oddities,
        } = Container::open(bytes, limits)?;
        let (mut object, odd) = contain("the parser", || parse(&dataset, encoding, limits))??;
        oddities.extend(odd);
        // Anonymisation may have emptied the identifiers in the data set; those of the file meta information are the same ones.
        let Meta {
            sop_class,
            sop_instance,
            ..
        } = meta;
        for (tag, stated) in [(tags::SOP_CLASS_UID, sop_class), (tags::SOP_INSTANCE_UID, sop_instance)] {
            if let (None, Some(uid)) = (object.text(tag), stated) {
                object = object.with_text(tag, VR::UI, &uid);
            }
        }
        Ok(Self {
            object,
            syntax,
            encoding,
            oddities,
        })
    }
}

//! Small DICOM files for tests.

use std::path::{Path, PathBuf};

use dicom_core::value::PrimitiveValue;
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

use super::elements::Elements as _;

/// A CT slice of 2 rows and 3 columns whose stored values are `first`, `first + 1`, ...
pub fn slice(number: usize, position: [f64; 3], first: i16) -> InMemDicomObject {
    let values: Vec<u8> = (first..first + 6).flat_map(|value| value.to_le_bytes()).collect();
    let words = values
        .as_chunks()
        .0
        .iter()
        .map(|&word| u16::from_le_bytes(word))
        .collect();
    InMemDicomObject::new_empty()
        .with_text(tags::SOP_CLASS_UID, VR::UI, uids::CT_IMAGE_STORAGE)
        .with_text(tags::SOP_INSTANCE_UID, VR::UI, &format!("1.2.3.4.{number}"))
        .with_text(tags::STUDY_INSTANCE_UID, VR::UI, "1.2.3.1")
        .with_text(tags::SERIES_INSTANCE_UID, VR::UI, "1.2.3.2")
        .with_text(tags::FRAME_OF_REFERENCE_UID, VR::UI, "1.2.3.3")
        .with_text(tags::STUDY_DATE, VR::DA, "20200102")
        .with_text(tags::MODALITY, VR::CS, "CT")
        .with_text(tags::PATIENT_NAME, VR::PN, "Made^Up")
        .with_text(tags::SERIES_DESCRIPTION, VR::LO, "made up")
        .with_number(tags::SAMPLES_PER_PIXEL, 1)
        .with_text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2")
        .with_number(tags::ROWS, 2)
        .with_number(tags::COLUMNS, 3)
        .with_number(tags::BITS_ALLOCATED, 16)
        .with_number(tags::BITS_STORED, 16)
        .with_number(tags::HIGH_BIT, 15)
        .with_number(tags::PIXEL_REPRESENTATION, 1)
        .with_decimals(tags::IMAGE_POSITION_PATIENT, &position)
        .with_decimals(tags::IMAGE_ORIENTATION_PATIENT, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
        .with_decimals(tags::PIXEL_SPACING, &[0.7, 0.5])
        .with_decimals(tags::SLICE_THICKNESS, &[3.0])
        .with_decimals(tags::RESCALE_SLOPE, &[1.0])
        .with_decimals(tags::RESCALE_INTERCEPT, &[-1024.0])
        .with(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(words))
}

/// The object without an attribute.
pub fn without(mut object: InMemDicomObject, tag: Tag) -> InMemDicomObject {
    object.remove_element(tag);
    object
}

/// The bytes of a file, explicit little endian.
pub fn bytes(object: InMemDicomObject) -> Vec<u8> {
    bytes_as(object, uids::EXPLICIT_VR_LITTLE_ENDIAN)
}

/// The bytes of a file.
pub fn bytes_as(object: InMemDicomObject, syntax: &str) -> Vec<u8> {
    let file = object
        .with_meta(FileMetaTableBuilder::new().transfer_syntax(syntax))
        .unwrap();
    let mut bytes = Vec::new();
    file.write_all(&mut bytes).unwrap();
    bytes
}

/// Writes files named in the order of their numbers, whatever their places.
pub fn folder(objects: Vec<InMemDicomObject>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (i, object) in objects.into_iter().enumerate() {
        write(folder.path(), &format!("IM{i:03}"), object);
    }
    folder
}

/// Writes one file.
pub fn write(folder: &Path, name: &str, object: InMemDicomObject) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes(object)).unwrap();
    path
}

/// CRC-32 as in zlib.
pub fn crc32(bytes: impl Iterator<Item = u8>) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(byte), step))
}

//! Attributes that name a person.

use std::collections::BTreeSet;
use std::path::Path;

use dicom_core::Tag;
use dicom_core::header::Header as _;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::attributes::{Attributes as _, named};
use super::dataset::Dataset;
use super::slice::at_fault;
use crate::DataError;
use crate::formats::{FormatError, Limits};

/// Attributes that identify a person or a place directly: a part of PS3.15 table E.1-1.
// The two without a name here are retired: OtherPatientIDs and MedicalRecordLocator.
const IDENTIFYING: &[Tag] = &[
    tags::ACCESSION_NUMBER,
    tags::INSTITUTION_NAME,
    tags::INSTITUTION_ADDRESS,
    tags::REFERRING_PHYSICIAN_NAME,
    tags::REFERRING_PHYSICIAN_ADDRESS,
    tags::REFERRING_PHYSICIAN_TELEPHONE_NUMBERS,
    tags::STATION_NAME,
    tags::INSTITUTIONAL_DEPARTMENT_NAME,
    tags::PHYSICIANS_OF_RECORD,
    tags::PERFORMING_PHYSICIAN_NAME,
    tags::NAME_OF_PHYSICIANS_READING_STUDY,
    tags::OPERATORS_NAME,
    tags::PATIENT_NAME,
    tags::PATIENT_ID,
    tags::ISSUER_OF_PATIENT_ID,
    tags::PATIENT_BIRTH_DATE,
    tags::PATIENT_BIRTH_TIME,
    Tag(0x0010, 0x1000),
    tags::OTHER_PATIENT_NAMES,
    tags::PATIENT_BIRTH_NAME,
    tags::PATIENT_ADDRESS,
    tags::PATIENT_MOTHER_BIRTH_NAME,
    tags::PATIENT_TELEPHONE_NUMBERS,
    tags::PATIENT_COMMENTS,
    tags::MILITARY_RANK,
    tags::BRANCH_OF_SERVICE,
    Tag(0x0010, 0x1090),
    tags::DEVICE_SERIAL_NUMBER,
    tags::STUDY_ID,
    tags::IMAGE_COMMENTS,
    tags::REQUESTING_PHYSICIAN,
    tags::REQUESTING_SERVICE,
    tags::CONTENT_CREATOR_NAME,
];

/// The identifying attributes with a value in a DICOM file, as keyword and tag, never the values: a look before a file leaves
/// the hospital. An empty answer does not prove that a file is anonymous: dates, identifiers (UIDs), private attributes, free text
/// and burnt-in pixels may identify a person as well.
///
/// # Errors
/// [`DataError::File`] when the file cannot be read.
pub fn phi_attributes(path: impl AsRef<Path>) -> Result<Vec<String>, DataError> {
    let path = path.as_ref();
    let read = || {
        let bytes = std::fs::read(path).map_err(|error| FormatError::System(error.to_string()))?;
        Dataset::parse(&bytes, Limits::default())
    };
    let dataset = read().map_err(|problem| at_fault(path, problem))?;
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&InMemDicomObject> = vec![&dataset.object];
    while let Some(object) = waiting.pop() {
        for element in object.iter() {
            waiting.extend(element.value().items().unwrap_or(&[]));
            if IDENTIFYING.contains(&element.tag()) && object.text(element.tag()).is_some() {
                found.insert(element.tag());
            }
        }
    }
    Ok(found.into_iter().map(named).collect())
}

#[cfg(test)]
mod tests {
    use dicom_core::VR;

    use super::super::elements::Elements as _;
    use super::super::made_up::{slice, write};
    use super::*;

    #[test]
    fn names_are_found_in_items_too_and_values_are_not_told() {
        let item = InMemDicomObject::new_empty().with_text(tags::OPERATORS_NAME, VR::PN, "Who^Ever");
        let object = slice(0, [0.0; 3], 0)
            .with_text(tags::PATIENT_ID, VR::LO, " ")
            .with_items(tags::REFERENCED_IMAGE_SEQUENCE, vec![item]);
        let folder = tempfile::tempdir().unwrap();
        let found = phi_attributes(write(folder.path(), "a", object)).unwrap();
        assert_eq!(found, ["OperatorsName (0008,1070)", "PatientName (0010,0010)"]);
    }
}

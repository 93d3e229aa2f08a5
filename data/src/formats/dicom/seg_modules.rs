//! The modules of a segmentation object (PS3.3 section A.51.3), written.

use dicom_core::value::PrimitiveValue;
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use rand::Rng;

use super::attributes::{Attributes as _, missing};
use super::elements::{Elements as _, uid};
use super::seg::Code;
use super::seg_write::{Frames, SegmentAlgorithm, SegmentDescription};
use super::series::DicomSeries;
use super::slice::{Slice, at_fault};
use super::stack::Plane;
use crate::DataError;

/// Patient, study, series, equipment and the images referred to.
pub(super) fn common(
    source: &InMemDicomObject,
    reference: &DicomSeries,
    identifiers: &mut impl Rng,
) -> Result<InMemDicomObject, DataError> {
    if let Some(nameless) = reference.slices.iter().find(|slice| slice.sop_instance.is_empty()) {
        return Err(at_fault(&nameless.path, missing(tags::SOP_INSTANCE_UID)));
    }
    let study = source
        .text(tags::STUDY_INSTANCE_UID)
        .unwrap_or_else(|| uid(identifiers));
    let frame_of_reference = source
        .text(tags::FRAME_OF_REFERENCE_UID)
        .unwrap_or_else(|| uid(identifiers));
    let mut object = InMemDicomObject::new_empty();
    // Texts are written as UTF-8, whatever the images use.
    object = object.with_text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192");
    let copied: [(Tag, VR); 12] = [
        (tags::STUDY_DATE, VR::DA),
        (tags::STUDY_TIME, VR::TM),
        (tags::ACCESSION_NUMBER, VR::SH),
        (tags::REFERRING_PHYSICIAN_NAME, VR::PN),
        (tags::STUDY_DESCRIPTION, VR::LO),
        (tags::PATIENT_NAME, VR::PN),
        (tags::PATIENT_ID, VR::LO),
        (tags::PATIENT_BIRTH_DATE, VR::DA),
        (tags::PATIENT_SEX, VR::CS),
        (tags::PATIENT_AGE, VR::AS),
        (tags::STUDY_ID, VR::SH),
        (tags::POSITION_REFERENCE_INDICATOR, VR::LO),
    ];
    // All but two are of type 2: present even when empty.
    for (tag, vr) in copied {
        let is_optional = tag == tags::STUDY_DESCRIPTION || tag == tags::PATIENT_AGE;
        match source.text(tag) {
            None if is_optional => {}
            text => object = object.with_text(tag, vr, &text.unwrap_or_default()),
        }
    }
    let referred = match reference.uid() {
        "" => uid(identifiers),
        known => known.to_owned(),
    };
    let date = source.text(tags::STUDY_DATE).unwrap_or_else(|| "19000101".into());
    let time = source.text(tags::STUDY_TIME).unwrap_or_else(|| "000000".into());
    let instances = reference.slices.iter().map(instance).collect();
    let series = InMemDicomObject::new_empty()
        .with_items(tags::REFERENCED_INSTANCE_SEQUENCE, instances)
        .with_text(tags::SERIES_INSTANCE_UID, VR::UI, &referred);
    Ok(object
        .with_text(tags::STUDY_INSTANCE_UID, VR::UI, &study)
        .with_text(tags::FRAME_OF_REFERENCE_UID, VR::UI, &frame_of_reference)
        .with(
            tags::IMAGE_TYPE,
            VR::CS,
            PrimitiveValue::Strs(["DERIVED", "PRIMARY"].map(str::to_owned).into_iter().collect()),
        )
        .with_text(tags::SOP_CLASS_UID, VR::UI, uids::SEGMENTATION_STORAGE)
        .with_text(tags::SOP_INSTANCE_UID, VR::UI, &uid(identifiers))
        .with_text(tags::SERIES_INSTANCE_UID, VR::UI, &uid(identifiers))
        .with_text(tags::MODALITY, VR::CS, "SEG")
        .with_text(tags::SERIES_NUMBER, VR::IS, "1000")
        .with_text(tags::INSTANCE_NUMBER, VR::IS, "1")
        .with_text(tags::CONTENT_DATE, VR::DA, &date)
        .with_text(tags::CONTENT_TIME, VR::TM, &time)
        .with_text(tags::SERIES_DESCRIPTION, VR::LO, "Segmentation")
        .with_text(tags::MANUFACTURER, VR::LO, "U-Net Lab")
        .with_text(tags::MANUFACTURER_MODEL_NAME, VR::LO, "unet_lab_data")
        .with_text(tags::DEVICE_SERIAL_NUMBER, VR::LO, "0")
        .with_text(tags::SOFTWARE_VERSIONS, VR::LO, env!("CARGO_PKG_VERSION"))
        .with_items(tags::REFERENCED_SERIES_SEQUENCE, vec![series]))
}

fn instance(slice: &Slice) -> InMemDicomObject {
    InMemDicomObject::new_empty()
        .with_text(tags::REFERENCED_SOP_CLASS_UID, VR::UI, &slice.sop_class)
        .with_text(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, &slice.sop_instance)
}

/// The segmentation image module.
pub(super) fn describe(object: InMemDicomObject, segments: &[SegmentDescription]) -> InMemDicomObject {
    let items = (1u16..).zip(segments).map(|(number, segment)| {
        let item = InMemDicomObject::new_empty()
            .with_code(tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE, &segment.category)
            .with_number(tags::SEGMENT_NUMBER, number)
            .with_text(tags::SEGMENT_LABEL, VR::LO, &segment.name)
            .with_code(tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE, &segment.property);
        let (kind, name) = match &segment.algorithm {
            SegmentAlgorithm::Manual => ("MANUAL", None),
            SegmentAlgorithm::SemiAutomatic(name) => ("SEMIAUTOMATIC", Some(name)),
            SegmentAlgorithm::Automatic(name) => ("AUTOMATIC", Some(name)),
        };
        let item = item.with_text(tags::SEGMENT_ALGORITHM_TYPE, VR::CS, kind);
        match name {
            Some(name) => item.with_text(tags::SEGMENT_ALGORITHM_NAME, VR::LO, name),
            None => item,
        }
    });
    object
        .with_text(tags::SEGMENTATION_TYPE, VR::CS, "BINARY")
        .with_text(tags::SEGMENTS_OVERLAP, VR::CS, "NO")
        .with_items(tags::SEGMENT_SEQUENCE, items.collect())
        .with_text(tags::CONTENT_LABEL, VR::CS, "SEGMENTATION")
        .with_text(tags::CONTENT_DESCRIPTION, VR::LO, "")
        .with_text(tags::CONTENT_CREATOR_NAME, VR::PN, "")
}

/// Dimensions and functional groups.
pub(super) fn place(
    object: InMemDicomObject,
    slices: &[(&Slice, Plane)],
    frames: &Frames,
    identifiers: &mut impl Rng,
) -> InMemDicomObject {
    let organisation = uid(identifiers);
    let empty = InMemDicomObject::new_empty;
    let pointer = |index: Tag, group: Tag, label: &str| {
        let at = |tag: Tag| PrimitiveValue::Tags([tag].into_iter().collect());
        empty()
            .with_text(tags::DIMENSION_ORGANIZATION_UID, VR::UI, &organisation)
            .with(tags::DIMENSION_INDEX_POINTER, VR::AT, at(index))
            .with(tags::FUNCTIONAL_GROUP_POINTER, VR::AT, at(group))
            .with_text(tags::DIMENSION_DESCRIPTION_LABEL, VR::LO, label)
    };
    let mut shown: Vec<usize> = frames.places.iter().map(|&(_, slice)| slice).collect();
    shown.sort_unstable();
    shown.dedup();
    let groups = frames.places.iter().filter_map(|&(number, slice)| {
        let (source, plane) = slices.get(slice)?;
        let position = shown.binary_search(&slice).ok()?;
        Some(frame_groups(number, position, source, plane))
    });
    let organisation_item = empty().with_text(tags::DIMENSION_ORGANIZATION_UID, VR::UI, &organisation);
    object
        .with_items(tags::DIMENSION_ORGANIZATION_SEQUENCE, vec![organisation_item])
        .with_items(
            tags::DIMENSION_INDEX_SEQUENCE,
            vec![
                pointer(
                    tags::REFERENCED_SEGMENT_NUMBER,
                    tags::SEGMENT_IDENTIFICATION_SEQUENCE,
                    "Segment Number",
                ),
                pointer(
                    tags::IMAGE_POSITION_PATIENT,
                    tags::PLANE_POSITION_SEQUENCE,
                    "Image Position (Patient)",
                ),
            ],
        )
        .with_items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![shared_groups(slices)])
        .with_items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, groups.collect())
}

fn shared_groups(slices: &[(&Slice, Plane)]) -> InMemDicomObject {
    let empty = InMemDicomObject::new_empty;
    let Some((_, first)) = slices.first() else {
        return empty();
    };
    let step = match slices.get(1) {
        Some((_, second)) => {
            let way = [0, 1, 2].map(|i| second.position[i] - first.position[i]);
            super::stack::dot(way, first.normal()).abs()
        }
        None => first.thickness.unwrap_or(1.0),
    };
    let directions: Vec<f64> = first.across.iter().chain(&first.down).copied().collect();
    let orientation = empty().with_decimals(tags::IMAGE_ORIENTATION_PATIENT, &directions);
    let measures = empty()
        .with_decimals(tags::SLICE_THICKNESS, &[step])
        .with_decimals(tags::SPACING_BETWEEN_SLICES, &[step])
        .with_decimals(tags::PIXEL_SPACING, &first.spacing);
    empty()
        .with_items(tags::PLANE_ORIENTATION_SEQUENCE, vec![orientation])
        .with_items(tags::PIXEL_MEASURES_SEQUENCE, vec![measures])
}

fn frame_groups(number: u16, position: usize, source: &Slice, plane: &Plane) -> InMemDicomObject {
    let empty = InMemDicomObject::new_empty;
    let purpose = Code::new("121322", "DCM", "Source image for image processing operation");
    let image = instance(source)
        .with_text(tags::SPATIAL_LOCATIONS_PRESERVED, VR::CS, "YES")
        .with_code(tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, &purpose);
    let derivation = empty().with_items(tags::SOURCE_IMAGE_SEQUENCE, vec![image]).with_code(
        tags::DERIVATION_CODE_SEQUENCE,
        &Code::new("113076", "DCM", "Segmentation"),
    );
    let indices = PrimitiveValue::U32([u32::from(number), position as u32 + 1].into_iter().collect());
    let content = empty().with(tags::DIMENSION_INDEX_VALUES, VR::UL, indices);
    let place = empty().with_decimals(tags::IMAGE_POSITION_PATIENT, &plane.position);
    let segment = empty().with_number(tags::REFERENCED_SEGMENT_NUMBER, number);
    empty()
        .with_items(tags::DERIVATION_IMAGE_SEQUENCE, vec![derivation])
        .with_items(tags::FRAME_CONTENT_SEQUENCE, vec![content])
        .with_items(tags::PLANE_POSITION_SEQUENCE, vec![place])
        .with_items(tags::SEGMENT_IDENTIFICATION_SEQUENCE, vec![segment])
}

/// The image pixel module.
pub(super) fn pixels(object: InMemDicomObject, frames: &Frames, [rows, columns]: [usize; 2]) -> InMemDicomObject {
    object
        .with_number(tags::SAMPLES_PER_PIXEL, 1)
        .with_text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2")
        .with_text(tags::NUMBER_OF_FRAMES, VR::IS, &frames.places.len().to_string())
        // Rows and columns were read from 16 bits each.
        .with_number(tags::ROWS, rows as u16)
        .with_number(tags::COLUMNS, columns as u16)
        .with_number(tags::BITS_ALLOCATED, 1)
        .with_number(tags::BITS_STORED, 1)
        .with_number(tags::HIGH_BIT, 0)
        .with_number(tags::PIXEL_REPRESENTATION, 0)
        .with_text(tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00")
        .with(tags::PIXEL_DATA, VR::OB, frames.bits.as_slice().into())
}

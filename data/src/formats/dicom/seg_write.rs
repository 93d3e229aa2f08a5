//! Segmentation objects (PS3.3 section A.51): writing.

use std::path::Path;

use dicom_core::value::PrimitiveValue;
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use rand::Rng;

use super::attributes::{Attributes as _, missing};
use super::dataset::Dataset;
use super::elements::{Elements as _, uid};
use super::parse::with_causes;
use super::seg::Code;
use super::series::{DicomSeries, Slice, at_fault};
use super::stack::Plane;
use crate::files::write_atomically;
use crate::formats::{FormatError, Limits};
use crate::{DataError, LabelMap};

/// Who drew a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SegmentAlgorithm {
    /// A person.
    Manual,
    /// A program with a person's help; its name.
    SemiAutomatic(String),
    /// A program, such as a network; its name.
    Automatic(String),
}

/// What a label of a map means, for [`save_dicom_seg`].
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentDescription {
    /// The label in the map, above 0.
    pub label: u32,
    /// A name for people, at most 64 characters.
    pub name: String,
    /// The kind of thing, from the standard's context group 7150, as `Code::new("123037004", "SCT", "Anatomical Structure")`.
    pub category: Code,
    /// The thing, as `Code::new("10200004", "SCT", "Liver")`.
    pub property: Code,
    /// Who drew it.
    pub algorithm: SegmentAlgorithm,
}

/// Writes labels as a binary segmentation object, explicit little endian, that refers to the images they were drawn on.
///
/// The labels have the size of the series as [`DicomSeries::load`] gives it: one slice a file, in its order. Segment numbers count
/// from 1 in the order of `segments`; slices without a segment are left out. Patient, study and frame of reference are copied from
/// the series' first file, as the standard demands of an object of the same study: **the file names the patient if the images do**.
/// Where anonymisation has removed the identifier of the study, the series or the frame of reference, a new one stands in for it.
/// New identifiers (UIDs under 2.25) are drawn from `identifiers`; the same seed gives the same file, dated as the study, so pass
/// a new seed for every file that leaves the machine.
///
/// # Errors
/// [`DataError::Argument`] for labels of another size, a label without a description or none at all, or a text that is too long;
/// [`DataError::File`] for a reference without the attributes that are copied; [`DataError::Unwritable`].
pub fn save_dicom_seg(
    labels: &LabelMap,
    reference: &DicomSeries,
    segments: &[SegmentDescription],
    identifiers: &mut impl Rng,
    path: impl AsRef<Path>,
) -> Result<(), DataError> {
    let path = path.as_ref();
    let [rows, columns] = reference.size();
    let slices = placed(reference)?;
    if labels.size() != [slices.len(), rows, columns] {
        return Err(DataError::Argument(format!(
            "the labels are {:?}, but the series has {} slices of {rows} x {columns}: resample the labels onto the series first",
            labels.size(),
            slices.len()
        )));
    }
    check_descriptions(labels, segments)?;
    let frames = Frames::of(labels, segments, rows * columns);
    if frames.places.is_empty() {
        return Err(DataError::Argument(
            "no voxel has a label, and an empty segmentation cannot be stored".into(),
        ));
    }
    let source = first_dataset(reference)?;
    let object = common(&source, reference, identifiers)?;
    let object = describe(object, segments);
    let object = place(object, &slices, &frames, identifiers);
    let object = pixels(object, &frames, [rows, columns]);
    let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let unwritable = |reason: String| DataError::Unwritable {
        path: path.to_owned(),
        reason,
    };
    let file = object
        .with_meta(meta)
        .map_err(|error| unwritable(with_causes(&error)))?;
    let mut bytes = Vec::new();
    file.write_all(&mut bytes)
        .map_err(|error| unwritable(with_causes(&error)))?;
    write_atomically(path, |out| out.write_all(&bytes)).map_err(|error| unwritable(error.to_string()))
}

/// The slices with their planes.
fn placed(reference: &DicomSeries) -> Result<Vec<(&Slice, Plane)>, DataError> {
    let single = reference.geometry().is_some();
    let planes: Option<Vec<_>> = reference
        .slices
        .iter()
        .map(|slice| Some((slice, slice.plane?)))
        .collect();
    planes.filter(|_| single).ok_or_else(|| {
        DataError::Argument(
            "a segmentation is written for a series of one slice a file, with a position in each; this one is a file of many frames"
                .into(),
        )
    })
}

fn check_descriptions(labels: &LabelMap, segments: &[SegmentDescription]) -> Result<(), DataError> {
    let problem = |text: String| Err(DataError::Argument(text));
    for (i, segment) in segments.iter().enumerate() {
        let is_known = |other: &SegmentDescription| other.label == segment.label;
        if segment.label == 0 || segments.iter().take(i).any(is_known) {
            return problem(format!(
                "label {} of segment \"{}\" is 0 or described twice",
                segment.label, segment.name
            ));
        }
        let short = [&segment.category, &segment.property].map(|code| [&code.value, &code.scheme]);
        let mut long = vec![&segment.name, &segment.category.meaning, &segment.property.meaning];
        if let SegmentAlgorithm::SemiAutomatic(name) | SegmentAlgorithm::Automatic(name) = &segment.algorithm {
            long.push(name);
        }
        let fits =
            |text: &str, most: usize| !text.trim().is_empty() && text.chars().count() <= most && !text.contains('\\');
        if !short.iter().flatten().all(|text| fits(text, 16)) || !long.iter().all(|text| fits(text, 64)) {
            return problem(format!(
                "segment \"{}\": code values and schemes have 1 to 16 characters, names and meanings 1 to 64, and none a backslash",
                segment.name
            ));
        }
    }
    if segments.len() > usize::from(u16::MAX) {
        return problem(format!(
            "{} segments, but a segmentation counts at most 65535",
            segments.len()
        ));
    }
    let is_described = |label: u32| label == 0 || segments.iter().any(|segment| segment.label == label);
    match labels.data().iter().find(|&&label| !is_described(label)) {
        Some(label) => problem(format!(
            "label {label} occurs, but no segment description has it: add one"
        )),
        None => Ok(()),
    }
}

/// Which segment a frame shows in which slice, and the bits of all frames.
struct Frames {
    /// Segment number and slice.
    places: Vec<(u16, usize)>,
    bits: Vec<u8>,
}

impl Frames {
    fn of(labels: &LabelMap, segments: &[SegmentDescription], area: usize) -> Self {
        let (mut places, mut bits, mut count) = (Vec::new(), Vec::new(), 0usize);
        for (number, segment) in (1u16..).zip(segments) {
            for (slice, values) in labels.data().chunks(area.max(1)).enumerate() {
                if !values.contains(&segment.label) {
                    continue;
                }
                places.push((number, slice));
                for &value in values {
                    if count % 8 == 0 {
                        bits.push(0u8);
                    }
                    if let Some(last) = bits.last_mut() {
                        *last |= u8::from(value == segment.label) << (count % 8);
                    }
                    count += 1;
                }
            }
        }
        if bits.len() % 2 == 1 {
            bits.push(0);
        }
        Self { places, bits }
    }
}

fn first_dataset(reference: &DicomSeries) -> Result<InMemDicomObject, DataError> {
    let path = reference.files().next().map(Path::to_owned).unwrap_or_default();
    let read = || {
        let bytes = std::fs::read(&path).map_err(|error| FormatError::System(error.to_string()))?;
        Dataset::parse(&bytes, Limits::default())
    };
    let dataset = read().map_err(|problem| at_fault(&path, problem))?;
    Ok(dataset.object)
}

/// Patient, study, series, equipment and the images referred to.
fn common(
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
    let instances = reference.slices.iter().map(|slice| instance(slice)).collect();
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
fn describe(object: InMemDicomObject, segments: &[SegmentDescription]) -> InMemDicomObject {
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
fn place(
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
fn pixels(object: InMemDicomObject, frames: &Frames, [rows, columns]: [usize; 2]) -> InMemDicomObject {
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

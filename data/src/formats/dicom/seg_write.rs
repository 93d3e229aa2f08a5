//! Segmentation objects (PS3.3 section A.51): writing.

use std::path::Path;

use dicom_dictionary_std::uids;
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use rand::Rng;

use super::dataset::Dataset;
use super::parse::with_causes;
use super::seg::Code;
use super::seg_modules::{common, describe, pixels, place};
use super::series::DicomSeries;
use super::slice::{Slice, at_fault};
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
pub(super) struct Frames {
    /// Segment number and slice.
    pub places: Vec<(u16, usize)>,
    pub bits: Vec<u8>,
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

//! Planes and scales of a data set's frames, from its attributes or its functional groups.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::attributes::{Attributes as _, named};
use super::stack::{Plane, dot};
use crate::formats::FormatError;

/// A value is `slope * stored + intercept`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rescale {
    pub slope: f64,
    pub intercept: f64,
}

impl Rescale {
    pub const NONE: Self = Self {
        slope: 1.0,
        intercept: 0.0,
    };
}

/// The item of a functional group for a frame: the frame's own, else the shared one (PS3.3 section C.7.6.16).
fn group(object: &InMemDicomObject, frame: usize, tag: Tag) -> Option<&InMemDicomObject> {
    let own = object.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).get(frame);
    let shared = object.items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).first();
    [own, shared]
        .into_iter()
        .flatten()
        .find_map(|groups| groups.items(tag).first())
}

/// Whether frames are described by functional groups.
pub(super) fn has_groups(object: &InMemDicomObject) -> bool {
    !object.items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).is_empty()
        || !object.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).is_empty()
}

/// Distance between rows, then between columns, in mm, where the data set states one.
pub(super) fn pixel_spacing(object: &InMemDicomObject) -> Result<Option<[f64; 2]>, FormatError> {
    let measures = group(object, 0, tags::PIXEL_MEASURES_SEQUENCE);
    let places = [
        measures.map(|item| (item, tags::PIXEL_SPACING)),
        Some((object, tags::PIXEL_SPACING)),
        Some((object, tags::IMAGER_PIXEL_SPACING)),
        Some((object, tags::NOMINAL_SCANNED_PIXEL_SPACING)),
    ];
    for (item, tag) in places.into_iter().flatten() {
        if let Some(spacing) = item.vector::<2>(tag)? {
            return match spacing.iter().all(|&step| step > 0.0) {
                true => Ok(Some(spacing)),
                false => Err(FormatError::Damaged(format!("{} is {spacing:?} mm", named(tag)))),
            };
        }
    }
    Ok(None)
}

/// The plane of each frame; none where a frame has no position or no orientation.
pub(super) fn planes(object: &InMemDicomObject, frames: usize) -> Result<Option<Vec<Plane>>, FormatError> {
    let spacing = pixel_spacing(object)?.unwrap_or([1.0; 2]);
    if has_groups(object) {
        return (0..frames).map(|frame| group_plane(object, frame, spacing)).collect();
    }
    let (Some(position), Some(directions)) = (
        object.vector::<3>(tags::IMAGE_POSITION_PATIENT)?,
        object.vector::<6>(tags::IMAGE_ORIENTATION_PATIENT)?,
    ) else {
        return Ok(None);
    };
    let first = plane(position, directions, spacing, thickness(object)?)?;
    if frames == 1 {
        return Ok(Some(vec![first]));
    }
    // A radiotherapy dose grid: one position, and the distance of each frame along the normal.
    let Some(offsets) = object.numbers(tags::GRID_FRAME_OFFSET_VECTOR)? else {
        return Ok(None);
    };
    if offsets.len() != frames {
        return Err(FormatError::Damaged(format!(
            "{} holds {} distances for {frames} frames",
            named(tags::GRID_FRAME_OFFSET_VECTOR),
            offsets.len()
        )));
    }
    let normal = first.normal();
    let moved = |offset: &f64| Plane {
        position: [0, 1, 2].map(|i| first.position[i] + offset * normal[i]),
        ..first
    };
    Ok(Some(offsets.iter().map(moved).collect()))
}

fn group_plane(object: &InMemDicomObject, frame: usize, spacing: [f64; 2]) -> Result<Option<Plane>, FormatError> {
    let position = match group(object, frame, tags::PLANE_POSITION_SEQUENCE) {
        Some(item) => item.vector::<3>(tags::IMAGE_POSITION_PATIENT)?,
        None => None,
    };
    let directions = match group(object, frame, tags::PLANE_ORIENTATION_SEQUENCE) {
        Some(item) => item.vector::<6>(tags::IMAGE_ORIENTATION_PATIENT)?,
        None => None,
    };
    let measures = group(object, frame, tags::PIXEL_MEASURES_SEQUENCE);
    let (Some(position), Some(directions)) = (position, directions) else {
        return Ok(None);
    };
    let own = match measures {
        Some(item) => item.vector::<2>(tags::PIXEL_SPACING)?,
        None => None,
    };
    let thickness = match measures {
        Some(item) => thickness(item)?,
        None => None,
    };
    plane(position, directions, own.unwrap_or(spacing), thickness).map(Some)
}

fn plane(
    position: [f64; 3],
    [a, b, c, d, e, f]: [f64; 6],
    spacing: [f64; 2],
    thickness: Option<f64>,
) -> Result<Plane, FormatError> {
    let (across, down) = ([a, b, c], [d, e, f]);
    let is_unit = |vector: [f64; 3]| (dot(vector, vector) - 1.0).abs() < 0.01;
    if !is_unit(across) || !is_unit(down) || dot(across, down).abs() > 0.01 {
        return Err(FormatError::Damaged(format!(
            "{} holds {across:?} and {down:?}, which are no two directions at right angles",
            named(tags::IMAGE_ORIENTATION_PATIENT)
        )));
    }
    Ok(Plane {
        position,
        across,
        down,
        spacing,
        thickness,
    })
}

/// What a file says of the distance between slices: their step, else their thickness.
fn thickness(object: &InMemDicomObject) -> Result<Option<f64>, FormatError> {
    for tag in [tags::SPACING_BETWEEN_SLICES, tags::SLICE_THICKNESS] {
        let distance = object
            .number(tag)?
            .map(f64::abs)
            .filter(|&distance| distance > 0.0 && distance.is_finite());
        if distance.is_some() {
            return Ok(distance);
        }
    }
    Ok(None)
}

/// The scale of each frame's values (modality LUT as slope and intercept).
pub(super) fn rescales(object: &InMemDicomObject, frames: usize) -> Result<Vec<Rescale>, FormatError> {
    (0..frames)
        .map(|frame| {
            let item = group(object, frame, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE).unwrap_or(object);
            let dose = object.number(tags::DOSE_GRID_SCALING)?;
            let slope = item.number(tags::RESCALE_SLOPE)?.or(dose).unwrap_or(1.0);
            let intercept = item.number(tags::RESCALE_INTERCEPT)?.unwrap_or(0.0);
            match slope.is_finite() && slope != 0.0 && intercept.is_finite() {
                true => Ok(Rescale { slope, intercept }),
                false => Err(FormatError::Damaged(format!(
                    "{} is {slope} and {} is {intercept}, which scale nothing",
                    named(tags::RESCALE_SLOPE),
                    named(tags::RESCALE_INTERCEPT)
                ))),
            }
        })
        .collect()
}

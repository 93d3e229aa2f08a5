//! One file.

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use super::attributes::Attributes as _;
use super::colour::palette;
use super::dataset::Dataset;
use super::layout::{Colour, Layout};
use super::place::{Rescale, has_groups, pixel_spacing, planes, rescales};
use super::stack::{Plane, arrange};
use super::{pixels, syntax};
use crate::formats::{Companion, Decoded, Format, FormatError, Limits, Samples};
use crate::{DataError, Geometry};

/// Decodes one DICOM file.
///
/// Frames that functional groups (or the offsets of a dose grid) place one behind the other become a volume, in the file's own order
/// where that is the order in space. Other frames, as of an ultrasound film, stay frames.
///
/// # Errors
/// Any [`FormatError`]; one for a missing attribute names its keyword and tag.
pub fn decode(bytes: &[u8], limits: Limits, _companion: Companion) -> Result<Decoded, FormatError> {
    let dataset = Dataset::parse(bytes, limits)?;
    decode_dataset(&dataset, limits)
}

/// See [`decode`].
pub(super) fn decode_dataset(dataset: &Dataset, limits: Limits) -> Result<Decoded, FormatError> {
    let object = &dataset.object;
    let layout = Layout::of(object, limits)?;
    let samples = pixels::decode(dataset, &layout, limits)?;
    let rescales = rescales(object, layout.frames)?;
    let mut notes = notes(dataset, &layout);
    let stack = match place(dataset, &layout) {
        Ok(stack) => stack,
        Err(Unplaced::Damaged(error)) => return Err(error),
        Err(Unplaced::Because(reason)) => {
            notes.push(("frames".into(), reason));
            None
        }
    };
    let mut decoded = match stack {
        Some(stack) => {
            let size = [stack.depth, layout.rows, layout.columns];
            let samples = stack.ordered(&samples, &layout);
            let mut decoded = Decoded::with_shape(
                Format::Dicom,
                samples,
                layout.frames / stack.depth.max(1),
                layout.channels,
                size,
            )?;
            decoded.geometry = stack.geometry;
            decoded.volumetric = stack.is_volume;
            scale(&mut decoded, &stack.frames_of(&rescales), limits)?;
            decoded
        }
        None => {
            let size = [1, layout.rows, layout.columns];
            let mut decoded = Decoded::with_shape(Format::Dicom, samples, layout.frames, layout.channels, size)?;
            if let Some([rows, columns]) = pixel_spacing(object)? {
                decoded.geometry = Geometry::of_spacing([1.0, rows, columns]).map_err(as_damage)?;
            }
            decoded.volumetric = false;
            scale(&mut decoded, &rescales, limits)?;
            decoded
        }
    };
    decoded.states_spacing = pixel_spacing(object)?.is_some();
    if layout.colour == Colour::Palette {
        decoded.palette = palette(object);
    }
    decoded.notes = notes;
    Ok(decoded)
}

fn as_damage(error: DataError) -> FormatError {
    FormatError::Damaged(error.to_string())
}

/// Frames as a grid: `depth` places, at each of which there may be several frames.
struct Placed {
    geometry: Geometry,
    depth: usize,
    /// The frames, ordered `[time, place]`.
    order: Vec<usize>,
    is_volume: bool,
}

enum Unplaced {
    Damaged(FormatError),
    Because(String),
}

impl Placed {
    /// The samples `[frame, channel, row, column]` as `[time, channel, place, row, column]`.
    fn ordered(&self, samples: &Samples, layout: &Layout) -> Samples {
        let is_stored_so = layout.channels == 1 && self.order.is_sorted();
        if is_stored_so || self.depth == 1 && self.order.is_sorted() {
            return samples.clone();
        }
        let (area, channels, depth) = (layout.area(), layout.channels, self.depth);
        samples.reordered(samples.len(), |i| {
            let (rest, pixel) = (i / area, i % area);
            let (rest, place) = (rest / depth, rest % depth);
            let (time, channel) = (rest / channels, rest % channels);
            let frame = self.order[time * depth + place];
            (frame * channels + channel) * area + pixel
        })
    }

    fn frames_of(&self, rescales: &[Rescale]) -> Vec<Rescale> {
        self.order
            .iter()
            .map(|&frame| rescales.get(frame).copied().unwrap_or(Rescale::NONE))
            .collect()
    }
}

fn place(dataset: &Dataset, layout: &Layout) -> Result<Option<Placed>, Unplaced> {
    let object = &dataset.object;
    let Some(planes) = planes(object, layout.frames).map_err(Unplaced::Damaged)? else {
        return Ok(None);
    };
    // Frames at one place: time points, echoes, or segments.
    let mut places: Vec<Vec<usize>> = Vec::new();
    let is_same = |a: &Plane, b: &Plane| a.position.iter().zip(b.position).all(|(a, b)| (a - b).abs() < 1e-4);
    for frame in 0..planes.len() {
        let known = places
            .iter_mut()
            .rev()
            .find(|place| is_same(&planes[place[0]], &planes[frame]));
        match known {
            Some(place) => place.push(frame),
            None => places.push(vec![frame]),
        }
    }
    let times = places.first().map_or(0, Vec::len);
    let is_segmentation = object.text(tags::SOP_CLASS_UID).as_deref() == Some(uids::SEGMENTATION_STORAGE);
    if is_segmentation && times > 1 || places.iter().any(|place| place.len() != times) {
        return Err(Unplaced::Because(match is_segmentation {
            true => "several segments share a place: read the file as a segmentation".into(),
            false => "the places of the frames do not form a grid".into(),
        }));
    }
    let firsts: Vec<Plane> = places.iter().map(|place| planes[place[0]]).collect();
    let stack = arrange(&firsts)
        .map_err(|why| Unplaced::Because(format!("the places of the frames do not form a grid ({why})")))?;
    let depth = places.len();
    let (mut order, mut geometry) = (stack.order, stack.geometry);
    if depth > 1 && order.is_sorted_by(|a, b| a > b) {
        // Stored from the far end: the file's order is kept, and depth grows the other way.
        order.reverse();
        let [axis, down, across] = geometry.axes();
        let axes = [axis.map(|part| -part), down, across];
        geometry = Geometry::new(geometry.spacing(), firsts[0].position, axes)
            .map_err(|error| Unplaced::Damaged(as_damage(error)))?;
    }
    Ok(Some(Placed {
        geometry,
        depth,
        order: (0..times)
            .flat_map(|time| order.iter().map(move |&place| (place, time)))
            .map(|(place, time)| places[place][time])
            .collect(),
        is_volume: depth > 1 || has_groups(object) && layout.frames > 1,
    }))
}

/// One slope and intercept for all frames; where they differ, the values themselves. `rescales` is ordered `[time, place]`.
fn scale(decoded: &mut Decoded, rescales: &[Rescale], limits: Limits) -> Result<(), FormatError> {
    let Some(&first) = rescales.first() else {
        return Ok(());
    };
    if rescales.iter().all(|&rescale| rescale == first) {
        (decoded.slope, decoded.intercept) = (first.slope, first.intercept);
        return Ok(());
    }
    limits.check(&[decoded.samples.len()], size_of::<f32>())?;
    let (area, depth) = (decoded.size[1] * decoded.size[2], decoded.size[0]);
    let mut values = Vec::with_capacity(decoded.samples.len());
    decoded.samples.each_as_f64(|stored| {
        let plane = values.len() / area.max(1);
        let (time, place) = (plane / depth / decoded.channels, plane % depth);
        let Rescale { slope, intercept } = rescales.get(time * depth + place).copied().unwrap_or(Rescale::NONE);
        values.push((slope * stored + intercept) as f32);
    });
    decoded.samples = Samples::F32(values);
    Ok(())
}

/// What a person would want to know; nothing that names the patient.
fn notes(dataset: &Dataset, layout: &Layout) -> Vec<(String, String)> {
    let object = &dataset.object;
    let mut notes = Vec::new();
    let mut note = |name: &str, text: String| notes.push((name.to_owned(), text));
    let named: [(&str, Tag); 4] = [
        ("modality", tags::MODALITY),
        ("series description", tags::SERIES_DESCRIPTION),
        ("body part", tags::BODY_PART_EXAMINED),
        ("rescale type", tags::RESCALE_TYPE),
    ];
    for (name, tag) in named {
        if let Some(text) = object.text(tag) {
            note(name, text);
        }
    }
    note("transfer syntax", syntax::name(&dataset.syntax));
    note("photometric interpretation", layout.photometric.clone());
    if layout.photometric == "MONOCHROME1" {
        note("grey scale", "0 is white; the numbers are as stored".into());
    }
    if let Colour::Ybr { .. } = layout.colour {
        note("colour", "turned from YBR into RGB".into());
    }
    if let Ok(Some(padding)) = object.number(tags::PIXEL_PADDING_VALUE) {
        note(
            "padding",
            format!("the stored number {padding} stands for no measurement"),
        );
    }
    if object.get(tags::MODALITY_LUT_SEQUENCE).is_some() {
        note("modality lookup table", "present, and not applied".into());
    }
    for oddity in &dataset.oddities {
        note("oddity", oddity.clone());
    }
    notes
}

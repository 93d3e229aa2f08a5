//! One file of a series.

use std::path::{Path, PathBuf};

use dicom_dictionary_std::tags;

use super::attributes::{Attributes as _, missing};
use super::dataset::Dataset;
use super::layout::Layout;
use super::place::{has_groups, planes};
use super::recognises;
use super::stack::{Plane, Unordered};
use crate::DataError;
use crate::formats::{FormatError, Limits};

/// One file of a series.
#[derive(Clone, Debug)]
pub(super) struct Slice {
    pub path: PathBuf,
    pub sop_class: String,
    pub sop_instance: String,
    pub plane: Option<Plane>,
    pub size: [usize; 2],
    pub frames: usize,
    pub is_enhanced: bool,
    pub series: String,
    pub modality: String,
    pub description: String,
}

impl Slice {
    /// What files of one volume share: series, size, orientation and, for files of many frames, the file.
    pub fn group(&self) -> (String, [usize; 2], [i64; 6], String) {
        let directions = self.plane.map_or([0; 6], |plane| {
            let mut rounded = [0; 6];
            for (place, part) in rounded.iter_mut().zip(plane.across.iter().chain(&plane.down)) {
                *place = (part * 100.0).round() as i64;
            }
            rounded
        });
        let alone = match self.frames > 1 || self.is_enhanced || self.plane.is_none() {
            true => self.sop_instance.clone() + &self.path.to_string_lossy(),
            false => String::new(),
        };
        (self.series.clone(), self.size, directions, alone)
    }

    pub fn required_plane(&self) -> Result<Plane, DataError> {
        let problem = match self.plane {
            Some(plane) if self.frames == 1 => return Ok(plane),
            Some(_) => FormatError::Damaged(format!("it has {} frames: load it alone", self.frames)),
            None => missing(tags::IMAGE_POSITION_PATIENT),
        };
        Err(at_fault(&self.path, problem))
    }
}

/// What a file is, or why it is no image.
pub(super) fn inspect(path: &Path, limits: Limits) -> Result<Slice, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    if !recognises(&bytes) {
        return Err("no DICOM file".into());
    }
    let dataset = Dataset::parse(&bytes, limits).map_err(|error| error.to_string())?;
    let object = &dataset.object;
    let text = |tag| object.text(tag).unwrap_or_default();
    let modality = text(tags::MODALITY);
    if object.get(tags::PIXEL_DATA).is_none() {
        return Err(format!("a DICOM object without pixels ({modality})"));
    }
    if modality == "SEG" {
        return Err("a segmentation: read it with DicomSeg".into());
    }
    let layout = Layout::of(object, limits).map_err(|error| error.to_string())?;
    let planes = planes(object, layout.frames).map_err(|error| error.to_string())?;
    Ok(Slice {
        path: path.to_owned(),
        sop_class: text(tags::SOP_CLASS_UID),
        sop_instance: text(tags::SOP_INSTANCE_UID),
        plane: planes.and_then(|planes| planes.first().copied()),
        size: [layout.rows, layout.columns],
        frames: layout.frames,
        is_enhanced: has_groups(object),
        series: text(tags::SERIES_INSTANCE_UID),
        modality,
        description: text(tags::SERIES_DESCRIPTION),
    })
}

/// The files of a folder and the folders in it. Links to folders are not followed: they may lead in a circle.
pub(super) fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), DataError> {
    let missing = |error: std::io::Error| DataError::MissingFolder {
        path: folder.to_owned(),
        hint: error.to_string(),
    };
    for entry in std::fs::read_dir(folder).map_err(missing)? {
        let entry = entry.map_err(missing)?;
        let path = entry.path();
        match entry.file_type().map_err(missing)?.is_dir() {
            true => list(&path, files)?,
            false if path.is_file() => files.push(path),
            false => {}
        }
    }
    Ok(())
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, DataError> {
    std::fs::read(path).map_err(|error| at_fault(path, FormatError::System(error.to_string())))
}

pub(super) fn at_fault(path: &Path, problem: FormatError) -> DataError {
    DataError::File {
        path: path.to_owned(),
        problem,
    }
}

/// The files in place of plane numbers.
pub(super) fn explained(why: Unordered, slices: &[Slice]) -> DataError {
    let path = |i: usize| slices.get(i).map(|slice| slice.path.clone()).unwrap_or_default();
    let (file, text) = match why {
        Unordered::Invalid(text) => (path(0), text),
        Unordered::Same(a, b) => (
            path(b),
            format!(
                "it lies at the same place as {}: remove a copy, or load time points and echoes one by one with DicomSeries::of_files",
                path(a).display()
            ),
        ),
        Unordered::Uneven {
            before,
            after,
            step,
            usual,
        } => {
            let lost = (step / usual).round() as i64 - 1;
            let guess = match lost {
                1.. => format!("{lost} slice(s) seem to be missing there; fetch the series again"),
                _ => "the slices are not evenly spaced; load evenly spaced parts with DicomSeries::of_files".into(),
            };
            (
                path(after),
                format!(
                    "it lies {step:.3} mm behind {}, but slices here are {usual:.3} mm apart: {guess}",
                    path(before).display()
                ),
            )
        }
        Unordered::Beside(i, distance) => (
            path(i),
            format!("its position lies {distance:.3} mm beside the line of the other slices"),
        ),
        Unordered::Mixed(a, b) => (
            path(b),
            format!(
                "its orientation or pixel spacing differs from that of {}: load them apart",
                path(a).display()
            ),
        ),
    };
    at_fault(&file, FormatError::Damaged(text))
}

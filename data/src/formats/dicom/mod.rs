//! DICOM: single files, series of slices, and segmentations (PS3.3, PS3.5 and PS3.10 of the standard).
//!
//! [`decode`] reads one file, of one frame or several, into a [`Decoded`](super::Decoded): the stored numbers as they are,
//! `RescaleSlope` and `RescaleIntercept` beside them. `MONOCHROME1`, where 0 is white, is stated in the notes and not turned round.
//! [`DicomSeries`] puts the slices of a folder in order and gives a [`Volume`](crate::Volume). [`DicomSeg`] reads a segmentation
//! object, and [`save_dicom_seg`] writes one. No note names the patient.
//!
//! Transfer syntaxes: implicit and explicit little endian, explicit big endian, deflated, RLE, JPEG (baseline, extended at 8 bits,
//! lossless), JPEG-LS (grey) and JPEG 2000. Taught in unit 09 (volumes).

mod attributes;
mod codec;
mod colour;
mod container;
mod dataset;
mod elements;
mod fragments;
mod layout;
mod parse;
mod phi;
mod pixels;
mod place;
mod read;
mod seg;
mod seg_grid;
mod seg_modules;
mod seg_write;
mod series;
mod slice;
mod stack;
mod syntax;

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::FormatError;

pub use phi::phi_attributes;
pub use read::decode;
pub use seg::{Code, DicomSeg, Segment, SegmentationKind};
pub use seg_write::{SegmentAlgorithm, SegmentDescription, save_dicom_seg};
pub use series::{DicomSeries, SkippedFile};

/// Whether the bytes are those of a DICOM file: `DICM` behind a preamble of 128 bytes, or a data set that begins without either.
pub fn recognises(bytes: &[u8]) -> bool {
    container::recognises(bytes)
}

/// The result of code that is not ours, and of which a panic on hostile bytes must not end the program. The last resort behind
/// the checks of [`parse`] and [`codec`].
fn contain<T>(what: &str, work: impl FnOnce() -> T) -> Result<T, FormatError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| FormatError::Damaged(format!("{what} gave up on its contents")))
}

#[cfg(test)]
mod fixture_tests;
#[cfg(test)]
mod made_up;
#[cfg(test)]
mod read_tests;
#[cfg(test)]
mod seg_tests;
#[cfg(test)]
mod series_tests;

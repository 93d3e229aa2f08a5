//! Masks in whatever form a data set has them, made into [`Mask`](crate::Mask)s and [`LabelMap`](crate::LabelMap)s: numbers, palettes
//! and colours ([`LabelEncoding`]), several files an image ([`union`], [`merge_instances`]), polygons and run lengths
//! ([`Coco`], [`Outlines`], [`Polygon`]), nodules as centre and diameter ([`nodules`]), and pairs of walls ([`walls`]).

mod coco;
#[cfg(test)]
mod coco_tests;
mod combine;
mod drawn;
mod encoding;
pub mod nodules;
mod outlines;
mod polygon;
mod rle;
pub mod walls;

use std::path::Path;

use thiserror::Error;

use crate::DataError;
use crate::formats::{self, FormatError};

pub use coco::{Coco, CocoAnnotation, CocoCategory, CocoImage};
pub use combine::{Instances, merge_instances, union};
pub(crate) use drawn::{Drawn, drawn, turned_palette};
pub use encoding::{LabelEncoding, Stray};
pub use outlines::{Outline, Outlines};
pub use polygon::{FillRule, Polygon};
pub use rle::RunLengths;

/// Why a mask or an annotation cannot be used.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum MaskError {
    /// The file's text does not follow its format.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// Pixels that no rule speaks of.
    #[error(
        "{pixels} pixel(s) are of no listed class: {shown}. List these too, raise the tolerance (with_tolerance) for soft edges, or \
         count them as background (with_stray_as_background)",
        shown = shown(strays)
    )]
    Strays {
        /// How many pixels.
        pixels: usize,
        /// What they are, most frequent first; beyond a thousand kinds, the last one stands for all others.
        strays: Vec<Stray>,
    },
    /// A mask in colour was read as numbers.
    #[error("it is coloured ({0}): say which colour is which class, with LabelEncoding::colours")]
    Coloured(String),
    /// Masks of one image, or an annotation and its image, differ in size.
    #[error(
        "it is {found:?} pixels (height x width) where {expected:?} are expected: masks of one image are of one size"
    )]
    Size {
        /// The size that it has.
        found: Vec<usize>,
        /// The size that it should have.
        expected: Vec<usize>,
    },
    /// What was asked for is not in the file.
    #[error("{0}")]
    Missing(String),
    /// The decoded picture cannot be a mask.
    #[error("{0}")]
    Format(#[from] FormatError),
}

fn shown(strays: &[Stray]) -> String {
    let mut parts: Vec<String> = strays.iter().take(6).map(Stray::to_string).collect();
    if strays.len() > 6 {
        parts.push(format!("and {} more", strays.len() - 6));
    }
    parts.join(", ")
}

/// Names of a file, as a message can hold them.
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let mut parts: Vec<String> = names.by_ref().take(20).map(formats::shown).collect();
    if names.next().is_some() {
        parts.push("...".to_owned());
    }
    parts.join(", ")
}

/// An error with the file's name.
pub(crate) fn in_file(path: &Path, problem: MaskError) -> DataError {
    DataError::Annotation {
        path: path.to_owned(),
        problem,
    }
}

/// The bytes of an annotation file.
fn bytes_of(path: &Path) -> Result<Vec<u8>, DataError> {
    std::fs::read(path).map_err(|error| DataError::File {
        path: path.to_owned(),
        problem: FormatError::System(error.to_string()),
    })
}

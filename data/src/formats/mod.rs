//! Files of every format that the lab's data sets come in, read into one type.
//!
//! Each reader works on bytes alone, allocates no more than [`Limits`] allows, and answers any input with a [`Decoded`] or a
//! [`FormatError`]. The format is told from the contents, not from the file's name.

mod bmp;
mod decoded;
#[cfg(feature = "dicom")]
pub mod dicom;
mod error;
mod gif;
mod imagej;
mod jpeg;
mod metaimage;
mod nifti;
mod npy;
mod npz;
mod nrrd;
mod numbers;
mod open;
mod picture;
#[cfg(test)]
mod pictures_tests;
mod png;
mod pnm;
mod samples;
mod text;
mod tiff;
mod tiff_pages;

use std::fmt;

pub use decoded::Decoded;
pub use error::{FormatError, Limits};
pub use nifti::{save_nifti, save_nifti_labels};
pub use npz::{decode_npz, npz_names, read_npz};
pub use open::{Companion, decode, read, read_with};
pub use samples::{Endian, SampleType, Samples};
pub(crate) use text::shown;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
#[non_exhaustive]
pub enum Format {
    Png,
    Jpeg,
    Gif,
    Bmp,
    Pnm,
    Tiff,
    Nifti1,
    Nifti2,
    Analyze,
    Dicom,
    MetaImage,
    Nrrd,
    Npy,
    Npz,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
            Self::Pnm => "PNM",
            Self::Tiff => "TIFF",
            Self::Nifti1 => "NIfTI-1",
            Self::Nifti2 => "NIfTI-2",
            Self::Analyze => "Analyze 7.5",
            Self::Dicom => "DICOM",
            Self::MetaImage => "MetaImage",
            Self::Nrrd => "NRRD",
            Self::Npy => "NumPy array",
            Self::Npz => "NumPy archive",
        })
    }
}

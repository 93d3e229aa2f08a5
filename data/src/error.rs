//! What can go wrong between a file and a data set.

use super::formats::FormatError;
use super::loader::LoadError;
use super::masks::MaskError;
use super::transform::TransformError;
use std::path::PathBuf;
use thiserror::Error;

/// A problem with image data, by who can mend it: the files on disk, or the caller's numbers.
///
/// Every message names the file or the sizes, says what was expected and found, and what to do.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum DataError {
    /// The folder itself, or its images or masks folder, does not exist.
    #[error("no folder {path}: {hint}")]
    MissingFolder {
        /// The folder that was looked for.
        path: PathBuf,
        /// What to do about it.
        hint: String,
    },
    /// The folder exists and holds nothing that can be read.
    #[error("{path} holds no image: expected files ending in {expected}, found {found}. Check the path")]
    EmptyFolder {
        /// The folder that was looked in.
        path: PathBuf,
        /// The endings that are read.
        expected: String,
        /// What was found instead.
        found: String,
    },
    /// An image has no mask, or more than one that could be its mask.
    #[error("{image} has {problem}: {hint}")]
    Unpaired {
        /// The image.
        image: PathBuf,
        /// "no mask" or "2 masks", with the names.
        problem: String,
        /// What to do about it.
        hint: String,
    },
    /// A mask is not of its image's size.
    #[error(
        "{mask} is {} x {} pixels but its image {image} is {} x {} (width x height): a mask must have its image's size. \
         Export it again at that size, or remove the pair",
        mask_size[0], mask_size[1], image_size[0], image_size[1]
    )]
    SizesDiffer {
        /// The image file.
        image: PathBuf,
        /// Its `[width, height]`.
        image_size: [usize; 2],
        /// The mask file.
        mask: PathBuf,
        /// Its `[width, height]`.
        mask_size: [usize; 2],
    },
    /// A volume and its labels are not on the same grid.
    #[error(
        "{labels} and its image {image} differ: {difference}. Labels must lie on their image's grid: resample them, or remove the case"
    )]
    GridsDiffer {
        /// The image file.
        image: PathBuf,
        /// The label file.
        labels: PathBuf,
        /// Sizes or positions of both.
        difference: String,
    },
    /// The file is damaged, is not what its name says, or holds pixels that are not supported.
    #[error("cannot read {path}: {reason}. Open it in an image viewer; if it opens there, save it again as PNG")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The decoder's reason.
        reason: String,
    },
    /// The file's contents cannot be used.
    #[error("cannot read {path}: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: FormatError,
    },
    /// A mask or a file of annotations does not hold what it should.
    #[error("cannot use {path}: {problem}")]
    Annotation {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: MaskError,
    },
    /// A mask in colour, or with several labels, was read without a rule saying which of them is the foreground.
    #[error("{path} is a label image of several classes ({found}): say which one is the foreground, as in {example}")]
    SeveralLabels {
        /// The mask file.
        path: PathBuf,
        /// The labels or colours, most frequent first.
        found: String,
        /// A line to write.
        example: String,
    },
    /// The chosen foreground occurs in no mask of the folder.
    #[error("no mask in {path} holds {wanted}: the first one, {mask}, holds {found}. Choose one of those")]
    NoForeground {
        /// The masks folder.
        path: PathBuf,
        /// The rule that was given.
        wanted: String,
        /// The first mask.
        mask: String,
        /// The labels or colours in it.
        found: String,
    },
    /// A file could not be written.
    #[error("cannot write {path}: {reason}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The reason given by the system.
        reason: String,
    },
    /// A buffer does not hold as many values as its stated size needs.
    #[error("{what} of {size} needs {expected} values, found {found}")]
    Length {
        /// "an image" or "a mask".
        what: &'static str,
        /// The stated size.
        size: String,
        /// The number of values that it needs.
        expected: usize,
        /// The number of values given.
        found: usize,
    },
    /// Images that go into one tensor differ in size or channels.
    #[error(
        "{first} is {first_shape} but {other} is {other_shape} (channels x height x width): images of one batch must agree. \
         Use Dataset::resized, Dataset::tiles or Dataset::with_channels first"
    )]
    MixedShapes {
        /// Name of the first pair.
        first: String,
        /// Its shape.
        first_shape: String,
        /// Name of the pair that differs.
        other: String,
        /// Its shape.
        other_shape: String,
    },
    /// An image could not be transformed.
    #[error("{0}")]
    Transform(#[from] TransformError),
    /// A case could not be loaded.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// An argument is outside its range, or asks for what the data cannot give.
    #[error("{0}")]
    Argument(String),
}

//! What stops a training run.

use std::path::PathBuf;

use thiserror::Error;

/// Why a run cannot start or cannot go on.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The loss became infinite or no number at all.
    #[error(
        "the loss is {loss} in epoch {epoch}, batch {batch} ({images}): no step was made from it. Lower the learning \
         rate, clip the gradients (TrainConfig::with_clip), or look at these images{kept}"
    )]
    Diverged {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The batch in the epoch, counted from 1.
        batch: usize,
        /// The names of the batch's images.
        images: String,
        /// The loss found.
        loss: f32,
        /// Where the last good checkpoint lies, as the end of the sentence; empty without one.
        kept: String,
    },
    /// An image or a weight holds a value that is infinite or no number at all.
    #[error(
        "{name} holds {found} at {place}: every value must be a finite number. Replace it (0 for missing voxels is \
         usual) or leave the image out"
    )]
    NotFinite {
        /// The image.
        name: String,
        /// The value found.
        found: f32,
        /// Channel and position.
        place: String,
    },
    /// A label is no class of the network.
    #[error(
        "{name} holds label {label} at {place}, but there are {classes} classes, 0 to {}: raise the number of \
         classes or change the label (255 often marks pixels to ignore)", .classes - 1
    )]
    Label {
        /// The image.
        name: String,
        /// The label found.
        label: u32,
        /// Its position.
        place: String,
        /// Number of classes, background included.
        classes: usize,
    },
    /// A target has other classes than the network.
    #[error(
        "{name} has a target of {found} class(es), but the network gives {expected} map(s): make the network with \
         {found} classes, or the samples with {expected}"
    )]
    Classes {
        /// The image.
        name: String,
        /// The network's maps.
        expected: usize,
        /// The target's.
        found: usize,
    },
    /// A side does not pass through the network.
    #[error("{name} is {size:?}, and the network takes no side of {side}: {remedy}")]
    Size {
        /// The image.
        name: String,
        /// `[height, width]` or `[depth, height, width]`.
        size: Vec<usize>,
        /// The first side that does not pass.
        side: usize,
        /// The nearest sides that pass.
        remedy: String,
    },
    /// Samples of one batch differ in size.
    #[error(
        "{first} is {first_size:?} but {other} is {other_size:?}: samples of one batch must agree. Cut patches of one \
         size, resize them, or take batches of 1"
    )]
    Sizes {
        /// The first sample.
        first: String,
        /// Its size.
        first_size: Vec<usize>,
        /// The one that differs.
        other: String,
        /// Its size.
        other_size: Vec<usize>,
    },
    /// There is nothing to train on.
    #[error("there is no sample to train on: give at least one")]
    Empty,
    /// The run would need more memory than there is.
    #[error(
        "training needs about {} of memory, but only {} are free: take smaller batches (and accumulate them), smaller \
         patches, a narrower network, or gradient checkpointing", gibibytes(*.needed), gibibytes(*.available)
    )]
    Memory {
        /// Bytes estimated.
        needed: u64,
        /// Bytes free.
        available: u64,
    },
    /// A checkpoint cannot be used.
    #[error("{path}: expected {expected}, found {found}. {remedy}")]
    Checkpoint {
        /// The file or folder.
        path: PathBuf,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
        /// What to do.
        remedy: String,
    },
    /// A thread that computed on one of several devices ended early.
    #[error("device {device} of {devices} stopped in the middle of a batch: {reason}")]
    Device {
        /// Its place in the list, counted from 1.
        device: usize,
        /// Number of devices.
        devices: usize,
        /// What it said.
        reason: String,
    },
}

fn gibibytes(bytes: u64) -> String {
    format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30))
}

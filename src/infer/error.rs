//! What can go wrong between a trained network and an image.

use thiserror::Error;

use crate::error::sides;

/// Why a prediction could not be made.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum InferError {
    /// The image or volume has no pixels.
    #[error("the image is {} ({}): it has no pixels, so there is nothing to predict", sides(size), axes(size.len()))]
    Empty {
        /// Its size along each axis.
        size: Vec<usize>,
    },
    /// Pixels are NaN or infinite.
    #[error(
        "{count} value(s) of the image are no finite numbers, the first is {value} in channel {channel} at {}; one of \
         them spoils all around it. Replace them, for instance by the darkest value, and look where they come from",
        place(at)
    )]
    NotFinite {
        /// How many.
        count: usize,
        /// The first of them: NaN or infinite, as text.
        value: String,
        /// The channel of the first.
        channel: usize,
        /// Its place, `[row, column]` or `[slice, row, column]`.
        at: Vec<usize>,
    },
    /// The tile has another number of axes than the image.
    #[error(
        "the tile {tile:?} has {} axes, but the image has {axes}: pass with_tile([{}])",
        tile.len(), if *axes == 2 { "height, width" } else { "depth, height, width" }
    )]
    TileAxes {
        /// The tile.
        tile: Vec<usize>,
        /// The image's axes.
        axes: usize,
    },
    /// The network does not take a side of the tile.
    #[error("the tile's {axis} is {side}, which the network does not take; {}", nearest(*below, *above))]
    Tile {
        /// `height`, `width` or `depth`.
        axis: &'static str,
        /// The side that was set.
        side: usize,
        /// The next shorter side that works.
        below: Option<usize>,
        /// The next longer side that works.
        above: Option<usize>,
    },
    /// Not even a batch of one tile fits into the memory limit.
    #[error(
        "the memory limit is {limit} bytes, but one tile of {} needs {needed}: {one_tile} for the tile on its way \
         through the network and {sums} for the sums of the tiles in progress. Raise with_memory_limit or set a smaller \
         with_tile",
        sides(tile)
    )]
    Memory {
        /// The limit.
        limit: usize,
        /// What one tile needs.
        needed: usize,
        /// The part of it for the tile, its logits and the network's own maps.
        one_tile: usize,
        /// The part of it for the sums and weights of rows that are not complete.
        sums: usize,
        /// The tile.
        tile: Vec<usize>,
    },
    /// An ensemble without members.
    #[error("an ensemble of no networks: pass at least one")]
    NoModels,
    /// Two members of an ensemble give different classes.
    #[error(
        "network {member} of the ensemble gives {found} class(es), the first gives {expected}: only networks of the \
         same classes can be averaged"
    )]
    Members {
        /// The member, counted from 0.
        member: usize,
        /// Its classes.
        found: usize,
        /// The classes of the first.
        expected: usize,
    },
    /// The number of thresholds is not that of the foreground classes.
    #[error(
        "{found} threshold(s) for {expected} foreground class(es): pass one a class, without one for the background"
    )]
    Thresholds {
        /// Thresholds passed.
        found: usize,
        /// Foreground classes.
        expected: usize,
    },
    /// A true label that the network has no class for.
    #[error("{name} holds the label {label}, but the network tells only the labels 0 to {highest} apart")]
    Label {
        /// The image's name.
        name: String,
        /// The label.
        label: u32,
        /// The highest label that the network gives.
        highest: u32,
    },
    /// Something for images was asked of a volume, or a class that there is not.
    #[error("{0}")]
    Argument(String),
    /// The student pressed "interrupt".
    #[error("interrupted after {done} of {total} tiles; there is no prediction")]
    Interrupted {
        /// Tiles done.
        done: usize,
        /// Tiles to do.
        total: usize,
    },
}

fn axes(count: usize) -> &'static str {
    match count {
        2 => "height x width",
        _ => "depth x height x width",
    }
}

fn place(at: &[usize]) -> String {
    match at {
        [y, x] => format!("row {y}, column {x}"),
        [z, y, x] => format!("slice {z}, row {y}, column {x}"),
        _ => format!("{at:?}"),
    }
}

fn nearest(below: Option<usize>, above: Option<usize>) -> String {
    match (below, above) {
        (Some(below), Some(above)) => format!("the nearest that work are {below} and {above}"),
        (Some(only), None) | (None, Some(only)) => format!("the nearest that works is {only}"),
        (None, None) => "no side near it works either".to_owned(),
    }
}

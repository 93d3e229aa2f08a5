//! Whether a network and an image fit together, before anything is computed.

use super::error::InferError;
use super::raster::of_axes;
use super::scan::Scan;
use crate::error::{Result, ShapeError};
use crate::nn::Segmenter;

/// The image has pixels, all of them numbers, and as many channels as the network takes.
pub(super) fn check_scan<const D: usize, M: Segmenter<D>, S: Scan<D>>(model: &M, scan: &S) -> Result<()> {
    if scan.channels() != model.in_channels() {
        return Err(ShapeError::Channels {
            expected: model.in_channels(),
            found: scan.channels(),
        }
        .into());
    }
    let sides = scan.sides();
    if sides.contains(&0) {
        return Err(InferError::Empty { size: sides }.into());
    }
    let bad = |value: &&f32| !value.is_finite();
    match scan.values().iter().position(|value| bad(&value)) {
        None => Ok(()),
        Some(first) => Err(InferError::NotFinite {
            count: scan.values().iter().filter(bad).count(),
            value: scan.values()[first].to_string(),
            channel: first / sides.iter().product::<usize>(),
            at: place(first % sides.iter().product::<usize>(), &sides),
        }
        .into()),
    }
}

fn place(mut index: usize, sides: &[usize]) -> Vec<usize> {
    let mut at = Vec::with_capacity(sides.len());
    for side in sides.iter().rev() {
        at.push(index % side);
        index /= side;
    }
    at.reverse();
    at
}

/// The sides of a tile: those that were set, if the network takes them, or such that one tile covers the image.
pub(super) fn tile_sides<const D: usize, M: Segmenter<D>>(
    model: &M,
    set: Option<&[usize]>,
    sides: &[usize],
) -> Result<Vec<usize>, InferError> {
    let Some(tile) = set else {
        return Ok(sides.iter().map(|&side| model.side_for(side)).collect());
    };
    if tile.len() != sides.len() {
        return Err(InferError::TileAxes {
            tile: tile.to_vec(),
            axes: sides.len(),
        });
    }
    let works = |&side: &usize| side > 2 * model.margin() && model.accepts(side);
    let names = if sides.len() == 2 {
        &["height", "width"][..]
    } else {
        &["depth", "height", "width"][..]
    };
    for (&side, axis) in tile.iter().zip(names) {
        if !works(&side) {
            return Err(InferError::Tile {
                axis,
                side,
                below: (1..side).rev().take(FAR).find(works),
                above: (side + 1..side.saturating_add(FAR)).find(works),
            });
        }
    }
    Ok(tile.to_vec())
}

/// How far the nearest side is searched.
const FAR: usize = 1 << 14;

/// What one prediction holds at once, in bytes.
pub(super) struct Needs {
    /// For each tile of a batch: its values, its logits, and the network's own maps.
    pub tile: usize,
    /// For the sums and weights of rows in progress.
    pub sums: usize,
}

impl Needs {
    /// How many tiles may go through the network at once.
    pub fn batch(&self, limit: Option<usize>, input: [usize; 3], axes: usize) -> Result<usize, InferError> {
        let Some(limit) = limit else {
            return Ok((PIXELS / input.iter().product::<usize>()).max(1));
        };
        match limit.saturating_sub(self.sums) / self.tile.max(1) {
            0 => Err(InferError::Memory {
                limit,
                needed: self.sums + self.tile,
                one_tile: self.tile,
                sums: self.sums,
                tile: of_axes(input, axes),
            }),
            count => Ok(count),
        }
    }
}

/// Pixels that go through the network at once where no memory limit is set, unless one image alone has more.
pub(super) const PIXELS: usize = 1 << 18;

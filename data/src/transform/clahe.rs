//! [`Clahe`]: local contrast.

use super::error::{require, require_chance};
use super::kernel::for_lines;
use super::rescale::limits;
use super::window::each_value;
use super::{Border, ChaCha8Rng, Extent, Subject, Transform, TransformError};

/// Grey levels that are told apart before they are counted in bins.
const LEVELS: usize = 1 << 14;

/// Contrast-limited adaptive histogram equalisation (Pizer 1987; Zuiderveld, Graphics Gems IV, 1994): each tile of the image gets the
/// grey scale that equalises its histogram, cut off where it would rise too steeply and raise noise; between tile centres the scales
/// are interpolated. Used on retina and X-ray images.
///
/// The result is that of scikit-image's `equalize_adapthist`, in 2-D and 3-D, 0..1; values outside 0..1 are first stretched into it. Of
/// a colour image (three channels, 2-D) brightness alone changes, the highest of the three values (V of HSV); other channels are
/// equalised one by one. An image of one value stays as it is.
#[derive(Clone, Debug)]
pub struct Clahe {
    tile: Option<Extent>,
    clip: f64,
    bins: usize,
}

impl Clahe {
    /// Tiles of this size in voxels, `[height, width]` (a volume's tiles are then a slice deep) or `[depth, height, width]`, in place
    /// of an eighth of each axis.
    pub fn with_tile(mut self, tile: impl Into<Extent>) -> Self {
        self.tile = Some(tile.into());
        self
    }

    /// The share of a tile's voxels that a bin may hold, 0 to 1, higher for more contrast; 0 for no limit. 0.01 at first.
    pub fn with_clip(mut self, share: f64) -> Self {
        self.clip = share;
        self
    }

    /// Bins of each histogram; 256 at first.
    pub fn with_bins(mut self, bins: usize) -> Self {
        self.bins = bins;
        self
    }
}

impl Default for Clahe {
    fn default() -> Self {
        Self {
            tile: None,
            clip: 0.01,
            bins: 256,
        }
    }
}

impl Transform for Clahe {
    fn check(&self) -> Result<(), TransformError> {
        require_chance("Clahe", "clip", self.clip)?;
        require(
            (2..=LEVELS).contains(&self.bins),
            "Clahe",
            "bins",
            self.bins,
            "from 2 to 16384",
        )?;
        let holds = self.tile.is_none_or(|tile| !tile.size().contains(&0));
        require(holds, "Clahe", "tile", self.tile, "1 or more voxels along each axis")
    }

    fn change(&self, mut subject: Subject, _rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        subject.check_finite("Clahe")?;
        let size = subject.size();
        let tile = match self.tile {
            Some(tile) if !tile.is_planar() && !subject.is_planar() => tile.size(),
            Some(tile) => [1, tile.size()[1], tile.size()[2]],
            None => size.map(|side| (side / 8).max(1)),
        };
        let is_colour = subject.is_planar() && subject.channels() == 3;
        let voxels = subject.voxels();
        let image = subject.image_mut();
        if !is_colour {
            image
                .chunks_mut(voxels)
                .for_each(|channel| self.equalise(channel, size, tile));
            return Ok(subject);
        }
        let bright: Vec<f32> = (0..voxels)
            .map(|i| image[i].max(image[voxels + i]).max(image[2 * voxels + i]))
            .collect();
        let mut new = bright.clone();
        self.equalise(&mut new, size, tile);
        for channel in image.chunks_mut(voxels) {
            for ((value, old), new) in channel.iter_mut().zip(&bright).zip(&new) {
                *value = if *old > 0.0 { *value / old * new } else { *new };
            }
        }
        Ok(subject)
    }
}

impl Clahe {
    fn equalise(&self, values: &mut [f32], size: [usize; 3], tile: [usize; 3]) {
        let Some(bins) = self.binned(values) else { return };
        let grid = [0, 1, 2].map(|axis| size[axis].div_ceil(tile[axis]));
        let scales = self.scales(&bins, size, tile, grid);
        let axes = [0, 1, 2].map(|axis| Blend::along(size[axis], tile[axis], grid[axis]));
        let scale =
            |z: usize, y: usize, x: usize| &scales[((z * grid[1] + y) * grid[2] + x) * self.bins..][..self.bins];
        let corners = if size[0] == 1 { 1 } else { 2 };
        for_lines(values, size[2], |row, line| {
            let (z, y) = (row / size[1], row % size[1]);
            let bins = &bins[row * size[2]..(row + 1) * size[2]];
            line.fill(0.0);
            for (dz, dy) in [(0, 0), (0, 1), (1, 0), (1, 1)]
                .into_iter()
                .filter(|&(dz, _)| dz < corners)
            {
                let (tile_z, share_z) = if corners == 1 { (0, 1.0) } else { axes[0].side(z, dz) };
                let (tile_y, share_y) = axes[1].side(y, dy);
                let share = share_z * share_y;
                if share == 0.0 {
                    continue;
                }
                // Along the row the tiles change at the blend's starts only.
                for run in &axes[2].runs {
                    let (left, right) = (scale(tile_z, tile_y, run.tiles[0]), scale(tile_z, tile_y, run.tiles[1]));
                    let range = run.start..run.end;
                    let shares = &axes[2].upper[range.clone()];
                    for ((to, &bin), &upper) in line[range.clone()].iter_mut().zip(&bins[range]).zip(shares) {
                        let (left, right) = (left[usize::from(bin)], right[usize::from(bin)]);
                        *to += (f64::from(left) * ((1.0 - upper) * share)) as f32;
                        *to += (f64::from(right) * (upper * share)) as f32;
                    }
                }
            }
            line.iter_mut().for_each(|value| *value = *value as u16 as f32);
        });
        let (low, high) = limits(values);
        let range = if high > low { high - low } else { 1.0 };
        each_value(values, |value| (value - low) / range);
    }

    /// The bin of each value; none where all are equal.
    fn binned(&self, values: &[f32]) -> Option<Vec<u16>> {
        let (low, high) = limits(values);
        let (offset, scale) = match low >= 0.0 && high <= 1.0 {
            true => (0.0, 65_535.0),
            false => (low, 65_535.0 / (high - low)),
        };
        let depth = |value: f32| round((value - offset) * scale);
        let (low, high) = (depth(low), depth(high));
        if low >= high {
            return None;
        }
        let (stretch, width) = ((LEVELS - 1) as f64 / f64::from(high - low), 1 + LEVELS / self.bins);
        let bins: Vec<u16> = (0..LEVELS).map(|level| (level / width) as u16).collect();
        let mut out = vec![0; values.len()];
        for_lines(&mut out, 4096, |i, part| {
            for (to, &value) in part.iter_mut().zip(&values[i * 4096..]) {
                // Halves are rounded to the even neighbour, as NumPy rounds.
                let level = round_f64(f64::from(depth(value) - low) * stretch);
                *to = bins[(level as usize).min(LEVELS - 1)];
            }
        });
        Some(out)
    }

    /// For each tile the new level of each bin.
    fn scales(&self, bins: &[u16], size: [usize; 3], tile: [usize; 3], grid: [usize; 3]) -> Vec<f32> {
        let count: usize = tile.iter().product();
        let limit = match self.clip > 0.0 {
            true => ((self.clip * count as f64) as i64).max(1),
            false => count as i64,
        };
        let mut scales = vec![0.0; grid.iter().product::<usize>() * self.bins];
        let inside = |axis: usize, i: usize| Border::Mirror.index(i as i64, size[axis]).unwrap_or(0);
        for_lines(&mut scales, self.bins, |number, scale| {
            let at = super::place(number, grid);
            let mut histogram = vec![0i64; self.bins];
            for z in (at[0] * tile[0]..).take(tile[0]).map(|z| inside(0, z)) {
                for y in (at[1] * tile[1]..).take(tile[1]).map(|y| inside(1, y)) {
                    let row = &bins[(z * size[1] + y) * size[2]..][..size[2]];
                    let columns = at[2] * tile[2]..(at[2] + 1) * tile[2];
                    match row.get(columns.clone()) {
                        Some(row) => row.iter().for_each(|&bin| histogram[usize::from(bin)] += 1),
                        None => columns.for_each(|x| histogram[usize::from(row[inside(2, x)])] += 1),
                    }
                }
            }
            clip(&mut histogram, limit);
            let (mut sum, factor) = (0, (LEVELS - 1) as f64 / count as f64);
            for (level, held) in scale.iter_mut().zip(&histogram) {
                sum += held;
                *level = (sum as f64 * factor).min((LEVELS - 1) as f64) as u32 as f32;
            }
        });
        scales
    }
}

/// Which two tiles a voxel lies between, and how much the later counts.
struct Blend {
    lower: Vec<[usize; 2]>,
    upper: Vec<f64>,
    runs: Vec<Run>,
}

/// A stretch of voxels between the same two tiles.
struct Run {
    start: usize,
    end: usize,
    tiles: [usize; 2],
}

impl Blend {
    fn along(size: usize, tile: usize, grid: usize) -> Self {
        let mut blend = Self {
            lower: Vec::with_capacity(size),
            upper: Vec::with_capacity(size),
            runs: Vec::new(),
        };
        for i in 0..size {
            // Half a tile on, because a tile's scale holds at its centre.
            let at = i + tile / 2;
            let (block, part) = (at / tile, at % tile);
            let tiles = [block.saturating_sub(1).min(grid - 1), block.min(grid - 1)];
            blend.upper.push(part as f64 / tile as f64);
            match blend.runs.last_mut() {
                Some(run) if run.tiles == tiles => run.end = i + 1,
                _ => blend.runs.push(Run {
                    start: i,
                    end: i + 1,
                    tiles,
                }),
            }
            blend.lower.push(tiles);
        }
        blend
    }

    /// The earlier (0) or later (1) tile of voxel `i`, and its share.
    fn side(&self, i: usize, side: usize) -> (usize, f64) {
        let upper = self.upper[i];
        (self.lower[i][side], if side == 0 { 1.0 - upper } else { upper })
    }
}

/// Bins hold at most `limit`; what is above is spread evenly over all bins that have room, as far as it goes.
fn clip(histogram: &mut [i64], limit: i64) {
    let bins = histogram.len() as i64;
    let mut excess: i64 = histogram.iter().map(|&held| (held - limit).max(0)).sum();
    histogram.iter_mut().for_each(|held| *held = (*held).min(limit));
    let each = excess / bins;
    for held in histogram.iter_mut() {
        // Each gets an equal share; one that is then within a share of the limit is filled up to it.
        let new = if *held < limit - each { *held + each } else { limit };
        let new = if new >= limit - each { limit } else { new };
        excess -= new - *held;
        *held = new;
    }
    // What a whole share for every bin left over goes to every so-many-th bin, from a later bin each time.
    while excess > 0 {
        let before = excess;
        for first in 0..histogram.len() {
            let room = histogram.iter().filter(|&&held| held < limit).count() as i64;
            let step = (room / excess).max(1) as usize;
            for held in histogram[first..]
                .iter_mut()
                .step_by(step)
                .filter(|held| **held < limit)
            {
                *held += 1;
                excess -= 1;
            }
            if excess <= 0 {
                return;
            }
        }
        if before == excess {
            return;
        }
    }
}

/// The nearest whole number, halves to the even one, without a call; for magnitudes below 2^22.
fn round(value: f32) -> f32 {
    const ROUNDER: f32 = 12_582_912.0;
    (value + ROUNDER) - ROUNDER
}

/// The same in double precision, for magnitudes below 2^51.
fn round_f64(value: f64) -> f64 {
    const ROUNDER: f64 = 6_755_399_441_055_744.0;
    (value + ROUNDER) - ROUNDER
}

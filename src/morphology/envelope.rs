//! Squared distances, axis after axis: counting steps along the first, lower envelopes of parabolas along the others.

use rayon::prelude::*;

use super::grid::Grid;

/// Voxels that a task counts side by side.
const BLOCK: usize = 256;

/// For each voxel the steps along an axis to the nearest voxel that is `site`, or infinity. The axis is the slowest of
/// `inside`, and a step along it is `inner` voxels.
pub(super) fn scan(inside: &[bool], site: bool, inner: usize) -> Vec<f32> {
    let mut steps = vec![0.0; inside.len()];
    if steps.is_empty() {
        return steps;
    }
    let mut blocks: Vec<Vec<&mut [f32]>> = (0..inner.div_ceil(BLOCK)).map(|_| Vec::new()).collect();
    for line in steps.chunks_mut(inner) {
        for (block, part) in blocks.iter_mut().zip(line.chunks_mut(BLOCK)) {
            block.push(part);
        }
    }
    blocks.into_par_iter().enumerate().for_each(|(block, mut lines)| {
        for n in 0..lines.len() {
            let (before, here) = lines.split_at_mut(n);
            let here = &mut here[0];
            let start = n * inner + block * BLOCK;
            let inside = &inside[start..start + here.len()];
            match before.last() {
                None => {
                    for (here, &inside) in here.iter_mut().zip(inside) {
                        *here = if inside == site { 0.0 } else { f32::INFINITY };
                    }
                }
                Some(before) => {
                    for ((here, &inside), &before) in here.iter_mut().zip(inside).zip(before.iter()) {
                        *here = if inside == site { 0.0 } else { before + 1.0 };
                    }
                }
            }
        }
        for n in (1..lines.len()).rev() {
            let (before, here) = lines.split_at_mut(n);
            if let Some(before) = before.last_mut() {
                for (before, &here) in before.iter_mut().zip(here[0].iter()) {
                    *before = before.min(here + 1.0);
                }
            }
        }
    });
    steps
}

/// `(steps * spacing)^2`, in the precision of the result.
pub(super) fn squared(steps: f32, spacing: f64) -> f64 {
    let length = f64::from(steps) * spacing;
    length * length
}

/// Lower envelopes of parabolas along one line, with the room they need (Felzenszwalb & Huttenlocher 2012, section 2).
pub(super) struct Envelope {
    spacing: f64,
    /// `1 / (2 spacing^2 distance)` by distance in steps
    slopes: Vec<f64>,
    /// Places, heights and first places of the parabolas of which the envelope is made.
    vertices: Vec<Vertex>,
}

#[derive(Clone, Copy)]
struct Vertex {
    at: usize,
    height: f64,
    /// height above the origin's parabola: `height + (at * spacing)^2`
    lifted: f64,
    from: f64,
}

impl Envelope {
    /// For lines of `length` voxels, `spacing` mm apart.
    pub fn new(length: usize, spacing: f64) -> Self {
        let slope = 0.5 / (spacing * spacing);
        Self {
            spacing,
            slopes: (0..=length).map(|steps| slope / steps as f64).collect(),
            vertices: Vec::with_capacity(length),
        }
    }

    /// Replaces squared distances to sites on other lines by those to the nearest site anywhere. Zeros are sites; they
    /// part the line into stretches that do not see each other.
    pub fn lower(&mut self, line: &mut [f64]) {
        let mut start = 0;
        while start < line.len() {
            if line[start] == 0.0 {
                start += 1;
                continue;
            }
            let rest = &line[start..];
            let end = start + rest.iter().position(|&height| height == 0.0).unwrap_or(rest.len());
            self.stretch(line, start, end);
            start = end;
        }
    }

    fn stretch(&mut self, line: &mut [f64], start: usize, end: usize) {
        self.vertices.clear();
        let last = (end + 1).min(line.len());
        let first = start.saturating_sub(1);
        for (at, &height) in (first..last).zip(&line[first..last]) {
            if height < f64::INFINITY {
                self.push(at, height);
            }
        }
        let Some((&first, later)) = self.vertices.split_first() else {
            return;
        };
        let (mut vertex, mut later) = (first, later.iter());
        let mut next = later.next();
        for (at, value) in (start..end).zip(&mut line[start..end]) {
            while let Some(&candidate) = next
                && candidate.from < at as f64
            {
                vertex = candidate;
                next = later.next();
            }
            let length = (at as f64 - vertex.at as f64) * self.spacing;
            *value = vertex.height + length * length;
        }
    }

    fn push(&mut self, at: usize, height: f64) {
        let offset = at as f64 * self.spacing;
        let lifted = height + offset * offset;
        let mut from = f64::NEG_INFINITY;
        while let Some(&top) = self.vertices.last() {
            from = (lifted - top.lifted) * self.slopes[at - top.at];
            if from > top.from {
                break;
            }
            self.vertices.pop();
            from = f64::NEG_INFINITY;
        }
        self.vertices.push(Vertex {
            at,
            height,
            lifted,
            from,
        });
    }
}

/// Lower envelopes along the columns of one slice, `[height, width]`.
pub(super) fn lower_columns(slice: &mut [f64], width: usize, envelope: &mut Envelope) {
    const COLUMNS: usize = 8;
    let height = slice.len() / width;
    let mut columns = vec![0.0; COLUMNS * height];
    for start in (0..width).step_by(COLUMNS) {
        let count = COLUMNS.min(width - start);
        for (y, row) in slice.chunks(width).enumerate() {
            for (x, &value) in row[start..start + count].iter().enumerate() {
                columns[x * height + y] = value;
            }
        }
        for column in columns.chunks_mut(height).take(count) {
            envelope.lower(column);
        }
        for (y, row) in slice.chunks_mut(width).enumerate() {
            for (x, value) in row[start..start + count].iter_mut().enumerate() {
                *value = columns[x * height + y];
            }
        }
    }
}

/// Squared distance in mm^2 of every voxel to the nearest one that is `site`; infinity where there is none.
pub(super) fn squared_distances(
    inside: &[bool],
    site: bool,
    grid: &Grid,
    finish: impl Fn(f64) -> f64 + Sync,
) -> Vec<f64> {
    let [_, height, width] = grid.size;
    let mut result = vec![0.0; inside.len()];
    if result.is_empty() {
        return result;
    }
    if grid.rank == 2 {
        let steps = scan(inside, site, width);
        let spacing = grid.spacing;
        let rows = result.par_chunks_mut(width).zip(steps.par_chunks(width));
        rows.with_min_len(16).for_each_init(
            || Envelope::new(width, spacing[2]),
            |envelope, (row, steps)| {
                for (value, &steps) in row.iter_mut().zip(steps) {
                    *value = squared(steps, spacing[1]);
                }
                envelope.lower(row);
                row.iter_mut().for_each(|value| *value = finish(*value));
            },
        );
        return result;
    }
    let steps = scan(inside, site, grid.slice());
    let [depth_step, row_step, column_step] = grid.spacing;
    let slices = result
        .par_chunks_mut(height * width)
        .zip(steps.par_chunks(height * width));
    slices.for_each_init(
        || (Envelope::new(height, row_step), Envelope::new(width, column_step)),
        |(down, along), (slice, steps)| {
            for (value, &steps) in slice.iter_mut().zip(steps) {
                *value = squared(steps, depth_step);
            }
            lower_columns(slice, width, down);
            for row in slice.chunks_mut(width) {
                along.lower(row);
                row.iter_mut().for_each(|value| *value = finish(*value));
            }
        },
    );
    result
}

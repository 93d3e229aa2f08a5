//! Distances asked for at a few voxels: the last axis is searched from each, as far as the best found so far.

use rayon::prelude::*;

use super::envelope::{Envelope, lower_columns, scan, squared};
use super::grid::Grid;

/// The distance in mm from each place to the nearest site; infinity without sites. Places are ascending.
pub(crate) fn distances_to_sites(sites: &[bool], grid: &Grid, places: &[usize]) -> Vec<f64> {
    let [_, height, width] = grid.size;
    let [slice_step, row_step, column_step] = grid.spacing;
    if grid.rank == 2 {
        let steps = scan(sites, true, width);
        let ask = |&place: &usize| {
            let row = &steps[place - place % width..][..width];
            along(place % width, column_step, width, |x| squared(row[x], row_step)).sqrt()
        };
        return places.par_iter().with_min_len(256).map(ask).collect();
    }
    let steps = scan(sites, true, grid.slice());
    let slices: Vec<(&[usize], &[f32])> = steps
        .chunks(grid.slice().max(1))
        .enumerate()
        .map(|(z, steps)| {
            let first = places.partition_point(|&place| place < z * grid.slice());
            let end = places.partition_point(|&place| place < (z + 1) * grid.slice());
            (&places[first..end], steps)
        })
        .filter(|(places, _)| !places.is_empty())
        .collect();
    let found = slices.into_par_iter().map_init(
        || (Envelope::new(height, row_step), vec![0.0; grid.slice()]),
        |(envelope, slice), (places, steps)| {
            for (value, &steps) in slice.iter_mut().zip(steps) {
                *value = squared(steps, slice_step);
            }
            lower_columns(slice, width, envelope);
            let ask = |&place: &usize| {
                let row = &slice[place % grid.slice() / width * width..][..width];
                along(place % width, column_step, width, |x| row[x]).sqrt()
            };
            places.iter().map(ask).collect::<Vec<f64>>()
        },
    );
    found.collect::<Vec<_>>().concat()
}

/// The least `(x - at)^2 spacing^2 + height(x)` over a row.
fn along(at: usize, spacing: f64, width: usize, height: impl Fn(usize) -> f64) -> f64 {
    let mut best = height(at);
    let furthest = at.max(width - 1 - at);
    for steps in 1..=furthest {
        let length = steps as f64 * spacing;
        let away = length * length;
        if away >= best {
            break;
        }
        if steps <= at {
            best = best.min(height(at - steps) + away);
        }
        if at + steps < width {
            best = best.min(height(at + steps) + away);
        }
    }
    best
}

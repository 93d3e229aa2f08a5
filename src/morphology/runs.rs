//! Rows as runs of equal voxels, and runs that touch joined into components.

use rayon::prelude::*;

use super::Connectivity;
use super::grid::{Grid, find};

/// Voxels `start..end` of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub start: u32,
    pub end: u32,
}

/// All runs of one value, row after row, each knowing an earlier run of its component or itself.
pub(super) struct Runs {
    runs: Vec<Run>,
    /// The first run of each row, and the number of runs.
    firsts: Vec<usize>,
    parents: Vec<u32>,
}

impl Runs {
    /// The runs of `value`, joined where they touch.
    pub fn new(inside: &[bool], value: bool, grid: &Grid, connectivity: Connectivity) -> Self {
        let mut found = Self::find(inside, value, grid);
        found.join_all(grid, connectivity);
        found
    }

    fn find(inside: &[bool], value: bool, grid: &Grid) -> Self {
        const ROWS: usize = 64;
        let width = grid.width();
        let mut firsts = Vec::with_capacity(grid.rows() + 1);
        let mut runs = Vec::new();
        if width > 0 {
            let blocks: Vec<(Vec<Run>, Vec<usize>)> = inside
                .par_chunks(width * ROWS)
                .map(|block| {
                    let mut runs = Vec::new();
                    let firsts = block.chunks(width).map(|row| {
                        let first = runs.len();
                        push_runs(row, value, &mut runs);
                        first
                    });
                    let firsts = firsts.collect();
                    (runs, firsts)
                })
                .collect();
            for (block, starts) in blocks {
                firsts.extend(starts.iter().map(|start| start + runs.len()));
                runs.extend(block);
            }
        } else {
            firsts.resize(grid.rows(), 0);
        }
        firsts.push(runs.len());
        let parents = (0..runs.len() as u32).collect();
        Self { runs, firsts, parents }
    }

    fn join_all(&mut self, grid: &Grid, connectivity: Connectivity) {
        let [depth, height, _] = grid.size;
        let (neighbours, reach): (&[(usize, isize)], u32) = match connectivity {
            Connectivity::Faces => (&[(0, -1), (1, 0)], 0),
            Connectivity::Full => (&[(0, -1), (1, -1), (1, 0), (1, 1)], 1),
        };
        for z in 0..depth {
            for y in 0..height {
                for &(back, across) in neighbours {
                    let Some(other) = y.checked_add_signed(across).filter(|&other| other < height) else {
                        continue;
                    };
                    if back <= z {
                        self.join_rows((z - back) * height + other, z * height + y, reach);
                    }
                }
            }
        }
    }

    fn join_rows(&mut self, earlier: usize, later: usize, reach: u32) {
        let (mut i, mut j) = (self.firsts[earlier], self.firsts[later]);
        let (i_end, j_end) = (self.firsts[earlier + 1], self.firsts[later + 1]);
        while i < i_end && j < j_end {
            let (a, b) = (self.runs[i], self.runs[j]);
            if a.start < b.end + reach && b.start < a.end + reach {
                self.join(i, j);
            }
            match a.end < b.end {
                true => i += 1,
                false => j += 1,
            }
        }
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a as u32), self.root(b as u32));
        self.parents[a.max(b) as usize] = a.min(b);
    }

    fn root(&mut self, mut run: u32) -> u32 {
        while self.parents[run as usize] != run {
            let above = self.parents[self.parents[run as usize] as usize];
            self.parents[run as usize] = above;
            run = above;
        }
        run
    }

    /// The component of each run, numbered from 0 by first voxel, and how many voxels each has.
    pub fn components(&self) -> (Vec<u32>, Vec<usize>) {
        let mut numbers: Vec<u32> = Vec::with_capacity(self.runs.len());
        let mut sizes = Vec::new();
        for (i, (run, &parent)) in self.runs.iter().zip(&self.parents).enumerate() {
            let number = match parent as usize == i {
                true => {
                    sizes.push(0);
                    sizes.len() as u32 - 1
                }
                false => numbers[parent as usize],
            };
            sizes[number as usize] += (run.end - run.start) as usize;
            numbers.push(number);
        }
        (numbers, sizes)
    }

    /// Each run with its index, of the row of that index.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (usize, Run)> {
        let (first, end) = (self.firsts[row], self.firsts[row + 1]);
        (first..end).zip(self.runs[first..end].iter().copied())
    }

    /// Writes `value(run)` into each voxel of each run.
    pub fn fill<T: Send + Copy>(&self, voxels: &mut [T], grid: &Grid, value: impl Fn(usize) -> T + Sync) {
        if voxels.is_empty() {
            return;
        }
        let rows = voxels.par_chunks_mut(grid.width()).enumerate();
        rows.with_min_len(32).for_each(|(row, voxels)| {
            for (index, run) in self.row(row) {
                voxels[run.start as usize..run.end as usize].fill(value(index));
            }
        });
    }
}

fn push_runs(row: &[bool], value: bool, runs: &mut Vec<Run>) {
    let mut start = find(row, 0, value);
    while start < row.len() {
        let end = find(row, start, !value);
        runs.push(Run {
            start: start as u32,
            end: end as u32,
        });
        start = find(row, end, value);
    }
}

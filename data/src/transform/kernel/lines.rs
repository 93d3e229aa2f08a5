//! Work line by line, on all cores where it pays.

use rayon::prelude::*;

/// From so many values on, lines are shared out to all cores.
const PARALLEL: usize = 1 << 15;

/// Calls `work(number, line)` for each line of `line` values.
pub(crate) fn for_lines<T: Send>(out: &mut [T], line: usize, work: impl Fn(usize, &mut [T]) + Sync + Send) {
    let line = line.max(1);
    if out.len() < PARALLEL {
        out.chunks_mut(line).enumerate().for_each(|(i, part)| work(i, part));
        return;
    }
    let at_least = (PARALLEL / 4 / line).max(1);
    out.par_chunks_mut(line)
        .with_min_len(at_least)
        .enumerate()
        .for_each(|(i, part)| work(i, part));
}

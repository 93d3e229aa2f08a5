//! A region's axes as three, `[depth, height, width]`: a 2-D one has depth 1.

use crate::data::Region;
use crate::metric::Pixels;

/// The lengths and steps of the axes of a region of rank 2 or 3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Grid {
    pub size: [usize; 3],
    pub spacing: [f64; 3],
    pub rank: usize,
}

impl Grid {
    /// `size` and `spacing` have the same length, 2 or 3.
    pub fn new(size: &[usize], spacing: &[f64]) -> Self {
        let rank = size.len();
        let (mut sides, mut steps) = ([1; 3], [1.0; 3]);
        sides[3 - rank..].copy_from_slice(size);
        steps[3 - rank..].copy_from_slice(spacing);
        Self {
            size: sides,
            spacing: steps,
            rank,
        }
    }

    pub fn of(region: &Region) -> Self {
        Self::new(&region.shape(), region.spacing())
    }

    pub fn len(&self) -> usize {
        self.size.iter().product()
    }

    /// Voxels a row.
    pub fn width(&self) -> usize {
        self.size[2]
    }

    /// Rows in all.
    pub fn rows(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Voxels a slice.
    pub fn slice(&self) -> usize {
        self.size[1] * self.size[2]
    }
}

/// Whether any of them is.
pub(crate) fn any(inside: &[bool]) -> bool {
    let mut chunks = inside.chunks_exact(64);
    chunks.any(|chunk| chunk.iter().fold(false, |any, &voxel| any | voxel)) || {
        let rest = inside.chunks_exact(64).remainder();
        rest.iter().any(|&voxel| voxel)
    }
}

/// The first place from `start` on that holds `value`, or the length.
pub(crate) fn find(inside: &[bool], start: usize, value: bool) -> usize {
    const STEP: usize = 16;
    let mut at = start;
    while let Some(chunk) = inside.get(at..at + STEP) {
        let hits = chunk.iter().fold(0u8, |hits, &voxel| hits | u8::from(voxel == value));
        if hits != 0 {
            break;
        }
        at += STEP;
    }
    let rest = inside.get(at..).unwrap_or_default();
    at + rest.iter().position(|&voxel| voxel == value).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_across_chunks() {
        let mut line = vec![false; 100];
        assert!(!any(&line));
        assert_eq!(find(&line, 3, true), 100);
        for place in [0, 15, 16, 50, 64, 99] {
            line[place] = true;
            assert!(any(&line));
            assert_eq!(find(&line, 0, true), place);
            assert_eq!(find(&line, place, true), place);
            assert_eq!(find(&line, place, false), place + 1);
            line[place] = false;
        }
        assert_eq!((find(&line, 100, false), find(&[], 0, true)), (100, 0));
    }
}

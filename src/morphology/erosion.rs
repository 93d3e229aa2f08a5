//! Erosion, dilation, opening, closing, and the surface that an erosion takes away.

use std::borrow::Cow;

use rayon::prelude::*;

use super::element::{Element, ElementRow};
use super::grid::Grid;
use crate::data::Region;
use crate::metric::Pixels;

/// The voxels around which the whole element lies in the region.
///
/// What lies beyond the border counts as outside, so a region that touches the border is eaten from there too, as in
/// `scipy.ndimage.binary_erosion` by default.
///
/// ```
/// use unet_lab::data::Region;
/// use unet_lab::morphology::{Element, dilate, erode};
///
/// let dot = Region::new((0..25).map(|i| i == 12).collect(), &[5, 5])?;
/// assert_eq!(dilate(&dot, Element::Cross(1)).count(), 5);
/// assert_eq!(dilate(&dot, Element::Square(1)).count(), 9);
/// assert_eq!(erode(&dilate(&dot, Element::Ball(2)), Element::Ball(2)), dot);
/// # Ok::<(), unet_lab::error::LabError>(())
/// ```
pub fn erode(region: &Region, element: Element) -> Region {
    region.like(sweep::<true>(region.pixels(), element, &Grid::of(region)))
}

/// The voxels that the element reaches from any voxel of the region; `scipy.ndimage.binary_dilation`.
pub fn dilate(region: &Region, element: Element) -> Region {
    region.like(sweep::<false>(region.pixels(), element, &Grid::of(region)))
}

/// Erosion, then dilation: removes what is narrower than the element, and keeps the rest nearly as it is.
///
/// As `scipy.ndimage.binary_opening`; parts at the border that are thinner than the element go too.
pub fn open(region: &Region, element: Element) -> Region {
    dilate(&erode(region, element), element)
}

/// Dilation, then erosion: closes gaps narrower than the element.
///
/// As `scipy.ndimage.binary_closing`, which by default takes away voxels nearer to the border than the element reaches,
/// even if they were inside: the dilated region ends at the border, and the erosion eats from there.
pub fn close(region: &Region, element: Element) -> Region {
    erode(&dilate(region, element), element)
}

/// The region's surface: its voxels with a neighbour over a face that is outside, or beyond the border.
///
/// It is the region without its erosion by [`Element::Cross`]`(1)`, which the surface metrics measure between.
pub fn boundary(region: &Region) -> Region {
    region.like(edges(region.pixels(), &Grid::of(region)))
}

pub(crate) fn edges(inside: &[bool], grid: &Grid) -> Vec<bool> {
    let mut core = sweep::<true>(inside, Element::Cross(1), grid);
    for (edge, &inside) in core.iter_mut().zip(inside) {
        *edge = inside & !*edge;
    }
    core
}

/// For each voxel whether all (`ALL`) or any voxels under the element are inside: the element's rows are taken by how
/// far they reach, over voxels that know of their neighbours in the row as far as that.
fn sweep<const ALL: bool>(inside: &[bool], element: Element, grid: &Grid) -> Vec<bool> {
    let mut result = vec![ALL; inside.len()];
    if inside.is_empty() {
        return result;
    }
    let width = grid.width();
    let rows = element.rows(grid);
    let widest = rows.iter().map(|row| row.reach).max().unwrap_or(0);
    let mut near = Cow::Borrowed(inside);
    for reach in 0..=widest {
        if reach > 0 {
            near = Cow::Owned(spread::<ALL>(&near, width));
        }
        let rows: Vec<ElementRow> = rows.iter().filter(|row| row.reach == reach).copied().collect();
        if !rows.is_empty() {
            cover::<ALL>(&mut result, &near, &rows, grid);
        }
    }
    result
}

fn cover<const ALL: bool>(result: &mut [bool], near: &[bool], rows: &[ElementRow], grid: &Grid) {
    let [depth, height, width] = grid.size;
    let lines = result.par_chunks_mut(width).enumerate();
    lines.with_min_len(16).for_each(|(line, result)| {
        let (z, y) = (line / height, line % height);
        for row in rows {
            let z = z.checked_add_signed(row.slices).filter(|&z| z < depth);
            let y = y.checked_add_signed(row.rows).filter(|&y| y < height);
            match (z, y) {
                (Some(z), Some(y)) => merge::<ALL>(result, &near[(z * height + y) * width..][..width]),
                _ if ALL => return result.fill(false),
                _ => {}
            }
        }
    });
}

/// Each voxel with its two neighbours in the row; those beyond the row's ends are outside.
fn spread<const ALL: bool>(narrow: &[bool], width: usize) -> Vec<bool> {
    let mut wide = narrow.to_vec();
    let lines = wide.par_chunks_mut(width).zip(narrow.par_chunks(width));
    lines.with_min_len(64).for_each(|(wide, narrow)| {
        merge::<ALL>(&mut wide[1..], &narrow[..width - 1]);
        merge::<ALL>(&mut wide[..width - 1], &narrow[1..]);
        if ALL {
            wide[0] = false;
            wide[width - 1] = false;
        }
    });
    wide
}

fn merge<const ALL: bool>(into: &mut [bool], other: &[bool]) {
    for (into, &other) in into.iter_mut().zip(other) {
        *into = if ALL { *into & other } else { *into | other };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt, SeedableRng};

    /// Whether the element centred at 0 covers the offset.
    fn covers(element: Element, offset: [isize; 3], spacing: [f64; 3]) -> bool {
        let [z, y, x] = offset.map(isize::unsigned_abs);
        match element {
            Element::Cross(radius) => z + y + x <= radius,
            Element::Square(radius) => z.max(y).max(x) <= radius,
            Element::Ball(radius) => z * z + y * y + x * x <= radius * radius,
            Element::BallMm(radius) => {
                let square = |steps: usize, axis: usize| (steps as f64 * spacing[axis]).powi(2);
                square(z, 0) + square(y, 1) + square(x, 2) <= radius * radius
            }
        }
    }

    fn by_hand(region: &Region, element: Element, all: bool) -> Vec<bool> {
        let grid = Grid::of(region);
        let [_, height, width] = grid.size;
        let size = grid.size.map(|side| side as isize);
        let reach = 7;
        let deep = if grid.rank == 3 { reach } else { 0 };
        let voxel = |at: [isize; 3]| -> bool {
            let within = (0..3).all(|axis| (0..size[axis]).contains(&at[axis]));
            within && region.pixels()[((at[0] * size[1] + at[1]) * size[2] + at[2]) as usize]
        };
        let one = |i: usize| {
            let at = [i / (height * width), i / width % height, i % width].map(|place| place as isize);
            let mut under = Vec::new();
            for z in -deep..=deep {
                for y in -reach..=reach {
                    for x in -reach..=reach {
                        if covers(element, [z, y, x], grid.spacing) {
                            under.push(voxel([at[0] + z, at[1] + y, at[2] + x]));
                        }
                    }
                }
            }
            if all {
                !under.contains(&false)
            } else {
                under.contains(&true)
            }
        };
        (0..grid.len()).map(one).collect()
    }

    fn random(rng: &mut ChaCha8Rng, rank: usize) -> Region {
        let longest = if rank == 2 { 24 } else { 8 };
        let size: Vec<usize> = (0..rank).map(|_| rng.random_range(1..longest)).collect();
        let spacing: Vec<f64> = (0..rank).map(|_| rng.random_range(0.5..2.0)).collect();
        let share = rng.random_range(0.0..1.0);
        let inside = (0..size.iter().product()).map(|_| rng.random_bool(share)).collect();
        Region::new(inside, &size).unwrap().with_spacing(&spacing).unwrap()
    }

    fn elements(rng: &mut ChaCha8Rng) -> [Element; 4] {
        let radius = rng.random_range(0..4);
        [
            Element::Cross(radius),
            Element::Square(radius),
            Element::Ball(radius),
            Element::BallMm(rng.random_range(0.0..3.0)),
        ]
    }

    #[test]
    fn looking_under_each_voxel_of_the_element_gives_the_same() {
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        for case in 0..40 {
            let region = random(&mut rng, 2 + case % 2);
            for element in elements(&mut rng) {
                assert_eq!(
                    erode(&region, element).pixels(),
                    by_hand(&region, element, true),
                    "{element:?}"
                );
                assert_eq!(
                    dilate(&region, element).pixels(),
                    by_hand(&region, element, false),
                    "{element:?}"
                );
            }
        }
    }

    #[test]
    fn opening_shrinks_and_does_so_once() {
        let mut rng = ChaCha8Rng::seed_from_u64(12);
        for case in 0..60 {
            let region = random(&mut rng, 2 + case % 2);
            for element in elements(&mut rng) {
                let opened = open(&region, element);
                assert_eq!(open(&opened, element), opened);
                assert!(opened.pixels().iter().zip(region.pixels()).all(|(&o, &r)| r | !o));
            }
        }
    }

    #[test]
    fn the_boundary_is_what_the_cross_takes_away() {
        let mut rng = ChaCha8Rng::seed_from_u64(13);
        for case in 0..40 {
            let region = random(&mut rng, 2 + case % 2);
            let core = by_hand(&region, Element::Cross(1), true);
            let expected: Vec<bool> = region.pixels().iter().zip(core).map(|(&r, c)| r && !c).collect();
            assert_eq!(boundary(&region).pixels(), expected);
        }
        let full = Region::new(vec![true; 27], &[3, 3, 3]).unwrap();
        assert_eq!(boundary(&full).count(), 26);
    }

    #[test]
    fn the_border_is_outside_and_a_reach_beyond_the_image_is_no_error() {
        let full = Region::new(vec![true; 12], &[3, 4]).unwrap();
        assert_eq!(erode(&full, Element::Square(1)).count(), 2);
        assert_eq!(close(&full, Element::Square(1)).count(), 2);
        assert_eq!(erode(&full, Element::Ball(99)).count(), 0);
        let dot = Region::new((0..12).map(|i| i == 0).collect(), &[3, 4]).unwrap();
        assert_eq!(dilate(&dot, Element::Square(99)).count(), 12);
        let nothing = Region::new(Vec::new(), &[0, 4]).unwrap();
        assert_eq!(dilate(&nothing, Element::Ball(1)), nothing);
    }
}

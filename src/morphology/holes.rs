//! Filling holes: background that does not reach the border.

use super::Connectivity;
use super::grid::Grid;
use super::runs::Runs;
use crate::data::Region;
use crate::metric::Pixels;

/// The region with its holes: all background that no path over faces connects to the image's border.
///
/// As `scipy.ndimage.binary_fill_holes`. In 3-D a hole is a closed cavity; a tunnel is none, though each slice that it
/// crosses shows one.
///
/// ```
/// use unet_lab::data::Region;
/// use unet_lab::morphology::fill_holes;
///
/// let ring = Region::new((0..25).map(|i| i != 12).collect(), &[5, 5])?;
/// assert_eq!(fill_holes(&ring).count(), 25);
/// # Ok::<(), unet_lab::error::LabError>(())
/// ```
pub fn fill_holes(region: &Region) -> Region {
    let grid = Grid::of(region);
    let runs = Runs::new(region.pixels(), false, &grid, Connectivity::Faces);
    let (numbers, sizes) = runs.components();
    let mut hole = vec![true; sizes.len()];
    let [depth, height, width] = grid.size;
    for row in 0..grid.rows() {
        let (z, y) = (row / height, row % height);
        let border = y == 0 || y + 1 == height || grid.rank == 3 && (z == 0 || z + 1 == depth);
        for (index, run) in runs.row(row) {
            if border || run.start == 0 || run.end as usize == width {
                hole[numbers[index] as usize] = false;
            }
        }
    }
    let mut inside = region.pixels().to_vec();
    runs.fill(&mut inside, &grid, |run| hole[numbers[run] as usize]);
    region.like(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_at_a_corner_is_closed_and_one_at_a_side_is_open() {
        let ring = |open: &[usize]| {
            let inside = (0..25).map(|i| {
                let (y, x) = (i / 5, i % 5);
                (y % 4 == 0 || x % 4 == 0) && !open.contains(&i)
            });
            Region::new(inside.collect(), &[5, 5]).unwrap()
        };
        assert_eq!(fill_holes(&ring(&[])).count(), 25);
        assert_eq!(fill_holes(&ring(&[0])).count(), 24);
        assert_eq!(fill_holes(&ring(&[2])), ring(&[2]));
    }

    #[test]
    fn a_cavity_is_filled_and_a_tunnel_is_not() {
        let block = |inside: &dyn Fn(usize, usize, usize) -> bool| {
            let voxels = (0..27).map(|i| inside(i / 9, i / 3 % 3, i % 3));
            Region::new(voxels.collect(), &[3, 3, 3]).unwrap()
        };
        let cavity = block(&|z, y, x| (z, y, x) != (1, 1, 1));
        let tunnel = block(&|_, y, x| (y, x) != (1, 1));
        assert_eq!(fill_holes(&cavity).count(), 27);
        assert_eq!(fill_holes(&tunnel), tunnel);
    }

    #[test]
    fn nothing_and_everything_stay() {
        for inside in [false, true] {
            let region = Region::new(vec![inside; 12], &[2, 2, 3]).unwrap();
            assert_eq!(fill_holes(&region), region);
        }
        let none = Region::new(Vec::new(), &[0, 4]).unwrap();
        assert_eq!(fill_holes(&none), none);
    }
}

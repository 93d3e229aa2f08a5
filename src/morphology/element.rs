//! [`Element`]: the shape that erosion and dilation move over the voxels.

use serde::{Deserialize, Serialize};

use super::grid::Grid;

/// A structuring element: the voxels around a voxel that count. All are symmetric and contain their centre.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Element {
    /// At most so many steps over faces away. With 1 the plus of 5 voxels (7 in 3-D), SciPy's default; with `r` what
    /// SciPy does with `iterations=r`.
    Cross(usize),
    /// At most so many voxels away along each axis: a square of side `2 r + 1`, a cube in 3-D.
    Square(usize),
    /// At most so many voxels away in a straight line, `skimage.morphology.disk` and `ball`. With 1 it is the cross.
    Ball(usize),
    /// At most so many mm away, by the region's spacing: a ball in space, an ellipsoid of voxels. NaN and negative
    /// radii count as 0.
    BallMm(f64),
}

/// A row of the element: its place in slices and rows, and how far it reaches to either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ElementRow {
    pub slices: isize,
    pub rows: isize,
    pub reach: usize,
}

impl Element {
    /// All rows, none of which reaches more than once around the image.
    pub(super) fn rows(self, grid: &Grid) -> Vec<ElementRow> {
        let reach = |axis: usize| -> isize {
            let radius = match self {
                Self::Cross(radius) | Self::Square(radius) | Self::Ball(radius) => radius,
                Self::BallMm(radius) => steps(radius, grid.spacing[axis]),
            };
            radius.min(grid.size[axis]) as isize
        };
        let deep = if grid.rank == 3 { reach(0) } else { 0 };
        let mut found = Vec::new();
        for slices in -deep..=deep {
            for rows in -reach(1)..=reach(1) {
                if let Some(reach) = self.reach_in_row(slices.unsigned_abs(), rows.unsigned_abs(), grid) {
                    let reach = reach.min(grid.width());
                    found.push(ElementRow { slices, rows, reach });
                }
            }
        }
        found
    }

    fn reach_in_row(self, slices: usize, rows: usize, grid: &Grid) -> Option<usize> {
        match self {
            Self::Cross(radius) => radius.checked_sub(slices + rows),
            Self::Square(radius) => Some(radius),
            Self::Ball(radius) => {
                let radius = radius.min(u32::MAX as usize);
                let left = (radius * radius).checked_sub(slices * slices + rows * rows);
                left.map(usize::isqrt)
            }
            Self::BallMm(radius) => {
                let radius = radius.max(0.0);
                let away = (slices as f64 * grid.spacing[0]).hypot(rows as f64 * grid.spacing[1]);
                let left = radius * radius - away * away;
                // A radius of exactly some steps reaches that far, whatever its last digit.
                (left >= -1e-9 * radius * radius).then(|| steps(left.max(0.0).sqrt(), grid.spacing[2]))
            }
        }
    }
}

/// Whole steps in a length.
fn steps(length: f64, spacing: f64) -> usize {
    (length / spacing + 1e-9).max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voxels(element: Element, grid: &Grid) -> usize {
        element.rows(grid).iter().map(|row| 2 * row.reach + 1).sum()
    }

    #[test]
    fn elements_have_as_many_voxels_as_in_scikit_image() {
        let plane = Grid::new(&[50, 50], &[1.0, 1.0]);
        let space = Grid::new(&[50, 50, 50], &[1.0; 3]);
        let table = [
            (Element::Cross(1), 5, 7),
            (Element::Cross(2), 13, 25),
            (Element::Square(1), 9, 27),
            (Element::Square(2), 25, 125),
            (Element::Ball(1), 5, 7),
            (Element::Ball(2), 13, 33),
            (Element::Ball(3), 29, 123),
            (Element::BallMm(3.0), 29, 123),
            (Element::BallMm(-1.0), 1, 1),
            (Element::BallMm(f64::NAN), 1, 1),
            (Element::Ball(0), 1, 1),
        ];
        for (element, in_plane, in_space) in table {
            assert_eq!(
                (voxels(element, &plane), voxels(element, &space)),
                (in_plane, in_space),
                "{element:?}"
            );
        }
    }

    #[test]
    fn a_ball_in_mm_follows_the_spacing() {
        let grid = Grid::new(&[9, 9, 9], &[3.0, 0.7, 0.7]);
        let rows = Element::BallMm(2.1).rows(&grid);
        assert!(rows.iter().all(|row| row.slices == 0));
        assert_eq!(voxels(Element::BallMm(2.1), &grid), 29);
    }
}

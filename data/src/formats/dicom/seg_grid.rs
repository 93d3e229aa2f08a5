//! Where a segmentation's frame lies on a volume's grid.

use super::stack::Plane;
use crate::{DataError, Geometry};

/// A frame's pixels as voxels of a grid: the first one, and what a row and a column further add.
pub(super) struct Steps {
    first: [i64; 3],
    down: [i64; 3],
    across: [i64; 3],
}

/// A pixel may lie beside a voxel's centre by so much of the voxel.
const BESIDE: f64 = 0.1;
/// No grid has so many voxels along an axis.
const FARTHEST: i64 = 1 << 40;

impl Steps {
    pub fn of(plane: &Plane, [rows, columns]: [usize; 2], grid: &Geometry) -> Result<Self, DataError> {
        let at = |row: f64, column: f64| {
            let point = [0, 1, 2].map(|i| {
                plane.position[i] + plane.down[i] * plane.spacing[0] * row + plane.across[i] * plane.spacing[1] * column
            });
            grid.voxel(point)
        };
        let first = at(0.0, 0.0);
        let step = |to: [f64; 3]| [0, 1, 2].map(|i| (to[i] - first[i]).round() as i64);
        let steps = Self {
            first: first.map(|part| part.round() as i64),
            down: step(at(1.0, 0.0)),
            across: step(at(0.0, 1.0)),
        };
        let is_far = |parts: [i64; 3], most: i64| parts.iter().any(|part| part.abs() > most);
        // Errors add up to the far corners; what is far away cannot be counted.
        let is_countable = !is_far(steps.first, FARTHEST) && !is_far(steps.down, 16) && !is_far(steps.across, 16);
        let (last_row, last_column) = (rows as i64 - 1, columns as i64 - 1);
        for (row, column) in [(0, 0), (last_row, 0), (0, last_column)] {
            let expected = if is_countable {
                steps.place(row, column)
            } else {
                [i64::MIN; 3]
            };
            let found = at(row as f64, column as f64);
            if !found
                .iter()
                .zip(expected)
                .all(|(found, expected)| (found - expected as f64).abs() <= BESIDE)
            {
                return Err(DataError::Argument(format!(
                    "the segmentation's frame at {:?} mm does not lie on the volume's grid (row {row}, column {column} falls on voxel \
                     {found:?}): pass the series that was segmented, or DicomSeg::grid",
                    plane.position
                )));
            }
        }
        Ok(steps)
    }

    fn place(&self, row: i64, column: i64) -> [i64; 3] {
        [0, 1, 2].map(|i| self.first[i] + self.down[i] * row + self.across[i] * column)
    }

    pub fn voxel(&self, row: usize, column: usize, [depth, height, width]: [usize; 3]) -> Option<usize> {
        let [z, y, x] = self
            .place(row as i64, column as i64)
            .map(|part| usize::try_from(part).ok());
        let (z, y, x) = (z?, y?, x?);
        (z < depth && y < height && x < width).then_some((z * height + y) * width + x)
    }
}

//! Where voxels lie in the patient.

use super::DataError;

/// Spacing, position and direction of a grid of voxels.
///
/// World coordinates are those of DICOM and ITK: millimetres, x towards the patient's left, y towards the back (posterior), z towards
/// the head (superior), for short LPS. NIfTI's x and y point the other way; its reader and writer turn them.
///
/// Array axes are `[depth, height, width]`, as everywhere in the lab. Taught in unit 09 (volumes).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    spacing: [f64; 3],
    origin: [f64; 3],
    axes: [[f64; 3]; 3],
}

impl Geometry {
    /// `spacing` in mm along `[depth, height, width]`, the world point of the first voxel's centre, and the world directions in
    /// which depth, height and width grow. The directions are made of length 1; they need not be at right angles (a tilted gantry).
    ///
    /// # Errors
    /// [`DataError::Argument`] for a spacing that is not above 0, an origin that is no number, or directions in one plane.
    pub fn new(spacing: [f64; 3], origin: [f64; 3], axes: [[f64; 3]; 3]) -> Result<Self, DataError> {
        super::volume::check_spacing(&spacing)?;
        let normed = axes.map(|axis| axis.map(|part| part / length(axis)));
        let volume = determinant(normed).abs();
        let flat = volume.is_nan() || volume < 1e-6;
        if flat || !origin.iter().all(|part| part.is_finite()) {
            return Err(DataError::Argument(format!(
                "directions {axes:?} with origin {origin:?} give no position in space: \
                 pass three directions that do not lie in one plane, and a finite origin"
            )));
        }
        Ok(Self {
            spacing,
            origin,
            axes: normed,
        })
    }

    /// A grid whose width, height and depth run along x, y and z from the world's origin.
    ///
    /// # Errors
    /// [`DataError::Argument`] for a spacing that is not above 0.
    pub fn of_spacing(spacing: [f64; 3]) -> Result<Self, DataError> {
        Self::new(spacing, [0.0; 3], UPRIGHT)
    }

    /// From an affine matrix of NIfTI: columns for width, height, depth and translation, rows for x, y, z with x to the right and y
    /// to the front (RAS).
    ///
    /// # Errors
    /// As [`Geometry::new`].
    pub fn from_ras_affine(affine: [[f64; 4]; 3]) -> Result<Self, DataError> {
        let lps = |row: usize, column: usize| affine[row][column] * if row < 2 { -1.0 } else { 1.0 };
        let columns = [2, 1, 0].map(|column| [0, 1, 2].map(|row| lps(row, column)));
        Self::new(columns.map(length), [0, 1, 2].map(|row| lps(row, 3)), columns)
    }

    /// The affine matrix as NIfTI writes it; see [`Geometry::from_ras_affine`].
    pub fn ras_affine(&self) -> [[f64; 4]; 3] {
        [0, 1, 2].map(|row: usize| {
            let sign = if row < 2 { -1.0 } else { 1.0 };
            let column = |axis: usize| sign * self.axes[axis][row] * self.spacing[axis];
            [column(2), column(1), column(0), sign * self.origin[row]]
        })
    }

    /// Distance between voxel centres along `[depth, height, width]` in mm.
    pub fn spacing(&self) -> [f64; 3] {
        self.spacing
    }

    /// World point of the first voxel's centre, `[x, y, z]` in mm.
    pub fn origin(&self) -> [f64; 3] {
        self.origin
    }

    /// World directions, of length 1, in which depth, height and width grow.
    pub fn axes(&self) -> [[f64; 3]; 3] {
        self.axes
    }

    /// World point `[x, y, z]` in mm of a place `[depth, height, width]` counted in voxels.
    pub fn point(&self, voxel: [f64; 3]) -> [f64; 3] {
        [0, 1, 2].map(|row| {
            let along = |axis: usize| self.axes[axis][row] * self.spacing[axis] * voxel[axis];
            self.origin[row] + along(0) + along(1) + along(2)
        })
    }

    /// Place `[depth, height, width]`, counted in voxels, of a world point in mm.
    pub fn voxel(&self, point: [f64; 3]) -> [f64; 3] {
        let offset = [0, 1, 2].map(|row| point[row] - self.origin[row]);
        let all = determinant(self.axes);
        [0, 1, 2].map(|axis| {
            let mut replaced = self.axes;
            replaced[axis] = offset;
            determinant(replaced) / all / self.spacing[axis]
        })
    }

    /// Where width, height and depth grow to, as letters: L or R, P or A, S or I; `LPS` for an upright grid.
    pub fn orientation(&self) -> String {
        [2, 1, 0]
            .map(|axis: usize| {
                let direction = self.axes[axis];
                let main = (0..3)
                    .max_by(|&a, &b| direction[a].abs().total_cmp(&direction[b].abs()))
                    .unwrap_or(0);
                [["L", "R"], ["P", "A"], ["S", "I"]][main][usize::from(direction[main] < 0.0)]
            })
            .concat()
    }

    /// The same place in space cut and sampled anew: the first voxel moves to `start` (in old voxels) and the spacing changes.
    ///
    /// # Errors
    /// As [`Geometry::new`].
    pub fn moved(&self, start: [f64; 3], spacing: [f64; 3]) -> Result<Self, DataError> {
        Self::new(spacing, self.point(start), self.axes)
    }
}

impl Default for Geometry {
    fn default() -> Self {
        Self {
            spacing: [1.0; 3],
            origin: [0.0; 3],
            axes: UPRIGHT,
        }
    }
}

/// Depth along z, height along y, width along x.
const UPRIGHT: [[f64; 3]; 3] = [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]];

fn length(vector: [f64; 3]) -> f64 {
    vector.iter().map(|part| part * part).sum::<f64>().sqrt()
}

fn determinant([a, b, c]: [[f64; 3]; 3]) -> f64 {
    a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_and_its_voxel_belong_together_even_in_a_tilted_grid() {
        let grid = Geometry::new(
            [5.0, 0.8, 0.7],
            [10.0, -20.0, 30.0],
            [[0.0, 0.2, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]],
        )
        .unwrap();
        let voxel = [3.0, 7.5, -2.0];
        let back = grid.voxel(grid.point(voxel));
        assert!(back.iter().zip(voxel).all(|(a, b)| (a - b).abs() < 1e-9), "{back:?}");
        assert_eq!(grid.orientation(), "RPS");
    }

    #[test]
    fn the_affine_of_nifti_has_x_and_y_turned() {
        let affine = [[-0.7, 0.0, 0.0, 90.0], [0.0, 0.7, 0.0, -126.0], [0.0, 0.0, 2.5, -72.0]];
        let grid = Geometry::from_ras_affine(affine).unwrap();
        assert_eq!(grid.spacing(), [2.5, 0.7, 0.7]);
        assert_eq!(grid.origin(), [-90.0, 126.0, -72.0]);
        assert_eq!(grid.orientation(), "LAS");
        let again = grid.ras_affine();
        assert!(
            again
                .as_flattened()
                .iter()
                .zip(affine.as_flattened())
                .all(|(a, b)| (a - b).abs() < 1e-12)
        );
    }

    #[test]
    fn a_grid_that_is_none_is_refused() {
        assert!(Geometry::of_spacing([1.0, 0.0, 1.0]).is_err());
        assert!(Geometry::new([1.0; 3], [f64::NAN, 0.0, 0.0], UPRIGHT).is_err());
        assert!(Geometry::new([1.0; 3], [0.0; 3], [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 1.0, 1.0]]).is_err());
        assert!(Geometry::new([1.0; 3], [0.0; 3], [[0.0; 3], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]).is_err());
    }
}

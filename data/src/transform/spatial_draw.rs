//! One draw of a [`Spatial`] transform: where each new voxel is read from.

use rand::RngExt;

use super::displacement::Field;
use super::kernel::Places;
use super::{ChaCha8Rng, Displacement, Spatial, Subject};

type Matrix = [[f64; 3]; 3];

const IDENTITY: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// The new voxel at `p` is read at `matrix (p - centre) + shift + centre`, and the displacement there.
pub(super) struct Drawn {
    matrix: Matrix,
    /// `shift + centre - matrix centre`.
    offset: [f64; 3],
    field: Option<Field>,
    is_planar: bool,
}

impl Drawn {
    /// None where the image would stay as it is.
    pub fn of(settings: &Spatial, subject: &Subject, rng: &mut ChaCha8Rng) -> Option<Self> {
        let (size, spacing, is_planar) = (subject.size(), subject.spacing(), subject.is_planar());
        // Everything is drawn for 2-D as for 3-D, so that one seed means one thing.
        let angles = [0, 1, 2].map(|axis: usize| rng.random_range(settings.rotations[axis].clone()).to_radians());
        let factors: [f64; 3] = std::array::from_fn(|_| rng.random_range(settings.scaling.clone()));
        let factors = if settings.is_isotropic {
            [factors[0]; 3]
        } else {
            factors
        };
        let shears: [f64; 3] = std::array::from_fn(|_| rng.random_range(settings.shear.clone()).to_radians().tan());
        let shifts = size.map(|side| rng.random_range(settings.translation.clone()) * side as f64);
        let finest = spacing[usize::from(is_planar)..]
            .iter()
            .copied()
            .fold(f64::INFINITY, f64::min);
        let drawn = settings
            .elastic
            .as_ref()
            .filter(|elastic| elastic.deviation > 0.0)
            .map(|elastic| {
                let knots = if is_planar {
                    [1, elastic.knots, elastic.knots]
                } else {
                    [elastic.knots; 3]
                };
                let mut deviation = spacing.map(|step| elastic.deviation * finest / step);
                if is_planar {
                    deviation[0] = 0.0;
                }
                Displacement::drawn(knots, deviation, rng)
            });
        let displacement = drawn.and_then(Result::ok);
        let displacement = displacement.as_ref().or(settings.displacement.as_ref());

        let mut forward = IDENTITY;
        let flat = if is_planar { 0.0 } else { 1.0 };
        for (axis, angle) in angles.into_iter().enumerate() {
            let angle = if axis == 0 { angle } else { flat * angle };
            forward = product(&rotation(axis, angle), &forward);
        }
        let [by_yx, by_zy, by_zx] = [shears[0], flat * shears[1], flat * shears[2]];
        let shear = [[1.0, by_zy, by_zx], [0.0, 1.0, by_yx], [0.0, 0.0, 1.0]];
        let depth_factor = if is_planar { 1.0 } else { factors[0] };
        let scale = [[depth_factor, 0.0, 0.0], [0.0, factors[1], 0.0], [0.0, 0.0, factors[2]]];
        let forward = product(&product(&forward, &shear), &scale);
        let backward = inverse(&forward)?;
        // From mm to voxels.
        let matrix = [0, 1, 2]
            .map(|row: usize| [0, 1, 2].map(|column: usize| backward[row][column] * spacing[column] / spacing[row]));
        let shifts = [flat * shifts[0], shifts[1], shifts[2]];
        let is_same = matrix == IDENTITY && shifts == [0.0; 3] && displacement.is_none();
        if is_same {
            return None;
        }
        let centre = size.map(|side| (side as f64 - 1.0) / 2.0);
        let moved = [0, 1, 2].map(|axis| centre[axis] + shifts[axis]);
        let back = applied(&matrix, moved);
        Some(Self {
            matrix,
            offset: [0, 1, 2].map(|axis| centre[axis] - back[axis]),
            field: displacement.map(|displacement| Field::over(displacement, size)),
            is_planar,
        })
    }
}

impl Places for Drawn {
    fn row(&self, z: usize, y: usize, places: &mut [Vec<f64>; 3]) {
        let mut shifts = Vec::new();
        for (axis, list) in places.iter_mut().enumerate() {
            let [by_z, by_y, by_x] = self.matrix[axis];
            let start = by_z * z as f64 + by_y * y as f64 + self.offset[axis];
            if axis == 0 && self.is_planar {
                list.fill(0.0);
                continue;
            }
            match &self.field {
                None => list
                    .iter_mut()
                    .enumerate()
                    .for_each(|(x, place)| *place = start + by_x * x as f64),
                Some(field) => {
                    shifts.resize(list.len(), 0.0);
                    field.row(axis, z, y, &mut shifts);
                    for ((x, place), shift) in list.iter_mut().enumerate().zip(&shifts) {
                        *place = start + by_x * x as f64 + f64::from(*shift);
                    }
                }
            }
        }
    }
}

/// Anticlockwise as the plane of the other two axes is looked at, the earlier of them pointing down.
fn rotation(axis: usize, angle: f64) -> Matrix {
    let (sin, cos) = angle.sin_cos();
    let (down, right) = match axis {
        0 => (1, 2),
        1 => (0, 2),
        _ => (0, 1),
    };
    let mut matrix = IDENTITY;
    (matrix[down][down], matrix[right][right]) = (cos, cos);
    (matrix[down][right], matrix[right][down]) = (-sin, sin);
    matrix
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    [0, 1, 2].map(|row: usize| [0, 1, 2].map(|column: usize| (0..3).map(|i| a[row][i] * b[i][column]).sum()))
}

fn applied(matrix: &Matrix, [z, y, x]: [f64; 3]) -> [f64; 3] {
    matrix.map(|[a, b, c]| a * z + b * y + c * x)
}

/// By cofactors; none for a matrix that flattens space.
fn inverse(m: &Matrix) -> Option<Matrix> {
    let minor = |r: usize, c: usize| {
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    let all: f64 = (0..3).map(|c| m[0][c] * minor(0, c)).sum();
    (all.abs() > 1e-12).then(|| [0, 1, 2].map(|row: usize| [0, 1, 2].map(|column: usize| minor(column, row) / all)))
}

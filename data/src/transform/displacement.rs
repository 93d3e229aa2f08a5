//! [`Displacement`]: a smooth deformation given by a few vectors.

use rand_distr::{Distribution, StandardNormal};

use super::error::require;
use super::kernel::{CubicAxis, Extension, prefilter};
use super::{ChaCha8Rng, TransformError};

/// Displacement vectors on a coarse grid that spans an image from its first to its last voxel, and the cubic splines through them,
/// mirrored at the ends (SciPy's `map_coordinates` with `order=3, mode="mirror"` gives the same).
///
/// The new voxel at `p` shows what was at `p + displacement(p)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Displacement {
    /// Grid points along `[depth, height, width]`; 1 along the depth of a 2-D image.
    knots: [usize; 3],
    /// Spline coefficients of the displacement along depth, height and width, in voxels.
    coefficients: [Vec<f32>; 3],
}

impl Displacement {
    /// From the displacements along depth, height and width, in voxels, at each grid point. `knots` are the grid points along
    /// `[depth, height, width]`, 2 or more (1 for the depth of a 2-D image).
    ///
    /// # Errors
    /// [`TransformError::Setting`] if the vectors do not fill the grid, or one is not finite.
    pub fn new(knots: [usize; 3], vectors: [Vec<f32>; 3]) -> Result<Self, TransformError> {
        let holds = knots[0] >= 1 && knots[1] >= 2 && knots[2] >= 2 && knots.iter().all(|&count| count <= 64);
        require(
            holds,
            "Displacement",
            "knots",
            knots,
            "from 2 to 64 points an axis, 1 for the depth of a 2-D image",
        )?;
        let count: usize = knots.iter().product();
        for list in &vectors {
            let holds = list.len() == count && list.iter().all(|part| part.is_finite());
            require(
                holds,
                "Displacement",
                "vectors",
                list.len(),
                "a finite number a grid point and axis",
            )?;
        }
        let mut coefficients = vectors;
        for list in &mut coefficients {
            for axis in 0..3 {
                prefilter(list, knots[axis], knots[axis + 1..].iter().product(), Extension::Mirror);
            }
        }
        Ok(Self { knots, coefficients })
    }

    /// Each vector's part along an axis of a normal distribution with this standard deviation in voxels.
    pub(crate) fn drawn(knots: [usize; 3], deviation: [f64; 3], rng: &mut ChaCha8Rng) -> Result<Self, TransformError> {
        let count: usize = knots.iter().product();
        let vectors = deviation.map(|deviation| {
            (0..count)
                .map(|_| {
                    let normal: f64 = StandardNormal.sample(rng);
                    (deviation * normal) as f32
                })
                .collect()
        });
        Self::new(knots, vectors)
    }

    /// The displacements along depth, height and width, in voxels, at every voxel of an image of `size`.
    pub fn at_every_voxel(&self, size: [usize; 3]) -> [Vec<f32>; 3] {
        let field = Field::over(self, size);
        let rows = size[0] * size[1];
        let mut out = [const { Vec::new() }; 3];
        for (axis, list) in out.iter_mut().enumerate() {
            list.resize(rows * size[2], 0.0);
            for (row, line) in list.chunks_mut(size[2].max(1)).enumerate() {
                field.row(axis, row / size[1], row % size[1], line);
            }
        }
        out
    }
}

/// A displacement made ready for an image of one size.
pub(crate) struct Field {
    /// Coefficients with one mirrored one at each end of each axis.
    wide: [Vec<f32>; 3],
    knots: [usize; 3],
    axes: [CubicAxis; 3],
    /// Stretches of columns between the same grid points: first coefficient, first column, end.
    runs: Vec<(usize, usize, usize)>,
}

impl Field {
    pub fn over(displacement: &Displacement, size: [usize; 3]) -> Self {
        let knots = displacement.knots;
        // A single point along the depth counts as two alike.
        let axes = [0, 1, 2].map(|axis| CubicAxis::spread(knots[axis].max(2), size[axis]));
        let wide = [0, 1, 2].map(|part| widened(&displacement.coefficients[part], knots));
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for (x, &first) in axes[2].first.iter().enumerate() {
            match runs.last_mut() {
                Some((at, _, end)) if *at == first => *end = x + 1,
                _ => runs.push((first, x, x + 1)),
            }
        }
        Self {
            wide,
            knots: knots.map(|count| count.max(2) + 2),
            axes,
            runs,
        }
    }

    /// The displacements along one axis of the voxels of a row.
    pub fn row(&self, axis: usize, z: usize, y: usize, line: &mut [f32]) {
        let (wide, [_, high, across]) = (&self.wide[axis], self.knots);
        // First the coefficients along the row, then the row.
        let mut by_x = [0.0f32; 66];
        for (k, by_z) in self.axes[0].weights.iter().enumerate() {
            for (j, by_y) in self.axes[1].weights.iter().enumerate() {
                let weight = by_z[z] * by_y[y];
                let start = ((self.axes[0].first[z] + k) * high + self.axes[1].first[y] + j) * across;
                for (sum, c) in by_x.iter_mut().zip(&wide[start..start + across]) {
                    *sum += weight * c;
                }
            }
        }
        let [w0, w1, w2, w3] = &self.axes[2].weights;
        for &(first, start, end) in &self.runs {
            let [a, b, c, d] = [0, 1, 2, 3].map(|i| by_x[first + i]);
            let weights = w0[start..end]
                .iter()
                .zip(&w1[start..end])
                .zip(&w2[start..end])
                .zip(&w3[start..end]);
            for (to, (((t, u), v), w)) in line[start..end].iter_mut().zip(weights) {
                *to = t * a + u * b + v * c + w * d;
            }
        }
    }
}

/// The coefficients with one mirrored one at each end of each axis.
fn widened(coefficients: &[f32], knots: [usize; 3]) -> Vec<f32> {
    let border = super::Border::Mirror;
    let from = |i: usize, count: usize| border.index(i as i64 - 1, count).unwrap_or(0);
    let wide = knots.map(|count| count.max(2) + 2);
    let mut out = Vec::with_capacity(wide.iter().product());
    for z in 0..wide[0] {
        for y in 0..wide[1] {
            for x in 0..wide[2] {
                let (z, y, x) = (from(z, knots[0]), from(y, knots[1]), from(x, knots[2]));
                out.push(coefficients[(z * knots[1] + y) * knots[2] + x]);
            }
        }
    }
    out
}

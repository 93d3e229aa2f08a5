//! Reading an image and its labels at any places: what rotations, scalings and elastic deformations share.

use super::spline::cubic_weights;
use super::{Border, Extension, Interpolation, LabelInterpolation, cut, for_lines, prefilter};
use crate::transform::Subject;

/// Beyond a border that is not a mirror, a cubic spline needs so many voxels more to settle.
const MARGIN: usize = 12;

/// Says for each voxel of a new grid where it is read from, in voxels of the old one.
pub(crate) trait Places: Sync {
    /// Fills the places `[depth, height, width]` of the new row `(z, y)`, one list an axis, each as long as a row.
    fn row(&self, z: usize, y: usize, places: &mut [Vec<f64>; 3]);
}

/// The subject's image and labels on a new grid of `size`.
pub(crate) fn warped(
    subject: &Subject,
    size: [usize; 3],
    places: &impl Places,
    (image_by, labels_by): (Interpolation, LabelInterpolation),
    border: Border,
) -> (Vec<f32>, Option<Vec<u32>>) {
    let old = subject.size();
    let image = match image_by {
        Interpolation::Cubic => {
            let (coefficients, wide, margin) = coefficients(subject, border);
            let reader = Grid::new(&coefficients, wide, subject.channels(), border);
            read(&reader, size, places, |grid, at| grid.cubic(at, margin), 0.0)
        }
        Interpolation::Linear if subject.is_planar() => {
            let reader = Grid::new(subject.image(), old, subject.channels(), border);
            read(&reader, size, places, |plane, at| plane.bilinear(at), 0.0)
        }
        Interpolation::Linear => {
            let reader = Grid::new(subject.image(), old, subject.channels(), border);
            read(&reader, size, places, |plane, at| plane.linear(at), 0.0)
        }
        Interpolation::Nearest => {
            let reader = Grid::new(subject.image(), old, subject.channels(), border);
            read(&reader, size, places, |plane, at| plane.nearest(at), 0.0)
        }
    };
    let labels = subject.labels().map(|labels| {
        let reader = Grid::new(labels, old, 1, border);
        match labels_by {
            LabelInterpolation::Nearest => read(&reader, size, places, |plane, at| plane.nearest(at), 0),
            LabelInterpolation::Linear => read(&reader, size, places, |plane, at| plane.strongest(at), 0),
        }
    });
    (image, labels)
}

/// The values of the old grid, channel by channel.
struct Grid<'a, T> {
    values: &'a [T],
    size: [usize; 3],
    channels: usize,
    border: Border,
}

impl<'a, T> Grid<'a, T> {
    fn new(values: &'a [T], size: [usize; 3], channels: usize, border: Border) -> Self {
        Self {
            values,
            size,
            channels,
            border,
        }
    }
}

/// One channel of it.
struct Plane<'a, T> {
    values: &'a [T],
    size: [usize; 3],
    border: Border,
}

fn read<T: Copy + Send + Sync>(
    grid: &Grid<T>,
    size: [usize; 3],
    places: &impl Places,
    value: impl Fn(&Plane<T>, [f64; 3]) -> T + Sync + Send,
    blank: T,
) -> Vec<T> {
    let [depth, height, width] = size;
    let voxels: usize = grid.size.iter().product();
    let rows = depth * height;
    let mut out = vec![blank; grid.channels * rows * width];
    // Rows of several channels are read from the same places; with one channel, the usual case, nothing is computed twice.
    for_lines(&mut out, width, |i, line| {
        let (channel, row) = (i / rows, i % rows);
        let plane = Plane {
            values: &grid.values[channel * voxels..(channel + 1) * voxels],
            size: grid.size,
            border: grid.border,
        };
        thread_local! {
            static PLACES: std::cell::RefCell<[Vec<f64>; 3]> = const { std::cell::RefCell::new([Vec::new(), Vec::new(), Vec::new()]) };
        }
        PLACES.with_borrow_mut(|at| {
            at.iter_mut().for_each(|list| list.resize(width, 0.0));
            places.row(row / height, row % height, at);
            let [z, y, x] = &*at;
            for (((to, &z), &y), &x) in line.iter_mut().zip(z).zip(y).zip(x) {
                *to = value(&plane, [z, y, x]);
            }
        });
    });
    out
}

/// The whole number below and the rest, without a call.
#[inline(always)]
fn split(x: f64) -> (i64, f32) {
    let cut = x as i32;
    let floor = cut - i32::from(f64::from(cut) > x);
    (i64::from(floor), (x - f64::from(floor)) as f32)
}

impl<T: Copy> Plane<'_, T> {
    /// The value at whole places, which may lie outside.
    fn at(&self, [z, y, x]: [i64; 3], constant: T) -> T {
        let [depth, height, width] = self.size;
        match (
            self.border.index(z, depth),
            self.border.index(y, height),
            self.border.index(x, width),
        ) {
            (Some(z), Some(y), Some(x)) => self.values[(z * height + y) * width + x],
            _ => constant,
        }
    }

    /// Position of the voxel, if it and its next neighbours along each axis lie inside.
    #[inline(always)]
    fn inside(&self, [z, y, x]: [i64; 3]) -> Option<usize> {
        let [depth, height, width] = self.size;
        // A number below 0 is a very large one without its sign.
        let fits = (z as u64) < depth as u64 - 1 && (y as u64) < height as u64 - 1 && (x as u64) < width as u64 - 1;
        fits.then(|| (z as usize * height + y as usize) * width + x as usize)
    }
}

trait Constant {
    fn of(border: Border) -> Self;
}

impl Constant for f32 {
    fn of(border: Border) -> Self {
        border.constant()
    }
}

impl Constant for u32 {
    fn of(_: Border) -> Self {
        0
    }
}

impl<T: Copy + Constant> Plane<'_, T> {
    fn nearest(&self, at: [f64; 3]) -> T {
        let [z, y, x] = at.map(|place| split(place + 0.5).0);
        let [depth, height, width] = self.size;
        // A number below 0 is a very large one without its sign.
        match (z as u64) < depth as u64 && (y as u64) < height as u64 && (x as u64) < width as u64 {
            true => self.values[(z as usize * height + y as usize) * width + x as usize],
            false => self.at([z, y, x], T::of(self.border)),
        }
    }
}

impl Plane<'_, f32> {
    #[inline(always)]
    fn bilinear(&self, [_, y, x]: [f64; 3]) -> f32 {
        let ((y, v), (x, u)) = (split(y), split(x));
        let [_, height, width] = self.size;
        let corners = if (y as u64) < height as u64 - 1 && (x as u64) < width as u64 - 1 {
            let i = y as usize * width + x as usize;
            let (top, bottom) = (&self.values[i..i + 2], &self.values[i + width..i + width + 2]);
            [top[0], top[1], bottom[0], bottom[1]]
        } else {
            let at = |dy, dx| self.at([0, y + dy, x + dx], self.border.constant());
            [at(0, 0), at(0, 1), at(1, 0), at(1, 1)]
        };
        let top = corners[0] + u * (corners[1] - corners[0]);
        let bottom = corners[2] + u * (corners[3] - corners[2]);
        top + v * (bottom - top)
    }

    #[inline(always)]
    fn linear(&self, at: [f64; 3]) -> f32 {
        let [(z, w), (y, v), (x, u)] = at.map(split);
        let [_, height, width] = self.size;
        let corners = match self.inside([z, y, x]) {
            Some(i) => {
                let pair = |i: usize| -> [f32; 2] {
                    match self.values.get(i..i + 2) {
                        Some(&[a, b]) => [a, b],
                        _ => [0.0; 2],
                    }
                };
                let below = i + height * width;
                [pair(i), pair(i + width), pair(below), pair(below + width)]
            }
            None => self.corners([z, y, x]),
        };
        let [a, b, c, d] = corners.map(|[left, right]| left + u * (right - left));
        let (top, bottom) = (a + v * (b - a), c + v * (d - c));
        top + w * (bottom - top)
    }

    #[cold]
    fn corners(&self, [z, y, x]: [i64; 3]) -> [[f32; 2]; 4] {
        let constant = self.border.constant();
        [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(dz, dy)| [0, 1].map(|dx| self.at([z + dz, y + dy, x + dx], constant)))
    }

    fn cubic(&self, at: [f64; 3], margin: [usize; 3]) -> f32 {
        let mut sum = 0.0;
        let axes: [([i64; 4], [f32; 4]); 3] = std::array::from_fn(|axis| {
            // Nothing lies before or behind a 2-D image, not even a border.
            if self.size[axis] == 1 {
                return ([0; 4], [1.0, 0.0, 0.0, 0.0]);
            }
            let place = at[axis] + margin[axis] as f64;
            let first = split(place).0;
            let weights = cubic_weights(place - first as f64);
            ([-1, 0, 1, 2].map(|step| first + step), weights)
        });
        for (z, w) in axes[0].0.iter().zip(axes[0].1).filter(|(_, w)| *w > 0.0) {
            for (y, v) in axes[1].0.iter().zip(axes[1].1) {
                let mut row = 0.0;
                for (x, u) in axes[2].0.iter().zip(axes[2].1) {
                    row += u * self.at([*z, *y, *x], self.border.constant());
                }
                sum += w * v * row;
            }
        }
        sum
    }
}

impl Plane<'_, u32> {
    /// The label with the most weight among the eight neighbours.
    fn strongest(&self, at: [f64; 3]) -> u32 {
        let [(z, w), (y, v), (x, u)] = at.map(split);
        let corner = |i: i64| self.at([z + (i >> 2), y + (i >> 1 & 1), x + (i & 1)], 0);
        let labels: [u32; 8] = std::array::from_fn(|i| corner(i as i64));
        if labels.iter().all(|&label| label == labels[0]) {
            return labels[0];
        }
        let weight = |i: usize| {
            let side = |upper: bool, part: f32| if upper { part } else { 1.0 - part };
            side(i & 4 > 0, w) * side(i & 2 > 0, v) * side(i & 1 > 0, u)
        };
        let votes = labels.map(|label| (0..8).filter(|&i| labels[i] == label).map(weight).sum::<f32>());
        let best = |a: usize, b: usize| votes[a].total_cmp(&votes[b]).then(labels[b].cmp(&labels[a]));
        labels[(0..8).max_by(|&a, &b| best(a, b)).unwrap_or(0)]
    }
}

/// Spline coefficients of each channel, their size, and how many lie before the first voxel.
fn coefficients(subject: &Subject, border: Border) -> (Vec<f32>, [usize; 3], [usize; 3]) {
    let size = subject.size();
    // Mirrored, or of length 1 and not constant beyond, an axis needs no margin.
    let margin = size.map(|side| match border {
        Border::Mirror => 0,
        Border::Edge if side == 1 => 0,
        _ => MARGIN,
    });
    let margin = if subject.is_planar() {
        [0, margin[1], margin[2]]
    } else {
        margin
    };
    let wide = [0, 1, 2].map(|axis| size[axis] + 2 * margin[axis]);
    let start = margin.map(|m| -(m as i64));
    let mut values = cut(subject.image(), size, start, wide, border, border.constant());
    let extension = match border {
        Border::Mirror => Extension::Mirror,
        _ => Extension::Edge,
    };
    for axis in 0..3 {
        prefilter(&mut values, wide[axis], wide[axis + 1..].iter().product(), extension);
    }
    (values, wide, margin)
}

//! Resampling along one axis after the other.

use super::spline::cubic_weights;
use super::{Extension, Interpolation, for_lines, prefilter};

/// Beyond each end a cubic spline is given so many more coefficients, of the end value.
const MARGIN: usize = 4;

/// New places along one axis: place `i` lies at `offset + i * step`, counted in old voxels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct AxisPlan {
    /// Old voxels.
    pub old: usize,
    /// New voxels.
    pub new: usize,
    /// Where the first new voxel lies.
    pub offset: f64,
    /// How far apart the new ones are.
    pub step: f64,
}

impl AxisPlan {
    /// The old grid's outer edge stays where it is, and one new voxel is `step` old ones wide.
    pub fn stepped(old: usize, new: usize, step: f64) -> Self {
        Self {
            old,
            new,
            offset: 0.5 * step - 0.5,
            step,
        }
    }

    /// The whole old extent in `new` voxels.
    pub fn fitted(old: usize, new: usize) -> Self {
        Self::stepped(old, new, old as f64 / new.max(1) as f64)
    }

    /// Whether nothing changes.
    pub fn is_same(&self) -> bool {
        self.old == self.new && self.step == 1.0 && self.offset == 0.0
    }

    /// Where a new voxel lies, in old ones.
    pub fn place(&self, i: usize) -> f64 {
        self.offset + i as f64 * self.step
    }

    /// The nearest old voxel of each new one; halfway, the later one.
    pub fn nearest(&self) -> Vec<usize> {
        let last = self.old.saturating_sub(1);
        (0..self.new)
            .map(|i| ((self.place(i) + 0.5).floor().max(0.0) as usize).min(last))
            .collect()
    }

    /// The two old voxels around each new one, and their weights; beyond the ends the end voxel.
    pub fn linear(&self) -> Vec<[(usize, f32); 2]> {
        let last = self.old.saturating_sub(1);
        (0..self.new)
            .map(|i| {
                let at = self.place(i).clamp(0.0, last as f64);
                let first = (at as usize).min(last.saturating_sub(1));
                let part = (at - first as f64) as f32;
                [(first, 1.0 - part), ((first + 1).min(last), part)]
            })
            .collect()
    }

    /// The four spline coefficients around each new voxel, in a line with [`MARGIN`] more at each end.
    fn cubic(&self) -> Vec<[(usize, f32); 4]> {
        let end = self.old + 2 * MARGIN - 1;
        (0..self.new)
            .map(|i| {
                let at = (self.place(i) + MARGIN as f64).clamp(0.0, end as f64);
                let floor = at.floor();
                let weights = cubic_weights(at - floor);
                let index = |k: usize| (floor as usize + k).saturating_sub(1).min(end);
                [0, 1, 2, 3].map(|k| (index(k), weights[k]))
            })
            .collect()
    }
}

/// An image, channel by channel, at new places along all three axes.
pub(crate) fn resampled(mut values: Vec<f32>, plans: [AxisPlan; 3], how: Interpolation) -> Vec<f32> {
    // Axes that shrink most come first, so that the others have less to do.
    let mut order = [0, 1, 2];
    order.sort_by(|&a, &b| plans[b].step.total_cmp(&plans[a].step));
    let mut size = plans.map(|plan| plan.old);
    for axis in order {
        let plan = &plans[axis];
        if plan.is_same() {
            continue;
        }
        let inner = size[axis + 1..].iter().product();
        values = match how {
            Interpolation::Nearest => along(
                &values,
                plan.old,
                inner,
                &plan.nearest().iter().map(|&i| [(i, 1.0)]).collect::<Vec<_>>(),
            ),
            Interpolation::Linear => along(&values, plan.old, inner, &plan.linear()),
            Interpolation::Cubic => {
                let mut wide = with_margin(&values, plan.old, inner);
                prefilter(&mut wide, plan.old + 2 * MARGIN, inner, Extension::Edge);
                along(&wide, plan.old + 2 * MARGIN, inner, &plan.cubic())
            }
        };
        size[axis] = plan.new;
    }
    values
}

/// Labels at new places along all three axes.
pub(crate) fn resampled_labels(labels: &[u32], plans: [AxisPlan; 3]) -> Vec<u32> {
    let [_, height, width] = plans.map(|plan| plan.old);
    let [deep, high, wide] = plans.map(|plan| plan.new);
    let [z_from, y_from, x_from] = plans.map(|plan| plan.nearest());
    let mut out = vec![0; deep * high * wide];
    for_lines(&mut out, wide, |i, line| {
        let start = (z_from[i / high] * height + y_from[i % high]) * width;
        let row = &labels[start..start + width];
        line.iter_mut().zip(&x_from).for_each(|(to, &from)| *to = row[from]);
    });
    out
}

/// Each new row is a weighted sum of `K` old ones.
fn along<const K: usize>(values: &[f32], old: usize, inner: usize, taps: &[[(usize, f32); K]]) -> Vec<f32> {
    let new = taps.len();
    let outer = values.len() / (old * inner).max(1);
    let mut out = vec![0.0; outer * new * inner];
    if inner == 1 {
        for_lines(&mut out, new, |i, line| {
            let row = &values[i * old..(i + 1) * old];
            for (to, taps) in line.iter_mut().zip(taps) {
                *to = taps.iter().map(|&(from, weight)| weight * row[from]).sum();
            }
        });
        return out;
    }
    for_lines(&mut out, inner, |i, line| {
        let block = &values[i / new * old * inner..];
        let row = |from: usize| &block[from * inner..(from + 1) * inner];
        let taps = &taps[i % new];
        match taps.as_slice() {
            [(a, _)] => line.copy_from_slice(row(*a)),
            [(a, u), (b, v)] => {
                for ((to, a), b) in line.iter_mut().zip(row(*a)).zip(row(*b)) {
                    *to = u * a + v * b;
                }
            }
            [(a, t), (b, u), (c, v), (d, w)] => {
                let rows = row(*a).iter().zip(row(*b)).zip(row(*c)).zip(row(*d));
                for (to, (((a, b), c), d)) in line.iter_mut().zip(rows) {
                    *to = t * a + u * b + v * c + w * d;
                }
            }
            _ => {}
        }
    });
    out
}

fn with_margin(values: &[f32], n: usize, inner: usize) -> Vec<f32> {
    let mut wide = Vec::with_capacity(values.len() / n.max(1) * (n + 2 * MARGIN));
    for block in values.chunks_exact((n * inner).max(1)) {
        for _ in 0..MARGIN {
            wide.extend_from_slice(&block[..inner]);
        }
        wide.extend_from_slice(block);
        for _ in 0..MARGIN {
            wide.extend_from_slice(&block[block.len() - inner..]);
        }
    }
    wide
}

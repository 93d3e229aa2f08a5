//! Cubic B-splines through given values.

use super::for_lines;

/// How a line of values goes on beyond its ends, for the filter that finds spline coefficients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extension {
    /// The last value again and again.
    Edge,
    /// Mirrored at the last value.
    Mirror,
}

/// The pole of the cubic B-spline, sqrt(3) - 2 (Unser 1999, "Splines: a perfect fit for signal and image processing", box 2).
const POLE: f32 = -0.267_949_2;

/// Weights of past values below this power of the pole do not show in single precision.
const HORIZON: usize = 14;

/// Values along the middle axis of `[outer, n, inner]` become the coefficients of the cubic spline through them: a filter forth and a
/// filter back, begun as if the line went on for ever in the way of `extension`.
pub(crate) fn prefilter(values: &mut [f32], n: usize, inner: usize, extension: Extension) {
    if n < 2 {
        return;
    }
    // A block of lines side by side is filtered row by row, all its lines abreast.
    for_lines(values, n * inner, |_, block| {
        let last: Vec<f32> = block[(n - 1) * inner..].iter().map(|x| 6.0 * x).collect();
        let first = beginning(block, n, inner, extension);
        block[..inner].copy_from_slice(&first);
        for i in 1..n {
            let (before, now) = block.split_at_mut(i * inner);
            let before = &before[(i - 1) * inner..];
            for (x, past) in now[..inner].iter_mut().zip(before) {
                *x = 6.0 * *x + POLE * past;
            }
        }
        let (before, end) = block.split_at_mut((n - 1) * inner);
        let before = &before[(n - 2) * inner..];
        for ((x, past), v) in end.iter_mut().zip(before).zip(&last) {
            *x = match extension {
                Extension::Mirror => POLE / (POLE * POLE - 1.0) * (*x + POLE * past),
                Extension::Edge => {
                    let steady = v / (1.0 - POLE);
                    -POLE * (steady / (1.0 - POLE) + (*x - steady) / (1.0 - POLE * POLE))
                }
            };
        }
        for i in (0..n - 1).rev() {
            let (now, after) = block[i * inner..].split_at_mut(inner);
            for (x, next) in now.iter_mut().zip(&after[..inner]) {
                *x = POLE * (next - *x);
            }
        }
    });
}

/// The first row of the filter forth: the sum of the row and all before it, each weighted by a further power of the pole.
fn beginning(block: &[f32], n: usize, inner: usize, extension: Extension) -> Vec<f32> {
    let row = |i: usize| &block[i * inner..(i + 1) * inner];
    match extension {
        Extension::Edge => row(0).iter().map(|x| 6.0 * x / (1.0 - POLE)).collect(),
        Extension::Mirror => {
            let mut sum = vec![0.0; inner];
            for k in (0..HORIZON).rev() {
                let period = 2 * (n - 1);
                let i = (k % period).min(period - k % period);
                for (sum, x) in sum.iter_mut().zip(row(i)) {
                    *sum = 6.0 * x + POLE * *sum;
                }
            }
            sum
        }
    }
}

/// Weights of the four coefficients around a place `t` (0..1) beyond the second of them.
pub(crate) fn cubic_weights(t: f64) -> [f32; 4] {
    let r = 1.0 - t;
    [
        r * r * r / 6.0,
        (4.0 - 6.0 * t * t + 3.0 * t * t * t) / 6.0,
        (4.0 - 6.0 * r * r + 3.0 * r * r * r) / 6.0,
        t * t * t / 6.0,
    ]
    .map(|weight| weight as f32)
}

/// Places along one axis at which a spline with few coefficients, mirrored at its ends, is to be read: the coarse grid of an elastic
/// deformation.
#[derive(Clone, Debug)]
pub(crate) struct CubicAxis {
    /// For each place the first of its four coefficients, counted in a line with one mirrored coefficient before and after.
    pub first: Vec<usize>,
    /// The weights of the four, one list each.
    pub weights: [Vec<f32>; 4],
}

impl CubicAxis {
    /// `n` places spread evenly from the first to the last of `knots` (2 or more).
    pub fn spread(knots: usize, n: usize) -> Self {
        let step = (knots - 1) as f64 / n.saturating_sub(1).max(1) as f64;
        let mut axis = Self {
            first: Vec::with_capacity(n),
            weights: std::array::from_fn(|_| Vec::with_capacity(n)),
        };
        for i in 0..n {
            let at = i as f64 * step;
            let first = (at as usize).min(knots - 2);
            axis.first.push(first);
            let weights = cubic_weights(at - first as f64);
            axis.weights.iter_mut().zip(weights).for_each(|(list, w)| list.push(w));
        }
        axis
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The spline through coefficients at the places of the values, with one coefficient more at each end.
    fn at_knots(coefficients: &[f32], before: f32, after: f32) -> Vec<f32> {
        let all = [&[before], coefficients, &[after]].concat();
        all.windows(3).map(|w| (w[0] + 4.0 * w[1] + w[2]) / 6.0).collect()
    }

    #[test]
    fn the_spline_goes_through_the_values() {
        for n in 2..9 {
            let values: Vec<f32> = (0..n).map(|i| ((i * i * 7) % 11) as f32 - 3.0).collect();
            let mut c = values.clone();
            prefilter(&mut c, n, 1, Extension::Mirror);
            let back = at_knots(&c, c[1], c[n - 2]);
            assert!(
                back.iter().zip(&values).all(|(a, b)| (a - b).abs() < 1e-4),
                "{back:?} {values:?}"
            );
        }
    }

    #[test]
    fn a_constant_stays_and_lines_abreast_are_filtered_alike() {
        let mut flat = [5.0; 6];
        prefilter(&mut flat, 6, 1, Extension::Edge);
        assert!(flat.iter().all(|c| (c - 5.0).abs() < 1e-5), "{flat:?}");
        let mut alone = [1.0, -2.0, 4.0, 0.5];
        let mut abreast = [1.0, 0.0, -2.0, 0.0, 4.0, 0.0, 0.5, 0.0];
        for extension in [Extension::Edge, Extension::Mirror] {
            prefilter(&mut alone, 4, 1, extension);
            prefilter(&mut abreast, 4, 2, extension);
            assert_eq!(abreast.iter().step_by(2).copied().collect::<Vec<_>>(), alone);
        }
    }
}

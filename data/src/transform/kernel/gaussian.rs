//! Blurring by a Gaussian.

use super::for_lines;

/// The image blurred with standard deviations `sigma` in voxels along `[depth, height, width]`; 0 leaves an axis alone. The bell is cut
/// at four standard deviations; beyond the edge the image is reflected with its last voxel repeated, `c b a | a b c | c b a`: SciPy's
/// `gaussian_filter` as it is called without options.
pub(crate) fn blurred(mut values: Vec<f32>, size: [usize; 3], sigma: [f64; 3]) -> Vec<f32> {
    for axis in 0..3 {
        // A blur along an axis of length 1 changes nothing.
        if sigma[axis] > 0.0 && size[axis] > 1 {
            let bell = bell(sigma[axis]);
            let inner = size[axis + 1..].iter().product();
            values = match inner {
                1 => along_rows(&values, size[axis], &bell),
                _ => across_rows(&values, size[axis], inner, &bell),
            };
        }
    }
    values
}

/// One half of the bell, middle first, the whole summing to 1.
fn bell(sigma: f64) -> Vec<f32> {
    let reach = (4.0 * sigma + 0.5) as usize;
    let half: Vec<f64> = (0..=reach).map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp()).collect();
    let sum = 2.0 * half.iter().sum::<f64>() - 1.0;
    half.iter().map(|weight| (weight / sum) as f32).collect()
}

/// The position inside that `i` is reflected to, the end voxel repeated.
fn reflected(i: i64, n: usize) -> usize {
    let (n, period) = (n as i64, 2 * n as i64);
    let i = i.rem_euclid(period);
    i.min(period - 1 - i).clamp(0, n - 1) as usize
}

fn along_rows(values: &[f32], n: usize, bell: &[f32]) -> Vec<f32> {
    let reach = bell.len() - 1;
    let mut out = vec![0.0; values.len()];
    for_lines(&mut out, n, |i, line| {
        let row = &values[i * n..(i + 1) * n];
        let wide: Vec<f32> = (0..n + 2 * reach)
            .map(|i| row[reflected(i as i64 - reach as i64, n)])
            .collect();
        for (k, weight) in bell.iter().enumerate() {
            let (left, right) = (&wide[reach - k..], &wide[reach + k..]);
            match k {
                0 => line.iter_mut().zip(left).for_each(|(to, a)| *to = weight * a),
                _ => {
                    for ((to, a), b) in line.iter_mut().zip(left).zip(right) {
                        *to += weight * (a + b);
                    }
                }
            }
        }
    });
    out
}

fn across_rows(values: &[f32], n: usize, inner: usize, bell: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; values.len()];
    for_lines(&mut out, inner, |i, line| {
        let block = &values[i / n * n * inner..];
        let at = (i % n) as i64;
        let row = |i: i64| {
            let from = reflected(i, n) * inner;
            &block[from..from + inner]
        };
        for (k, weight) in bell.iter().enumerate() {
            let (before, after) = (row(at - k as i64), row(at + k as i64));
            match k {
                0 => line.iter_mut().zip(before).for_each(|(to, a)| *to = weight * a),
                _ => {
                    for ((to, a), b) in line.iter_mut().zip(before).zip(after) {
                        *to += weight * (a + b);
                    }
                }
            }
        }
    });
    out
}

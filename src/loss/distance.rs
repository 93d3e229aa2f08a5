//! Exact Euclidean distances on a grid, in time proportional to its size.

/// The squared distance of each pixel to the nearest one that is inside, infinite if none is. The grid is taken axis by
/// axis; along a line, the distances are the lower envelope of a parabola a pixel (Felzenszwalb and Huttenlocher 2012,
/// section 2.1).
pub(super) fn squared_distances(inside: &[bool], size: &[usize], spacing: &[f64]) -> Vec<f64> {
    let mut squares: Vec<f64> = inside.iter().map(|&i| if i { 0.0 } else { f64::INFINITY }).collect();
    let longest = size.iter().copied().max().unwrap_or(0);
    let mut line = Vec::with_capacity(longest);
    let mut envelope = Vec::with_capacity(longest);
    for (axis, (&side, &step)) in size.iter().zip(spacing).enumerate() {
        let stride: usize = size[axis + 1..].iter().product();
        for start in line_starts(squares.len(), side, stride) {
            line.clear();
            line.extend((0..side).map(|i| squares[start + i * stride]));
            lower_envelope(&line, step, &mut envelope);
            let mut k = 0;
            for i in 0..side {
                let x = i as f64 * step;
                while k + 1 < envelope.len() && envelope[k + 1].1 <= x {
                    k += 1;
                }
                if let Some(&(apex, _)) = envelope.get(k) {
                    let away = x - apex as f64 * step;
                    squares[start + i * stride] = line[apex] + away * away;
                }
            }
        }
    }
    squares
}

/// Where the lines along an axis begin.
pub(super) fn line_starts(len: usize, side: usize, stride: usize) -> impl Iterator<Item = usize> {
    (0..len).filter(move |i| (i / stride).is_multiple_of(side))
}

/// The parabolas of which the envelope consists, left to right, each with the position from which it is the lowest.
fn lower_envelope(line: &[f64], step: f64, envelope: &mut Vec<(usize, f64)>) {
    envelope.clear();
    for (i, &height) in line.iter().enumerate().filter(|(_, height)| height.is_finite()) {
        let x = i as f64 * step;
        let mut from = f64::NEG_INFINITY;
        while let Some(&(j, lowest_from)) = envelope.last() {
            let other = j as f64 * step;
            from = ((height + x * x) - (line[j] + other * other)) / (2.0 * (x - other));
            if from > lowest_from {
                break;
            }
            envelope.pop();
            from = f64::NEG_INFINITY;
        }
        envelope.push((i, from));
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    fn position(mut i: usize, size: &[usize], spacing: &[f64]) -> Vec<f64> {
        let mut at: Vec<f64> = size
            .iter()
            .zip(spacing)
            .rev()
            .map(|(side, step)| ((i % side) as f64 * step, i /= side).0)
            .collect();
        at.reverse();
        at
    }

    #[test]
    fn as_far_as_the_nearest_of_all() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for case in 0..60 {
            let axes = 2 + case % 2;
            let size: Vec<usize> = (0..axes).map(|_| rng.random_range(1..9)).collect();
            let spacing: Vec<f64> = (0..axes).map(|_| rng.random_range(0.2..3.0)).collect();
            let len = size.iter().product();
            let density = [0.05, 0.3, 0.9][case % 3];
            let inside: Vec<bool> = (0..len).map(|_| rng.random_bool(density)).collect();
            for (i, found) in squared_distances(&inside, &size, &spacing).into_iter().enumerate() {
                let here = position(i, &size, &spacing);
                let expected = (0..len)
                    .filter(|&j| inside[j])
                    .map(|j| position(j, &size, &spacing))
                    .map(|there| here.iter().zip(there).map(|(a, b)| (a - b).powi(2)).sum::<f64>())
                    .fold(f64::INFINITY, f64::min);
                assert!(
                    found == expected || (found - expected).abs() < 1e-9,
                    "{found} {expected}"
                );
            }
        }
    }
}

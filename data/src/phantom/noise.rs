//! Random fields: the raw material of textures and winding outlines.

use rand::{Rng, RngExt};

/// A square of numbers, row by row.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub size: usize,
    pub data: Vec<f32>,
}

impl Field {
    pub fn filled(size: usize, value: f32) -> Self {
        Self {
            size,
            data: vec![value; size * size],
        }
    }

    /// The value at a place, the nearest one inside for a place outside.
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let clamp = |v: f32| (v.max(0.0) as usize).min(self.size - 1);
        self.data[clamp(y) * self.size + clamp(x)]
    }

    /// Smooth noise of mean 0 and variance 1 whose hills are about `scale` pixels wide: random values on a coarse grid,
    /// joined by cubic B-splines.
    pub fn smooth(rng: &mut impl Rng, size: usize, scale: f32) -> Self {
        let grid = (size as f32 / scale) as usize + 5;
        let (shift_x, shift_y): (f32, f32) = (rng.random(), rng.random());
        let knots: Vec<f32> = (0..grid * grid).map(|_| normal(rng)).collect();
        let place = |i: usize, shift: f32| {
            let at = i as f32 / scale + shift;
            (at as usize, b_spline(at.fract()))
        };
        let mut wide = vec![0.0; size * grid];
        for x in 0..size {
            let (first, weights) = place(x, shift_x);
            for row in 0..grid {
                wide[row * size + x] = (0..4).map(|i| weights[i] * knots[row * grid + first + i]).sum();
            }
        }
        // The mean square of the four weights' sum of squares over all phases is 151/315 along each axis.
        let unit = 315.0 / 151.0;
        let mut data = Vec::with_capacity(size * size);
        for y in 0..size {
            let (first, weights) = place(y, shift_y);
            data.extend(
                (0..size).map(|x| unit * (0..4).map(|i| weights[i] * wide[(first + i) * size + x]).sum::<f32>()),
            );
        }
        Self { size, data }
    }

    /// The field smoothed by a bell of standard deviation `sigma` pixels, edges repeated.
    pub fn blurred(&self, sigma: f32) -> Self {
        self.blurred_by(sigma, sigma)
    }

    /// The field smoothed by a bell of another width along x than along y.
    pub fn blurred_by(&self, sigma_x: f32, sigma_y: f32) -> Self {
        let last = self.size as isize - 1;
        let pass = |from: &[f32], sigma: f32, step_x: usize, step_y: usize| -> Vec<f32> {
            let reach = (3.0 * sigma).ceil() as isize;
            let bell: Vec<f32> = (-reach..=reach)
                .map(|i| (-0.5 * (i as f32 / sigma).powi(2)).exp())
                .collect();
            let sum: f32 = bell.iter().sum();
            let mut to = vec![0.0; from.len()];
            for y in 0..self.size {
                for x in 0..self.size {
                    let taps = bell.iter().zip(-reach..);
                    let total: f32 = taps
                        .map(|(w, i)| w * from[y * step_y + (x as isize + i).clamp(0, last) as usize * step_x])
                        .sum();
                    to[y * step_y + x * step_x] = total / sum;
                }
            }
            to
        };
        let rows = pass(&self.data, sigma_x, 1, self.size);
        Self {
            size: self.size,
            data: pass(&rows, sigma_y, self.size, 1),
        }
    }

    /// White noise of mean 0 and variance 1.
    pub fn white(rng: &mut impl Rng, size: usize) -> Self {
        let data = (0..size * size).map(|_| normal(rng)).collect();
        Self { size, data }
    }
}

fn b_spline(t: f32) -> [f32; 4] {
    let (t2, t3, r) = (t * t, t * t * t, 1.0 - t);
    [
        r * r * r / 6.0,
        (3.0 * t3 - 6.0 * t2 + 4.0) / 6.0,
        (-3.0 * t3 + 3.0 * t2 + 3.0 * t + 1.0) / 6.0,
        t3 / 6.0,
    ]
}

/// A bell-shaped random number of mean 0 and variance 1: four uniform ones added, the same on every machine to the
/// last bit.
pub(super) fn normal(rng: &mut impl Rng) -> f32 {
    let bits = rng.next_u64();
    let sum: u32 = (0..4).map(|i| (bits >> (16 * i)) as u16 as u32).sum();
    (sum as f32 / 65536.0 - 2.0) * 3f32.sqrt()
}

/// A number between two others, evenly.
pub(super) fn between(rng: &mut impl Rng, low: f32, high: f32) -> f32 {
    low + (high - low) * rng.random::<f32>()
}

/// The distance between two places.
pub(super) fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    let (dx, dy) = (a[0] - b[0], a[1] - b[1]);
    (dx * dx + dy * dy).sqrt()
}

/// 0 below `from`, 1 above `to`, smooth between.
pub(super) fn smoothstep(from: f32, to: f32, v: f32) -> f32 {
    let t = ((v - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Rounded to one of 256 grey values, as a camera's 8-bit file holds them.
pub(super) fn grey_level(v: f32) -> f32 {
    (v.clamp(0.0, 1.0) * 255.0).round() / 255.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn noise_has_mean_0_and_variance_1() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for values in [
            (0..40_000).map(|_| normal(&mut rng)).collect::<Vec<_>>(),
            Field::smooth(&mut rng, 200, 3.0).data,
        ] {
            let mean = values.iter().sum::<f32>() / values.len() as f32;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32;
            assert!(mean.abs() < 0.05 && (variance - 1.0).abs() < 0.1, "{mean} {variance}");
        }
    }

    #[test]
    fn blurring_keeps_the_sum_of_a_dot_and_spreads_it_evenly() {
        let mut dot = Field::filled(21, 0.0);
        dot.data[10 * 21 + 10] = 1.0;
        let blurred = dot.blurred(1.5);
        assert!((blurred.data.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!((blurred.at(8.0, 10.0) - blurred.at(10.0, 12.0)).abs() < 1e-7);
        // The peak of a bell of standard deviation s is 1 / (2 pi s^2), here 0.0707.
        assert!((blurred.at(10.0, 10.0) - 0.0707).abs() < 0.001);
    }
}

//! The normal distribution.

use std::f64::consts::{PI, SQRT_2};

/// Share of a standard normal distribution below `z`.
pub(super) fn below(z: f64) -> f64 {
    0.5 * complementary_error(-z / SQRT_2)
}

/// The `z` below which a share `p` of a standard normal distribution lies; infinite for 0 and 1.
pub(super) fn quantile(p: f64) -> f64 {
    if p.is_nan() || !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p > 0.5 {
        return -quantile(1.0 - p);
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    // The tail is near exp(-z²/2); from there Newton's steps. The curve is convex below the mean, so that after the
    // first step they come down to the root from one side.
    let mut z = -(-2.0 * p.ln()).sqrt();
    for _ in 0..100 {
        let density = (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
        let step = (below(z) - p) / density;
        z -= step;
        if step.abs() <= 1e-15 * z.abs().max(1.0) {
            break;
        }
    }
    z
}

/// `1 - erf(x)`: the series near 0, the continued fraction in the tail (Abramowitz and Stegun 1964, 7.1.6 and 7.1.14).
fn complementary_error(x: f64) -> f64 {
    if x < 0.0 {
        return 2.0 - complementary_error(-x);
    }
    let scale = (-x * x).exp() / PI.sqrt();
    if x < 2.5 {
        let (mut term, mut sum, mut n) = (2.0 * x, 2.0 * x, 0.0);
        while term > 1e-18 * sum {
            n += 1.0;
            term *= 2.0 * x * x / (2.0 * n + 1.0);
            sum += term;
        }
        return 1.0 - scale * sum;
    }
    let fraction = (1..=120).rev().fold(0.0, |below, k| f64::from(k) / 2.0 / (x + below));
    scale / (x + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        // of scipy.special.ndtr
        let table = [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_542_9),
            (-1.959_963_984_540_054, 0.025),
            (-3.0, 0.001_349_898_031_630_094_5),
            (-8.0, 6.220_960_574_271_786e-16),
            (4.0, 0.999_968_328_758_166_9),
        ];
        for (z, p) in table {
            assert!((below(z) - p).abs() <= 1e-12 * p, "{z}: {} {p}", below(z));
        }
    }

    #[test]
    fn the_quantile_undoes_it() {
        for p in [1e-12, 1e-4, 0.025, 0.3, 0.5, 0.77, 0.975, 0.9999] {
            let back = below(quantile(p));
            assert!((back - p).abs() <= 1e-12 * p, "{p} {back}");
        }
        assert!((quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-12);
        assert_eq!((quantile(0.0), quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
        assert!(quantile(1.5).is_nan() && quantile(f64::NAN).is_nan());
    }
}

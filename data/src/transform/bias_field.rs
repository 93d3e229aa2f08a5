//! [`BiasField`]: the uneven brightness of MR images.

use rand::RngExt;

use super::error::require;
use super::kernel::for_lines;
use super::{ChaCha8Rng, Subject, Transform, TransformError};

/// Multiplies the image by a smooth field, as the coils of an MR scanner do: the exponential of a polynomial in the place, of degree 3 or
/// less, whose coefficients are drawn evenly (van Leemput et al. 1999, "Automated model-based bias field correction of MR images of the
/// brain"). The place runs from -1 to 1 along each axis.
#[derive(Clone, Debug)]
pub struct BiasField {
    strength: f64,
    degree: u32,
}

impl BiasField {
    /// Coefficients from `-strength` to `strength`; 0.5 is strong.
    pub fn random(strength: f64) -> Self {
        Self { strength, degree: 3 }
    }

    /// The degree of the polynomial, from 1 to 6; 3 at first.
    pub fn with_degree(mut self, degree: u32) -> Self {
        self.degree = degree;
        self
    }
}

impl Transform for BiasField {
    fn check(&self) -> Result<(), TransformError> {
        let holds = (0.0..=10.0).contains(&self.strength);
        require(holds, "BiasField", "strength", self.strength, "from 0 to 10")?;
        require(
            (1..=6).contains(&self.degree),
            "BiasField",
            "degree",
            self.degree,
            "from 1 to 6",
        )
    }

    fn is_random(&self) -> bool {
        true
    }

    fn change(&self, mut subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let ([depth, height, width], degree) = (subject.size(), self.degree as usize);
        // The terms z^k y^j x^i, but for the constant one, and none along an axis of length 1.
        let mut terms = Vec::new();
        for k in 0..=degree {
            for j in 0..=degree - k {
                for i in 0..=degree - k - j {
                    let drawn = rng.random_range(-1.0..=1.0) * self.strength;
                    if k + j + i > 0 {
                        terms.push((k as i32, j as i32, i, drawn));
                    }
                }
            }
        }
        let place = |i: usize, side: usize| 2.0 * (i as f64 + 0.5) / side as f64 - 1.0;
        let columns: Vec<f32> = (0..width).map(|x| place(x, width) as f32).collect();
        for_lines(subject.image_mut(), width, |row, line| {
            let (z, y) = (place(row / height % depth, depth), place(row % height, height));
            let mut by_x = [0.0f32; 7];
            for &(k, j, i, drawn) in &terms {
                by_x[i] += (drawn * z.powi(k) * y.powi(j)) as f32;
            }
            for (value, x) in line.iter_mut().zip(&columns) {
                let exponent = by_x.iter().rev().fold(0.0, |sum, factor| sum * x + factor);
                *value *= exponent.exp();
            }
        });
        Ok(subject)
    }
}

//! Whether a mean difference could be chance: [`sign_flip_test`].

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::{check_finite, present};
use crate::error::{Result, SettingError};

/// Outcome of a sign-flip permutation test, two-sided.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignFlip {
    /// How often signs thrown at random would give a mean at least as far from 0.
    pub p_value: f64,
    /// Ways to give signs that were tried.
    pub flips: u64,
    /// Whether these were all there are.
    pub exact: bool,
}

/// Sign-flip permutation test of the mean of paired differences, two-sided (Fisher 1935, section 21): if the two models
/// were equally good, each difference could as well have the other sign. NaN is left out; without any difference p
/// is 1.
///
/// Where there are no more than `flips` ways to give signs, all are tried, and p is exact, as that of
/// `scipy.stats.permutation_test(permutation_type="samples")`. Otherwise `flips` random ways are, and p counts the
/// differences as they are as one more (Phipson and Smyth 2010), so it is never 0.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let test = sign_flip_test(&[0.02, 0.03, 0.01, -0.005, 0.04, 0.015], 9999, 1)?;
/// assert!(test.exact && test.flips == 64);
/// assert_eq!(test.p_value, 4.0 / 64.0);
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// [`SettingError`] if `flips` is 0, [`DataError`](crate::data::DataError) if a difference is infinite.
pub fn sign_flip_test(differences: &[f64], flips: u64, seed: u64) -> Result<SignFlip> {
    if flips == 0 {
        return Err(SettingError::new("flips", flips, "at least 1; 9999 is usual").into());
    }
    let (differences, _) = present(differences);
    check_finite("a difference", &differences)?;
    let sum: f64 = differences.iter().sum();
    // A sum that differs by rounding alone is as far from 0.
    let size: f64 = differences.iter().map(|difference| difference.abs()).sum();
    let far = sum.abs() - 1e-12 * size;
    let all = u32::try_from(differences.len())
        .ok()
        .and_then(|cases| 1u64.checked_shl(cases));
    if let Some(all) = all.filter(|&all| all <= flips) {
        let as_far = (0..all).filter(|signs| {
            let flipped = differences
                .iter()
                .enumerate()
                .map(|(case, &difference)| match signs >> case & 1 {
                    0 => difference,
                    _ => -difference,
                });
            flipped.sum::<f64>().abs() >= far
        });
        return Ok(SignFlip {
            p_value: as_far.count() as f64 / all as f64,
            flips: all,
            exact: true,
        });
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let as_far = (0..flips).filter(|_| {
        let flipped = differences.iter().map(|&difference| match rng.random::<bool>() {
            true => difference,
            false => -difference,
        });
        flipped.sum::<f64>().abs() >= far
    });
    Ok(SignFlip {
        p_value: (as_far.count() + 1) as f64 / (flips + 1) as f64,
        flips,
        exact: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_cases_are_exact() {
        let all_above = sign_flip_test(&[1.0, 2.0, 3.0], 8, 0).unwrap();
        assert_eq!(
            (all_above.p_value, all_above.flips, all_above.exact),
            (2.0 / 8.0, 8, true)
        );
        // |sum| of 0.1 + 0.2 - 0.3 is rounding; every way is as far
        assert_eq!(sign_flip_test(&[0.1, 0.2, -0.3], 99, 0).unwrap().p_value, 1.0);
        assert_eq!(sign_flip_test(&[], 99, 0).unwrap().p_value, 1.0);
        assert_eq!(sign_flip_test(&[0.0; 3], 99, 0).unwrap().p_value, 1.0);
    }

    #[test]
    fn many_cases_are_near_the_exact_answer() {
        let differences: Vec<f64> = (0..12).map(|i| f64::from(i) / 12.0 - 0.25).collect();
        let exact = sign_flip_test(&differences, 4096, 0).unwrap();
        let drawn = sign_flip_test(&differences, 4095, 3).unwrap();
        assert!(exact.exact && !drawn.exact);
        assert!((exact.p_value - drawn.p_value).abs() < 0.02, "{exact:?} {drawn:?}");
        assert_eq!(drawn, sign_flip_test(&differences, 4095, 3).unwrap());
        let clear = sign_flip_test(&[1.0; 100], 999, 0).unwrap();
        assert_eq!(clear.p_value, 1.0 / 1000.0);
    }

    #[test]
    fn what_cannot_be_tested_is_refused() {
        assert!(sign_flip_test(&[1.0], 0, 0).is_err());
        assert!(sign_flip_test(&[f64::INFINITY], 9, 0).is_err());
        assert_eq!(
            sign_flip_test(&[1.0, f64::NAN], 9, 0).unwrap(),
            sign_flip_test(&[1.0], 9, 0).unwrap()
        );
    }
}

//! What the scores of several cases say: how they spread, how sure their mean is, and whether two models differ.
//!
//! A score is one number a case (an image, a patient). A score that is NaN is missing: it is left out, and the result
//! says how many were. An infinite score (a distance to nothing) has a place in an order, so [`ScoreSummary`] and
//! quartiles take it; it has none in a mean, so [`Bootstrap`] and [`compare_paired`] refuse it.

mod bootstrap;
#[cfg(test)]
mod bootstrap_tests;
mod interval;
mod normal;
mod paired;
#[cfg(test)]
mod paired_tests;
mod sign_flip;
mod summary;
mod wilcoxon;

pub use bootstrap::Bootstrap;
pub use interval::{ConfidenceInterval, IntervalMethod};
pub use paired::{PairedComparison, compare_paired};
pub use sign_flip::{SignFlip, sign_flip_test};
pub use summary::ScoreSummary;
pub use wilcoxon::{Wilcoxon, WilcoxonMethod, wilcoxon};

use crate::data::DataError;

/// The value below which a part `q` of sorted values lies, between neighbours by straight line (the default of NumPy).
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let at = q.clamp(0.0, 1.0) * last as f64;
    let below = at.floor() as usize;
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    match at - below as f64 {
        part if part > 0.0 && low != high => low + part * (high - low),
        _ => low,
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The values that are not NaN, and how many are.
fn present(values: &[f64]) -> (Vec<f64>, usize) {
    let kept: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    let missing = values.len() - kept.len();
    (kept, missing)
}

fn check_finite(what: &str, values: &[f64]) -> Result<(), DataError> {
    match values.iter().position(|value| value.is_infinite()) {
        None => Ok(()),
        Some(index) => Err(DataError::Argument(format!(
            "{what} is {} in case {index} (counted from 0): a mean of it says nothing. Replace it by a worst value that \
             you state, or by NaN to leave the case out",
            values[index]
        ))),
    }
}

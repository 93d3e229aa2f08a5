//! Two models on the same cases: [`compare_paired`].

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Bootstrap, ConfidenceInterval, ScoreSummary, SignFlip, Wilcoxon, check_finite, sign_flip_test, wilcoxon};
use crate::data::DataError;
use crate::error::Result;

/// The scores of two models on the same cases, compared case by case.
///
/// Prints as sentences. A small p value says that the difference is hardly chance, not that it matters: look at its
/// size and its interval. A large one does not say that the models are equal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedComparison {
    /// Cases with both scores.
    pub cases: usize,
    /// Cases in which one of the scores is NaN, which nothing else counts.
    pub missing: usize,
    /// The first model's scores.
    pub first: ScoreSummary,
    /// The second model's scores.
    pub second: ScoreSummary,
    /// Mean of second minus first, with its 95 % bootstrap interval (BCa, 9999 draws).
    pub difference: ConfidenceInterval,
    /// Median of second minus first.
    pub median_difference: f64,
    /// Cases in which the second is higher, lower, equal.
    pub higher_lower_equal: [usize; 3],
    /// Whether the differences lean to one side, by their ranks.
    pub wilcoxon: Wilcoxon,
    /// Whether their mean could be chance.
    pub sign_flip: SignFlip,
    /// What the models are called.
    pub names: [String; 2],
    /// What was measured.
    pub measure: String,
}

/// Compares the scores of two models on the same cases: mean difference with its 95 % interval, Wilcoxon signed-rank
/// test, and sign-flip permutation test (9999 flips, or all of them if fewer exist).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let first = [0.81, 0.78, 0.85, 0.80, 0.74, 0.83, 0.79, 0.82];
/// let second = [0.84, 0.80, 0.86, 0.83, 0.79, 0.82, 0.83, 0.85];
/// let comparison = compare_paired(&first, &second, 1)?.with_names("U-Net", "attention U-Net").with_measure("Dice");
/// assert!((comparison.difference.estimate - 0.025).abs() < 1e-9);
/// assert!(comparison.to_string().starts_with("Dice of attention U-Net is on average 0.025 higher than of U-Net"));
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// [`DataError::Argument`] if the two have other numbers of cases, fewer than 2 cases have both scores, or a score is
/// infinite.
pub fn compare_paired(first: &[f64], second: &[f64], seed: u64) -> Result<PairedComparison> {
    if first.len() != second.len() {
        return Err(DataError::Argument(format!(
            "{} scores of the first model but {} of the second: pass both for the same cases in the same order, NaN \
             where there is none",
            first.len(),
            second.len()
        ))
        .into());
    }
    check_finite("a score of the first model", first)?;
    check_finite("a score of the second model", second)?;
    let pairs = first.iter().copied().zip(second.iter().copied());
    let (kept_first, kept_second): (Vec<f64>, Vec<f64>) =
        pairs.filter(|(one, two)| !one.is_nan() && !two.is_nan()).unzip();
    let differences: Vec<f64> = kept_first
        .iter()
        .zip(&kept_second)
        .map(|(one, two)| two - one)
        .collect();
    let count = |of: fn(f64) -> bool| differences.iter().filter(|&&difference| of(difference)).count();
    Ok(PairedComparison {
        cases: differences.len(),
        missing: first.len() - differences.len(),
        first: ScoreSummary::new(&kept_first),
        second: ScoreSummary::new(&kept_second),
        difference: Bootstrap::new(seed).mean(&differences)?,
        median_difference: ScoreSummary::new(&differences).median,
        higher_lower_equal: [count(|d| d > 0.0), count(|d| d < 0.0), count(|d| d == 0.0)],
        wilcoxon: wilcoxon(&differences),
        sign_flip: sign_flip_test(&differences, 9999, seed)?,
        names: ["the first model", "the second model"].map(str::to_owned),
        measure: "the score".to_owned(),
    })
}

impl PairedComparison {
    /// With the models' names, for the sentences.
    pub fn with_names(mut self, first: &str, second: &str) -> Self {
        self.names = [first.to_owned(), second.to_owned()];
        self
    }

    /// With the name of what was measured, for the sentences.
    pub fn with_measure(mut self, measure: &str) -> Self {
        self.measure = measure.to_owned();
        self
    }

    /// Whether the difference is larger than chance explains at the 5 % level, by [`sign_flip`](Self::sign_flip).
    pub fn is_significant(&self) -> bool {
        self.sign_flip.p_value < 0.05
    }
}

impl fmt::Display for PairedComparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = &self.names;
        let ConfidenceInterval {
            estimate, low, high, ..
        } = self.difference;
        let measure = capitalized(&self.measure);
        match estimate {
            0.0 => write!(f, "{measure} of {second} is on average equal to that of {first}")?,
            _ => {
                let side = if estimate > 0.0 { "higher" } else { "lower" };
                let size = estimate.abs();
                write!(
                    f,
                    "{measure} of {second} is on average {size:.3} {side} than of {first}"
                )?;
            }
        }
        let [higher, lower, equal] = self.higher_lower_equal;
        write!(
            f,
            " over {} cases ({:.3} and {:.3}; 95 % interval of the difference {low:+.3} to {high:+.3}). It is higher in \
             {higher}, lower in {lower} and equal in {equal}. ",
            self.cases, self.second.mean, self.first.mean,
        )?;
        let [flip, rank] = [self.sign_flip.p_value, self.wilcoxon.p_value].map(p_text);
        let verdict = match self.is_significant() {
            true => "Chance alone would rarely give a difference this large",
            false => "Chance alone could give a difference this large",
        };
        write!(
            f,
            "{verdict} (permutation test {flip}, Wilcoxon signed-rank test {rank})."
        )?;
        if self.cases < 6 {
            write!(f, " With fewer than 6 cases neither test can fall below p = 0.05.")?;
        }
        match self.missing {
            0 => Ok(()),
            1 => write!(f, " One case without both scores was left out."),
            missing => write!(f, " {missing} cases without both scores were left out."),
        }
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn p_text(p: f64) -> String {
    match p < 0.001 {
        true => "p < 0.001".to_owned(),
        false => format!("p = {p:.3}"),
    }
}

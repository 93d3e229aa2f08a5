//! The threshold with the best mean Dice: [`tune_threshold`].

use std::fmt;

use serde::{Deserialize, Serialize};

use super::super::{Confusion, Pixels};
use super::Probabilities;
use super::probabilities::check_cases;
use crate::error::{Result, SettingError};

/// Mean Dice of a set of maps at each threshold tried, and where it is highest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TunedThreshold {
    /// The best threshold; of equals the one nearest to 0.5.
    pub threshold: f32,
    /// Mean Dice there.
    pub dice: f64,
    /// Each threshold tried with its mean Dice, from the lowest up.
    pub curve: Vec<(f32, f64)>,
}

/// The threshold from 0.01, 0.02 .. 0.99 with the highest mean Dice of the maps: the Dice of each map, averaged, so that
/// each image weighs the same. Pixels of at least the threshold are foreground; an empty mask of an empty truth has
/// Dice 1.
///
/// Tune on the validation images. A threshold that was chosen on the test images flatters the model.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let maps = [[0.2, 0.3, 0.6], [0.1, 0.35, 0.3]];
/// let truths = [[false, true, true], [false, true, true]];
/// let tuned = tune_threshold(&maps, &truths)?;
/// assert_eq!((tuned.threshold, tuned.dice), (0.3, 1.0));
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// [`ShapeError::Differ`](crate::error::ShapeError::Differ) if a map and its truth are not of one size;
/// [`DataError::Argument`](crate::data::DataError::Argument) if there are not as many maps as truths, none at all, or a
/// probability is NaN.
pub fn tune_threshold(maps: &[impl Probabilities], truths: &[impl Pixels]) -> Result<TunedThreshold> {
    let candidates: Vec<f32> = (1..100).map(|hundredths| hundredths as f32 / 100.0).collect();
    tune_threshold_among(maps, truths, &candidates)
}

/// [`tune_threshold`] among other thresholds.
///
/// # Errors
/// As [`tune_threshold`]; [`SettingError`] if there is no candidate or one is NaN.
pub fn tune_threshold_among(
    maps: &[impl Probabilities],
    truths: &[impl Pixels],
    candidates: &[f32],
) -> Result<TunedThreshold> {
    check_cases(maps, truths)?;
    if candidates.is_empty() || candidates.iter().any(|candidate| candidate.is_nan()) {
        let found = format!("{candidates:?}");
        return Err(SettingError::new("candidates", found, "one or more numbers, none of them NaN").into());
    }
    let mut thresholds = candidates.to_vec();
    thresholds.sort_by(f32::total_cmp);
    thresholds.dedup();
    let mut sums = vec![0.0; thresholds.len()];
    for (map, truth) in maps.iter().zip(truths) {
        for (sum, dice) in sums.iter_mut().zip(dice_at(&thresholds, map, truth)) {
            *sum += dice;
        }
    }
    let means = sums.iter().map(|sum| sum / maps.len() as f64);
    let curve: Vec<(f32, f64)> = thresholds.into_iter().zip(means).collect();
    let away = |threshold: f32| (threshold - 0.5).abs();
    let best = curve.iter().copied().reduce(|best, point| {
        match point.1 > best.1 || (point.1 == best.1 && away(point.0) < away(best.0)) {
            true => point,
            false => best,
        }
    });
    let (threshold, dice) = best.unwrap_or((0.5, f64::NAN));
    Ok(TunedThreshold { threshold, dice, curve })
}

/// Dice of a map at each of the thresholds, which rise.
fn dice_at(thresholds: &[f32], map: &impl Probabilities, truth: &impl Pixels) -> Vec<f64> {
    // How many thresholds a pixel reaches, counted apart for background and foreground.
    let mut reached = vec![[0u64; 2]; thresholds.len() + 1];
    for (&p, &inside) in map.probabilities().iter().zip(truth.pixels()) {
        let below = thresholds.partition_point(|&threshold| threshold <= p);
        reached[below][usize::from(inside)] += 1;
    }
    let mut counts = Confusion::default();
    for [negatives, positives] in &reached {
        counts.fp += negatives;
        counts.tp += positives;
    }
    let of_each = reached[..thresholds.len()].iter().map(|[negatives, positives]| {
        counts.fp -= negatives;
        counts.tn += negatives;
        counts.tp -= positives;
        counts.fn_ += positives;
        counts.dice()
    });
    of_each.collect()
}

impl fmt::Display for TunedThreshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mean Dice {:.4} at threshold {:.2}", self.dice, self.threshold)?;
        let half = self.curve.iter().find(|(threshold, _)| *threshold == 0.5);
        match half {
            Some((_, dice)) if self.threshold != 0.5 => write!(f, " ({dice:.4} at 0.50)"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_are_those_of_each_threshold() {
        let map: Vec<f32> = (0..40).map(|i| ((i * 17) % 41) as f32 / 40.0).collect();
        let truth: Vec<bool> = map.iter().enumerate().map(|(i, &p)| p > 0.4 || i % 7 == 0).collect();
        let candidates = [0.0, 0.25, 0.4, 0.5, 0.975, 1.0, 1.5];
        let tuned = tune_threshold_among(&[&map], &[&truth], &candidates).unwrap();
        for (threshold, dice) in &tuned.curve {
            let mask: Vec<bool> = map.iter().map(|p| p >= threshold).collect();
            assert_eq!(*dice, Confusion::new(&mask, &truth).unwrap().dice(), "{threshold}");
        }
        assert_eq!(tuned.curve.len(), candidates.len());
    }

    #[test]
    fn images_weigh_the_same_and_ties_go_to_the_middle() {
        // a large map that wants a low threshold, a small one that wants a high one
        let maps = [vec![0.3f32; 100], vec![0.3, 0.9]];
        let truths = [vec![true; 100], vec![false, true]];
        let tuned = tune_threshold(&maps, &truths).unwrap();
        assert_eq!(tuned.threshold, 0.3);
        assert!((tuned.dice - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        let tie = tune_threshold(&[[0.2, 0.8]], &[[false, true]]).unwrap();
        assert_eq!((tie.threshold, tie.dice), (0.5, 1.0));
        assert_eq!(tuned.to_string(), "mean Dice 0.8333 at threshold 0.30 (0.5000 at 0.50)");
        assert_eq!(tie.to_string(), "mean Dice 1.0000 at threshold 0.50");
    }

    #[test]
    fn empty_truths_are_exact_where_nothing_is_found() {
        let tuned = tune_threshold(&[[0.7f32]], &[[false]]).unwrap();
        assert!((tuned.threshold - 0.71).abs() < 1e-6);
        assert_eq!(tuned.dice, 1.0);
        assert!(tune_threshold_among(&[[0.7f32]], &[[false]], &[]).is_err());
        assert!(tune_threshold_among(&[[0.7f32]], &[[false]], &[f32::NAN]).is_err());
    }
}

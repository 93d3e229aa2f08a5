//! The threshold that suits a trained network, found on validation images.

use serde::{Deserialize, Serialize};

use super::predict::ProbabilityMap;
use super::probabilities::Probabilities;
use crate::data::{DataError, Dataset, LabelMap};
use crate::error::{Result, SettingError, ShapeError};
use crate::metric::Confusion;

/// Which thresholds are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ThresholdSearch {
    /// So many, evenly between 0 and 1: 99 are 0.01 to 0.99. And 0.5.
    Grid(usize),
    /// One between any two probabilities that occur, and one above and below all: no other threshold can do better.
    #[default]
    Exact,
}

/// The best threshold for one class, and how it was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TunedThreshold {
    /// Pixels from this probability are foreground. Above 1, if nothing should be.
    pub threshold: f32,
    /// Mean Dice of the images at this threshold.
    pub dice: f64,
    /// Mean Dice at 0.5; never above [`dice`](Self::dice).
    pub dice_at_half: f64,
    /// Thresholds, ascending, and the mean Dice of each. Of an exact search some 260 of all.
    pub curve: Vec<(f32, f64)>,
}

/// The threshold of the highest mean Dice over the images of `dataset`, whose probabilities are `maps` (what
/// [`predict_all`](super::predict_all) gives for it).
///
/// Choose it on validation images and report the Dice of other, held-out ones: the images on which it was chosen favour
/// it. Of thresholds that do equally well the one nearest to 0.5 is taken, then the lower. An image without
/// foreground counts with a Dice of 1 at thresholds that leave it empty, and 0 at all others (the rule of
/// [`Confusion`]); many such images therefore pull the threshold up.
///
/// Taught in unit 02 (training).
///
/// ```
/// use unet_lab::data::phantom::EmPhantom;
/// use unet_lab::prelude::*;
///
/// let validation = EmPhantom::new(32).with_count(2).generate();
/// let model = UNetConfig::new(1, 1).with_base_channels(2).with_depth(2).init(&cpu());
/// let maps = predict_all(&model, &validation)?;
/// let tuned = tune_threshold(&maps, &validation, ThresholdSearch::Exact)?;
/// assert!(tuned.dice >= tuned.dice_at_half);
/// let mask = maps[0].threshold(tuned.threshold);
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// [`DataError::Argument`] for no images or probabilities that are NaN, [`ShapeError::Differ`] if maps and masks differ
/// in number or size, [`SettingError`] for a grid of 0.
pub fn tune_threshold(maps: &[ProbabilityMap], dataset: &Dataset, search: ThresholdSearch) -> Result<TunedThreshold> {
    check_shapes("the probabilities", &[maps.len()], "the data set", &[dataset.len()])?;
    let mut cases = Vec::with_capacity(maps.len());
    for (map, pair) in maps.iter().zip(dataset) {
        check_shapes(
            "the probabilities",
            &[map.height(), map.width()],
            &pair.name,
            &pair.mask().size(),
        )?;
        cases.push((map.data(), pair.mask().data().to_vec()));
    }
    tune(&cases, search)
}

/// [`tune_threshold`] for each foreground class, one against the rest: as many as
/// [`Probabilities::labels_at`] and [`Predictor::with_thresholds`](super::Predictor::with_thresholds) take, for label 1
/// and up.
///
/// # Errors
/// As [`tune_threshold`], and [`ShapeError::Differ`] if the probabilities differ in classes.
pub fn tune_thresholds(
    probabilities: &[Probabilities],
    truths: &[LabelMap],
    search: ThresholdSearch,
) -> Result<Vec<TunedThreshold>> {
    check_shapes(
        "the probabilities",
        &[probabilities.len()],
        "the label maps",
        &[truths.len()],
    )?;
    let classes = probabilities.first().map_or(1, Probabilities::classes);
    for (p, truth) in probabilities.iter().zip(truths) {
        check_shapes("the probabilities", p.size(), "their labels", truth.size())?;
        check_shapes(
            "the classes of the first",
            &[classes],
            "those of another",
            &[p.classes()],
        )?;
    }
    let tune_label = |label: usize| {
        let case = |(p, truth): (&'_ Probabilities, &LabelMap)| -> Vec<bool> {
            debug_assert_eq!(p.size(), truth.size());
            truth.data().iter().map(|&found| found as usize == label).collect()
        };
        let cases: Vec<(&[f32], Vec<bool>)> = probabilities
            .iter()
            .zip(truths)
            .map(|(p, truth)| (p.of_label(label), case((p, truth))))
            .collect();
        tune(&cases, search)
    };
    (1..=(classes - 1).max(1)).map(tune_label).collect()
}

fn check_shapes(left_name: &str, left: &[usize], right_name: &str, right: &[usize]) -> Result<(), ShapeError> {
    match left == right {
        true => Ok(()),
        false => Err(ShapeError::Differ {
            left_name: left_name.to_owned(),
            left: left.to_vec(),
            right_name: right_name.to_owned(),
            right: right.to_vec(),
        }),
    }
}

/// The probabilities of one image and where its foreground is.
type Case<'a> = (&'a [f32], Vec<bool>);

fn tune(cases: &[Case], search: ThresholdSearch) -> Result<TunedThreshold> {
    if cases.is_empty() {
        return Err(
            DataError::Argument("a threshold of no images: give at least one image and its mask".into()).into(),
        );
    }
    if cases.iter().any(|(p, _)| p.iter().any(|p| p.is_nan())) {
        let text =
            "some probabilities are NaN, so no threshold is best: the training has diverged, or the image holds NaN";
        return Err(DataError::Argument(text.into()).into());
    }
    let curve = match search {
        ThresholdSearch::Grid(0) => {
            return Err(SettingError::new("ThresholdSearch::Grid", 0, "at least 1").into());
        }
        ThresholdSearch::Grid(count) => grid(cases, count),
        ThresholdSearch::Exact => exact(cases),
    };
    let best = best_of(&curve);
    let threshold = curve[best].0;
    Ok(TunedThreshold {
        threshold,
        dice: mean_dice(cases, threshold),
        dice_at_half: mean_dice(cases, 0.5),
        curve: thinned(curve, best),
    })
}

fn mean_dice(cases: &[Case], threshold: f32) -> f64 {
    let dice = |(probabilities, truth): &Case| {
        let mut counts = Confusion::default();
        for (&p, &inside) in probabilities.iter().zip(truth) {
            match (p >= threshold, inside) {
                (true, true) => counts.tp += 1,
                (true, false) => counts.fp += 1,
                (false, true) => counts.fn_ += 1,
                (false, false) => counts.tn += 1,
            }
        }
        counts.dice()
    };
    cases.iter().map(dice).sum::<f64>() / cases.len() as f64
}

fn grid(cases: &[Case], count: usize) -> Vec<(f32, f64)> {
    let mut thresholds: Vec<f32> = (1..=count).map(|i| i as f32 / (count + 1) as f32).collect();
    thresholds.push(0.5);
    thresholds.sort_by(f32::total_cmp);
    thresholds.dedup();
    thresholds.into_iter().map(|t| (t, mean_dice(cases, t))).collect()
}

/// All pixels of all images by falling probability; after each group of equal ones the mean Dice is that of a threshold
/// between it and the next.
fn exact(cases: &[Case]) -> Vec<(f32, f64)> {
    let mut pixels: Vec<(f32, u32, bool)> = Vec::with_capacity(cases.iter().map(|(p, _)| p.len()).sum());
    let mut counts = Vec::with_capacity(cases.len());
    for (image, (probabilities, truth)) in cases.iter().enumerate() {
        let pairs = probabilities.iter().zip(truth);
        // Adding zero makes one of the two zeros.
        pixels.extend(pairs.map(|(&p, &inside)| (p + 0.0, image as u32, inside)));
        counts.push(Confusion {
            fn_: truth.iter().filter(|&&inside| inside).count() as u64,
            ..Confusion::default()
        });
    }
    pixels.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut dice: Vec<f64> = counts.iter().map(Confusion::dice).collect();
    let mut sum: f64 = dice.iter().sum();
    let mut curve = vec![(between(pixels.first().map(|p| p.0), None), sum / cases.len() as f64)];
    let mut i = 0;
    while i < pixels.len() {
        let p = pixels[i].0;
        let end = i + pixels[i..].iter().take_while(|pixel| pixel.0 == p).count();
        for &(_, image, inside) in &pixels[i..end] {
            let image = image as usize;
            let c = &mut counts[image];
            c.tp += u64::from(inside);
            c.fp += u64::from(!inside);
            c.fn_ -= u64::from(inside);
            sum += c.dice() - dice[image];
            dice[image] = c.dice();
        }
        curve.push((between(pixels.get(end).map(|p| p.0), Some(p)), sum / cases.len() as f64));
        i = end;
    }
    curve.reverse();
    curve
}

/// A threshold above `low` and not above `high`: 0.5 if it lies there, otherwise the middle. Without a `high`, towards 1
/// or beyond; without a `low`, towards 0.
fn between(low: Option<f32>, high: Option<f32>) -> f32 {
    if low.is_none_or(|low| low < 0.5) && high.is_none_or(|high| high >= 0.5) {
        return 0.5;
    }
    let (low, high) = match (low, high) {
        (Some(low), Some(high)) => (low, high),
        (Some(low), None) if low < 1.0 => (low, 1.0),
        (Some(low), None) => return low.next_up(),
        (None, Some(high)) => return high.min(high / 2.0),
        (None, None) => return 0.5,
    };
    let middle = low + (high - low) / 2.0;
    if middle > low { middle } else { high }
}

/// The highest Dice; of equal ones the threshold nearest to 0.5, then the lower. The curve ascends.
fn best_of(curve: &[(f32, f64)]) -> usize {
    let off = |i: usize| (curve[i].0 - 0.5).abs();
    (1..curve.len()).fold(0, |best, i| {
        let more = curve[i].1 - curve[best].1;
        if more > 1e-12 || (more >= -1e-12 && off(i) < off(best)) {
            i
        } else {
            best
        }
    })
}

/// At most some 260 points, the ends and the best among them.
fn thinned(curve: Vec<(f32, f64)>, best: usize) -> Vec<(f32, f64)> {
    let (step, last) = (curve.len().div_ceil(256), curve.len() - 1);
    let kept = |(i, point): (usize, (f32, f64))| (i % step == 0 || i == best || i == last).then_some(point);
    curve.into_iter().enumerate().filter_map(kept).collect()
}

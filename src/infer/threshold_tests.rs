use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::predict::ProbabilityMap;
use super::*;
use crate::data::{Dataset, Image, ImagePair, LabelMap, Mask};
use crate::metric::Confusion;

fn case(probabilities: &[f32], truth: &[bool]) -> (ProbabilityMap, ImagePair) {
    let width = truth.len();
    let image = Image::from_fn(width, 1, |_, _| 0.0);
    let pair = ImagePair::new("p", image, Mask::new(width, 1, truth.to_vec()).unwrap()).unwrap();
    (ProbabilityMap::from_parts(width, 1, probabilities.to_vec()), pair)
}

fn tune(cases: &[(&[f32], &[bool])], search: ThresholdSearch) -> TunedThreshold {
    let (maps, pairs): (Vec<_>, Vec<_>) = cases.iter().map(|(p, t)| case(p, t)).unzip();
    tune_threshold(&maps, &Dataset::new(pairs), search).unwrap()
}

#[test]
fn known_answers() {
    // Foreground lies above 0.2 without an error.
    let (p, t) = ([0.1, 0.2, 0.3, 0.4], [false, false, true, true]);
    let exact = tune(&[(&p, &t)], ThresholdSearch::Exact);
    assert_eq!((exact.dice, exact.dice_at_half), (1.0, 0.0));
    assert_eq!(exact.threshold, 0.25);
    let dice: Vec<f64> = exact.curve.iter().map(|point| point.1).collect();
    let expected = [4.0 / 6.0, 4.0 / 5.0, 1.0, 2.0 / 3.0, 0.0];
    for (found, expected) in dice.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12, "{dice:?}");
    }
    assert_eq!(exact.curve[4].0, 0.5);
    // 0.25, 0.5, 0.75 hold a threshold between 0.2 and 0.3.
    let grid = tune(&[(&p, &t)], ThresholdSearch::Grid(3));
    assert_eq!((grid.threshold, grid.dice, grid.curve.len()), (0.25, 1.0, 3));
}

#[test]
fn of_equal_thresholds_the_one_nearest_to_a_half_wins() {
    let (p, t) = ([0.1, 0.9], [false, true]);
    for search in [
        ThresholdSearch::Exact,
        ThresholdSearch::Grid(9),
        ThresholdSearch::Grid(8),
    ] {
        assert_eq!(tune(&[(&p, &t)], search).threshold, 0.5);
    }
    // Both ends do equally well: above 0.7 (nothing) and below 0.2 (everything) both give a mean of 1/2.
    let nothing: (&[f32], &[bool]) = (&[0.2, 0.7], &[false, false]);
    let everything: (&[f32], &[bool]) = (&[0.2, 0.7], &[true, true]);
    let tuned = tune(&[nothing, everything], ThresholdSearch::Exact);
    assert!((tuned.dice - 0.5).abs() < 1e-12);
    assert!(
        (tuned.threshold - 0.85).abs() < 1e-6 || tuned.threshold <= 0.2,
        "{tuned:?}"
    );
}

#[test]
fn empty_masks_pull_the_threshold_up() {
    // No foreground at all: any threshold above all probabilities is right.
    let tuned = tune(&[(&[0.3, 0.6], &[false, false])], ThresholdSearch::Exact);
    assert!(tuned.threshold > 0.6 && tuned.threshold < 1.0);
    assert_eq!((tuned.dice, tuned.dice_at_half), (1.0, 0.0));
    // A probability of 1 leaves only a threshold that nothing reaches.
    let tuned = tune(&[(&[0.3, 1.0], &[false, false])], ThresholdSearch::Exact);
    assert!(tuned.threshold > 1.0);
    assert_eq!(tuned.dice, 1.0);
    // All foreground, and a probability of 0.
    let tuned = tune(&[(&[0.0, 0.1], &[true, true])], ThresholdSearch::Exact);
    assert_eq!((tuned.threshold, tuned.dice), (0.0, 1.0));
}

/// Every threshold that could matter, by hand.
fn brute_force(cases: &[(Vec<f32>, Vec<bool>)]) -> f64 {
    let mut thresholds: Vec<f32> = cases.iter().flat_map(|(p, _)| p.clone()).collect();
    thresholds.push(1.5);
    let dice = |threshold: f32| {
        let of = |(p, t): &(Vec<f32>, Vec<bool>)| {
            let found: Vec<bool> = p.iter().map(|&p| p >= threshold).collect();
            Confusion::new(&found, t).unwrap().dice()
        };
        cases.iter().map(of).sum::<f64>() / cases.len() as f64
    };
    thresholds.into_iter().map(dice).fold(0.0, f64::max)
}

#[test]
fn no_threshold_is_better_than_the_exact_one() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for round in 0..300 {
        let images = rng.random_range(1..5);
        let levels = rng.random_range(1..20);
        let cases: Vec<(Vec<f32>, Vec<bool>)> = (0..images)
            .map(|_| {
                let count = rng.random_range(1..30);
                let share = rng.random_range(0.0..1.0);
                let p = (0..count).map(|_| rng.random_range(0..=levels) as f32 / levels as f32);
                let p: Vec<f32> = p.collect();
                (p, (0..count).map(|_| rng.random_bool(share)).collect())
            })
            .collect();
        let borrowed: Vec<(&[f32], &[bool])> = cases.iter().map(|(p, t)| (&p[..], &t[..])).collect();
        let exact = tune(&borrowed, ThresholdSearch::Exact);
        assert!(
            (exact.dice - brute_force(&cases)).abs() < 1e-9,
            "round {round}: {exact:?}"
        );
        let on_curve = exact.curve.iter().find(|point| point.0 == exact.threshold).unwrap();
        assert!((on_curve.1 - exact.dice).abs() < 1e-9, "round {round}: {exact:?}");
        assert!(
            exact.curve.windows(2).all(|pair| pair[0].0 < pair[1].0),
            "round {round}: {exact:?}"
        );
        let grid = tune(&borrowed, ThresholdSearch::Grid(rng.random_range(1..20)));
        assert!(grid.dice <= exact.dice + 1e-9 && grid.dice >= grid.dice_at_half);
        assert_eq!(grid.dice_at_half, exact.dice_at_half);
    }
}

#[test]
fn a_long_curve_is_thinned_and_keeps_the_best() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let p: Vec<f32> = (0..5000).map(|_| rng.random_range(0.0..1.0)).collect();
    let t: Vec<bool> = p.iter().map(|&p| p > 0.31).collect();
    let tuned = tune(&[(&p, &t)], ThresholdSearch::Exact);
    assert_eq!(tuned.dice, 1.0);
    assert!((250..=260).contains(&tuned.curve.len()), "{}", tuned.curve.len());
    assert!(tuned.curve.iter().any(|point| point.0 == tuned.threshold));
}

#[test]
fn each_class_gets_its_own() {
    // Two pixels rows of [background, organ, lesion]; the lesion never wins, but 0.2 finds it.
    let data = vec![0.9, 0.1, 0.55, 0.6, 0.05, 0.8, 0.15, 0.1, 0.05, 0.1, 0.3, 0.3];
    let p = Probabilities::new(data, 3, &[2, 2]).unwrap();
    let truth = LabelMap::new(vec![0, 1, 2, 2], &[2, 2]).unwrap();
    let tuned = tune_thresholds(
        std::slice::from_ref(&p),
        std::slice::from_ref(&truth),
        ThresholdSearch::Exact,
    )
    .unwrap();
    assert_eq!(tuned.len(), 2);
    assert_eq!((tuned[0].threshold, tuned[0].dice), (0.5, 1.0));
    assert_eq!((tuned[1].dice, tuned[1].dice_at_half), (1.0, 0.0));
    assert!(tuned[1].threshold > 0.1 && tuned[1].threshold <= 0.3);
    let thresholds: Vec<f32> = tuned.iter().map(|t| t.threshold).collect();
    assert_eq!(p.labels_at(&thresholds).unwrap(), truth);
    // The same for one class, whose label is 1.
    let p = Probabilities::new(vec![0.2, 0.4], 1, &[1, 1, 2]).unwrap();
    let truth = LabelMap::new(vec![0, 1], &[1, 1, 2]).unwrap();
    let tuned = tune_thresholds(&[p], &[truth], ThresholdSearch::Grid(9)).unwrap();
    assert_eq!((tuned.len(), tuned[0].dice), (1, 1.0));
}

#[test]
fn bad_input_is_named() {
    let (map, pair) = case(&[0.5, 0.5], &[true, false]);
    let data = Dataset::new(vec![pair]);
    let error =
        |maps: &[ProbabilityMap], data: &Dataset, search| tune_threshold(maps, data, search).unwrap_err().to_string();
    let maps = [map];
    assert_eq!(
        error(&maps, &data, ThresholdSearch::Grid(0)),
        "ThresholdSearch::Grid is 0, but must be at least 1"
    );
    assert!(error(&[], &data, ThresholdSearch::Exact).contains("must be equal"));
    assert!(error(&[], &Dataset::default(), ThresholdSearch::Exact).contains("no images"));
    let wide = [ProbabilityMap::from_parts(3, 1, vec![0.0; 3])];
    assert!(error(&wide, &data, ThresholdSearch::Exact).contains("[1, 3]"));
    let nan = [ProbabilityMap::from_parts(2, 1, vec![0.5, f32::NAN])];
    assert!(error(&nan, &data, ThresholdSearch::Exact).contains("NaN"));
}

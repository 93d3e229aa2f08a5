use super::{Bootstrap, IntervalMethod};

const SCORES: [f64; 8] = [0.91, 0.85, 0.88, 0.93, 0.79, 0.90, 0.86, 0.92];

#[test]
fn the_seed_decides() {
    let interval = |seed| Bootstrap::new(seed).mean(&SCORES).unwrap();
    assert_eq!(interval(1), interval(1));
    assert_ne!(interval(1), interval(2));
}

#[test]
fn the_percentile_interval_is_near_the_normal_one() {
    // 400 evenly spread values: the mean's standard error is 1/sqrt(12 * 400)
    let scores: Vec<f64> = (0..400).map(|i| (f64::from(i) + 0.5) / 400.0).collect();
    let found = Bootstrap::new(3)
        .with_method(IntervalMethod::Percentile)
        .mean(&scores)
        .unwrap();
    let half = 1.96 / (12.0f64 * 400.0).sqrt();
    assert!((found.low - (0.5 - half)).abs() < 0.002, "{found}");
    assert!((found.high - (0.5 + half)).abs() < 0.002, "{found}");
    assert!(found.contains(0.5) && !found.contains(0.6));
    let wider = Bootstrap::new(3).with_level(0.99).mean(&scores).unwrap();
    assert!(wider.low < found.low && wider.high > found.high);
}

#[test]
fn bca_covers_as_often_as_it_says() {
    // The mean of 20 exponential values is 1; a 90 % interval should hold it in about 90 % of samples.
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt, SeedableRng};
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let covered = (0..300).filter(|&seed| {
        let scores: Vec<f64> = (0..20).map(|_| -(1.0 - rng.random::<f64>()).ln()).collect();
        let bootstrap = Bootstrap::new(seed).with_resamples(500).with_level(0.9);
        bootstrap.mean(&scores).unwrap().contains(1.0)
    });
    let covered = covered.count();
    assert!((245..=285).contains(&covered), "{covered} of 300");
}

#[test]
fn equal_scores_have_no_width() {
    let found = Bootstrap::new(0).mean(&[0.5; 6]).unwrap();
    assert_eq!(
        (found.low, found.high, found.method),
        (0.5, 0.5, IntervalMethod::Percentile)
    );
}

#[test]
fn missing_scores_are_left_out_and_infinite_ones_refused() {
    let with_gap = [&SCORES[..4], &[f64::NAN], &SCORES[4..]].concat();
    let bootstrap = Bootstrap::new(1);
    assert_eq!(bootstrap.mean(&with_gap).unwrap(), bootstrap.mean(&SCORES).unwrap());
    let error = bootstrap.mean(&[1.0, f64::INFINITY, 2.0]).unwrap_err();
    assert!(error.to_string().starts_with("a score is inf in case 1"), "{error}");
    assert!(bootstrap.mean(&[0.5, f64::NAN]).is_err());
    assert!(bootstrap.mean(&[]).is_err());
}

#[test]
fn settings_and_draws_are_checked() {
    let bootstrap = Bootstrap::new(1);
    assert!(bootstrap.with_resamples(0).mean(&SCORES).is_err());
    for level in [0.0, 1.0, f64::NAN] {
        assert!(bootstrap.with_level(level).mean(&SCORES).is_err());
    }
    assert!(bootstrap.interval(&SCORES, |_| f64::NAN).is_err());
    let first = |scores: &[f64]| scores[0];
    for draws in [vec![], vec![vec![]], vec![vec![0, 8]]] {
        assert!(bootstrap.interval_of_draws(&SCORES, first, &draws).is_err());
    }
    let draws: Vec<Vec<usize>> = (0..8).map(|index| vec![index; 8]).collect();
    let found = bootstrap.with_method(IntervalMethod::Percentile).with_level(0.5);
    let found = found.interval_of_draws(&SCORES, first, &draws).unwrap();
    // sorted 0.79 0.85 0.86 0.88 0.90 0.91 0.92 0.93
    assert!(
        (found.low - 0.8575).abs() < 1e-12 && (found.high - 0.9125).abs() < 1e-12,
        "{found:?}"
    );
}

//! Tests of the `lung` module.

use super::lung::*;
use super::{checks, figures};

#[test]
fn figures_for_looking_at() {
    if figures::wanted() {
        let whole = LungPhantom::new(256).with_slices(40).with_count(3).generate().unwrap();
        figures::keep_cases("lung_soft", &whole, 5, [-160.0, 240.0], 1);
        figures::keep_cases("lung_lung", &whole, 5, [-1200.0, 200.0], 1);
        let part = LungPhantom::new(128)
            .with_slices(32)
            .with_spacing([2.5, 0.7, 0.7])
            .with_count(4);
        figures::keep_cases("lung_part", &part.generate().unwrap(), 6, [-1200.0, 300.0], 2);
    }
}

#[test]
fn the_seed_decides_everything() {
    checks::seeds(|seed, count| {
        LungPhantom::new(40)
            .with_slices(10)
            .with_seed(seed)
            .with_count(count)
            .generate()
    });
}

#[test]
fn attenuations_are_those_of_a_chest() {
    let set = LungPhantom::new(96).with_count(4).generate().unwrap();
    checks::labels(&set);
    for case in &set {
        let share = |from: f32, to: f32| checks::share(case, from, to);
        assert!(
            share(-1100.0, -940.0) > 0.2,
            "{}: air {}",
            case.name,
            share(-1100.0, -940.0)
        );
        assert!(
            (0.08..0.4).contains(&share(-940.0, -750.0)),
            "{}: lung {}",
            case.name,
            share(-940.0, -750.0)
        );
        assert!(
            (0.05..0.4).contains(&share(-150.0, -60.0)),
            "{}: fat {}",
            case.name,
            share(-150.0, -60.0)
        );
        assert!(
            (0.1..0.4).contains(&share(0.0, 100.0)),
            "{}: muscle {}",
            case.name,
            share(0.0, 100.0)
        );
        assert!(
            (0.003..0.08).contains(&share(250.0, 2000.0)),
            "{}: bone {}",
            case.name,
            share(250.0, 2000.0)
        );
    }
    let fraction = set.fraction_of(1);
    assert!((0.0001..0.02).contains(&fraction), "{fraction}");
}

#[test]
fn a_close_view_shows_a_nodule() {
    let close = LungPhantom::new(64)
        .with_slices(24)
        .with_spacing([2.5, 0.7, 0.7])
        .with_count(6);
    for case in &close.generate().unwrap() {
        assert_eq!(case.volume().spacing(), [2.5, 0.7, 0.7]);
        assert!(case.labels().only(1).count() > 20, "{}", case.name);
    }
}

#[test]
fn no_spacing_is_refused() {
    assert!(LungPhantom::new(8).with_spacing([0.0, 1.0, 1.0]).generate().is_err());
}

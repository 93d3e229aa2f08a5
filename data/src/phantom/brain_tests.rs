//! Tests of the `brain` module.

use super::brain::*;
use super::{checks, figures};

#[test]
fn figures_for_looking_at() {
    if figures::wanted() {
        let set = BrainTumourPhantom::new(128)
            .with_slices(50)
            .with_spacing([3.0, 1.45, 1.45])
            .with_count(3);
        figures::keep_cases("brain", &set.generate().unwrap(), 8, [0.0, 800.0], 1);
    }
}

#[test]
fn the_seed_decides_everything() {
    checks::seeds(|seed, count| BrainTumourPhantom::new(24).with_seed(seed).with_count(count).generate());
}

#[test]
fn each_sequence_shows_what_it_should() {
    let set = BrainTumourPhantom::new(56).with_count(5).generate().unwrap();
    checks::labels(&set);
    for case in &set {
        let mean = |channel: usize, label: u32| checks::mean_of(case, channel, label);
        let healthy = |channel: usize| {
            let count = case.labels().data().len();
            let values = &case.volume().data()[channel * count..(channel + 1) * count];
            let inside: Vec<f32> = values
                .iter()
                .zip(case.labels().data())
                .filter(|(v, l)| **l == 0 && **v > 0.0)
                .map(|(v, _)| *v)
                .collect();
            inside.iter().sum::<f32>() / inside.len() as f32
        };
        assert!(
            mean(0, 1) > 1.2 * healthy(0),
            "{}: oedema is bright in FLAIR",
            case.name
        );
        assert!(
            mean(2, 3) > 1.2 * healthy(2),
            "{}: the rim takes up gadolinium",
            case.name
        );
        assert!(
            mean(2, 3) / healthy(2) > 1.2 * mean(1, 3) / healthy(1),
            "{}: only with gadolinium",
            case.name
        );
        assert!(mean(3, 2) > 1.1 * healthy(3), "{}: the core is bright in T2", case.name);
        assert!(
            (0.4..0.8).contains(&checks::share(case, -0.5, 0.5)),
            "{}: skull-stripped",
            case.name
        );
    }
    let parts = [1, 2, 3].map(|label| set.fraction_of(label));
    assert!(parts.iter().all(|part| (0.0008..0.06).contains(part)), "{parts:?}");
}

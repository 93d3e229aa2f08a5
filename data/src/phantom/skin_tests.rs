//! Tests of the `skin` module.

use super::skin::*;
use super::{checks, figures};

#[test]
fn figures_for_looking_at() {
    if figures::wanted() {
        figures::keep_pairs("skin", &SkinPhantom::new(300).with_count(24).generate(), 6);
    }
}

#[test]
fn the_seed_decides_everything() {
    checks::image_seeds(|seed, count| SkinPhantom::new(48).with_seed(seed).with_count(count).generate());
}

#[test]
fn skin_comes_in_all_tones_and_lesions_are_darker_than_what_is_around_them() {
    let data = SkinPhantom::new(128).with_count(24).generate();
    let mut tones = Vec::new();
    for pair in &data {
        let fraction = pair.mask().foreground_fraction();
        assert!((0.015..0.4).contains(&fraction), "{}: {fraction}", pair.name);
        let green = pair.image().channel(1);
        let mean = |wanted: bool| {
            let all = green.iter().zip(pair.mask().data());
            let values: Vec<f32> = all.filter(|(_, m)| **m == wanted).map(|(v, _)| *v).collect();
            values.iter().sum::<f32>() / values.len() as f32
        };
        assert!(
            mean(true) < mean(false) + 0.02,
            "{}: {} {}",
            pair.name,
            mean(true),
            mean(false)
        );
        tones.push(mean(false));
    }
    let [low, high] = [f32::min, f32::max].map(|pick| tones.iter().copied().reduce(pick).unwrap());
    assert!(low < 0.45 && high > 0.55, "{low} {high}");
    let dice = checks::otsu_dice(&data);
    assert!(dice < 0.8, "a threshold must not do: {dice}");
}

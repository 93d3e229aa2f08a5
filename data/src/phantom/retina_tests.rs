//! Tests of the `retina` module.

use super::retina::*;
use super::{checks, figures};

#[test]
fn figures_for_looking_at() {
    if figures::wanted() {
        figures::keep_pairs("retina", &RetinaPhantom::new(512).with_count(6).generate(), 3);
    }
}

#[test]
fn the_seed_decides_everything() {
    checks::image_seeds(|seed, count| RetinaPhantom::new(48).with_seed(seed).with_count(count).generate());
}

#[test]
fn vessels_are_a_tenth_of_the_field_of_view_and_darker_in_green() {
    let phantom = RetinaPhantom::new(256).with_count(6);
    let data = phantom.generate();
    for (pair, view) in data.iter().zip(phantom.fields_of_view()) {
        let part = pair.mask().count() as f32 / view.count() as f32;
        assert!((0.06..0.18).contains(&part), "{}: {part}", pair.name);
        assert!(pair.mask().data().iter().zip(view.data()).all(|(m, v)| !m || *v));
        let contrast = |channel: usize| {
            let mean = |wanted: bool| {
                let all = pair
                    .image()
                    .channel(channel)
                    .iter()
                    .zip(pair.mask().data())
                    .zip(view.data());
                let values: Vec<f32> = all
                    .filter(|((_, m), v)| **v && **m == wanted)
                    .map(|((p, _), _)| *p)
                    .collect();
                values.iter().sum::<f32>() / values.len() as f32
            };
            mean(true) / mean(false)
        };
        assert!(contrast(1) < 0.85 && contrast(1) < contrast(0), "{}", pair.name);
    }
    let dice = checks::otsu_dice(&data);
    assert!(dice < 0.5, "a threshold must not do: {dice}");
    assert_eq!(data.pairs()[0].group, data.pairs()[1].group);
    assert_ne!(data.pairs()[1].group, data.pairs()[2].group);
}

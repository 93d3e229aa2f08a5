//! Tests of the `histology` module.

use super::histology::*;
use super::{checks, figures};

#[test]
fn figures_for_looking_at() {
    if figures::wanted() {
        let all = HistologyPhantom::new(256).with_count(16).generate();
        figures::keep_pairs("histology", &all.select(&[0, 1, 4, 5, 8, 9, 12, 13]), 4);
    }
}

#[test]
fn the_seed_decides_everything() {
    checks::image_seeds(|seed, count| HistologyPhantom::new(48).with_seed(seed).with_count(count).generate());
}

#[test]
fn nuclei_are_blue_dark_and_numbered() {
    let phantom = HistologyPhantom::new(160).with_count(8);
    let data = phantom.generate();
    for (pair, map) in data.iter().zip(phantom.instances()) {
        let fraction = pair.mask().foreground_fraction();
        assert!((0.08..0.45).contains(&fraction), "{}: {fraction}", pair.name);
        assert!(
            pair.mask().data().iter().zip(map.data()).all(|(m, l)| *m == (*l > 0)),
            "{}",
            pair.name
        );
        let mean = |channel: usize, wanted: bool| {
            let all = pair.image().channel(channel).iter().zip(pair.mask().data());
            let values: Vec<f32> = all.filter(|(_, m)| **m == wanted).map(|(v, _)| *v).collect();
            values.iter().sum::<f32>() / values.len() as f32
        };
        assert!(
            mean(0, true) < mean(0, false) - 0.1,
            "{}: nuclei are dark in red light",
            pair.name
        );
        assert!(mean(2, true) > mean(0, true), "{}: and blue", pair.name);
    }
    let dice = checks::otsu_dice(&data);
    assert!(dice < 0.8, "a threshold must not do: {dice}");
    assert_eq!(data.pairs()[3].group, data.pairs()[0].group);
    assert_ne!(data.pairs()[4].group, data.pairs()[0].group);
}

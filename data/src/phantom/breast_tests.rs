//! Tests of the `breast` module.

use super::breast::*;
use super::{checks, figures};

#[test]
fn figures_for_looking_at() {
    if figures::wanted() {
        let data = BreastUltrasoundPhantom::new(400).with_count(10).generate();
        figures::keep_pairs("breast", &data, 5);
    }
}

#[test]
fn the_seed_decides_everything() {
    checks::image_seeds(|seed, count| {
        BreastUltrasoundPhantom::new(48)
            .with_seed(seed)
            .with_count(count)
            .generate()
    });
}

#[test]
fn findings_come_in_their_shares_and_lesions_are_dark() {
    let data = BreastUltrasoundPhantom::new(128).with_count(20).generate();
    let count = |word: &str| data.iter().filter(|p| p.name.starts_with(word)).count();
    assert_eq!([count("normal"), count("benign"), count("malignant")], [4, 11, 5]);
    for pair in &data {
        let fraction = pair.mask().foreground_fraction();
        if pair.name.starts_with("normal") {
            assert_eq!(fraction, 0.0);
            continue;
        }
        assert!((0.006..0.12).contains(&fraction), "{}: {fraction}", pair.name);
    }
    let mean = |wanted: bool| {
        let lit = |pair: &crate::ImagePair| {
            let all = pair
                .image()
                .data()
                .to_vec()
                .into_iter()
                .zip(pair.mask().data().to_vec());
            all.filter(move |(_, m)| *m == wanted).map(|(v, _)| v)
        };
        let values: Vec<f32> = data.iter().flat_map(lit).collect();
        values.iter().sum::<f32>() / values.len() as f32
    };
    assert!(mean(true) < mean(false) - 0.05, "{} {}", mean(true), mean(false));
    let dice = checks::otsu_dice(&data);
    assert!(dice < 0.5, "a threshold must not do: {dice}");
}

//! Tests of the `carotid` module.

use super::carotid::*;
use super::{checks, figures};

#[test]
fn figures_for_looking_at() {
    if figures::wanted() {
        let across = CarotidPhantom::new(400).with_frames(2).with_count(8);
        figures::keep_pairs("carotid_across", &across.generate(), 4);
        let along = across.clone().with_view(CarotidView::Longitudinal);
        figures::keep_pairs(
            "carotid_along",
            &along.clone().with_target(CarotidTarget::IntimaMedia).generate(),
            4,
        );
        figures::keep_pairs(
            "carotid_plaque",
            &along.with_target(CarotidTarget::Plaque).generate(),
            4,
        );
    }
}

#[test]
fn the_seed_decides_everything() {
    checks::image_seeds(|seed, count| CarotidPhantom::new(48).with_seed(seed).with_count(count).generate());
}

#[test]
fn lumen_wall_and_plaque_have_their_sizes() {
    for view in [CarotidView::Transverse, CarotidView::Longitudinal] {
        let all = CarotidPhantom::new(160).with_view(view).with_frames(2).with_count(12);
        let part = |target| all.clone().with_target(target).generate().foreground_fraction();
        let [lumen, wall, plaque] = [CarotidTarget::Lumen, CarotidTarget::IntimaMedia, CarotidTarget::Plaque].map(part);
        let most = if view == CarotidView::Transverse { 0.05 } else { 0.3 };
        assert!((0.012..most).contains(&lumen), "{view:?}: lumen {lumen}");
        assert!((0.003..0.05).contains(&wall), "{view:?}: wall {wall}");
        assert!((0.0005..0.02).contains(&plaque), "{view:?}: plaque {plaque}");
        let dice = checks::otsu_dice(&all.generate());
        assert!(dice < 0.6, "{view:?}: a threshold must not do: {dice}");
    }
}

#[test]
fn frames_of_a_sweep_look_alike() {
    let data = CarotidPhantom::new(96).with_frames(4).with_count(8).generate();
    let apart = |a: usize, b: usize| {
        let (a, b) = (data.pairs()[a].image().data(), data.pairs()[b].image().data());
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>()
    };
    assert!(apart(0, 1) < 0.8 * apart(0, 4), "{} {}", apart(0, 1), apart(0, 4));
}

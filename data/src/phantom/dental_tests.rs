//! Tests of the `dental` module.

use super::dental::*;
use super::{checks, figures};

#[test]
fn figures_for_looking_at() {
    if figures::wanted() {
        figures::keep_pairs("dental", &DentalPhantom::new(360).with_count(4).generate(), 2);
        let teeth = DentalPhantom::new(360).with_count(2).with_target(DentalTarget::Teeth);
        figures::keep_pairs("dental_teeth", &teeth.generate(), 2);
    }
}

#[test]
fn the_seed_decides_everything() {
    checks::image_seeds(|seed, count| DentalPhantom::new(32).with_seed(seed).with_count(count).generate());
}

#[test]
fn jaw_and_teeth_have_their_shares_and_teeth_are_bright() {
    for (target, range) in [(DentalTarget::Mandible, 0.15..0.32), (DentalTarget::Teeth, 0.08..0.25)] {
        let data = DentalPhantom::new(128).with_count(6).with_target(target).generate();
        for pair in &data {
            let fraction = pair.mask().foreground_fraction();
            assert!(range.contains(&fraction), "{target:?} {}: {fraction}", pair.name);
        }
        let dice = checks::otsu_dice(&data);
        assert!(dice < 0.8, "{target:?}: a threshold must not do: {dice}");
    }
}

#[test]
fn teeth_are_numbered_where_the_mask_is() {
    let phantom = DentalPhantom::new(96).with_count(2).with_target(DentalTarget::Teeth);
    for (pair, map) in phantom.generate().iter().zip(phantom.instances()) {
        let same = pair.mask().data().iter().zip(map.data()).all(|(m, l)| *m == (*l > 0));
        assert!(
            same && (18..=32).contains(&map.highest()),
            "{}: {}",
            pair.name,
            map.highest()
        );
    }
}

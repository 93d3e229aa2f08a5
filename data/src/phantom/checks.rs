//! What every phantom has to keep, for tests.

use super::{PhantomCase, VolumeSet, fingerprint};
use crate::{DataError, Dataset, Side, otsu_mask};

/// The same seed gives the same cases, however many; another seed others.
pub(super) fn seeds(make: impl Fn(u64, usize) -> Result<VolumeSet, DataError>) {
    let (two, three) = (make(9, 2).unwrap(), make(9, 3).unwrap());
    assert_eq!(two.cases(), &three.cases()[..2]);
    assert_ne!(two.cases()[0].volume(), two.cases()[1].volume());
    assert_ne!(two.cases()[0].volume(), make(10, 1).unwrap().cases()[0].volume());
}

/// The same for images.
pub(super) fn image_seeds(make: impl Fn(u64, usize) -> Dataset) {
    let (three, five) = (make(9, 3), make(9, 5));
    assert_eq!(three, five.first(3));
    assert_ne!(five.pairs()[0].image(), five.pairs()[1].image());
    assert_ne!(make(10, 1), five.first(1));
    assert!(
        five.iter()
            .all(|p| p.image().data().iter().all(|v| (0.0..=1.0).contains(v)))
    );
    assert_ne!(fingerprint(&three), fingerprint(&make(10, 3)));
}

/// Every label of every case is 0 or a documented one, and every documented one occurs somewhere.
pub(super) fn labels(set: &VolumeSet) {
    let named: Vec<u32> = set.labels().iter().map(|l| l.0).collect();
    for case in set {
        assert!(
            case.labels().data().iter().all(|l| *l == 0 || named.contains(l)),
            "{}",
            case.name
        );
        assert_eq!(case.labels().size(), case.volume().size());
        assert_eq!(case.labels().spacing(), case.volume().spacing());
    }
    for (label, name) in set.labels() {
        assert!(set.fraction_of(*label) > 0.0, "no {name}");
    }
}

/// The part of a volume's first channel between two values.
pub(super) fn share(case: &PhantomCase, from: f32, to: f32) -> f32 {
    let [d, h, w] = case.volume().size();
    let values = &case.volume().data()[..d * h * w];
    values.iter().filter(|v| (from..to).contains(*v)).count() as f32 / values.len() as f32
}

/// Mean of a channel over the voxels of a label.
pub(super) fn mean_of(case: &PhantomCase, channel: usize, label: u32) -> f32 {
    let count = case.labels().data().len();
    let values = &case.volume().data()[channel * count..(channel + 1) * count];
    let found: Vec<f32> = values
        .iter()
        .zip(case.labels().data())
        .filter(|(_, l)| **l == label)
        .map(|(v, _)| *v)
        .collect();
    found.iter().sum::<f32>() / found.len() as f32
}

/// Dice of Otsu's threshold on the better of its two sides, over all images together.
pub(super) fn otsu_dice(data: &Dataset) -> f32 {
    let dice = |side: Side| {
        let (mut both, mut sum) = (0, 0);
        for pair in data {
            let found = otsu_mask(pair.image(), side);
            both += found
                .data()
                .iter()
                .zip(pair.mask().data())
                .filter(|(a, b)| **a && **b)
                .count();
            sum += found.count() + pair.mask().count();
        }
        2.0 * both as f32 / sum as f32
    };
    dice(Side::Bright).max(dice(Side::Dark))
}

/// A fingerprint of volumes: their stored numbers and labels.
pub(super) fn volume_print(set: &VolumeSet) -> u64 {
    let bytes = set.iter().flat_map(|c| {
        let values = c.volume().data().iter().flat_map(|v| (*v as i32).to_le_bytes());
        values.chain(c.labels().data().iter().map(|&l| l as u8))
    });
    super::fnv(bytes)
}

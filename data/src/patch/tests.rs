//! Patches lie where they should, and as often.

use rand::{RngExt, SeedableRng};

use super::*;
use crate::transform::{Border, ChaCha8Rng, Subject, Transform, TransformError, place};
use crate::{Geometry, LabelMap, Volume};

/// A volume whose values are their own positions, with labels.
fn numbered(size: [usize; 3], label: impl Fn([usize; 3]) -> u32) -> Subject {
    let count: usize = size.iter().product();
    let labels = (0..count).map(|i| label(place(i, size))).collect();
    let volume = Volume::new((0..count).map(|i| i as f32).collect(), 1, size, [1.0; 3]).unwrap();
    Subject::new("ct", (volume, LabelMap::new(labels, &size).unwrap())).unwrap()
}

#[test]
fn a_patch_is_the_part_of_image_and_labels_in_its_box() {
    let subject = numbered([5, 7, 9], |[z, y, x]| (z * 63 + y * 9 + x) as u32);
    let patches = Patches::of([2, 3, 4]);
    for seed in 0..50 {
        let part = patches
            .draw_box(&subject, &mut ChaCha8Rng::seed_from_u64(seed))
            .unwrap();
        assert!(part.is_inside(subject.size()));
        let patch = patches.draw(&subject, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap();
        let first = (part.start[0] * 63 + part.start[1] * 9 + part.start[2]) as f32;
        assert_eq!((patch.size(), patch.image()[0]), ([2, 3, 4], first));
        assert!(
            patch
                .image()
                .iter()
                .zip(patch.labels().unwrap())
                .all(|(v, l)| *v == *l as f32)
        );
    }
}

#[test]
fn patches_reach_every_place() {
    let subject = numbered([1, 1, 6], |_| 0);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut seen = [0; 5];
    for _ in 0..1000 {
        seen[Patches::of([1, 1, 2]).draw_box(&subject, &mut rng).unwrap().start[2] as usize] += 1;
    }
    assert!(seen.iter().all(|&count| (140..260).contains(&count)), "{seen:?}");
}

#[test]
fn balances_draw_in_their_proportions() {
    // A large class 1 and a single voxel of class 2, far from each other.
    let subject = numbered(
        [4, 20, 40],
        |[z, y, x]| if (z, y, x) == (0, 0, 39) { 2 } else { u32::from(x < 10) },
    );
    let share = |balance: Balance, label: u32| {
        let patches = Patches::of([1, 1, 1]).with_balance(balance);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let hits = (0..4000)
            .filter(|_| patches.draw(&subject, &mut rng).unwrap().labels() == Some(&[label]))
            .count();
        hits as f64 / 4000.0
    };
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 0.03, "{found}, not {expected}");
    close(share(Balance::Anywhere, 1), 0.25);
    close(share(Balance::Foreground(1.0), 1), 1.0);
    close(share(Balance::Foreground(0.5), 1), 0.5 + 0.5 * 0.25);
    close(share(Balance::EachClass(1.0), 2), 0.5);
    close(share(Balance::EachClass(1.0 / 3.0), 2), 1.0 / 6.0);
    close(share(Balance::Weights(vec![(0, 1.0), (2, 3.0), (9, 50.0)]), 2), 0.75);
    close(share(Balance::Weights(vec![(0, 1.0), (2, 3.0), (9, 50.0)]), 0), 0.25);
}

#[test]
fn a_drawn_voxel_is_in_its_patch_even_at_the_edge() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for _ in 0..200 {
        let size: [usize; 3] = std::array::from_fn(|_| rng.random_range(3..12));
        let at: [usize; 3] = std::array::from_fn(|axis| rng.random_range(0..size[axis]));
        let patch: [usize; 3] = std::array::from_fn(|axis| rng.random_range(1..=size[axis]));
        let subject = numbered(size, |voxel| u32::from(voxel == at));
        let drawn = Patches::of(patch)
            .with_foreground(1.0)
            .draw(&subject, &mut rng)
            .unwrap();
        assert_eq!(
            drawn.labels().unwrap().iter().sum::<u32>(),
            1,
            "{size:?} {at:?} {patch:?}"
        );
    }
}

#[test]
fn without_foreground_a_patch_is_drawn_anywhere() {
    let subject = numbered([3, 3, 30], |_| 0);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for balance in [
        Balance::Foreground(1.0),
        Balance::EachClass(1.0),
        Balance::Weights(vec![(5, 1.0)]),
    ] {
        let patches = Patches::of([1, 1, 3]).with_balance(balance);
        let starts: std::collections::HashSet<i64> = (0..300)
            .map(|_| patches.draw_box(&subject, &mut rng).unwrap().start[2])
            .collect();
        assert_eq!(starts.len(), 28);
    }
}

#[test]
fn too_large_a_patch_is_an_error_or_filled_up() {
    let subject = numbered([2, 3, 4], |_| 1);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let error = Patches::of([2, 5, 4]).draw(&subject, &mut rng).unwrap_err();
    assert!(
        matches!(error, TransformError::TooLarge { wanted: [2, 5, 4], .. }),
        "{error}"
    );
    let filled = Patches::of([2, 5, 2])
        .padded(Border::Constant(-1.0))
        .draw(&subject, &mut rng)
        .unwrap();
    assert_eq!(filled.image().iter().filter(|&&v| v == -1.0).count(), 8);
    assert_eq!(filled.labels().unwrap().iter().filter(|&&l| l == 0).count(), 8);
    for bad in [
        Patches::of([0, 1, 1]),
        Patches::of([1, 1, 1]).with_foreground(1.5),
        Patches::of([1, 1]).with_each_class(f64::NAN),
    ] {
        assert!(
            matches!(bad.draw(&subject, &mut rng), Err(TransformError::Setting { .. })),
            "{bad:?}"
        );
    }
    let weightless = Patches::of([1, 1]).with_balance(Balance::Weights(vec![(1, 0.0)]));
    assert!(weightless.check().is_err());
    let huge = Patches::of([1 << 20, 1 << 20, 1 << 20]).padded(Border::Edge);
    assert!(huge.draw(&subject, &mut rng).is_err());
    let image = Subject::new("a", crate::Image::from_fn(4, 4, |_, _| 0.0)).unwrap();
    assert!(matches!(
        Patches::of([2, 2]).with_foreground(0.5).draw(&image, &mut rng),
        Err(TransformError::Missing { .. })
    ));
    assert!(
        Patches::of([2, 2, 2])
            .padded(Border::Edge)
            .draw(&image, &mut rng)
            .is_err()
    );
}

#[test]
fn a_flat_patch_of_a_volume_is_a_picture() {
    let subject = numbered([4, 6, 6], |_| 1);
    let patch = Patches::of([3, 3])
        .draw(&subject, &mut ChaCha8Rng::seed_from_u64(2))
        .unwrap();
    assert!(patch.is_planar());
    assert_eq!(patch.size(), [1, 3, 3]);
}

#[test]
fn a_grid_covers_every_voxel_with_its_overlap() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for _ in 0..200 {
        let whole: [usize; 3] = std::array::from_fn(|_| rng.random_range(1..20));
        let size: [usize; 3] = std::array::from_fn(|_| rng.random_range(1..9));
        let overlap = rng.random_range(0.0..0.9);
        let boxes = PatchGrid::of(size).with_overlap(overlap).boxes(whole).unwrap();
        for axis in 0..3 {
            let mut starts: Vec<i64> = boxes.iter().map(|part| part.start[axis]).collect();
            starts.sort_unstable();
            starts.dedup();
            let (first, last) = (starts[0], starts[starts.len() - 1]);
            assert!(first <= 0 && last + size[axis] as i64 >= whole[axis] as i64);
            if size[axis] <= whole[axis] {
                assert!(first == 0 && last as usize + size[axis] == whole[axis]);
                let room = (size[axis] as f64 * (1.0 - overlap) + 1e-9).max(1.0);
                assert!(
                    starts.windows(2).all(|w| ((w[1] - w[0]) as f64) <= room),
                    "{starts:?} {size:?} {overlap}"
                );
            }
        }
    }
    assert!(PatchGrid::of([2, 2]).with_overlap(1.0).boxes([1, 4, 4]).is_err());
    assert!(PatchGrid::of([2, 0]).boxes([1, 4, 4]).is_err());
    assert!(PatchGrid::of([2, 2]).boxes([1, 0, 4]).is_err());
    let subject = numbered([2, 4, 4], |_| 1);
    let parts: Vec<_> = PatchGrid::of([2, 2])
        .patches(&subject)
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(parts.len(), 8);
    assert_eq!(parts[7].1.image(), [26.0, 27.0, 30.0, 31.0]);
}

#[test]
fn slices_of_each_axis_show_what_is_there() {
    let subject = numbered([2, 3, 4], |[z, y, x]| (z * 12 + y * 4 + x) as u32);
    let take = |axis, number| Slices::across(axis).get(&subject, number).unwrap();
    assert_eq!(
        take(Axis::Depth, 1).image(),
        (12..24).map(|v| v as f32).collect::<Vec<_>>()
    );
    assert_eq!(
        take(Axis::Height, 2).image(),
        [8.0, 9.0, 10.0, 11.0, 20.0, 21.0, 22.0, 23.0]
    );
    assert_eq!(take(Axis::Width, 3).image(), [3.0, 7.0, 11.0, 15.0, 19.0, 23.0]);
    let side = take(Axis::Width, 3);
    assert_eq!(
        (side.size(), side.name.as_str(), side.group.as_deref()),
        ([1, 2, 3], "ct slice 4", Some("ct"))
    );
    // The second row of the side view lies one step along the depth.
    assert_eq!(
        side.geometry().point([0.0, 1.0, 2.0]),
        subject.geometry().point([1.0, 2.0, 3.0])
    );
    assert!(Slices::across(Axis::Depth).get(&subject, 2).is_err());
}

#[test]
fn empty_slices_are_skipped_at_their_rate() {
    let subject = numbered([10, 2, 2], |[z, ..]| u32::from(z == 4));
    let full = |rate: f64| {
        let slices = Slices::across(Axis::Depth).with_empty_rate(rate);
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let draws = (0..2000).filter(|_| slices.apply(subject.clone(), &mut rng).unwrap().labels().unwrap()[0] == 1);
        draws.count() as f64 / 2000.0
    };
    // One slice with a label, nine without.
    for (rate, expected) in [(0.0, 1.0), (1.0, 0.1), (1.0 / 9.0, 0.5)] {
        let found = full(rate);
        assert!((found - expected).abs() < 0.04, "rate {rate}: {found}, not {expected}");
    }
    let none = numbered([3, 2, 2], |_| 0);
    let slices = Slices::across(Axis::Depth).with_empty_rate(0.0);
    assert!(slices.apply(none, &mut ChaCha8Rng::seed_from_u64(1)).is_ok());
    assert!(Slices::across(Axis::Depth).with_empty_rate(2.0).check().is_err());
}

#[test]
fn the_index_knows_every_voxel() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let labels: Vec<u32> = (0..6 * 50).map(|_| rng.random_range(0..4)).collect();
    let index = ForegroundIndex::of(&labels, 50);
    assert_eq!(index.labels().collect::<Vec<_>>(), [1, 2, 3]);
    for label in 1..4 {
        let mut seen = vec![false; labels.len()];
        for _ in 0..5000 {
            let voxel = index.draw(label, &mut rng).unwrap();
            assert_eq!(labels[voxel], label);
            seen[voxel] = true;
        }
        let expected = labels.iter().filter(|&&l| l == label).count();
        assert_eq!(
            (index.count(label), seen.iter().filter(|&&s| s).count()),
            (expected, expected)
        );
    }
    assert_eq!(index.draw(9, &mut rng), None);
    assert_eq!(ForegroundIndex::of(&[0; 9], 3).draw_any(&mut rng), None);
    // A ball is some hundreds of runs, not tens of thousands of voxels.
    let ball = numbered([40, 40, 40], |p| {
        u32::from(p.iter().map(|&v| (v as f64 - 20.0).powi(2)).sum::<f64>() < 300.0)
    });
    let index = ball.foreground().unwrap();
    assert!(
        index.bytes() < index.total(),
        "{} bytes for {} voxels",
        index.bytes(),
        index.total()
    );
}

#[test]
fn changed_labels_are_indexed_anew() {
    let mut subject = numbered([1, 2, 2], |_| 1);
    assert_eq!(subject.foreground().unwrap().count(1), 4);
    subject.labels_mut().unwrap().fill(2);
    assert_eq!(subject.foreground().unwrap().count(2), 4);
    let flat = Subject::from_parts(vec![0.0; 4], 1, None, [1, 2, 2], true, Geometry::default()).unwrap();
    assert!(flat.foreground().is_none());
}

//! Image and labels move alike, and the place in space is kept right.

use rand::RngExt;

use super::*;
use crate::{Geometry, LabelMap, Volume};

/// A volume of coloured blocks whose labels are its colours.
fn coloured(size: [usize; 3], is_planar: bool) -> Subject {
    let count: usize = size.iter().product();
    let labels: Vec<u32> = (0..count)
        .map(|i| {
            let [z, y, x] = place(i, size);
            (z / 3 * 5 + y / 4 * 3 + x / 5) as u32 % 7
        })
        .collect();
    let image = labels.iter().map(|&label| label as f32).collect();
    Subject::from_parts(
        image,
        1,
        Some(labels),
        size,
        is_planar,
        Geometry::of_spacing([2.0, 1.0, 0.8]).unwrap(),
    )
    .unwrap()
}

/// With the nearest voxel read for both, every value is still its label; 0 comes in from outside both.
#[test]
fn image_and_labels_get_the_same_geometry() {
    let nearest = Interpolation::Nearest;
    let transforms: Vec<Box<dyn Transform>> = vec![
        Box::new(Flip::random(0.5)),
        Box::new(QuarterTurns::random()),
        Box::new(QuarterTurns::times(1)),
        Box::new(Resample::to([1.3, 0.9, 1.7]).with_interpolation(nearest)),
        Box::new(Resize::to([7, 31, 6]).with_interpolation(nearest)),
        Box::new(Crop::centre([4, 9])),
        Box::new(Pad::by([3, 5])),
        Box::new(Pad::to([30, 30]).with_border(Border::Edge)),
        Box::new(Pad::to([30, 30]).with_border(Border::Constant(0.0))),
        Box::new(Reorient::to("SAR")),
        Box::new(CropForeground::around(Over::Labelled).with_margin(1)),
        Box::new(
            Spatial::new()
                .with_rotations([-30.0..=30.0, -20.0..=20.0, -20.0..=20.0])
                .with_scaling_by_axis(0.7..=1.4)
                .with_shear(-10.0..=10.0)
                .with_translation(-0.2..=0.2)
                .with_elastic(2.0)
                .with_interpolation(nearest),
        ),
        Box::new(
            Spatial::new()
                .with_rotation(-90.0..=90.0)
                .with_border(Border::Constant(0.0))
                .with_interpolation(nearest),
        ),
        Box::new(
            Spatial::new()
                .with_elastic(3.0)
                .with_border(Border::Edge)
                .with_interpolation(nearest),
        ),
        Box::new(crate::patch::Patches::of([8, 8]).with_foreground(0.5)),
    ];
    for transform in transforms {
        for (size, is_planar) in [([6, 17, 14], false), ([1, 17, 14], true)] {
            for seed in 0..20 {
                let changed = transform.apply(coloured(size, is_planar), &mut ChaCha8Rng::seed_from_u64(seed));
                let changed = changed.unwrap();
                let labels = changed.labels().unwrap();
                let agree = changed
                    .image()
                    .iter()
                    .zip(labels)
                    .filter(|(value, label)| **value == **label as f32)
                    .count();
                assert_eq!(agree, labels.len(), "{transform:?}, seed {seed}");
                assert_eq!(
                    changed.is_planar(),
                    is_planar || format!("{transform:?}").starts_with("Patches")
                );
            }
        }
    }
}

/// Linear interpolation of a ramp is exact, so values say where they were read.
#[test]
fn linear_images_move_with_their_labels() {
    let size = [1, 40, 40];
    let count: usize = size.iter().product();
    let labels: Vec<u32> = (0..count as u32).collect();
    let image = (0..count).map(|i| i as f32).collect();
    let subject = Subject::from_parts(image, 1, Some(labels), size, true, Geometry::default()).unwrap();
    let spatial = Spatial::new()
        .with_rotation(-25.0..=25.0)
        .with_elastic(2.0)
        .with_border(Border::Edge);
    let moved = spatial.seeded(subject, 4).unwrap();
    for (value, &label) in moved.image().iter().zip(moved.labels().unwrap()) {
        // Half a voxel along each axis is at most half a row and half a column.
        assert!((value - label as f32).abs() <= 20.51, "{value} {label}");
    }
}

#[test]
fn labels_read_linearly_are_the_strongest_of_their_one_hot_maps() {
    let subject = coloured([6, 10, 9], false);
    let resample = Resample::to([1.1, 0.7, 1.9]).with_label_interpolation(LabelInterpolation::Linear);
    let found = resample.on(subject.clone()).unwrap();
    let maps: Vec<Vec<f32>> = (0..7)
        .map(|label| {
            let map = subject
                .labels()
                .unwrap()
                .iter()
                .map(|&l| f32::from(u8::from(l == label)))
                .collect();
            let map = Subject::from_parts(map, 1, None, subject.size(), false, *subject.geometry()).unwrap();
            Resample::to([1.1, 0.7, 1.9]).on(map).unwrap().into_parts().0
        })
        .collect();
    for (i, &label) in found.labels().unwrap().iter().enumerate() {
        let best = maps.iter().map(|map| map[i]).fold(0.0, f32::max);
        assert!(maps[label as usize][i] > best - 1e-5, "voxel {i}");
    }
}

/// Each voxel's value is a linear function of its place in space, so any result can be checked against its geometry.
#[test]
fn what_moves_the_grid_keeps_every_value_at_its_place_in_space() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let world = |[x, y, z]: [f64; 3]| (0.3 * x - 0.7 * y + 0.5 * z) as f32;
    for _ in 0..20 {
        let size: [usize; 3] = std::array::from_fn(|_| rng.random_range(4..9));
        let spacing: [f64; 3] = std::array::from_fn(|_| rng.random_range(0.5..3.0));
        let axes = [[0.1, 0.2, -1.0], [1.0, 0.1, 0.1], [0.0, -1.0, 0.1]];
        let geometry = Geometry::new(spacing, [4.0, -3.0, 9.0], axes).unwrap();
        let count: usize = size.iter().product();
        let values = (0..count)
            .map(|i| world(geometry.point(place(i, size).map(|at| at as f64))))
            .collect();
        let labels = LabelMap::new((0..count as u32).collect(), &size).unwrap();
        let whole = Subject::new(
            "a",
            (
                Volume::new(values, 1, size, spacing).unwrap().with_geometry(geometry),
                labels,
            ),
        )
        .unwrap();
        let steps: Vec<Box<dyn Transform>> = vec![
            Box::new(Reorient::to("ALI")),
            Box::new(Crop::centre([3, 2, 3])),
            Box::new(Resample::to([1.5, 0.9, 1.1])),
            Box::new(Resize::to([5, 6, 7])),
            Box::new(crate::patch::Patches::of([2, 3, 2])),
            Box::new(Pad::by([1, 1, 1]).with_border(Border::Constant(f32::NAN))),
        ];
        for step in steps {
            let moved = step.apply(whole.clone(), &mut rng).unwrap();
            for (i, &value) in moved.image().iter().enumerate() {
                let point = moved.geometry().point(place(i, moved.size()).map(|at| at as f64));
                let inside = geometry
                    .voxel(point)
                    .iter()
                    .zip(size)
                    .all(|(at, side)| (-1e-6..=side as f64 - 1.0 + 1e-6).contains(at));
                assert!(
                    !inside || (value - world(point)).abs() < 1e-3,
                    "{step:?}: {value} at {point:?}"
                );
            }
        }
        // And back: crop, turn, and every voxel that was kept returns to its place.
        let changed = Compose::new().then(Reorient::to("RAS")).then(Crop::centre([3, 3, 3]));
        let back = ResampleLike::subject(&whole)
            .on(changed.on(whole.clone()).unwrap())
            .unwrap();
        let kept = back
            .labels()
            .unwrap()
            .iter()
            .enumerate()
            .filter(|&(i, &label)| label > 0 && label == i as u32)
            .count();
        assert!(kept >= 26, "{kept} of 27");
    }
}

#[test]
fn quarter_turns_are_those_of_the_image_type() {
    let image = crate::Image::from_fn(3, 2, |x, y| (x + 3 * y) as f32);
    assert_eq!(
        QuarterTurns::times(1).on(image.clone()).unwrap(),
        image.rotated_quarter()
    );
    let twice = QuarterTurns::times(2).on(image.clone()).unwrap();
    assert_eq!(twice, image.rotated_quarter().rotated_quarter());
    let thrice = QuarterTurns::times(3).on(image.clone()).unwrap();
    assert_eq!(QuarterTurns::times(1).on(thrice).unwrap(), image);
}

#[test]
fn the_foreground_box_can_be_undone() {
    let mut values = vec![0.0; 5 * 6 * 7];
    for (z, y, x) in [(1, 2, 3), (3, 2, 5)] {
        values[(z * 6 + y) * 7 + x] = 2.0;
    }
    let whole = Subject::new("mr", Volume::new(values, 1, [5, 6, 7], [1.0; 3]).unwrap()).unwrap();
    let crop = CropForeground::around(Over::NonZero);
    let part = crop.find(&whole).unwrap().unwrap();
    assert_eq!((part.start, part.size), ([1, 2, 3], [3, 1, 3]));
    let cut = crop.on(whole.clone()).unwrap();
    assert_eq!(cut.size(), [3, 1, 3]);
    assert_eq!(
        part.undone(whole.size()).of(&cut, Border::Constant(0.0)).unwrap(),
        whole
    );
    assert_eq!(ResampleLike::subject(&whole).on(cut).unwrap(), whole);
    let margin = crop.clone().with_margin(2).find(&whole).unwrap().unwrap();
    assert_eq!((margin.start, margin.size), ([0, 0, 1], [5, 5, 6]));
    let empty = Subject::new("none", Volume::new(vec![0.0; 8], 1, [2, 2, 2], [1.0; 3]).unwrap()).unwrap();
    assert_eq!(crop.find(&empty).unwrap(), None);
    assert_eq!(crop.on(empty.clone()).unwrap(), empty);
}

#[test]
fn an_elastic_deformation_is_drawn_with_the_strength_asked_for() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut sum = 0.0;
    for _ in 0..300 {
        let drawn = Displacement::drawn([1, 3, 3], [0.0, 10.0, 10.0], &mut rng).unwrap();
        let [depth, _, across] = drawn.at_every_voxel([1, 65, 65]);
        assert!(depth.iter().all(|&move_by| move_by == 0.0));
        // At the grid points the surface goes through what was drawn.
        sum += [0, 32, 64].iter().map(|&x| across[65 * 32 + x].powi(2)).sum::<f32>();
    }
    let deviation = (sum / 900.0).sqrt();
    assert!((deviation - 10.0).abs() < 1.0, "{deviation}");
}

#[test]
fn anti_aliasing_fades_what_the_new_grid_cannot_show() {
    let checks = crate::Image::from_fn(64, 64, |x, y| ((x + y) % 2) as f32);
    let spread = |image: &crate::Image| image.data().iter().map(|v| (v - 0.5).abs()).fold(0.0, f32::max);
    let plain = Resize::to([21, 21]).on(checks.clone()).unwrap();
    let smooth = Resize::to([21, 21]).antialiased().on(checks).unwrap();
    assert!(
        spread(&plain) > 0.4 && spread(&smooth) < 0.06,
        "{} {}",
        spread(&plain),
        spread(&smooth)
    );
}

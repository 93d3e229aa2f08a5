//! Settings out of range, statistics, noise, and what needs no other library to be known.

use super::*;
use crate::{Image, ImagePair, LabelMap, Mask, Volume};

fn ramp(width: usize) -> Image {
    Image::from_fn(width, 1, |x, _| x as f32)
}

fn volume(size: [usize; 3]) -> Volume {
    let count = size.iter().product::<usize>();
    Volume::new(
        (0..count).map(|i| (i * 7919 % 1000) as f32 / 1000.0).collect(),
        1,
        size,
        [1.0; 3],
    )
    .unwrap()
}

/// Every transform that changes values or places, with usual settings.
fn all() -> Vec<Box<dyn Transform>> {
    vec![
        Box::new(BiasField::random(0.5)),
        Box::new(Blur::random(0.5..=1.0)),
        Box::new(Brightness::random(-0.1..=0.1)),
        Box::new(Clahe::default()),
        Box::new(Contrast::random(0.7..=1.3)),
        Box::new(Crop::centre([4, 4])),
        Box::new(CropForeground::around(Over::Labelled)),
        Box::new(CutOut::random(2, 0.1..=0.5)),
        Box::new(Equalize::default()),
        Box::new(Flip::random(0.5)),
        Box::new(Gamma::random(0.7..=1.5).with_inverted(0.5)),
        Box::new(GaussianNoise::random(0.0..=0.1)),
        Box::new(LowResolution::random(0.5..=1.0)),
        Box::new(Pad::by([2, 2])),
        Box::new(Percentiles::default()),
        Box::new(PoissonNoise::random(10.0..=100.0)),
        Box::new(QuarterTurns::random()),
        Box::new(Reorient::to("RAS")),
        Box::new(ReplaceNonFinite::by(0.0)),
        Box::new(Resample::to(0.7)),
        Box::new(Rescale::to(-1.0..=1.0)),
        Box::new(Resize::to([9, 5])),
        Box::new(Spatial::new().with_rotation(-20.0..=20.0).with_elastic(1.0)),
        Box::new(SpeckleNoise::random(0.0..=0.2)),
        Box::new(Window::new(0.5, 0.5)),
        Box::new(ZScore::default()),
    ]
}

fn labelled(size: [usize; 3]) -> Subject {
    let volume = volume(size);
    let labels = volume.data().iter().map(|&value| u32::from(value > 0.5)).collect();
    Subject::new("case", (volume, LabelMap::new(labels, &size).unwrap())).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_result_and_another_seed_another() {
    for transform in all() {
        let run = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let changed = transform.apply(labelled([5, 6, 6]), &mut rng).unwrap();
            (changed.image().to_vec(), changed.labels().map(<[u32]>::to_vec))
        };
        assert_eq!(run(1), run(1), "{transform:?}");
        let varies = (2..30).any(|seed| run(seed) != run(1));
        assert_eq!(varies, transform.is_random(), "{transform:?}");
    }
}

#[test]
fn a_result_does_not_depend_on_the_number_of_threads() {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let many = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
    for transform in all() {
        let run = || {
            transform
                .apply(labelled([33, 48, 40]), &mut ChaCha8Rng::seed_from_u64(3))
                .unwrap()
        };
        let (a, b) = (one.install(run), many.install(run));
        assert!(a == b, "{transform:?}");
    }
}

#[test]
fn each_kind_of_item_comes_back_in_its_own_type() {
    let mirror = Flip::horizontal();
    assert_eq!(mirror.on(ramp(3)).unwrap().data(), [2.0, 1.0, 0.0]);
    assert_eq!(
        mirror.on(Mask::from_fn(3, 1, |x, _| x == 0)).unwrap().data(),
        [false, false, true]
    );
    assert_eq!(
        mirror.on(LabelMap::new(vec![5, 6], &[1, 2]).unwrap()).unwrap().data(),
        [6, 5]
    );
    let pair = ImagePair::new("a", ramp(3), Mask::from_fn(3, 1, |x, _| x == 0))
        .unwrap()
        .with_group("patient");
    let turned = mirror.on(pair).unwrap();
    assert_eq!((turned.name.as_str(), turned.group.as_deref()), ("a", Some("patient")));
    assert_eq!(turned.mask().data(), [false, false, true]);
    let (image, labels) = mirror
        .on((ramp(2), LabelMap::new(vec![5, 6], &[1, 2]).unwrap()))
        .unwrap();
    assert_eq!(
        (image.data(), labels.data(), labels.size()),
        (&[1.0, 0.0][..], &[6, 5][..], &[1, 2][..])
    );
    let error = mirror
        .on((ramp(2), LabelMap::new(vec![5], &[1, 1]).unwrap()))
        .unwrap_err();
    assert!(matches!(error, TransformError::SizesDiffer { .. }));
    let subject = Subject::new("ct", volume([2, 2, 2])).unwrap();
    assert!(matches!(
        Image::from_subject(subject.clone()),
        Err(TransformError::Kind { .. })
    ));
    assert!(matches!(
        LabelMap::from_subject(subject),
        Err(TransformError::Missing { .. })
    ));
}

#[test]
fn channels_are_not_mixed() {
    let both = |transform: &dyn Transform, values: Vec<f32>, channels| {
        let volume = Volume::new(values, channels, [4, 6, 5], [1.0; 3]).unwrap();
        let subject = Subject::new("a", volume).unwrap();
        transform
            .apply(subject, &mut ChaCha8Rng::seed_from_u64(1))
            .unwrap()
            .into_parts()
            .0
    };
    let one: Vec<f32> = volume([4, 6, 5]).into_data();
    let two: Vec<f32> = one.iter().rev().map(|v| v * v).collect();
    for transform in all() {
        // Noise differs between channels, and a cut-out has the same place in both.
        if format!("{transform:?}").contains("Noise") || format!("{transform:?}").contains("Cropped") {
            continue;
        }
        if transform
            .apply(
                Subject::new("a", volume([4, 6, 5])).unwrap(),
                &mut ChaCha8Rng::seed_from_u64(1),
            )
            .is_err()
        {
            continue;
        }
        let together = both(&*transform, [one.clone(), two.clone()].concat(), 2);
        let apart = [both(&*transform, one.clone(), 1), both(&*transform, two.clone(), 1)].concat();
        assert!(together == apart, "{transform:?}");
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let cases: Vec<(Box<dyn Transform>, &str)> = vec![
        (Box::new(Resample::to([1.0, 0.0, 1.0])), "Resample: spacing"),
        (Box::new(Resample::to(f64::NAN)), "Resample: spacing"),
        (Box::new(Resample::to(1e-9)), "Resample: "),
        (Box::new(Resize::to([0, 3])), "Resize: size"),
        (Box::new(Crop::centre([0, 3])), "Crop: size"),
        (Box::new(Crop::centre([9, 3])), "Crop: size"),
        (Box::new(Pad::to([0, 3])), "Pad: size"),
        (Box::new(Pad::by([usize::MAX / 4, 3])), "Pad: "),
        (Box::new(Window::new(40.0, 0.0)), "Window: width"),
        (Box::new(Window::new(f64::NAN, 1.0)), "Window: centre"),
        (Box::new(Rescale::to(1.0..=0.0)), "Rescale: to"),
        (Box::new(Rescale::to(0.0..=1.0).from(2.0..=2.0)), "Rescale: from"),
        (Box::new(Percentiles::new(50.0, 50.0)), "Percentiles: low and high"),
        (Box::new(Percentiles::new(-1.0, f64::NAN)), "Percentiles: low and high"),
        (Box::new(Clahe::default().with_clip(2.0)), "Clahe: clip"),
        (Box::new(Clahe::default().with_tile([0, 8])), "Clahe: tile"),
        (Box::new(Clahe::default().with_bins(1)), "Clahe: bins"),
        (Box::new(Equalize::with_bins(0)), "Equalize: bins"),
        (Box::new(Reorient::to("RAR")), "Reorient: letters"),
        (Box::new(Reorient::to("XYZW")), "Reorient: letters"),
        (Box::new(Flip::random(1.5)), "Flip: chance"),
        (
            Box::new(Sometimes::new(f64::NAN, Flip::random(0.5))),
            "Sometimes: chance",
        ),
        (Box::new(Gamma::random(0.0..=1.0)), "Gamma: power"),
        (Box::new(Blur::random(-1.0..=1.0)), "Blur: deviation"),
        (Box::new(Blur::of(1e9)), "Blur: deviation"),
        (Box::new(GaussianNoise::random(-0.1..=0.1)), "GaussianNoise: deviation"),
        (Box::new(PoissonNoise::random(0.0..=1.0)), "PoissonNoise: peak"),
        (Box::new(BiasField::random(f64::INFINITY)), "BiasField: strength"),
        (Box::new(BiasField::random(0.5).with_degree(9)), "BiasField: degree"),
        (Box::new(LowResolution::random(0.5..=2.0)), "LowResolution: zoom"),
        (Box::new(CutOut::random(1, 0.5..=2.0)), "CutOut: share"),
        (Box::new(Spatial::new().with_scaling(0.0..=1.0)), "Spatial: scaling"),
        (Box::new(Spatial::new().with_shear(0.0..=90.0)), "Spatial: shear"),
        (
            Box::new(Spatial::new().with_rotation(f64::NAN..=1.0)),
            "Spatial: rotation",
        ),
        (Box::new(Spatial::new().with_elastic(-1.0)), "Spatial: elastic"),
        (Box::new(Spatial::new().with_elastic_knots(1)), "Spatial: elastic_knots"),
        (Box::new(CropForeground::around(Over::All)), "CropForeground: around"),
        (
            Box::new(CropForeground::around(Over::Labelled)),
            "CropForeground needs labels",
        ),
        (Box::new(ZScore::over(Over::Labelled)), "ZScore needs labels"),
    ];
    for (transform, start) in cases {
        let subject = Subject::new("a", volume([2, 3, 4])).unwrap();
        let error = transform.apply(subject, &mut ChaCha8Rng::seed_from_u64(1));
        let error = error.expect_err(start).to_string();
        assert!(error.starts_with(start), "{error}");
    }
}

#[test]
fn empty_images_and_values_that_are_no_numbers_are_refused() {
    for transform in all() {
        let empty = Volume::new(vec![], 1, [0, 4, 4], [1.0; 3]).unwrap();
        let error = transform.apply(
            Subject::new("nothing", empty).unwrap(),
            &mut ChaCha8Rng::seed_from_u64(1),
        );
        assert!(matches!(error, Err(TransformError::Empty { .. })), "{transform:?}");
    }
    for bad in [f32::NAN, f32::INFINITY] {
        let with = |transform: &dyn Transform| {
            let image = Volume::new(vec![0.0, 1.0, bad, 0.5], 1, [1, 2, 2], [1.0; 3]).unwrap();
            transform.apply(Subject::new("mr", image).unwrap(), &mut ChaCha8Rng::seed_from_u64(1))
        };
        let need: [&dyn Transform; 5] = [
            &ZScore::default(),
            &Percentiles::default(),
            &Clahe::default(),
            &Equalize::default(),
            &Gamma::of(2.0),
        ];
        for transform in need {
            let error = with(transform).unwrap_err().to_string();
            assert!(error.contains(&format!("mr holds {bad} at voxel [0, 1, 0]")), "{error}");
        }
        assert_eq!(
            with(&ReplaceNonFinite::by(-1.0)).unwrap().image(),
            [0.0, 1.0, -1.0, 0.5]
        );
    }
}

#[test]
fn a_random_transform_asks_for_a_seed() {
    let error = Flip::random(0.5).on(ramp(3)).unwrap_err().to_string();
    assert!(error.contains("give it a seed"), "{error}");
    assert!(Flip::random(0.0).on(ramp(3)).is_ok());
}

#[test]
fn scores_windows_and_percentiles_are_known() {
    let image = Image::new(4, 1, 1, vec![0.0, 2.0, 4.0, 6.0]).unwrap();
    let z = ZScore::default().on(image.clone()).unwrap();
    let root5 = 5f32.sqrt();
    let expected = [-3.0 / root5, -1.0 / root5, 1.0 / root5, 3.0 / root5];
    assert!(
        z.data().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6),
        "{:?}",
        z.data()
    );
    // Of 2, 4, 6: mean 4; the background stays 0.
    let inner = ZScore::over(Over::NonZero).on(image.clone()).unwrap();
    assert_eq!((inner.data()[0], inner.data()[2]), (0.0, 0.0));
    assert!((inner.data()[3] - 1.224_745).abs() < 1e-5);
    let labels = LabelMap::new(vec![0, 0, 1, 1], &[1, 4]).unwrap();
    let (over, _) = ZScore::over(Over::Labelled).on((image.clone(), labels)).unwrap();
    assert_eq!(over.data(), [-5.0, -3.0, -1.0, 1.0]);
    assert_eq!(ZScore::default().on(ramp(1)).unwrap().data(), [0.0]);
    assert_eq!(
        Percentiles::new(0.0, 50.0).on(image.clone()).unwrap().data(),
        [0.0, 2.0 / 3.0, 1.0, 1.0]
    );
    assert_eq!(
        Percentiles::new(0.0, 50.0).unscaled().on(image.clone()).unwrap().data(),
        [0.0, 2.0, 3.0, 3.0]
    );
    assert_eq!(
        Rescale::to(0.0..=3.0).from(2.0..=4.0).on(image).unwrap().data(),
        [0.0, 0.0, 3.0, 3.0]
    );
    let brain = Window::brain()
        .on(Volume::new(vec![0.0, 40.0, 80.0, 60.0], 1, [1, 1, 4], [1.0; 3]).unwrap())
        .unwrap();
    assert_eq!(brain.data(), [0.0, 0.5, 1.0, 0.75]);
}

#[test]
fn noise_has_the_strength_asked_for() {
    let flat = Image::from_fn(200, 200, |_, _| 0.5);
    let deviation = |transform: &dyn Transform| {
        let noisy = transform
            .apply(flat.clone().into_subject().unwrap(), &mut ChaCha8Rng::seed_from_u64(5))
            .unwrap();
        let mean = noisy.image().iter().sum::<f32>() / 40_000.0;
        let squares: f32 = noisy.image().iter().map(|v| (v - mean).powi(2)).sum();
        (mean, (squares / 40_000.0).sqrt())
    };
    // Poisson: the root of 0.5 * 100, over 100. Speckle: 0.2 of 0.5.
    let cases: [(&dyn Transform, f32); 3] = [
        (&GaussianNoise::random(0.1..=0.1), 0.1),
        (&PoissonNoise::random(100.0..=100.0), 0.0707),
        (&SpeckleNoise::random(0.2..=0.2), 0.1),
    ];
    for (transform, expected) in cases {
        let (mean, found) = deviation(transform);
        assert!(
            (found - expected).abs() < 0.002 && (mean - 0.5).abs() < 0.002,
            "{transform:?}: {mean} {found}"
        );
    }
}

#[test]
fn noise_does_not_repeat() {
    let noisy = GaussianNoise::random(1.0..=1.0)
        .seeded(Image::from_fn(256, 256, |_, _| 0.0), 1)
        .unwrap();
    let mut values: Vec<u32> = noisy.data().iter().map(|value| value.to_bits()).collect();
    values.sort_unstable();
    values.dedup();
    // Of 65536 numbers with 24 bits a few hundred meet by chance; a stream used twice would halve them.
    assert!(values.len() > 64_000, "{}", values.len());
}

#[test]
fn a_bias_field_is_smooth_and_low_resolution_keeps_the_size() {
    let flat = Image::from_fn(64, 64, |_, _| 1.0);
    let field = BiasField::random(0.5).seeded(flat, 2).unwrap();
    let steps = field
        .data()
        .chunks(64)
        .flat_map(|row| row.windows(2))
        .map(|w| (w[1] / w[0] - 1.0).abs());
    let range = field
        .data()
        .iter()
        .fold((f32::MAX, 0f32), |(low, high), &v| (low.min(v), high.max(v)));
    assert!(range.0 > 0.0 && range.1 / range.0 > 1.05, "{range:?}");
    assert!(steps.fold(0.0, f32::max) < 0.2);
    let checks = Image::from_fn(16, 16, |x, y| ((x + y) % 2) as f32);
    let coarse = LowResolution::random(0.5..=0.5).seeded(checks.clone(), 1).unwrap();
    assert_eq!(coarse.size(), checks.size());
    assert_ne!(coarse.data(), checks.data());
}

#[test]
fn compose_keeps_what_comes_before_chance_apart() {
    let steps = Compose::new()
        .then(Resample::to(1.0))
        .then(ZScore::default())
        .then(Flip::random(0.5))
        .then(Blur::of(1.0));
    let (fixed, random) = steps.split_at_random();
    assert_eq!((fixed.steps().len(), random.steps().len()), (2, 2));
    assert!(!fixed.is_random() && random.is_random());
    assert_ne!(
        format!("{fixed:?}"),
        format!("{:?}", Compose::new().then(Resample::to(1.5)).then(ZScore::default()))
    );
    let never = Compose::new().then_sometimes(0.0, Window::brain());
    assert_eq!(never.seeded(ramp(3), 1).unwrap().data(), ramp(3).data());
}

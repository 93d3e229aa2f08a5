use super::*;

/// Voxels are numbered; class 1 is a single voxel, class 2 a slice.
fn case() -> VolumeCase {
    let size = [6, 8, 10];
    let volume = Volume::new((0..480).map(|i| i as f32).collect(), 1, size, [1.0; 3]).unwrap();
    let labels = (0..480).map(|i| match i {
        17 => 1,
        400.. => 2,
        _ => 0,
    });
    VolumeCase::new("ct", volume, LabelMap::new(labels.collect(), &size).unwrap()).unwrap()
}

fn patches(share: f64) -> VolumePatches {
    let volumes = Volumes::new(vec![case()], 3).unwrap();
    let patches = volumes.patches([2, 4, 4]).unwrap();
    patches
        .with_per_volume(100)
        .unwrap()
        .with_foreground_share(share)
        .unwrap()
}

#[test]
fn labels_follow_the_voxels_and_foreground_is_balanced() {
    let patches = patches(1.0);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let (mut of_one, mut of_two) = (0, 0);
    for index in 0..100 {
        let sample = patches.sample(index, Some(&mut rng)).unwrap();
        for (i, &value) in sample.image().iter().enumerate() {
            let class = match value as usize {
                17 => 1,
                400.. => 2,
                _ => 0,
            };
            assert_eq!(sample.target()[32 * class + i], 1.0);
        }
        of_one += usize::from(sample.target()[32..64].contains(&1.0));
        of_two += usize::from(sample.target()[64..].contains(&1.0));
    }
    assert_eq!(of_one + of_two, 100, "each patch holds the class it was centred on");
    assert!((35..=65).contains(&of_one), "{of_one}");
    assert_eq!(patches.group(3).as_deref(), Some("ct"));
}

#[test]
fn without_foreground_share_places_are_uniform() {
    let patches = patches(0.0).with_flips(false);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let firsts: std::collections::BTreeSet<usize> = (0..100)
        .map(|i| patches.sample(i, Some(&mut rng)).unwrap().image()[0] as usize)
        .collect();
    assert!(firsts.len() > 50, "{}", firsts.len());
}

#[test]
fn validation_patches_stay_and_training_patches_follow_the_seed() {
    let patches = patches(0.0);
    assert_eq!(patches.sample(7, None).unwrap(), patches.sample(7, None).unwrap());
    assert_ne!(patches.sample(7, None).unwrap(), patches.sample(8, None).unwrap());
    let drawn = |seed| patches.sample(7, Some(&mut ChaCha8Rng::seed_from_u64(seed))).unwrap();
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
}

#[test]
fn what_does_not_fit_is_refused() {
    let volumes = Volumes::new(vec![case()], 3).unwrap();
    let error = volumes.clone().patches([8, 4, 4]).unwrap_err().to_string();
    assert!(
        error.contains("ct is [6, 8, 10] voxels: patches of [8, 4, 4]"),
        "{error}"
    );
    assert!(volumes.patches([0, 4, 4]).is_err());
    let error = Volumes::new(vec![case()], 2).unwrap_err().to_string();
    assert!(
        error.starts_with("ct holds label 2 at slice 5, row 0, column 0"),
        "{error}"
    );
    assert!(patches(0.5).with_foreground_share(1.5).is_err());
    assert!(patches(0.5).with_per_volume(0).is_err());
}

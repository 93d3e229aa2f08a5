//! What the predictor promises, on small networks of known weights; bad input is in `predictor_errors_tests.rs`.

use burn::tensor::{Tensor, TensorData, activation};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::engine::Watch;
use super::test_networks::{EXACT, Kind, SAME, VALID, pooled, toy2, toy3};
use super::*;
use crate::data::{Image, ImagePair, LabelMap, Volume, image_tensor};
use crate::device::cpu;
use crate::error::LabError;
use crate::nn::{Segmenter, UNetConfig};

fn noise(count: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    (0..count).map(|_| f32::from(rng.random::<u8>()) / 256.0).collect()
}

fn image(height: usize, width: usize, rng: &mut ChaCha8Rng) -> Image {
    Image::new(width, height, 1, noise(height * width, rng)).unwrap()
}

fn volume(size: [usize; 3], rng: &mut ChaCha8Rng) -> Volume {
    Volume::new(noise(size.iter().product(), rng), 1, size, [3.0, 0.5, 0.5]).unwrap()
}

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn worst(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn a_whole_image_is_the_forward_pass() {
    let image = image(8, 12, &mut rng(1));
    for classes in [1, 3] {
        let model = UNetConfig::new(1, classes)
            .with_base_channels(2)
            .with_depth(2)
            .init(&cpu());
        let found = Predictor::new().predict(&model, &image).unwrap();
        let expected: Vec<f32> = model
            .forward(image_tensor(&image, &cpu()))
            .into_data()
            .try_to_vec()
            .unwrap();
        assert!(worst(found.data(), &expected) < 1e-6);
        assert_eq!((found.classes(), found.size()), (classes, &[8, 12][..]));
        if classes == 1 {
            assert!(worst(predict(&model, &image).unwrap().data(), &expected) == 0.0);
        }
    }
}

#[test]
fn a_whole_volume_is_the_forward_pass_and_keeps_its_spacing() {
    let volume = volume([4, 5, 6], &mut rng(2));
    let model = toy3(Kind { classes: 2, ..SAME });
    let found = predict_volume(&model, &volume).unwrap();
    let x = Tensor::<5>::from_data(TensorData::new(volume.data().to_vec(), [1, 1, 4, 5, 6]), &cpu());
    let expected: Vec<f32> = activation::softmax(model.forward_logits(x), 1)
        .into_data()
        .try_to_vec()
        .unwrap();
    assert!(worst(found.data(), &expected) < 1e-6);
    assert_eq!((found.size(), found.spacing()), (&[4, 5, 6][..], &[3.0, 0.5, 0.5][..]));
    assert_eq!(found.argmax().spacing(), [3.0, 0.5, 0.5]);
}

#[test]
fn any_size_comes_back_in_its_own_size() {
    let mut rng = rng(3);
    let model = UNetConfig::new(1, 3).with_base_channels(2).with_depth(2).init(&cpu());
    for _ in 0..30 {
        let (height, width) = (rng.random_range(1..30), rng.random_range(1..30));
        let image = image(height, width, &mut rng);
        let tiles = Predictor::new()
            .with_tile([8, 12])
            .with_overlap(rng.random_range(0.0..0.9));
        for predictor in [Predictor::new(), tiles.clone(), tiles.with_tta(true)] {
            let found = predictor.predict(&model, &image).unwrap();
            assert_eq!(found.size(), [height, width]);
            for i in 0..height * width {
                let sum: f32 = (0..3).map(|class| found.class(class)[i]).sum();
                assert!((sum - 1.0).abs() < 1e-5, "{sum}");
            }
        }
    }
}

/// The paper's figure 2: each output of a tile has all of its surroundings, so tiles and the whole image agree.
#[test]
fn valid_networks_give_the_same_tile_by_tile_and_whole() {
    let mut rng = rng(4);
    for _ in 0..60 {
        let (height, width) = (rng.random_range(1..40), rng.random_range(1..40));
        let image = image(height, width, &mut rng);
        let tile = [rng.random_range(3..20), rng.random_range(3..20)];
        let tiles = Predictor::new().with_tile(tile);
        let found = |predictor: Predictor, kind| predictor.transform_image(&toy2(kind), &image).unwrap();
        // Bit for bit where nothing is rounded; elsewhere a convolution's sums may depend a little on the image's size.
        let (whole, abutting) = (
            found(Predictor::new(), EXACT),
            found(tiles.clone().with_overlap(0.0), EXACT),
        );
        assert_eq!(abutting.data(), whole.data(), "{height} x {width} by {tile:?}");
        let whole = found(Predictor::new(), VALID);
        for overlap in [0.0, 0.5] {
            let off = worst(found(tiles.clone().with_overlap(overlap), VALID).data(), whole.data());
            assert!(
                off < 1e-5,
                "{off:e} for {height} x {width} by {tile:?}, overlap {overlap}"
            );
        }
    }
}

#[test]
fn valid_networks_that_pool_agree_with_abutting_tiles() {
    let mut rng = rng(5);
    for _ in 0..60 {
        let (height, width) = (rng.random_range(1..40), rng.random_range(1..40));
        let image = image(height, width, &mut rng);
        let whole = transform_image(&pooled(), &image).unwrap();
        let tile = [2 * rng.random_range(3..10), 2 * rng.random_range(3..10)];
        let tiles = Predictor::new().with_tile(tile).with_overlap(0.0);
        let found = tiles.transform_image(&pooled(), &image).unwrap();
        assert_eq!(found.data(), whole.data(), "{height} x {width} by {tile:?}");
    }
}

#[test]
fn valid_networks_in_3d_give_the_same_tile_by_tile_and_whole() {
    let mut rng = rng(6);
    let model = toy3(Kind { classes: 2, ..EXACT });
    for _ in 0..25 {
        let mut sides = |range: std::ops::Range<usize>| [0; 3].map(|_: usize| rng.random_range(range.clone()));
        let (size, tile) = (sides(1..12), sides(3..9));
        let volume = volume(size, &mut rng);
        let whole = Predictor::new().transform_volume(&model, &volume).unwrap();
        let tiles = Predictor::new().with_tile(tile).with_overlap(0.0);
        let found = tiles.transform_volume(&model, &volume).unwrap();
        assert_eq!(found.data(), whole.data(), "{size:?} by {tile:?}");
    }
}

#[test]
fn the_surroundings_of_a_valid_network_are_the_mirrored_image() {
    let mut rng = rng(7);
    let image = image(5, 6, &mut rng);
    let mirror = |i: usize, length: usize| Border::Mirror.position(i as i64 - 1, length).unwrap();
    let extended = Image::from_fn(8, 7, |x, y| image.get(0, mirror(x, 6), mirror(y, 5)));
    let model = toy2(VALID);
    let expected: Vec<f32> = activation::sigmoid(model.forward_logits(image_tensor(&extended, &cpu())))
        .into_data()
        .try_to_vec()
        .unwrap();
    assert_eq!(predict(&model, &image).unwrap().data(), expected);
    assert!(worst(Predictor::new().predict(&model, &image).unwrap().data(), &expected) < 1e-6);
    // A truth as large as the image can be compared.
    let mask = crate::data::Mask::from_fn(6, 5, |x, _| x > 2);
    let data = crate::data::Dataset::new(vec![ImagePair::new("p", image, mask).unwrap()]);
    assert!(evaluate(&model, &data).unwrap().loss.is_finite());
}

#[test]
fn a_memory_limit_bounds_the_batch_and_changes_nothing() {
    let mut rng = rng(8);
    let image = image(40, 30, &mut rng);
    let predictor = Predictor::new().with_tile([8, 10]).with_network_bytes(100);
    let expected = predictor.predict(&toy2(SAME), &image).unwrap();
    // A tile holds 80 values, 2 * 80 logits, and 100 bytes a pixel; in progress are 8 rows of sums and weights and the
    // tile's importance.
    let (tile, sums) = (4 * (80 + 2 * 80) + 100 * 80, 4 * (2 * 8 * 30 + 80));
    for tiles in [1, 2, 3, 7, 1000] {
        for spare in [0, tile - 1] {
            let model = toy2(SAME);
            let limited = predictor.clone().with_memory_limit(sums + tiles * tile + spare);
            assert_eq!(limited.predict(&model, &image).unwrap(), expected);
            let batches = model.batches.lock().unwrap();
            // 9 x 5 tiles: 40 rows in steps of 4, 30 columns in steps of 5.
            assert_eq!(batches.iter().sum::<usize>(), 9 * 5);
            assert_eq!(batches.iter().max(), Some(&tiles.min(45)));
        }
    }
    let error = predictor
        .with_memory_limit(sums + tile - 1)
        .predict(&toy2(SAME), &image)
        .unwrap_err();
    let LabError::Infer(InferError::Memory { limit, needed, .. }) = error else {
        panic!("{error}")
    };
    assert_eq!((limit + 1, needed), (sums + tile, sums + tile));
}

#[test]
fn a_volume_is_summed_slab_by_slab() {
    // 64 slices, of which only 4 are in progress: the limit is far below what all sums would take.
    let volume = volume([64, 12, 12], &mut rng(9));
    let model = toy3(Kind { classes: 3, ..SAME });
    let predictor = Predictor::new().with_tile([4, 6, 6]).with_network_bytes(0);
    let expected = predictor.predict_volume(&model, &volume).unwrap();
    let all_sums = 4 * (3 + 1) * 64 * 12 * 12;
    let limited = predictor.with_memory_limit(all_sums / 10);
    assert_eq!(limited.predict_volume(&model, &volume).unwrap(), expected);
}

#[test]
fn a_batch_size_is_kept() {
    let model = toy2(SAME);
    let image = image(20, 20, &mut rng(10));
    Predictor::new()
        .with_tile([8, 8])
        .with_batch_size(3)
        .predict(&model, &image)
        .unwrap();
    let batches = model.batches.lock().unwrap();
    assert_eq!(batches[..], [3, 3, 3, 3, 3, 1]);
}

#[test]
fn each_flip_is_undone() {
    let mut rng = rng(11);
    let (model, equivariant) = (
        toy2(SAME),
        toy2(Kind {
            symmetric: true,
            ..SAME
        }),
    );
    for _ in 0..20 {
        let (height, width) = (rng.random_range(1..12), rng.random_range(1..12));
        let image = image(height, width, &mut rng);
        for test_time in [TestTime::Flips, TestTime::Symmetries] {
            let predictor = Predictor::new().with_test_time(test_time);
            let plain = predict(&equivariant, &image).unwrap();
            let found = predictor.predict(&equivariant, &image).unwrap();
            assert!(worst(found.data(), plain.data()) < 1e-5);
        }
        // And by hand: every turned image, its answer turned back by going on to the full turn.
        let mut sum = vec![0.0; height * width];
        for mirrored in [false, true] {
            for turns in 0..4 {
                let turn = |image: &Image, times: usize| (0..times).fold(image.clone(), |i, _| i.rotated_quarter());
                let flip = |image: Image| if mirrored { image.flipped_horizontal() } else { image };
                let seen = turn(&flip(image.clone()), turns);
                let answer = predict(&model, &seen).unwrap().to_image();
                let back = flip(turn(&answer, (4 - turns) % 4));
                sum.iter_mut().zip(back.data()).for_each(|(sum, p)| *sum += p / 8.0);
            }
        }
        let found = Predictor::new().with_tta(true).predict(&model, &image).unwrap();
        assert!(worst(found.data(), &sum) < 1e-5);
    }
}

#[test]
fn tiles_and_volumes_are_turned_too() {
    let mut rng = rng(12);
    let symmetric = Kind {
        symmetric: true,
        classes: 2,
        ..VALID
    };
    for _ in 0..15 {
        let (height, width) = (rng.random_range(1..20), rng.random_range(1..20));
        let image = image(height, width, &mut rng);
        let (plain, model) = (Predictor::new(), toy2(symmetric));
        let expected = plain.predict(&model, &image).unwrap();
        let turned = Predictor::new().with_tile([5, 9]).with_tta(true);
        assert!(worst(turned.predict(&model, &image).unwrap().data(), expected.data()) < 1e-5);
        let size = [0; 3].map(|_: usize| rng.random_range(1..8));
        let (volume, model) = (volume(size, &mut rng), toy3(symmetric));
        let expected = plain.predict_volume(&model, &volume).unwrap();
        for tta in [Predictor::new().with_tta(true), turned.with_tile([3, 4, 5])] {
            assert!(worst(tta.predict_volume(&model, &volume).unwrap().data(), expected.data()) < 1e-5);
        }
        // A network that is not symmetric tells the flips apart.
        if size.iter().all(|&side| side > 1) {
            let model = toy3(SAME);
            let once = plain.predict_volume(&model, &volume).unwrap();
            let flips = plain.clone().with_tta(true).predict_volume(&model, &volume).unwrap();
            assert!(worst(once.data(), flips.data()) > 1e-3);
        }
    }
}

#[test]
fn an_ensemble_is_the_mean_of_its_members() {
    let mut rng = rng(13);
    let (first, second) = (toy2(SAME), toy2(VALID));
    let (image, volume) = (image(9, 7, &mut rng), volume([3, 4, 5], &mut rng));
    let predictor = Predictor::new().with_tile([6, 6]);
    let [a, b] = [&first, &second].map(|model| predictor.predict(model, &image).unwrap());
    let mean: Vec<f32> = a.data().iter().zip(b.data()).map(|(a, b)| (a + b) / 2.0).collect();
    let found = predictor.predict_ensemble(&[first, second], &image).unwrap();
    assert!(worst(found.data(), &mean) < 1e-6);
    let (predictor, models) = (Predictor::new(), [toy3(SAME), toy3(VALID), toy3(SAME)]);
    let [a, b] = [0, 1].map(|i| predictor.predict_volume(&models[i], &volume).unwrap());
    let mean: Vec<f32> = a
        .data()
        .iter()
        .zip(b.data())
        .map(|(a, b)| (2.0 * a + b) / 3.0)
        .collect();
    let found = predictor.predict_ensemble_volume(&models, &volume).unwrap();
    assert!(worst(found.data(), &mean) < 1e-6);
}

#[test]
fn an_image_network_gives_its_output_as_it_is() {
    let image = image(9, 14, &mut rng(14));
    let model = toy2(Kind { classes: 3, ..SAME });
    let found = transform_image(&model, &image).unwrap();
    let expected: Vec<f32> = model
        .forward_logits(image_tensor(&image, &cpu()))
        .into_data()
        .try_to_vec()
        .unwrap();
    assert_eq!((found.channels(), found.size()), (3, [9, 14]));
    assert_eq!(found.data(), expected);
    assert!(found.data().iter().any(|&v| v > 1.0), "not cut off");
}

#[test]
fn thresholds_decide_the_labels() {
    let image = image(6, 6, &mut rng(15));
    let model = toy2(SAME);
    let p = Predictor::new().predict(&model, &image).unwrap();
    let labels = Predictor::new().with_threshold(0.7).segment(&model, &image).unwrap();
    assert_eq!(labels, LabelMap::from(&p.mask(0, 0.7).unwrap()));
    assert_ne!(labels, p.argmax());
    assert_eq!(Predictor::new().segment(&model, &image).unwrap(), p.argmax());
    let several = toy2(Kind { classes: 3, ..SAME });
    let predictor = Predictor::new().with_thresholds(&[0.3, 0.4]);
    let p = predictor.predict(&several, &image).unwrap();
    assert_eq!(
        predictor.segment(&several, &image).unwrap(),
        p.labels_at(&[0.3, 0.4]).unwrap()
    );
}

#[test]
fn progress_counts_tiles_and_an_interrupt_ends_it() {
    let image = image(20, 20, &mut rng(16));
    let predictor = Predictor::new()
        .with_tile([8, 8])
        .with_batch_size(5)
        .with_test_time(TestTime::Flips);
    let mut told = Vec::new();
    let models = [toy2(SAME)];
    predictor
        .predict_scan(&models, &image, &mut |done, total| told.push((done, total)))
        .unwrap();
    // 4 x 4 tiles, four times, in batches of 5, 5, 5 and 1.
    assert_eq!(told[..5], [(5, 64), (10, 64), (15, 64), (16, 64), (21, 64)]);
    assert_eq!((told.len(), told.last()), (16, Some(&(64, 64))));
    let asked = std::cell::Cell::new(0);
    let mut watch = Watch {
        progress: &mut |_, _| {},
        interrupted: &|| {
            asked.set(asked.get() + 1);
            asked.get() > 2
        },
    };
    let error = predictor.watched(&models, &image, &mut watch).unwrap_err();
    assert_eq!(
        error.to_string(),
        "interrupted after 10 of 64 tiles; there is no prediction"
    );
}

#[test]
fn settings_survive_json() {
    let predictor = Predictor::new()
        .with_tile([8, 8])
        .with_tta(true)
        .with_threshold(0.4)
        .with_memory_limit(1 << 20);
    let text = serde_json::to_string(&predictor).unwrap();
    assert_eq!(serde_json::from_str::<Predictor>(&text).unwrap(), predictor);
}

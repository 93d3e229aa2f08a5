//! Gradients against differences: the loss moves by what the gradient says.

use burn::tensor::{Tensor, TensorData};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::device::cpu;

const STEP: f32 = 0.02;

/// Central differences in f32 carry a rounding error of about 1e-7 / STEP = 5e-6 of the loss, and one of `STEP^2` times
/// the third derivative, so the gradient as a whole must agree within 2 parts in 1000 of its length.
fn check<const D: usize>(name: &str, loss: &impl LossFunction, shape: [usize; D], seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let len: usize = shape.iter().product();
    let (classes, pixels) = (shape[1], shape[2..].iter().product::<usize>());
    // Nowhere near 0 and 1, where an absolute difference has its kink.
    let mut off_kinks = || loop {
        let x: f32 = rng.random_range(-2.0..2.0);
        if x.abs() > 0.1 && (x - 1.0).abs() > 0.1 {
            return x;
        }
    };
    let logits: Vec<f32> = (0..len).map(|_| off_kinks()).collect();
    let mut target = vec![0.0; len];
    for image in 0..shape[0] {
        for pixel in 0..pixels {
            let channel = match classes {
                1 if rng.random_bool(0.5) => continue,
                1 => 0,
                _ => rng.random_range(0..classes),
            };
            target[(image * classes + channel) * pixels + pixel] = 1.0;
        }
    }
    let mut of_weights = shape;
    of_weights[1] = 1;
    let weights: Vec<f32> = (0..len / classes).map(|_| rng.random_range(0.2..3.0)).collect();
    let tensor =
        |data: &[f32], shape: [usize; D]| Tensor::<D>::from_data(TensorData::new(data.to_vec(), shape), &cpu());
    let value = |x: Tensor<D>| loss.forward_weighted(x, tensor(&target, shape), Some(tensor(&weights, of_weights)));

    let x = tensor(&logits, shape).autodiff().require_grad();
    let gradient = x.grad(&value(x.clone()).backward()).unwrap();
    let gradient: Vec<f32> = gradient.into_data().try_to_vec().unwrap();
    let mut errors = 0.0;
    for (i, g) in gradient.iter().enumerate() {
        let moved = |step: f32| -> f32 {
            let mut moved = logits.clone();
            moved[i] += step;
            value(tensor(&moved, shape)).into_scalar()
        };
        let difference = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
        errors += (g - difference).powi(2);
    }
    let length = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
    assert!(length > 1e-3, "{name}: no gradient to check");
    assert!(
        errors.sqrt() < 2e-3 * length + 5e-5,
        "{name}: off by {} of {length}",
        errors.sqrt()
    );
}

fn check_all(name: &str, loss: impl LossFunction) {
    check(name, &loss, [2, 1, 3, 4], 1);
    check(name, &loss, [2, 3, 3, 4], 2);
    check(name, &loss, [1, 2, 2, 3, 2], 3);
}

#[test]
fn of_every_choice() {
    for loss in Loss::ALL.into_iter().filter(|&loss| loss != Loss::Ssim) {
        check_all(loss.name(), loss);
    }
}

#[test]
fn of_settings() {
    check_all("smooth cross-entropy", CrossEntropy::new().with_label_smoothing(0.2));
    let weights = CrossEntropy::new().with_class_weights(&[0.5, 2.0, 1.0]);
    check("weighted cross-entropy", &weights, [2, 3, 3, 4], 4);
    check_all("positive weight", BinaryCrossEntropy::new().with_positive_weight(3.0));
    check_all("squared Dice", DiceLoss::new().with_squared(true).with_batch(true));
    check_all(
        "Dice of classes",
        DiceLoss::new().with_background(false).with_smooth(0.1),
    );
    check_all(
        "simple",
        GeneralizedDiceLoss::new()
            .with_weight(VolumeWeight::Simple)
            .with_batch(true),
    );
    check_all("focal", FocalLoss::new().with_gamma(0.7).with_alpha(0.25));
    check_all("Tversky", TverskyLoss::new().with_background(false).with_batch(true));
    check_all("Jaccard", JaccardLoss::new().with_batch(true));
    check_all("boundary", BoundaryLoss::new().with_background(true));
    check("structure", &SsimLoss::new().with_window(3), [2, 2, 4, 5], 5);
    check(
        "structure in 3-D",
        &SsimLoss::new().with_window(3).with_sigma(0.8),
        [1, 1, 3, 4, 3],
        6,
    );
}

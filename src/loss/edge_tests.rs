//! What every loss does at the edges: nothing true, nothing predicted, huge logits, NaN.

use burn::tensor::{Tensor, TensorData};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::device::cpu;

const SEGMENTATION: std::ops::Range<usize> = 0..11;

/// One-hot targets with the classes that are given, or foreground maps for one class.
fn target(classes: usize, present: &[usize]) -> Tensor<4> {
    let (batch, side) = (2, 12);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut data = vec![0.0; batch * classes * side * side];
    for image in 0..batch {
        for pixel in 0..side * side {
            let label = present[rng.random_range(0..present.len())];
            let channel = if classes == 1 {
                label.checked_sub(1)
            } else {
                Some(label)
            };
            if let Some(channel) = channel {
                data[(image * classes + channel) * side * side + pixel] = 1.0;
            }
        }
    }
    Tensor::from_data(TensorData::new(data, [batch, classes, side, side]), &cpu())
}

/// `(classes, target)`: usual ones, then empty, full, and with absent classes.
fn targets() -> Vec<Tensor<4>> {
    vec![
        target(1, &[0, 1]),
        target(1, &[0]),
        target(1, &[1]),
        target(3, &[0, 1, 2]),
        target(3, &[0, 2]),
        target(3, &[0]),
        target(3, &[1]),
    ]
}

fn value_and_gradient(loss: Loss, logits: &Tensor<4>, target: &Tensor<4>) -> (f32, Vec<f32>) {
    let logits = logits.clone().autodiff().require_grad();
    let value = loss.forward_logits(logits.clone(), target.clone());
    let gradient = logits.grad(&value.backward()).unwrap();
    (value.into_scalar(), gradient.into_data().try_to_vec().unwrap())
}

#[test]
fn every_loss_and_gradient_is_finite() {
    for target in targets() {
        let sign = target.clone() * 2.0 - 1.0;
        for size in [0.0, 1.0, -1.0, 90.0, -90.0, 1e4, -1e4] {
            let logits = sign.clone() * size;
            for loss in Loss::ALL {
                let (value, gradient) = value_and_gradient(loss, &logits, &target);
                assert!(value.is_finite(), "{loss:?} of logits {size}: {value}");
                assert!(gradient.iter().all(|g| g.is_finite()), "{loss:?} of logits {size}");
            }
        }
    }
}

#[test]
fn being_right_is_best() {
    for target in targets() {
        let right = (target.clone() * 2.0 - 1.0) * 60.0;
        for loss in &Loss::ALL[SEGMENTATION] {
            let value =
                |logits: &Tensor<4>| -> f32 { loss.forward_logits(logits.clone(), target.clone()).into_scalar() };
            let best = value(&right);
            // The boundary loss is 0 for a truth without contour, and below 0 with one.
            assert!(best < 2e-5, "{loss:?}: {best}");
            assert!(
                matches!(loss, Loss::Boundary { .. }) || best > -1e-5,
                "{loss:?}: {best}"
            );
            assert!(value(&-right.clone()) > best + 0.1, "{loss:?}");
            assert!(value(&right.zeros_like()) > best + 0.05, "{loss:?}");
        }
    }
}

#[test]
fn an_empty_truth_still_teaches() {
    for target in [target(1, &[0]), target(3, &[0])] {
        let foreground = target.dims()[1] - 1;
        for loss in &Loss::ALL[SEGMENTATION] {
            let (_, gradient) = value_and_gradient(*loss, &target.zeros_like(), &target);
            // Less foreground is better, everywhere.
            let pixels = 12 * 12;
            let of_image = &gradient[foreground * pixels..][..pixels];
            assert!(of_image.iter().all(|&g| g > 0.0), "{loss:?}: {of_image:?}");
        }
    }
}

#[test]
fn nan_is_not_hidden() {
    for target in targets() {
        let classes = target.dims()[1];
        for channel in 0..classes {
            let at = [0..1, channel..channel + 1, 6..7, 6..7];
            let logits = target.zeros_like().slice_fill(at, f32::NAN);
            for loss in Loss::ALL {
                let value: f32 = loss.forward_logits(logits.clone(), target.clone()).into_scalar();
                assert!(value.is_nan(), "{loss:?} of class {channel}: {value}");
            }
        }
    }
}

#[test]
fn weights_of_one_change_nothing_and_of_zero_hide() {
    for target in targets() {
        let [batch, classes, height, width] = target.dims();
        let logits = (target.clone() - 0.3) * 1.7;
        let ones = Tensor::<4>::ones([batch, 1, height, width], &cpu());
        let left = ones.clone().slice_fill([0..batch, 0..1, 0..height, 6..width], 0.0);
        // What the right half predicts does not matter where its weight is 0.
        let other = logits
            .clone()
            .slice_fill([0..batch, 0..classes, 0..height, 6..width], 2.0);
        for loss in Loss::ALL {
            let value = |logits: &Tensor<4>, weights: Option<&Tensor<4>>| -> f32 {
                let loss = loss.forward_weighted(logits.clone(), target.clone(), weights.cloned());
                loss.into_scalar()
            };
            assert!(
                (value(&logits, Some(&ones)) - value(&logits, None)).abs() < 1e-6,
                "{loss:?}"
            );
            // A window of the structural similarity reaches over the edge.
            if loss != Loss::Ssim {
                assert!(
                    (value(&logits, Some(&left)) - value(&other, Some(&left))).abs() < 1e-6,
                    "{loss:?}"
                );
                assert!((value(&logits, None) - value(&other, None)).abs() > 1e-4, "{loss:?}");
            }
        }
    }
}

#[test]
fn a_flat_volume_is_an_image() {
    for target in targets() {
        let logits = (target.clone() - 0.3) * 1.7;
        let [batch, classes, height, width] = target.dims();
        let volume = |x: &Tensor<4>| x.clone().reshape([batch, classes, 1, height, width]);
        // The window of the structural similarity does not fit into one slice.
        for loss in Loss::ALL.into_iter().filter(|&loss| loss != Loss::Ssim) {
            let flat: f32 = loss.forward_logits(logits.clone(), target.clone()).into_scalar();
            let solid: f32 = loss.forward_logits(volume(&logits), volume(&target)).into_scalar();
            assert!((flat - solid).abs() < 1e-6, "{loss:?}");
        }
    }
}

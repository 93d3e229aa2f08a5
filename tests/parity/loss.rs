//! The losses are those of PyTorch and MONAI, and the border weights those of SciPy.
//!
//! `tests/fixtures/make_losses.py` and `make_border_weights.py` make the fixtures.

use std::collections::BTreeMap;

use serde_json::Value;
use unet_lab::burn::tensor::{Int, TensorData};
use unet_lab::data::LabelMap;
use unet_lab::loss::{CharbonnierLoss, DeepSupervision, SsimLoss, TargetPooling};
use unet_lab::prelude::*;

/// One case of a fixture.
struct Case(Value);

impl Case {
    fn number(&self, name: &str) -> f32 {
        self.0[name].as_f64().unwrap_or_else(|| panic!("{name} is a number")) as f32
    }

    fn flag(&self, name: &str) -> bool {
        self.0[name].as_bool().unwrap_or_else(|| panic!("{name} is a flag"))
    }

    fn numbers(&self, name: &str) -> Vec<f32> {
        floats(&self.0[name])
    }

    fn sides(&self, name: &str) -> Vec<usize> {
        self.numbers(name).into_iter().map(|side| side as usize).collect()
    }

    fn spacing(&self) -> Vec<f64> {
        let steps = self.0["spacing"].as_array().expect("steps");
        steps.iter().map(|step| step.as_f64().expect("a step")).collect()
    }

    fn digits(&self, name: &str) -> Vec<u32> {
        let digits = self.0[name].as_str().expect("digits").chars();
        digits.map(|digit| digit.to_digit(10).expect("a digit")).collect()
    }

    fn shape<const D: usize>(&self) -> [usize; D] {
        self.sides("shape").try_into().expect("as many sides as the rank")
    }

    fn logits<const D: usize>(&self) -> Tensor<D> {
        Tensor::from_data(TensorData::new(self.numbers("logits"), self.shape::<D>()), &cpu())
    }

    fn target<const D: usize>(&self) -> Tensor<D> {
        let mut shape = self.shape::<D>();
        let classes = std::mem::replace(&mut shape[1], 1);
        let labels: Vec<i64> = self.digits("labels").into_iter().map(i64::from).collect();
        one_hot(
            Tensor::<D, Int>::from_data(TensorData::new(labels, shape), &cpu()),
            classes,
        )
        .expect("labels")
    }

    fn weights<const D: usize>(&self) -> Tensor<D> {
        let mut shape = self.shape::<D>();
        shape[1] = 1;
        let weights: Vec<f32> = self.digits("weights").into_iter().map(|w| w as f32 / 2.0).collect();
        Tensor::from_data(TensorData::new(weights, shape), &cpu())
    }
}

fn floats(value: &Value) -> Vec<f32> {
    let values = value.as_array().expect("an array");
    values.iter().map(|v| v.as_f64().expect("a number") as f32).collect()
}

fn fixture(text: &str) -> Vec<Case> {
    let cases: Vec<Value> = serde_json::from_str(text).expect("the fixture is JSON");
    cases.into_iter().map(Case).collect()
}

fn loss<const D: usize>(name: &str, c: &Case, x: Tensor<D>) -> Tensor<1> {
    let (t, w) = (c.target::<D>(), Some(c.weights::<D>()));
    let (smooth, background, batch) = (c.number("smooth"), c.flag("background"), c.flag("batch"));
    let dice = DiceLoss::new().with_smooth(smooth).with_squared(c.flag("squared"));
    let dice = dice.with_background(background).with_batch(batch);
    let smoothing = c.number("smoothing");
    let one_class = x.dims()[1] == 1;
    let weighted = CrossEntropy::new().with_class_weights(&c.numbers("class_weights"));
    let tversky = TverskyLoss::new().with_alpha(c.number("fp")).with_beta(c.number("fn"));
    let tversky = tversky
        .with_smooth(smooth)
        .with_background(background)
        .with_batch(batch);
    let boundary = BoundaryLoss::new().with_background(background);
    match name {
        "bce" => BinaryCrossEntropy::new()
            .with_positive_weight(c.number("positive_weight"))
            .forward_weighted(x, t, w),
        "cross_entropy" => weighted.with_label_smoothing(smoothing).forward_logits(x, t),
        // PyTorch's binary loss knows no smoothing.
        "weighted_cross_entropy" if one_class => weighted.forward_weighted(x, t, w),
        "weighted_cross_entropy" => weighted.with_label_smoothing(smoothing).forward_weighted(x, t, w),
        "dice" => dice.forward_logits(x, t),
        "weighted_dice" => dice.forward_weighted(x, t, w),
        "generalized_dice" => GeneralizedDiceLoss::new()
            .with_weight(match c.0["volume"].as_str() {
                Some("square") => VolumeWeight::Square,
                Some("simple") => VolumeWeight::Simple,
                _ => VolumeWeight::Uniform,
            })
            .with_background(background)
            .with_batch(batch)
            .forward_logits(x, t),
        "dice_cross_entropy" => {
            let mix = c.numbers("mix");
            let smoothing = if one_class { 0.0 } else { smoothing };
            DiceCrossEntropy::new()
                .with_cross_entropy(CrossEntropy::new().with_label_smoothing(smoothing))
                .with_dice(dice)
                .with_weights(mix[0], mix[1])
                .forward_logits(x, t)
        }
        "focal" => {
            let focal = FocalLoss::new().with_gamma(c.number("gamma"));
            match c.0["alpha"].is_null() {
                true => focal.forward_logits(x, t),
                false => focal.with_alpha(c.number("alpha")).forward_logits(x, t),
            }
        }
        "tversky" => tversky.forward_logits(x, t),
        "focal_tversky" => FocalTverskyLoss::new()
            .with_tversky(tversky)
            .with_gamma(c.number("root"))
            .forward_logits(x, t),
        "jaccard" => JaccardLoss::new()
            .with_smooth(smooth)
            .with_background(background)
            .with_batch(batch)
            .forward_logits(x, t),
        "boundary" => boundary.forward_logits(x, t),
        "spaced_boundary" => boundary.with_spacing(&c.spacing()).forward_logits(x, t),
        "l1" => L1Loss::new().forward_weighted(x, t, w),
        "l2" => L2Loss::new().forward_weighted(x, t, w),
        "charbonnier" => CharbonnierLoss::new().forward_weighted(x, t, w),
        other => panic!("no loss is called {other}"),
    }
}

fn image_loss<const D: usize>(name: &str, c: &Case, x: Tensor<D>) -> Tensor<1> {
    let target = c.target::<D>();
    match name {
        "ssim" => SsimLoss::new().with_window(3).with_range(4.0).forward_logits(x, target),
        _ => {
            let every_other = (2..D).fold(x.clone(), |x, axis| {
                let indices: Vec<i64> = (0..x.dims()[axis] as i64).step_by(2).collect();
                x.select(axis, Tensor::<1, Int>::from_data(indices.as_slice(), &cpu().autodiff()))
            });
            DeepSupervision::new(Loss::Bce)
                .with_pooling(TargetPooling::Nearest)
                .forward_deep(vec![x, every_other * 0.5], target)
        }
    }
}

#[derive(Default)]
struct Worst {
    cases: usize,
    value: f32,
    gradients: usize,
    gradient: f32,
}

/// Values within 1e-5 (relative above 1); of all gradients the projection on `cos(i)`, and of some every element, within
/// 1e-4 of their length.
fn compare<const D: usize>(c: &Case, all: &mut BTreeMap<String, Worst>, loss: impl Fn(&str, Tensor<D>) -> Tensor<1>) {
    for (name, expected) in c.0["expected"].as_object().expect("losses") {
        let worst = all.entry(name.clone()).or_default();
        let x = c.logits::<D>().autodiff().require_grad();
        let value = loss(name, x.clone());
        let gradient = x.grad(&value.backward()).expect("a gradient");
        let gradient: Vec<f32> = gradient.into_data().try_to_vec().expect("floats");
        let value: f32 = value.into_scalar();
        let wanted = expected[0].as_f64().expect("a value") as f32;
        worst.cases += 1;
        worst.value = worst.value.max((value - wanted).abs() / wanted.abs().max(1.0));

        let length = gradient.iter().map(|g| g * g).sum::<f32>().sqrt().max(1e-3);
        let projection: f32 = gradient.iter().enumerate().map(|(i, g)| g * (i as f32).cos()).sum();
        let wanted = expected[1].as_f64().expect("a projection") as f32;
        // The vector of cosines is about sqrt(n / 2) long.
        let cosines = (gradient.len() as f32 / 2.0).sqrt().max(1.0);
        worst.gradient = worst.gradient.max((projection - wanted).abs() / (length * cosines));
        if let Some(wanted) = expected.get(2) {
            worst.gradients += 1;
            let wanted = floats(wanted);
            assert_eq!(wanted.len(), gradient.len());
            let squares = gradient.iter().zip(&wanted).map(|(g, w)| (g - w) * (g - w));
            worst.gradient = worst.gradient.max(squares.sum::<f32>().sqrt() / length);
        }
    }
}

fn judge(all: BTreeMap<String, Worst>, losses: usize) {
    assert_eq!(all.len(), losses);
    for (name, worst) in &all {
        println!(
            "{name:24} {} values within {:.1e}, {} gradients within {:.1e}",
            worst.cases, worst.value, worst.gradients, worst.gradient
        );
    }
    for (name, worst) in all {
        assert!(worst.cases >= 200 && worst.gradients >= 4, "{name}: too few cases");
        assert!(worst.value < 1e-5, "{name}: values differ by {:e}", worst.value);
        assert!(
            worst.gradient < 1e-4,
            "{name}: gradients differ by {:e}",
            worst.gradient
        );
    }
}

#[test]
fn losses_and_gradients_are_those_of_pytorch_and_monai() {
    let mut all = BTreeMap::new();
    for c in fixture(include_str!("../fixtures/losses.json")) {
        match c.sides("shape").len() {
            4 => compare::<4>(&c, &mut all, |name, x| loss(name, &c, x)),
            _ => compare::<5>(&c, &mut all, |name, x| loss(name, &c, x)),
        }
    }
    judge(all, 16);
}

#[test]
fn similarity_and_deep_supervision_are_those_of_monai() {
    let mut all = BTreeMap::new();
    for c in fixture(include_str!("../fixtures/losses_of_images.json")) {
        match c.sides("shape").len() {
            4 => compare::<4>(&c, &mut all, |name, x| image_loss(name, &c, x)),
            _ => compare::<5>(&c, &mut all, |name, x| image_loss(name, &c, x)),
        }
    }
    judge(all, 2);
}

#[test]
fn border_weights_are_those_of_scipy() {
    let cases = fixture(include_str!("../fixtures/border_weights.json"));
    assert!(cases.len() >= 200);
    let mut worst = 0f32;
    for c in &cases {
        let cells = LabelMap::new(c.digits("labels"), &c.sides("size")).expect("labels");
        let cells = cells.with_spacing(&c.spacing()).expect("steps");
        let weights = BorderWeights::new()
            .with_w0(f64::from(c.number("w0")))
            .with_sigma(f64::from(c.number("sigma")))
            .with_class_balance(c.flag("balance"))
            .with_background_only(c.flag("background_only"))
            .weights(&cells)
            .expect("settings in range");
        let expected = c.numbers("weights");
        assert_eq!(weights.len(), expected.len());
        for (found, expected) in weights.iter().zip(expected) {
            worst = worst.max((found - expected).abs());
        }
    }
    println!("{} maps within {worst:.1e}", cases.len());
    assert!(worst < 1e-5, "weights differ by {worst:e}");
}

//! Tiles are laid and mixed as MONAI's `sliding_window_inference` does, in 2-D and 3-D.
//!
//! `tests/fixtures/make_sliding_window.py` makes the fixture.

use serde_json::Value;
use unet_lab::burn;
use unet_lab::burn::module::Param;
use unet_lab::burn::nn::conv::{Conv2d, Conv2dConfig, Conv3d, Conv3dConfig};
use unet_lab::burn::nn::{PaddingConfig2d, PaddingConfig3d};
use unet_lab::burn::tensor::TensorData;
use unet_lab::prelude::*;

#[derive(Module, Debug)]
struct Flat {
    conv: Conv2d,
}

#[derive(Module, Debug)]
struct Deep {
    conv: Conv3d,
}

fn softsign<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.clone() / (x.abs() + 1.0)
}

impl Segmenter for Flat {
    fn forward_logits(&self, x: Tensor<4>) -> Tensor<4> {
        softsign(self.conv.forward(x))
    }

    fn in_channels(&self) -> usize {
        self.conv.weight.dims()[1]
    }

    fn classes(&self) -> usize {
        self.conv.weight.dims()[0]
    }
}

impl Segmenter<5> for Deep {
    fn forward_logits(&self, x: Tensor<5>) -> Tensor<5> {
        softsign(self.conv.forward(x))
    }

    fn in_channels(&self) -> usize {
        self.conv.weight.dims()[1]
    }

    fn classes(&self) -> usize {
        self.conv.weight.dims()[0]
    }
}

fn fixture(axes: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("../fixtures/sliding_window.json")).expect("JSON");
    all[axes].clone()
}

fn floats(value: &Value) -> Vec<f32> {
    let values = value.as_array().expect("an array").iter();
    values.map(|v| v.as_f64().expect("a number") as f32).collect()
}

fn counts(value: &Value) -> Vec<usize> {
    let values = value.as_array().expect("an array").iter();
    values.map(|v| v.as_u64().expect("a count") as usize).collect()
}

fn count(value: &Value) -> usize {
    value.as_u64().expect("a count") as usize
}

fn param<const D: usize>(values: &Value, shape: [usize; D]) -> Param<Tensor<D>> {
    Param::from_data(TensorData::new(floats(values), shape), &cpu())
}

/// The formula of the script.
fn values(count: usize, seed: usize) -> Vec<f32> {
    let value = |i: usize| ((i * i * 31 + i * 7919 + seed * 104_729) % 1009) as f32 / 1009.0;
    (0..count).map(value).collect()
}

fn predictor(case: &Value) -> Predictor {
    let blend = case["sigma"].as_f64().map_or(Blend::Constant, Blend::Gaussian);
    let border = match case["border"].as_str() {
        Some("constant") => Border::Zero,
        _ => Border::Edge,
    };
    Predictor::new()
        .with_tile(counts(&case["tile"]))
        .with_overlap(case["overlap"].as_f64().expect("a number"))
        .with_blend(blend)
        .with_border(border)
}

/// The largest difference over all cases, each computed with several sizes of batch and memory limits.
fn compare(fixture: &Value, output: impl Fn(&Predictor, &[usize], Vec<f32>) -> Vec<f32>) -> f32 {
    let channels = count(&fixture["channels"]);
    let mut worst = 0f32;
    for case in fixture["cases"].as_array().expect("an array") {
        let sides = counts(&case["sides"]);
        let input = values(channels * sides.iter().product::<usize>(), count(&case["seed"]));
        let expected: Vec<f32> = floats(&case["output"]).into_iter().map(|v| v / 1e6).collect();
        let whole = predictor(case);
        let tight = whole.clone().with_network_bytes(0).with_memory_limit(24_000);
        for predictor in [whole.clone(), whole.with_batch_size(3), tight] {
            let found = output(&predictor, &sides, input.clone());
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(&expected) {
                let off = (found - expected).abs();
                assert!(off <= 1e-5, "{found} and not {expected} in {case}");
                worst = worst.max(off);
            }
        }
    }
    worst
}

#[test]
fn tiles_of_images_are_mixed_as_by_monai() {
    let fixture = fixture("2d");
    let (channels, classes) = (count(&fixture["channels"]), count(&fixture["classes"]));
    let mut conv = Conv2dConfig::new([channels, classes], [3, 3])
        .with_padding(PaddingConfig2d::Same)
        .init(&cpu());
    conv.weight = param(&fixture["weight"], [classes, channels, 3, 3]);
    conv.bias = Some(param(&fixture["bias"], [classes]));
    let model = Flat { conv };
    assert_eq!(fixture["cases"].as_array().map(Vec::len), Some(160));
    let worst = compare(&fixture, |predictor, sides, input| {
        let image = Image::new(sides[1], sides[0], channels, input).expect("an image");
        predictor
            .transform_image(&model, &image)
            .expect("a prediction")
            .data()
            .to_vec()
    });
    println!("largest difference {worst:e}");
}

#[test]
fn tiles_of_volumes_are_mixed_as_by_monai() {
    let fixture = fixture("3d");
    let (channels, classes) = (count(&fixture["channels"]), count(&fixture["classes"]));
    let mut conv = Conv3dConfig::new([channels, classes], [3, 3, 3])
        .with_padding(PaddingConfig3d::Same)
        .init(&cpu());
    conv.weight = param(&fixture["weight"], [classes, channels, 3, 3, 3]);
    conv.bias = Some(param(&fixture["bias"], [classes]));
    let model = Deep { conv };
    assert_eq!(fixture["cases"].as_array().map(Vec::len), Some(120));
    let worst = compare(&fixture, |predictor, sides, input| {
        let size = [sides[0], sides[1], sides[2]];
        let volume = Volume::new(input, channels, size, [1.0; 3]).expect("a volume");
        predictor
            .transform_volume(&model, &volume)
            .expect("a prediction")
            .data()
            .to_vec()
    });
    println!("largest difference {worst:e}");
}

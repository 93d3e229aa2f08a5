//! The network computes what Keras computes: the course's listing, tiny, with Keras' weights, against Keras' output.
//!
//! `tests/fixtures/make_keras_unet.py` makes the fixture.

use serde_json::Value;
use unet_lab::burn::module::Param;
use unet_lab::burn::tensor::TensorData;
use unet_lab::nn::{Conv, Kernel, Larger};
use unet_lab::prelude::*;

fn fixture() -> Value {
    serde_json::from_str(include_str!("../fixtures/keras_unet_base2.json")).expect("the fixture is JSON")
}

fn numbers(value: &Value) -> Vec<f32> {
    let values = value.as_array().expect("an array");
    values.iter().map(|v| v.as_f64().expect("a number") as f32).collect()
}

fn shape(value: &Value) -> [usize; 4] {
    let sides: Vec<usize> = numbers(value).into_iter().map(|side| side as usize).collect();
    sides.try_into().expect("four sides")
}

/// Keras' `[height, width, in, out]` as Burn's `[out, in, height, width]`.
fn load(conv: &mut Conv, layer: &Value) {
    let device = cpu();
    let kernel = TensorData::new(numbers(&layer["kernel"]), shape(&layer["kernel_shape"]));
    let kernel = Tensor::<4>::from_data(kernel, &device).permute([3, 2, 0, 1]);
    assert_eq!(kernel.dims()[..], conv.weight.shape(), "a layer of another shape");
    conv.weight = Kernel::D2(Param::from_tensor(kernel));
    let bias = numbers(&layer["bias"]);
    let sides = [bias.len()];
    conv.bias = Some(Param::from_data(TensorData::new(bias, sides), &device));
}

fn with_keras_weights(fixture: &Value) -> UNet {
    let mut model = UNetConfig::new(3, 1).with_base_channels(2).init(&cpu());
    let mut convs: Vec<&mut Conv> = Vec::new();
    for encoder in &mut model.encoders {
        convs.extend([&mut encoder.conv.conv1.conv, &mut encoder.conv.conv2.conv]);
    }
    convs.extend([&mut model.bottleneck.conv1.conv, &mut model.bottleneck.conv2.conv]);
    for decoder in &mut model.decoders {
        let Larger::Nearest(up) = &mut decoder.larger else {
            panic!("the course's network repeats pixels")
        };
        convs.extend([&mut up.conv, &mut decoder.conv.conv1.conv, &mut decoder.conv.conv2.conv]);
    }
    convs.push(&mut model.output);
    let layers = fixture["layers"].as_array().expect("an array");
    assert_eq!(convs.len(), layers.len());
    for (conv, layer) in convs.into_iter().zip(layers) {
        load(conv, layer);
    }
    model
}

#[test]
fn the_full_network_has_as_many_parameters_as_in_keras() {
    let expected = fixture()["parameters_of_the_full_network"].as_u64();
    assert_eq!(Some(unet(&cpu()).num_params() as u64), expected);
}

#[test]
fn the_output_is_that_of_keras() {
    let fixture = fixture();
    let tensor = |value: &Value| {
        let data = TensorData::new(numbers(&value["values"]), shape(&value["shape"]));
        Tensor::<4>::from_data(data, &cpu()).permute([0, 3, 1, 2])
    };
    let found = with_keras_weights(&fixture).forward(tensor(&fixture["input"]));
    let expected = tensor(&fixture["output"]);
    assert_eq!(found.dims(), expected.dims());
    let worst: f32 = (found - expected).abs().max().into_scalar();
    assert!(worst <= 1e-5, "largest difference {worst:e}");
    println!("largest difference {worst:e}");
}

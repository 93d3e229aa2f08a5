//! Weights from PyTorch and Keras give the outputs that these give.
//!
//! `tests/fixtures/make_weights.py` and `make_keras_weights.py` make the fixtures.

use std::path::{Path, PathBuf};

use serde_json::Value;
use unet_lab::burn::tensor::TensorData;
use unet_lab::nn::{ResNetDepth, ResNetUNetConfig};
use unet_lab::prelude::*;
use unet_lab::weights::{Array, Weights, load_keras_unet, load_pytorch_unet, load_resnet_encoder};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn tensor(array: &Array) -> Tensor<4> {
    Tensor::from_data(TensorData::new(array.values.clone(), array.shape.clone()), &cpu())
}

fn same(what: &str, found: Tensor<4>, expected: &Array) {
    assert_eq!(found.dims()[..], expected.shape[..], "{what}");
    let expected = tensor(expected);
    let scale: f32 = expected.clone().abs().max().into_scalar();
    let worst: f32 = (found - expected).abs().max().into_scalar();
    println!("{what}: largest difference {worst:e} of {scale}");
    assert!(worst <= 1e-5 * scale.max(1.0), "{what}: {worst:e} of {scale}");
}

fn pytorch_unet() -> UNetConfig {
    UNetConfig::new(3, 2)
        .with_base_channels(1)
        .with_norm(Norm::Batch)
        .with_upsampling(Upsampling::Transposed)
}

#[test]
fn a_pytorch_unet() {
    let expected = Weights::read(fixture("weights.safetensors")).expect("a fixture").arrays;
    for name in ["unet", "unet_old"] {
        let file = fixture(&format!("{name}.pth"));
        let model = load_pytorch_unet(pytorch_unet().init(&cpu()), file).expect("it fits");
        let x = tensor(&expected[&format!("{name}/input")]);
        same(name, model.forward_logits(x), &expected[&format!("{name}/output/0")]);
    }
}

#[test]
fn a_torchvision_encoder() {
    let expected = Weights::read(fixture("weights.safetensors")).expect("a fixture").arrays;
    let config = ResNetUNetConfig::new(3, 1).with_width(4);
    let model = load_resnet_encoder(config.init(&cpu()), fixture("resnet18.pth")).expect("it fits");
    let maps = model.encoder.forward(tensor(&expected["resnet18/input"]));
    assert_eq!(maps.len(), 5);
    for (i, maps) in maps.into_iter().enumerate() {
        same(&format!("size {i}"), maps, &expected[&format!("resnet18/output/{i}")]);
    }
    let deeper = config.with_depth(ResNetDepth::Layers34).init(&cpu());
    let error = load_resnet_encoder(deeper, fixture("resnet18.pth"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("missing in the file"), "{error}");
    let wider = ResNetUNetConfig::new(3, 1).with_width(8).init(&cpu());
    let error = load_resnet_encoder(wider, fixture("resnet18.pth"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("resnet18.pth, but"), "{error}");
}

#[test]
fn files_in_another_layout_are_named() {
    let error = load_pytorch_unet(pytorch_unet().init(&cpu()), fixture("resnet18.pth")).unwrap_err();
    assert!(error.to_string().contains("inc.double_conv.0.weight"), "{error}");
    let model = ResNetUNetConfig::new(3, 1).with_width(4).init(&cpu());
    let error = load_resnet_encoder(model, fixture("unet.pth")).unwrap_err();
    assert!(error.to_string().contains("layer1.0.conv1.weight"), "{error}");
    let plain = UNetConfig::new(3, 2).with_base_channels(1).init(&cpu());
    let error = load_pytorch_unet(plain, fixture("unet.pth")).unwrap_err();
    assert!(error.to_string().contains("unknown to the network"), "{error}");
}

#[test]
fn views_of_other_tensors_are_read() {
    let weights = Weights::read_pytorch(fixture("views.pt")).expect("a fixture");
    // torch.arange(24).reshape(2, 3, 4)[:, 1:, ::2].transpose(0, 2)
    let view = &weights.arrays["view"];
    assert_eq!(view.shape, [2, 2, 2]);
    assert_eq!(view.values, [4.0, 16.0, 8.0, 20.0, 6.0, 18.0, 10.0, 22.0]);
    assert_eq!(weights.arrays["half"].values, [0.0, 1.0, 2.0, 3.0]);
}

#[test]
fn pytorch_files_that_end_early_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["unet.pth", "unet_old.pth", "views.pt"] {
        let bytes = std::fs::read(fixture(name)).expect("a fixture");
        let file = folder.path().join(name);
        for length in (0..bytes.len() - 30).step_by(bytes.len() / 60) {
            std::fs::write(&file, &bytes[..length]).expect("a file");
            let error = Weights::read_pytorch(&file).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
        // A wrong byte anywhere gives an error or other values, but no panic.
        for place in (0..bytes.len()).step_by(bytes.len() / 400 + 1) {
            let mut wrong = bytes.clone();
            wrong[place] ^= 0xff;
            std::fs::write(&file, &wrong).expect("a file");
            let _ = Weights::read_pytorch(&file);
        }
    }
}

#[test]
fn a_keras_unet() {
    let text = include_str!("../fixtures/keras_unet_base2.json");
    let fixture_of_keras: Value = serde_json::from_str(text).expect("JSON");
    let numbers = |value: &Value| -> Vec<f32> {
        let values = value.as_array().expect("an array").iter();
        values.map(|v| v.as_f64().expect("a number") as f32).collect()
    };
    let planes = |part: &Value| {
        let shape: Vec<usize> = numbers(&part["shape"]).into_iter().map(|side| side as usize).collect();
        let data = TensorData::new(numbers(&part["values"]), shape);
        Tensor::<4>::from_data(data, &cpu()).permute([0, 3, 1, 2])
    };
    let file = fixture("keras_unet_base2.safetensors");
    let config = UNetConfig::new(3, 1).with_base_channels(2);
    let model = load_keras_unet(config.init(&cpu()), &file).expect("it fits");
    let found = model.forward(planes(&fixture_of_keras["input"]));
    let worst: f32 = (found - planes(&fixture_of_keras["output"])).abs().max().into_scalar();
    println!("largest difference {worst:e}");
    assert!(worst <= 1e-5, "{worst:e}");

    let error = load_keras_unet(config.clone().with_depth(3).init(&cpu()), &file).unwrap_err();
    assert!(
        error.to_string().contains("it has 23 convolutions, the network 18"),
        "{error}"
    );
    let error = load_keras_unet(config.with_base_channels(4).init(&cpu()), &file).unwrap_err();
    assert!(error.to_string().contains("keras_unet_base2.safetensors"), "{error}");
}

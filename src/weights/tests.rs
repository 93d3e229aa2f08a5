//! Files of weights, tested: what is saved comes back, and what does not fit is named.

use std::fs;
use std::path::PathBuf;

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Distribution, Tensor};

use super::*;
use crate::data::phantom::EmPhantom;
use crate::device::cpu;
use crate::nn::{Network, NetworkConfig, Norm, PRESETS, Segmenter, Space, UNet, UNetConfig};
use crate::train::{Silent, TrainConfig, Trainer};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn small() -> UNetConfig {
    UNetConfig::new(1, 1)
        .with_base_channels(2)
        .with_depth(1)
        .with_norm(Norm::Batch)
}

fn saved(folder: &tempfile::TempDir) -> PathBuf {
    let file = folder.path().join("deep/er/model.safetensors");
    save_weights(&small().with_seed(1).init(&cpu()), &file).unwrap();
    file
}

fn output(model: &Network, space: Space) -> Vec<f32> {
    let y = match space {
        Space::D2 => {
            let side = Segmenter::<4>::side_for(model, 1);
            let count = side * side;
            let x = Tensor::<1>::from_data(ramp(count).as_slice(), &cpu());
            model.forward_logits(x.reshape([1, 1, side, side])).into_data()
        }
        Space::D3 => {
            let side = Segmenter::<5>::side_for(model, 1);
            let x = Tensor::<1>::from_data(ramp(side.pow(3)).as_slice(), &cpu());
            model.forward_logits(x.reshape([1, 1, side, side, side])).into_data()
        }
    };
    y.iter::<f32>().collect()
}

fn ramp(count: usize) -> Vec<f32> {
    (0..count).map(|i| (i as f32 * 0.37).sin()).collect()
}

#[test]
fn every_network_comes_back_with_its_output() {
    let folder = folder();
    for name in PRESETS {
        let config = NetworkConfig::preset(name, 1, 1).unwrap().with_base_channels(4);
        let model = config.clone().with_seed(5).try_init(&cpu()).unwrap();
        let file = folder.path().join(name);
        save_weights_as(&model, name, &file).unwrap();
        let expected = output(&model, config.space());
        assert_eq!(
            output(&load_network(&file, &cpu()).unwrap(), config.space()),
            expected,
            "{name}"
        );
        let other = config.with_seed(6).try_init(&cpu()).unwrap();
        assert_ne!(output(&other, other.description().space()), expected, "{name}");
        let loaded = load_weights(other, &file).unwrap();
        assert_eq!(output(&loaded, loaded.description().space()), expected, "{name}");
        assert_eq!(Weights::read(&file).unwrap().metadata["preset"], name);
    }
}

#[test]
fn names_are_those_of_the_fields() {
    let volumes = UNetConfig::volumetric(1, 1).with_base_channels(2).with_depth(1);
    for config in [small(), volumes] {
        let weights = Weights::of(&config.init(&cpu()));
        for name in [
            "encoders.0.conv.conv1.conv.weight",
            "encoders.0.conv.conv1.norm.gamma",
            "encoders.0.conv.conv1.norm.running_var",
            "decoders.0.conv.conv2.norm.beta",
            "output.weight",
            "output.bias",
        ] {
            assert!(
                weights.arrays.contains_key(name),
                "{name} in {:?}",
                weights.arrays.keys()
            );
        }
        let variants = ["D2", "D3", "Nearest", "Batch", "Transposed"];
        let has_variant = |name: &String| name.split('.').any(|part| variants.contains(&part));
        assert!(!weights.arrays.keys().any(has_variant), "{:?}", weights.arrays.keys());
    }
}

#[test]
fn the_file_says_what_it_holds() {
    let folder = folder();
    let weights = Weights::read(saved(&folder)).unwrap();
    assert!(weights.metadata["network"].contains("\"base_channels\":2"));
    assert_eq!(weights.metadata["unet_lab"], env!("CARGO_PKG_VERSION"));
    assert_eq!(weights.metadata.get("preset"), None);
    // Nothing but the file is left.
    assert_eq!(fs::read_dir(folder.path().join("deep/er")).unwrap().count(), 1);
}

#[test]
fn a_file_that_ends_early_is_named_at_every_length() {
    let folder = folder();
    let file = saved(&folder);
    let bytes = fs::read(&file).unwrap();
    for length in (0..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
        fs::write(&file, &bytes[..length]).unwrap();
        let error = load_weights(small().init(&cpu()), &file).unwrap_err().to_string();
        assert!(error.contains("model.safetensors"), "{error}");
        assert!(
            error.contains("ends too early") || error.contains("fewer than a header"),
            "{length}: {error}"
        );
    }
}

#[test]
fn foreign_files_are_named() {
    let folder = folder();
    let file = folder.path().join("picture.png");
    fs::write(&file, b"\x89PNG\r\n\x1a\n and so on").unwrap();
    let error = load_network(&file, &cpu()).unwrap_err().to_string();
    assert!(
        error.contains("picture.png is no file of weights in safetensors format"),
        "{error}"
    );
    let error = Weights::read_pytorch(&file).unwrap_err().to_string();
    assert!(error.contains("torch.save(model.state_dict(), path)"), "{error}");
    let error = Weights::read(folder.path().join("nothing")).unwrap_err();
    assert!(matches!(error, WeightsError::Io { action: "read", .. }));
    let error = load_record(small().init(&cpu()), &file).unwrap_err().to_string();
    assert!(
        error.contains("picture.png is no file of weights in Burn record format"),
        "{error}"
    );
}

#[test]
fn another_network_is_named_by_its_settings() {
    let folder = folder();
    let file = saved(&folder);
    let error = load_weights(small().with_base_channels(4).init(&cpu()), &file)
        .unwrap_err()
        .to_string();
    assert!(error.contains("base_channels is 2 there and 4 here"), "{error}");
    let error = load_weights(small().with_norm(Norm::None).init(&cpu()), &file)
        .unwrap_err()
        .to_string();
    assert!(error.contains("norm is \"Batch\" there and \"None\" here"), "{error}");
    let network = NetworkConfig::preset("vnet", 1, 1).unwrap().try_init(&cpu()).unwrap();
    let error = load_weights(network, &file).unwrap_err().to_string();
    assert!(error.contains("it is a \"UNet\", this a \"VNet\""), "{error}");
}

#[test]
fn without_settings_layers_and_shapes_are_named() {
    let folder = folder();
    let mut weights = Weights::read(saved(&folder)).unwrap();
    weights.metadata.clear();
    let error = weights
        .load_into(small().with_base_channels(4).init(&cpu()))
        .unwrap_err();
    let WeightsError::Shape {
        layer, expected, found, ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(layer, "bottleneck.conv1.conv.weight");
    assert_eq!((&expected[..], &found[..]), (&[8, 4, 3, 3][..], &[4, 2, 3, 3][..]));
    let error = weights.load_into(small().with_depth(2).init(&cpu())).unwrap_err();
    assert!(matches!(error, WeightsError::Layers { .. }), "{error}");
    let mut fewer = weights.clone();
    fewer.arrays.remove("output.bias");
    let extra = fewer.arrays.remove("output.weight").unwrap();
    fewer.arrays.insert("head.weight".to_owned(), extra);
    let error = fewer.load_into(small().init(&cpu())).unwrap_err().to_string();
    assert!(
        error.contains("2 missing in the file (output.bias, output.weight)"),
        "{error}"
    );
    assert!(error.contains("1 unknown to the network (head.weight)"), "{error}");
    weights.save(folder.path().join("bare")).unwrap();
    let error = load_network(folder.path().join("bare"), &cpu())
        .unwrap_err()
        .to_string();
    assert!(error.contains("does not say which network"), "{error}");
}

#[test]
fn weights_that_are_no_numbers_are_refused() {
    let folder = folder();
    let mut weights = Weights::read(saved(&folder)).unwrap();
    weights.arrays.get_mut("output.weight").unwrap().values[1] = f32::NAN;
    let file = folder.path().join("diverged.safetensors");
    weights.save(&file).unwrap();
    let error = load_weights(small().init(&cpu()), &file).unwrap_err().to_string();
    assert!(error.contains("1 of the 2 weights of output.weight in"), "{error}");
    assert!(load_matching(small().init(&cpu()), &file).is_err());
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    let folder = folder();
    let file = saved(&folder);
    let before = fs::read(&file).unwrap();
    save_weights(&small().with_seed(2).init(&cpu()), &file).unwrap();
    assert_ne!(fs::read(&file).unwrap(), before);
    // A folder of the file's name cannot be replaced, and nothing is left beside it.
    let taken = folder.path().join("taken");
    fs::create_dir_all(taken.join("inside")).unwrap();
    let error = save_weights(&small().init(&cpu()), &taken).unwrap_err().to_string();
    assert!(error.contains("cannot write"), "{error}");
    let names = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name());
    assert!(!names.into_iter().any(|name| name.to_string_lossy().ends_with(".tmp")));
}

#[test]
fn what_fits_is_loaded_and_the_rest_reported() {
    let folder = folder();
    let file = saved(&folder);
    let target = UNetConfig {
        classes: 3,
        ..small().with_seed(9)
    };
    let (model, report) = load_matching(target.init(&cpu()), &file).unwrap();
    let skipped: Vec<&str> = report.skipped.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(skipped, ["output.bias", "output.weight"]);
    assert!(report.unused.is_empty());
    assert!(
        report
            .to_string()
            .contains("shape [1, 2, 1, 1] in the file, [3, 2, 1, 1] in the network")
    );
    let (found, expected) = (Weights::of(&model), Weights::read(&file).unwrap());
    assert_eq!(report.loaded.len() + 2, found.arrays.len());
    for name in &report.loaded {
        assert_eq!(found.arrays[name], expected.arrays[name], "{name}");
    }
}

#[test]
fn records_keep_weights_and_settings() {
    let folder = folder();
    let file = folder.path().join("model.bpk");
    let model = small().with_seed(3).init(&cpu());
    save_record(&model, &file).unwrap();
    let loaded = load_record(small().init(&cpu()), &file).unwrap();
    assert_eq!(Weights::of(&loaded).arrays, Weights::of(&model).arrays);
    let error = load_record(small().with_base_channels(4).init(&cpu()), &file)
        .unwrap_err()
        .to_string();
    assert!(error.contains("base_channels is 2 there and 4 here"), "{error}");
    fs::remove_file(folder.path().join("model.bpk.json")).unwrap();
    assert!(load_record(small().with_depth(2).init(&cpu()), &file).is_err());
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let error = load_record(small().init(&cpu()), &file).unwrap_err().to_string();
    assert!(error.contains("model.bpk"), "{error}");
}

/// One step of Adam on a made-up task.
fn step(model: UNet) -> UNet {
    let device = cpu().autodiff();
    let model = model.train();
    let x = Tensor::<4>::random([2, 1, 8, 8], Distribution::Normal(3.0, 2.0), &device);
    let loss = (model.forward_logits(x) - 1.0).powi_scalar(2).mean();
    let gradients = GradientsParams::from_grads(loss.backward(), &model);
    let mut optimizer: ModuleOptimizer = AdamConfig::new().init();
    optimizer.step(0.01, model, gradients).valid()
}

#[test]
fn a_frozen_encoder_stays_and_the_rest_learns() {
    let model = small().init(&cpu());
    let before = Weights::of(&model).arrays;
    let after = Weights::of(&step(freeze_encoder(model.clone()).unwrap())).arrays;
    for (name, array) in &before {
        let frozen = name.starts_with("encoders.");
        assert_eq!(*array == after[name], frozen, "{name}");
    }
    // Without freezing all of them move, the running averages too.
    let model = small().init(&cpu());
    let after = Weights::of(&step(model.unfreeze())).arrays;
    for (name, array) in &before {
        assert_ne!(*array, after[name], "{name}");
    }
}

#[test]
fn the_trainer_leaves_frozen_parts_alone() {
    let data = EmPhantom::new(16).with_count(4).generate();
    let model = freeze_encoder(small().init(&cpu())).unwrap();
    let before = Weights::of(&model).arrays;
    let config = TrainConfig::new().with_epochs(1).with_validation_split(0.25);
    let fitted = Trainer::new(config).fit_with(model, &data, &mut Silent).unwrap();
    let after = Weights::of(&fitted.model).arrays;
    for (name, array) in &before {
        assert_eq!(*array == after[name], name.starts_with("encoders."), "{name}");
    }
    // Saved and loaded, a network learns again.
    let model = fitted.model.unfreeze();
    let folder = folder();
    save_weights(&model, folder.path().join("model")).unwrap();
    let model = load_weights(small().init(&cpu()), folder.path().join("model")).unwrap();
    let later = Weights::of(&step(model)).arrays;
    for (name, array) in &after {
        assert_ne!(*array, later[name], "{name}");
    }
}

#[test]
fn parts_are_frozen_by_name() {
    let model = freeze_part(small().init(&cpu()), "bottleneck.conv1").unwrap();
    let before = Weights::of(&model).arrays;
    for (name, array) in Weights::of(&step(model)).arrays {
        assert_eq!(array == before[&name], name.starts_with("bottleneck.conv1."), "{name}");
    }
    let error = freeze_part(small().init(&cpu()), "bottle").unwrap_err().to_string();
    assert!(error.contains("bottleneck, decoders, encoders, output"), "{error}");
}

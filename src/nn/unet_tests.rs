//! The U-Net, tested.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{Merge, Norm, Padding, UNetConfig, summary, unet};
use crate::device::cpu;
use crate::error::ShapeError;

#[test]
fn the_course_network_has_31_031_745_parameters() {
    assert_eq!(unet(&cpu()).num_params(), 31_031_745);
}

#[test]
fn input_and_output_shapes() {
    // (in_channels, classes, base, depth, [height, width])
    let table = [
        (1, 1, 2, 1, [2, 4]),
        (3, 1, 2, 2, [8, 4]),
        (1, 4, 2, 3, [16, 24]),
        (2, 1, 3, 4, [32, 16]),
    ];
    for (channels, classes, base, depth, [h, w]) in table {
        let model = UNetConfig::new(channels, classes)
            .with_base_channels(base)
            .with_depth(depth)
            .init(&cpu());
        let y = model.forward(Tensor::<4>::ones([2, channels, h, w], &cpu()));
        assert_eq!(y.dims(), [2, classes, h, w]);
    }
}

#[test]
fn several_classes_share_one_pixel() {
    let model = UNetConfig::new(1, 3).with_base_channels(2).with_depth(1).init(&cpu());
    let y = model.forward(Tensor::<4>::ones([1, 1, 4, 4], &cpu()));
    for sum in y.sum_dim(1).into_data().iter::<f32>() {
        assert!((sum - 1.0).abs() < 1e-6);
    }
}

#[test]
fn the_same_seed_gives_the_same_network() {
    let config = UNetConfig::new(1, 1).with_base_channels(2).with_depth(2);
    let x = Tensor::<4>::ones([1, 1, 8, 8], &cpu());
    let out = |config: &UNetConfig| config.init(&cpu()).forward(x.clone()).into_data();
    assert_eq!(out(&config), out(&config));
    assert_ne!(out(&config), out(&config.clone().with_seed(1)));
}

#[test]
#[should_panic(
    expected = "at level 2 its maps are 5 x 8, which pooling cannot halve. Each side must be divisible \
                           by 16; the nearest height that works is 16."
)]
fn a_wrong_size_panics_with_the_message() {
    let model = UNetConfig::new(1, 1).with_base_channels(2).init(&cpu());
    model.forward(Tensor::<4>::ones([1, 1, 10, 16], &cpu()));
}

#[test]
fn wrong_channels_are_named() {
    let model = UNetConfig::new(3, 1).with_base_channels(2).init(&cpu());
    let error = model
        .try_forward(Tensor::<4>::ones([1, 1, 16, 16], &cpu()))
        .unwrap_err();
    assert_eq!(error, ShapeError::Channels { expected: 3, found: 1 });
}

#[test]
fn a_description_of_no_network_is_refused() {
    let error = UNetConfig::new(3, 0).try_init(&cpu()).unwrap_err();
    assert_eq!(error.to_string(), "UNetConfig::classes is 0, but must be at least 1");
    assert!(UNetConfig::new(3, 1).with_depth(0).try_init(&cpu()).is_err());
}

/// Parameter counts of the published networks.
#[test]
fn published_sizes() {
    // Cicek et al. 2016, section 2, counts 19,069,955 for 3 channels in and 3 classes out, in Caffe: there convolutions have
    // a bias before batch normalisation, which has no scale and shift, and up-convolutions have no bias.
    let model = UNetConfig::volumetric(3, 3).init(&cpu());
    let normalised = 32 + 2 * (64 + 128 + 256) + 512 + 2 * (256 + 128 + 64);
    let up_biases = 512 + 256 + 128;
    let found = summary(&model, [8, 8, 8]).unwrap().parameters();
    assert_eq!(found + normalised - 2 * normalised - up_biases, 19_069_955);
    let config = UNetConfig::original();
    assert_eq!((config.accepts(572), 572 - 2 * config.margin()), (true, 388));
    let config = UNetConfig::volumetric(3, 3).with_padding(Padding::Valid);
    assert!(config.accepts(132) && config.accepts(116));
    assert_eq!([132 - 2 * config.margin(), 116 - 2 * config.margin()], [44, 28]);
}

#[test]
fn deep_outputs_halve_from_level_to_level() {
    let config = UNetConfig::new(1, 2)
        .with_base_channels(2)
        .with_depth(3)
        .with_deep_supervision(true);
    let outputs = config
        .init(&cpu())
        .forward_deep(Tensor::<4>::ones([1, 1, 16, 8], &cpu()));
    let shapes: Vec<[usize; 4]> = outputs.iter().map(Tensor::dims).collect();
    assert_eq!(shapes, [[1, 2, 16, 8], [1, 2, 8, 4], [1, 2, 4, 2]]);
}

#[test]
fn a_volume_is_no_image() {
    let model = UNetConfig::new(1, 1).with_base_channels(2).with_depth(1).init(&cpu());
    let error = model
        .try_forward(Tensor::<5>::ones([1, 1, 4, 4, 4], &cpu()))
        .unwrap_err();
    assert!(error.to_string().contains("2 spatial axes"), "{error}");
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    let config = || UNetConfig::new(1, 1).with_base_channels(4).with_depth(1);
    for wrong in [
        config().with_norm(Norm::Group(3)),
        config().with_dropout(1.0),
        config().with_channels(&[4, 0]),
        config().with_merge(Merge::Add).with_widen_late(true),
        config().with_dilations(&[0]),
    ] {
        assert!(wrong.try_init(&cpu()).is_err(), "{wrong:?}");
    }
    assert_eq!(config().with_channels(&[4, 6, 10]).init(&cpu()).config().depth, 2);
}

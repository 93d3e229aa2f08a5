//! Summaries, tested.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{Larger, Norm, Padding, UNetConfig, summary, unet, upsample};
use crate::device::cpu;

#[test]
fn the_course_network_line_by_line() {
    let table = summary(&unet(&cpu()), [256, 256]).unwrap();
    let parameters: Vec<usize> = table.rows.iter().map(|row| row.parameters).filter(|&p| p > 0).collect();
    // model.summary() of the course's Keras network.
    assert_eq!(
        parameters,
        [
            1_792, 36_928, 73_856, 147_584, 295_168, 590_080, 1_180_160, 2_359_808, 4_719_616, 9_438_208, //
            2_097_664, 4_719_104, 2_359_808, 524_544, 1_179_904, 590_080, 131_200, 295_040, 147_584, 32_832, 73_792,
            36_928, 65,
        ]
    );
    let text = table.to_string();
    assert!(text.contains(
        "decoder 4 concat     Concat               1024 x 32 x 32             0  encoder 4 conv 2, decoder 4 up conv"
    ));
    assert!(text.contains("31,031,745 parameters, 118.38 MiB as 32-bit numbers"));
    assert!(table.to_html().contains("<td>1024 x 16 x 16</td>"));
}

#[test]
fn every_preset_counts_and_shapes_as_its_module() {
    let flat = [
        UNetConfig::new(2, 3),
        UNetConfig::original(),
        UNetConfig::practical(3, 1),
        UNetConfig::attention(1, 2),
        UNetConfig::residual(2, 1),
        UNetConfig::dilated(1, 1),
        UNetConfig::denoiser(3),
        UNetConfig::translator(3, 2).with_deep_supervision(true),
        UNetConfig::residual(1, 1)
            .with_squeeze_excitation(true)
            .with_padding(Padding::Valid),
    ];
    for config in flat {
        // Burn counts the running averages of batch normalisation among the parameters.
        let norm = match config.norm {
            Norm::Batch => Norm::Instance,
            norm => norm,
        };
        let config = config.with_base_channels(4).with_depth(2).with_norm(norm);
        let model = config.init(&cpu());
        let side = (40..).find(|&side| config.accepts(side)).unwrap();
        let table = summary(&model, [side, side]).unwrap();
        assert_eq!(table.parameters(), model.num_params(), "{config:?}");
        let y = model.forward(Tensor::<4>::ones([1, config.in_channels, side, side], &cpu()));
        let output = table.rows.iter().find(|row| row.name == "output").unwrap();
        assert_eq!(y.dims()[1..], output.shape[..], "{config:?}");
        assert_eq!(y.dims()[2], side - 2 * config.margin());
    }
    let config = UNetConfig::volumetric(1, 2)
        .with_base_channels(4)
        .with_depth(2)
        .with_norm(Norm::Group(2));
    let model = config.init(&cpu());
    let table = summary(&model, [4, 8, 12]).unwrap();
    assert_eq!(table.parameters(), model.num_params());
    let y = model.forward(Tensor::<5>::ones([1, 1, 4, 8, 12], &cpu()));
    assert_eq!(y.dims(), [1, 2, 4, 8, 12]);
}

#[test]
fn costs_of_the_course_network() {
    let table = summary(&unet(&cpu()), [256, 256]).unwrap();
    // 3x3 convolution 3 -> 64 at 256 x 256.
    assert_eq!(table.rows[1].multiply_adds, 9 * 3 * 64 * 256 * 256);
    // Down: 1 + 2 * 2 * (1 + 2 + 4 + 8 + 16) + (1 + 2 + 4 + 8) for the pools; up: 1 * 8 + 4 * 8 and so on.
    let field = |name: &str| table.rows.iter().find(|row| row.name == name).unwrap().receptive_field;
    assert_eq!(
        [
            field("encoder 1 conv 2"),
            field("encoder 2 conv 2"),
            field("bottleneck conv 2")
        ],
        [5, 14, 140]
    );
    let memory = table.memory(2);
    assert_eq!(memory.weights, 4 * 31_031_745);
    assert!(memory.prediction < memory.training);
}

#[test]
fn shapes_are_those_of_a_forward_pass() {
    let model = UNetConfig::new(2, 3).with_base_channels(3).with_depth(2).init(&cpu());
    let table = summary(&model, [8, 12]).unwrap();
    let mut found = Vec::new();
    let mut see = |x: &Tensor<4>| {
        let [_, c, h, w] = x.dims();
        found.push(vec![c, h, w]);
    };
    let mut x = Tensor::<4>::ones([1, 2, 8, 12], &cpu());
    see(&x);
    let mut skips = Vec::new();
    for encoder in &model.encoders {
        see(&encoder.conv.conv1.forward(x.clone()));
        let (skip, pooled) = encoder.forward(x);
        see(&skip);
        see(&pooled);
        skips.push(skip);
        x = pooled;
    }
    see(&model.bottleneck.conv1.forward(x.clone()));
    x = model.bottleneck.forward(x);
    see(&x);
    for decoder in &model.decoders {
        let skip = skips.pop().unwrap();
        let up = upsample(x.clone());
        see(&up);
        let Larger::Nearest(up_conv) = &decoder.larger else {
            panic!("the course's network repeats pixels")
        };
        let up = up_conv.forward(up);
        see(&up);
        let joined = Tensor::cat(vec![skip.clone(), up], 1);
        see(&joined);
        see(&decoder.conv.conv1.forward(joined));
        x = decoder.forward(x, skip);
        see(&x);
    }
    see(&model.output.forward(x));
    let said: Vec<Vec<usize>> = table.rows.iter().map(|row| row.shape.clone()).collect();
    assert_eq!(said, found);
}

#[test]
fn a_wrong_size_is_refused() {
    assert!(summary(&unet(&cpu()), [256, 100]).is_err());
}

//! Small networks and data for the tests of whole runs.

use burn::module::{Initializer, Module, ModuleVisitor, Param};
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::Tensor;

use crate::data::phantom::EmPhantom;
use crate::data::{Dataset, Image, LabelMap};
use crate::device::cpu;
use crate::nn::{Segmenter, UNet, UNetConfig};
use crate::train::*;

/// The same for every test, whatever runs beside it.
pub(super) const START: Initializer = Initializer::Constant { value: 0.1 };

pub(super) struct Values(Vec<f32>);

impl ModuleVisitor for Values {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let values: Vec<f32> = param.val().into_data().try_to_vec().unwrap();
        self.0.extend(values);
    }
}

pub(super) fn weights<M: Module>(model: &M) -> Vec<f32> {
    let mut values = Values(Vec::new());
    model.visit(&mut values);
    values.0
}

pub(super) fn assert_close(a: &[f32], b: &[f32], within: f32) {
    assert_eq!(a.len(), b.len());
    let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < within, "{worst}");
}

pub(super) fn data() -> Dataset {
    EmPhantom::new(16).with_count(10).with_seed(1).generate()
}

pub(super) fn small() -> UNet {
    UNetConfig::new(1, 1).with_base_channels(2).with_depth(1).init(&cpu())
}

pub(super) fn config() -> TrainConfig {
    TrainConfig::new()
        .with_epochs(3)
        .with_batch_size(4)
        .with_learning_rate(1e-2)
        .with_validation_split(0.2)
}

pub(super) fn fit(config: TrainConfig) -> Fitted {
    Trainer::new(config).fit_with(small(), &data(), &mut Silent).unwrap()
}

/// One convolution without padding, so that a pixel is lost at each end.
#[derive(Module, Debug)]
pub(super) struct Valid {
    conv: Conv2d,
    classes: usize,
}

impl Segmenter for Valid {
    fn forward_logits(&self, x: Tensor<4>) -> Tensor<4> {
        self.conv.forward(x)
    }
    fn in_channels(&self) -> usize {
        1
    }
    fn classes(&self) -> usize {
        self.classes
    }
    fn margin(&self) -> usize {
        1
    }
    fn accepts(&self, side: usize) -> bool {
        side > 2 && side.is_multiple_of(2)
    }
}

pub(super) fn valid(classes: usize) -> Valid {
    let conv = Conv2dConfig::new([1, classes], [3, 3])
        .with_padding(PaddingConfig2d::Valid)
        .with_initializer(START);
    Valid {
        conv: conv.init(&cpu()),
        classes,
    }
}

/// Three grey levels, each a class.
pub(super) fn levels(count: usize) -> LabelledImages {
    let cases = (0..count).map(|i| {
        let level = |x: usize, y: usize| (x / 4 + y / 4 + i) % 3;
        let image = Image::from_fn(12, 12, |x, y| level(x, y) as f32 / 2.0);
        let labels = (0..144).map(|p| level(p % 12, p / 12) as u32).collect();
        LabelledImage::new(format!("case {i}"), image, LabelMap::new(labels, &[12, 12]).unwrap()).unwrap()
    });
    LabelledImages::new(cases.collect(), 3).unwrap()
}

#[derive(Default)]
pub(super) struct Notes(pub(super) Vec<String>);

impl Progress for Notes {
    fn start(&mut self, _total_epochs: usize, _batches_per_epoch: usize) {}
    fn batch(&mut self, _epoch: usize, _batch: usize, _loss: f32) {}
    fn epoch(&mut self, _history: &History) {}
    fn warning(&mut self, message: &str) {
        self.0.push(message.to_owned());
    }
    fn finish(&mut self, _history: &History) {}
}

//! Small networks for the tests: convolutions of known weights, with a record of the batches that they were given.

use std::sync::{Arc, Mutex};

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig, Conv3d, Conv3dConfig};
use burn::nn::pool::MaxPool2dConfig;
use burn::nn::{PaddingConfig2d, PaddingConfig3d};
use burn::tensor::{Tensor, TensorData};

use crate::device::cpu;
use crate::nn::Segmenter;

/// Batch sizes, in the order in which they came.
pub type Batches = Arc<Mutex<Vec<usize>>>;

/// What a toy network is like.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub classes: usize,
    /// Valid convolutions: each side loses a pixel at both ends.
    pub valid: bool,
    /// Symmetric kernels, so that flips and turns of the image flip and turn the output.
    pub symmetric: bool,
    pub multiple: usize,
    /// Weights in quarters and no curve: for images in whole parts of 256 nothing is ever rounded.
    pub exact: bool,
}

pub const SAME: Kind = Kind {
    classes: 1,
    valid: false,
    symmetric: false,
    multiple: 1,
    exact: false,
};

pub const VALID: Kind = Kind { valid: true, ..SAME };

pub const EXACT: Kind = Kind { exact: true, ..VALID };

fn weights(count: usize, kind: Kind) -> Vec<f32> {
    let value = |i: usize| {
        let around = i % 27;
        let off = [around / 9, around / 3 % 3, around % 3]
            .iter()
            .filter(|&&d| d != 1)
            .count();
        let seed = if kind.symmetric { i / 27 * 27 + off } else { i };
        match kind.exact {
            true => (seed * 7 % 11) as f32 / 4.0 - 1.25,
            false => (seed as f32 * 1.7 + 0.3).sin() * 0.6,
        }
    };
    (0..count).map(value).collect()
}

fn bend<const D: usize>(x: Tensor<D>, kind: Kind) -> Tensor<D> {
    if kind.exact { x.abs() } else { x.tanh() * 3.0 }
}

/// One convolution of 3 x 3 and a bend.
#[derive(Module, Debug)]
pub struct Toy2 {
    conv: Conv2d,
    #[module(skip)]
    kind: Kind,
    #[module(skip)]
    pub batches: Batches,
}

/// The kernels are the middle slices of those in 3-D.
pub fn toy2(kind: Kind) -> Toy2 {
    let padding = if kind.valid {
        PaddingConfig2d::Valid
    } else {
        PaddingConfig2d::Same
    };
    let mut conv = Conv2dConfig::new([1, kind.classes], [3, 3])
        .with_padding(padding)
        .init(&cpu());
    let all = weights(27 * kind.classes, kind);
    let middle: Vec<f32> = all.chunks(27).flat_map(|kernel| kernel[9..18].to_vec()).collect();
    conv.weight = Param::from_data(TensorData::new(middle, [kind.classes, 1, 3, 3]), &cpu());
    conv.bias = Some(Param::from_data([0.125f32].repeat(kind.classes).as_slice(), &cpu()));
    Toy2 {
        conv,
        kind,
        batches: Batches::default(),
    }
}

impl Segmenter for Toy2 {
    fn forward_logits(&self, x: Tensor<4>) -> Tensor<4> {
        self.batches.lock().unwrap().push(x.dims()[0]);
        bend(self.conv.forward(x), self.kind)
    }

    fn in_channels(&self) -> usize {
        1
    }

    fn classes(&self) -> usize {
        self.kind.classes
    }

    fn size_multiple(&self) -> usize {
        self.kind.multiple
    }

    fn margin(&self) -> usize {
        usize::from(self.kind.valid)
    }
}

/// [`Toy2`] in 3-D.
#[derive(Module, Debug)]
pub struct Toy3 {
    conv: Conv3d,
    #[module(skip)]
    kind: Kind,
    #[module(skip)]
    pub batches: Batches,
}

pub fn toy3(kind: Kind) -> Toy3 {
    let padding = if kind.valid {
        PaddingConfig3d::Valid
    } else {
        PaddingConfig3d::Same
    };
    let mut conv = Conv3dConfig::new([1, kind.classes], [3, 3, 3])
        .with_padding(padding)
        .init(&cpu());
    let data = TensorData::new(weights(27 * kind.classes, kind), [kind.classes, 1, 3, 3, 3]);
    conv.weight = Param::from_data(data, &cpu());
    conv.bias = Some(Param::from_data([0.125f32].repeat(kind.classes).as_slice(), &cpu()));
    Toy3 {
        conv,
        kind,
        batches: Batches::default(),
    }
}

impl Segmenter<5> for Toy3 {
    fn forward_logits(&self, x: Tensor<5>) -> Tensor<5> {
        self.batches.lock().unwrap().push(x.dims()[0]);
        bend(self.conv.forward(x), self.kind)
    }

    fn in_channels(&self) -> usize {
        1
    }

    fn classes(&self) -> usize {
        self.kind.classes
    }

    fn size_multiple(&self) -> usize {
        self.kind.multiple
    }

    fn margin(&self) -> usize {
        usize::from(self.kind.valid)
    }
}

/// A U of valid convolutions with one pooling: even sides in, four pixels less out.
#[derive(Module, Debug)]
pub struct Pooled {
    first: Toy2,
    second: Toy2,
}

pub fn pooled() -> Pooled {
    Pooled {
        first: toy2(EXACT),
        second: toy2(EXACT),
    }
}

impl Segmenter for Pooled {
    fn forward_logits(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.first.forward_logits(x);
        let x = MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init().forward(x);
        let x = crate::nn::upsample(x);
        self.second.forward_logits(x)
    }

    fn in_channels(&self) -> usize {
        1
    }

    fn margin(&self) -> usize {
        2
    }

    fn accepts(&self, side: usize) -> bool {
        side > 4 && side.is_multiple_of(2)
    }
}

//! Convolutions of images and volumes behind one name.

use burn::module::{Initializer, Module, Param};
use burn::tensor::module::{conv_transpose2d, conv_transpose3d, conv2d, conv3d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions, PadMode};
use burn::tensor::{Device, Tensor};

use super::init::{Stream, he_normal};
use super::settings::Padding;
use super::space::{Space, of_rank};

/// The taps of a convolution.
#[derive(Module, Debug)]
pub enum Kernel {
    /// `[channels_out, channels_in, height, width]`; a transposed convolution has the channels the other way round.
    D2(Param<Tensor<4>>),
    /// `[channels_out, channels_in, depth, height, width]`; likewise.
    D3(Param<Tensor<5>>),
}

impl Kernel {
    fn he_normal(space: Space, channels: [usize; 2], side: usize, fan_in: usize, stream: Stream, on: &Device) -> Self {
        let [a, b] = channels;
        match space {
            Space::D2 => Self::D2(he_normal([a, b, side, side], fan_in, stream, on)),
            Space::D3 => Self::D3(he_normal([a, b, side, side, side], fan_in, stream, on)),
        }
    }

    /// Length of each axis, without drawing the first weights.
    pub fn shape(&self) -> Vec<usize> {
        match self {
            Self::D2(weight) => weight.lazy_shape().to_vec(),
            Self::D3(weight) => weight.lazy_shape().to_vec(),
        }
    }

    /// Images or volumes.
    pub fn space(&self) -> Space {
        match self {
            Self::D2(_) => Space::D2,
            Self::D3(_) => Space::D3,
        }
    }
}

/// A convolution of images or volumes (taught in unit 01).
#[derive(Module, Debug)]
pub struct Conv {
    /// `[channels_out, channels_in, ..]`
    pub weight: Kernel,
    /// `[channels_out]`
    pub bias: Option<Param<Tensor<1>>>,
    stride: usize,
    dilation: usize,
    before: usize,
    after: usize,
}

/// Describes a [`Conv`].
#[derive(Clone, Debug)]
pub(crate) struct ConvPlan {
    space: Space,
    channels: [usize; 2],
    kernel: usize,
    stride: usize,
    dilation: usize,
    padding: Padding,
    bias: bool,
    stream: Stream,
}

impl ConvPlan {
    pub fn new(space: Space, channels: [usize; 2], kernel: usize, stream: Stream) -> Self {
        Self {
            space,
            channels,
            kernel,
            stride: 1,
            dilation: 1,
            padding: Padding::Same,
            bias: true,
            stream,
        }
    }

    pub fn stride(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    pub fn dilation(self, dilation: usize) -> Self {
        Self { dilation, ..self }
    }

    pub fn padding(self, padding: Padding) -> Self {
        Self { padding, ..self }
    }

    pub fn without_bias(self) -> Self {
        Self { bias: false, ..self }
    }

    /// He-normal weights and no bias yet. "Same" padding of an even kernel has one more at the end, as in Keras.
    pub fn init(&self, device: &Device) -> Conv {
        let [channels_in, channels_out] = self.channels;
        let all = match self.padding {
            Padding::Same => self.dilation * (self.kernel - 1),
            Padding::Valid => 0,
        };
        let fan_in = channels_in * self.kernel.pow(self.space.axes() as u32);
        let channels = [channels_out, channels_in];
        Conv {
            weight: Kernel::he_normal(self.space, channels, self.kernel, fan_in, self.stream, device),
            bias: self.bias.then(|| Initializer::Zeros.init([channels_out], device)),
            stride: self.stride,
            dilation: self.dilation,
            before: all / 2,
            after: all - all / 2,
        }
    }
}

impl Conv {
    /// # Shapes
    /// - `x`: `[batch, channels_in, ..]`
    /// - output: `[batch, channels_out, ..]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let bias = self.bias.as_ref().map(Param::val);
        let (stride, dilation, ends) = (self.stride, self.dilation, (self.before, self.after));
        match &self.weight {
            Kernel::D2(weight) => {
                let options = ConvOptions::new_with_padding([stride; 2], [ends; 2], [dilation; 2], 1);
                of_rank(conv2d(of_rank(x), weight.val(), bias, options))
            }
            Kernel::D3(weight) => {
                // Burn pads volumes alike on both sides only.
                let x = match self.after - self.before {
                    0 => x,
                    more => x.pad([(0, more); 3], PadMode::Constant(0.0)),
                };
                let options = ConvOptions::new([stride; 3], [self.before; 3], [dilation; 3], 1);
                of_rank(conv3d(of_rank(x), weight.val(), bias, options))
            }
        }
    }

    /// Input and output channels.
    pub fn channels(&self) -> [usize; 2] {
        let shape = self.weight.shape();
        [shape[1], shape[0]]
    }

    /// Side of the kernel.
    pub fn kernel(&self) -> usize {
        self.weight.shape()[2]
    }

    /// Step between neighbouring outputs.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Step between neighbouring taps of the kernel.
    pub fn dilation(&self) -> usize {
        self.dilation
    }

    /// Length of a side after the convolution; 0 where the kernel does not fit into it.
    pub fn side(&self, side: usize) -> usize {
        let padded = side + self.before + self.after;
        let reach = self.dilation * (self.kernel() - 1);
        match padded > reach {
            true => (padded - reach - 1) / self.stride + 1,
            false => 0,
        }
    }
}

/// A transposed convolution of kernel 2 and stride 2, which doubles every side: each pixel becomes a block of 2x2
/// (2x2x2), and blocks do not overlap (Ronneberger et al. 2015, section 2, "up-convolution"). Taught in unit 01.
#[derive(Module, Debug)]
pub struct UpConv {
    /// `[channels_in, channels_out, ..]`
    pub weight: Kernel,
    /// `[channels_out]`
    pub bias: Option<Param<Tensor<1>>>,
}

impl UpConv {
    pub(crate) fn new(space: Space, channels: [usize; 2], stream: Stream, device: &Device) -> Self {
        Self {
            // Each output has one tap on each input map.
            weight: Kernel::he_normal(space, channels, 2, channels[0], stream, device),
            bias: Some(Initializer::Zeros.init([channels[1]], device)),
        }
    }

    /// # Shapes
    /// - `x`: `[batch, channels_in, ..]`
    /// - output: `[batch, channels_out, ..]`, each side doubled
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let bias = self.bias.as_ref().map(Param::val);
        match &self.weight {
            Kernel::D2(weight) => {
                let options = ConvTransposeOptions::new([2; 2], [0; 2], [0; 2], [1; 2], 1);
                of_rank(conv_transpose2d(of_rank(x), weight.val(), bias, options))
            }
            Kernel::D3(weight) => {
                let options = ConvTransposeOptions::new([2; 3], [0; 3], [0; 3], [1; 3], 1);
                of_rank(conv_transpose3d(of_rank(x), weight.val(), bias, options))
            }
        }
    }

    /// Input and output channels.
    pub fn channels(&self) -> [usize; 2] {
        let shape = self.weight.shape();
        [shape[0], shape[1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    const STREAM: Stream = Stream { seed: 1, layer: 0 };

    fn ones(conv: Conv) -> Conv {
        let weight = match conv.weight {
            Kernel::D2(weight) => Kernel::D2(weight.map(|w| w.ones_like())),
            Kernel::D3(weight) => Kernel::D3(weight.map(|w| w.ones_like())),
        };
        Conv { weight, ..conv }
    }

    #[test]
    fn same_padding_of_an_even_kernel_is_at_the_end() {
        let conv = ones(ConvPlan::new(Space::D2, [1, 1], 2, STREAM).init(&cpu()));
        let x = Tensor::<4>::from_data([[[[1.0, 2.0], [3.0, 4.0]]]], &cpu());
        let y: Vec<f32> = conv.forward(x).into_data().try_to_vec().unwrap();
        assert_eq!(y, [10.0, 6.0, 7.0, 4.0]);
        let conv = ones(ConvPlan::new(Space::D3, [1, 1], 2, STREAM).init(&cpu()));
        let x = Tensor::<5>::from_data([[[[[1.0, 2.0], [3.0, 4.0]]]]], &cpu());
        let y: Vec<f32> = conv.forward(x).into_data().try_to_vec().unwrap();
        assert_eq!(y, [10.0, 6.0, 7.0, 4.0]);
    }

    #[test]
    fn sides_are_those_of_the_output() {
        for (kernel, stride, dilation, padding) in [
            (3, 1, 1, Padding::Same),
            (3, 1, 2, Padding::Same),
            (3, 1, 1, Padding::Valid),
            (2, 2, 1, Padding::Valid),
            (7, 2, 1, Padding::Same),
            (1, 2, 1, Padding::Same),
        ] {
            for space in [Space::D2, Space::D3] {
                let plan = ConvPlan::new(space, [1, 2], kernel, STREAM).padding(padding);
                let conv = plan.stride(stride).dilation(dilation).init(&cpu());
                let found = match space {
                    Space::D2 => conv.forward(Tensor::<4>::ones([1, 1, 8, 8], &cpu())).dims()[2],
                    Space::D3 => conv.forward(Tensor::<5>::ones([1, 1, 8, 8, 8], &cpu())).dims()[2],
                };
                assert_eq!(conv.side(8), found, "{kernel} {stride} {dilation} {padding:?}");
            }
        }
    }

    #[test]
    fn transposed_convolutions_double_every_side() {
        let up = UpConv::new(Space::D3, [3, 2], STREAM, &cpu());
        let y = up.forward(Tensor::<5>::ones([1, 3, 2, 3, 4], &cpu()));
        assert_eq!((y.dims(), up.channels()), ([1, 2, 4, 6, 8], [3, 2]));
    }
}

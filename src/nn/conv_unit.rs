//! A convolution with what follows it.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::conv::{Conv, ConvPlan};
use super::norm::NormLayer;
use super::outline::{Maps, Outline};
use super::settings::{Activation, Norm};
use crate::error::ShapeError;

/// Convolution, normalisation, activation, in this order. A convolution before batch or instance normalisation has no
/// bias: the normalisation would take it away again.
#[derive(Module, Debug)]
pub struct ConvUnit {
    /// The convolution.
    pub conv: Conv,
    /// The normalisation, if any.
    pub norm: Option<NormLayer>,
    #[module(skip)]
    activation: Activation,
}

impl ConvUnit {
    pub(crate) fn new(plan: ConvPlan, norm: Norm, activation: Activation, device: &Device) -> Self {
        let plan = match norm {
            Norm::Batch | Norm::Instance => plan.without_bias(),
            _ => plan,
        };
        let conv = plan.init(device);
        Self {
            norm: NormLayer::new(norm, conv.channels()[1], device),
            conv,
            activation,
        }
    }

    /// # Shapes
    /// - `x`: `[batch, channels_in, ..]`
    /// - output: `[batch, channels_out, ..]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let x = self.conv.forward(x);
        let x = match &self.norm {
            Some(norm) => norm.forward(x),
            None => x,
        };
        self.activation.forward(x)
    }

    pub(crate) fn outline(&self, outline: &mut Outline, name: &str, x: &Maps) -> Result<Maps, ShapeError> {
        let norm = self.norm.as_ref().map(|norm| format!(" + {}", norm.name()));
        let suffix = norm.unwrap_or_default() + &self.activation.suffix();
        let more = self.norm.as_ref().map_or(0, |_| 2 * self.conv.channels()[1]);
        outline.conv(name, &self.conv, &suffix, more, x)
    }
}

//! Normalisation layers behind one name.

use burn::module::Module;
use burn::nn::{BatchNorm, BatchNormConfig, GroupNorm, GroupNormConfig, InstanceNorm, InstanceNormConfig};
use burn::tensor::{Device, Tensor};

use super::settings::Norm;

/// A layer that brings maps to a common scale; see [`Norm`].
#[derive(Module, Debug)]
pub enum NormLayer {
    /// Over the batch.
    Batch(BatchNorm),
    /// Over each map.
    Instance(InstanceNorm),
    /// Over groups of maps.
    Group(GroupNorm),
}

impl NormLayer {
    /// The layer for this many maps, or none.
    pub(crate) fn new(norm: Norm, channels: usize, device: &Device) -> Option<Self> {
        match norm {
            Norm::None => None,
            Norm::Batch => Some(Self::Batch(BatchNormConfig::new(channels).init(device))),
            Norm::Instance => Some(Self::Instance(InstanceNormConfig::new(channels).init(device))),
            Norm::Group(groups) => Some(Self::Group(GroupNormConfig::new(groups, channels).init(device))),
        }
    }

    /// # Shapes
    /// - `x`, output: `[batch, channels, ..]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Batch(norm) => norm.forward(x),
            Self::Instance(norm) => norm.forward(x),
            Self::Group(norm) => norm.forward(x),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Batch(_) => "BatchNorm",
            Self::Instance(_) => "InstanceNorm",
            Self::Group(_) => "GroupNorm",
        }
    }
}

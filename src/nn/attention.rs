//! Which places of a skip connection matter: the attention gate.

use burn::module::Module;
use burn::tensor::{Device, Tensor, activation};

use super::conv::ConvPlan;
use super::conv_unit::ConvUnit;
use super::init::Stream;
use super::outline::{Maps, Outline};
use super::settings::{Activation, Norm};
use super::space::Space;
use crate::error::ShapeError;

/// Additive attention on a skip connection (Oktay et al. 2018, section 3): the maps from below, which know what is there,
/// say at which places the skip's maps, which know where, are let through.
///
/// `skip * sigmoid(psi(relu(W_skip skip + W_below below)))`, all of them 1x1 convolutions, on the up-sampled maps.
#[derive(Module, Debug)]
pub struct AttentionGate {
    /// On the skip connection's maps.
    pub on_skip: ConvUnit,
    /// On the maps from below.
    pub on_below: ConvUnit,
    /// From both to one number a place.
    pub psi: ConvUnit,
}

impl AttentionGate {
    /// A gate for `channels` maps on both sides, with half as many in between.
    pub fn new(space: Space, channels: usize, norm: Norm, seed: u64, device: &Device) -> Self {
        let middle = (channels / 2).max(1);
        let unit = |from, to, layer, norm| {
            let plan = ConvPlan::new(space, [from, to], 1, Stream { seed, layer });
            ConvUnit::new(plan, norm, Activation::None, device)
        };
        // One map cannot be cut into groups.
        let last = match norm {
            Norm::Group(_) => Norm::None,
            norm => norm,
        };
        Self {
            on_skip: unit(channels, middle, 10, norm),
            on_below: unit(channels, middle, 11, norm),
            psi: unit(middle, 1, 12, last),
        }
    }

    /// # Shapes
    /// - `skip`, `below`, output: `[batch, channels, ..]`
    pub fn forward<const D: usize>(&self, skip: Tensor<D>, below: Tensor<D>) -> Tensor<D> {
        skip.clone() * self.weights(skip, below)
    }

    /// How much of each place is let through, between 0 and 1: a picture of where the network looks.
    ///
    /// # Shapes
    /// - `skip`, `below`: `[batch, channels, ..]`
    /// - output: `[batch, 1, ..]`
    pub fn weights<const D: usize>(&self, skip: Tensor<D>, below: Tensor<D>) -> Tensor<D> {
        let both = self.on_skip.forward(skip) + self.on_below.forward(below);
        activation::sigmoid(self.psi.forward(activation::relu(both)))
    }

    pub(crate) fn outline(
        &self,
        outline: &mut Outline,
        name: &str,
        skip: &Maps,
        below: &Maps,
    ) -> Result<Maps, ShapeError> {
        let a = self.on_skip.outline(outline, &format!("{name} on skip"), skip)?;
        let b = self.on_below.outline(outline, &format!("{name} on below"), below)?;
        let both = outline.join(&format!("{name} add"), "Add + ReLU", a.channels, &[&a, &b])?;
        let psi = self.psi.outline(outline, &format!("{name} psi"), &both)?;
        outline.join(name, "Sigmoid, multiply", skip.channels, &[&psi, skip])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    #[test]
    fn places_are_weighed_alike_in_all_maps() {
        let gate = AttentionGate::new(Space::D3, 4, Norm::None, 3, &cpu());
        let skip = Tensor::<5>::ones([1, 4, 2, 2, 2], &cpu());
        let below = Tensor::<5>::ones([1, 4, 2, 2, 2], &cpu()) * 0.3;
        let weights = gate.weights(skip.clone(), below.clone());
        assert_eq!(weights.dims(), [1, 1, 2, 2, 2]);
        let y = gate.forward(skip, below);
        assert_eq!(y.into_data(), weights.repeat_dim(1, 4).into_data());
    }
}

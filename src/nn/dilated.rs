//! A wider view at the bottom without further pooling: dilated convolutions.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::conv::ConvPlan;
use super::conv_unit::ConvUnit;
use super::init::Stream;
use super::outline::{Maps, Outline};
use super::settings::{Activation, Norm};
use super::space::Space;
use crate::error::ShapeError;

/// Dilated 3x3 convolutions one behind the other, whose outputs are added to their input (Zhou et al. 2018, D-LinkNet,
/// section 2.2; dilated convolutions: Yu and Koltun 2016).
#[derive(Module, Debug)]
pub struct DilatedBottleneck {
    /// One convolution a dilation.
    pub convs: Vec<ConvUnit>,
}

impl DilatedBottleneck {
    /// A block for `channels` maps; the paper's dilations are 1, 2, 4 and 8.
    pub fn new(
        space: Space,
        channels: usize,
        dilations: &[usize],
        (norm, activation): (Norm, Activation),
        seed: u64,
        device: &Device,
    ) -> Self {
        let convs = dilations.iter().zip(30..).map(|(&dilation, layer)| {
            let plan = ConvPlan::new(space, [channels; 2], 3, Stream { seed, layer });
            ConvUnit::new(plan.dilation(dilation), norm, activation, device)
        });
        Self { convs: convs.collect() }
    }

    /// # Shapes
    /// - `x`, output: `[batch, channels, ..]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let mut sum = x.clone();
        let mut x = x;
        for conv in &self.convs {
            x = conv.forward(x);
            sum = sum + x.clone();
        }
        sum
    }

    pub(crate) fn outline(&self, outline: &mut Outline, name: &str, x: &Maps) -> Result<Maps, ShapeError> {
        let mut all = vec![x.clone()];
        for (i, conv) in self.convs.iter().enumerate() {
            let next = conv.outline(outline, &format!("{name} dilated {}", i + 1), &all[i])?;
            all.push(next);
        }
        outline.join(
            &format!("{name} sum"),
            "Add",
            x.channels,
            &all.iter().collect::<Vec<_>>(),
        )
    }
}

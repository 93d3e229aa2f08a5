//! Loss and gradients of one batch, on one device or several.

use burn::module::{Module, ModuleMapper, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, GradientCheckpointingStrategy, Tensor};

use super::epochs::Sum;
use super::objective::{Batch, objective};
use super::{Sample, TrainConfig, TrainError};
use crate::error::{Result, ShapeError};
use crate::loss::Loss;
use crate::nn::Segmenter;

/// Where a batch is computed, and what on it.
pub(super) struct Step {
    loss: Loss,
    devices: Vec<Device>,
    checkpointing: bool,
}

impl Step {
    pub(super) fn new(config: &TrainConfig, devices: &[Device]) -> Self {
        let autodiff = |device: &Device| match config.gradient_checkpointing {
            true => device.clone().without_autodiff().autodiff().gradient_checkpointing(),
            false => device.clone().autodiff(),
        };
        Self {
            loss: config.loss,
            devices: devices.iter().map(autodiff).collect(),
            checkpointing: config.gradient_checkpointing,
        }
    }

    /// The model on the first device, following gradients.
    pub(super) fn prepare<M: Module>(&self, model: M) -> M {
        let model = match model.devices().contains(&self.devices[0]) {
            true => model.train(),
            false => model.train().fork(&self.devices[0]),
        };
        match self.checkpointing {
            true => model.map(&mut Checkpointed),
            false => model,
        }
    }

    /// What layers draw (dropout) depends on seed and epoch alone, so that a resumed run draws the same.
    pub(super) fn seed(&self, seed: u64, epoch: usize) {
        let mixed = seed ^ (epoch as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.devices.iter().for_each(|device| device.seed(mixed));
    }

    /// The mean loss of the samples, and the gradients of `share` times it. Several devices each take a part of the
    /// samples; their gradients are added on the first, in the order of the devices.
    pub(super) fn gradients<const D: usize, M: Segmenter<D>>(
        &self,
        model: &M,
        samples: &[Sample<D>],
        share: f64,
    ) -> Result<(f32, GradientsParams)> {
        if self.devices.len() == 1 || samples.len() == 1 {
            return Ok(self.on(&self.devices[0], model, samples, share)?);
        }
        let parts: Vec<&[Sample<D>]> = samples.chunks(samples.len().div_ceil(self.devices.len())).collect();
        let part_of = |part: &[Sample<D>]| part.len() as f64 / samples.len() as f64;
        let results: Vec<_> = std::thread::scope(|scope| {
            let workers: Vec<_> = parts
                .iter()
                .zip(&self.devices)
                .map(|(part, device)| {
                    let model = model.clone();
                    scope.spawn(move || {
                        let model = model.fork(device);
                        let (loss, gradients) = self.on(device, &model, part, share * part_of(part))?;
                        Ok::<_, ShapeError>((loss, gradients.to_device(&self.devices[0], &model)))
                    })
                })
                .collect();
            workers.into_iter().map(|worker| worker.join()).collect()
        });
        let (mut loss, mut sum) = (0.0, Sum::default());
        for (device, (result, part)) in results.into_iter().zip(&parts).enumerate() {
            let (value, gradients) = result.map_err(|panic| TrainError::Device {
                device: device + 1,
                devices: self.devices.len(),
                reason: reason(panic.as_ref()),
            })??;
            loss += f64::from(value) * part_of(part);
            sum.add(model, gradients);
        }
        Ok((loss as f32, sum.total()))
    }

    fn on<const D: usize, M: Segmenter<D>>(
        &self,
        device: &Device,
        model: &M,
        samples: &[Sample<D>],
        share: f64,
    ) -> Result<(f32, GradientsParams), ShapeError> {
        let batch = Batch::new(samples, device);
        let outputs = model.forward_deep(batch.images);
        let loss = objective(self.loss, outputs, batch.target, batch.weights)?;
        let value: f32 = loss.clone().into_scalar();
        if !value.is_finite() {
            return Ok((value, GradientsParams::new()));
        }
        let loss = if share == 1.0 { loss } else { loss * share };
        Ok((value, GradientsParams::from_grads(loss.backward(), model)))
    }
}

fn reason(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("no reason given").to_owned()
}

/// Burn asks that weights and images agree on gradient checkpointing.
struct Checkpointed;

impl ModuleMapper for Checkpointed {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| match tensor.is_autodiff() {
            true => tensor.with_gradient_checkpointing_strategy(GradientCheckpointingStrategy::Balanced),
            false => tensor,
        })
    }
}

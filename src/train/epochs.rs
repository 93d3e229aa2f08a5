//! One pass over the training images: shuffle, predict, measure the loss, propagate it back, move the weights.

use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use super::augment::turned;
use super::{Progress, Stopped, TrainConfig};
use crate::data::{Dataset, ImagePair, tensors};
use crate::device::cpu;
use crate::error::Result;
use crate::nn::Segmenter;

/// What lasts from epoch to epoch, except the model.
pub(super) struct Epochs<'a> {
    config: &'a TrainConfig,
    interrupted: &'a dyn Fn() -> bool,
    device: Device,
    optimizer: ModuleOptimizer,
    shuffle: ChaCha8Rng,
    augment: ChaCha8Rng,
}

impl<'a> Epochs<'a> {
    pub(super) fn new<M: Segmenter>(config: &'a TrainConfig, model: &M, interrupted: &'a dyn Fn() -> bool) -> Self {
        let stream = |stream| {
            let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
            rng.set_stream(stream);
            rng
        };
        let device = model.devices().into_iter().next().unwrap_or_else(cpu);
        Self {
            config,
            interrupted,
            device: device.autodiff(),
            // Keras' epsilon; Burn's own default is 1e-5.
            optimizer: AdamConfig::new().with_epsilon(1e-7).init(),
            shuffle: stream(1),
            augment: stream(2),
        }
    }

    /// Trains on every image once. Gives the model and the mean loss, or why the run must end here.
    pub(super) fn next<M: Segmenter>(
        &mut self,
        mut model: M,
        epoch: usize,
        train: &Dataset,
        progress: &mut dyn Progress,
    ) -> Result<(M, Result<f32, Stopped>)> {
        let mut order: Vec<&ImagePair> = train.iter().collect();
        order.shuffle(&mut self.shuffle);
        let mut sum = 0.0;
        for (batch, pairs) in order.chunks(self.config.batch_size).enumerate() {
            if (self.interrupted)() {
                return Ok((model, Err(Stopped::Interrupted)));
            }
            let (images, masks) = self.tensors(pairs)?;
            let loss = self.config.loss.forward_logits(model.forward_logits(images), masks);
            let value: f32 = loss.clone().into_scalar();
            progress.batch(epoch, batch + 1, value);
            if !value.is_finite() {
                return Ok((model, Err(Stopped::Diverged)));
            }
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            model = self.optimizer.step(self.config.learning_rate, model, gradients);
            sum += value * pairs.len() as f32;
        }
        Ok((model, Ok(sum / train.len() as f32)))
    }

    fn tensors(&mut self, pairs: &[&ImagePair]) -> Result<(Tensor<4>, Tensor<4>)> {
        if !self.config.augmentation {
            return Ok(tensors(pairs, &self.device)?);
        }
        let turned: Vec<ImagePair> = pairs
            .iter()
            .map(|pair| turned(pair, &mut self.augment))
            .collect::<Result<_>>()?;
        let pairs: Vec<&ImagePair> = turned.iter().collect();
        Ok(tensors(&pairs, &self.device)?)
    }
}

//! One pass over the training samples: shuffle, predict, measure the loss, propagate it back, move the weights.

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use super::step::Step;
use super::{Checkpoint, Progress, Sample, Samples, TrainConfig};
use crate::device::cpu;
use crate::error::Result;
use crate::nn::Segmenter;

/// What lasts from epoch to epoch, except the model.
pub(super) struct Epochs<'a> {
    config: &'a TrainConfig,
    interrupted: &'a dyn Fn() -> bool,
    step: Step,
    pub(super) optimizer: ModuleOptimizer,
    shuffle: ChaCha8Rng,
    augment: ChaCha8Rng,
}

/// What an epoch measured.
pub(super) struct Pass {
    pub(super) loss: f32,
    pub(super) empty_batches: usize,
}

/// Why an epoch was not completed.
pub(super) enum Halt {
    Interrupted,
    Diverged { batch: usize, images: String, loss: f32 },
}

impl<'a> Epochs<'a> {
    pub(super) fn new<M: Module>(
        config: &'a TrainConfig,
        model: &M,
        devices: &[Device],
        interrupted: &'a dyn Fn() -> bool,
    ) -> Self {
        let stream = |stream| {
            let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
            rng.set_stream(stream);
            rng
        };
        let own = model.devices().into_iter().next().unwrap_or_else(cpu);
        let devices = if devices.is_empty() {
            std::slice::from_ref(&own)
        } else {
            devices
        };
        Self {
            config,
            interrupted,
            step: Step::new(config, devices),
            optimizer: config.optimizer.init(),
            shuffle: stream(1),
            augment: stream(2),
        }
    }

    /// How many random numbers order and augmentation have used.
    pub(super) fn positions(&self) -> [u64; 2] {
        [&self.shuffle, &self.augment].map(|rng| rng.get_word_pos() as u64)
    }

    /// Goes on where the checkpoint's run was.
    pub(super) fn restore(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let [shuffle, augment] = checkpoint.header.positions;
        self.shuffle.set_word_pos(u128::from(shuffle));
        self.augment.set_word_pos(u128::from(augment));
        self.optimizer = checkpoint.apply_optimizer(self.config.optimizer.init())?;
        Ok(())
    }

    /// The model ready to learn on these devices.
    pub(super) fn prepare<M: Module>(&self, model: M) -> M {
        self.step.prepare(model)
    }

    /// Trains on every sample once. Gives the model and what was measured, or why the run must end here.
    pub(super) fn next<const D: usize, M: Segmenter<D>>(
        &mut self,
        mut model: M,
        epoch: usize,
        rate: f64,
        train: &(impl Samples<D> + ?Sized),
        progress: &mut dyn Progress,
    ) -> Result<(M, Result<Pass, Halt>)> {
        let mut order: Vec<usize> = (0..train.len()).collect();
        order.shuffle(&mut self.shuffle);
        self.step.seed(self.config.seed, epoch);
        let size = self.config.batch_size;
        let (mut sum, mut batch, mut empty_batches) = (0.0, 0, 0);
        for update in order.chunks(size.saturating_mul(self.config.accumulate)) {
            let mut gradients = Sum::default();
            for indices in update.chunks(size) {
                if (self.interrupted)() {
                    return Ok((model, Err(Halt::Interrupted)));
                }
                batch += 1;
                let samples = self.draw(train, indices)?;
                empty_batches += usize::from(!samples.iter().any(Sample::has_foreground));
                let share = indices.len() as f64 / update.len() as f64;
                let (value, found) = self.step.gradients(&model, &samples, share)?;
                progress.batch(epoch, batch, value);
                if !value.is_finite() {
                    let names: Vec<String> = indices.iter().map(|&i| train.name(i)).collect();
                    let images = names.join(", ");
                    let loss = value;
                    return Ok((model, Err(Halt::Diverged { batch, images, loss })));
                }
                sum += value * indices.len() as f32;
                gradients.add(&model, found);
            }
            let mut gradients = gradients.total();
            if let Some(clip) = self.config.clip {
                gradients = clip.apply(&model, gradients);
            }
            model = self.optimizer.step(rate, model, gradients);
        }
        let loss = sum / train.len() as f32;
        Ok((model, Ok(Pass { loss, empty_batches })))
    }

    fn draw<const D: usize>(
        &mut self,
        train: &(impl Samples<D> + ?Sized),
        indices: &[usize],
    ) -> Result<Vec<Sample<D>>> {
        let random = self.config.augmentation || train.draws();
        indices
            .iter()
            .map(|&i| train.sample(i, random.then_some(&mut self.augment)))
            .collect()
    }
}

/// Gradients added up; the first is taken as it is.
pub(super) struct Sum<M> {
    first: Option<GradientsParams>,
    more: Option<GradientsAccumulator<M>>,
}

impl<M> Default for Sum<M> {
    fn default() -> Self {
        Self {
            first: None,
            more: None,
        }
    }
}

impl<M: Module> Sum<M> {
    pub(super) fn add(&mut self, model: &M, gradients: GradientsParams) {
        match (self.first.take(), &mut self.more) {
            (None, None) => self.first = Some(gradients),
            (first, more) => {
                let more = more.get_or_insert_with(GradientsAccumulator::new);
                for gradients in first.into_iter().chain([gradients]) {
                    more.accumulate(model, gradients);
                }
            }
        }
    }

    pub(super) fn total(self) -> GradientsParams {
        match (self.first, self.more) {
            (Some(first), _) => first,
            (None, Some(mut more)) => more.grads(),
            (None, None) => GradientsParams::new(),
        }
    }
}

//! Trains a U-Net on several devices with Burn's own data-parallel learner.
//!
//! ```text
//! cargo run --release --example several_devices -- --devices 2 --epochs 5 --out run
//! ```
//!
//! The lab's [`Trainer`] serves one machine and a notebook. Burn's learner (`burn-train`) adds sharded optimizers and distributed
//! data parallelism; it wants a module that knows its own training step. [`Learnable`] is all that a network of the lab needs for that.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use burn_train::metric::{Adaptor, ItemLazy, LossInput, LossMetric};
use burn_train::{
    ExecutionStrategy, InferenceStep, Learner, MultiDeviceOptim, SupervisedTraining, TrainOutput, TrainStep,
};
use clap::Parser;
use unet_lab::burn::data::dataloader::{DataLoader, DataLoaderBuilder, batcher::Batcher};
use unet_lab::burn::data::dataset::InMemDataset;
use unet_lab::burn::optim::SgdConfig;
use unet_lab::burn::tensor::ExecutionError;
use unet_lab::data::phantom::EmPhantom;
use unet_lab::prelude::*;

mod common;

/// Trains a U-Net on made-up microscopy, on several devices.
#[derive(Parser)]
struct Arguments {
    /// How many devices share a batch. On a machine with a processor only, they are threads of it.
    #[arg(long, default_value_t = 2)]
    devices: usize,
    /// Passes over the images.
    #[arg(long, default_value_t = 5)]
    epochs: usize,
    /// Images an update is made from, over all devices.
    #[arg(long, default_value_t = 4)]
    batch: usize,
    /// Where Burn writes its logs.
    #[arg(long)]
    out: PathBuf,
}

/// Images `[batch, channels, height, width]` with their masks `[batch, 1, height, width]`.
#[derive(Clone, Debug)]
struct Pairs {
    images: Tensor<4>,
    masks: Tensor<4>,
}

/// Puts pairs of one size together.
#[derive(Clone)]
struct PairBatcher;

impl Batcher<ImagePair, Pairs> for PairBatcher {
    fn batch(&self, items: Vec<ImagePair>, device: &Device) -> Pairs {
        let images = items.iter().map(|pair| image_tensor(pair.image(), device)).collect();
        let masks = items.iter().map(|pair| mask_tensor(pair.mask(), device)).collect();
        Pairs {
            images: Tensor::cat(images, 0),
            masks: Tensor::cat(masks, 0),
        }
    }
}

/// A network with what it is trained on.
#[derive(Module, Debug)]
struct Learnable {
    network: UNet,
    /// Burn adds the gradients of all devices; each takes this share, so that the sum is that of the whole batch's mean.
    share: f64,
}

impl Learnable {
    fn loss(&self, batch: Pairs) -> Tensor<1> {
        let logits = self.network.forward_logits(batch.images);
        BinaryCrossEntropy::new().forward_logits(logits, batch.masks)
    }
}

/// The loss, for Burn's metrics.
struct Scored(Tensor<1>);

impl Adaptor<LossInput> for Scored {
    fn adapt(&self) -> LossInput {
        LossInput::new(self.0.clone())
    }
}

impl ItemLazy for Scored {
    fn sync(self) -> Result<Self, ExecutionError> {
        self.0.device().flush()?;
        Ok(Self(self.0.without_autodiff()))
    }
}

impl TrainStep for Learnable {
    type Input = Pairs;
    type Output = Scored;

    fn step(&self, batch: Pairs) -> TrainOutput<Scored> {
        let loss = self.loss(batch);
        TrainOutput::new(self, (loss.clone() * self.share).backward(), Scored(loss))
    }
}

impl InferenceStep for Learnable {
    type Input = Pairs;
    type Output = Scored;

    fn step(&self, batch: Pairs) -> Scored {
        Scored(self.loss(batch))
    }
}

fn loader(data: &Dataset, batch: usize, device: &Device) -> Arc<dyn DataLoader<Pairs>> {
    DataLoaderBuilder::new(PairBatcher)
        .batch_size(batch)
        .set_device(device.clone())
        .build(InMemDataset::new(data.pairs().to_vec()))
}

/// The network after its training; every device takes `batch` images a step, from its own part of the data.
fn train(data: &Dataset, held_out: &Dataset, devices: Vec<Device>, batch: usize, epochs: usize, out: &Path) -> UNet {
    let model = Learnable {
        network: UNetConfig::new(1, 1)
            .with_base_channels(4)
            .with_depth(2)
            .init(&devices[0]),
        share: 1.0 / devices.len() as f64,
    };
    let device = devices[0].clone().autodiff();
    let devices: Vec<Device> = devices.into_iter().map(Device::autodiff).collect();
    let strategy = match devices.len() {
        1 => ExecutionStrategy::single(device.clone()),
        _ => ExecutionStrategy::multi(devices, MultiDeviceOptim::OptimMainDevice),
    };
    let training = SupervisedTraining::new(out, loader(data, batch, &device), loader(held_out, batch, &device))
        .metric_train_numeric(LossMetric::new())
        .metric_valid_numeric(LossMetric::new())
        .num_epochs(epochs)
        .with_application_logger(None)
        .with_training_strategy(strategy.into());
    let learner = Learner::new(model.train(), SgdConfig::new().init(), 0.1);
    training.launch(learner).model.network
}

fn run(arguments: &Arguments) -> Result<(), LabError> {
    let devices = vec![cpu(); arguments.devices.max(1)];
    let (data, held_out) = EmPhantom::new(64).with_count(20).generate().split(0.2, 42)?;
    let batch = arguments.batch.div_ceil(devices.len());
    let model = train(&data, &held_out, devices, batch, arguments.epochs, &arguments.out);
    println!("{}", evaluate(&model, &held_out)?);
    Ok(())
}

fn main() -> ExitCode {
    common::exit(run(&Arguments::parse()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use unet_lab::burn::module::{ModuleVisitor, Param};

    struct Values(Vec<f32>);

    impl ModuleVisitor for Values {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let values: Vec<f32> = param.val().into_data().try_to_vec().expect("f32");
            self.0.extend(values);
        }
    }

    fn weights(model: &UNet) -> Vec<f32> {
        let mut values = Values(Vec::new());
        model.visit(&mut values);
        values.0
    }

    /// Two devices with two images each learn what one does with the same four.
    #[test]
    fn two_devices_learn_what_one_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let (data, held_out) = EmPhantom::new(32)
            .with_count(10)
            .generate()
            .split(0.2, 1)
            .expect("a split");
        let run = |data: &Dataset, devices: usize, batch: usize, name: &str| {
            train(
                data,
                &held_out,
                vec![cpu(); devices],
                batch,
                3,
                &folder.path().join(name),
            )
        };
        // Burn gives the first device the first half of the data, the second device the second.
        let of_both = data.select(&[0, 1, 4, 5, 2, 3, 6, 7]);
        let (one, two) = (weights(&run(&of_both, 1, 4, "one")), weights(&run(&data, 2, 2, "two")));
        let untrained = weights(&UNetConfig::new(1, 1).with_base_channels(4).with_depth(2).init(&cpu()));
        let apart = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(
            apart(&one, &untrained) > 1e-2,
            "it learned: {}",
            apart(&one, &untrained)
        );
        assert!(apart(&one, &two) < 1e-5, "largest difference {}", apart(&one, &two));
    }
}

//! Trains a network on a folder of images and a folder of masks.
//!
//! ```text
//! cargo run --release --example train -- --images data/images --masks data/masks --out run --epochs 20 --base 16 --size 128
//! ```
//!
//! The run's folder holds `run.json` (what `predict` needs), `history.csv`, `history.json` and `checkpoints/`. Called again
//! on a folder that holds an unfinished run, it goes on with it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use unet_lab::nn::{NetworkConfig, PRESETS};
use unet_lab::prelude::*;
use unet_lab::train::Checkpoints;

mod common;

/// Trains a network on a folder of images and a folder of masks.
#[derive(Parser)]
struct Arguments {
    /// The images.
    #[arg(long)]
    images: PathBuf,
    /// The masks, with the images' names (and an ending such as `_mask`).
    #[arg(long)]
    masks: PathBuf,
    /// What counts as foreground in them: `nonzero`, `zero`, or one value such as 255.
    #[arg(long, default_value = "nonzero", value_parser = common::foreground)]
    foreground: Foreground,
    /// Where the run is kept.
    #[arg(long)]
    out: PathBuf,
    /// Which network.
    #[arg(long, default_value = "course", value_parser = PRESETS)]
    preset: String,
    /// Channels at the first level.
    #[arg(long, default_value_t = 16)]
    base: usize,
    /// Side to which images are resized; as they are where it is not given.
    #[arg(long)]
    size: Option<usize>,
    /// Passes over the images.
    #[arg(long, default_value_t = 20)]
    epochs: usize,
    /// Images an update is made from.
    #[arg(long, default_value_t = 8)]
    batch: usize,
    /// Step size of Adam.
    #[arg(long, default_value_t = 1e-3)]
    rate: f64,
    /// Share of the images held out to measure.
    #[arg(long, default_value_t = 0.2)]
    validation: f32,
    /// Decides the first weights, the split and the order.
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Where to compute.
    #[arg(long, default_value = "cpu", value_parser = ["cpu"])]
    device: String,
}

fn main() -> ExitCode {
    common::exit(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<(), LabError> {
    let data = PairFolder::open_with("", &arguments.images, &arguments.masks)?
        .with_foreground(arguments.foreground)
        .load()?;
    let data = match arguments.size {
        Some(side) => data.resized(side, side),
        None => data,
    };
    println!("{data}");
    let channels = data.channels().unwrap_or(1);
    let network = NetworkConfig::preset(&arguments.preset, channels, 1)?
        .with_base_channels(arguments.base)
        .with_seed(arguments.seed);
    let model = network.try_init(&cpu())?;
    let side = data.size().unwrap_or([1, 1]);
    let needed = summary(&model, side)?.memory(arguments.batch).training as u64;
    let checkpoints = arguments.out.join("checkpoints");
    let trainer = match Checkpoints::new(&checkpoints).list().is_empty() {
        false => Trainer::resume(&checkpoints)?.with_epochs(arguments.epochs),
        true => {
            common::write_run(&arguments.out, &network, arguments.size)?;
            let config = TrainConfig::new()
                .with_epochs(arguments.epochs)
                .with_batch_size(arguments.batch)
                .with_learning_rate(arguments.rate)
                .with_loss(Loss::BceDice)
                .with_augmentation(true)
                .with_validation_split(arguments.validation)
                .with_restore_best(true)
                .with_seed(arguments.seed)
                .with_checkpoints(&checkpoints);
            Trainer::new(config)
        }
    };
    let fitted = trainer.with_memory_estimate(needed).fit(model, &data)?;
    fitted.history.save_csv(arguments.out.join("history.csv"))?;
    fitted.history.save_json(arguments.out.join("history.json"))?;
    if let Some(best) = fitted.history.best() {
        println!(
            "best epoch {}: validation Dice {:.4}, IoU {:.4}",
            best.epoch, best.val_dice, best.val_iou
        );
    }
    Ok(())
}

//! A 3-D U-Net learns the two parts of the hippocampus from MRI volumes (Medical Segmentation Decathlon, task 4).
//!
//! ```text
//! cargo run --release --example hippocampus -- --data Task04_Hippocampus --train 45
//! ```

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use unet_lab::data::transform::{Border, Pad, Transform, ZScore};
use unet_lab::prelude::*;
use unet_lab::train::{Optimizer, Schedule, VolumeCase, Volumes};

mod common;

/// Background, anterior and posterior part.
const CLASSES: usize = 3;
/// Halvings of the network below: sides must be divisible by this.
const MULTIPLE: usize = 8;
/// Patches `[depth, height, width]` that training draws.
const PATCH: [usize; 3] = [32, 48, 32];

/// Trains on the first volumes by name and measures on the rest.
#[derive(Parser)]
struct Arguments {
    /// The folder that holds `imagesTr` and `labelsTr`.
    #[arg(long)]
    data: PathBuf,
    /// Volumes to train on; the rest is held out.
    #[arg(long, default_value_t = 45)]
    train: usize,
    /// Passes over the volumes.
    #[arg(long, default_value_t = 30)]
    epochs: usize,
    /// Channels at the first level.
    #[arg(long, default_value_t = 16)]
    base: usize,
    /// Decides weights, order and patches.
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

fn main() -> ExitCode {
    common::exit(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<(), LabError> {
    let started = Instant::now();
    let folder = VolumeFolder::open(&arguments.data)?;
    if folder.len() <= arguments.train {
        let expected = format!("fewer than the {} volumes there are", folder.len());
        return Err(SettingError::new("--train", arguments.train, &expected).into());
    }
    let cases: Vec<Case> = (0..)
        .zip(folder.names())
        .map(|(index, name)| Case::load(&folder, index, name))
        .collect::<Result<_, _>>()?;
    let (train, held_out) = cases.split_at(arguments.train);
    println!("{} volumes to train on, {} held out", train.len(), held_out.len());

    let at_least = |least: [usize; 3]| move |case: &Case| case.padded(least);
    let training = train.iter().map(at_least(PATCH)).collect::<Result<Vec<_>, _>>()?;
    // Not mirrored: a mirror would make the front of the hippocampus its back.
    let patches = Volumes::new(training, CLASSES)?
        .patches(PATCH)?
        .with_foreground_share(0.5)?
        .with_flips(false);
    // A few volumes show how it goes; all are measured at the end.
    let shown = held_out
        .iter()
        .take(3)
        .map(at_least([MULTIPLE; 3]))
        .collect::<Result<Vec<_>, _>>()?;
    let shown = Volumes::new(shown, CLASSES)?;

    let network = UNetConfig::volumetric(1, CLASSES)
        .with_base_channels(arguments.base)
        .with_norm(Norm::Instance)
        .with_activation(Activation::LeakyRelu(0.01))
        .with_seed(arguments.seed);
    let config = TrainConfig::new()
        .with_epochs(arguments.epochs)
        .with_batch_size(2)
        .with_learning_rate(2e-3)
        .with_optimizer(Optimizer::adam_w(1e-4))
        .with_schedule(Schedule::poly())
        .with_loss("ce-dice".parse()?)
        .with_augmentation(true)
        .with_seed(arguments.seed);
    println!(
        "{}",
        summary(&network.init(&cpu()), PATCH)?
            .to_string()
            .lines()
            .rev()
            .take(3)
            .collect::<Vec<_>>()
            .join("\n")
    );
    let mut progress = TextProgress::new();
    let fitted = Trainer::new(config).fit_samples::<5, _>(network.init(&cpu()), &patches, &shown, &mut progress)?;
    println!("trained in {:.0} s", started.elapsed().as_secs_f64());

    let predictor = Predictor::new();
    let mut all = Vec::new();
    for case in held_out {
        let found = predictor.segment_volume(&fitted.model, &case.volume)?;
        let scores = [1, 2].map(|label| -> Result<(f64, f64), LabError> {
            let (found, truth) = (found.only(label), case.labels.only(label));
            Ok((
                dice(&found, &truth)?,
                hausdorff(&found, &truth, &case.volume.spacing(), 95.0)?,
            ))
        });
        let [anterior, posterior] = scores;
        let (anterior, posterior) = (anterior?, posterior?);
        println!(
            "{}  anterior Dice {:.3}, HD95 {:.1} mm;  posterior Dice {:.3}, HD95 {:.1} mm",
            case.name, anterior.0, anterior.1, posterior.0, posterior.1
        );
        all.push((anterior.0 + posterior.0) / 2.0);
    }
    println!("mean Dice {}", Bootstrap::new(arguments.seed).mean(&all)?);
    println!("{:.0} s in all", started.elapsed().as_secs_f64());
    Ok(())
}

/// A volume, brought to mean 0 and deviation 1, and its labels.
struct Case {
    name: String,
    volume: Volume,
    labels: LabelMap,
}

impl Case {
    fn load(folder: &VolumeFolder, index: usize, name: &str) -> Result<Self, LabError> {
        let (volume, labels) = ZScore::default().on(folder.load(index)?)?;
        Ok(Self {
            name: name.to_owned(),
            volume,
            labels,
        })
    }

    /// With mean values and background around it, up to a multiple of 8 of at least `least`.
    fn padded(&self, least: [usize; 3]) -> Result<VolumeCase, LabError> {
        let old = self.volume.size();
        let new: [usize; 3] = std::array::from_fn(|axis| old[axis].max(least[axis]).next_multiple_of(MULTIPLE));
        let pad = Pad::to(new).with_border(Border::Constant(0.0));
        let (volume, labels) = pad.on((self.volume.clone(), self.labels.clone()))?;
        VolumeCase::new(&self.name, volume, labels)
    }
}

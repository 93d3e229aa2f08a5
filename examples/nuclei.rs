//! A U-Net learns cell nuclei from microscopy (Data Science Bowl 2018), and touching ones are split.
//!
//! ```text
//! cargo run --release --example nuclei -- --data stage1_train --train 30
//! ```

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use unet_lab::data::{DataError, load_image, load_mask};
use unet_lab::morphology::{PostProcess, split_touching};
use unet_lab::prelude::*;
use unet_lab::train::Schedule;

mod common;

/// Trains on the first images by name and measures on the rest.
#[derive(Parser)]
struct Arguments {
    /// The folder that holds one folder an image, with `images` and `masks`.
    #[arg(long)]
    data: PathBuf,
    /// Images to train on; the rest is held out.
    #[arg(long, default_value_t = 30)]
    train: usize,
    /// Passes over the images.
    #[arg(long, default_value_t = 40)]
    epochs: usize,
    /// Channels at the first level.
    #[arg(long, default_value_t = 16)]
    base: usize,
    /// Side to which training images are resized.
    #[arg(long, default_value_t = 192)]
    size: usize,
    /// Decides weights, order and augmentation.
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

fn main() -> ExitCode {
    common::exit(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<(), LabError> {
    let started = Instant::now();
    let mut folders: Vec<PathBuf> = read_dir(&arguments.data)?
        .into_iter()
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    if folders.len() <= arguments.train {
        let expected = format!("fewer than the {} images there are", folders.len());
        return Err(SettingError::new("--train", arguments.train, &expected).into());
    }
    let cases: Vec<Case> = folders
        .iter()
        .map(|folder| Case::load(folder))
        .collect::<Result<_, _>>()?;
    let (train, held_out) = cases.split_at(arguments.train);
    let training: Dataset = train.iter().map(|case| case.pair.clone()).collect();
    let training = training.resized(arguments.size, arguments.size);
    println!("{} images to train on, {} held out", train.len(), held_out.len());

    let network = UNetConfig::new(1, 1)
        .with_base_channels(arguments.base)
        .with_norm(Norm::Batch)
        .with_seed(arguments.seed);
    let config = TrainConfig::new()
        .with_epochs(arguments.epochs)
        .with_batch_size(3)
        .with_learning_rate(2e-3)
        .with_schedule(Schedule::cosine())
        .with_loss(Loss::BceDice)
        .with_augmentation(true)
        .with_validation_split(0.1)
        .with_seed(arguments.seed);
    let fitted = Trainer::new(config).fit(network.init(&cpu()), &training)?;
    println!("trained in {:.0} s", started.elapsed().as_secs_f64());

    let (mut dices, mut objects) = (Vec::new(), Vec::new());
    for case in held_out {
        let image = case.pair.image();
        // As large as in training, then back.
        let small = image.resized(arguments.size, arguments.size);
        let map = predict(&fitted.model, &small)?
            .to_image()
            .resized(image.width(), image.height());
        let mask = Mask::from_fn(image.width(), image.height(), |x, y| map.get(0, x, y) >= 0.5);
        let clean = PostProcess::new().min_size(10).fill_holes().apply(&Region::from(&mask));
        let (score, found) = (dice(&clean, case.pair.mask())?, split_touching(&clean, 3)?);
        let scores = instance_scores(&found, &case.nuclei)?;
        println!(
            "{}  Dice {score:.3}, {} nuclei of {}",
            &case.pair.name[..8],
            found.highest(),
            case.nuclei.highest()
        );
        dices.push(score);
        objects.push(scores.mean_average_precision());
    }
    let bootstrap = Bootstrap::new(arguments.seed);
    println!("mean Dice {}", bootstrap.mean(&dices)?);
    println!(
        "mean average precision over IoU 0.5 to 0.95 {}",
        bootstrap.mean(&objects)?
    );
    println!("{:.0} s in all", started.elapsed().as_secs_f64());
    Ok(())
}

/// A grey image with bright nuclei, its mask, and its nuclei by number.
struct Case {
    pair: ImagePair,
    nuclei: LabelMap,
}

impl Case {
    fn load(folder: &Path) -> Result<Self, LabError> {
        let name = common::stem(folder);
        let image = load_image(folder.join("images").join(format!("{name}.png")))?.with_channels(1);
        let mut labels = vec![0; image.width() * image.height()];
        for (number, file) in (1..).zip(common::pictures_in(&folder.join("masks"))?) {
            let nucleus = load_mask(&file, Foreground::NonZero)?;
            if nucleus.size() != image.size() {
                return Err(DataError::Argument(format!("{} is not as large as its image", file.display())).into());
            }
            for (label, &inside) in labels.iter_mut().zip(nucleus.data()) {
                if inside {
                    *label = number;
                }
            }
        }
        let image = image.stretched(0.01, 0.99);
        // Stained tissue is bright where there is none.
        let bright = image.data().iter().filter(|&&value| value > 0.5).count();
        let image = match 2 * bright > image.data().len() {
            true => image.map(|value| 1.0 - value),
            false => image,
        };
        let (width, height) = (image.width(), image.height());
        let mask = Mask::from_fn(width, height, |x, y| labels[y * width + x] > 0);
        Ok(Self {
            nuclei: LabelMap::new(labels, &[height, width])?,
            pair: ImagePair::new(name, image, mask)?,
        })
    }
}

fn read_dir(folder: &Path) -> Result<Vec<PathBuf>, LabError> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| DataError::Argument(format!("cannot read the folder {}: {error}", folder.display())))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

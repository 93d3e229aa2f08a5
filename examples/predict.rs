//! Segments a folder of images with a trained network.
//!
//! ```text
//! cargo run --release --example predict -- --model run --images data/images --out masks
//! ```

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use unet_lab::data::{load_image, save_image, save_mask};
use unet_lab::nn::Segmenter;
use unet_lab::prelude::*;

mod common;

/// Segments a folder of images with a trained network.
#[derive(Parser)]
struct Arguments {
    /// The folder that `train --out` made.
    #[arg(long)]
    model: PathBuf,
    /// The images.
    #[arg(long)]
    images: PathBuf,
    /// Where the masks go, as PNG of 0 and 255.
    #[arg(long)]
    out: PathBuf,
    /// From which probability a pixel is foreground.
    #[arg(long, default_value_t = 0.5)]
    threshold: f32,
    /// Average over the eight turned and mirrored views of each image.
    #[arg(long)]
    tta: bool,
    /// Keep the probabilities, too, as grey PNG in the folder `probabilities` beside the masks.
    #[arg(long)]
    probabilities: bool,
}

fn main() -> ExitCode {
    common::exit(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<(), LabError> {
    let (model, run) = common::load_run(&arguments.model)?;
    let predictor = Predictor::new().with_tta(arguments.tta);
    let probabilities = arguments.out.join("probabilities");
    let folder = match arguments.probabilities {
        true => &probabilities,
        false => &arguments.out,
    };
    std::fs::create_dir_all(folder).map_err(|error| common::failed(folder, "make the folder", error))?;
    for file in common::pictures_in(&arguments.images)? {
        let image = load_image(&file)?.with_channels(Segmenter::<4>::in_channels(&model));
        let fitted = match run.size {
            Some(side) => image.resized(side, side),
            None => image.clone(),
        };
        let map = predictor
            .predict(&model, &fitted)?
            .map(0)?
            .to_image()
            .resized(image.width(), image.height());
        let mask = Mask::from_fn(image.width(), image.height(), |x, y| {
            map.get(0, x, y) >= arguments.threshold
        });
        let name = common::stem(&file);
        save_mask(&mask, arguments.out.join(format!("{name}.png")))?;
        if arguments.probabilities {
            save_image(&map, probabilities.join(format!("{name}.png")))?;
        }
        println!(
            "{name}: {:.1} % foreground",
            100.0 * mask.count() as f64 / mask.data().len() as f64
        );
    }
    Ok(())
}

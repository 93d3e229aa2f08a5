//! Compares a folder of predicted masks with a folder of true ones.
//!
//! ```text
//! cargo run --release --example evaluate -- --pred masks --truth data/masks
//! ```

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use serde_json::json;
use unet_lab::data::{DataError, Foreground, load_mask};
use unet_lab::prelude::*;

mod common;

/// Compares predicted masks with true ones of the same names: Dice, IoU and the 95th percentile of the Hausdorff distance.
#[derive(Parser)]
struct Arguments {
    /// The predicted masks; every value but 0 is foreground.
    #[arg(long)]
    pred: PathBuf,
    /// The true masks.
    #[arg(long)]
    truth: PathBuf,
    /// What counts as foreground in the true masks: `nonzero`, `zero`, or one value such as 255.
    #[arg(long, default_value = "nonzero", value_parser = common::foreground)]
    foreground: Foreground,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    common::exit(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<(), LabError> {
    let truths = common::pictures_in(&arguments.truth)?;
    let predictions = common::pictures_in(&arguments.pred)?;
    let missing: Vec<String> = truths
        .iter()
        .map(|truth| common::stem(truth))
        .filter(|name| !predictions.iter().any(|file| common::stem(file) == *name))
        .collect();
    if let Some(first) = missing.first() {
        return Err(DataError::Argument(format!(
            "{} of the {} true masks have no prediction in {}, first {first}: predict them, too, or the mean would be of the rest",
            missing.len(),
            truths.len(),
            arguments.pred.display()
        ))
        .into());
    }
    let mut rows = Vec::new();
    let mut pooled = Confusion::default();
    for file in predictions {
        let name = common::stem(&file);
        let Some(truth) = truths.iter().find(|truth| common::stem(truth) == name) else {
            return Err(DataError::Argument(format!(
                "{} has no mask named {name} in {}: name both alike, or take the file away",
                file.display(),
                arguments.truth.display()
            ))
            .into());
        };
        let (prediction, truth) = (
            load_mask(&file, Foreground::NonZero)?,
            load_mask(truth, arguments.foreground)?,
        );
        let counts = Confusion::new(&prediction, &truth)?;
        pooled += counts;
        rows.push((name, counts, hausdorff(&prediction, &truth, &[1.0, 1.0], 95.0)?));
    }
    let mean =
        |of: &dyn Fn(&Confusion) -> f64| rows.iter().map(|(_, counts, _)| of(counts)).sum::<f64>() / rows.len() as f64;
    let (dice, iou) = (mean(&Confusion::dice), mean(&Confusion::iou));
    if arguments.json {
        let images: Vec<_> = rows
            .iter()
            .map(|(name, counts, hd95)| json!({"name": name, "dice": counts.dice(), "iou": counts.iou(), "hd95": finite(*hd95)}))
            .collect();
        let report = json!({
            "images": images,
            "mean": {"dice": dice, "iou": iou},
            "pooled": {"dice": pooled.dice(), "iou": pooled.iou()},
        });
        println!("{report:#}");
        return Ok(());
    }
    let width = rows
        .iter()
        .map(|(name, _, _)| name.chars().count())
        .max()
        .unwrap_or(0)
        .max(6);
    println!("{:<width$}    Dice     IoU  HD95 (pixels)", "image");
    for (name, counts, hd95) in &rows {
        println!(
            "{name:<width$}  {:.4}  {:.4}  {hd95:>13.2}",
            counts.dice(),
            counts.iou()
        );
    }
    println!("{:<width$}  {dice:.4}  {iou:.4}", "mean");
    println!("{:<width$}  {:.4}  {:.4}", "pooled", pooled.dice(), pooled.iou());
    Ok(())
}

/// JSON has no infinity: a distance to nothing is null.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

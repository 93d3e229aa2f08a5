//! What a network is made of and what it costs.
//!
//! ```text
//! cargo run --release --example summary -- --preset course --input 256x256x3
//! cargo run --release --example summary -- --preset volumetric --input 32x64x64x1 --classes 3 --json
//! ```

use std::process::ExitCode;

use clap::Parser;
use serde_json::json;
use unet_lab::nn::{NetworkConfig, PRESETS};
use unet_lab::prelude::*;

/// Prints the layers, shapes, parameters, multiply-adds and memory of a network.
#[derive(Parser)]
struct Arguments {
    /// Which network.
    #[arg(long, default_value = "course", value_parser = PRESETS)]
    preset: String,
    /// Height x width x channels of an image, or depth x height x width x channels of a volume.
    #[arg(long, default_value = "256x256x3")]
    input: String,
    /// Maps in the output.
    #[arg(long, default_value_t = 1)]
    classes: usize,
    /// Channels at the first level, instead of the preset's.
    #[arg(long)]
    base: Option<usize>,
    /// Images at once, for the memory.
    #[arg(long, default_value_t = 1)]
    batch: usize,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), LabError> {
    let sides: Option<Vec<usize>> = arguments
        .input
        .split('x')
        .map(|side| side.trim().parse().ok())
        .collect();
    let (size, channels) = match sides.as_deref() {
        Some([size @ .., channels]) if matches!(size.len(), 2 | 3) => (size, *channels),
        _ => {
            let expected = "height x width x channels such as 256x256x3, or depth x height x width x channels";
            return Err(SettingError::new("--input", &arguments.input, expected).into());
        }
    };
    let mut config = NetworkConfig::preset(&arguments.preset, channels, arguments.classes)?;
    if let Some(base) = arguments.base {
        config = config.with_base_channels(base);
    }
    let model = config.try_init(&cpu())?;
    let table = summary(&model, size)?;
    if !arguments.json {
        println!("{table}");
        return Ok(());
    }
    let memory = table.memory(arguments.batch);
    let layers: Vec<_> = table
        .rows
        .iter()
        .map(|row| {
            json!({
                "name": row.name,
                "kind": row.kind,
                "shape": row.shape,
                "parameters": row.parameters,
                "multiply_adds": row.multiply_adds,
                "receptive_field": row.receptive_field,
                "inputs": row.inputs,
            })
        })
        .collect();
    let report = json!({
        "preset": arguments.preset,
        "input": size,
        "channels": channels,
        "parameters": table.parameters(),
        "multiply_adds": table.multiply_adds(),
        "receptive_field": table.receptive_field(),
        "batch": arguments.batch,
        "memory_bytes": {
            "weights": memory.weights,
            "prediction": memory.prediction,
            "training": memory.training,
        },
        "layers": layers,
    });
    println!("{report:#}");
    Ok(())
}

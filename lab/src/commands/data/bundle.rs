//! `unet-lab data bundle`.

use std::path::PathBuf;
use std::process::ExitCode;

use unet_lab_data::datasets::human_bytes;
use unet_lab_data::fetch::{FetchError, Settings, bundle};

use super::bars::Bars;

/// Write data sets into one file, for computers without a network (`data add`) or a room's server (`data serve`).
#[derive(Debug, clap::Args)]
pub struct BundleArguments {
    /// The data sets.
    #[arg(required = true)]
    ids: Vec<String>,
    /// The file.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only the files that a class needs.
    #[arg(long)]
    class_size: bool,
}

pub fn run(arguments: &BundleArguments) -> Result<ExitCode, FetchError> {
    let settings = Settings::from_environment()?;
    let ids: Vec<&str> = arguments.ids.iter().map(String::as_str).collect();
    let bars = Bars::new();
    let index = bundle(&ids, arguments.class_size, &arguments.out, &settings, &&bars);
    bars.finish();
    let mut all = 0_u64;
    for entry in index?.entries {
        println!(
            "{}/{}  {}  SHA-256 {}",
            entry.id,
            entry.file,
            human_bytes(entry.bytes),
            entry.sha256
        );
        all = all.saturating_add(entry.bytes);
    }
    let out = arguments.out.display();
    println!(
        "{} in {out}: `unet-lab data add {out}` on another computer",
        human_bytes(all)
    );
    Ok(ExitCode::SUCCESS)
}

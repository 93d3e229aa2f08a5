//! `unet-lab data verify`.

use std::process::ExitCode;

use unet_lab_data::fetch::{FetchError, FileState, Settings, repair, verify};

use super::bars::Bars;
use super::named;

/// Compare every file of a data set with its checksum.
#[derive(Debug, clap::Args)]
pub struct VerifyArguments {
    /// The data set.
    id: String,
    /// Fetch again what is damaged or missing.
    #[arg(long)]
    repair: bool,
}

pub fn run(arguments: &VerifyArguments) -> Result<ExitCode, FetchError> {
    let manifest = named(&arguments.id)?;
    let settings = Settings::from_environment()?;
    let bars = Bars::new();
    let found = verify(manifest, &settings, &&bars);
    bars.finish();
    let found = found?;
    for (_, path, state) in &found.faults {
        let what = match state {
            FileState::Damaged => "damaged",
            FileState::Missing => "missing",
            FileState::Added => "added",
            FileState::Unreadable(reason) => reason,
            _ => "other",
        };
        println!("{what:<9} {path}");
    }
    if found.is_good() {
        println!("{} files are as they arrived", found.files);
        return Ok(ExitCode::SUCCESS);
    }
    if !arguments.repair {
        println!("`unet-lab data verify {} --repair` fetches them again", manifest.id);
        return Ok(ExitCode::FAILURE);
    }
    let repaired = repair(manifest, &settings, &found, &&bars);
    bars.finish();
    repaired?;
    println!("repaired");
    Ok(ExitCode::SUCCESS)
}

//! `unet-lab data inspect`.

use std::path::PathBuf;
use std::process::ExitCode;

use unet_lab_data::DataError;
use unet_lab_data::inspect::inspect;

/// Tell what is in a file (format, shape, spacing, place, type, values) or a folder.
#[derive(Debug, clap::Args)]
pub struct InspectArguments {
    /// A picture, a volume, a DICOM file, an array; or a folder of them.
    path: PathBuf,
    /// Print the facts as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &InspectArguments) -> Result<ExitCode, DataError> {
    let found = inspect(&arguments.path)?;
    match arguments.json {
        true => println!("{:#}", serde_json::json!(found)),
        false => println!("{found}"),
    }
    Ok(ExitCode::SUCCESS)
}

//! `unet-lab data add`.

use std::path::PathBuf;
use std::process::ExitCode;

use unet_lab_data::fetch::{FetchError, Settings, Trust, add};

use super::bars::Bars;

/// Take a file that you downloaded, or a bundle: recognise, check, unpack. Your file stays.
#[derive(Debug, clap::Args)]
pub struct AddArguments {
    /// The file.
    file: PathBuf,
    /// The data set that it belongs to, where neither checksum nor name tells.
    id: Option<String>,
    /// Keep the archives of a bundle, to serve them.
    #[arg(long)]
    keep: bool,
}

pub fn run(arguments: &AddArguments) -> Result<ExitCode, FetchError> {
    let mut settings = Settings::from_environment()?;
    settings.keep_archives = arguments.keep;
    let bars = Bars::new();
    let added = add(&arguments.file, arguments.id.as_deref(), &settings, &&bars);
    bars.finish();
    for added in added? {
        let how = match added.trust {
            Trust::Sha256 | Trust::Md5 | Trust::Repository => "its checksum is the known one",
            Trust::AsFirst => "it is the same as the first time",
            Trust::FirstUse => "no checksum is known beforehand: this one is remembered",
        };
        println!("{}: {} is in {} ({how})", added.id, added.file, added.place.display());
    }
    Ok(ExitCode::SUCCESS)
}

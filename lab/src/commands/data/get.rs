//! `unet-lab data get`.

use std::path::PathBuf;
use std::process::ExitCode;

use unet_lab_data::fetch::{Cache, Fetch, FetchError, Settings};

use super::bars::Bars;
use super::named;

/// Fetch a data set: download, check, unpack. What is interrupted goes on where it stopped.
#[derive(Debug, clap::Args)]
pub struct GetArguments {
    /// The data set.
    id: String,
    /// Only the files that a class needs.
    #[arg(long)]
    class_size: bool,
    /// Into DIR/ID instead of the cache.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Keep the archives, to serve or bundle them.
    #[arg(long)]
    keep: bool,
}

pub fn run(arguments: &GetArguments) -> Result<ExitCode, FetchError> {
    let manifest = named(&arguments.id)?;
    let mut settings = Settings::from_environment()?;
    if let Some(folder) = &arguments.to {
        let absolute = std::path::absolute(folder);
        settings.cache = Cache::new(absolute.map_err(|error| FetchError::Setting(error.to_string()))?);
    }
    settings.keep_archives = arguments.keep;
    let bars = Bars::new();
    let fetch = Fetch::new(manifest, settings).with_progress(&bars);
    let fetch = if arguments.class_size {
        fetch.class_size()
    } else {
        fetch
    };
    let folder = fetch.fetch();
    bars.finish();
    println!("{}", folder?.display());
    Ok(ExitCode::SUCCESS)
}

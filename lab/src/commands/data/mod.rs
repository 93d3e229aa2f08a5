//! `unet-lab data`: the data sets that the lab knows, and a class's own cache of them. One file an action.

mod add;
mod bars;
mod bundle;
mod clean;
mod doctor;
mod get;
mod info;
mod inspect;
mod list;
mod serve;
mod verify;

use std::error::Error;
use std::process::ExitCode;

use clap::Subcommand;
use unet_lab_data::datasets::{self, Manifest};
use unet_lab_data::fetch::FetchError;

/// Data sets: what there is, fetch, check, share with a room, remove; and what is in files of your own.
#[derive(Debug, clap::Args)]
pub struct DataArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(list::ListArguments),
    Info(info::InfoArguments),
    Get(get::GetArguments),
    Verify(verify::VerifyArguments),
    Add(add::AddArguments),
    Bundle(bundle::BundleArguments),
    Serve(serve::ServeArguments),
    Clean(clean::CleanArguments),
    Doctor(doctor::DoctorArguments),
    Inspect(inspect::InspectArguments),
}

/// Runs the command.
pub fn run(arguments: DataArguments) -> Result<ExitCode, Box<dyn Error>> {
    Ok(match arguments.action {
        Action::List(arguments) => list::run(&arguments)?,
        Action::Info(arguments) => info::run(&arguments)?,
        Action::Get(arguments) => get::run(&arguments)?,
        Action::Verify(arguments) => verify::run(&arguments)?,
        Action::Add(arguments) => add::run(&arguments)?,
        Action::Bundle(arguments) => bundle::run(&arguments)?,
        Action::Serve(arguments) => serve::run(&arguments)?,
        Action::Clean(arguments) => clean::run(&arguments)?,
        Action::Doctor(arguments) => doctor::run(&arguments)?,
        Action::Inspect(arguments) => inspect::run(&arguments)?,
    })
}

/// The data set that a person named.
fn named(id: &str) -> Result<&'static Manifest, FetchError> {
    match datasets::find(id) {
        Some(manifest) => Ok(manifest),
        // Its error names the most similar ones.
        None => Err(datasets::get(id)
            .err()
            .unwrap_or(FetchError::NotThere { id: id.to_owned() })),
    }
}

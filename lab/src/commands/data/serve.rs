//! `unet-lab data serve`.

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use unet_lab_data::datasets::human_bytes;
use unet_lab_data::fetch::{Cache, FetchError, Room};

/// Give data sets out to the computers of a room. It reads only, and only the files that it names.
#[derive(Debug, clap::Args)]
pub struct ServeArguments {
    /// A bundle.
    #[arg(required_unless_present = "cache", conflicts_with = "cache")]
    bundle: Option<PathBuf>,
    /// The archives that the cache kept (`data get --keep`).
    #[arg(long)]
    cache: bool,
    /// The port.
    #[arg(long, default_value_t = 8765)]
    port: u16,
    /// The address to listen on; 0.0.0.0 lets all computers of the network in.
    #[arg(long, default_value = "127.0.0.1")]
    bind: IpAddr,
}

pub fn run(arguments: &ServeArguments) -> Result<ExitCode, FetchError> {
    let address = (arguments.bind, arguments.port);
    let room = match &arguments.bundle {
        Some(bundle) => Room::of_bundle(bundle, address)?,
        None => Room::of_cache(&Cache::from_environment()?, address)?,
    };
    for (path, bytes) in room.files() {
        println!("{path}  {}", human_bytes(bytes));
    }
    let address = room.address()?;
    if arguments.bind.is_loopback() {
        println!("Serving this computer alone at http://{address}. For a room: --bind 0.0.0.0");
    } else {
        println!("Serving everybody in this network at http://{address}, without a password.");
    }
    let host = match arguments.bind.is_unspecified() {
        true => "THIS-COMPUTERS-ADDRESS".to_owned(),
        false => address.ip().to_string(),
    };
    println!(
        "On the others: UNET_LAB_MIRROR=http://{host}:{} unet-lab data get ID. Ctrl-C ends it.",
        address.port()
    );
    room.serve()?;
    Ok(ExitCode::SUCCESS)
}

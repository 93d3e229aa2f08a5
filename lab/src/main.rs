//! The `unet-lab` program.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use lab::commands::{kernel, run};
use lab::engine::{cargo_home, relay};

/// U-Net Lab: learn U-Net in Rust notebooks.
#[derive(Debug, Parser)]
#[command(name = "unet-lab", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArguments),
    Kernel(kernel::KernelArguments),
}

fn main() -> ExitCode {
    // The process that runs cells is this program too; these must come first (evcxr would start it for ever).
    relay::run_if_child();
    evcxr::runtime_hook();
    if let Some(code) = cargo_home::run_if_called_as_cargo() {
        return code;
    }
    match dispatch(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match command {
        Command::Run(arguments) => Ok(run::run(&arguments)?),
        Command::Kernel(arguments) => Ok(kernel::run(arguments)?),
    }
}

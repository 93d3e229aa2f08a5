//! The `unet-lab` program.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use lab::commands::{data, doctor, kernel, run, start};
use lab::engine::{as_cargo, janitor, relay};

/// U-Net Lab: learn U-Net in Rust notebooks. Without a command it does `start`.
#[derive(Debug, Parser)]
#[command(name = "unet-lab", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Start(start::StartArguments),
    Doctor(doctor::DoctorArguments),
    Run(run::RunArguments),
    Kernel(kernel::KernelArguments),
    Data(data::DataArguments),
}

fn main() -> ExitCode {
    // The process that runs cells is this program too; these must come first (evcxr would start it for ever).
    relay::run_if_child();
    evcxr::runtime_hook();
    if let Some(code) = as_cargo::run_if_called_by_another_name().or_else(janitor::run_if_janitor) {
        return code;
    }
    end_quietly_when_nobody_reads();
    match dispatch(
        Arguments::parse()
            .command
            .unwrap_or_else(|| Command::Start(Default::default())),
    ) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `unet-lab … | head` is no reason for a panic's report.
fn end_quietly_when_nobody_reads() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.payload().downcast_ref::<String>();
        if message.is_some_and(|text| text.contains("Broken pipe")) {
            std::process::exit(141);
        }
        report(panic);
    }));
}

fn dispatch(command: Command) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match command {
        Command::Start(arguments) => Ok(start::run(&arguments)?),
        Command::Doctor(arguments) => Ok(doctor::run(&arguments)?),
        Command::Run(arguments) => Ok(run::run(&arguments)?),
        Command::Kernel(arguments) => Ok(kernel::run(arguments)?),
        Command::Data(arguments) => data::run(arguments),
    }
}

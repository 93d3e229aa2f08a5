//! `unet-lab run NOTEBOOK`: a notebook from top to bottom, without a browser.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::engine::launch::{LaunchOptions, enter, session_path};
use crate::engine::session::interrupter_of_this_process;
use crate::engine::{Session, StartStep, Template};
use crate::error::SetupError;
use crate::jupyter::python::Environment;
use crate::notebook::html::write_page;
use crate::notebook::runner::{FailedCell, run as run_cells};
use crate::notebook::{NotebookError, NotebookFile};
use crate::paths::LabDirs;
use crate::toolchain::Toolchain;

/// Run a notebook from top to bottom and stop at the first cell that fails.
#[derive(Debug, clap::Args)]
pub struct RunArguments {
    /// The notebook.
    pub notebook: PathBuf,
    /// Real images for the notebook: a folder with images and masks.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The notebook's own short mode: fewer epochs, smaller images.
    #[arg(long)]
    pub smoke: bool,
    /// Also fail where a cell's output lacks what the notebook says it must contain.
    #[arg(long)]
    pub verify: bool,
    /// Write the executed notebook here.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write a web page of the executed notebook here.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// Why a notebook was not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The machine or the checkout.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The notebook file.
    #[error(transparent)]
    Notebook(#[from] NotebookError),
    /// The data folder.
    #[error("--data {}: {reason}", path.display())]
    Data {
        /// The folder named.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// Runs the command.
pub fn run(arguments: &RunArguments) -> Result<ExitCode, RunError> {
    let template = Template::new(LabDirs::locate()?, Toolchain::find()?);
    // Before the minutes that a first build takes: is the notebook one?
    let mut notebook = NotebookFile::read(&arguments.notebook)?;
    let options = launch_options(arguments)?;
    if session_path().is_none() {
        super::template::ensure(&template)?;
        return Err(enter(&template, options).into());
    }
    let mut session = Session::start(&template, interrupter_of_this_process(), &mut |step| {
        if step != StartStep::Ready {
            println!("{} …", step.in_words());
        }
    })?;
    let report = run_cells(&mut notebook, &mut session, arguments.verify);
    drop(session);
    if let Some(out) = &arguments.out {
        NotebookFile::write(&notebook.content, out)?;
        println!("Executed notebook: {}", out.display());
    }
    if let Some(page) = &arguments.html {
        let environment = Environment::new(template.dirs());
        super::start::prepare_python(&environment)?;
        write_page(&environment, &notebook, page)?;
        println!("Web page: {}", page.display());
    }
    let seconds = report.elapsed.as_secs_f64();
    match report.failed {
        None => {
            println!("{} cells ran in {seconds:.1} s.", report.cells);
            Ok(ExitCode::SUCCESS)
        }
        Some(failed) => {
            print_failure(&arguments.notebook, &failed);
            Ok(ExitCode::FAILURE)
        }
    }
}

fn launch_options(arguments: &RunArguments) -> Result<LaunchOptions, RunError> {
    let mut variables = Vec::new();
    if let Some(data) = &arguments.data {
        variables.push(("UNET_LAB_DATA", checked_data(data)?));
    }
    if arguments.smoke {
        variables.push(("UNET_LAB_SMOKE", "1".into()));
    }
    Ok(LaunchOptions { variables })
}

/// The folder of real images, absolute, where it is one and holds something.
pub fn checked_data(path: &Path) -> Result<PathBuf, RunError> {
    let refuse = |reason| RunError::Data {
        path: path.to_path_buf(),
        reason,
    };
    let absolute = path
        .canonicalize()
        .map_err(|_| refuse("no such folder. Name one that holds images and masks, as images/ and masks/."))?;
    let mut entries = std::fs::read_dir(&absolute)
        .map_err(|_| refuse("not a readable folder. Name one that holds images and masks."))?;
    if entries.next().is_none() {
        return Err(refuse(
            "the folder is empty. It must hold images and masks, as images/ and masks/.",
        ));
    }
    Ok(absolute)
}

fn print_failure(notebook: &Path, failed: &FailedCell) {
    eprintln!(
        "\n{}: cell {} ({}) failed:\n",
        notebook.display(),
        failed.number,
        failed.id
    );
    for line in failed.source.lines() {
        eprintln!("    {line}");
    }
    eprintln!();
    for line in &failed.error.traceback {
        eprintln!("{line}");
    }
}

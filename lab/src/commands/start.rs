//! `unet-lab start`: everything between a fresh clone and an open notebook.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::run::{RunError, checked_data};
use crate::engine::Template;
use crate::engine::progress::in_words;
use crate::error::SetupError;
use crate::jupyter::python::Environment;
use crate::jupyter::server::Server;
use crate::jupyter::workspace::refresh;
use crate::paths::LabDirs;
use crate::toolchain::Toolchain;

const CHECK: &str = include_str!("../jupyter/check.py");
const FIRST_NOTEBOOK: &str = "01-architecture.ipynb";
/// How long the last traces of a kernel may stay behind.
const TRACES_GO_WITHIN: Duration = Duration::from_secs(5);

/// Open the lab in JupyterLab: prepares whatever is missing, then opens the browser. Ctrl-C ends it.
#[derive(Debug, Default, clap::Args)]
pub struct StartArguments {
    /// Do it all without a browser: run the first notebook through the Jupyter server, verify it, shut down.
    #[arg(long)]
    pub check: bool,
    /// The port JupyterLab listens on, on this machine only [default: the first free one from 8888].
    #[arg(long)]
    pub port: Option<u16>,
    /// Only print the address.
    #[arg(long)]
    pub no_browser: bool,
    /// Real images for the notebooks: a folder with images and masks.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The notebooks' short mode: fewer epochs, smaller images.
    #[arg(long)]
    pub smoke: bool,
}

/// Runs the command.
pub fn run(arguments: &StartArguments) -> Result<ExitCode, RunError> {
    let started = Instant::now();
    let dirs = LabDirs::locate()?;
    let template = Template::new(dirs.clone(), Toolchain::find()?);
    let environment = Environment::new(&dirs);
    let mut variables = Vec::new();
    if let Some(data) = &arguments.data {
        variables.push(("UNET_LAB_DATA", checked_data(data)?));
    }
    if arguments.smoke {
        variables.push(("UNET_LAB_SMOKE", "1".into()));
    }
    prepare_python(&environment)?;
    super::template::ensure(&template)?;
    super::kernel::install(&environment.jupyter_data())?;
    let workspace = prepare_workspace(&dirs)?;
    // From here on Ctrl-C is heard here, and everything is stopped in order.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(SetupError::io("listen for Ctrl-C", PathBuf::new()))?;
    let mut stop = runtime
        .block_on(async { StopSignals::listen() })
        .map_err(SetupError::io("listen for Ctrl-C", PathBuf::new()))?;
    let mut server = Server::start(&environment, &dirs, &workspace, arguments.port, &variables)?;
    let ready = started.elapsed();
    if arguments.check {
        return Ok(check(&environment, server, &dirs, ready)?);
    }
    let page = server.page(FIRST_NOTEBOOK);
    println!(
        "\nJupyterLab is ready ({}):\n\n    {page}\n\nCtrl-C ends it. Your notebooks are in {}.",
        in_words(ready),
        workspace.display()
    );
    if !arguments.no_browser {
        open_browser(&environment, &page);
    }
    runtime.block_on(stop.wait(&mut server));
    println!("\nStopping the kernels and the server …");
    server.stop();
    println!("Everything is shut down.");
    Ok(ExitCode::SUCCESS)
}

/// Installs JupyterLab where it is missing; says what it does and how far it is.
pub fn prepare_python(environment: &Environment) -> Result<(), SetupError> {
    if environment.is_complete() {
        return Ok(());
    }
    println!("JupyterLab: not installed yet; it goes into an environment of its own.");
    let started = Instant::now();
    let mut last: Option<Instant> = None;
    environment.ensure(&mut |done, total, package| {
        if done == total || last.is_none_or(|last| last.elapsed() > Duration::from_secs(2)) {
            println!(
                "  {:>4} s  {done}/{total} packages  {package}",
                started.elapsed().as_secs()
            );
            last = Some(Instant::now());
        }
    })?;
    println!("JupyterLab: ready after {}.", in_words(started.elapsed()));
    Ok(())
}

fn prepare_workspace(dirs: &LabDirs) -> Result<PathBuf, SetupError> {
    let workspace = dirs.workspace();
    let changes = refresh(&dirs.notebooks(), &workspace)?;
    if !changes.is_empty() {
        println!("Notebooks in {}:", workspace.display());
        for change in changes {
            println!("  {}", change.in_words());
        }
    }
    workspace
        .canonicalize()
        .map_err(SetupError::io("find your workspace", workspace))
}

/// Opens the page where there is a screen; whoever works over SSH uses the address.
fn open_browser(environment: &Environment, page: &str) {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value: OsString| !value.is_empty());
    if !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY") {
        let _ = Command::new(environment.python())
            .args(["-m", "webbrowser", page])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
    }
}

/// The ways to ask this program to end.
struct StopSignals([Signal; 3]);

impl StopSignals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    /// Returns when asked to end, or when the server has ended by itself.
    async fn wait(&mut self, server: &mut Server) {
        let [interrupt, terminate, hangup] = &mut self.0;
        while !server.has_ended() {
            tokio::select! {
                _ = interrupt.recv() => return,
                _ = terminate.recv() => return,
                _ = hangup.recv() => return,
                () = tokio::time::sleep(Duration::from_millis(200)) => {}
            }
        }
    }
}

/// A line of the check's report.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Report {
    Ready {
        ready: f64,
    },
    Cell {
        cell: String,
        seconds: f64,
    },
    Done {
        done: usize,
        seconds: f64,
    },
    Failed {
        failed: String,
        source: String,
        reason: String,
    },
}

fn check(environment: &Environment, server: Server, dirs: &LabDirs, ready: Duration) -> Result<ExitCode, SetupError> {
    println!("JupyterLab answers after {:.1} s.", ready.as_secs_f64());
    println!("Running {FIRST_NOTEBOOK} through it:");
    let mut process = Command::new(environment.python())
        .args(["-c", CHECK, &server.address(), FIRST_NOTEBOOK])
        .env("UNET_LAB_TOKEN", server.token())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(SetupError::io("run the check", environment.python()))?;
    let mut outcome = None;
    for line in process
        .stdout
        .take()
        .into_iter()
        .flat_map(|out| BufReader::new(out).lines())
    {
        let Ok(line) = line else { break };
        match serde_json::from_str(&line) {
            Ok(Report::Ready { ready }) => println!("  first cell answered after {ready:.1} s"),
            Ok(Report::Cell { cell, seconds }) => println!("  {seconds:>7.2} s  {cell}"),
            Ok(last) => outcome = Some(last),
            Err(_) => println!("  {line}"),
        }
        let _ = std::io::stdout().flush();
    }
    let _ = process.wait();
    let log = server.log();
    let before = Instant::now();
    server.stop();
    println!("Shut down in {:.1} s.", before.elapsed().as_secs_f64());
    let left = left_behind(&dirs.sessions());
    match outcome {
        Some(Report::Done { done, seconds }) if left.is_empty() => {
            println!("Check passed: {done} cells in {seconds:.1} s, nothing left behind.");
            Ok(ExitCode::SUCCESS)
        }
        Some(Report::Done { .. }) => {
            eprintln!(
                "Check failed: a kernel left {left:?} behind in {}.",
                dirs.sessions().display()
            );
            Ok(ExitCode::FAILURE)
        }
        Some(Report::Failed { failed, source, reason }) => {
            eprintln!("Check failed in cell {failed} of {FIRST_NOTEBOOK}:\n\n{source}\n\n{reason}");
            Ok(ExitCode::FAILURE)
        }
        _ => {
            eprintln!("Check failed: the notebook could not be run through the server. Its log ends with:\n{log}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Directories of sessions whose kernels have ended.
fn left_behind(sessions: &Path) -> BTreeSet<OsString> {
    let dead = || {
        crate::engine::clone::dead_sessions(sessions)
            .into_iter()
            .filter_map(|path| path.file_name().map(OsString::from))
            .collect::<BTreeSet<_>>()
    };
    let asked = Instant::now();
    let mut left = dead();
    while !left.is_empty() && asked.elapsed() < TRACES_GO_WITHIN {
        std::thread::sleep(Duration::from_millis(100));
        left = dead();
    }
    left
}

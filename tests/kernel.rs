//! The kernel through Jupyter's own client: the protocol's tests (jupyter_kernel_test, PyPI) and the lab's promises.
//!
//! Python and JupyterLab's packages are those of `unet-lab start`; the test package goes beside them.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use lab::jupyter::python::Environment;
use lab::paths::LabDirs;
use libtest_mimic::{Arguments, Failed, Trial};

const TEST_PACKAGE: &str = "jupyter_kernel_test==0.7.0";

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Two suites at once would measure each other's patience on a small machine.
    arguments.test_threads = Some(1);
    let trials = ["test_messages.py", "test_lab.py"]
        .map(|script| Trial::test(script.trim_end_matches(".py"), move || run(script)))
        .into();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn run(script: &str) -> Result<(), Failed> {
    let jupyter = Jupyter::prepare()?;
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/kernel");
    let output = Command::new(&jupyter.python)
        .arg(scripts.join(script))
        .env("JUPYTER_PATH", jupyter.home.join("share/jupyter"))
        .env("PYTHONPATH", jupyter.home.join("packages"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("UNET_LAB_CACHE", &jupyter.cache)
        .output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat())
            .into_owned()
            .into()),
    }
}

struct Jupyter {
    python: PathBuf,
    cache: PathBuf,
    /// Where the test package and the kernel under test are installed.
    home: PathBuf,
}

impl Jupyter {
    fn prepare() -> Result<Self, Failed> {
        let dirs = LabDirs::locate()?;
        let environment = Environment::new(&dirs);
        environment.ensure(&mut |_, _, _| {})?;
        let jupyter = Self {
            python: environment.python(),
            home: dirs.cache.join("kernel-tests"),
            cache: dirs.cache,
        };
        let packages = jupyter.home.join("packages");
        if !packages.join("jupyter_kernel_test").exists() {
            let mut pip = Command::new(&jupyter.python);
            pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "--target"]);
            succeed(pip.arg(&packages).arg(TEST_PACKAGE))?;
        }
        // The template is built before the tests' clocks run.
        let notebook = jupyter.home.join("empty.ipynb");
        std::fs::write(
            &notebook,
            r#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#,
        )?;
        let program = env!("CARGO_BIN_EXE_unet-lab");
        succeed(Command::new(program).arg("run").arg(&notebook))?;
        succeed(
            Command::new(program)
                .args(["kernel", "install", "--prefix"])
                .arg(&jupyter.home),
        )?;
        Ok(jupyter)
    }
}

fn succeed(command: &mut Command) -> Result<(), Failed> {
    let output = command.output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

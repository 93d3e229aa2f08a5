//! The private Python environment: JupyterLab and all it needs, at the versions that the lab was tested with.
//!
//! Nothing of the user's own Python is changed or used, and the environment can be deleted at any time. A stamp, written
//! last, says what it holds: an installation that was interrupted has none and is made anew.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{SetupError, last_lines};
use crate::files::{available_mb, write_atomically};
use crate::paths::{LabDirs, find_program};

/// Every package with its version.
pub const REQUIREMENTS: &str = include_str!("requirements.txt");
const ENSURE_PIP: &str = include_str!("ensure_pip.py");
const STAMP: &str = "unet-lab.stamp";
const LOCK: &str = "python.lock";
const NEEDED_MB: u64 = 500;
/// The oldest Python that the pinned packages run on.
const OLDEST: (u32, u32) = (3, 11);
/// Names another Python than the first `python3` on the path.
pub const PYTHON_VARIABLE: &str = "UNET_LAB_PYTHON";

/// JupyterLab without questions about news and updates: nobody needs them, and a class has no network.
const OVERRIDES: &str = r#"{
  "@jupyterlab/apputils-extension:notification": {
    "checkForUpdates": false,
    "doNotDisturbMode": false,
    "fetchNews": "false"
  }
}
"#;

/// The Python that environments are made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// The program.
    pub program: PathBuf,
    /// Its version, as `3.11.7`.
    pub version: String,
    /// Whether it can put pip into an environment by itself.
    pub has_ensurepip: bool,
}

impl Python {
    /// The first `python3` on the path, or the one that `UNET_LAB_PYTHON` names.
    pub fn find() -> Result<Self, SetupError> {
        let program = match std::env::var_os(PYTHON_VARIABLE).filter(|value| !value.is_empty()) {
            Some(named) => PathBuf::from(named),
            None => find_program("python3").ok_or(SetupError::ProgramMissing {
                program: "python3",
                remedy: "JupyterLab is a Python program. Debian and Ubuntu: `sudo apt install python3`; macOS: `brew install \
                         python`; or see https://www.python.org/downloads/. UNET_LAB_PYTHON names another one.",
            })?,
        };
        let question = "import sys, importlib.util as u; \
                        print(*sys.version_info[:3], u.find_spec('venv') is not None, u.find_spec('ensurepip') is not None)";
        let output = Command::new(&program)
            .args(["-c", question])
            .output()
            .map_err(SetupError::io("run Python", &program))?;
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        let words: Vec<&str> = answer.split_whitespace().collect();
        let [major, minor, patch, has_venv, has_ensurepip] = words[..] else {
            return Err(SetupError::ProgramFailed {
                what: format!("Asking {} for its version", program.display()),
                status: output.status.to_string(),
                output: String::from_utf8_lossy(&output.stderr).into_owned(),
                remedy: "Name a working Python 3 with UNET_LAB_PYTHON.".into(),
            });
        };
        let version = format!("{major}.{minor}.{patch}");
        let number = |text: &str| text.parse::<u32>().unwrap_or(0);
        if (number(major), number(minor)) < OLDEST {
            return Err(SetupError::Other(format!(
                "{} is Python {version}, but JupyterLab needs {}.{} or newer. Install a newer one, and name it with \
                 UNET_LAB_PYTHON if it is not the first `python3` on the path.",
                program.display(),
                OLDEST.0,
                OLDEST.1
            )));
        }
        if has_venv != "True" {
            return Err(SetupError::Other(format!(
                "{} (Python {version}) came without its module `venv`. Debian and Ubuntu: `sudo apt install python3-venv`.",
                program.display()
            )));
        }
        Ok(Self {
            program,
            version,
            has_ensurepip: has_ensurepip == "True",
        })
    }
}

/// The lab's environment.
#[derive(Debug, Clone)]
pub struct Environment {
    path: PathBuf,
    cache: PathBuf,
}

impl Environment {
    /// The environment of `dirs`.
    pub fn new(dirs: &LabDirs) -> Self {
        Self {
            path: dirs.python(),
            cache: dirs.cache.clone(),
        }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its Python.
    pub fn python(&self) -> PathBuf {
        self.path.join("bin").join("python")
    }

    /// Jupyter's data directory in it, where the kernel goes.
    pub fn jupyter_data(&self) -> PathBuf {
        self.path.join("share").join("jupyter")
    }

    /// Whether everything is installed at the versions of now.
    pub fn is_complete(&self) -> bool {
        // The interpreter that it was made from may have been removed since; the link then leads nowhere.
        std::fs::read_to_string(self.path.join(STAMP)).is_ok_and(|stamp| stamp == self.stamp())
            && self.python().exists()
    }

    /// Installs what is missing. `report` gets one line for each package that comes in, and how many there will be.
    pub fn ensure(&self, report: &mut dyn FnMut(usize, usize, &str)) -> Result<bool, SetupError> {
        if self.is_complete() {
            return Ok(false);
        }
        let python = Python::find()?;
        std::fs::create_dir_all(&self.cache).map_err(SetupError::io("make the cache directory", &self.cache))?;
        let lock_path = self.cache.join(LOCK);
        let lock = File::create(&lock_path).map_err(SetupError::io("lock the Python environment", &lock_path))?;
        lock.lock()
            .map_err(SetupError::io("lock the Python environment", &lock_path))?;
        if self.is_complete() {
            return Ok(false);
        }
        if let Some(available_mb) = available_mb(&self.cache).filter(|&free| free < NEEDED_MB) {
            return Err(SetupError::DiskFull {
                what: "JupyterLab",
                path: self.cache.clone(),
                available_mb,
                needed_mb: NEEDED_MB,
            });
        }
        self.make(&python)?;
        self.install(report)?;
        let overrides = self.jupyter_data().join("lab/settings/overrides.json");
        if let Some(folder) = overrides.parent() {
            std::fs::create_dir_all(folder).map_err(SetupError::io("set JupyterLab up", folder))?;
        }
        write_atomically(&overrides, OVERRIDES.as_bytes()).map_err(SetupError::io("set JupyterLab up", &overrides))?;
        let stamp = self.path.join(STAMP);
        write_atomically(&stamp, self.stamp().as_bytes()).map_err(SetupError::io("stamp the environment", &stamp))?;
        Ok(true)
    }

    /// What a complete environment of this lab says of itself.
    fn stamp(&self) -> String {
        format!("{}\n{REQUIREMENTS}{OVERRIDES}", self.path.display())
    }

    fn make(&self, python: &Python) -> Result<(), SetupError> {
        if self.path.exists() {
            std::fs::remove_dir_all(&self.path)
                .map_err(SetupError::io("remove an unfinished Python environment", &self.path))?;
        }
        let mut command = Command::new(&python.program);
        command.args(["-m", "venv"]);
        if !python.has_ensurepip {
            command.arg("--without-pip");
        }
        run(command.arg(&self.path), "Making a Python environment", NO_VENV)?;
        if !python.has_ensurepip {
            let mut command = Command::new(self.python());
            run(command.args(["-c", ENSURE_PIP]), "Fetching pip", NO_NETWORK)?;
        }
        Ok(())
    }

    fn install(&self, report: &mut dyn FnMut(usize, usize, &str)) -> Result<(), SetupError> {
        let requirements = self.path.join("requirements.txt");
        write_atomically(&requirements, REQUIREMENTS.as_bytes())
            .map_err(SetupError::io("write the list of packages", &requirements))?;
        let mut pip = Command::new(self.python())
            .args([
                "-m",
                "pip",
                "install",
                "--no-input",
                "--disable-pip-version-check",
                "--retries",
                "2",
            ])
            .args(["--progress-bar", "off", "-r"])
            .arg(&requirements)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(SetupError::io("run pip", self.python()))?;
        let errors = pip.stderr.take().map(|stderr| {
            std::thread::spawn(move || BufReader::new(stderr).lines().map_while(Result::ok).collect::<Vec<_>>())
        });
        let total = REQUIREMENTS.lines().count();
        let mut done = 0;
        for line in pip
            .stdout
            .take()
            .into_iter()
            .flat_map(|out| BufReader::new(out).lines())
        {
            let Ok(line) = line else { break };
            if let Some(package) = line.strip_prefix("Collecting ") {
                done += 1;
                report(done.min(total), total, package.split(" (").next().unwrap_or(package));
            } else if line.starts_with("Installing collected packages") {
                report(total, total, "unpacking");
            }
        }
        let status = pip.wait().map_err(SetupError::io("wait for pip", self.python()))?;
        let said = errors.and_then(|thread| thread.join().ok()).unwrap_or_default();
        if status.success() {
            return Ok(());
        }
        Err(failed(
            "Installing JupyterLab",
            &status.to_string(),
            &said.join("\n"),
            NO_NETWORK,
        ))
    }
}

const NO_VENV: &str = "Debian and Ubuntu: `sudo apt install python3-venv`. UNET_LAB_PYTHON names another Python.";
const NO_NETWORK: &str = "Packages come from PyPI once, so a network is needed the first time. Behind a proxy set \
                          HTTPS_PROXY; PIP_INDEX_URL names a mirror, and PIP_FIND_LINKS with PIP_NO_INDEX=1 a folder of wheels.";

fn run(command: &mut Command, what: &str, remedy: &str) -> Result<(), SetupError> {
    let program = command.get_program().to_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(SetupError::io("run Python", program))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(failed(
        what,
        &output.status.to_string(),
        &String::from_utf8_lossy(&said),
        remedy,
    ))
}

/// The end of what a program said is what matters.
fn failed(what: &str, status: &str, said: &str, remedy: &str) -> SetupError {
    SetupError::ProgramFailed {
        what: what.into(),
        status: status.into(),
        output: last_lines(said, 12),
        remedy: remedy.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(root: &Path) -> Environment {
        Environment::new(&LabDirs {
            root: root.to_path_buf(),
            cache: root.join("cache"),
        })
    }

    #[test]
    fn every_requirement_is_pinned() {
        assert!(REQUIREMENTS.lines().any(|line| line.starts_with("jupyterlab==")));
        for line in REQUIREMENTS.lines() {
            assert!(line.contains("=="), "{line}");
        }
    }

    #[test]
    fn an_environment_without_its_stamp_or_its_interpreter_is_not_complete() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let environment = environment(root.path());
        assert!(!environment.is_complete());
        std::fs::create_dir_all(environment.path().join("bin")).expect("a directory");
        std::fs::write(environment.path().join(STAMP), environment.stamp()).expect("a stamp");
        assert!(!environment.is_complete());
        std::fs::write(environment.python(), "").expect("an interpreter");
        assert!(environment.is_complete());
        std::fs::write(environment.path().join(STAMP), "jupyterlab==1").expect("a stamp");
        assert!(!environment.is_complete());
    }

    #[test]
    fn of_a_long_report_the_end_is_told() {
        let said: String = (0..40).map(|line| format!("line {line}\n")).collect();
        let error = failed("X", "1", &said, "try").to_string();
        assert!(error.contains("line 39") && !error.contains("line 20"), "{error}");
    }
}

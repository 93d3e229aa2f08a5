//! A JupyterLab server for one person on this machine.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::python::Environment;
use crate::error::{SetupError, last_lines};
use crate::paths::LabDirs;

const SERVE: &str = include_str!("serve.py");
/// Where a port is looked for when none is named.
const PORTS: std::ops::Range<u16> = 8888..8988;
const READY_WITHIN: Duration = Duration::from_secs(60);
const STOPS_WITHIN: Duration = Duration::from_secs(15);
const LOG: &str = "server.log";

/// A running server. It ends with this program, however this program ends.
#[derive(Debug)]
pub struct Server {
    process: Child,
    port: u16,
    token: String,
    runtime: PathBuf,
}

impl Server {
    /// Starts JupyterLab on `workspace` and waits until it answers. Kernels inherit `variables`.
    pub fn start(
        environment: &Environment,
        dirs: &LabDirs,
        workspace: &Path,
        port: Option<u16>,
        variables: &[(&str, PathBuf)],
    ) -> Result<Self, SetupError> {
        let port = free_port(port)?;
        let token = uuid::Uuid::new_v4().simple().to_string();
        let jupyter = dirs.cache.join("jupyter");
        let runtime = jupyter.join(format!("runtime-{}", std::process::id()));
        std::fs::create_dir_all(&runtime).map_err(SetupError::io("make Jupyter's directory", &runtime))?;
        let log_path = runtime.join(LOG);
        let log = File::create(&log_path).map_err(SetupError::io("write Jupyter's log", &log_path))?;
        let log_too = log
            .try_clone()
            .map_err(SetupError::io("write Jupyter's log", &log_path))?;
        let mut command = Command::new(environment.python());
        crate::environment::clean(&mut command);
        for name in ["PYTHONPATH", "PYTHONHOME", "JUPYTER_PATH", "JUPYTER_CONFIG_PATH"] {
            command.env_remove(name);
        }
        command
            .args([
                "-c",
                SERVE,
                "--no-browser",
                "--ServerApp.ip=127.0.0.1",
                "--ServerApp.port_retries=0",
            ])
            .arg(format!("--ServerApp.port={port}"))
            .arg(format!("--ServerApp.root_dir={}", workspace.display()))
            // The lab's commands may run as root in a container.
            .arg("--allow-root")
            .current_dir(workspace)
            // On the command line everybody on the machine could read it.
            .env("JUPYTER_TOKEN", &token)
            .env("JUPYTER_RUNTIME_DIR", &runtime)
            .env("JUPYTER_CONFIG_DIR", jupyter.join("config"))
            .env("JUPYTER_DATA_DIR", jupyter.join("data"))
            .env("JUPYTER_PREFER_ENV_PATH", "1")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(log_too);
        // Ctrl-C in the terminal is for this program, which then stops the server in order.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let process = command
            .spawn()
            .map_err(SetupError::io("start JupyterLab", environment.python()))?;
        let mut server = Self {
            process,
            port,
            token,
            runtime,
        };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// `http://127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What lets a browser in.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The page of a notebook, with the token in it.
    pub fn page(&self, notebook: &str) -> String {
        format!("{}/lab/tree/{notebook}?token={}", self.address(), self.token)
    }

    /// Whether it has ended by itself, as after "Shut Down" in JupyterLab's menu.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.process.try_wait(), Ok(None))
    }

    /// The end of the server's log.
    pub fn log(&self) -> String {
        let text = std::fs::read_to_string(self.runtime.join(LOG)).unwrap_or_default();
        last_lines(&text, 15)
    }

    /// Stops the kernels, then the server.
    pub fn stop(mut self) {
        self.end();
        let _ = std::fs::remove_dir_all(&self.runtime);
    }

    fn end(&mut self) {
        drop(self.process.stdin.take());
        let asked = Instant::now();
        while asked.elapsed() < STOPS_WITHIN {
            if self.has_ended() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    fn wait_until_ready(&mut self) -> Result<(), SetupError> {
        // The server writes this file when it listens.
        let announcement = self.runtime.join(format!("jpserver-{}.json", self.process.id()));
        let started = Instant::now();
        while !announcement.exists() {
            let ended = self.has_ended();
            if ended || started.elapsed() > READY_WITHIN {
                return Err(SetupError::ProgramFailed {
                    what: "Starting JupyterLab".into(),
                    status: if ended {
                        "it ended".into()
                    } else {
                        "no answer within a minute".into()
                    },
                    output: self.log(),
                    remedy: "Try again with another --port; `unet-lab doctor` looks for the usual causes.".into(),
                });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.has_ended() {
            self.end();
        }
    }
}

fn free_port(wanted: Option<u16>) -> Result<u16, SetupError> {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    match wanted {
        Some(port) if is_free(&port) => Ok(port),
        Some(port) => Err(SetupError::PortTaken { port }),
        None => PORTS.into_iter().find(is_free).ok_or_else(|| {
            SetupError::Other(format!(
                "All ports from {} to {} are taken. Name a free one with --port.",
                PORTS.start,
                PORTS.end - 1
            ))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_refused_by_name_and_avoided_otherwise() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = taken.local_addr().expect("an address").port();
        let error = free_port(Some(port)).expect_err("taken");
        assert!(error.to_string().contains(&port.to_string()));
        assert!(free_port(None).is_ok());
    }
}

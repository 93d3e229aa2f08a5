//! `unet-lab kernel`: the kernel that Jupyter starts, and its installation into any Jupyter.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use crate::engine::Template;
use crate::engine::launch::{LaunchOptions, enter, session_path};
use crate::error::SetupError;
use crate::files::write_atomically;
use crate::kernel::{DISPLAY_NAME, NAME, serve};
use crate::paths::LabDirs;
use crate::toolchain::Toolchain;

/// The Jupyter kernel "Rust (U-Net Lab)".
#[derive(Debug, clap::Args)]
pub struct KernelArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Put the kernel into a Jupyter of yours (VS Code uses it too).
    Install {
        /// For your user (the default).
        #[arg(long)]
        user: bool,
        /// Into the environment at this prefix instead (a virtual environment, a conda environment).
        #[arg(long, value_name = "DIR", conflicts_with = "user")]
        prefix: Option<PathBuf>,
    },
    /// Serve one kernel; Jupyter calls this.
    #[command(hide = true)]
    Run {
        /// Jupyter's connection file.
        #[arg(long)]
        connection_file: PathBuf,
    },
}

/// Runs the command.
pub fn run(arguments: KernelArguments) -> Result<ExitCode, SetupError> {
    match arguments.action {
        Action::Install { prefix, .. } => {
            let data = match prefix {
                Some(prefix) => prefix.join("share").join("jupyter"),
                None => user_data_directory().ok_or_else(|| {
                    SetupError::Other("Your home directory is not known: name an environment with --prefix DIR.".into())
                })?,
            };
            let spec = install(&data)?;
            println!("Installed the kernel \"{DISPLAY_NAME}\" in {}", spec.display());
            Ok(ExitCode::SUCCESS)
        }
        Action::Run { connection_file } => {
            let connection_file = std::path::absolute(&connection_file)
                .map_err(SetupError::io("find Jupyter's connection file", &connection_file))?;
            let template = LabDirs::locate().and_then(|dirs| Ok(Template::new(dirs, Toolchain::find()?)));
            if session_path().is_none()
                && let Ok(template) = &template
            {
                return Err(enter(template, LaunchOptions::default()));
            }
            serve(&connection_file, template)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Writes the kernelspec under Jupyter's data directory; gives its folder.
pub fn install(data: &Path) -> Result<PathBuf, SetupError> {
    let program = std::env::current_exe().map_err(SetupError::io("find this program", PathBuf::new()))?;
    let dirs = LabDirs::locate()?;
    let spec = json!({
        "argv": [program, "kernel", "run", "--connection-file", "{connection_file}"],
        "display_name": DISPLAY_NAME,
        "language": "rust",
        "interrupt_mode": "message",
        "env": {
            crate::paths::ROOT_VARIABLE: dirs.root,
            crate::paths::CACHE_VARIABLE: dirs.cache,
        },
    });
    let directory = data.join("kernels").join(NAME);
    std::fs::create_dir_all(&directory).map_err(SetupError::io("make the kernel's folder", &directory))?;
    let text = serde_json::to_vec_pretty(&spec)
        .map_err(|error| SetupError::Other(format!("writing the kernel's description: {error}")))?;
    for (name, bytes) in [("kernel.json", text.as_slice()), ("logo-svg.svg", LOGO.as_bytes())] {
        let file = directory.join(name);
        write_atomically(&file, bytes).map_err(SetupError::io("write the kernel's description", &file))?;
    }
    Ok(directory)
}

/// A U of boxes.
const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" role="img" aria-label="U-Net Lab"><rect width="64" height="64" rx="10" fill="#fff"/><g fill="#b7410e"><rect x="8" y="10" width="8" height="30"/><rect x="18" y="24" width="7" height="22"/><rect x="27" y="40" width="10" height="14"/><rect x="39" y="24" width="7" height="22"/><rect x="48" y="10" width="8" height="30"/></g><path d="M17 14h30M26 30h12" stroke="#666" stroke-width="2"/></svg>
"##;

/// Where Jupyter looks for a user's kernels.
fn user_data_directory() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("JUPYTER_DATA_DIR").filter(|value| !value.is_empty()) {
        return Some(named.into());
    }
    let home = std::env::home_dir()?;
    if cfg!(target_os = "macos") {
        return Some(home.join("Library").join("Jupyter"));
    }
    let data = std::env::var_os("XDG_DATA_HOME")
        .filter(|value| !value.is_empty())
        .map_or_else(|| home.join(".local").join("share"), PathBuf::from);
    Some(data.join("jupyter"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernelspec_calls_this_program_and_interrupts_by_message() {
        let data = tempfile::tempdir().expect("a temporary directory");
        let directory = install(data.path()).expect("installed");
        let text = std::fs::read(directory.join("kernel.json")).expect("the spec");
        let spec: serde_json::Value = serde_json::from_slice(&text).expect("json");
        assert_eq!(spec["interrupt_mode"], "message");
        assert_eq!(spec["argv"][4], "{connection_file}");
        assert!(spec["env"]["UNET_LAB_ROOT"].is_string());
    }
}

//! Starts this program anew with the environment that a session needs.
//!
//! evcxr and rust-analyzer read their settings from the process's environment, which a running program must not change
//! under its own threads. So a command that will hold a session first replaces itself by itself, once, with everything set.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::rust_src::{RUST_SRC_PATH, RustSrc};
use super::template::Template;
use crate::error::SetupError;

const SESSION: &str = "EVCXR_TMPDIR";
const ENTERED: &str = "UNET_LAB_SESSION";
/// Tells the library that marked lines are understood.
const KERNEL: &str = "UNET_LAB_KERNEL";
/// Names the file whose presence asks a running cell to stop.
const INTERRUPT: &str = "UNET_LAB_INTERRUPT";

/// What a command that holds a session wants beyond the defaults.
#[derive(Debug, Default)]
pub struct LaunchOptions {
    /// More variables for the cells.
    pub variables: Vec<(&'static str, PathBuf)>,
}

/// The directory that this process's session shall use, where [`enter`] has been through.
pub fn session_path() -> Option<PathBuf> {
    std::env::var_os(ENTERED)?;
    std::env::var_os(SESSION).map(PathBuf::from)
}

/// The file that asks the cell of the session at `path` to stop.
pub fn interrupt_file(path: &Path) -> PathBuf {
    path.with_extension("interrupt")
}

/// Replaces this process by the same command inside a session's environment. Returns only what went wrong.
pub fn enter(template: &Template, options: LaunchOptions) -> SetupError {
    match command(template, options) {
        Ok(mut command) => {
            use std::os::unix::process::CommandExt;
            let program = command.get_program().into();
            SetupError::Io {
                what: "start the session",
                path: program,
                source: command.exec(),
            }
        }
        Err(error) => error,
    }
}

fn command(template: &Template, options: LaunchOptions) -> Result<Command, SetupError> {
    let program = std::env::current_exe().map_err(SetupError::io("find this program", PathBuf::new()))?;
    let dirs = template.dirs();
    let session = dirs.sessions().join(uuid::Uuid::new_v4().simple().to_string());
    let no_config = dirs.cache.join("evcxr-config");
    std::fs::create_dir_all(&no_config).map_err(SetupError::io("make the cache directory", &no_config))?;
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1));
    crate::environment::clean(&mut command);
    command
        .envs(template.environment()?)
        .envs(options.variables)
        .envs([template.toolchain().hand_over()?])
        .env("EVCXR_CONFIG_DIR", no_config)
        .env("RUSTC", &template.toolchain().rustc)
        .env(RUST_SRC_PATH, RustSrc::of_session(&session).path())
        .env(INTERRUPT, interrupt_file(&session))
        .env(KERNEL, "1")
        .env(ENTERED, "1")
        .env(SESSION, session);
    Ok(command)
}

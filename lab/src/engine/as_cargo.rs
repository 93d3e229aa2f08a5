//! This program under the names `cargo` and `rustup`, which evcxr and rust-analyzer find first in a session.
//!
//! `rustup which` names this program as the cargo to use. As cargo it runs the real one, with two shortcuts for a
//! session's own manifest: `cargo metadata` is filtered for rust-analyzer and kept, and a cell is compiled by the command
//! with which cargo compiled the one before it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use serde_json::Value;

use super::answers::KeptAnswer;
use super::cargo_home::{REAL_CARGO, REAL_PATH};
use super::cell_compiler;
use super::launch::session_path;
use super::metadata_filter::{NAMED_BY_STUDENTS, keep_what_students_name};

/// Acts as the program by whose name this one was called; `None` where that is its own.
pub fn run_if_called_by_another_name() -> Option<ExitCode> {
    let mut arguments = std::env::args_os();
    let called = PathBuf::from(arguments.next()?);
    let arguments: Vec<_> = arguments.collect();
    match called.file_stem()?.to_str()? {
        "cargo" => Some(as_cargo(&arguments)),
        "rustup" => Some(as_rustup(&arguments)),
        _ => None,
    }
}

fn as_rustup(arguments: &[OsString]) -> ExitCode {
    let tool = match arguments {
        [which, tool] if which == "which" => tool.to_str(),
        _ => None,
    };
    let path = match tool {
        Some("rustc") => std::env::var_os("RUSTC").map(PathBuf::from),
        Some("cargo") => std::env::var_os("CARGO_HOME").map(|home| Path::new(&home).join("bin").join("cargo")),
        _ => None,
    };
    if let Some(path) = path {
        return print(format!("{}\n", path.display()).as_bytes());
    }
    let users = std::env::var_os(REAL_PATH).unwrap_or_default();
    match std::env::split_paths(&users)
        .map(|folder| folder.join("rustup"))
        .find(|file| file.is_file())
    {
        Some(rustup) => {
            let mut command = Command::new(rustup);
            command.args(arguments).env("PATH", users);
            replace_process(command)
        }
        None => {
            eprintln!("rustup is not installed");
            ExitCode::FAILURE
        }
    }
}

fn as_cargo(arguments: &[OsString]) -> ExitCode {
    let Some(cargo) = std::env::var_os(REAL_CARGO) else {
        eprintln!("cargo was called outside a session of the lab, by a link that is meant for sessions");
        return ExitCode::FAILURE;
    };
    let mut command = Command::new(cargo);
    command.args(arguments);
    let session = session_path();
    let subcommand = arguments
        .iter()
        .filter_map(|argument| argument.to_str())
        .find(|argument| !argument.starts_with('-'));
    match (subcommand, session) {
        (Some("metadata"), Some(session)) => metadata(command, arguments, &session),
        (Some("build" | "check"), Some(session)) if is_working_directory(&session) => {
            cell_compiler::run(command, arguments, &session, lab_cache().as_deref())
        }
        _ => replace_process(command),
    }
}

fn is_working_directory(session: &Path) -> bool {
    std::env::current_dir().is_ok_and(|current| current == session)
}

/// The lab's cache directory, in which the private `CARGO_HOME` lies.
fn lab_cache() -> Option<PathBuf> {
    let home = PathBuf::from(std::env::var_os("CARGO_HOME")?);
    home.parent().map(Path::to_path_buf)
}

fn metadata(mut command: Command, arguments: &[OsString], session: &Path) -> ExitCode {
    let named = arguments
        .iter()
        .position(|argument| argument == "--manifest-path")
        .and_then(|place| arguments.get(place + 1));
    let is_sessions = match named {
        Some(manifest) => Path::new(manifest).parent() == Some(session),
        None => is_working_directory(session),
    };
    let kept = lab_cache()
        .filter(|_| is_sessions)
        .and_then(|cache| KeptAnswer::to_call(arguments, session, &cache, &cache, "metadata", NAMED_BY_STUDENTS));
    if let Some(answer) = kept.as_ref().and_then(KeptAnswer::get) {
        return print(answer.as_bytes());
    }
    let output = match command.stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) => return not_run(&error),
    };
    let _ = std::io::Write::write_all(&mut std::io::stderr(), &output.stderr);
    if !output.status.success() {
        let _ = print(&output.stdout);
        return exit_code(output.status.code());
    }
    let filtered = serde_json::from_slice(&output.stdout)
        .ok()
        .and_then(|mut metadata: Value| {
            keep_what_students_name(&mut metadata)?;
            serde_json::to_string(&metadata).ok()
        });
    match filtered {
        Some(answer) => {
            // A warning belongs to the answer and would be lost.
            if let Some(kept) = kept.filter(|_| output.stderr.is_empty()) {
                kept.put(&answer);
            }
            print(answer.as_bytes())
        }
        None => print(&output.stdout),
    }
}

pub(super) fn exit_code(code: Option<i32>) -> ExitCode {
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

fn print(answer: &[u8]) -> ExitCode {
    use std::io::Write;
    match std::io::stdout().write_all(answer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

pub(super) fn not_run(error: &std::io::Error) -> ExitCode {
    eprintln!("cargo could not be run: {error}");
    ExitCode::FAILURE
}

pub(super) fn replace_process(mut command: Command) -> ExitCode {
    use std::os::unix::process::CommandExt;
    not_run(&command.exec())
}

//! Removes a session's directory when its kernel dies without doing so itself (killed, or out of memory).
//!
//! The janitor is this program once more, in a process group of its own, waiting on a pipe that only the kernel holds
//! open: the pipe's end is the kernel's end, however it came.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

const DIRECTORY: &str = "UNET_LAB_JANITOR";
/// The processes that ran cells end with the kernel, but not in the same instant.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// Does the janitor's work where this process is one. Must come early in `main`.
pub fn run_if_janitor() -> Option<ExitCode> {
    let directory = PathBuf::from(std::env::var_os(DIRECTORY)?);
    let mut ignored = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut ignored);
    let _ = std::fs::remove_file(super::launch::interrupt_file(&directory));
    for _ in 0..TRIES {
        if !directory.exists() {
            break;
        }
        let _ = std::fs::remove_dir_all(&directory);
        std::thread::sleep(PAUSE);
    }
    Some(ExitCode::SUCCESS)
}

/// A running janitor. Dropping it lets it end.
#[derive(Debug)]
pub struct Janitor(Child);

impl Janitor {
    /// Starts one for `directory`. Without it the next session cleans up, so a failure is no error.
    pub fn start(directory: &Path) -> Option<Self> {
        let mut command = Command::new(std::env::current_exe().ok()?);
        command
            .env(DIRECTORY, directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        command.spawn().ok().map(Self)
    }
}

impl Drop for Janitor {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

//! What can go wrong, by who can mend it.

use std::path::PathBuf;

/// The machine or the checkout is not as the lab needs it; the message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The directory holds no checkout of the lab.
    #[error(
        "{} is not a checkout of U-Net Lab (expected a Cargo.toml of the package `unet_lab` there). \
         Set UNET_LAB_ROOT to the directory that you cloned.",
        path.display()
    )]
    NotALabRoot {
        /// Where the checkout was looked for.
        path: PathBuf,
    },
    /// A program that the lab calls is missing.
    #[error("`{program}` was not found. {remedy}")]
    ProgramMissing {
        /// The program's name.
        program: &'static str,
        /// How to get it.
        remedy: &'static str,
    },
    /// A program was there but did not do its work.
    #[error("{what} failed ({status}).\n{output}\n{remedy}")]
    ProgramFailed {
        /// What it was asked to do.
        what: String,
        /// Its exit status.
        status: String,
        /// The end of what it printed.
        output: String,
        /// What to do about it.
        remedy: String,
    },
    /// The file system refused.
    #[error("Could not {what} at {}: {source}. {}", path.display(), remedy_for(source))]
    Io {
        /// What was attempted.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Too little room for what is about to be built.
    #[error(
        "{} has {available_mb} MB free; {what} needs about {needed_mb} MB. Free some space, or set UNET_LAB_CACHE to \
         a directory on a larger disk.",
        path.display()
    )]
    DiskFull {
        /// What needs the room.
        what: &'static str,
        /// On which file system.
        path: PathBuf,
        /// Megabytes free.
        available_mb: u64,
        /// Megabytes needed.
        needed_mb: u64,
    },
    /// The address that JupyterLab should listen on is in use.
    #[error("Port {port} is taken by another program. Leave out --port and a free one is chosen, or name another.")]
    PortTaken {
        /// The port asked for.
        port: u16,
    },
    /// Something else, said in full.
    #[error("{0}")]
    Other(String),
}

impl SetupError {
    /// An `Io` error for `what` at `path`; for `map_err`.
    pub fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }
}

fn remedy_for(error: &std::io::Error) -> &'static str {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "Make the directory writable, or set UNET_LAB_CACHE (and UNET_LAB_WORKSPACE for your notebooks) to one that is."
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "The disk is full: free some space, or set UNET_LAB_CACHE to a larger disk."
        }
        ErrorKind::NotFound => "Check the path.",
        _ => "`unet-lab doctor` looks for the usual causes.",
    }
}

/// The end of what a program said, without its empty lines: where the reason usually stands.
pub fn last_lines(said: &str, count: usize) -> String {
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

//! Why a data set did not arrive.

use std::fmt::{self, Write as _};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::archive::ArchiveError;
use crate::datasets::human_bytes;

/// Why a data set did not arrive. What was downloaded is kept, and the next attempt goes on from there.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum FetchError {
    /// No data set has this id.
    #[error("there is no data set \"{id}\"{hint}. `unet-lab data list` names all")]
    Unknown {
        /// What was asked for.
        id: String,
        /// ": did you mean …?", or nothing.
        hint: String,
    },
    /// Its provider wants a person.
    #[error(
        "{title} cannot be downloaded by a program:\n{}{}",
        numbered(steps),
        instead(alternatives)
    )]
    ByHand {
        /// The data set's title.
        title: String,
        /// What to do.
        steps: Vec<String>,
        /// Ids of data sets to take instead.
        alternatives: Vec<String>,
    },
    /// No source gave the file.
    #[error("{file} could not be downloaded:{}\n{}", listed(failures), remedy(failures))]
    Download {
        /// The file.
        file: String,
        /// What each source did, in the order in which they were asked.
        failures: Vec<SourceFailure>,
    },
    /// Too little room, seen before anything was downloaded.
    #[error(
        "{path} has {} free; {what} needs {}. Free some space (`unet-lab data clean`), or set UNET_LAB_DATA to a larger disk",
        human_bytes(*available), human_bytes(*needed)
    )]
    NoRoom {
        /// The cache.
        path: PathBuf,
        /// What needs the room.
        what: String,
        /// Bytes free.
        available: u64,
        /// Bytes needed.
        needed: u64,
    },
    /// The disk became full.
    #[error(
        "the disk is full at {path}. Free some space (`unet-lab data clean`) and try again: it goes on where it stopped"
    )]
    DiskFull {
        /// What was being written.
        path: PathBuf,
    },
    /// An archive could not be unpacked.
    #[error("{file}: {problem}")]
    Archive {
        /// The archive.
        file: String,
        /// Why not.
        problem: ArchiveError,
    },
    /// A file is not the one that the manifest means.
    #[error("{file} is not what it should be: {problem}")]
    WrongFile {
        /// The file.
        file: PathBuf,
        /// What differs.
        problem: SourceProblem,
    },
    /// A file given by hand belongs to no data set that the lab knows.
    #[error(
        "{file} is no file of a data set that the lab knows ({found}). Name the data set: unet-lab data add FILE ID"
    )]
    Unrecognised {
        /// The file.
        file: PathBuf,
        /// Its name and checksum.
        found: String,
    },
    /// The cache cannot be used.
    #[error("{path}: {reason}. Make it writable, or set UNET_LAB_DATA to a folder that is")]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// The data set is not in the cache.
    #[error("{id} is not in the cache: unet-lab data get {id}")]
    NotThere {
        /// The data set.
        id: String,
    },
    /// A bundle is damaged, or may not be made.
    #[error("{path}: {reason}")]
    Bundle {
        /// The bundle.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A setting cannot be used.
    #[error("{0}")]
    Setting(String),
    /// Whoever watched asked to stop.
    #[error("stopped; the next attempt goes on from here")]
    Stopped,
}

/// What one source did.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceFailure {
    /// Its address.
    pub url: String,
    /// What happened.
    pub problem: SourceProblem,
}

/// What is wrong with a source, or with what it gave.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum SourceProblem {
    /// No connection.
    #[error("not reached: {0}")]
    Unreachable(String),
    /// No secure connection.
    #[error(
        "no secure connection: {0}. Behind a proxy that opens connections, set SSL_CERT_FILE to its certificate; otherwise \
         look at this machine's clock"
    )]
    Tls(String),
    /// An HTTP status that is no success.
    #[error("answered {code}{}", meaning(*code))]
    Status {
        /// The status.
        code: u16,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// Redirects without an end.
    #[error("sent from one address to the next without an end")]
    Redirects,
    /// A web page instead of the file.
    #[error(
        "gave a web page (\"{title}\") instead of the file: it may want a log-in, or a network's sign-in page is in between"
    )]
    WebPage {
        /// Its title, or how it begins.
        title: String,
    },
    /// Nothing came for a while.
    #[error("sent nothing for {} s", .0.as_secs_f32())]
    Stalled(Duration),
    /// The connection ended early.
    #[error("the connection ended after {got} of {expected} bytes")]
    CutShort {
        /// Bytes that came.
        got: u64,
        /// Bytes announced.
        expected: u64,
    },
    /// The file has another length than is known.
    #[error("offers {found} bytes where {expected} were expected: the file has changed there")]
    WrongLength {
        /// The known length.
        expected: u64,
        /// The length offered.
        found: u64,
    },
    /// The file was replaced again and again while it was downloaded.
    #[error("the file changes while it is downloaded")]
    Changing,
    /// The checksum is another.
    #[error("the {kind} is {found}, not {expected}: damaged on the way, or another file")]
    WrongChecksum {
        /// "SHA-256" or "MD5".
        kind: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// Not the file that came the first time.
    #[error(
        "the SHA-256 is {found}, but when it first came it was {expected}. If its provider renewed it, forget the first one: \
         unet-lab data clean ID --forget"
    )]
    NotAsFirst {
        /// What it was.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The file is of another kind.
    #[error("is no {expected} file; it begins with \"{begins}\"")]
    OtherKind {
        /// "zip", "tar", …
        expected: String,
        /// How it begins.
        begins: String,
    },
    /// What it says is no HTTP, or contradicts itself.
    #[error("does not speak HTTP as it should: {0}")]
    Protocol(String),
    /// A repository's interface did not tell an address.
    #[error("{0}")]
    NoAddress(String),
}

impl SourceProblem {
    /// Whether the same source may do better in a moment.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Stalled(_) | Self::CutShort { .. } | Self::Protocol(_) => true,
            Self::Status { code, .. } => matches!(code, 408 | 425 | 429 | 500..=599) && *code != 501,
            _ => false,
        }
    }

    /// Whether it says that there are too many connections.
    pub(super) fn asks_for_fewer_connections(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Status { code: 429 | 503, .. })
    }
}

impl FetchError {
    /// An error of the file system at `path` in the cache.
    pub(super) fn system(path: &Path, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::DiskFull { path }
            }
            _ => Self::Cache {
                path,
                reason: error.to_string(),
            },
        }
    }
}

fn numbered(steps: &[String]) -> String {
    (1..).zip(steps).fold(String::new(), |mut text, (number, step)| {
        let _ = writeln!(text, "  {number}. {step}");
        text
    })
}

fn instead(alternatives: &[String]) -> String {
    match alternatives {
        [] => String::new(),
        ids => format!("Open instead: {}", ids.join(", ")),
    }
}

fn listed(failures: &[SourceFailure]) -> String {
    failures.iter().fold(String::new(), |mut text, failure| {
        let _ = write!(text, "\n  {failure}");
        text
    })
}

fn remedy(failures: &[SourceFailure]) -> &'static str {
    let all_unreachable = failures
        .iter()
        .all(|failure| matches!(failure.problem, SourceProblem::Unreachable(_)));
    if all_unreachable {
        "Is there a network? Behind a proxy, set HTTPS_PROXY; in a room with a server, set UNET_LAB_MIRROR. The next attempt goes \
         on from here"
    } else {
        "Try again later: it goes on from here. Or download it with a browser and give it to `unet-lab data add FILE`"
    }
}

fn meaning(code: u16) -> &'static str {
    match code {
        401 | 403 => " (not allowed: it may want a log-in)",
        404 | 410 => " (not there any more)",
        407 => " (the proxy wants a name and a password)",
        429 => " (too many requests)",
        500..=599 => " (the server is in trouble)",
        _ => "",
    }
}

impl fmt::Display for SourceFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.url, self.problem)
    }
}

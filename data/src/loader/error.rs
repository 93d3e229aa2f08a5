//! What can go wrong while loading, and with which case.

use std::path::PathBuf;

use thiserror::Error;

use crate::DataError;

/// A case that could not be loaded. The message names it.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum LoadError {
    /// It could not be read or transformed.
    #[error("{case}: {problem}")]
    Case {
        /// The case.
        case: String,
        /// What is wrong.
        problem: Box<DataError>,
    },
    /// A source or transform panicked: a mistake in its code, which is named.
    #[error("{case}: loading it panicked: {message}")]
    Panicked {
        /// The case.
        case: String,
        /// What the panic said.
        message: String,
    },
    /// The cache's folder could not be written.
    #[error("cannot write the cache file {path}: {reason}. Free some space, or choose another folder with on_disk")]
    Cache {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// A thread could not be started.
    #[error("cannot start a thread for loading: {0}. Ask for fewer with Loader::with_threads")]
    Thread(String),
}

impl LoadError {
    pub(crate) fn case(name: String, problem: impl Into<DataError>) -> Self {
        Self::Case {
            case: name,
            problem: Box::new(problem.into()),
        }
    }
}

//! What can be wrong with a file's contents.

use thiserror::Error;

/// A file whose contents cannot be used. A reader works on bytes and does not know the file's name;
/// [`DataError::File`](crate::DataError::File) adds it.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum FormatError {
    /// The file ends before its contents do.
    #[error("it is cut off: {what} needs {expected} bytes, but {found} are there. Fetch or copy it again")]
    Truncated {
        /// What was being read.
        what: &'static str,
        /// Bytes that it needs.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// The contents are of no format that is read.
    #[error("it is not {expected}: it begins with {found}")]
    Foreign {
        /// The format or formats that it could have been.
        expected: &'static str,
        /// The first bytes, or the format that was recognised.
        found: String,
    },
    /// A statement in the file contradicts another, or the format.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// A valid file of a kind that is not read.
    #[error("{what} is not read: {hint}")]
    Unsupported {
        /// What the file uses.
        what: String,
        /// What to do.
        hint: String,
    },
    /// Decoded, the file would take more memory than allowed.
    #[error(
        "it would take {needed} bytes of memory, but {limit} are allowed; if the file is to be trusted, raise the limit with \
         Limits::with_bytes"
    )]
    TooLarge {
        /// Bytes after decoding.
        needed: u64,
        /// The limit.
        limit: u64,
    },
    /// The system could not read.
    #[error("the system says: {0}")]
    System(String),
}

impl From<std::io::Error> for FormatError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput => {
                Self::Damaged(error.to_string())
            }
            _ => Self::System(error.to_string()),
        }
    }
}

/// How much memory a decoded file may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    bytes: u64,
}

impl Limits {
    /// At most so many bytes of decoded numbers.
    pub fn with_bytes(bytes: u64) -> Self {
        Self { bytes }
    }

    /// Bytes allowed.
    pub fn bytes(self) -> u64 {
        self.bytes
    }

    /// The number of bytes of `shape`, if it is allowed: to be asked before anything is allocated.
    ///
    /// # Errors
    /// [`FormatError::TooLarge`]; also when the product is no 64-bit number.
    pub fn check(self, shape: &[usize], bytes_each: usize) -> Result<usize, FormatError> {
        let needed = shape
            .iter()
            .try_fold(bytes_each as u64, |all, &side| all.checked_mul(side as u64))
            .unwrap_or(u64::MAX);
        match usize::try_from(needed) {
            Ok(bytes) if needed <= self.bytes => Ok(bytes),
            _ => Err(FormatError::TooLarge {
                needed,
                limit: self.bytes,
            }),
        }
    }
}

impl Default for Limits {
    /// 8 GiB, more than any single volume of the lab's data sets.
    fn default() -> Self {
        Self { bytes: 8 << 30 }
    }
}

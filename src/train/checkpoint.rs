//! One checkpoint: all that a run needs to go on.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::store::ModuleRecord;
use burn::tensor::Bytes;
use serde::{Deserialize, Serialize};

use super::write::write_atomic;
use super::{History, TrainConfig, TrainError};
use crate::error::Result;

/// The state of a run after an epoch, read from a file: weights, optimizer, history, settings, and where the random
/// numbers stand.
///
/// The file begins with a line that says what it is, then holds a description in JSON, the weights and the optimizer's
/// state in Burn's own format, and a checksum.
#[derive(Clone)]
pub struct Checkpoint {
    path: PathBuf,
    pub(super) header: Header,
    weights: Arc<Vec<u8>>,
    optimizer: Arc<Vec<u8>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) epoch: usize,
    pub(super) config: TrainConfig,
    /// The learning rate bit by bit: decimal digits may lose the last one.
    pub(super) learning_rate_bits: u64,
    pub(super) history: History,
    /// How many random numbers order and augmentation have used.
    pub(super) positions: [u64; 2],
    pub(super) data: Fingerprint,
    weights: usize,
    optimizer: usize,
}

/// What tells one set of training samples from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    pub(super) samples: usize,
    pub(super) names: u64,
}

impl Fingerprint {
    pub(super) fn new(names: impl Iterator<Item = String>) -> Self {
        let (mut samples, mut sum) = (0, Checksum::new());
        for name in names {
            samples += 1;
            sum.add(name.as_bytes());
            sum.add(&[0]);
        }
        Self { samples, names: sum.0 }
    }
}

/// What a checkpoint is written from.
pub(super) struct State<'a> {
    pub(super) config: &'a TrainConfig,
    pub(super) history: &'a History,
    pub(super) positions: [u64; 2],
    pub(super) data: &'a Fingerprint,
}

const MAGIC: &[u8] = b"unet_lab checkpoint 1\n";

/// Writes a checkpoint, whole or not at all.
pub(super) fn write<M: Module>(path: &Path, state: &State, model: &M, optimizer: &ModuleOptimizer) -> Result<()> {
    let broken = |error: burn::store::RecordError| TrainError::Checkpoint {
        path: path.to_owned(),
        expected: "weights that can be written".into(),
        found: error.to_string(),
        remedy: "Report this: it is a bug".into(),
    };
    let weights = model.valid().into_record().into_bytes().map_err(broken)?;
    let optimizer = optimizer.into_bytes().map_err(broken)?;
    let header = Header {
        epoch: state.history.len(),
        config: state.config.clone(),
        learning_rate_bits: state.config.learning_rate.to_bits(),
        history: state.history.clone(),
        positions: state.positions,
        data: state.data.clone(),
        weights: weights.len(),
        optimizer: optimizer.len(),
    };
    let header = serde_json::to_vec(&header).map_err(|error| TrainError::Checkpoint {
        path: path.to_owned(),
        expected: "settings that can be written".into(),
        found: error.to_string(),
        remedy: "Report this: it is a bug".into(),
    })?;
    let length = (header.len() as u64).to_le_bytes();
    let parts: [&[u8]; 5] = [MAGIC, &length, &header, &weights, &optimizer];
    let mut sum = Checksum::new();
    parts.iter().for_each(|part| sum.add(part));
    let sum = sum.0.to_le_bytes();
    write_atomic(path, &[MAGIC, &length, &header, &weights, &optimizer, &sum])?;
    Ok(())
}

/// File and epoch.
impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checkpoint({}, epoch {})", self.path.display(), self.epoch())
    }
}

impl Checkpoint {
    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] for a file that is missing, damaged or something else, saying what was expected and
    /// found.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, TrainError> {
        let path = path.as_ref();
        let wrong = |expected: &str, found: String, remedy: &str| TrainError::Checkpoint {
            path: path.to_owned(),
            expected: expected.to_owned(),
            found,
            remedy: remedy.to_owned(),
        };
        let older = "Delete it; Trainer::resume then takes the checkpoint before it";
        let bytes = std::fs::read(path).map_err(|error| wrong("a checkpoint", error.to_string(), "Check the path"))?;
        let foreign = || {
            let start = String::from_utf8_lossy(&bytes[..bytes.len().min(16)]).into_owned();
            let found = format!("{} bytes that begin with {start:?}", bytes.len());
            wrong(
                "a checkpoint of unet_lab, format 1",
                found,
                "Give a file that Trainer has written",
            )
        };
        let short = |expected: usize| {
            let found = format!("{} bytes: the file is truncated", bytes.len());
            wrong(&format!("at least {expected} bytes"), found, older)
        };
        if bytes.len() < MAGIC.len() && MAGIC.starts_with(&bytes) {
            return Err(short(MAGIC.len()));
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(foreign)?;
        let (length, rest) = rest.split_first_chunk::<8>().ok_or_else(|| short(MAGIC.len() + 8))?;
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let text = rest
            .get(..length)
            .ok_or_else(|| short(length.saturating_add(MAGIC.len() + 8)))?;
        let header: Header = serde_json::from_slice(text)
            .map_err(|error| wrong("a description in JSON", format!("something else ({error})"), older))?;
        let expected = [header.weights, header.optimizer, 8]
            .iter()
            .fold(MAGIC.len() + 8 + length, |sum, part| sum.saturating_add(*part));
        if bytes.len() < expected {
            return Err(wrong(
                &format!("{expected} bytes"),
                format!("{}: the file is truncated", bytes.len()),
                older,
            ));
        }
        let (body, sum) = bytes.split_at(expected - 8);
        let mut found = Checksum::new();
        found.add(body);
        if bytes.len() != expected || found.0.to_le_bytes() != *sum {
            return Err(wrong(
                "contents that match their checksum",
                "others: the file is damaged".into(),
                older,
            ));
        }
        let start = MAGIC.len() + 8 + length;
        let mut header = header;
        header.config.learning_rate = f64::from_bits(header.learning_rate_bits);
        Ok(Self {
            path: path.to_owned(),
            weights: Arc::new(body[start..start + header.weights].to_vec()),
            optimizer: Arc::new(body[start + header.weights..].to_vec()),
            header,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The epoch it was written after.
    pub fn epoch(&self) -> usize {
        self.header.epoch
    }

    /// What was measured until then.
    pub fn history(&self) -> &History {
        &self.header.history
    }

    /// The settings of the run.
    pub fn config(&self) -> &TrainConfig {
        &self.header.config
    }

    /// `model` with the checkpoint's weights; it must be of the same kind.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] if layers or shapes differ.
    pub fn apply<M: Module>(&self, model: M) -> Result<M, TrainError> {
        let bytes = Bytes::from_bytes_vec(self.weights.to_vec());
        ModuleRecord::from_bytes(bytes)
            .and_then(|record| model.try_load_record(record))
            .map_err(|error| {
                let remedy = "Make the model with the settings of that run, or start a new run in another folder";
                self.other(
                    "the weights of this model",
                    format!("those of another ({error})"),
                    remedy,
                )
            })
    }

    pub(super) fn apply_optimizer(&self, optimizer: ModuleOptimizer) -> Result<ModuleOptimizer, TrainError> {
        optimizer
            .from_bytes(Bytes::from_bytes_vec(self.optimizer.to_vec()))
            .map_err(|error| {
                let remedy = "Resume with the optimizer of that run";
                self.other("the state of this optimizer", error.to_string(), remedy)
            })
    }

    pub(super) fn other(&self, expected: &str, found: String, remedy: &str) -> TrainError {
        TrainError::Checkpoint {
            path: self.path.clone(),
            expected: expected.to_owned(),
            found,
            remedy: remedy.to_owned(),
        }
    }
}

/// FNV-1a with 64 bits (Fowler, Noll and Vo 1991): tells damage, not malice.
struct Checksum(u64);

impl Checksum {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

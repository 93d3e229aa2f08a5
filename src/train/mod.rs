//! Training: the loop, its settings, what it trains on, and what it measured.
//!
//! [`Trainer`] runs it; [`TrainConfig`] says how; [`Samples`] says on what; [`History`] is what comes out beside the
//! network; [`Checkpoint`]s let a run that was killed go on; [`KFold`] repeats it on parts of the data.
//!
//! Taught in unit 02 (training).

mod augment;
mod cases;
mod check;
mod checkpoint;
mod checkpoints;
mod clip;
mod config;
mod epochs;
mod error;
mod export;
mod history;
mod k_fold;
mod labelled;
mod layout;
mod memory;
mod objective;
mod optimizer;
mod progress;
mod run;
mod samples;
mod schedule;
mod scores;
mod step;
#[cfg(test)]
mod test_support;
mod trainer;
mod volumes;
mod write;

pub use cases::Cases;
pub use checkpoint::Checkpoint;
pub use checkpoints::Checkpoints;
pub use clip::Clip;
pub use config::TrainConfig;
pub use error::TrainError;
pub use history::{EpochRecord, History, Stopped};
pub use k_fold::{Fold, KFold};
pub use labelled::{LabelledImage, LabelledImages};
pub use memory::{available_memory, check_memory};
pub use optimizer::Optimizer;
pub use progress::{Progress, Silent, TextProgress, epoch_line};
pub use rand::rngs::ChaCha8Rng;
pub use samples::{Sample, Samples};
pub use schedule::{EarlyStopping, Schedule};
pub use trainer::{Fitted, Trainer};
pub use volumes::{VolumeCase, VolumePatches, Volumes};

//! Training: the loop, its settings, and what it measured.
//!
//! Taught in unit 02 (training).

mod augment;
mod check;
mod config;
mod epochs;
mod history;
mod progress;
mod trainer;

pub use config::TrainConfig;
pub use history::{EpochRecord, History, Stopped};
pub use progress::{Progress, Silent, TextProgress, epoch_line};
pub use trainer::{Fitted, Trainer};

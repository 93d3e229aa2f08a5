//! Using a trained network: probabilities for whole images and volumes, and how good they are.
//!
//! [`predict`], [`predict_all`] and [`evaluate`] are for one class in 2-D. A [`Predictor`] does the rest: several
//! classes, volumes, tiles, test-time augmentation, ensembles, images out of images. Taught in unit 02 (training).

mod batches;
mod check;
mod engine;
mod error;
mod evaluate;
mod evaluate_labels;
mod importance;
mod plan;
mod predict;
mod predictor;
#[cfg(test)]
mod predictor_errors_tests;
#[cfg(test)]
mod predictor_tests;
mod probabilities;
mod raster;
mod scan;
mod slab;
mod symmetry;
#[cfg(test)]
mod test_networks;
mod threshold;
#[cfg(test)]
mod threshold_tests;

pub use error::InferError;
pub use evaluate::{Evaluation, ImageScore, evaluate, evaluate_with};
pub use evaluate_labels::{LabelEvaluation, LabelScore, evaluate_labels};
pub use importance::Blend;
pub use predict::{ProbabilityMap, predict, predict_all};
pub use predictor::{Predictor, predict_volume, transform_image};
pub use probabilities::Probabilities;
pub use raster::Border;
pub use scan::Scan;
pub use symmetry::TestTime;
pub use threshold::{ThresholdSearch, TunedThreshold, tune_threshold, tune_thresholds};

//! Using a trained network: probabilities for whole images, and how good they are.
//!
//! Taught in unit 02 (training).

mod batches;
mod evaluate;
mod predict;

pub use evaluate::{Evaluation, ImageScore, evaluate, evaluate_with};
pub use predict::{ProbabilityMap, predict, predict_all};

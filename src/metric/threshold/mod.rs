//! Probabilities before a threshold: curves over all thresholds, the best one, and whether they can be believed.

mod calibration;
mod curve;
mod probabilities;
mod tune;

pub use calibration::{Calibration, ReliabilityBin};
pub use curve::{CurvePoint, ThresholdCurve};
pub use probabilities::Probabilities;
pub use tune::{TunedThreshold, tune_threshold, tune_threshold_among};

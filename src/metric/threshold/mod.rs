//! Probabilities before a threshold: curves over all thresholds, and whether they can be believed.

mod calibration;
mod curve;
mod probabilities;

pub use calibration::{Calibration, ReliabilityBin};
pub use curve::{CurvePoint, ThresholdCurve};
pub use probabilities::Probabilities;

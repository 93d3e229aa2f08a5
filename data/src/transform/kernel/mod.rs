//! The arithmetic of transforms: separable resampling, splines, blurring, and sampling at any place.

mod axis;
mod border;
mod gaussian;
mod layout;
mod lines;
mod pow;
mod sample;
mod spline;

pub(crate) use axis::{AxisPlan, resampled, resampled_labels};
pub use border::{Border, Interpolation, LabelInterpolation};
pub(crate) use gaussian::blurred;
pub(crate) use layout::{cut, flip, permuted};
pub(crate) use lines::for_lines;
pub(crate) use pow::power;
pub(crate) use sample::{Places, warped};
pub(crate) use spline::{CubicAxis, Extension, prefilter};

//! The glue to Jupyter: the only module that knows that a notebook exists.
//!
//! Inside the lab's kernel, figures and panics travel as marked lines on standard output ([`display`], [`LiveDisplay`],
//! [`attach`]), and a file tells that the student pressed "interrupt" ([`interrupted`]). On a stock evcxr kernel
//! figures appear at the end of the cell; in a terminal their text is printed. Nothing else in the library needs to
//! know which.

mod display;
mod download;
mod event;
mod host;
mod panic;
mod settings;
mod value;

pub use display::{LiveDisplay, display};
pub use download::fetch_dataset;
pub use host::{in_lab_kernel, interrupted};
pub use panic::attach;
pub use settings::{Settings, settings};
pub use value::ShowValue;

use crate::plot::LiveCurve;
use crate::train::{Progress, TextProgress};

/// How a training reports where this code runs: a live curve in the lab's kernel, a line of text an epoch elsewhere.
pub fn default_progress() -> Box<dyn Progress> {
    if in_lab_kernel() {
        Box::new(LiveCurve::new())
    } else {
        Box::new(TextProgress::new())
    }
}

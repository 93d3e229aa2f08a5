//! Figures: overlays, curves, the U, histograms, and the live curve of a training.
//!
//! Every figure has a white background of its own (so that it reads the same in a light and a dark notebook), colours
//! that colour-blind people can tell apart, and a text that says what it shows.

mod base64;
mod blocks;
mod chart;
mod curves;
mod figure;
mod histogram;
mod live;
mod network_diagram;
mod overlay;
mod palette;
mod panels;
#[cfg(test)]
mod samples;
mod summary_table;
mod svg;
mod u_diagram;

pub(crate) use base64::{decode as base64_decode, encode as base64_encode};
pub use curves::curves;
pub use figure::{Figure, FigureError};
pub use histogram::{histogram, histogram_by_mask};
pub use live::LiveCurve;
pub use network_diagram::network_diagram;
pub use overlay::{compare, compare_all, gallery, heat_map, overlay, picture, pictures};
pub(crate) use svg::escape;
pub use u_diagram::u_diagram;

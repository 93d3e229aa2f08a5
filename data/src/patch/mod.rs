//! Patches: parts of images and volumes that a network is trained on or predicts, one after another.
//!
//! [`Patches`] draws random ones, balanced by foreground or class; [`PatchGrid`] covers an image evenly; [`Slices`] takes slices of a
//! volume. All keep name, group and place in space, and stay inside the image or fill up what lies beyond, as asked. Taught in unit 09
//! (volumes).

mod foreground_index;
mod grid;
mod random;
mod slices;
#[cfg(test)]
mod tests;

pub use foreground_index::ForegroundIndex;
pub use grid::PatchGrid;
pub use random::{Balance, Patches};
pub use slices::{Axis, Slices};

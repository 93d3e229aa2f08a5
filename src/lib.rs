//! U-Net in Rust, built to be learned from: the network, its losses and metrics, a trainer, medical image data,
//! figures and self-checking questions, on [Burn](https://burn.dev).
//!
//! The notebooks of U-Net Lab import this crate with `use unet_lab::prelude::*;`.

pub use burn;

pub mod data;
pub mod device;
pub mod error;
mod files;
pub mod infer;
pub mod loss;
pub mod metric;
pub mod morphology;
pub mod nn;
pub mod notebook;
pub mod plot;
pub mod prelude;
pub mod quiz;
pub mod train;
pub mod weights;

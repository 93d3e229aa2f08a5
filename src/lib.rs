//! U-Net in Rust, built to be learned from: the network, its losses and metrics, a trainer, medical image data,
//! figures and self-checking questions, on [Burn](https://burn.dev).
//!
//! The notebooks of U-Net Lab import this crate with `use unet_lab::prelude::*;`.

pub use burn;

/// From bytes to image/mask pairs and their tensors: the crate `unet_lab_data`, and what turns pairs into a network's input.
/// Taught in unit 02 (training).
pub mod data {
    pub use crate::tensors::{image_tensor, mask_tensor, tensors};
    pub use unet_lab_data::*;
}

pub mod device;
pub mod error;
pub mod infer;
pub mod loss;
pub mod metric;
pub mod morphology;
pub mod nn;
pub mod notebook;
pub mod plot;
pub mod prelude;
pub mod quiz;
mod tensors;
pub mod train;
pub mod weights;

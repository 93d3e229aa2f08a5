//! Weights in files: saved, loaded, brought from PyTorch and Keras, and frozen.
//!
//! A network is saved as safetensors together with its configuration, so that a file says which network it belongs to:
//!
//! ```
//! use unet_lab::prelude::*;
//! use unet_lab::weights::{load_weights, save_weights};
//!
//! let config = UNetConfig::new(1, 1).with_base_channels(2).with_depth(1);
//! let file = std::env::temp_dir().join(format!("unet_lab_doc_{}.safetensors", std::process::id()));
//! save_weights(&config.init(&cpu()), &file)?;
//! let model = load_weights(config.with_seed(7).init(&cpu()), &file)?;
//! # let _ = (model, std::fs::remove_file(&file));
//! # Ok::<(), LabError>(())
//! ```
//!
//! Names are those of the fields: `encoders.0.conv.conv1.conv.weight`. Weights of other libraries come in with
//! [`load_pytorch_unet`], [`load_resnet_encoder`] and [`load_keras_unet`]; see `docs/weights.md`. Taught in unit 02
//! (training).

mod disk;
mod error;
mod freeze;
mod keras;
mod layers;
mod network;
mod pytorch;
mod pytorch_names;
mod record;
mod safetensors;
mod set;
#[cfg(test)]
mod tests;

pub use error::WeightsError;
pub use freeze::{freeze_encoder, freeze_part};
pub use keras::load_keras_unet;
pub use network::{Described, load_matching, load_network, load_weights, save_weights, save_weights_as};
pub use pytorch_names::{load_pytorch_unet, load_resnet_encoder};
pub use record::{load_record, save_record};
pub use set::{Array, LoadReport, Weights};

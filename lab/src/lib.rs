//! The `unet-lab` command: JupyterLab in one command, the Rust kernel, and the notebook runner, on one session engine.

pub mod commands;
pub mod engine;
pub mod environment;
pub mod error;
pub mod files;
pub mod jupyter;
pub mod kernel;
pub mod notebook;
pub mod paths;
pub mod toolchain;

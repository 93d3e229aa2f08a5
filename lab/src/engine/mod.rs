//! The session engine: one Rust process that runs cells, for the Jupyter kernel, `unet-lab run` and the notebook tests alike.

pub mod answers;
pub mod as_cargo;
pub mod cargo_home;
pub mod cell_compiler;
pub mod clone;
pub mod collector;
pub mod ending;
pub mod failure;
pub mod frames;
pub mod interrupt;
pub mod janitor;
pub mod launch;
pub mod metadata_filter;
pub mod progress;
pub mod relay;
pub mod rewriter;
pub mod rust_src;
pub mod session;
pub mod source;
pub mod template;

pub use failure::CellError;
pub use interrupt::Interrupter;
pub use session::{Completion, Event, Prompt, Session, StartStep};
pub use template::{Freshness, Template};

//! Notebook files, and running them without a browser.

pub mod file;
pub mod html;
pub mod outputs;
pub mod runner;

pub use file::{NotebookError, NotebookFile};

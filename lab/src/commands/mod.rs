//! What the program does, one file a command.

pub mod kernel;
pub mod run;
pub mod template;

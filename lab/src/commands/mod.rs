//! What the program does, one file a command.

pub mod data;
pub mod doctor;
pub mod kernel;
pub mod run;
pub mod start;
pub mod template;

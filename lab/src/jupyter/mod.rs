//! JupyterLab for the lab: a private Python environment, the student's workspace, and the server.

pub mod python;
pub mod server;
pub mod workspace;

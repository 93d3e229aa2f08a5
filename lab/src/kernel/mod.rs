//! The Jupyter kernel "Rust (U-Net Lab)".
//!
//! Messages are read and written on one asynchronous thread; cells run on another, which owns the session. Requests that
//! need no session are answered at once, so a front end connects while the session still starts.

mod channels;
mod executor;
mod history;
mod reading;
mod requests;
mod status;

use std::path::Path;
use std::sync::mpsc;

use jupyter_protocol::ConnectionInfo;

use crate::engine::Template;
use crate::engine::session::interrupter_of_this_process;
use crate::error::SetupError;

/// The kernel's name, as notebooks carry it.
pub const NAME: &str = "unet-lab";
/// The kernel's name, as people see it.
pub const DISPLAY_NAME: &str = "Rust (U-Net Lab)";

/// Serves the kernel until it is shut down. Where the machine cannot run cells, `template` says why, and so does every cell.
pub fn serve(connection_file: &Path, template: Result<Template, SetupError>) -> Result<(), SetupError> {
    let text = std::fs::read_to_string(connection_file)
        .map_err(SetupError::io("read Jupyter's connection file", connection_file))?;
    let connection: ConnectionInfo = serde_json::from_str(&text).map_err(|error| {
        SetupError::Other(format!(
            "{} is not a connection file of Jupyter: {error}",
            connection_file.display()
        ))
    })?;
    let interrupter = interrupter_of_this_process();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(SetupError::io("start the kernel", connection_file))?;
    runtime.block_on(async {
        let (jobs, queue) = mpsc::channel();
        let (answers, answered) = mpsc::channel();
        let channels = channels::open(&connection).await?;
        let outbox = channels.outbox.clone();
        let for_executor = interrupter.clone();
        let executor =
            std::thread::spawn(move || executor::Executor::new(outbox, answered, for_executor).run(&queue, template));
        channels::serve(channels, jobs, answers, interrupter.clone()).await;
        // A running cell would keep the session's directory alive.
        interrupter.kill();
        let _ = executor.join();
        Ok(())
    })
}

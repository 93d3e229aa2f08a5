//! Stopping a cell: first by asking, then by force.

use std::path::PathBuf;
use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a cell has to stop by itself (the lab's training loops do, and keep their results).
pub const GRACE: Duration = Duration::from_secs(5);

/// Stops the cell that runs at the moment; may be called from any thread.
#[derive(Debug, Clone)]
pub struct Interrupter {
    file: PathBuf,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    running: bool,
    requested: Option<Instant>,
    forced: bool,
    process: Option<Arc<Mutex<Child>>>,
}

/// How a cell ended that was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupted {
    /// Nobody asked.
    No,
    /// It stopped by itself.
    Kept,
    /// Its process was ended.
    Forced,
}

impl Interrupter {
    /// An interrupter that asks by creating `file`.
    pub fn new(file: PathBuf) -> Self {
        Self {
            file,
            state: Arc::default(),
        }
    }

    /// The process to end when asking does not help.
    pub(super) fn watch(&self, process: Arc<Mutex<Child>>) {
        self.lock().process = Some(process);
    }

    /// Asks the running cell to stop; asked twice, it is stopped at once. Without a running cell nothing happens.
    pub fn interrupt(&self) {
        let mut state = self.lock();
        if !state.running {
            return;
        }
        if state.requested.is_some() {
            state.force();
        } else {
            state.requested = Some(Instant::now());
            let _ = std::fs::write(&self.file, "");
        }
    }

    /// Whether the running cell was asked to stop.
    pub fn is_requested(&self) -> bool {
        self.lock().requested.is_some()
    }

    /// Ends the process that runs cells, whatever it does: the session is over.
    pub fn kill(&self) {
        self.lock().force();
    }

    pub(super) fn begin(&self) {
        let _ = std::fs::remove_file(&self.file);
        let mut state = self.lock();
        state.running = true;
        state.requested = None;
        state.forced = false;
    }

    /// Called now and then while a cell runs: ends it when it was asked long enough ago.
    pub(super) fn tick(&self) {
        let mut state = self.lock();
        if !state.forced && state.requested.is_some_and(|asked| asked.elapsed() > GRACE) {
            state.force();
        }
    }

    pub(super) fn end(&self) -> Interrupted {
        let _ = std::fs::remove_file(&self.file);
        let mut state = self.lock();
        state.running = false;
        match (state.requested.take(), state.forced) {
            (_, true) => Interrupted::Forced,
            (Some(_), false) => Interrupted::Kept,
            (None, false) => Interrupted::No,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn force(&mut self) {
        self.forced = true;
        if let Some(process) = &self.process {
            let mut process = process.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = process.kill();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn interrupter() -> (tempfile::TempDir, Interrupter, Arc<Mutex<Child>>) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let interrupter = Interrupter::new(directory.path().join("stop"));
        let child = Command::new("sleep").arg("60").spawn().expect("a process");
        let child = Arc::new(Mutex::new(child));
        interrupter.watch(Arc::clone(&child));
        (directory, interrupter, child)
    }

    #[test]
    fn the_first_request_asks_and_the_second_ends_the_process() {
        let (directory, interrupter, child) = interrupter();
        interrupter.begin();
        interrupter.interrupt();
        assert!(directory.path().join("stop").exists());
        interrupter.tick();
        assert!(child.lock().expect("lock").try_wait().expect("status").is_none());
        interrupter.interrupt();
        child.lock().expect("lock").wait().expect("ended");
        assert_eq!(interrupter.end(), Interrupted::Forced);
        assert!(!directory.path().join("stop").exists());
    }

    #[test]
    fn a_cell_that_stops_by_itself_keeps_its_process() {
        let (_directory, interrupter, child) = interrupter();
        interrupter.begin();
        interrupter.interrupt();
        assert_eq!(interrupter.end(), Interrupted::Kept);
        interrupter.begin();
        assert_eq!(interrupter.end(), Interrupted::No);
        interrupter.interrupt();
        let mut child = child.lock().expect("lock");
        assert!(child.try_wait().expect("status").is_none());
        let _ = child.kill();
        let _ = child.wait();
    }
}

//! One process at a time fetches a data set.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{FetchError, Phase, Progress, Step};

/// How often a waiting process looks again.
const LOOK_EVERY: Duration = Duration::from_millis(150);

/// While it lives, no other process fetches the data set. The system takes the lock away from a process that dies.
pub(super) struct Lock {
    _file: Option<File>,
    holder: PathBuf,
}

impl Lock {
    /// Waits until the data set is this process's own, saying who holds it.
    pub fn acquire(folder: &Path, id: &str, progress: &dyn Progress) -> Result<Self, FetchError> {
        fs::create_dir_all(folder).map_err(|error| FetchError::system(folder, &error))?;
        let path = folder.join(format!("{id}.lock"));
        let holder = folder.join(format!("{id}.holder"));
        let mut options = File::options();
        // Never removed: another process may just have opened it.
        let file = options.create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|error| FetchError::system(&path, &error))?;
        let mut has_told = false;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => {
                    progress
                        .note("this file system has no locks: take care that no two processes fetch the same data set");
                    return Ok(Self { _file: None, holder });
                }
                Err(TryLockError::Error(error)) => return Err(FetchError::system(&path, &error)),
            }
            if !has_told {
                let who = fs::read_to_string(&holder).unwrap_or_else(|_| "another process".into());
                progress.note(&format!("{id} is being fetched by {}; waiting for it", who.trim()));
                has_told = true;
            }
            progress.step(Step {
                dataset: id,
                file: id,
                phase: Phase::Waiting,
                bytes: 0,
                total: None,
            });
            if progress.is_cancelled() {
                return Err(FetchError::Stopped);
            }
            std::thread::sleep(LOOK_EVERY);
        }
        let _ = fs::write(&holder, format!("process {} on {}\n", std::process::id(), host_name()));
        Ok(Self {
            _file: Some(file),
            holder,
        })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.holder);
    }
}

fn host_name() -> String {
    let told = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named = || {
        std::env::var("HOSTNAME")
            .or_else(|_| std::env::var("COMPUTERNAME"))
            .ok()
    };
    let name = told.or_else(named).unwrap_or_default();
    match name.trim() {
        "" => "this machine".to_owned(),
        name => name.to_owned(),
    }
}

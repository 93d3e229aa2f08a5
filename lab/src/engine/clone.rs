//! One directory a session, cloned from the template: what is never rewritten is shared by hard links, the rest copied.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::error::SetupError;

const LOCK: &str = "session.lock";
/// A directory without a lock may belong to a session that is just starting.
const STARTING: Duration = Duration::from_secs(60);

/// A session's own working directory, removed when the value is dropped.
#[derive(Debug)]
pub struct SessionDirectory {
    path: PathBuf,
    _lock: File,
}

impl SessionDirectory {
    /// Clones `template` to the new directory `path`, and removes what dead sessions left beside it.
    pub fn create(template: &Path, path: PathBuf) -> Result<Self, SetupError> {
        std::fs::create_dir_all(&path).map_err(SetupError::io("make a session's directory", &path))?;
        let lock = File::create(path.join(LOCK)).map_err(SetupError::io("lock the session's directory", &path))?;
        lock.lock()
            .map_err(SetupError::io("lock the session's directory", &path))?;
        if let Some(sessions) = path.parent() {
            remove_dead(sessions);
        }
        let directory = Self { path, _lock: lock };
        clone_template(template, &directory.path)?;
        Ok(directory)
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SessionDirectory {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(super::launch::interrupt_file(&self.path));
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// What sessions that are no more have left in the directory `sessions`.
pub fn dead_sessions(sessions: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(sessions).into_iter().flatten().flatten();
    let is_dead = |path: &PathBuf| match File::open(path.join(LOCK)) {
        Ok(lock) => !matches!(lock.try_lock(), Err(TryLockError::WouldBlock)),
        Err(_) => is_older_than(path, STARTING),
    };
    entries.map(|entry| entry.path()).filter(is_dead).collect()
}

fn remove_dead(sessions: &Path) {
    for path in dead_sessions(sessions) {
        let _ = if path.is_dir() {
            std::fs::remove_dir_all(&path)
        } else {
            std::fs::remove_file(&path)
        };
    }
}

fn is_older_than(path: &Path, age: Duration) -> bool {
    path.metadata()
        .and_then(|meta| meta.modified())
        .ok()
        .and_then(|modified| SystemTime::now().duration_since(modified).ok())
        .is_some_and(|elapsed| elapsed > age)
}

fn clone_template(from: &Path, to: &Path) -> Result<(), SetupError> {
    std::fs::create_dir_all(to).map_err(SetupError::io("make a session's directory", to))?;
    let entries = std::fs::read_dir(from).map_err(SetupError::io("read the notebook template", from))?;
    for entry in entries {
        let entry = entry.map_err(SetupError::io("read the notebook template", from))?;
        let (source, name) = (entry.path(), entry.file_name());
        let target = to.join(&name);
        let kind = entry
            .file_type()
            .map_err(SetupError::io("read the notebook template", &source))?;
        if kind.is_dir() {
            // Incremental state belongs to the library's own rebuilds, which happen in the template.
            if name != "incremental" {
                clone_template(&source, &target)?;
            }
        } else if is_shareable(&source) {
            if std::fs::hard_link(&source, &target).is_err() {
                copy(&source, &target)?;
            }
        } else {
            copy(&source, &target)?;
        }
    }
    Ok(())
}

/// Compiled libraries and build scripts are replaced, never rewritten in place; `ctx`, the session's own crate, is.
fn is_shareable(path: &Path) -> bool {
    let in_deps = path
        .parent()
        .and_then(Path::file_name)
        .is_some_and(|name| name == "deps");
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let library = [".rlib", ".rmeta", ".so", ".dylib"]
        .iter()
        .any(|ending| name.ends_with(ending));
    let session_crate = name.starts_with("libctx") || name.starts_with("libcode_");
    let build_script = name.starts_with("build_script_build") || name.starts_with("build-script-build");
    (in_deps || name.starts_with("libunet_lab")) && library && !session_crate || build_script && !name.ends_with(".d")
}

/// A copy with the original's time: cargo trusts an output only while it is not older than its inputs.
fn copy(from: &Path, to: &Path) -> Result<(), SetupError> {
    std::fs::copy(from, to)
        .and_then(|_| {
            let modified = from.metadata()?.modified()?;
            File::options().write(true).open(to)?.set_modified(modified)
        })
        .map_err(SetupError::io("copy the notebook template", to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    fn template() -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let deps = directory.path().join("target/debug/deps");
        std::fs::create_dir_all(deps.join("../incremental/x")).expect("directories");
        for name in ["liba-1.rlib", "libctx.so", "a.d"] {
            std::fs::write(deps.join(name), name).expect("a file");
        }
        directory
    }

    #[test]
    fn libraries_are_shared_and_everything_else_is_the_sessions_own() {
        let template = template();
        let sessions = tempfile::tempdir().expect("a temporary directory");
        let directory = SessionDirectory::create(template.path(), sessions.path().join("a")).expect("a clone");
        let path = directory.path();
        let inode = |root: &Path, name: &str| {
            let file = root.join("target/debug/deps").join(name);
            file.metadata().expect("the file").ino()
        };
        assert_eq!(inode(path, "liba-1.rlib"), inode(template.path(), "liba-1.rlib"));
        for own in ["libctx.so", "a.d"] {
            assert_ne!(inode(path, own), inode(template.path(), own), "{own}");
        }
        assert!(!path.join("target/debug/incremental").exists());
    }

    #[test]
    fn copies_keep_the_time_of_the_original() {
        let template = template();
        let file = template.path().join("target/debug/deps/a.d");
        let old = SystemTime::now() - Duration::from_secs(3600);
        File::options()
            .write(true)
            .open(&file)
            .and_then(|file| file.set_modified(old))
            .expect("set the time");
        let sessions = tempfile::tempdir().expect("a temporary directory");
        let directory = SessionDirectory::create(template.path(), sessions.path().join("a")).expect("a clone");
        let path = directory.path();
        let copied = path.join("target/debug/deps/a.d");
        let difference = |a: SystemTime, b: SystemTime| a.duration_since(b).unwrap_or_else(|error| error.duration());
        let modified = copied.metadata().and_then(|meta| meta.modified()).expect("its time");
        assert!(difference(modified, old) < Duration::from_millis(1));
    }

    #[test]
    fn a_live_session_is_kept_and_a_dead_one_removed() {
        let template = template();
        let sessions = tempfile::tempdir().expect("a temporary directory");
        let live = SessionDirectory::create(template.path(), sessions.path().join("live")).expect("a session");
        let dead = sessions.path().join("dead");
        std::fs::create_dir_all(&dead).expect("a directory");
        std::fs::write(dead.join(LOCK), "").expect("a lock nobody holds");
        let other = SessionDirectory::create(template.path(), sessions.path().join("other")).expect("another session");
        assert!(live.path().exists() && other.path().exists() && !dead.exists());
        let path = live.path().to_path_buf();
        drop(live);
        assert!(!path.exists());
    }
}

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
    /// Makes the new directory `path`, and removes what dead sessions left beside it.
    pub fn create(path: PathBuf) -> Result<Self, SetupError> {
        std::fs::create_dir_all(&path).map_err(SetupError::io("make a session's directory", &path))?;
        let lock = File::create(path.join(LOCK)).map_err(SetupError::io("lock the session's directory", &path))?;
        lock.lock()
            .map_err(SetupError::io("lock the session's directory", &path))?;
        if let Some(sessions) = path.parent() {
            remove_dead(sessions);
        }
        Ok(Self { path, _lock: lock })
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

/// Clones what the template at `template` has compiled into the session at `session`, which may be compiling its own
/// crate at the same time.
pub fn clone_compiled(template: &Path, session: &Path) -> Result<(), SetupError> {
    clone_folder(&template.join("target"), &session.join("target"))
}

fn clone_folder(from: &Path, to: &Path) -> Result<(), SetupError> {
    std::fs::create_dir_all(to).map_err(SetupError::io("make a session's directory", to))?;
    let entries = std::fs::read_dir(from).map_err(SetupError::io("read the notebook template", from))?;
    // A unit's records and its build script's output have a folder each, written when the unit is compiled.
    let holds_units = from.ends_with(".fingerprint") || from.ends_with("build");
    for entry in entries {
        let entry = entry.map_err(SetupError::io("read the notebook template", from))?;
        let (source, name) = (entry.path(), entry.file_name());
        let (target, name) = (to.join(&name), name.to_string_lossy());
        let kind = entry
            .file_type()
            .map_err(SetupError::io("read the notebook template", &source))?;
        if is_sessions_own(&name) {
            continue;
        }
        if kind.is_dir() {
            if holds_units && !is_librarys(&name) {
                std::os::unix::fs::symlink(&source, &target)
                    .map_err(SetupError::io("link into the session's directory", &target))?;
            } else {
                clone_folder(&source, &target)?;
            }
        } else if is_compiled(&name) || !is_librarys(&name) {
            if std::fs::hard_link(&source, &target).is_err() {
                copy(&source, &target)?;
            }
        } else {
            copy(&source, &target)?;
        }
    }
    Ok(())
}

/// The session's own crate, its incremental state and the locks of the cargo that compiles it.
fn is_sessions_own(name: &str) -> bool {
    let crate_name = name.strip_prefix("lib").unwrap_or(name);
    ["ctx-", "ctx.", "code_"]
        .iter()
        .any(|start| crate_name.starts_with(start))
        || ["incremental", ".cargo-lock", "CACHEDIR.TAG"].contains(&name)
}

/// The lab's library, which cargo compiles anew in a session when its sources have changed.
fn is_librarys(name: &str) -> bool {
    name.contains("unet_lab")
}

/// Compiled libraries are replaced, never rewritten in place.
fn is_compiled(name: &str) -> bool {
    [".rlib", ".rmeta", ".so", ".dylib"]
        .iter()
        .any(|ending| name.ends_with(ending))
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

    const DEBUG: &str = "target/x86_64/debug";

    fn template() -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let debug = directory.path().join(DEBUG);
        for (folder, files) in [
            (
                "deps",
                &["liba-1.rlib", "a.d", "libctx.so", "libunet_lab.so", "unet_lab.d"][..],
            ),
            (".fingerprint/burn-1", &["lib-burn"]),
            (".fingerprint/unet_lab-1", &["lib-unet_lab"]),
            (".fingerprint/ctx-1", &["lib-ctx"]),
            ("incremental/ctx-1", &["state"]),
        ] {
            std::fs::create_dir_all(debug.join(folder)).expect("directories");
            for file in files {
                std::fs::write(debug.join(folder).join(file), file).expect("a file");
            }
        }
        directory
    }

    fn session_of(template: &Path, sessions: &Path, name: &str) -> SessionDirectory {
        let session = SessionDirectory::create(sessions.join(name)).expect("a session");
        clone_compiled(template, session.path()).expect("a clone");
        session
    }

    #[test]
    fn what_is_never_rewritten_is_shared_and_the_sessions_own_crate_left_out() {
        let template = template();
        let sessions = tempfile::tempdir().expect("a temporary directory");
        let session = session_of(template.path(), sessions.path(), "a");
        let (ours, theirs) = (session.path().join(DEBUG), template.path().join(DEBUG));
        let inode = |root: &Path, name: &str| root.join(name).metadata().expect("the file").ino();
        for shared in [
            "deps/liba-1.rlib",
            "deps/a.d",
            "deps/libunet_lab.so",
            ".fingerprint/burn-1/lib-burn",
        ] {
            assert_eq!(inode(&ours, shared), inode(&theirs, shared), "{shared}");
        }
        for copied in ["deps/unet_lab.d", ".fingerprint/unet_lab-1/lib-unet_lab"] {
            assert_ne!(inode(&ours, copied), inode(&theirs, copied), "{copied}");
        }
        for own in ["deps/libctx.so", ".fingerprint/ctx-1", "incremental"] {
            assert!(!ours.join(own).exists(), "{own}");
        }
        drop(session);
        assert!(
            theirs.join(".fingerprint/burn-1/lib-burn").exists(),
            "removing a session leaves the template"
        );
    }

    #[test]
    fn copies_keep_the_time_of_the_original() {
        let template = template();
        let file = template.path().join(DEBUG).join("deps/unet_lab.d");
        let old = SystemTime::now() - Duration::from_secs(3600);
        File::options()
            .write(true)
            .open(&file)
            .and_then(|file| file.set_modified(old))
            .expect("set the time");
        let sessions = tempfile::tempdir().expect("a temporary directory");
        let session = session_of(template.path(), sessions.path(), "a");
        let copied = session.path().join(DEBUG).join("deps/unet_lab.d");
        let difference = |a: SystemTime, b: SystemTime| a.duration_since(b).unwrap_or_else(|error| error.duration());
        let modified = copied.metadata().and_then(|meta| meta.modified()).expect("its time");
        assert!(difference(modified, old) < Duration::from_millis(1));
    }

    #[test]
    fn a_live_session_is_kept_and_a_dead_one_removed() {
        let sessions = tempfile::tempdir().expect("a temporary directory");
        let live = SessionDirectory::create(sessions.path().join("live")).expect("a session");
        let dead = sessions.path().join("dead");
        std::fs::create_dir_all(&dead).expect("a directory");
        std::fs::write(dead.join(LOCK), "").expect("a lock nobody holds");
        let other = SessionDirectory::create(sessions.path().join("other")).expect("another session");
        assert!(live.path().exists() && other.path().exists() && !dead.exists());
        let path = live.path().to_path_buf();
        drop(live);
        assert!(!path.exists());
    }
}

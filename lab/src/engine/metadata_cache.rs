//! What `cargo metadata` answered to earlier sessions with the same dependencies.
//!
//! Resolving 670 packages takes cargo half a second in every session's start, and the answer differs only by the
//! session's own directory.

use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::files::write_atomically;

/// Stands for the session's directory in a kept answer.
const SESSION: &str = "<unet-lab session>";
/// More than a class adds; beyond it the oldest answers are of no use to anybody.
const KEPT: usize = 64;

/// The place of one answer.
#[derive(Debug)]
pub struct MetadataCache {
    file: PathBuf,
    session: String,
}

impl MetadataCache {
    /// The place for a call with `arguments` on a manifest of the session at `session`; `None` for any other manifest.
    /// `cache` is the lab's cache directory; `more` is what else the answer depends on.
    pub fn of_call(arguments: &[OsString], session: &Path, cache: &Path, more: impl Hash) -> Option<Self> {
        let arguments: Vec<String> = arguments
            .iter()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect();
        let named = arguments.iter().position(|argument| argument == "--manifest-path")? + 1;
        let manifest = Path::new(arguments.get(named)?);
        let session_text = session.to_str()?.to_owned();
        if manifest.parent()? != session {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        for argument in &arguments {
            argument.replace(&session_text, SESSION).hash(&mut hasher);
        }
        std::fs::read(manifest).ok()?.hash(&mut hasher);
        std::fs::read(session.join("Cargo.lock")).ok().hash(&mut hasher);
        // The stamp names the library's sources and the toolchain.
        std::fs::read(cache.join("template/stamp.json")).ok()?.hash(&mut hasher);
        more.hash(&mut hasher);
        Some(Self {
            file: cache.join("metadata").join(format!("{:016x}.json", hasher.finish())),
            session: session_text,
        })
    }

    /// The kept answer.
    pub fn get(&self) -> Option<String> {
        let kept = std::fs::read_to_string(&self.file).ok()?;
        Some(kept.replace(SESSION, &self.session))
    }

    /// Keeps an answer. Where that fails, the next session asks cargo again.
    pub fn put(&self, answer: &str) {
        let Some(folder) = self.file.parent() else { return };
        let count = std::fs::read_dir(folder).map_or(0, Iterator::count);
        if count > KEPT {
            let _ = std::fs::remove_dir_all(folder);
        }
        let _ = std::fs::create_dir_all(folder);
        let _ = write_atomically(&self.file, answer.replace(&self.session, SESSION).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(root: &Path, name: &str, manifest: &str) -> PathBuf {
        let session = root.join(name);
        std::fs::create_dir_all(&session).expect("a directory");
        std::fs::write(session.join("Cargo.toml"), manifest).expect("a manifest");
        session
    }

    fn cache(root: &Path, session: &Path) -> Option<MetadataCache> {
        let manifest = session.join("Cargo.toml");
        let arguments = ["metadata", "--manifest-path"].map(OsString::from);
        let arguments = [&arguments[..], &[manifest.into_os_string()]].concat();
        MetadataCache::of_call(&arguments, session, root, "")
    }

    #[test]
    fn an_answer_serves_other_sessions_with_the_same_manifest_only() {
        let root = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir_all(root.path().join("template")).expect("a directory");
        std::fs::write(root.path().join("template/stamp.json"), "{}").expect("a stamp");
        let [one, two, other] =
            [("one", "a"), ("two", "a"), ("other", "b")].map(|(name, manifest)| session(root.path(), name, manifest));
        let answer = format!("{{\"root\":\"{}\"}}", one.display());
        let first = cache(root.path(), &one).expect("a session's call");
        assert_eq!(first.get(), None);
        first.put(&answer);
        assert_eq!(
            cache(root.path(), &two).and_then(|cache| cache.get()),
            Some(answer.replace(one.to_str().expect("text"), two.to_str().expect("text")))
        );
        assert_eq!(cache(root.path(), &other).and_then(|cache| cache.get()), None);
        std::fs::write(root.path().join("template/stamp.json"), "{1}").expect("a stamp");
        assert_eq!(cache(root.path(), &one).and_then(|cache| cache.get()), None);
    }

    #[test]
    fn other_manifests_are_none_of_its_business() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let arguments = ["metadata", "--manifest-path", "/elsewhere/Cargo.toml"].map(OsString::from);
        assert!(MetadataCache::of_call(&arguments, &root.path().join("one"), root.path(), "").is_none());
    }
}

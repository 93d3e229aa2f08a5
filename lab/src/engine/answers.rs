//! What cargo answered before to the same question, in this session or in an earlier one.
//!
//! In a session cargo looks at 480 locked packages and 231 built ones before every answer, most of which come out the
//! same each time but for the session's own directory.

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
pub struct KeptAnswer {
    file: PathBuf,
    session: String,
}

impl KeptAnswer {
    /// The place of the answer to a call with `arguments` about the manifest of the session at `session`, in a folder
    /// `kind` of `shelf`. `cache` is the lab's cache directory; `more` is what else the answer depends on. `None` where the
    /// manifest or the template's stamp cannot be read.
    pub fn to_call(
        arguments: &[OsString],
        session: &Path,
        cache: &Path,
        shelf: &Path,
        kind: &str,
        more: impl Hash,
    ) -> Option<Self> {
        let session_text = session.to_str()?.to_owned();
        let mut hasher = DefaultHasher::new();
        for argument in arguments {
            argument
                .to_string_lossy()
                .replace(&session_text, SESSION)
                .hash(&mut hasher);
        }
        std::fs::read(session.join("Cargo.toml")).ok()?.hash(&mut hasher);
        for part in ["Cargo.lock", ".cargo/config.toml"] {
            std::fs::read(session.join(part)).ok().hash(&mut hasher);
        }
        // The stamp names the library's sources and the toolchain.
        std::fs::read(cache.join("template/stamp.json")).ok()?.hash(&mut hasher);
        more.hash(&mut hasher);
        Some(Self {
            file: shelf.join(kind).join(format!("{:016x}", hasher.finish())),
            session: session_text,
        })
    }

    /// The kept answer.
    pub fn get(&self) -> Option<String> {
        let kept = std::fs::read_to_string(&self.file).ok()?;
        Some(kept.replace(SESSION, &self.session))
    }

    /// Keeps an answer. Where that fails, cargo is asked again next time.
    pub fn put(&self, answer: &str) {
        let Some(folder) = self.file.parent() else { return };
        let count = std::fs::read_dir(folder).map_or(0, Iterator::count);
        if count > KEPT {
            let _ = std::fs::remove_dir_all(folder);
        }
        let _ = std::fs::create_dir_all(folder);
        let _ = write_atomically(&self.file, answer.replace(&self.session, SESSION).as_bytes());
    }

    /// Forgets the answer, because it turned out wrong.
    pub fn forget(&self) {
        let _ = std::fs::remove_file(&self.file);
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

    fn place(root: &Path, session: &Path) -> Option<KeptAnswer> {
        let arguments = [OsString::from("metadata"), session.join("Cargo.toml").into()];
        KeptAnswer::to_call(&arguments, session, root, root, "metadata", "")
    }

    #[test]
    fn an_answer_serves_other_sessions_with_the_same_manifest_only() {
        let root = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir_all(root.path().join("template")).expect("a directory");
        std::fs::write(root.path().join("template/stamp.json"), "{}").expect("a stamp");
        let [one, two, other] =
            [("one", "a"), ("two", "a"), ("other", "b")].map(|(name, manifest)| session(root.path(), name, manifest));
        let answer = format!("{{\"root\":\"{}\"}}", one.display());
        let first = place(root.path(), &one).expect("a session's call");
        assert_eq!(first.get(), None);
        first.put(&answer);
        assert_eq!(
            place(root.path(), &two).and_then(|kept| kept.get()),
            Some(answer.replace(one.to_str().expect("text"), two.to_str().expect("text")))
        );
        assert_eq!(place(root.path(), &other).and_then(|kept| kept.get()), None);
        first.forget();
        assert_eq!(place(root.path(), &two).and_then(|kept| kept.get()), None);
        first.put(&answer);
        std::fs::write(root.path().join("template/stamp.json"), "{1}").expect("a stamp");
        assert_eq!(place(root.path(), &one).and_then(|kept| kept.get()), None);
    }

    #[test]
    fn without_a_manifest_there_is_no_answer() {
        let root = tempfile::tempdir().expect("a temporary directory");
        assert!(place(root.path(), &root.path().join("one")).is_none());
    }
}

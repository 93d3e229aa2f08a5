//! The standard library's sources as far as a notebook needs them.
//!
//! rust-analyzer, inside evcxr, reads the standard library to infer the types of variables. Three fifths of that source
//! are processor intrinsics (`stdarch`) and the rest is not needed before the lab is loaded. `RUST_SRC_PATH` names a
//! folder of the session's: first it holds an empty `core`, so that evcxr's own first evaluation has nothing to read, then
//! links to the crates that types come from. Measured: `benches/kernel.py`.

use std::path::{Path, PathBuf};

use crate::error::SetupError;

/// rust-analyzer's name for the folder.
pub const RUST_SRC_PATH: &str = "RUST_SRC_PATH";
/// The crates that types in notebooks come from.
const CRATES: [&str; 3] = ["core", "alloc", "std"];

/// A session's view of the standard library.
#[derive(Debug, Clone)]
pub struct RustSrc {
    folder: PathBuf,
}

impl RustSrc {
    /// The view of the session at `session`.
    pub fn of_session(session: &Path) -> Self {
        Self {
            folder: session.join("rust-src"),
        }
    }

    /// What `RUST_SRC_PATH` must say.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Shows an empty standard library.
    pub fn show_nothing(&self) -> Result<(), SetupError> {
        let core = self.folder.join("core").join("src");
        std::fs::create_dir_all(&core)
            .and_then(|()| std::fs::write(core.join("lib.rs"), "#![no_core]\n"))
            .map_err(SetupError::io("hide the standard library's sources", &core))
    }

    /// Shows the sources in `library`, the toolchain's `lib/rustlib/src/rust/library`.
    pub fn show(&self, library: &Path) -> Result<(), SetupError> {
        let failed = |source| SetupError::io("show the standard library's sources", &self.folder)(source);
        std::fs::remove_dir_all(&self.folder).map_err(failed)?;
        std::fs::create_dir_all(&self.folder).map_err(failed)?;
        for name in CRATES {
            std::os::unix::fs::symlink(library.join(name), self.folder.join(name)).map_err(failed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_nothing_is_shown_then_the_crates_that_types_come_from() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let library = directory.path().join("library");
        for name in ["core", "alloc", "std", "stdarch"] {
            std::fs::create_dir_all(library.join(name)).expect("directories");
            std::fs::write(library.join(name).join("lib.rs"), name).expect("a source");
        }
        let sources = RustSrc::of_session(directory.path());
        sources.show_nothing().expect("hidden");
        assert!(sources.path().join("core/src/lib.rs").exists());
        sources.show(&library).expect("shown");
        assert_eq!(
            std::fs::read_to_string(sources.path().join("std/lib.rs")).expect("a source"),
            "std"
        );
        assert!(!sources.path().join("stdarch").exists());
        assert!(!sources.path().join("core/src/lib.rs").exists());
    }
}

//! Where the lab keeps things: the checkout it teaches from, and a cache that can be thrown away.

use std::path::{Path, PathBuf};

use crate::error::SetupError;

/// Names another checkout of the lab's library than the one this program was built from.
pub const ROOT_VARIABLE: &str = "UNET_LAB_ROOT";
/// Names another place for templates, sessions and the Python environment (a shared disk, say).
pub const CACHE_VARIABLE: &str = "UNET_LAB_CACHE";

/// The lab's directories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabDirs {
    /// The checkout: its `Cargo.toml` is that of the library `unet_lab`.
    pub root: PathBuf,
    /// Everything derived: template, sessions, private `CARGO_HOME`, Python environment.
    pub cache: PathBuf,
}

impl LabDirs {
    /// Finds the checkout: `UNET_LAB_ROOT`, else above the running program, else where it was compiled.
    pub fn locate() -> Result<Self, SetupError> {
        let root = match std::env::var_os(ROOT_VARIABLE).filter(|value| !value.is_empty()) {
            Some(named) => {
                let named = PathBuf::from(named);
                if !is_lab_root(&named) {
                    return Err(SetupError::NotALabRoot { path: named });
                }
                named
            }
            None => Self::find_root().ok_or_else(|| SetupError::NotALabRoot { path: compiled_root() })?,
        };
        let root = root.canonicalize().map_err(|source| SetupError::Io {
            what: "find the lab's directory",
            path: root.clone(),
            source,
        })?;
        let cache = match std::env::var_os(CACHE_VARIABLE).filter(|value| !value.is_empty()) {
            Some(named) => std::path::absolute(&named).map_err(|source| SetupError::Io {
                what: "resolve UNET_LAB_CACHE",
                path: named.into(),
                source,
            })?,
            None => root.join("target").join("unet-lab"),
        };
        Ok(Self { root, cache })
    }

    fn find_root() -> Option<PathBuf> {
        let program = std::env::current_exe().ok();
        let above_program = program
            .as_deref()
            .and_then(|path| path.ancestors().find(|dir| is_lab_root(dir)))
            .map(Path::to_path_buf);
        above_program.or_else(|| Some(compiled_root()).filter(|root| is_lab_root(root)))
    }

    /// The prebuilt target directory that every session starts from.
    pub fn template(&self) -> PathBuf {
        self.cache.join("template")
    }

    /// One directory a running kernel, under here.
    pub fn sessions(&self) -> PathBuf {
        self.cache.join("sessions")
    }

    /// The private `CARGO_HOME` of notebook sessions.
    pub fn cargo_home(&self) -> PathBuf {
        self.cache.join("cargo-home")
    }

    /// The private Python environment with JupyterLab.
    pub fn python(&self) -> PathBuf {
        self.cache.join("python")
    }

    /// The students' own copies of the notebooks.
    pub fn workspace(&self) -> PathBuf {
        match std::env::var_os("UNET_LAB_WORKSPACE").filter(|value| !value.is_empty()) {
            Some(named) => named.into(),
            None => self.root.join("workspace"),
        }
    }

    /// The course's notebooks as they are published.
    pub fn notebooks(&self) -> PathBuf {
        self.root.join("notebooks")
    }
}

fn compiled_root() -> PathBuf {
    let lab_package = Path::new(env!("CARGO_MANIFEST_DIR"));
    lab_package.parent().unwrap_or(lab_package).to_path_buf()
}

fn is_lab_root(dir: &Path) -> bool {
    std::fs::read_to_string(dir.join("Cargo.toml")).is_ok_and(|manifest| manifest.contains("name = \"unet_lab\""))
}

/// Finds a program on `PATH`.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|candidate| is_executable(candidate))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checkout_is_recognised_by_its_manifest() {
        assert!(is_lab_root(&compiled_root()));
        assert!(!is_lab_root(&compiled_root().join("lab")));
        assert!(!is_lab_root(Path::new("/nonexistent")));
    }

    #[test]
    fn programs_are_found_on_the_path_only_when_executable() {
        assert!(find_program("cargo").is_some());
        assert!(find_program("no-such-program-anywhere").is_none());
    }
}

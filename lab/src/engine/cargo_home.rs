//! A private `CARGO_HOME`, in whose `bin` this program stands under the names `cargo` and `rustup`.
//!
//! evcxr asks `rustup` on the `PATH` for cargo, rust-analyzer looks in `$CARGO_HOME/bin`: both get [`super::as_cargo`].

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::SetupError;

/// The real cargo.
pub const REAL_CARGO: &str = "UNET_LAB_REAL_CARGO";
/// The student's own `PATH`.
pub const REAL_PATH: &str = "UNET_LAB_REAL_PATH";
/// The student's own `CARGO_HOME`, which the private one links to.
const USER_CARGO_HOME: &str = "UNET_LAB_USER_CARGO_HOME";

/// Where the student's own cargo keeps its registry.
pub fn user_cargo_home() -> Option<PathBuf> {
    let named = |variable| std::env::var_os(variable).filter(|value| !value.is_empty());
    named(USER_CARGO_HOME)
        .or_else(|| named("CARGO_HOME"))
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
}

/// Makes or refreshes the private `CARGO_HOME`; gives the variables that a session needs.
pub fn prepare(directory: &Path, real_cargo: &Path) -> Result<Vec<(&'static str, OsString)>, SetupError> {
    let bin = directory.join("bin");
    std::fs::create_dir_all(&bin).map_err(SetupError::io("make the private CARGO_HOME", &bin))?;
    let program = std::env::current_exe().map_err(SetupError::io("find this program", PathBuf::new()))?;
    for name in ["cargo", "rustup"] {
        link(&program, &bin.join(name))?;
    }
    let user = user_cargo_home().unwrap_or_default();
    for shared in ["registry", "git"] {
        let target = user.join(shared);
        // Without them, what a session downloads would stay behind in the private directory.
        let _ = std::fs::create_dir_all(&target);
    }
    if let Ok(entries) = std::fs::read_dir(&user) {
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name != "bin" && name != "env" {
                link(&entry.path(), &directory.join(name))?;
            }
        }
    }
    let users_path = std::env::var_os(REAL_PATH)
        .or_else(|| std::env::var_os("PATH"))
        .unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(bin.clone()).chain(std::env::split_paths(&users_path)))
        .map_err(|error| SetupError::Other(format!("{} cannot stand on the PATH: {error}", bin.display())))?;
    Ok(vec![
        ("CARGO_HOME", directory.into()),
        ("PATH", path),
        (REAL_CARGO, real_cargo.into()),
        (REAL_PATH, users_path),
        (USER_CARGO_HOME, user.into()),
    ])
}

/// Makes `link` point at `target`, whatever stood there; two processes may do so at once.
fn link(target: &Path, link: &Path) -> Result<(), SetupError> {
    if std::fs::read_link(link).is_ok_and(|current| current == target) {
        return Ok(());
    }
    let temporary = link.with_extension(format!("{}.new", std::process::id()));
    std::os::unix::fs::symlink(target, &temporary)
        .and_then(|()| std::fs::rename(&temporary, link))
        .map_err(SetupError::io("link into the private CARGO_HOME", link))
}

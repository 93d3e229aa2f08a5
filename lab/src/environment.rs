//! The environment of programs that the lab starts, without what `cargo run` and `cargo test` added to the lab's own.

use std::ffi::OsString;
use std::process::Command;

/// Set by cargo for the programs it runs; they would change how a session builds or which libraries its cells load.
const SET_BY_CARGO: [&str; 8] = [
    "CARGO",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_TARGET_TMPDIR",
    "CARGO_BUILD_TARGET",
    "RUSTC_WORKSPACE_WRAPPER",
];

/// Removes from `command`'s environment what an enclosing cargo put there.
pub fn clean(command: &mut Command) {
    for name in SET_BY_CARGO {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_BIN_") || text.starts_with("CARGO_PROFILE_") {
            command.env_remove(name);
        }
    }
    for name in ["LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"] {
        if let Some(paths) = std::env::var_os(name) {
            command.env(name, without_cargos_directories(&paths));
        }
    }
}

fn without_cargos_directories(paths: &OsString) -> OsString {
    let kept = std::env::split_paths(paths).filter(|path| {
        let text = path.to_string_lossy();
        !(text.contains("/target/") || text.contains("/toolchains/") || text.is_empty())
    });
    std::env::join_paths(kept).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_library_directories_are_dropped_and_the_users_kept() {
        let paths = "/home/a/lab/target/release/deps:/opt/lib:/home/a/.rustup/toolchains/stable/lib";
        assert_eq!(without_cargos_directories(&paths.into()), "/opt/lib");
    }
}

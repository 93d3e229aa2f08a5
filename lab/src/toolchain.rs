//! The Rust toolchain that compiles notebook cells, found as evcxr finds it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::error::SetupError;
use crate::paths::find_program;

const INSTALL_RUST: &str = "Install Rust from https://rustup.rs, open a new terminal, and try again.";

/// Carries what was found to the process that holds a session.
const HANDED_OVER: &str = "UNET_LAB_TOOLCHAIN";

/// Compiler, build tool and linker, all of which decide whether a template can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toolchain {
    /// The compiler itself, not rustup's proxy.
    pub rustc: PathBuf,
    /// The build tool itself, not rustup's proxy.
    pub cargo: PathBuf,
    /// `rustc -Vv`, whole: the version, commit and host.
    pub version: String,
    /// The host triple, as `x86_64-unknown-linux-gnu`.
    pub host: String,
    /// Where the compiler's libraries and sources are.
    pub sysroot: PathBuf,
    /// The linker that evcxr will choose.
    pub linker: Linker,
}

/// evcxr takes mold or lld where they are installed, which changes how everything is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Linker {
    /// The system's default.
    System,
    /// LLVM's, through a compiler flag.
    Lld,
    /// mold, wrapped around cargo.
    Mold,
}

impl Toolchain {
    /// What the process that started this one found; else asks rustup, then `PATH`.
    pub fn find() -> Result<Self, SetupError> {
        let handed_over = std::env::var(HANDED_OVER).ok();
        if let Some(found) = handed_over.and_then(|text| serde_json::from_str(&text).ok()) {
            return Ok(found);
        }
        let rustc = tool("rustc").ok_or(SetupError::ProgramMissing {
            program: "rustc",
            remedy: INSTALL_RUST,
        })?;
        let cargo = tool("cargo").ok_or(SetupError::ProgramMissing {
            program: "cargo",
            remedy: INSTALL_RUST,
        })?;
        let ask = |question: &[&str]| {
            run(&rustc, question).ok_or_else(|| SetupError::ProgramFailed {
                what: format!("Asking {} for {}", rustc.display(), question.join(" ")),
                status: "no answer".into(),
                output: String::new(),
                remedy: INSTALL_RUST.into(),
            })
        };
        let version = ask(&["-Vv"])?;
        let sysroot = PathBuf::from(ask(&["--print", "sysroot"])?.trim());
        let host = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .unwrap_or_default()
            .to_owned();
        Ok(Self {
            rustc,
            cargo,
            version,
            host,
            sysroot,
            linker: Linker::chosen(),
        })
    }

    /// The standard library's sources, where they are installed.
    pub fn library_sources(&self) -> Option<PathBuf> {
        let library = self.sysroot.join("lib/rustlib/src/rust/library");
        library.join("core/src/lib.rs").exists().then_some(library)
    }

    /// The standard library's sources, which rustup's default profile leaves out: they are added where they are missing.
    pub fn ensure_library_sources(&self) -> Result<PathBuf, SetupError> {
        if let Some(library) = self.library_sources() {
            return Ok(library);
        }
        let added = find_program("rustup").and_then(|rustup| run(&rustup, &["component", "add", "rust-src"]));
        added.and_then(|_| self.library_sources()).ok_or(SetupError::ProgramMissing {
            program: "rust-src",
            remedy: "Notebooks need the sources of Rust's standard library, to know the types of variables: `rustup component \
                     add rust-src`, or Debian's package `rust-src`.",
        })
    }

    /// The variable that hands this over to a process started by this one.
    pub fn hand_over(&self) -> Result<(&'static str, String), SetupError> {
        let text = serde_json::to_string(self)
            .map_err(|error| SetupError::Other(format!("describing the Rust toolchain: {error}")))?;
        Ok((HANDED_OVER, text))
    }

    /// A cargo call that shares every fingerprint with those that evcxr makes in a session.
    pub fn session_cargo(&self, directory: &Path) -> Command {
        let mut command = match self.linker {
            Linker::Mold => {
                let mut command = Command::new("mold");
                command.arg("-run").arg(&self.cargo);
                command
            }
            Linker::Lld | Linker::System => Command::new(&self.cargo),
        };
        let flags = match self.linker {
            Linker::Lld => "-Cprefer-dynamic -Clink-arg=-fuse-ld=lld",
            Linker::System | Linker::Mold => "-Cprefer-dynamic",
        };
        command
            .current_dir(directory)
            .env("CARGO_TARGET_DIR", "target")
            .env("CARGO_BUILD_BUILD_DIR", "target")
            .env("RUSTC", &self.rustc)
            .env("RUSTFLAGS", flags);
        command
    }
}

impl Linker {
    fn chosen() -> Self {
        if cfg!(target_os = "macos") {
            Self::System
        } else if find_program("mold").is_some() {
            Self::Mold
        } else if find_program("lld").is_some() {
            Self::Lld
        } else {
            Self::System
        }
    }
}

fn tool(name: &str) -> Option<PathBuf> {
    let from_rustup = find_program("rustup")
        .and_then(|rustup| run(&rustup, &["which", name]))
        .map(|answer| PathBuf::from(answer.trim()));
    from_rustup.or_else(|| find_program(name))
}

fn run(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_toolchain_that_runs_these_tests_is_found() {
        let toolchain = Toolchain::find().expect("tests run under a toolchain");
        assert!(toolchain.version.starts_with("rustc "));
        assert!(toolchain.host.contains('-'), "{}", toolchain.host);
        assert!(
            toolchain.sysroot.join("lib").is_dir(),
            "{}",
            toolchain.sysroot.display()
        );
        let (_, text) = toolchain.hand_over().expect("a description");
        assert_eq!(
            serde_json::from_str::<Toolchain>(&text).expect("a toolchain"),
            toolchain
        );
    }
}

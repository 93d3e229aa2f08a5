//! The prebuilt target directory that every session is cloned from.
//!
//! Building Burn takes minutes; a session must start in seconds. So the crates are compiled once, exactly as evcxr would
//! compile them in a session (same flags, same profile, same private `CARGO_HOME`), by `cargo build` and by
//! `cargo check` (whose metadata makes the first compile error fast). A stamp, written last, says what was built: a build
//! that was interrupted has none and is taken up where it stopped.

use std::ffi::OsString;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::cargo_home;
use super::progress::{BuildProgress, each_line};
use crate::error::{SetupError, last_lines};
use crate::files::{available_mb, write_atomically};
use crate::paths::LabDirs;
use crate::toolchain::Toolchain;

const STAMP: &str = "stamp.json";
const LOCK: &str = "template.lock";
const COMPILER_PANICKED: &str = "the compiler unexpectedly panicked";
const NEEDED_MB: u64 = 2_500;
/// Raised when the way a template is made changes.
const FORMAT: u32 = 1;

/// Cargo's settings for the template and every session, in a directory above both. evcxr's own profile compiles
/// dependencies with debug assertions and overflow checks, which doubles the time of a training step; line tables for
/// the cells alone let a panic's backtrace name the cell's line.
const CARGO_CONFIG: &str = r#"# Written by unet-lab; the same for the notebook template and its sessions.
[profile.dev]
opt-level = 3
debug = false
strip = "none"
debug-assertions = false
overflow-checks = false

[profile.dev.package.ctx]
debug = "line-tables-only"
"#;

/// A cell as evcxr would write it, so that the linker and the incremental state are tried out too.
const SAMPLE_CELL: &str = r#"#![allow(unused_imports)]
use unet_lab::prelude::*;
#[unsafe(no_mangle)]
pub extern "C" fn run_user_code_0(store: *mut u8) -> *mut u8 {
    unet_lab::notebook::attach();
    store
}
"#;

/// What a finished template was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    format: u32,
    toolchain: u64,
    library: u64,
    build_seconds: u64,
}

/// Whether the template can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Ready.
    Fresh,
    /// Never built, or its build was interrupted.
    Missing,
    /// Built by another compiler, linker or version of the lab.
    OtherToolchain,
    /// The library's sources changed since.
    LibraryChanged,
}

/// The template of one checkout.
#[derive(Debug, Clone)]
pub struct Template {
    dirs: LabDirs,
    toolchain: Toolchain,
}

impl Template {
    /// The template of `dirs`, for `toolchain`.
    pub fn new(dirs: LabDirs, toolchain: Toolchain) -> Self {
        Self { dirs, toolchain }
    }

    /// Where it lies.
    pub fn path(&self) -> PathBuf {
        self.dirs.template()
    }

    /// The lab's directories.
    pub fn dirs(&self) -> &LabDirs {
        &self.dirs
    }

    /// The toolchain it is for.
    pub fn toolchain(&self) -> &Toolchain {
        &self.toolchain
    }

    /// Compares the stamp with the sources and the toolchain of now.
    pub fn freshness(&self) -> Freshness {
        let stamp = std::fs::read(self.path().join(STAMP))
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Stamp>(&bytes).ok());
        match stamp {
            None => Freshness::Missing,
            Some(stamp) if stamp.format != FORMAT || stamp.toolchain != self.toolchain_digest() => {
                Freshness::OtherToolchain
            }
            Some(stamp) if stamp.library != self.library_digest() => Freshness::LibraryChanged,
            Some(_) => Freshness::Fresh,
        }
    }

    /// Builds what is missing, reporting how far it is. Processes that come meanwhile wait. Returns whether anything was built.
    pub fn ensure(&self, report: &mut dyn FnMut(BuildProgress)) -> Result<bool, SetupError> {
        if self.freshness() == Freshness::Fresh {
            return Ok(false);
        }
        let cache = &self.dirs.cache;
        std::fs::create_dir_all(cache).map_err(SetupError::io("make the cache directory", cache))?;
        let lock_path = cache.join(LOCK);
        let lock = File::create(&lock_path).map_err(SetupError::io("lock the template", &lock_path))?;
        if lock.try_lock().is_err() {
            report(BuildProgress::waiting());
            lock.lock().map_err(SetupError::io("lock the template", &lock_path))?;
        }
        let freshness = self.freshness();
        if freshness == Freshness::Fresh {
            return Ok(false);
        }
        self.build(freshness, report)?;
        Ok(true)
    }

    /// What every cargo call of the template and its sessions must see.
    pub fn environment(&self) -> Result<Vec<(&'static str, OsString)>, SetupError> {
        cargo_home::prepare(&self.dirs.cargo_home(), &self.toolchain.cargo)
    }

    fn build(&self, freshness: Freshness, report: &mut dyn FnMut(BuildProgress)) -> Result<(), SetupError> {
        let started = Instant::now();
        let path = self.path();
        let _ = std::fs::remove_file(path.join(STAMP));
        if freshness == Freshness::OtherToolchain {
            let _ = std::fs::remove_dir_all(&path);
        }
        std::fs::create_dir_all(path.join("src")).map_err(SetupError::io("make the template", &path))?;
        if !path.join("target").exists()
            && let Some(available_mb) = available_mb(&path).filter(|&free| free < NEEDED_MB)
        {
            return Err(SetupError::DiskFull {
                what: "the notebook template",
                path,
                available_mb,
                needed_mb: NEEDED_MB,
            });
        }
        self.unlink_library(&path);
        self.write_sources(&path)?;
        let library = self.library_digest();
        for (stage, subcommand) in ["build", "check"].into_iter().enumerate() {
            match self.cargo(subcommand, stage, report) {
                // Damaged incremental state (a full disk, a lost power line) makes the compiler stumble, not fail.
                Err(SetupError::ProgramFailed { output, .. }) if output.contains(COMPILER_PANICKED) => {
                    let target = path.join("target").join(&self.toolchain.host);
                    let _ = std::fs::remove_dir_all(target.join("debug/incremental"));
                    self.cargo(subcommand, stage, report)?;
                }
                result => result?,
            }
        }
        let stamp = Stamp {
            format: FORMAT,
            toolchain: self.toolchain_digest(),
            library,
            build_seconds: started.elapsed().as_secs(),
        };
        let json =
            serde_json::to_vec(&stamp).map_err(|error| SetupError::Other(format!("stamping the template: {error}")))?;
        let stamp_path = path.join(STAMP);
        write_atomically(&stamp_path, &json).map_err(SetupError::io("stamp the template", &stamp_path))
    }

    /// Live sessions share the libraries by hard link; the library's own are about to be written anew.
    fn unlink_library(&self, path: &Path) {
        let deps = path.join("target").join(&self.toolchain.host).join("debug/deps");
        for entry in std::fs::read_dir(deps).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with("libunet_lab") {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    fn write_sources(&self, path: &Path) -> Result<(), SetupError> {
        let write = |target: PathBuf, text: &str| {
            if let Some(parent) = target.parent() {
                std::fs::create_dir_all(parent).map_err(SetupError::io("make the template", parent))?;
            }
            write_atomically(&target, text.as_bytes()).map_err(SetupError::io("write the template", &target))
        };
        write(self.dirs.cache.join(".cargo/config.toml"), CARGO_CONFIG)?;
        write(path.join(".cargo/config.toml"), "\n[net]\noffline = false\n")?;
        write(path.join("Cargo.toml"), &self.manifest())?;
        write(path.join("src/lib.rs"), SAMPLE_CELL)?;
        let lock = self.dirs.root.join("Cargo.lock");
        let tested = std::fs::read_to_string(&lock).map_err(SetupError::io("read the tested versions", &lock))?;
        write(path.join("Cargo.lock"), &tested)
    }

    /// The manifest that evcxr writes for a session, with the library in it.
    fn manifest(&self) -> String {
        format!(
            "[package]\nname = \"ctx\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n\
             [lib]\ncrate-type = [\"cdylib\"]\npath = \"src/lib.rs\"\n\n\
             [profile.dev]\nopt-level = 2\ndebug = false\nstrip = \"debuginfo\"\nrpath = true\nlto = false\n\
             debug-assertions = true\ncodegen-units = 16\npanic = 'unwind'\nincremental = true\noverflow-checks = true\n\n\
             [dependencies]\nunet_lab = {}\n",
            library_dependency(&self.dirs.root)
        )
    }

    fn cargo(&self, subcommand: &str, stage: usize, report: &mut dyn FnMut(BuildProgress)) -> Result<(), SetupError> {
        let mut command = self.toolchain.session_cargo(&self.path());
        crate::environment::clean(&mut command);
        let mut cargo = command
            .args([
                subcommand,
                "--target",
                &self.toolchain.host,
                "--message-format=json-render-diagnostics",
            ])
            .envs(self.environment()?)
            .env("CARGO_TERM_PROGRESS_WHEN", "always")
            .env("CARGO_TERM_PROGRESS_WIDTH", "160")
            .env("CARGO_TERM_COLOR", "never")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(SetupError::io("run cargo", &self.toolchain.cargo))?;
        let mut said = Vec::new();
        if let Some(stderr) = cargo.stderr.take() {
            let started = Instant::now();
            each_line(stderr, |line| {
                if let Some(progress) = BuildProgress::parse(line, stage, started.elapsed()) {
                    report(progress);
                } else if !line.trim().is_empty() {
                    said.push(line.trim_end().to_owned());
                }
            });
        }
        let status = cargo
            .wait()
            .map_err(SetupError::io("wait for cargo", &self.toolchain.cargo))?;
        if status.success() {
            return Ok(());
        }
        let first_error = said.iter().position(|line| line.starts_with("error"));
        let output = match first_error {
            Some(from) => said[from..said.len().min(from + 40)].join("\n"),
            None => last_lines(&said.join("\n"), 20),
        };
        Err(SetupError::ProgramFailed {
            what: format!("Compiling the notebook template (cargo {subcommand})"),
            status: status.to_string(),
            output,
            remedy:
                "What was compiled is kept: try again and it goes on from there. Without a network, the crates must \
                     have been downloaded before (`cargo fetch` in the lab's directory)."
                    .into(),
        })
    }

    fn toolchain_digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (
            &self.toolchain.version,
            format!("{:?}", self.toolchain.linker),
            &self.dirs.root,
            &self.dirs.cache,
            CARGO_CONFIG,
        )
            .hash(&mut hasher);
        hasher.finish()
    }

    fn library_digest(&self) -> u64 {
        let mut files = Vec::new();
        for part in ["src", "quizzes", "Cargo.toml", "Cargo.lock"] {
            collect_files(&self.dirs.root.join(part), &mut files);
        }
        files.sort();
        let mut hasher = DefaultHasher::new();
        for file in files {
            file.hash(&mut hasher);
            std::fs::read(&file).unwrap_or_default().hash(&mut hasher);
        }
        hasher.finish()
    }
}

/// The dependency line of the library, for `:dep` and manifests.
pub fn library_dependency(root: &Path) -> String {
    format!("{{ path = {:?} }}", root.display().to_string())
}

fn collect_files(path: &Path, into: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
            collect_files(&entry.path(), into);
        }
    } else if path.is_file() {
        into.push(path.to_path_buf());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(root: &Path) -> Template {
        let dirs = LabDirs {
            root: root.to_path_buf(),
            cache: root.join("cache"),
        };
        Template::new(dirs, Toolchain::find().expect("a toolchain"))
    }

    fn stamp(template: &Template) {
        let stamp = Stamp {
            format: FORMAT,
            toolchain: template.toolchain_digest(),
            library: template.library_digest(),
            build_seconds: 1,
        };
        std::fs::create_dir_all(template.path()).expect("a directory");
        std::fs::write(template.path().join(STAMP), serde_json::to_vec(&stamp).expect("json")).expect("a stamp");
    }

    #[test]
    fn a_template_is_fresh_until_the_library_or_the_toolchain_changes() {
        let root = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir_all(root.path().join("src")).expect("a directory");
        std::fs::write(root.path().join("src/lib.rs"), "//! a").expect("a file");
        let mut template = template(root.path());
        assert_eq!(template.freshness(), Freshness::Missing);
        stamp(&template);
        assert_eq!(template.freshness(), Freshness::Fresh);
        std::fs::write(root.path().join("src/lib.rs"), "//! b").expect("a file");
        assert_eq!(template.freshness(), Freshness::LibraryChanged);
        stamp(&template);
        template.toolchain.version.push('x');
        assert_eq!(template.freshness(), Freshness::OtherToolchain);
    }

    #[test]
    fn a_damaged_stamp_means_a_new_build() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let template = template(root.path());
        stamp(&template);
        std::fs::write(template.path().join(STAMP), "{\"format\":").expect("a file");
        assert_eq!(template.freshness(), Freshness::Missing);
    }
}

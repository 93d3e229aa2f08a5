//! Compiles a cell by the command with which cargo compiled the one before it.
//!
//! Between two cells of a notebook nothing changes but the cell's source, yet cargo checks all packages anew: 0.3 s of
//! the 0.6 s that a small cell takes. So the first compilation with a manifest goes through cargo, which says (`-vv`) what
//! it runs; the next ones run that. Another manifest, lock file, setting or template means another command, and whatever
//! is not plainly success or an error in the cell goes back to cargo.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use super::answers::KeptAnswer;
use super::as_cargo::{exit_code, not_run, replace_process};

/// Where evcxr wants to read which shared object to load.
const SHARED_OBJECT_FILE: &str = "EVCXR_EXECUTION_SO_PATH";
/// How `cargo -vv` says what it runs.
const RUNNING: &str = "Running `";
/// Lines that `-vv` adds to what cargo says.
const VERBOSE: [&str; 4] = ["Running `", "Fresh ", "Dirty ", "Blocking "];
/// The source of the cell, as the compiler's messages name it.
const CELL: &str = "src/lib.rs";
/// What cargo's own failure of a compilation looks like.
const FAILED: i32 = 101;

/// Acts as `cargo build` or `cargo check` in the session at `session`.
pub fn run(mut cargo: Command, arguments: &[OsString], session: &Path, cache: Option<&Path>) -> ExitCode {
    let Some(kept) = cache.and_then(|cache| place(arguments, session, cache)) else {
        return replace_process(cargo);
    };
    if let Some(command) = kept.get() {
        if let Some(code) = repeat(&command, session) {
            return code;
        }
        kept.forget();
    }
    cargo.arg("-vv").stderr(Stdio::piped());
    let mut child = match cargo.spawn() {
        Ok(child) => child,
        Err(error) => return not_run(&error),
    };
    let mut compiled = None;
    if let Some(stderr) = child.stderr.take() {
        let mut ours = std::io::stderr();
        for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
            let text = String::from_utf8_lossy(&line);
            if let Some(command) = cells_command(&text) {
                compiled = Some(command.to_owned());
            }
            if !VERBOSE.iter().any(|start| text.trim_start().starts_with(start)) {
                let _ = ours.write_all(&[&line[..], b"\n"].concat());
            }
        }
    }
    let status = child.wait();
    if let Some(command) = compiled {
        kept.put(&command);
    }
    match status {
        Ok(status) => exit_code(status.code()),
        Err(error) => not_run(&error),
    }
}

/// A manifest without dependencies of the student's own means the template's crates, and so the same command in every
/// session. Packages by version stay as they are within a session; those by path may change at any time.
fn place(arguments: &[OsString], session: &Path, cache: &Path) -> Option<KeptAnswer> {
    let manifest = std::fs::read_to_string(session.join("Cargo.toml")).ok()?;
    let (_, dependencies) = manifest.split_once("[dependencies]")?;
    let of_student = |line: &&str| !line.trim().is_empty() && !line.starts_with("unet_lab =");
    let mut own = dependencies.lines().filter(of_student).peekable();
    let own_shelf = session.join(".unet-lab");
    let shelf = if own.peek().is_some() { &own_shelf } else { cache };
    if own.any(|line| line.contains("path")) {
        return None;
    }
    let flags = std::env::var_os("RUSTFLAGS");
    KeptAnswer::to_call(arguments, session, cache, shelf, "compile", flags)
}

/// The command in a line of `cargo -vv` that compiles the session's own crate.
fn cells_command(line: &str) -> Option<&str> {
    let command = line.trim().strip_prefix(RUNNING)?.strip_suffix('`')?;
    command.contains(" --crate-name ctx ").then_some(command)
}

/// Runs the command; `None` where cargo must look.
fn repeat(command: &str, session: &Path) -> Option<ExitCode> {
    let output = Command::new("/bin/sh")
        .args(["-c", &format!("exec env {command}")])
        .current_dir(session)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let code = output.status.code()?;
    let said = String::from_utf8_lossy(&output.stderr);
    // An error that is not the cell's (a library is gone, the disk is full) is cargo's to tell.
    if code > 1 || (code == 1 && !said.contains(CELL)) {
        return None;
    }
    let mut stdout = std::io::stdout().lock();
    for line in said.lines() {
        // rustc also reports the files that it wrote.
        if line.starts_with("{\"$message_type\":\"diagnostic\"") {
            let _ = writeln!(stdout, "{{\"reason\":\"compiler-message\",\"message\":{line}}}");
        }
    }
    if code != 0 {
        return Some(exit_code(Some(FAILED)));
    }
    if let Some(file) = std::env::var_os(SHARED_OBJECT_FILE) {
        let object = Path::new(option_of(command, "--out-dir ")?).join(SHARED_OBJECT);
        std::fs::write(file, object.to_str()?).ok()?;
    }
    Some(ExitCode::SUCCESS)
}

#[cfg(target_os = "macos")]
const SHARED_OBJECT: &str = "libctx.dylib";
#[cfg(not(target_os = "macos"))]
const SHARED_OBJECT: &str = "libctx.so";

/// What follows an option in a shell command; quoted where it holds characters that the shell reads.
fn option_of<'a>(command: &'a str, name: &str) -> Option<&'a str> {
    let rest = &command[command.find(name)? + name.len()..];
    match rest.strip_prefix('\'') {
        Some(quoted) => quoted.split('\'').next(),
        None => rest.split(' ').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cells_command_is_found_among_cargos_lines() {
        let line = "     Running `CARGO=/c LD_LIBRARY_PATH='/a b:' /r/rustc --crate-name ctx --out-dir '/s 1/deps'`";
        let command = cells_command(line).expect("the command");
        assert!(command.starts_with("CARGO=/c") && command.ends_with("deps'"));
        assert_eq!(option_of(command, "--out-dir "), Some("/s 1/deps"));
        assert_eq!(option_of("rustc --out-dir /s/deps -C a", "--out-dir "), Some("/s/deps"));
        assert_eq!(
            cells_command("     Running `/r/rustc --crate-name burn --edition=2024`"),
            None
        );
        assert_eq!(cells_command("   Compiling ctx v1.0.0 (/s)"), None);
    }

    fn session(dependencies: &str) -> (tempfile::TempDir, bool, bool) {
        let root = tempfile::tempdir().expect("a temporary directory");
        let session = root.path().join("session");
        std::fs::create_dir_all(&session).expect("a directory");
        std::fs::create_dir_all(root.path().join("template")).expect("a directory");
        std::fs::write(root.path().join("template/stamp.json"), "{}").expect("a stamp");
        std::fs::write(
            session.join("Cargo.toml"),
            format!("[package]\n[dependencies]\n{dependencies}\n"),
        )
        .expect("a manifest");
        let place = place(&[], &session, root.path());
        if let Some(kept) = &place {
            kept.put("command");
        }
        let own = session.join(".unet-lab").exists();
        (root, place.is_some(), own)
    }

    #[test]
    fn a_command_is_shared_only_between_sessions_that_have_the_same_crates() {
        let (_root, kept, own) = session("unet_lab = { path = \"/lab\" }");
        assert!(kept && !own);
        let (_root, kept, own) = session("unet_lab = { path = \"/lab\" }\nimage = \"0.25\"");
        assert!(kept && own);
        let (_root, kept, _) = session("mine = { path = \"/mine\" }");
        assert!(!kept);
    }

    #[test]
    fn what_is_neither_success_nor_an_error_in_the_cell_is_left_to_cargo() {
        let session = tempfile::tempdir().expect("a temporary directory");
        assert!(repeat("sh -c 'exit 101'", session.path()).is_none());
        assert!(repeat("/nonexistent/rustc", session.path()).is_none());
        assert!(repeat("sh -c 'echo no space left >&2; exit 1'", session.path()).is_none());
        assert!(repeat("sh -c 'echo src/lib.rs >&2; exit 1'", session.path()).is_some());
    }
}

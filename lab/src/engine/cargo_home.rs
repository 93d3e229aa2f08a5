//! A private `CARGO_HOME` whose `cargo metadata` tells rust-analyzer only about the crates that a student names.
//!
//! rust-analyzer, inside evcxr, loads every package that `cargo metadata` lists: hundreds, most of them never built
//! (weak features, other platforms), which costs gigabytes and half a minute. It looks for cargo in
//! `$CARGO_HOME/bin` first. There this program itself stands under the name `cargo`; called so, it runs the real cargo
//! and filters the answer for a session's own manifest. Builds never come this way: evcxr calls the toolchain's cargo.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde_json::Value;

use super::metadata_cache::MetadataCache;
use crate::error::SetupError;

/// The real cargo, for the filter.
pub const REAL_CARGO: &str = "UNET_LAB_REAL_CARGO";
/// The student's own `CARGO_HOME`, which the private one links to.
const USER_CARGO_HOME: &str = "UNET_LAB_USER_CARGO_HOME";
/// Packages whose types appear in notebooks, beyond what a notebook adds by itself.
const NAMED_BY_STUDENTS: [&str; 11] = [
    "unet_lab",
    "burn",
    "burn-core",
    "burn-tensor",
    "burn-nn",
    "burn-optim",
    "burn-std",
    "burn-backend",
    "burn-dispatch",
    "rand",
    "rand_core",
];
const LIBRARY: &str = "unet_lab";

/// Where the student's own cargo keeps its registry.
pub fn user_cargo_home() -> Option<PathBuf> {
    let named = |variable| std::env::var_os(variable).filter(|value| !value.is_empty());
    named(USER_CARGO_HOME)
        .or_else(|| named("CARGO_HOME"))
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
}

/// Makes or refreshes the private `CARGO_HOME`; gives the variables that a session needs.
pub fn prepare(directory: &Path, real_cargo: &Path) -> Result<Vec<(&'static str, PathBuf)>, SetupError> {
    let bin = directory.join("bin");
    std::fs::create_dir_all(&bin).map_err(SetupError::io("make the private CARGO_HOME", &bin))?;
    let program = std::env::current_exe().map_err(SetupError::io("find this program", PathBuf::new()))?;
    link(&program, &bin.join("cargo"))?;
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
    Ok(vec![
        ("CARGO_HOME", directory.to_path_buf()),
        (REAL_CARGO, real_cargo.to_path_buf()),
        (USER_CARGO_HOME, user),
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

/// Acts as cargo where this program was called by that name; `None` otherwise.
pub fn run_if_called_as_cargo() -> Option<ExitCode> {
    let mut arguments = std::env::args_os();
    let called = PathBuf::from(arguments.next()?);
    if called.file_stem()? != "cargo" {
        return None;
    }
    let arguments: Vec<_> = arguments.collect();
    let mut command = Command::new(std::env::var_os(REAL_CARGO)?);
    command.args(&arguments);
    if !arguments.iter().any(|argument| argument == "metadata") {
        return Some(replace_process(command));
    }
    let cache = metadata_cache(&arguments);
    if let Some(answer) = cache.as_ref().and_then(MetadataCache::get) {
        return Some(print(answer.as_bytes()));
    }
    let output = match command.stderr(std::process::Stdio::inherit()).output() {
        Ok(output) => output,
        Err(error) => {
            eprintln!("cargo could not be run: {error}");
            return Some(ExitCode::FAILURE);
        }
    };
    let filtered = serde_json::from_slice(&output.stdout)
        .ok()
        .and_then(|mut metadata: Value| {
            keep_what_students_name(&mut metadata)?;
            serde_json::to_string(&metadata).ok()
        });
    if !output.status.success() {
        let _ = print(&output.stdout);
        return Some(ExitCode::from(
            u8::try_from(output.status.code().unwrap_or(1)).unwrap_or(1),
        ));
    }
    Some(match filtered {
        Some(answer) => {
            if let Some(cache) = cache {
                cache.put(&answer);
            }
            print(answer.as_bytes())
        }
        None => print(&output.stdout),
    })
}

fn metadata_cache(arguments: &[OsString]) -> Option<MetadataCache> {
    let session = super::launch::session_path()?;
    let cache = PathBuf::from(std::env::var_os("CARGO_HOME")?);
    MetadataCache::of_call(arguments, &session, cache.parent()?, NAMED_BY_STUDENTS)
}

fn print(answer: &[u8]) -> ExitCode {
    use std::io::Write;
    match std::io::stdout().write_all(answer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn replace_process(mut command: Command) -> ExitCode {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    eprintln!("cargo could not be run: {error}");
    ExitCode::FAILURE
}

/// Filters the answer for a manifest that depends on the lab's library; leaves all others (the standard library's) alone.
fn keep_what_students_name(metadata: &mut Value) -> Option<()> {
    let names: HashMap<String, String> = metadata["packages"]
        .as_array()?
        .iter()
        .filter_map(|package| Some((package["id"].as_str()?.to_owned(), package["name"].as_str()?.to_owned())))
        .collect();
    let root = metadata["workspace_members"][0].as_str()?.to_owned();
    let dependencies: HashMap<String, Vec<String>> = metadata["resolve"]["nodes"]
        .as_array()?
        .iter()
        .filter_map(|node| {
            let needed = node["dependencies"].as_array()?;
            Some((
                node["id"].as_str()?.to_owned(),
                needed.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect(),
            ))
        })
        .collect();
    let direct = dependencies.get(&root)?;
    if !direct
        .iter()
        .any(|id| names.get(id).is_some_and(|name| name == LIBRARY))
    {
        return None;
    }
    let mut keep: HashSet<String> = names
        .iter()
        .filter(|(_, name)| NAMED_BY_STUDENTS.contains(&name.as_str()))
        .map(|(id, _)| id.clone())
        .collect();
    keep.insert(root);
    let mut queue: Vec<&String> = direct
        .iter()
        .filter(|id| names.get(*id).is_none_or(|name| name != LIBRARY))
        .collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = queue.pop() {
        if seen.insert(id) {
            keep.insert(id.clone());
            queue.extend(dependencies.get(id).into_iter().flatten());
        }
    }
    let kept = |value: &Value| value.as_str().is_some_and(|id| keep.contains(id));
    metadata["packages"]
        .as_array_mut()?
        .retain(|package| kept(&package["id"]));
    let nodes = metadata["resolve"]["nodes"].as_array_mut()?;
    nodes.retain(|node| kept(&node["id"]));
    for node in nodes {
        node["dependencies"].as_array_mut()?.retain(kept);
        node["deps"].as_array_mut()?.retain(|dep| kept(&dep["pkg"]));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn metadata(root_dependencies: &[&str]) -> Value {
        let edges: [(&str, &[&str]); 6] = [
            ("ctx", root_dependencies),
            ("unet_lab", &["burn", "plotters"]),
            ("burn", &["burn-core", "wgpu"]),
            ("burn-core", &["wgpu"]),
            ("plotters", &[]),
            ("student", &["wgpu"]),
        ];
        let mut packages = vec![json!({"id": "wgpu", "name": "wgpu"})];
        let mut nodes = vec![json!({"id": "wgpu", "dependencies": [], "deps": []})];
        for (name, needs) in edges {
            packages.push(json!({"id": name, "name": name}));
            let deps: Vec<_> = needs.iter().map(|id| json!({"pkg": id})).collect();
            nodes.push(json!({"id": name, "dependencies": needs, "deps": deps}));
        }
        json!({"packages": packages, "workspace_members": ["ctx"], "resolve": {"nodes": nodes}})
    }

    fn names(metadata: &Value) -> Vec<&str> {
        let mut names: Vec<_> = metadata["packages"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|package| package["name"].as_str())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn only_the_crates_that_students_name_are_left() {
        let mut answer = metadata(&["unet_lab"]);
        keep_what_students_name(&mut answer).expect("a session's manifest");
        assert_eq!(names(&answer), ["burn", "burn-core", "ctx", "unet_lab"]);
        let burn = answer["resolve"]["nodes"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|node| node["id"] == "burn")
            .expect("burn's node");
        assert_eq!(burn["dependencies"], json!(["burn-core"]));
        assert_eq!(burn["deps"], json!([{"pkg": "burn-core"}]));
    }

    #[test]
    fn what_a_notebook_adds_is_kept_whole() {
        let mut answer = metadata(&["unet_lab", "student"]);
        keep_what_students_name(&mut answer).expect("a session's manifest");
        assert_eq!(
            names(&answer),
            ["burn", "burn-core", "ctx", "student", "unet_lab", "wgpu"]
        );
    }

    #[test]
    fn other_manifests_are_left_alone() {
        let mut answer = metadata(&["student"]);
        let before = answer.clone();
        assert_eq!(keep_what_students_name(&mut answer), None);
        assert_eq!(answer, before);
    }
}

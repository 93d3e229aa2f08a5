//! What of `cargo metadata`'s answer rust-analyzer needs for a notebook.
//!
//! rust-analyzer, inside evcxr, loads every package that `cargo metadata` lists: hundreds, most of them never built
//! (weak features, other platforms), which costs gigabytes and half a minute.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;

/// Packages whose types appear in notebooks, beyond what a notebook adds by itself.
pub const NAMED_BY_STUDENTS: [&str; 12] = [
    "unet_lab",
    "unet_lab_data",
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

/// Filters the answer for a manifest that depends on the lab's library; leaves all others (the standard library's) alone.
pub fn keep_what_students_name(metadata: &mut Value) -> Option<()> {
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

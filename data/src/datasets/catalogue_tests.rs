//! Every manifest, and what is made from them.

use std::fs;
use std::path::{Path, PathBuf};

use super::table::TEXTS;
use super::{Access, Manifest, all, find, markdown_page};

fn project_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn every_manifest_is_valid_and_named_as_its_file() {
    for (id, text) in TEXTS {
        let manifest = Manifest::parse(text).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(manifest.id, *id);
    }
    assert_eq!(all().len(), TEXTS.len());
}

#[test]
fn the_table_holds_every_file_of_the_folder() {
    let mut files: Vec<String> = fs::read_dir(project_folder().join("datasets"))
        .unwrap()
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".toml")?.to_owned()))
        .collect();
    let mut table: Vec<String> = TEXTS.iter().map(|(id, _)| id.to_string()).collect();
    files.sort();
    table.sort();
    assert_eq!(files, table);
}

#[test]
fn alternatives_exist_and_what_is_closed_has_an_open_one() {
    for manifest in all() {
        for id in &manifest.alternatives {
            assert!(find(id).is_some(), "{}: {id}", manifest.id);
        }
        if manifest.access != Access::Open {
            let open = manifest.alternatives.iter().filter_map(|id| find(id));
            assert!(
                open.into_iter().any(|other| other.access == Access::Open),
                "{}",
                manifest.id
            );
        }
    }
}

#[test]
fn the_first_data_set_of_every_project_is_open() {
    for project in 1..=12 {
        let first = super::of_project(project).next().map(|manifest| manifest.access);
        assert_eq!(first, Some(Access::Open), "project {project}");
    }
}

#[test]
fn checksums_are_of_one_file_each() {
    let mut sums: Vec<&String> = all()
        .iter()
        .flat_map(|manifest| &manifest.files)
        .flat_map(|file| file.sha256.iter().chain(&file.md5))
        .collect();
    let number = sums.len();
    assert!(number > 60, "{number}");
    sums.sort();
    sums.dedup();
    assert_eq!(sums.len(), number);
}

#[test]
fn a_manifest_with_a_mistake_is_refused_in_words() {
    let good = "id = \"a\"\ntitle = \"A\"\ntask = \"t\"\nmodality = \"CT\"\ndimensions = 3\naccess = \"open\"\n\
                [licence]\nname = \"CC0-1.0\"\n[[files]]\nname = \"a.zip\"\nurls = [\"https://x/a.zip\"]\nunpack = \"zip\"\n";
    assert!(Manifest::parse(good).is_ok());
    for (from, to, says) in [
        ("dimensions = 3", "dimensions = 4", "4 dimensions"),
        ("id = \"a\"", "id = \"../a\"", "an id has"),
        ("task", "tsak", "unknown field `tsak`"),
        ("[\"https://x/a.zip\"]", "[]", "a.zip has no address"),
        ("https://x", "ftp://x", "is no address"),
        ("name = \"a.zip\"", "name = \"../a.zip\"", "no plain file name"),
        ("unpack = \"zip\"", "unpack = \"rar\"", "unknown variant `rar`"),
        (
            "unpack = \"zip\"",
            "unpack = \"zip\"\nsha256 = \"12\"",
            "checksum of another length",
        ),
        ("dimensions = 3", "dimensions = 3\nprojects = [13]", "no project 13"),
        ("access = \"open\"", "access = \"login\"", "no steps"),
        (
            "[licence]",
            "[class]\nfiles = [\"b\"]\n[licence]",
            "b is not among its files",
        ),
    ] {
        let error = Manifest::parse(&good.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(says), "{to}: {error}");
    }
}

/// `UNET_LAB_WRITE_PAGES=1 cargo test -p unet_lab_data page` writes it anew.
#[test]
fn the_page_is_as_the_manifests_say() {
    let path = project_folder().join("docs/datasets.md");
    if std::env::var_os("UNET_LAB_WRITE_PAGES").is_some() {
        fs::write(&path, markdown_page()).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        page == markdown_page(),
        "docs/datasets.md is stale: UNET_LAB_WRITE_PAGES=1 cargo test -p unet_lab_data page"
    );
}

/// The published schema and the type know the same fields: the type names its own when it meets a strange one.
#[cfg(feature = "fetch")]
#[test]
fn the_schema_has_the_fields_of_the_type() {
    let text = fs::read_to_string(project_folder().join("datasets/schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
    let properties = |pointer: &str| -> Vec<String> {
        let object = schema.pointer(pointer).and_then(|value| value.as_object());
        let mut names: Vec<String> = object.unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let places = [
        ("strange = 1", "/properties"),
        ("[licence]\nstrange = 1", "/properties/licence/properties"),
        ("[citation]\nstrange = 1", "/properties/citation/properties"),
        ("[layout]\nstrange = 1", "/properties/layout/properties"),
        ("[cases]\nstrange = 1", "/properties/cases/properties"),
        ("[class]\nstrange = 1", "/properties/class/properties"),
        ("[[scores]]\nstrange = 1", "/properties/scores/items/properties"),
        ("[[files]]\nstrange = 1", "/$defs/file/properties"),
    ];
    for (text, pointer) in places {
        let error = Manifest::parse(text).unwrap_err().to_string();
        let (_, expected) = error.split_once("expected ").unwrap();
        let mut names: Vec<String> = expected.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        names.sort();
        assert_eq!(names, properties(pointer), "{pointer}");
    }
    let packings = schema
        .pointer("/$defs/file/properties/unpack/enum")
        .unwrap()
        .to_string();
    assert_eq!(packings, r#"["none","zip","tar","tar.gz","tar-of-gz","gz"]"#);
}

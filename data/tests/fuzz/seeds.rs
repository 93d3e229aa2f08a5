//! The files that are damaged: those of the fixtures, and real ones where the folder of real files is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use unet_lab_data::formats::{Format, FormatError, Limits, decode};

/// A file with those that it names.
#[derive(Clone, Debug)]
pub struct Files {
    pub name: String,
    pub first: Vec<u8>,
    pub others: Vec<(String, Vec<u8>)>,
}

/// Longer real files take too long to be damaged a million times.
const LONGEST: u64 = 200_000;
/// Real files of one folder and format: they are alike.
const OF_ONE_KIND: usize = 8;

impl Files {
    pub fn new(name: impl Into<String>, first: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            first: first.into(),
            others: Vec::new(),
        }
    }

    pub fn bytes(&self) -> usize {
        self.first.len() + self.others.iter().map(|(_, bytes)| bytes.len()).sum::<usize>()
    }

    /// The file that another one names. A star stands for its own name without its ending.
    pub fn companion(&self, name: &str) -> Result<Vec<u8>, FormatError> {
        let name = name.trim_start_matches("./");
        let is_meant = |other: &str| match name.strip_prefix('*') {
            Some(ending) => other.ends_with(ending),
            None => other == name,
        };
        let found = self.others.iter().find(|(other, _)| is_meant(other));
        let found = found.map(|(_, bytes)| bytes.clone());
        found.ok_or_else(|| FormatError::System("there is no such file".to_owned()))
    }
}

/// Everything that [`decode`] reads, by format.
pub fn by_format() -> BTreeMap<String, Vec<Files>> {
    let mut all = BTreeMap::<String, Vec<Files>>::new();
    let made = volumes().into_iter().chain(pictures()).chain(dicom());
    for files in made {
        let format = format_of(&files).unwrap_or_else(|problem| panic!("{}: {problem}", files.name));
        all.entry(format).or_default().push(files);
    }
    let mut counts = BTreeMap::<(PathBuf, String), usize>::new();
    for path in real() {
        let Some(files) = with_companions(&path) else { continue };
        let Ok(format) = format_of(&files) else { continue };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let count = counts.entry((folder, format.clone())).or_default();
        *count += 1;
        if *count <= OF_ONE_KIND {
            all.entry(format).or_default().push(files);
        }
    }
    all
}

fn format_of(files: &Files) -> Result<String, FormatError> {
    // An archive of two arrays cannot be read without a name, nor can every kind of DICOM; what leads to the refusal is read all the same.
    if files.first.starts_with(b"PK") {
        return Ok(Format::Npz.to_string());
    }
    if cfg!(feature = "dicom") && files.first.get(128..132) == Some(b"DICM") {
        return Ok(Format::Dicom.to_string());
    }
    let decoded = decode(&files.first, Limits::with_bytes(super::files::LIMIT), &|name| {
        files.companion(name)
    })?;
    Ok(decoded.format.to_string())
}

pub fn fixture(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

pub fn from_hex(text: &Value) -> Vec<u8> {
    let pairs = text.as_str().unwrap().as_bytes().chunks(2);
    let pairs = pairs.map(|pair| str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

pub fn volumes() -> Vec<Files> {
    let fixture = fixture("volumes.json");
    let mut all = Vec::new();
    for entry in fixture["made"].as_array().unwrap() {
        let mut others: Vec<(String, Vec<u8>)> = Vec::new();
        for (name, contents) in entry["files"].as_object().unwrap() {
            others.push((name.clone(), from_hex(contents)));
        }
        let is_first = |(name, _): &(String, Vec<u8>)| entry["first"] == **name;
        let (_, first) = others.remove(others.iter().position(is_first).unwrap());
        let name = entry["name"].as_str().unwrap().to_owned();
        all.push(Files { name, first, others });
    }
    all.push(Files::new("npz of two arrays", from_hex(&fixture["npz_of_two"])));
    all
}

fn pictures() -> Vec<Files> {
    let fixture = fixture("pictures.json");
    let cases = fixture.as_object().unwrap().iter();
    cases
        .map(|(name, case)| Files::new(name, from_hex(&case["bytes"])))
        .collect()
}

/// The small DICOM files; without the feature there is no reader for them.
pub fn dicom() -> Vec<Files> {
    if !cfg!(feature = "dicom") {
        return Vec::new();
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dicom");
    let mut paths = Vec::new();
    list(&folder, &mut paths);
    paths.iter().filter_map(|path| with_companions(path)).collect()
}

/// Files of the folder of real files, those that are short enough.
pub fn real() -> Vec<PathBuf> {
    let named = std::env::var_os("UNET_LAB_REALDATA").map(PathBuf::from);
    let root = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/realdata"));
    let mut paths = Vec::new();
    list(&root, &mut paths);
    paths
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for path in entries {
        match path.metadata() {
            Ok(data) if data.is_dir() => list(&path, files),
            Ok(data) if data.len() <= LONGEST => files.push(path),
            _ => {}
        }
    }
}

/// A file with those of the same name and another ending, which headers name.
fn with_companions(path: &Path) -> Option<Files> {
    let stem = |path: &Path| {
        let name = path.file_name()?.to_str()?.trim_end_matches(".gz").to_owned();
        Some(name.rsplit_once('.').map_or(name.clone(), |(stem, _)| stem.to_owned()))
    };
    let is_header = path
        .extension()
        .is_some_and(|ending| ["mhd", "nhdr", "hdr"].iter().any(|header| ending == *header));
    let mut files = Files::new(path.display().to_string(), fs::read(path).ok()?);
    if is_header {
        for entry in fs::read_dir(path.parent()?).ok()?.flatten() {
            let other = entry.path();
            if other != path && stem(&other) == stem(path) && entry.metadata().is_ok_and(|data| data.len() <= LONGEST) {
                files
                    .others
                    .push((entry.file_name().to_str()?.to_owned(), fs::read(other).ok()?));
            }
        }
    }
    Some(files)
}

//! Whether what is in the cache is still what arrived.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::checksum::sums_of;
use super::{Fetch, FetchError, Phase, Progress, Settings, Step};
use crate::datasets::{Manifest, Packing};

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileState {
    /// Its bytes are others.
    Damaged,
    /// It is gone.
    Missing,
    /// It came from somewhere else.
    Added,
    /// It cannot be read.
    Unreadable(String),
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// How many files were compared.
    pub files: u64,
    /// Those that are not as they arrived: the manifest's file that they came in, the path below the data set's folder, what is
    /// the matter.
    pub faults: Vec<(String, String, FileState)>,
}

impl Verification {
    /// Whether all is as it arrived; files that were added do no harm.
    pub fn is_good(&self) -> bool {
        self.faults.iter().all(|(_, _, state)| *state == FileState::Added)
    }
}

/// Computes the checksum of every file of a data set anew.
///
/// # Errors
/// [`FetchError::NotThere`], [`FetchError::Stopped`].
pub fn verify(manifest: &Manifest, settings: &Settings, progress: &dyn Progress) -> Result<Verification, FetchError> {
    let (id, cache) = (&manifest.id, &settings.cache);
    let record = cache.record(id);
    if record.files.is_empty() {
        return Err(FetchError::NotThere { id: id.clone() });
    }
    let mut result = Verification::default();
    let folder = cache.dataset(id);
    let mut known = BTreeSet::new();
    for (name, entry) in &record.files {
        let Some(list) = cache.read_list(id, name) else {
            let place = cache.list_path(id, name).display().to_string();
            result.faults.push((name.clone(), place, FileState::Missing));
            continue;
        };
        let is_plain = manifest.file(name).is_some_and(|file| file.unpack == Packing::None);
        let place = Path::new(&entry.place);
        let above = if is_plain {
            place.parent().unwrap_or(Path::new(""))
        } else {
            place
        };
        let mut done = 0_u64;
        for (expected, path) in list {
            let relative = above.join(&path);
            let watch = |bytes| {
                progress.step(Step {
                    dataset: id,
                    file: name,
                    phase: Phase::Checking,
                    bytes: done.saturating_add(bytes),
                    total: Some(entry.unpacked_bytes),
                });
                !progress.is_cancelled()
            };
            let state = match sums_of(&folder.join(&relative), false, &watch) {
                Ok(None) => return Err(FetchError::Stopped),
                Ok(Some(sums)) => {
                    done = done.saturating_add(sums.bytes);
                    (sums.sha256 != expected).then_some(FileState::Damaged)
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(FileState::Missing),
                Err(error) => Some(FileState::Unreadable(error.to_string())),
            };
            result.files = result.files.saturating_add(1);
            let text = relative.to_string_lossy().into_owned();
            if let Some(state) = state {
                result.faults.push((name.clone(), text.clone(), state));
            }
            known.insert(text);
        }
    }
    let mut added = Vec::new();
    list_files(&folder, Path::new(""), &mut added);
    added.retain(|path| !known.contains(path));
    result
        .faults
        .extend(added.into_iter().map(|path| (String::new(), path, FileState::Added)));
    Ok(result)
}

/// Fetches those of the manifest's files again in which `verify` found faults.
///
/// # Errors
/// Any [`FetchError`].
pub fn repair(
    manifest: &Manifest,
    settings: &Settings,
    found: &Verification,
    progress: &dyn Progress,
) -> Result<(), FetchError> {
    let damaged: BTreeSet<&str> = found
        .faults
        .iter()
        .filter(|(_, _, state)| *state != FileState::Added)
        .map(|(name, _, _)| name.as_str())
        .collect();
    let mut record = settings.cache.record(&manifest.id);
    let there: Vec<String> = record.files.keys().cloned().collect();
    record.files.retain(|name, _| !damaged.contains(name.as_str()));
    settings.cache.write_record(&manifest.id, &record)?;
    // Those files that were there, and no others.
    let mut part = manifest.clone();
    let class = crate::datasets::ClassSubset {
        files: there,
        cases: None,
        note: None,
    };
    part.class = Some(class);
    let fetch = Fetch::new(&part, settings.clone())
        .class_size()
        .with_progress(Through(progress));
    fetch.fetch().map(drop)
}

/// Passes everything on.
pub(super) struct Through<'a>(pub &'a dyn Progress);

impl Progress for Through<'_> {
    fn step(&self, step: Step) {
        self.0.step(step);
    }

    fn note(&self, text: &str) {
        self.0.note(text);
    }

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

fn list_files(folder: &Path, below: &Path, into: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = below.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => list_files(&entry.path(), &path, into),
            _ => into.push(path.to_string_lossy().into_owned()),
        }
    }
}

//! Files that a person downloaded.

use std::path::{Path, PathBuf};

use super::bundle::{is_bundle, unpack_bundle};
use super::checksum::{Sums, sums_of};
use super::dataset::place_of;
use super::lock::Lock;
use super::record::{Trusted, now};
use super::sources::{Arrived, check_kind};
use super::verify::Through;
use super::{Fetch, FetchError, Phase, Progress, Settings, SourceProblem, Step, Trust};
use crate::datasets::{Manifest, RemoteFile, all};

/// A file that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// The data set that it belongs to.
    pub id: String,
    /// Its name in the manifest.
    pub file: String,
    /// How it was recognised.
    pub trust: Trust,
    /// Where it is now.
    pub place: PathBuf,
}

/// Whose file something is.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognised {
    /// The data set.
    pub manifest: &'static Manifest,
    /// The file.
    pub file: &'static RemoteFile,
    /// Whether a checksum says so, and not only the name.
    pub by_checksum: bool,
}

/// Puts a file that a person downloaded, or a bundle, into the cache: recognised, checked, unpacked. The file stays.
///
/// # Errors
/// [`FetchError::Unrecognised`], [`FetchError::WrongFile`] where its checksum is not the manifest's, and all that unpacking can
/// meet.
pub fn add(
    path: &Path,
    id: Option<&str>,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<Vec<Added>, FetchError> {
    let named = match id {
        Some(id) => Some(crate::datasets::find(id).ok_or_else(|| super::dataset::unknown(id))?),
        None => None,
    };
    if is_bundle(path) {
        return unpack_bundle(path, id, settings, progress);
    }
    let catalogue: Vec<&'static Manifest> = named.map_or_else(|| all().iter().collect(), |manifest| vec![manifest]);
    let sums = sums_with_progress(path, progress)?;
    let found = recognise_in(&catalogue, path, &sums);
    let found = match (found, named) {
        (Some(found), _) => found,
        // The only file that it can be; the checksum, where there is one, has just spoken against it.
        (None, Some(manifest)) if manifest.files.len() == 1 => Recognised {
            manifest,
            file: manifest.files.first().ok_or_else(|| unrecognised(path, &sums))?,
            by_checksum: false,
        },
        (None, _) => return Err(unrecognised(path, &sums)),
    };
    let trust = judge(&found, path, &sums, settings)?;
    let arrived = Arrived {
        path: path.to_owned(),
        sums,
        from: path.display().to_string(),
        trust,
    };
    Ok(vec![install(found.manifest, found.file, arrived, settings, progress)?])
}

/// Whose file something is, by its checksum, else by its name.
///
/// # Errors
/// [`FetchError::Cache`] where it cannot be read.
pub fn recognise(path: &Path) -> Result<Option<Recognised>, FetchError> {
    let sums = sums_with_progress(path, &super::Silent)?;
    Ok(recognise_in(&all().iter().collect::<Vec<_>>(), path, &sums))
}

fn recognise_in(catalogue: &[&'static Manifest], path: &Path, sums: &Sums) -> Option<Recognised> {
    let files = || {
        catalogue
            .iter()
            .flat_map(|&manifest| manifest.files.iter().map(move |file| (manifest, file)))
    };
    let recognised = |by_checksum| {
        move |(manifest, file)| Recognised {
            manifest,
            file,
            by_checksum,
        }
    };
    if let Some(found) = files().find(|(_, file)| is_of(file, sums)) {
        return Some(recognised(true)(found));
    }
    // Browsers write "name (1).zip" for a second download.
    let name = path.file_name()?.to_str()?;
    let mut named = files().filter(|(_, file)| file.name == name || without_copy_number(name) == file.name);
    let first = named.next()?;
    named.next().is_none().then(|| recognised(false)(first))
}

/// `a (1).zip` as `a.zip`.
fn without_copy_number(name: &str) -> String {
    let parts = name.split_once(" (").and_then(|(stem, rest)| {
        let (number, ending) = rest.split_once(')')?;
        number
            .chars()
            .all(|c| c.is_ascii_digit())
            .then(|| format!("{stem}{ending}"))
    });
    parts.unwrap_or_else(|| name.to_owned())
}

/// Whether the file is the manifest's; a first one is remembered.
fn judge(found: &Recognised, path: &Path, sums: &Sums, settings: &Settings) -> Result<Trust, FetchError> {
    let wrong = |problem| {
        Err(FetchError::WrongFile {
            file: path.to_owned(),
            problem,
        })
    };
    let file = found.file;
    if found.by_checksum {
        return Ok(if file.sha256.as_ref() == Some(&sums.sha256) {
            Trust::Sha256
        } else {
            Trust::Md5
        });
    }
    if !file.checksum_varies {
        let known = [
            ("SHA-256", &file.sha256, Some(&sums.sha256)),
            ("MD5", &file.md5, sums.md5.as_ref()),
        ];
        if let Some((kind, Some(expected), Some(found))) = known.into_iter().find(|(_, expected, _)| expected.is_some())
        {
            return wrong(SourceProblem::WrongChecksum {
                kind,
                expected: expected.clone(),
                found: found.clone(),
            });
        }
    }
    if let Err(problem) = check_kind(path, file.unpack)? {
        return wrong(problem);
    }
    let id = &found.manifest.id;
    let mut trusted = settings.cache.trusted_files(id);
    match trusted.get(&file.name) {
        Some(first) if first.sha256 == sums.sha256 => Ok(Trust::AsFirst),
        Some(first) if !file.checksum_varies => wrong(SourceProblem::NotAsFirst {
            expected: first.sha256.clone(),
            found: sums.sha256.clone(),
        }),
        _ => {
            let first = Trusted {
                sha256: sums.sha256.clone(),
                from: path.display().to_string(),
                at: now(),
            };
            trusted.insert(file.name.clone(), first);
            settings.cache.write_trusted_files(id, &trusted)?;
            Ok(Trust::FirstUse)
        }
    }
}

/// Unpacks a file that was found to be right.
pub(super) fn install(
    manifest: &Manifest,
    file: &RemoteFile,
    arrived: Arrived,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<Added, FetchError> {
    let _lock = Lock::acquire(&settings.cache.locks(), &manifest.id, progress)?;
    let trust = arrived.trust;
    let fetch = Fetch::new(manifest, settings.clone()).with_progress(Through(progress));
    fetch.install(file, arrived)?;
    Ok(Added {
        id: manifest.id.clone(),
        file: file.name.clone(),
        trust,
        place: place_of(&settings.cache, manifest, file),
    })
}

/// As [`judge`], for a file whose place in the catalogue is known.
pub(super) fn judge_of(
    manifest: &'static Manifest,
    file: &'static RemoteFile,
    path: &Path,
    sums: &Sums,
    settings: &Settings,
) -> Result<Trust, FetchError> {
    let by_checksum = is_of(file, sums);
    let found = Recognised {
        manifest,
        file,
        by_checksum,
    };
    judge(&found, path, sums, settings)
}

/// Whether one of its checksums is the file's.
fn is_of(file: &RemoteFile, sums: &Sums) -> bool {
    file.sha256.as_ref() == Some(&sums.sha256) || (file.md5.is_some() && file.md5 == sums.md5)
}

fn sums_with_progress(path: &Path, progress: &dyn Progress) -> Result<Sums, FetchError> {
    let unreadable = |error: std::io::Error| FetchError::Bundle {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let total = std::fs::metadata(path).map_err(unreadable)?.len();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let watch = |bytes| {
        progress.step(Step {
            dataset: "",
            file: &name,
            phase: Phase::Checking,
            bytes,
            total: Some(total),
        });
        !progress.is_cancelled()
    };
    sums_of(path, true, &watch)
        .map_err(unreadable)?
        .ok_or(FetchError::Stopped)
}

fn unrecognised(path: &Path, sums: &Sums) -> FetchError {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    FetchError::Unrecognised {
        file: path.to_owned(),
        found: format!("its name is {name}, its SHA-256 {}", sums.sha256),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browsers_second_download_has_the_first_ones_name() {
        assert_eq!(without_copy_number("a (1).zip"), "a.zip");
        assert_eq!(without_copy_number("a (b).zip"), "a (b).zip");
        assert_eq!(without_copy_number("a.zip"), "a.zip");
    }
}

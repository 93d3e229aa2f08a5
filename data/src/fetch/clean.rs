//! Removing what is not needed any more.

use std::fs;
use std::path::{Path, PathBuf};

use super::lock::Lock;
use super::record::remove;
use super::{Cache, FetchError, Progress};

/// What to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cleaning {
    /// A data set and its downloads.
    Dataset(String),
    /// Interrupted downloads and archives that were kept.
    Downloads,
    /// The checksum remembered from the first download of a data set.
    Trust(String),
    /// Everything.
    All,
}

/// The folders and files that a cleaning removes, and how many bytes they take.
pub fn cleanable(cache: &Cache, what: &Cleaning) -> Vec<(PathBuf, u64)> {
    let paths = match what {
        Cleaning::Dataset(id) => vec![
            cache.dataset(id),
            cache.downloads(id),
            cache.records().join(format!("{id}.json")),
            cache.records().join(id),
        ],
        Cleaning::Downloads => children(&cache.folder().join(".downloads")),
        Cleaning::Trust(id) => vec![cache.trusted(id)],
        Cleaning::All => {
            let mut paths: Vec<PathBuf> = cache.datasets().iter().map(|id| cache.dataset(id)).collect();
            paths.extend([".downloads", ".records", ".trusted"].map(|name| cache.folder().join(name)));
            paths
        }
    };
    let there = paths.into_iter().filter(|path| path.symlink_metadata().is_ok());
    there.map(|path| (path.clone(), bytes_on_disk(&path))).collect()
}

/// Removes it, unless a data set is being fetched just then: it waits for that.
///
/// # Errors
/// [`FetchError::Cache`] where the file system refuses, [`FetchError::Stopped`].
pub fn clean(cache: &Cache, what: &Cleaning, progress: &dyn Progress) -> Result<u64, FetchError> {
    let ids = match what {
        Cleaning::Dataset(id) | Cleaning::Trust(id) => vec![id.clone()],
        Cleaning::Downloads => names(&children(&cache.folder().join(".downloads"))),
        Cleaning::All => {
            let mut ids = cache.datasets();
            ids.extend(names(&children(&cache.folder().join(".downloads"))));
            ids.sort();
            ids.dedup();
            ids
        }
    };
    if cleanable(cache, what).is_empty() {
        return Ok(0);
    }
    let locks = ids.iter().map(|id| Lock::acquire(&cache.locks(), id, progress));
    let _locks = locks.collect::<Result<Vec<_>, _>>()?;
    // The record goes first: a data set that is half removed is one that is not there.
    let mut paths = cleanable(cache, what);
    paths.sort_by_key(|(path, _)| !path.starts_with(cache.records()));
    for (path, _) in &paths {
        match path.is_dir() {
            true => fs::remove_dir_all(path).map_err(|error| FetchError::system(path, &error))?,
            false => remove(path)?,
        }
    }
    Ok(paths.iter().fold(0, |sum, (_, bytes)| sum.saturating_add(*bytes)))
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths
}

fn names(paths: &[PathBuf]) -> Vec<String> {
    paths
        .iter()
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect()
}

/// The bytes that a file or folder takes; links are not followed.
pub(super) fn bytes_on_disk(path: &Path) -> u64 {
    let Ok(metadata) = path.symlink_metadata() else {
        return 0;
    };
    if metadata.is_dir() {
        return children(path)
            .iter()
            .map(|child| bytes_on_disk(child))
            .fold(0, u64::saturating_add);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        // Files with holes take less than their length.
        metadata.len().min(metadata.blocks().saturating_mul(512))
    }
    #[cfg(not(unix))]
    metadata.len()
}

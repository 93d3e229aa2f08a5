//! Where data sets are kept.

use std::env;
use std::path::{Path, PathBuf};

use super::FetchError;

/// Names the cache.
const CACHE_VARIABLE: &str = "UNET_LAB_DATA";

/// A folder of data sets, one folder each, that users and processes can share.
///
/// Beside them lie `.records` (what is there, and the SHA-256 of every file), `.trusted` (checksums remembered from the first
/// download), `.downloads` (what is on its way, and archives that were kept) and `.locks`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache(PathBuf);

impl Cache {
    /// A cache in this folder, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// `UNET_LAB_DATA`, or `unet-lab/data` in the user's folder for caches.
    ///
    /// # Errors
    /// [`FetchError::Setting`] where neither is known.
    pub fn from_environment() -> Result<Self, FetchError> {
        let named = |variable| {
            env::var_os(variable)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        if let Some(folder) = named(CACHE_VARIABLE) {
            let absolute = std::path::absolute(&folder);
            return absolute.map(Self).map_err(|error| FetchError::system(&folder, &error));
        }
        let home = env::home_dir().filter(|home| !home.as_os_str().is_empty());
        let caches = if cfg!(windows) {
            named("LOCALAPPDATA").or_else(|| home.map(|home| home.join("AppData/Local")))
        } else if cfg!(target_os = "macos") {
            home.map(|home| home.join("Library/Caches"))
        } else {
            let standard = named("XDG_CACHE_HOME").filter(|path| path.is_absolute());
            standard.or_else(|| home.map(|home| home.join(".cache")))
        };
        let unknown = || {
            FetchError::Setting(format!(
                "no home folder is known: set {CACHE_VARIABLE} to a folder for data sets"
            ))
        };
        caches
            .map(|caches| Self(caches.join("unet-lab/data")))
            .ok_or_else(unknown)
    }

    /// The folder of the cache.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The folder of a data set, there or not.
    pub fn dataset(&self, id: &str) -> PathBuf {
        self.0.join(id)
    }

    /// The ids of all data sets that are there, at least in part.
    pub fn datasets(&self) -> Vec<String> {
        let records = std::fs::read_dir(self.records()).into_iter().flatten();
        let mut ids: Vec<String> = records
            .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".json")?.to_owned()))
            .collect();
        ids.sort();
        ids
    }

    pub(super) fn records(&self) -> PathBuf {
        self.0.join(".records")
    }

    pub(super) fn trusted(&self, id: &str) -> PathBuf {
        self.0.join(".trusted").join(format!("{id}.json"))
    }

    /// Where a data set's files are on their way, and where its archives are kept.
    pub(super) fn downloads(&self, id: &str) -> PathBuf {
        self.0.join(".downloads").join(id)
    }

    pub(super) fn locks(&self) -> PathBuf {
        self.0.join(".locks")
    }
}

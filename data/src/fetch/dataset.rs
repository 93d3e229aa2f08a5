//! A whole data set: from the cache, or fetched, checked and unpacked into it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::client::Client;
use super::lock::Lock;
use super::record::now;
use super::sources::{Arrived, FileFetch};
use super::{Cache, FetchError, FileRecord, Phase, Progress, Record, Settings, Silent, Step};
use crate::archive::{ArchiveError, ArchiveLimits, Unpacked, UnpackedFile, unpack};
use crate::datasets::{Access, Manifest, Packing, RemoteFile, all, find};

/// The data set with this id, to be fetched.
///
/// # Errors
/// [`FetchError::Unknown`], and [`FetchError::Setting`] where the environment names no usable cache or server.
pub fn get(id: &str) -> Result<Fetch<'static>, FetchError> {
    let manifest = find(id).ok_or_else(|| unknown(id))?;
    Ok(Fetch::new(manifest, Settings::from_environment()?))
}

/// An error that names the most similar id.
pub(super) fn unknown(id: &str) -> FetchError {
    let wanted = id.to_ascii_lowercase();
    let is_similar = |other: &&str| !wanted.is_empty() && (other.contains(&wanted) || wanted.contains(*other));
    let similar: Vec<&str> = all()
        .iter()
        .map(|manifest| manifest.id.as_str())
        .filter(is_similar)
        .take(5)
        .collect();
    let hint = match similar.as_slice() {
        [] => String::new(),
        ids => format!(": did you mean {}?", ids.join(" or ")),
    };
    FetchError::Unknown {
        id: id.to_owned(),
        hint,
    }
}

/// A data set about to be fetched.
#[derive(Clone)]
pub struct Fetch<'a> {
    manifest: &'a Manifest,
    settings: Settings,
    progress: Arc<dyn Progress + 'a>,
    class_size: bool,
}

impl<'a> Fetch<'a> {
    /// Fetches `manifest` with these settings.
    pub fn new(manifest: &'a Manifest, settings: Settings) -> Self {
        Self {
            manifest,
            settings,
            progress: Arc::new(Silent),
            class_size: false,
        }
    }

    /// Only the files that a class needs.
    pub fn class_size(mut self) -> Self {
        self.class_size = true;
        self
    }

    /// Whom to tell how far it is.
    pub fn with_progress(mut self, progress: impl Progress + 'a) -> Self {
        self.progress = Arc::new(progress);
        self
    }

    /// Other settings.
    pub fn with_settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The data set's folder, whole; at once where it is in the cache, which may then be read-only.
    ///
    /// # Errors
    /// Any [`FetchError`]. What was downloaded stays, and the next call goes on from there.
    pub fn fetch(self) -> Result<PathBuf, FetchError> {
        let folder = self.settings.cache.dataset(&self.manifest.id);
        let wanted = match self.class_size {
            true => self.manifest.class_files(),
            false => self.manifest.files.iter().collect(),
        };
        if !wanted.is_empty() && self.missing(&wanted).is_empty() {
            return Ok(folder);
        }
        if self.manifest.access != Access::Open {
            return Err(FetchError::ByHand {
                title: self.manifest.title.clone(),
                steps: self.manifest.steps.clone(),
                alternatives: self.manifest.alternatives.clone(),
            });
        }
        let _lock = Lock::acquire(&self.settings.cache.locks(), &self.manifest.id, &*self.progress)?;
        // Somebody may have fetched it meanwhile.
        let missing = self.missing(&wanted);
        self.sweep()?;
        self.check_room(&missing)?;
        let client = Client::new(&self.settings);
        for file in missing {
            let fetch = FileFetch {
                settings: &self.settings,
                progress: &*self.progress,
                client: &client,
                manifest: self.manifest,
                file,
            };
            let arrived = fetch.run()?;
            self.install(file, arrived)?;
        }
        Ok(folder)
    }

    /// The archives of the wanted files, downloaded and checked, neither unpacked nor removed.
    pub(super) fn archives(&self) -> Result<Vec<(&'a RemoteFile, Arrived)>, FetchError> {
        let _lock = Lock::acquire(&self.settings.cache.locks(), &self.manifest.id, &*self.progress)?;
        let wanted: Vec<&RemoteFile> = match self.class_size {
            true => self.manifest.class_files(),
            false => self.manifest.files.iter().collect(),
        };
        let client = Client::new(&self.settings);
        let fetch = |file| {
            let fetch = FileFetch {
                settings: &self.settings,
                progress: &*self.progress,
                client: &client,
                manifest: self.manifest,
                file,
            };
            Ok((file, fetch.run()?))
        };
        wanted.into_iter().map(fetch).collect()
    }

    /// Those of `wanted` that the cache does not have.
    fn missing(&self, wanted: &[&'a RemoteFile]) -> Vec<&'a RemoteFile> {
        let cache = &self.settings.cache;
        let record = cache.record(&self.manifest.id);
        let is_missing = |file: &&&RemoteFile| {
            !record.files.contains_key(&file.name) || !place_of(cache, self.manifest, file).exists()
        };
        wanted.iter().filter(is_missing).copied().collect()
    }

    /// Removes what a killed process left half written; the caller holds the lock.
    fn sweep(&self) -> Result<(), FetchError> {
        let folder = self.settings.cache.downloads(&self.manifest.id);
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (name, path) = (entry.file_name(), entry.path());
            let name = name.to_string_lossy();
            let is_left_over = [".unpacking", ".replaced", ".arrived", ".bundled", ".tmp"];
            if !is_left_over.iter().any(|ending| name.ends_with(ending)) {
                continue;
            }
            match path.is_dir() {
                true => fs::remove_dir_all(&path).map_err(|error| FetchError::system(&path, &error))?,
                false => super::record::remove(&path)?,
            }
        }
        Ok(())
    }

    /// The download, as much again for what it unpacks to where that is not known, and a margin.
    fn check_room(&self, missing: &[&RemoteFile]) -> Result<(), FetchError> {
        let folder = self.settings.cache.folder();
        let Some(available) = self.settings.disk.available(folder) else {
            return Ok(());
        };
        let needs = |file: &&RemoteFile| {
            let download = file.size_hint().unwrap_or(0);
            let unpacked = match file.unpack {
                Packing::None => 0,
                _ => file.unpacked_bytes.unwrap_or(download),
            };
            let whole = self.settings.cache.downloads(&self.manifest.id).join(&file.name);
            let part = whole.with_added_extension("part");
            let there = super::clean::bytes_on_disk(&part).saturating_add(super::clean::bytes_on_disk(&whole));
            download.saturating_add(unpacked).saturating_sub(there)
        };
        let needed = missing.iter().map(needs).fold(0, u64::saturating_add);
        let needed = needed.saturating_add(self.settings.margin_bytes);
        if missing.is_empty() || available >= needed {
            return Ok(());
        }
        Err(FetchError::NoRoom {
            path: folder.to_owned(),
            what: self.manifest.id.clone(),
            available,
            needed,
        })
    }

    /// Unpacks a file that arrived, puts it in its place, and writes down that it is there. The caller holds the lock.
    pub(super) fn install(&self, file: &RemoteFile, arrived: Arrived) -> Result<(), FetchError> {
        let (id, cache) = (&self.manifest.id, &self.settings.cache);
        let place = place_of(cache, self.manifest, file);
        let downloads = cache.downloads(id);
        fs::create_dir_all(&downloads).map_err(|error| FetchError::system(&downloads, &error))?;
        let keeps = self.settings.keep_archives;
        let staging = downloads.join(format!("{}.unpacking", file.stem()));
        let _ = fs::remove_dir_all(&staging);
        let unpacked = match file.unpack {
            Packing::None => {
                stage_plain(&arrived, &staging.join(&file.name), keeps)?;
                plain_list(file, &arrived)
            }
            packing => self.unpack(file, packing, &arrived, &staging)?,
        };
        let source = match file.unpack {
            Packing::None => staging.join(&file.name),
            _ => staging.clone(),
        };
        if file.unpack == Packing::None || self.manifest.files.len() > 1 {
            let parent = place.parent().unwrap_or(cache.folder());
            fs::create_dir_all(parent).map_err(|error| FetchError::system(parent, &error))?;
        }
        replace(&source, &place, &downloads.join(format!("{}.replaced", file.stem())))?;
        let _ = fs::remove_dir_all(&staging);
        cache.write_list(id, &file.name, &unpacked.files)?;
        let mut record: Record = cache.record(id);
        let relative = place.strip_prefix(cache.dataset(id)).unwrap_or(Path::new(""));
        let entry = FileRecord {
            sha256: arrived.sums.sha256,
            bytes: arrived.sums.bytes,
            from: arrived.from,
            trust: arrived.trust,
            at: now(),
            place: relative.to_string_lossy().into_owned(),
            unpacked_files: unpacked.files.len() as u64,
            unpacked_bytes: unpacked
                .files
                .iter()
                .fold(0, |sum, file| sum.saturating_add(file.bytes)),
        };
        record.files.insert(file.name.clone(), entry);
        cache.write_record(id, &record)?;
        if !keeps && arrived.path.starts_with(&downloads) {
            super::record::remove(&arrived.path)?;
            let _ = fs::remove_dir(&downloads);
        }
        Ok(())
    }

    fn unpack(
        &self,
        file: &RemoteFile,
        packing: Packing,
        arrived: &Arrived,
        into: &Path,
    ) -> Result<Unpacked, FetchError> {
        let watch = |bytes| {
            self.progress.step(Step {
                dataset: &self.manifest.id,
                file: &file.name,
                phase: Phase::Unpacking,
                bytes,
                total: file.unpacked_bytes,
            });
            !self.progress.is_cancelled()
        };
        let unpacked = unpack(&arrived.path, packing, into, ArchiveLimits::default(), &watch);
        let unpacked = unpacked.map_err(|problem| match problem {
            ArchiveError::Stopped => FetchError::Stopped,
            ArchiveError::DiskFull { path } => FetchError::DiskFull { path },
            problem => FetchError::Archive {
                file: file.name.clone(),
                problem,
            },
        })?;
        unpacked
            .notes
            .iter()
            .for_each(|note| self.progress.note(&format!("{}: {note}", file.name)));
        Ok(unpacked)
    }
}

/// Where a file of a data set is once it is unpacked: a folder, or the file itself.
pub(super) fn place_of(cache: &Cache, manifest: &Manifest, file: &RemoteFile) -> PathBuf {
    let folder = cache.dataset(&manifest.id);
    let folder = match manifest.folder_of(file) {
        Some(into) => folder.join(into),
        None => folder,
    };
    match file.unpack {
        Packing::None => folder.join(&file.name),
        _ => folder,
    }
}

/// A file that is used as it is: moved, or copied where the original is to stay.
fn stage_plain(arrived: &Arrived, to: &Path, keeps: bool) -> Result<(), FetchError> {
    let parent = to.parent().unwrap_or(to);
    fs::create_dir_all(parent).map_err(|error| FetchError::system(parent, &error))?;
    let is_ours = arrived.path.parent() == parent.parent();
    if is_ours && !keeps && fs::rename(&arrived.path, to).is_ok() {
        return Ok(());
    }
    let copied = fs::copy(&arrived.path, to).and_then(|_| fs::File::open(to)?.sync_all());
    copied.map_err(|error| FetchError::system(to, &error))
}

fn plain_list(file: &RemoteFile, arrived: &Arrived) -> Unpacked {
    let entry = UnpackedFile {
        path: file.name.clone(),
        bytes: arrived.sums.bytes,
        sha256: arrived.sums.sha256.clone(),
    };
    Unpacked {
        files: vec![entry],
        notes: Vec::new(),
    }
}

/// Renames `from` to `to`; what is there goes to `aside` first and is removed then.
fn replace(from: &Path, to: &Path, aside: &Path) -> Result<(), FetchError> {
    if to.exists() {
        let _ = fs::remove_dir_all(aside);
        fs::rename(to, aside).map_err(|error| FetchError::system(to, &error))?;
    }
    fs::rename(from, to).map_err(|error| FetchError::system(to, &error))?;
    if aside.is_dir() {
        let _ = fs::remove_dir_all(aside);
    } else {
        let _ = fs::remove_file(aside);
    }
    Ok(())
}

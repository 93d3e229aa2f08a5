//! Data sets in one file, for a room without a network.
//!
//! A bundle is a plain tar: first `unet-lab-bundle.json`, an index with lengths and SHA-256, then the files as their providers gave
//! them, each as `ID/NAME`. Whoever receives one checks every file against the index and against the lab's own manifest.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tar::{Archive, Builder, Header};

use super::add::{Added, install, judge_of};
use super::checksum::sums_of;
use super::record::remove;
use super::sources::Arrived;
use super::verify::Through;
use super::{Fetch, FetchError, Phase, Progress, Settings, Step};
use crate::datasets::{Access, find};
use crate::files::write_atomically;

const INDEX_NAME: &str = "unet-lab-bundle.json";
const FORMAT: u32 = 1;
/// The longest index that is read.
const LONGEST_INDEX: u64 = 16 << 20;

/// What a bundle holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct BundleIndex {
    /// The version of the format: 1.
    pub format: u32,
    /// Its files, in the order in which they come.
    pub entries: Vec<BundleEntry>,
}

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct BundleEntry {
    /// The data set.
    pub id: String,
    /// The file's name in the manifest.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
}

/// Writes data sets, fetched first where they are not there, into one file.
///
/// # Errors
/// [`FetchError::Bundle`] for a data set whose provider wants each user's own agreement; any [`FetchError`] of fetching.
pub fn bundle(
    ids: &[&str],
    class_size: bool,
    out: &Path,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<BundleIndex, FetchError> {
    let refuse = |reason: String| FetchError::Bundle {
        path: out.to_owned(),
        reason,
    };
    let mut index = BundleIndex {
        format: FORMAT,
        entries: Vec::new(),
    };
    let mut sources = Vec::new();
    // Archives that are only here for the bundle.
    let mut fetched: Vec<std::path::PathBuf> = Vec::new();
    for id in ids {
        let manifest = find(id).ok_or_else(|| super::dataset::unknown(id))?;
        if manifest.access != Access::Open {
            let reason = format!("{id} cannot be passed on: its provider wants each user to ask for it");
            return Err(refuse(reason));
        }
        let fetch = Fetch::new(manifest, settings.clone()).with_progress(Through(progress));
        let fetch = if class_size { fetch.class_size() } else { fetch };
        let kept: Vec<_> = manifest
            .files
            .iter()
            .map(|file| settings.cache.downloads(&manifest.id).join(&file.name))
            .filter(|path| path.exists())
            .collect();
        for (file, arrived) in fetch.archives()? {
            index.entries.push(BundleEntry {
                id: manifest.id.clone(),
                file: file.name.clone(),
                bytes: arrived.sums.bytes,
                sha256: arrived.sums.sha256,
            });
            let is_new =
                arrived.path.starts_with(settings.cache.downloads(&manifest.id)) && !kept.contains(&arrived.path);
            if is_new && !settings.keep_archives {
                fetched.push(arrived.path.clone());
            }
            sources.push(arrived.path);
        }
    }
    let needed = index
        .entries
        .iter()
        .fold(settings.margin_bytes, |sum, entry| sum.saturating_add(entry.bytes));
    if let Some(available) = settings.disk.available(out).filter(|&available| available < needed) {
        return Err(FetchError::NoRoom {
            path: out.to_owned(),
            what: "the bundle".into(),
            available,
            needed,
        });
    }
    let write = |out: &mut dyn Write| write_bundle(&index, &sources, out);
    write_atomically(out, write).map_err(|error| match FetchError::system(out, &error) {
        FetchError::Cache { reason, .. } => refuse(reason),
        full => full,
    })?;
    fetched.iter().try_for_each(|path| remove(path))?;
    Ok(index)
}

fn write_bundle(index: &BundleIndex, sources: &[std::path::PathBuf], out: &mut dyn Write) -> io::Result<()> {
    let mut tar = Builder::new(out);
    let text = serde_json::to_vec_pretty(index).unwrap_or_default();
    tar.append_data(&mut header(text.len() as u64), INDEX_NAME, text.as_slice())?;
    for (entry, source) in index.entries.iter().zip(sources) {
        let name = format!("{}/{}", entry.id, entry.file);
        tar.append_data(&mut header(entry.bytes), name, File::open(source)?.take(entry.bytes))?;
    }
    tar.finish()
}

fn header(bytes: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o644);
    header
}

/// Whether a file begins as a bundle does.
pub(super) fn is_bundle(path: &Path) -> bool {
    let mut head = [0; 512];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head.starts_with(INDEX_NAME.as_bytes()) && head.get(257..262) == Some(b"ustar")
}

/// What a bundle holds, and where each file's bytes begin.
///
/// # Errors
/// [`FetchError::Bundle`] where it is none, is cut short, or contradicts its index.
pub fn read_index(path: &Path) -> Result<Vec<(BundleEntry, u64)>, FetchError> {
    let damaged = |reason: String| FetchError::Bundle {
        path: path.to_owned(),
        reason,
    };
    let system = |error: io::Error| damaged(format!("{error}; is it whole, and a bundle?"));
    let mut archive = Archive::new(File::open(path).map_err(system)?);
    let length = fs::metadata(path).map_err(system)?.len();
    let mut index: Option<BundleIndex> = None;
    let mut places = BTreeMap::new();
    for entry in archive.entries_with_seek().map_err(system)? {
        let mut entry = entry.map_err(system)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let (start, bytes) = (entry.raw_file_position(), entry.size());
        if start.checked_add(bytes).is_none_or(|end| end > length) {
            return Err(damaged(format!("it ends within {name}: copy it again")));
        }
        match index {
            None if name == INDEX_NAME => {
                let mut text = String::new();
                entry
                    .by_ref()
                    .take(LONGEST_INDEX)
                    .read_to_string(&mut text)
                    .map_err(system)?;
                let read: BundleIndex = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
                if read.format != FORMAT {
                    return Err(damaged(format!(
                        "its format is {}; this program reads {FORMAT}",
                        read.format
                    )));
                }
                index = Some(read);
            }
            None => return Err(damaged("it does not begin with an index: it is no bundle".into())),
            Some(_) => {
                places.insert(name, (start, bytes));
            }
        }
    }
    let index = index.ok_or_else(|| damaged("it is empty".into()))?;
    let place = |entry: BundleEntry| {
        let name = format!("{}/{}", entry.id, entry.file);
        match places.get(&name) {
            Some(&(start, bytes)) if bytes == entry.bytes => Ok((entry, start)),
            _ => Err(damaged(format!(
                "{name} is missing or has another length: copy it again"
            ))),
        }
    };
    index.entries.into_iter().map(place).collect()
}

/// Takes all data sets (or one) of a bundle into the cache.
pub(super) fn unpack_bundle(
    path: &Path,
    id: Option<&str>,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<Vec<Added>, FetchError> {
    let entries = read_index(path)?;
    let wanted = entries
        .into_iter()
        .filter(|(entry, _)| id.is_none_or(|id| entry.id == id));
    let mut added = Vec::new();
    for (entry, start) in wanted {
        let known = find(&entry.id).and_then(|manifest| Some((manifest, manifest.file(&entry.file)?)));
        let Some((manifest, file)) = known else {
            progress.note(&format!(
                "{}/{} is of no data set that this version of the lab knows",
                entry.id, entry.file
            ));
            continue;
        };
        let there = settings.cache.record(&entry.id);
        if there
            .files
            .get(&entry.file)
            .is_some_and(|record| record.sha256 == entry.sha256)
        {
            progress.note(&format!("{}/{} is there already", entry.id, entry.file));
            continue;
        }
        let folder = settings.cache.downloads(&manifest.id);
        fs::create_dir_all(&folder).map_err(|error| FetchError::system(&folder, &error))?;
        let copy = folder.join(format!("{}.{}.bundled", file.name, std::process::id()));
        let result = copy_part(path, start, entry.bytes, &copy).map_err(|error| FetchError::system(&copy, &error));
        let result = result.and_then(|()| {
            let watch = |bytes| {
                progress.step(Step {
                    dataset: &manifest.id,
                    file: &file.name,
                    phase: Phase::Checking,
                    bytes,
                    total: Some(entry.bytes),
                });
                !progress.is_cancelled()
            };
            let sums = sums_of(&copy, true, &watch).map_err(|error| FetchError::system(&copy, &error))?;
            let sums = sums.ok_or(FetchError::Stopped)?;
            if sums.sha256 != entry.sha256 {
                return Err(FetchError::Bundle {
                    path: path.to_owned(),
                    reason: format!("{} is damaged in it: copy the bundle again", entry.file),
                });
            }
            let trust = judge_of(manifest, file, &copy, &sums, settings)?;
            let arrived = Arrived {
                path: copy.clone(),
                sums,
                from: path.display().to_string(),
                trust,
            };
            install(manifest, file, arrived, settings, progress)
        });
        if settings.keep_archives && result.is_ok() && copy.exists() {
            let whole = folder.join(&file.name);
            fs::rename(&copy, &whole).map_err(|error| FetchError::system(&whole, &error))?;
        }
        remove(&copy)?;
        added.push(result?);
    }
    Ok(added)
}

fn copy_part(path: &Path, start: u64, bytes: u64, to: &Path) -> io::Result<()> {
    let mut bundle = File::open(path)?;
    bundle.seek(SeekFrom::Start(start))?;
    let mut copy = File::create(to)?;
    match io::copy(&mut bundle.take(bytes), &mut copy)? {
        copied if copied == bytes => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

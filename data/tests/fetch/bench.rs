//! What every test of a download needs: contents, a manifest, a cache, settings that are quick.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use libtest_mimic::Trial;
use unet_lab_data::datasets::Manifest;
use unet_lab_data::fetch::{Cache, Fetch, FetchError, Progress, Settings, SourceProblem, Step, hexadecimal};

/// Bytes that repeat nowhere and are the same each time.
pub fn noise(length: usize, seed: u64) -> Arc<Vec<u8>> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    Arc::new(bytes)
}

pub fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hexadecimal(&Sha256::digest(bytes))
}

/// A cache of its own, and settings for it.
pub struct Bench {
    pub folder: tempfile::TempDir,
    pub settings: Settings,
    pub notes: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::new(Cache::new(folder.path().join("cache")));
        settings.connections = 4;
        settings.piece_bytes = 100_000;
        settings.journal_bytes = 20_000;
        settings.stall = Duration::from_millis(700);
        settings.retries = 3;
        settings.back_off = Duration::from_millis(10);
        settings.longest_retry_after = Duration::from_secs(3);
        settings.margin_bytes = 0;
        Self {
            folder,
            settings,
            notes: Arc::default(),
        }
    }

    pub fn fetch(&self, manifest: &Manifest) -> Result<PathBuf, FetchError> {
        let notes = Notes(Arc::clone(&self.notes));
        let result = Fetch::new(manifest, self.settings.clone()).with_progress(notes).fetch();
        self.check_cache(manifest, result.is_ok());
        result
    }

    /// The one file of a manifest made by [`plain`].
    pub fn content(&self) -> Vec<u8> {
        fs::read(self.settings.cache.dataset("test").join("file.bin")).unwrap()
    }

    pub fn said(&self, text: &str) -> bool {
        self.notes.lock().unwrap().iter().any(|note| note.contains(text))
    }

    /// Whatever happened, a data set is there whole or not at all, and nothing is half unpacked.
    pub fn check_cache(&self, manifest: &Manifest, whole: bool) {
        let cache = &self.settings.cache;
        let dataset = cache.dataset(&manifest.id);
        assert_eq!(!cache.record(&manifest.id).files.is_empty(), whole);
        if !whole {
            assert!(!dataset.exists(), "{:?}", everything(&dataset));
        }
        let left: Vec<PathBuf> = everything(cache.folder())
            .into_iter()
            .filter(|path| {
                let name = path.to_string_lossy();
                // A killed process may leave a journal half written beside its download.
                let is_half = name.ends_with(".tmp") && (whole || !name.contains(".downloads"));
                is_half
                    || [".unpacking", ".replaced", ".arrived"]
                        .iter()
                        .any(|part| name.contains(part))
            })
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// The problems of a failed download, source by source.
pub fn problems(result: Result<PathBuf, FetchError>) -> Vec<SourceProblem> {
    match result {
        Err(FetchError::Download { failures, .. }) => failures.into_iter().map(|failure| failure.problem).collect(),
        other => panic!("{other:?}"),
    }
}

pub struct Notes(pub Arc<Mutex<Vec<String>>>);

impl Progress for Notes {
    fn step(&self, _: Step) {}

    fn note(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
}

/// Every file below a folder.
pub fn everything(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(everything(&entry.path()));
        }
        found.insert(entry.path());
    }
    found
}

/// A data set of one file that is used as it is.
pub fn plain(urls: &[String], sum: Option<&str>) -> Manifest {
    manifest("none", "file.bin", urls, sum)
}

/// A data set of one file.
pub fn manifest(unpack: &str, name: &str, urls: &[String], sum: Option<&str>) -> Manifest {
    let sum = sum.map(|sum| format!("sha256 = \"{sum}\"\n")).unwrap_or_default();
    parse(&format!(
        "[[files]]\nname = \"{name}\"\nurls = {urls:?}\nunpack = \"{unpack}\"\n{sum}"
    ))
}

/// A data set of these files.
pub fn parse(files: &str) -> Manifest {
    let text = format!(
        "id = \"test\"\ntitle = \"Test\"\ntask = \"t\"\nmodality = \"m\"\ndimensions = 2\naccess = \"open\"\n\
         [licence]\nname = \"CC0-1.0\"\n{files}"
    );
    Manifest::parse(&text).unwrap()
}

/// A zip of these files.
pub fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        writer
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Tests with their names.
pub fn named(tests: Vec<(&'static str, fn())>) -> Vec<Trial> {
    let trial = |(name, test): (&str, fn())| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    tests.into_iter().map(trial).collect()
}

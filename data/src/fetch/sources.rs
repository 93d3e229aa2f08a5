//! One file from the first of its sources that gives it whole.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::checksum::{Sums, sums_of};
use super::client::Client;
use super::dataset::place_of;
use super::partial::Partial;
use super::record::{Trusted, now};
use super::request::{Job, Source};
use super::resolve::{Resolved, resolve};
use super::transfer::{Failure, transfer};
use super::{FetchError, Phase, Progress, Settings, SourceFailure, SourceProblem, Trust};
use crate::archive::kind_of;
use crate::datasets::{Manifest, Packing, RemoteFile};

/// A whole file, found to be the right one.
pub(super) struct Arrived {
    pub path: PathBuf,
    pub sums: Sums,
    pub from: String,
    pub trust: Trust,
}

/// Fetches one file of a data set.
pub(super) struct FileFetch<'a> {
    pub settings: &'a Settings,
    pub progress: &'a dyn Progress,
    pub client: &'a Client,
    pub manifest: &'a Manifest,
    pub file: &'a RemoteFile,
}

impl FileFetch<'_> {
    /// The file, whole and checked, in the folder for downloads.
    pub fn run(&self) -> Result<Arrived, FetchError> {
        let folder = self.settings.cache.downloads(&self.manifest.id);
        fs::create_dir_all(&folder).map_err(|error| FetchError::system(&folder, &error))?;
        let whole = folder.join(&self.file.name);
        // What is used as it is may be in its place already.
        let place = place_of(&self.settings.cache, self.manifest, self.file);
        let there = [Some(&whole), Some(&place).filter(|_| self.file.unpack == Packing::None)];
        for path in there.into_iter().flatten().filter(|path| path.is_file()) {
            match self.judge(path, "the cache", None)? {
                Ok(arrived) => return Ok(arrived),
                Err(problem) => {
                    let name = &self.file.name;
                    self.progress
                        .note(&format!("{name} in the cache: {problem}; it is downloaded again"));
                }
            }
        }
        super::record::remove(&whole)?;
        let mut failures = Vec::new();
        for candidate in self.candidates() {
            let url = candidate.name();
            let problem = match self.try_source(candidate, &whole)? {
                Ok(arrived) => return Ok(arrived),
                Err(problem) => problem,
            };
            self.progress.note(&format!("{url}: {problem}"));
            failures.push(SourceFailure { url, problem });
        }
        Err(FetchError::Download {
            file: self.file.name.clone(),
            failures,
        })
    }

    /// The room's server, then the addresses in order, then what the repository tells.
    fn candidates(&self) -> Vec<Candidate<'_>> {
        let mirror = self.settings.mirror.iter();
        let mirror = mirror.map(|mirror| format!("{mirror}/{}/{}", self.manifest.id, escaped(&self.file.name)));
        let urls = mirror.chain(self.file.urls.iter().cloned()).map(Candidate::Url);
        urls.chain(self.file.resolver.as_ref().map(Candidate::Resolver))
            .collect()
    }

    /// Everything that one source can give: the outer error ends all, the inner one this source.
    fn try_source(&self, candidate: Candidate, whole: &Path) -> Result<Result<Arrived, SourceProblem>, FetchError> {
        let resolved = match candidate {
            Candidate::Url(url) => Resolved {
                source: Source { key: url.clone(), url },
                bytes: None,
                sha256: None,
                md5: None,
            },
            Candidate::Resolver(resolver) => match resolve(self.client, self.settings, self.file, resolver) {
                Ok(resolved) => resolved,
                Err(problem) => return Ok(Err(problem)),
            },
        };
        let job = Job {
            client: self.client,
            settings: self.settings,
            progress: self.progress,
            dataset: &self.manifest.id,
            file: &self.file.name,
            bytes: self.file.bytes.or(resolved.bytes.filter(|_| !self.file.has_checksum())),
            unpacks_to: (self.file.unpack != Packing::None).then_some(self.file.unpacked_bytes),
            has_checksum: self.file.has_checksum() && !self.file.checksum_varies,
        };
        let path = whole.with_added_extension("part");
        // Bytes of two sources that do not fit together are fetched once more, from this one alone.
        for _ in 0..2 {
            let mut partial = Partial::open(&path, self.settings.journal_bytes)?;
            match transfer(&job, &resolved.source, &mut partial) {
                Ok(()) => {}
                Err(Failure::Local(error)) => return Err(error),
                Err(Failure::Source(problem)) => return Ok(Err(problem)),
            }
            let was_mixed = partial.mixed;
            let arrived = whole.with_added_extension("arrived");
            partial.finish(&arrived)?;
            let problem = match self.judge(&arrived, &resolved.source.url, Some(&resolved))? {
                Ok(right) => {
                    fs::rename(&arrived, whole).map_err(|error| FetchError::system(whole, &error))?;
                    return Ok(Ok(Arrived {
                        path: whole.to_owned(),
                        ..right
                    }));
                }
                Err(problem) => problem,
            };
            super::record::remove(&arrived)?;
            if !was_mixed {
                return Ok(Err(problem));
            }
            self.progress.note(&format!(
                "{}: parts of two sources do not fit together; it begins again",
                self.file.name
            ));
        }
        Ok(Err(SourceProblem::Changing))
    }

    /// Whether a whole file is the right one: by its kind, and by the best checksum that there is.
    fn judge(
        &self,
        path: &Path,
        from: &str,
        said: Option<&Resolved>,
    ) -> Result<Result<Arrived, SourceProblem>, FetchError> {
        let total = fs::metadata(path)
            .map_err(|error| FetchError::system(path, &error))?
            .len();
        let watch = |bytes| {
            self.progress.step(super::Step {
                dataset: &self.manifest.id,
                file: &self.file.name,
                phase: Phase::Checking,
                bytes,
                total: Some(total),
            });
            !self.progress.is_cancelled()
        };
        let said_md5 = said.and_then(|said| said.md5.as_ref());
        let with_md5 = self.file.md5.is_some() || said_md5.is_some();
        let sums = sums_of(path, with_md5, &watch).map_err(|error| FetchError::system(path, &error))?;
        let Some(sums) = sums else {
            return Err(FetchError::Stopped);
        };
        let trust = match self.trust(&sums, said) {
            Ok(trust) => trust,
            Err(problem) => return Ok(Err(problem)),
        };
        if let Err(problem) = check_kind(path, self.file.unpack)? {
            return Ok(Err(problem));
        }
        if !matches!(trust, Trust::Sha256 | Trust::Md5 | Trust::AsFirst) {
            self.remember(&sums, from, trust)?;
        }
        Ok(Ok(Arrived {
            path: path.to_owned(),
            sums,
            from: from.to_owned(),
            trust,
        }))
    }

    fn trust(&self, sums: &Sums, said: Option<&Resolved>) -> Result<Trust, SourceProblem> {
        let is_firm = !self.file.checksum_varies;
        let differs = |kind, expected: &str, found: &str| {
            Err(SourceProblem::WrongChecksum {
                kind,
                expected: expected.to_owned(),
                found: found.to_owned(),
            })
        };
        if let Some(expected) = &self.file.sha256 {
            if *expected == sums.sha256 {
                return Ok(Trust::Sha256);
            }
            if is_firm {
                return differs("SHA-256", expected, &sums.sha256);
            }
        }
        if let (Some(expected), Some(found)) = (&self.file.md5, &sums.md5) {
            if expected == found {
                return Ok(Trust::Md5);
            }
            if is_firm {
                return differs("MD5", expected, found);
            }
        }
        if let Some(trusted) = self
            .settings
            .cache
            .trusted_files(&self.manifest.id)
            .get(&self.file.name)
        {
            if trusted.sha256 == sums.sha256 {
                return Ok(Trust::AsFirst);
            }
            if is_firm {
                return Err(SourceProblem::NotAsFirst {
                    expected: trusted.sha256.clone(),
                    found: sums.sha256.clone(),
                });
            }
        }
        if let Some(expected) = said.and_then(|said| said.sha256.as_ref()) {
            return match *expected == sums.sha256 {
                true => Ok(Trust::Repository),
                false => differs("SHA-256", expected, &sums.sha256),
            };
        }
        if let (Some(expected), Some(found)) = (said.and_then(|said| said.md5.as_ref()), &sums.md5) {
            return match expected == found {
                true => Ok(Trust::Repository),
                false => differs("MD5", expected, found),
            };
        }
        Ok(Trust::FirstUse)
    }

    /// Writes down the checksum of a file that came for the first time, and says so.
    fn remember(&self, sums: &Sums, from: &str, trust: Trust) -> Result<(), FetchError> {
        let id = &self.manifest.id;
        let mut files = self.settings.cache.trusted_files(id);
        let trusted = Trusted {
            sha256: sums.sha256.clone(),
            from: from.to_owned(),
            at: now(),
        };
        files.insert(self.file.name.clone(), trusted);
        self.settings.cache.write_trusted_files(id, &files)?;
        let why = match (trust, self.file.has_checksum()) {
            (Trust::Repository, _) => "its repository tells the checksum",
            (_, true) => "its checksum is not the known one, but its provider is said to change the file",
            (_, false) => "no checksum is known beforehand, so this first download is trusted",
        };
        let file = &self.file.name;
        self.progress.note(&format!(
            "{file}: {why}; from now on it must be SHA-256 {}",
            sums.sha256
        ));
        Ok(())
    }
}

/// One place to ask.
enum Candidate<'a> {
    Url(String),
    Resolver(&'a crate::datasets::Resolver),
}

impl Candidate<'_> {
    fn name(&self) -> String {
        match self {
            Self::Url(url) => url.clone(),
            Self::Resolver(resolver) => super::resolve::key(resolver),
        }
    }
}

/// Whether a file begins as it should.
pub(super) fn check_kind(path: &Path, packing: Packing) -> Result<Result<(), SourceProblem>, FetchError> {
    let expected = match packing {
        Packing::Zip => Packing::Zip,
        Packing::Gz | Packing::TarGz => Packing::Gz,
        // Old tars have no mark.
        Packing::None | Packing::Tar | Packing::TarOfGz => return Ok(Ok(())),
    };
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(512).read_to_end(&mut head));
    read.map_err(|error| FetchError::system(path, &error))?;
    Ok(match kind_of(&head) == Some(expected) {
        true => Ok(()),
        false => Err(SourceProblem::OtherKind {
            expected: packing.to_string(),
            begins: head
                .get(..head.len().min(16))
                .unwrap_or_default()
                .escape_ascii()
                .to_string(),
        }),
    })
}

/// A file's name in an address.
pub(super) fn escaped(name: &str) -> String {
    name.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
        text
    })
}

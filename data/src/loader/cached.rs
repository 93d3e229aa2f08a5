//! [`Cached`]: cases prepared once.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rand::SeedableRng;

use super::disk::Disk;
use super::memory::Memory;
use super::{LoadError, Source};
use crate::transform::{ChaCha8Rng, Compose, Subject, Transform, TransformError, VERSION};

/// A source whose cases are prepared by deterministic transforms and kept, in memory up to a number of bytes, in a folder, or both.
///
/// A case in the folder is used as long as its files have the same path, size and time of change and the transforms the same settings;
/// any other is made anew. Several loaders and processes may use one folder at once. Old files are never deleted: empty the folder when
/// it is no longer needed.
///
/// Of one case asked for by several threads at once, one makes it and the others wait.
pub struct Cached<S> {
    source: S,
    transform: Compose,
    memory: Mutex<Shared>,
    is_free: Condvar,
    disk: Option<Disk>,
}

#[derive(Default)]
struct Shared {
    memory: Memory,
    /// Cases that a thread is making.
    busy: HashSet<usize>,
}

impl<S: Source> Cached<S> {
    /// Prepares each case with `transform`; of a [`Compose`] with random parts take
    /// [`split_at_random`](Compose::split_at_random) first. Nothing is kept yet.
    ///
    /// # Errors
    /// [`TransformError::Setting`] for a transform that is random, or has a setting out of range.
    pub fn new(source: S, transform: Compose) -> Result<Self, TransformError> {
        transform.check()?;
        if let Some(step) = transform.steps().iter().find(|step| step.is_random()) {
            let expected =
                "deterministic: what is kept is the same each time. Give random transforms to Loader::with_transform";
            return Err(TransformError::setting("Cached", "transform", step, expected));
        }
        Ok(Self {
            source,
            transform,
            memory: Mutex::default(),
            is_free: Condvar::new(),
            disk: None,
        })
    }

    /// Keeps prepared cases in memory, up to so many bytes; the one unused for longest goes first.
    pub fn in_memory(self, bytes: usize) -> Self {
        self.lock().memory = Memory::with_budget(bytes);
        self
    }

    /// Keeps prepared cases in a folder, which is made when the first is written.
    pub fn on_disk(mut self, folder: impl Into<PathBuf>) -> Self {
        let fingerprint = format!("{VERSION} {:?}", self.transform);
        self.disk = Some(Disk::new(folder.into(), fingerprint));
        self
    }

    /// Bytes of the cases in memory.
    pub fn memory_used(&self) -> usize {
        self.lock().memory.used()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn prepared(&self, index: usize) -> Result<Arc<Subject>, LoadError> {
        let key = self.disk.as_ref().and_then(|disk| disk.key(&self.source.files(index)));
        let kept = self.disk.as_ref().zip(key.as_deref());
        if let Some(subject) = kept.and_then(|(disk, key)| disk.get(key)) {
            return Ok(Arc::new(subject));
        }
        let mut subject = self.source.load(index)?;
        if !self.transform.steps().is_empty() {
            let mut unused = ChaCha8Rng::seed_from_u64(0);
            let changed = self.transform.apply(Arc::unwrap_or_clone(subject), &mut unused);
            subject = Arc::new(changed.map_err(|problem| LoadError::case(self.source.name(index), problem))?);
        }
        if let Some((disk, key)) = kept {
            disk.put(key, &subject)?;
        }
        Ok(subject)
    }
}

impl<S: Source> Source for Cached<S> {
    fn len(&self) -> usize {
        self.source.len()
    }

    fn name(&self, index: usize) -> String {
        self.source.name(index)
    }

    fn files(&self, index: usize) -> Vec<PathBuf> {
        self.source.files(index)
    }

    fn load(&self, index: usize) -> Result<Arc<Subject>, LoadError> {
        let mut shared = self.lock();
        loop {
            if let Some(subject) = shared.memory.get(index) {
                return Ok(subject);
            }
            if shared.busy.insert(index) {
                break;
            }
            shared = self.is_free.wait(shared).unwrap_or_else(PoisonError::into_inner);
        }
        drop(shared);
        // Others may go on even if the source panics.
        let _turn = Turn { cache: self, index };
        let subject = self.prepared(index)?;
        self.lock().memory.insert(index, &subject);
        Ok(subject)
    }
}

/// The right to make a case, given back at the end.
struct Turn<'a, S> {
    cache: &'a Cached<S>,
    index: usize,
}

impl<S> Drop for Turn<'_, S> {
    fn drop(&mut self) {
        let mut shared = self.cache.memory.lock().unwrap_or_else(PoisonError::into_inner);
        shared.busy.remove(&self.index);
        self.cache.is_free.notify_all();
    }
}

impl<S: Source> fmt::Debug for Cached<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cached({} cases, {:?})", self.source.len(), self.transform)
    }
}

//! [`Loader`]: reading ahead on threads.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rand::SeedableRng;
use rand::seq::SliceRandom;

use super::{LoadError, Source};
use crate::patch::Patches;
use crate::transform::{ChaCha8Rng, Compose, Subject, Transform};

/// Loads and transforms cases on threads of its own while the network trains, a few ahead.
///
/// What comes out, and in which order, depends on the seed and the epoch alone, not on the number of threads: each case has random numbers
/// of its own. A case that fails arrives as an error that names it, in its turn, and the rest goes on; so does a panic in a source or
/// transform. An [`Epoch`] that is dropped stops its threads after the step each is at.
#[derive(Clone)]
pub struct Loader {
    source: Arc<dyn Source>,
    patches: Option<(Patches, usize)>,
    transform: Compose,
    threads: usize,
    ahead: usize,
    seed: u64,
    shuffles: bool,
}

impl Loader {
    /// Of this source: every case once an epoch, shuffled, as it is; as many threads as the machine has cores, two cases ahead for each.
    pub fn new(source: impl Source + 'static) -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Self {
            source: Arc::new(source),
            patches: None,
            transform: Compose::new(),
            threads,
            ahead: 2 * threads,
            seed: 0,
            shuffles: true,
        }
    }

    /// So many patches of each case an epoch in place of the whole case; the whole is not copied.
    pub fn with_patches(mut self, patches: Patches, per_case: usize) -> Self {
        self.patches = Some((patches, per_case));
        self
    }

    /// Then this transform (of the patch, if there are patches); a [`Compose`] for several. Further calls add further ones.
    pub fn with_transform(mut self, transform: impl Transform + 'static) -> Self {
        self.transform = self.transform.then(transform);
        self
    }

    /// On so many threads, at least 1.
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self.ahead = self.ahead.max(self.threads);
        self
    }

    /// At most so many cases are loaded, or being loaded, before they are asked for; at least one a thread.
    pub fn with_ahead(mut self, cases: usize) -> Self {
        self.ahead = cases.max(self.threads);
        self
    }

    /// What all randomness comes from.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// In the source's own order.
    pub fn in_order(mut self) -> Self {
        self.shuffles = false;
        self
    }

    /// Cases or patches an epoch.
    pub fn len(&self) -> usize {
        self.source.len() * self.patches.as_ref().map_or(1, |(_, per_case)| *per_case)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Starts an epoch: each case (or so many patches of it) once. Epochs of other numbers have another order and other random numbers.
    pub fn epoch(&self, number: u64) -> Epoch {
        let mut order: Vec<usize> = (0..self.len()).collect();
        if self.shuffles {
            order.shuffle(&mut self.rng(number, u64::MAX));
        }
        let shared = Arc::new(Shared {
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
            room: Condvar::new(),
        });
        let job = Arc::new(Job {
            loader: self.clone(),
            order,
            epoch: number,
        });
        let mut epoch = Epoch {
            shared,
            length: job.order.len(),
            threads: Vec::new(),
            failed: None,
        };
        for thread in 0..self.threads.min(epoch.length) {
            let (shared, job) = (Arc::clone(&epoch.shared), Arc::clone(&job));
            let started = thread::Builder::new()
                .name(format!("loader {thread}"))
                .spawn(move || job.work(&shared));
            match started {
                Ok(handle) => epoch.threads.push(handle),
                // With one thread all gets done; with none nothing does.
                Err(error) if epoch.threads.is_empty() => epoch.failed = Some(LoadError::Thread(error.to_string())),
                Err(_) => break,
            }
        }
        epoch
    }

    /// Random numbers for one item of an epoch.
    fn rng(&self, epoch: u64, item: u64) -> ChaCha8Rng {
        let mut seed = [0; 32];
        let words = [self.seed, epoch, item, 0x6c6f_6164];
        for (bytes, word) in seed.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        ChaCha8Rng::from_seed(seed)
    }
}

impl fmt::Debug for Loader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loader")
            .field("cases", &self.source.len())
            .field("patches", &self.patches)
            .field("transform", &self.transform)
            .field("threads", &self.threads)
            .field("ahead", &self.ahead)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

type Loaded = Result<Subject, LoadError>;

/// What the threads and the consumer share.
struct Shared {
    state: Mutex<State>,
    /// A result is there, or all threads are done.
    changed: Condvar,
    /// There is room for another case, or the threads shall stop.
    room: Condvar,
}

#[derive(Default)]
struct State {
    /// Position that the next free thread takes.
    next: usize,
    /// Position that the consumer gets next: the first of `done`.
    consumed: usize,
    /// Results of the positions from `consumed` on, as far as they are there.
    done: VecDeque<Option<Loaded>>,
    is_stopped: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopped(&self) -> bool {
        self.lock().is_stopped
    }
}

struct Job {
    loader: Loader,
    order: Vec<usize>,
    epoch: u64,
}

impl Job {
    /// A thread: takes one position after another until there is none, or it shall stop.
    fn work(&self, shared: &Shared) {
        loop {
            let mut state = shared.lock();
            while !state.is_stopped && state.next < self.order.len() && state.next - state.consumed >= self.loader.ahead
            {
                state = shared.room.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            let position = state.next;
            let Some(&item) = self.order.get(position).filter(|_| !state.is_stopped) else {
                return;
            };
            state.next += 1;
            drop(state);

            let result = catch_unwind(AssertUnwindSafe(|| self.item(item, shared)));
            let Some(result) = result.unwrap_or_else(|panic| Some(Err(self.panicked(item, panic.as_ref())))) else {
                return;
            };

            let mut state = shared.lock();
            let place = position - state.consumed;
            if state.done.len() <= place {
                state.done.resize_with(place + 1, || None);
            }
            state.done[place] = Some(result);
            shared.changed.notify_one();
        }
    }

    /// One case or patch; none if it is wanted no more.
    fn item(&self, item: usize, shared: &Shared) -> Option<Loaded> {
        let loader = &self.loader;
        let mut rng = loader.rng(self.epoch, item as u64);
        let index = self.case(item);
        let subject = match loader.source.load(index) {
            Ok(subject) => subject,
            Err(error) => return Some(Err(error)),
        };
        let named = |problem| LoadError::case(loader.source.name(index), problem);
        let subject = match &loader.patches {
            Some((patches, _)) => patches.draw(&subject, &mut rng).map_err(named),
            None => Ok(Arc::unwrap_or_clone(subject)),
        };
        let mut subject = match subject {
            Ok(subject) => subject,
            Err(error) => return Some(Err(error)),
        };
        for step in loader.transform.steps() {
            if shared.is_stopped() {
                return None;
            }
            subject = match step.apply(subject, &mut rng) {
                Ok(subject) => subject,
                Err(problem) => return Some(Err(named(problem))),
            };
        }
        Some(Ok(subject))
    }

    fn case(&self, item: usize) -> usize {
        item / self
            .loader
            .patches
            .as_ref()
            .map_or(1, |(_, per_case)| (*per_case).max(1))
    }

    fn panicked(&self, item: usize, panic: &(dyn Any + Send)) -> LoadError {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let index = self.case(item);
        // The name comes from the same source, which may panic again.
        let name = catch_unwind(AssertUnwindSafe(|| self.loader.source.name(index)));
        LoadError::Panicked {
            case: name.unwrap_or_else(|_| format!("case {index}")),
            message: message.unwrap_or_else(|| "without a message".to_owned()),
        }
    }
}

/// The cases of one epoch, in their order; see [`Loader`].
pub struct Epoch {
    shared: Arc<Shared>,
    length: usize,
    threads: Vec<JoinHandle<()>>,
    failed: Option<LoadError>,
}

impl Iterator for Epoch {
    type Item = Result<Subject, LoadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            self.length = 0;
            return Some(Err(error));
        }
        let mut state = self.shared.lock();
        if state.consumed >= self.length {
            return None;
        }
        loop {
            if let Some(result) = state.done.front_mut().and_then(Option::take) {
                state.done.pop_front();
                state.consumed += 1;
                self.shared.room.notify_one();
                return Some(result);
            }
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.length.saturating_sub(self.shared.lock().consumed);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Epoch {}

impl Drop for Epoch {
    fn drop(&mut self) {
        self.shared.lock().is_stopped = true;
        self.shared.room.notify_all();
        for thread in self.threads.drain(..) {
            // A thread catches its panics itself.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Epoch({} of {} left)", self.len(), self.length)
    }
}

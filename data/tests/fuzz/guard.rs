//! Panics, memory and time of what runs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, Once};
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// An input that takes longer is an endless loop.
const LONGEST: Duration = Duration::from_secs(10);
/// No input may make the program this large, whatever its own bound.
const LARGEST: usize = 6 << 30;

static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);
static WATCH: Once = Once::new();
/// When the input that runs was begun, in milliseconds from the start of the program; 0 between inputs.
static BEGUN: AtomicU64 = AtomicU64::new(0);
/// The input that runs, to be named when the program must be ended.
static SPOT: Mutex<String> = Mutex::new(String::new());
/// Panics by place.
static PANICS: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());
/// Memory can be measured of one thing at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// The result of some work, and the bytes that it took at most beyond those in use before.
pub fn measured<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let result = work();
    (result, MEMORY.peak_usage().saturating_sub(before))
}

/// The result of some work, or its panic in words.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| lock(&LAST_PANIC).clone())
}

/// Panics so far by place, those included that a reader held back.
pub fn panics() -> BTreeMap<String, u64> {
    lock(&PANICS).clone()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Watches over one run after the other.
pub struct Guard {
    /// Tells which input ran when the whole program was ended from outside, or by a stack that overflowed.
    spot: Mutex<File>,
    _alone: MutexGuard<'static, ()>,
}

impl Guard {
    /// Waits until nothing else is measured, and begins to watch.
    pub fn new() -> Self {
        let alone = lock(&ALONE);
        std::panic::set_hook(Box::new(|info| {
            let place = info.location().map_or_else(String::new, ToString::to_string);
            *lock(&LAST_PANIC) = format!("panic at {place}: {}", info.payload_as_str().unwrap_or("?"));
            *lock(&PANICS).entry(place).or_default() += 1;
        }));
        let folder = super::engine::kept();
        std::fs::create_dir_all(&folder).unwrap();
        WATCH.call_once(|| drop(std::thread::spawn(watch)));
        Self {
            spot: Mutex::new(File::create(folder.join("running")).unwrap()),
            _alone: alone,
        }
    }

    /// Names the input that comes.
    pub fn enter(&self, spot: &str) {
        lock(&SPOT).replace_range(.., spot);
        let mut file = lock(&self.spot);
        let written = file.seek(SeekFrom::Start(0)).and_then(|_| write!(file, "{spot:80}"));
        written.unwrap();
    }

    pub fn start(&self) {
        BEGUN.store(milliseconds().max(1), Ordering::SeqCst);
    }

    pub fn stop(&self) {
        BEGUN.store(0, Ordering::SeqCst);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.stop();
        let _ = std::panic::take_hook();
    }
}

fn milliseconds() -> u64 {
    STARTED.elapsed().as_millis() as u64
}

fn watch() {
    loop {
        std::thread::sleep(Duration::from_millis(100));
        let begun = BEGUN.load(Ordering::SeqCst);
        let is_late = begun > 0 && milliseconds().saturating_sub(begun) > LONGEST.as_millis() as u64;
        let is_large = MEMORY.current_usage() > LARGEST;
        if is_late || is_large {
            let what = if is_late {
                "an endless loop"
            } else {
                "memory without end"
            };
            eprintln!("{}: {what}; UNET_LAB_FUZZ_REPLAY runs it again", lock(&SPOT));
            std::process::abort();
        }
    }
}

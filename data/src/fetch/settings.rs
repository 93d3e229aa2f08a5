//! How downloads are made.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Cache, Disk, FetchError, SystemDisk};

/// Names a room's server.
const MIRROR_VARIABLE: &str = "UNET_LAB_MIRROR";

/// How downloads are made. [`Settings::from_environment`] suits nearly everybody.
#[derive(Clone)]
pub struct Settings {
    /// Where data sets are kept.
    pub cache: Cache,
    /// A server asked before all others: `http://host:port`.
    pub mirror: Option<String>,
    /// Connections to one server at once, where it gives out parts of a file.
    pub connections: usize,
    /// The length of a part in bytes.
    pub piece_bytes: u64,
    /// A connection on which nothing comes for so long is given up.
    pub stall: Duration,
    /// How often one source is asked again without anything having come.
    pub retries: u32,
    /// The first pause before asking again; it doubles each time, up to a minute.
    pub back_off: Duration,
    /// The longest that a server may ask to be left alone; beyond that the next source is asked.
    pub longest_retry_after: Duration,
    /// How far a download is written down after so many bytes (and every second): the most that a kill can lose.
    pub journal_bytes: u64,
    /// Bytes that stay free on the disk.
    pub margin_bytes: u64,
    /// Whether archives stay in the cache after they are unpacked, to be served or bundled.
    pub keep_archives: bool,
    /// Tells how much room there is.
    pub disk: Arc<dyn Disk>,
    /// Other addresses of the repositories' interfaces, for tests: "mendeley", "figshare", "zenodo" and what replaces their host.
    pub resolver_hosts: Vec<(String, String)>,
}

impl Settings {
    /// The usual settings for a cache.
    pub fn new(cache: Cache) -> Self {
        Self {
            cache,
            mirror: None,
            connections: 4,
            piece_bytes: 8 << 20,
            stall: Duration::from_secs(30),
            retries: 5,
            back_off: Duration::from_millis(500),
            longest_retry_after: Duration::from_secs(120),
            journal_bytes: 8 << 20,
            margin_bytes: 256 << 20,
            keep_archives: false,
            disk: Arc::new(SystemDisk),
            resolver_hosts: Vec::new(),
        }
    }

    /// The usual settings, with the cache and the room's server that the environment names.
    ///
    /// # Errors
    /// [`FetchError::Setting`] where `UNET_LAB_MIRROR` is no address, or where there is no place for a cache.
    pub fn from_environment() -> Result<Self, FetchError> {
        let mut settings = Self::new(Cache::from_environment()?);
        if let Some(mirror) = env::var(MIRROR_VARIABLE).ok().filter(|value| !value.is_empty()) {
            if !mirror.starts_with("http://") && !mirror.starts_with("https://") {
                return Err(FetchError::Setting(format!(
                    "{MIRROR_VARIABLE} is \"{mirror}\": expected an address such as http://192.168.1.10:8000"
                )));
            }
            settings.mirror = Some(mirror.trim_end_matches('/').to_owned());
        }
        Ok(settings)
    }

    /// The same with another cache.
    pub fn with_cache(mut self, cache: impl Into<PathBuf>) -> Self {
        self.cache = Cache::new(cache);
        self
    }
}

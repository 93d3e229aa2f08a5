//! A server for a room: the files of data sets, from one computer to all others in it.
//!
//! It reads only, and only the files on its list: a request's path is looked up, never opened. Clients name it in `UNET_LAB_MIRROR`;
//! they check what they get as they check any mirror's.

mod http;

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::sources::escaped;
use super::{Cache, FetchError, read_index};
use crate::datasets::{Access, all, human_bytes};

/// More connections at once are asked to come back.
const MOST_CONNECTIONS: usize = 256;

/// One file that is given out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shelf {
    path: PathBuf,
    start: u64,
    bytes: u64,
    /// Its SHA-256 or what else tells it from another, as a strong tag.
    tag: String,
}

/// A server that listens.
pub struct Room {
    listener: TcpListener,
    shelves: Arc<BTreeMap<String, Shelf>>,
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
}

impl Room {
    /// Gives out the files of a bundle.
    ///
    /// # Errors
    /// As [`read_index`], and [`FetchError::Setting`] where the address cannot be had.
    pub fn of_bundle(bundle: &Path, address: impl ToSocketAddrs) -> Result<Self, FetchError> {
        let entries = read_index(bundle)?;
        let shelf = |(entry, start): (super::BundleEntry, u64)| {
            let shelf = Shelf {
                path: bundle.to_owned(),
                start,
                bytes: entry.bytes,
                tag: format!("\"{}\"", entry.sha256),
            };
            (name_of(&entry.id, &entry.file), shelf)
        };
        Self::bind(entries.into_iter().map(shelf).collect(), address)
    }

    /// Gives out the archives that a cache kept. Data sets whose providers want each user's agreement are not among them.
    ///
    /// # Errors
    /// [`FetchError::Setting`] where there is none, or where the address cannot be had.
    pub fn of_cache(cache: &Cache, address: impl ToSocketAddrs) -> Result<Self, FetchError> {
        let open = all().iter().filter(|manifest| manifest.access == Access::Open);
        let files = open.flat_map(|manifest| manifest.files.iter().map(move |file| (manifest, file)));
        let shelves: BTreeMap<String, Shelf> = files
            .filter_map(|(manifest, file)| {
                let archive = cache.downloads(&manifest.id).join(&file.name);
                let unpacked = cache.dataset(&manifest.id).join(&file.name);
                let record = cache.record(&manifest.id);
                let record = record.files.get(&file.name)?;
                // Files that are used as they are lie in the data set's folder.
                let path = [archive, unpacked].into_iter().find(|path| {
                    path.metadata()
                        .is_ok_and(|metadata| metadata.is_file() && metadata.len() == record.bytes)
                })?;
                let shelf = Shelf {
                    path,
                    start: 0,
                    bytes: record.bytes,
                    tag: format!("\"{}\"", record.sha256),
                };
                Some((name_of(&manifest.id, &file.name), shelf))
            })
            .collect();
        if shelves.is_empty() {
            let hint =
                "the cache holds no archive to give out: fetch with `unet-lab data get ID --keep`, or make a bundle";
            return Err(FetchError::Setting(hint.into()));
        }
        Self::bind(shelves, address)
    }

    fn bind(shelves: BTreeMap<String, Shelf>, address: impl ToSocketAddrs) -> Result<Self, FetchError> {
        let listener = TcpListener::bind(address);
        let listener = listener
            .map_err(|error| FetchError::Setting(format!("cannot listen there: {error}. Name another --port")))?;
        Ok(Self {
            listener,
            shelves: Arc::new(shelves),
            stop: Arc::default(),
            sent: Arc::default(),
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// [`FetchError::Setting`] where the system does not tell.
    pub fn address(&self) -> Result<SocketAddr, FetchError> {
        self.listener
            .local_addr()
            .map_err(|error| FetchError::Setting(error.to_string()))
    }

    /// The paths that it gives out, and their lengths.
    pub fn files(&self) -> Vec<(String, u64)> {
        self.shelves
            .iter()
            .map(|(name, shelf)| (name.clone(), shelf.bytes))
            .collect()
    }

    /// Set it to end [`Room::serve`].
    pub fn stop_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// How many bytes of files were given out.
    pub fn sent_bytes(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.sent)
    }

    /// Serves until the flag is set; each connection has a thread.
    ///
    /// # Errors
    /// [`FetchError::Setting`] where the system stops listening.
    pub fn serve(&self) -> Result<(), FetchError> {
        let failed = |error: io::Error| FetchError::Setting(format!("the server had to stop: {error}"));
        self.listener.set_nonblocking(true).map_err(failed)?;
        let open = Arc::new(AtomicUsize::new(0));
        let page = Arc::new(self.page());
        while !self.stop.load(Ordering::Relaxed) {
            match self.listener.accept() {
                Ok((stream, _)) => self.take(stream, &open, &page),
                // Nobody there, or somebody who left again, or too many files open: all of that passes.
                Err(_) => std::thread::sleep(Duration::from_millis(10)),
            }
        }
        Ok(())
    }

    fn take(&self, stream: TcpStream, open: &Arc<AtomicUsize>, page: &Arc<String>) {
        let _ = stream.set_nonblocking(false);
        if open.fetch_add(1, Ordering::Relaxed) >= MOST_CONNECTIONS {
            http::turn_away(stream);
            open.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let (shelves, page, open) = (Arc::clone(&self.shelves), Arc::clone(page), Arc::clone(open));
        let (stop, sent) = (Arc::clone(&self.stop), Arc::clone(&self.sent));
        let ours = Arc::clone(&open);
        let work = move || {
            let _ = http::converse(&stream, &shelves, &page, &stop, &sent);
            open.fetch_sub(1, Ordering::Relaxed);
        };
        if std::thread::Builder::new().spawn(work).is_err() {
            ours.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn page(&self) -> String {
        let lines = self
            .shelves
            .iter()
            .map(|(name, shelf)| format!("{name}  {}\n", human_bytes(shelf.bytes)));
        format!(
            "U-Net Lab, data sets for this room. Set UNET_LAB_MIRROR to this address.\n\n{}",
            lines.collect::<String>()
        )
    }
}

fn name_of(id: &str, file: &str) -> String {
    format!("/{id}/{}", escaped(file))
}

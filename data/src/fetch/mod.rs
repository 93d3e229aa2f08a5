//! Downloads that arrive: data sets fetched once for a whole class, checked, unpacked and kept.
//!
//! [`get`] looks into the cache first. What is missing is downloaded in pieces over several connections, goes on where it was
//! interrupted (by a dropped line or a killed process), tries one mirror after another, is compared with its checksum before
//! anything is unpacked, and appears in the cache by one renaming: nobody ever sees half of a data set. Of many processes that
//! want the same data set, one downloads and the others wait for it.
//!
//! ```no_run
//! use unet_lab_data::datasets;
//! use unet_lab_data::fetch::Lines;
//!
//! let folder = datasets::get("msd04_hippocampus")?.with_progress(Lines::new(std::io::stderr())).fetch()?;
//! # Ok::<(), unet_lab_data::fetch::FetchError>(())
//! ```
//!
//! | variable | what |
//! |---|---|
//! | `UNET_LAB_DATA` | the cache; a class can share one |
//! | `UNET_LAB_MIRROR` | a room's server (`http://host:port`), asked before all others |
//! | `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` | as everywhere |
//! | `SSL_CERT_FILE` | certificates to trust instead of the system's |

mod add;
mod answer;
mod back_off;
mod bundle;
mod cache;
mod checksum;
mod clean;
mod client;
mod dataset;
mod disk;
mod error;
mod lock;
mod partial;
mod pieces;
mod progress;
mod ranges;
mod record;
mod request;
mod resolve;
mod room;
mod settings;
mod sources;
mod transfer;
mod verify;

pub use add::{Added, Recognised, add, recognise};
pub use bundle::{BundleEntry, BundleIndex, bundle, read_index};
pub use cache::Cache;
pub use checksum::hexadecimal;
pub use clean::{Cleaning, clean, cleanable};
pub use dataset::{Fetch, get};
pub use disk::{Disk, SystemDisk};
pub use error::{FetchError, SourceFailure, SourceProblem};
pub use progress::{Lines, Phase, Progress, Silent, Step};
pub use record::{FileRecord, Record, Trust};
pub use room::Room;
pub use settings::Settings;
pub use verify::{FileState, Verification, repair, verify};

//! Loading that keeps the network fed: sources, caches, and a pipeline on threads of its own.
//!
//! A [`Source`] gives cases by number. [`Cached`] prepares each once (deterministic transforms) and keeps the result in memory, on disk,
//! or both. A [`Loader`] reads ahead on several threads, cuts patches and applies random transforms, and hands the results over in an
//! order that depends on the seed alone.
//!
//! ```
//! use unet_lab_data::loader::{Cached, Loader};
//! use unet_lab_data::phantom::EmPhantom;
//! use unet_lab_data::transform::{Compose, Flip, ZScore};
//!
//! let data = EmPhantom::new(32).with_count(4).with_seed(1).generate();
//! let prepared = Cached::new(data, Compose::new().then(ZScore::default()))?.in_memory(1 << 20);
//! let loader = Loader::new(prepared).with_transform(Flip::random(0.5)).with_seed(7);
//! let names: Result<Vec<String>, _> = loader.epoch(0).map(|case| Ok::<_, unet_lab_data::DataError>(case?.name)).collect();
//! assert_eq!(names?.len(), 4);
//! # Ok::<(), unet_lab_data::DataError>(())
//! ```

mod cached;
mod disk;
mod error;
mod memory;
mod pipeline;
mod source;
mod stored;
#[cfg(test)]
mod tests;

pub use cached::Cached;
pub use error::LoadError;
pub use pipeline::{Epoch, Loader};
pub use source::{FromFn, Source};

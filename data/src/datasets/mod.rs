//! The catalogue of data sets: what each is, its licence, where it comes from, how its images and masks pair, and its traps.
//!
//! Each is a manifest, a TOML file in the folder `datasets/` of the project, built into the program. `datasets::find("id")` gives it;
//! with the feature `fetch`, [`get`] downloads it, checks it and unpacks it into a cache. Taught in unit 02 (training); the course's
//! projects name theirs.

mod access;
mod catalogue;
#[cfg(test)]
mod catalogue_tests;
mod check;
mod manifest;
mod page;
mod remote_file;
mod table;

pub use access::Access;
pub use catalogue::{all, find, of_project};
pub use check::ManifestError;
pub use manifest::{Cases, Citation, ClassSubset, Layout, Licence, Manifest, Score};
pub use page::{human_bytes, markdown_page};
pub use remote_file::{Packing, RemoteFile, Resolver};

#[cfg(feature = "fetch")]
pub use crate::fetch::get;

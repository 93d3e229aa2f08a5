//! Medical images, volumes and masks: loading, made-up (phantom) microscopy, thresholding and splitting.
//!
//! Data flows one way: files or a phantom become a [`Dataset`] of [`ImagePair`]s. Nothing here knows of a model or a tensor, so
//! that a command that only handles files compiles no deep-learning framework. The library `unet_lab` gives all of it out as
//! `unet_lab::data`. Taught in unit 02 (training).

#[cfg(feature = "fetch")]
pub mod archive;
mod dataset;
pub mod datasets;
pub mod doctor;
mod error;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod files;
mod folder;
#[cfg(test)]
mod folder_tests;
pub mod formats;
mod geometry;
mod grid;
mod image;
pub mod inspect;
mod label_map;
mod layout;
#[cfg(test)]
mod layout_tests;
pub mod loader;
mod mask;
pub mod masks;
mod names;
mod otsu;
mod pairing;
pub mod patch;
pub mod phantom;
mod raster;
mod split;
pub mod transform;
mod volume;
mod volume_files;
mod volume_folder;

pub use dataset::Dataset;
pub use error::DataError;
pub use folder::{Foreground, PairFiles, PairFolder};
pub use geometry::Geometry;
pub use image::Image;
pub use label_map::{LabelMap, Region, checked_spacing};
pub use mask::{ImagePair, Mask};
pub use otsu::{Side, otsu_mask, otsu_threshold};
pub use raster::{load_image, load_mask, rgb_png, save_image, save_mask};
pub use split::split_indices;
pub use volume::Volume;
pub use volume_files::{load_labels, load_volume};
pub use volume_folder::VolumeFolder;

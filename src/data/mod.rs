//! From bytes to image/mask pairs: loading, made-up (phantom) microscopy, thresholding, splitting, and tensors.
//!
//! Data flows one way: files or a phantom become a [`Dataset`] of [`ImagePair`]s, and [`tensors`] turns pairs into
//! what a network reads. Nothing here knows of a model. Taught in unit 02 (training).

mod dataset;
mod error;
mod folder;
#[cfg(test)]
mod folder_tests;
mod grid;
mod image;
mod label_map;
mod mask;
mod otsu;
mod pairing;
pub mod phantom;
mod raster;
mod split;
mod tensors;
mod volume;

pub use dataset::Dataset;
pub use error::DataError;
pub use folder::{Foreground, PairFolder};
pub use image::Image;
pub(crate) use label_map::checked_spacing;
pub use label_map::{LabelMap, Region};
pub use mask::{ImagePair, Mask};
pub use otsu::{Side, otsu_mask, otsu_threshold};
pub(crate) use raster::rgb_png;
pub use raster::{load_image, load_mask, save_image, save_mask};
pub use split::split_indices;
pub use tensors::{image_tensor, mask_tensor, tensors};
pub use volume::Volume;

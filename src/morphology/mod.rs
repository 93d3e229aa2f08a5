//! The geometry of regions in 2-D and 3-D: distances, connected parts, holes, openings, and touching objects.
//!
//! Everything works on a [`Region`](crate::data::Region) (inside or not) or a [`LabelMap`](crate::data::LabelMap) (a
//! number a voxel) of two or three axes, and gives what SciPy's `ndimage` gives for the same arrays, faster: lines are
//! worked on in parallel. "Voxel" means pixel in 2-D. Distances are in mm, along the region's spacing.

mod components;
mod distance;
mod envelope;
mod grid;
mod runs;

pub use components::{Components, Connectivity, components, keep_largest, remove_small, remove_small_mm};
pub use distance::{DistanceMap, distance_transform, signed_distance};

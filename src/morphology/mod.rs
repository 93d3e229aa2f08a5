//! The geometry of regions in 2-D and 3-D: distances, connected parts, holes, openings, and touching objects.
//!
//! Everything works on a [`Region`](crate::data::Region) (inside or not) or a [`LabelMap`](crate::data::LabelMap) (a
//! number a voxel) of two or three axes, and gives what SciPy's `ndimage` and scikit-image give for the same arrays,
//! faster: lines are worked on in parallel. "Voxel" means pixel in 2-D. Distances are in mm, along the region's spacing;
//! radii are in voxels unless their name ends in `Mm`.

mod components;
mod distance;
mod element;
mod envelope;
mod erosion;
mod grid;
mod heap;
mod holes;
mod nearest;
mod post;
mod runs;
mod split;
mod watershed;

pub use components::{Components, Connectivity, components, keep_largest, remove_small, remove_small_mm};
pub use distance::{DistanceMap, distance_transform, signed_distance};
pub use element::Element;
pub use erosion::{boundary, close, dilate, erode, open};
pub use holes::fill_holes;
pub use post::{PostProcess, PostStep};
pub use split::split_touching;
pub use watershed::watershed;

pub(crate) use erosion::edges;
pub(crate) use grid::{Grid, any};
pub(crate) use nearest::distances_to_sites;

//! Objects one by one: cells, lesions, anything with a number of its own.
//!
//! All start from [`Overlaps`], the pixels that each object of the prediction shares with each of the truth. Objects
//! come as a [`LabelMap`](crate::data::LabelMap) of instances (0 is none); connected components make one of a mask.

mod counts;
mod lesion;
mod matches;
mod overlap;
mod partition;
mod scores;

pub use counts::InstanceCounts;
pub use lesion::{LesionDetection, LesionRule, lesion_detection};
pub use matches::{InstanceMatches, MatchedPair};
pub use overlap::Overlaps;
pub use partition::{AdaptedRand, VariationOfInformation, adapted_rand_error, variation_of_information};
pub use scores::{InstanceScores, instance_scores};

//! What training makes small: losses on the logits of a network, in 2-D and in 3-D.
//!
//! [`Loss`] is the trainer's setting; each choice is also a type of its own, a [`LossFunction`]:
//!
//! | what is counted | losses |
//! |---|---|
//! | each pixel | [`BinaryCrossEntropy`], [`CrossEntropy`], [`FocalLoss`] |
//! | the overlap | [`DiceLoss`], [`GeneralizedDiceLoss`], [`JaccardLoss`], [`TverskyLoss`], [`FocalTverskyLoss`] |
//! | both | [`DiceCrossEntropy`] |
//! | the contour | [`BoundaryLoss`] |
//! | an image | [`L1Loss`], [`L2Loss`], [`CharbonnierLoss`], [`SsimLoss`] |
//! | several scales | [`DeepSupervision`] with any of them |
//!
//! [`BorderWeights`] and [`class_weight_map`] make pixel weights for all of them, [`one_hot()`] and [`one_hot_maps`] make
//! targets. Taught in unit 02 (training).

mod along;
mod bce;
mod border_weights;
mod boundary;
mod choice;
mod cross_entropy;
mod deep_supervision;
mod dice;
mod dice_cross_entropy;
#[cfg(test)]
mod edge_tests;
mod focal;
mod function;
mod generalized_dice;
#[cfg(test)]
mod gradient_tests;
mod head;
mod image;
mod jaccard;
mod names;
mod nearest_two;
mod one_hot;
mod ssim;
mod sums;
mod tversky;

pub use bce::BinaryCrossEntropy;
pub use border_weights::BorderWeights;
pub use boundary::{BoundaryLoss, Rebalance, signed_distances};
pub use choice::Loss;
pub use cross_entropy::CrossEntropy;
pub use deep_supervision::{DeepSupervision, TargetPooling};
pub use dice::DiceLoss;
pub use dice_cross_entropy::DiceCrossEntropy;
pub use focal::FocalLoss;
pub use function::LossFunction;
pub use generalized_dice::{GeneralizedDiceLoss, VolumeWeight};
pub use head::probabilities;
pub use image::{CharbonnierLoss, L1Loss, L2Loss};
pub use jaccard::JaccardLoss;
pub use one_hot::{class_weight_map, one_hot, one_hot_maps};
pub use ssim::SsimLoss;
pub use tversky::{FocalTverskyLoss, TverskyLoss};

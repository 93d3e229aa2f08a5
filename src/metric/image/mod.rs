//! Images against images: how far a restored or made-up one is from the original.

mod difference;
mod intensities;
mod moments;
mod similarity;

pub use difference::{mean_absolute_error, mean_squared_error, psnr};
pub use intensities::Intensities;
pub use similarity::{Ssim, SsimWindow, ssim};

//! The network: its blocks, the U, and what can be said about it without running it.
//!
//! Read in this order: [`DoubleConv`], [`Down`], [`Up`], [`UNet`]. Taught in unit 01 (architecture).

mod conv_block;
mod down;
mod init;
mod segmenter;
mod shapes;
mod summary;
mod unet;
mod up;

pub use conv_block::{DoubleConv, DoubleConvConfig};
pub use down::{Down, DownConfig};
pub use segmenter::Segmenter;
pub use shapes::{LevelRole, LevelShape, level_shapes};
pub use summary::{LayerRow, Summary, summary};
pub use unet::{UNet, UNetConfig, unet};
pub use up::{Up, UpConfig, upsample};

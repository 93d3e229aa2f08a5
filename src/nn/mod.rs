//! The networks: blocks, the U-Net with its published variants, and what a network says about itself.
//!
//! Every block and network works on images (`Tensor<4>`) and volumes (`Tensor<5>`); [`Space`] decides which when it is made.
//! Taught in unit 01 (architecture).

mod attention;
mod conv;
mod conv_block;
mod conv_unit;
mod dilated;
mod down;
mod init;
mod nested;
#[cfg(test)]
mod nested_tests;
mod network;
mod norm;
mod outline;
mod resize;
mod resnet;
mod resnet_unet;
mod segmenter;
mod settings;
mod shapes;
mod sizes;
mod space;
mod squeeze;
mod summary;
#[cfg(test)]
mod summary_tests;
mod unet;
mod unet_config;
mod unet_presets;
#[cfg(test)]
mod unet_tests;
mod up;
mod vnet;
#[cfg(test)]
mod vnet_tests;

pub use attention::AttentionGate;
pub use conv::{Conv, Kernel, UpConv};
pub use conv_block::{DoubleConv, DoubleConvConfig};
pub use conv_unit::ConvUnit;
pub use dilated::DilatedBottleneck;
pub use down::{Down, DownConfig};
pub use nested::{NestedColumn, NestedNode, UNetPlusPlus, UNetPlusPlusConfig};
pub use network::{Network, NetworkConfig, PRESETS};
pub use norm::NormLayer;
pub use resize::{center_crop, interpolate_linear, max_pool, upsample};
pub use resnet::{BasicBlock, ResNetDepth, ResNetEncoder, ResNetStage};
pub use resnet_unet::{ResNetUNet, ResNetUNetConfig};
pub use segmenter::Segmenter;
pub use settings::{Activation, Block, Downsampling, Head, Merge, Norm, Padding, Upsampling};
pub use shapes::{LevelRole, LevelShape, level_shapes};
pub(crate) use sizes::mirrored;
pub use sizes::{Padded, pad_to_fit};
pub use space::Space;
pub use squeeze::SqueezeExcitation;
pub use summary::{Explain, LayerRow, Memory, Summary, summary};
pub use unet::{UNet, unet};
pub use unet_config::UNetConfig;
pub use up::{Larger, Up, UpConfig};
pub use vnet::{ActivatedConv, VNet, VNetConfig, VStage, VUp};

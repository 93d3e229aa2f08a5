//! Everything that a notebook names: `use unet_lab::prelude::*;`.

pub use burn;

// The network and how it learns.
pub use burn::module::Module;
pub use burn::tensor::{Device, Tensor};

pub use crate::device::cpu;
pub use crate::error::{LabError, SettingError, ShapeError};
pub use crate::infer::{Evaluation, ImageScore, ProbabilityMap, evaluate, evaluate_with, predict, predict_all};
pub use crate::loss::{BinaryCrossEntropy, DiceLoss, Loss};
pub use crate::metric::{Confusion, Pixels, accuracy, dice, iou};
pub use crate::nn::{
    Activation, AttentionGate, Block, DoubleConv, DoubleConvConfig, Down, DownConfig, Downsampling, Explain, Head,
    LayerRow, LevelRole, LevelShape, Memory, Merge, Network, NetworkConfig, Norm, Padding, ResNetUNet,
    ResNetUNetConfig, Segmenter, Space, Summary, UNet, UNetConfig, UNetPlusPlus, UNetPlusPlusConfig, Up, UpConfig,
    Upsampling, VNet, VNetConfig, level_shapes, pad_to_fit, summary, unet, upsample,
};
pub use crate::train::{EpochRecord, Fitted, History, Progress, Silent, Stopped, TextProgress, TrainConfig, Trainer};
pub use crate::weights::{freeze_encoder, load_matching, load_network, load_weights, save_weights};

// Images, where they come from, and what they look like.
pub use crate::data::phantom::{EmPhantom, NucleiPhantom};
pub use crate::data::{
    DataError, Dataset, Foreground, Image, ImagePair, Mask, PairFolder, Side, image_tensor, load_image, load_mask,
    mask_tensor, otsu_mask, otsu_threshold, save_image, save_mask, split_indices, tensors,
};
pub use crate::plot::{
    Figure, FigureError, LiveCurve, compare, compare_all, curves, gallery, heat_map, histogram, histogram_by_mask,
    overlay, picture, pictures, u_diagram,
};

// The notebook itself: showing, settings, questions.
pub use crate::notebook::{LiveDisplay, Settings, ShowValue, attach, display, in_lab_kernel, interrupted, settings};
pub use crate::quiz::{self, Feedback, Outcome, answer, ask, hint};

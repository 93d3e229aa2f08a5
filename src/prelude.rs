//! Everything that a notebook names: `use unet_lab::prelude::*;`.

pub use burn;

// The network and how it learns.
pub use burn::module::Module;
pub use burn::tensor::{Device, Tensor};

pub use crate::device::cpu;
pub use crate::error::{LabError, SettingError, ShapeError};
pub use crate::infer::{Evaluation, ImageScore, ProbabilityMap, evaluate, evaluate_with, predict, predict_all};
pub use crate::loss::{
    BinaryCrossEntropy, BorderWeights, BoundaryLoss, CharbonnierLoss, CrossEntropy, DeepSupervision, DiceCrossEntropy,
    DiceLoss, FocalLoss, FocalTverskyLoss, GeneralizedDiceLoss, JaccardLoss, L1Loss, L2Loss, Loss, LossFunction,
    Rebalance, SsimLoss, TargetPooling, TverskyLoss, VolumeWeight, class_weight_map, one_hot, one_hot_maps,
};
pub use crate::metric::{Confusion, Pixels, accuracy, dice, iou};
pub use crate::nn::{
    DoubleConv, DoubleConvConfig, Down, DownConfig, LayerRow, LevelRole, LevelShape, Segmenter, Summary, UNet,
    UNetConfig, Up, UpConfig, level_shapes, summary, unet, upsample,
};
pub use crate::train::{
    Checkpoints, Clip, EarlyStopping, EpochRecord, Fitted, History, KFold, LabelledImage, LabelledImages, Optimizer,
    Progress, Sample, Samples, Schedule, Silent, Stopped, TextProgress, TrainConfig, TrainError, Trainer, VolumeCase,
    VolumePatches, Volumes,
};

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

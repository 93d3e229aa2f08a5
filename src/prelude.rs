//! Everything that a notebook names: `use unet_lab::prelude::*;`.

pub use burn;

// The network and how it learns.
pub use burn::module::Module;
pub use burn::tensor::{Device, Tensor};

pub use crate::device::cpu;
pub use crate::error::{LabError, SettingError, ShapeError};
pub use crate::infer::{
    Blend, Border, Evaluation, ImageScore, InferError, LabelEvaluation, LabelScore, Predictor, Probabilities,
    ProbabilityMap, Scan, TestTime, ThresholdSearch, TunedThreshold, evaluate, evaluate_labels, evaluate_with, predict,
    predict_all, predict_volume, transform_image, tune_threshold, tune_thresholds,
};
pub use crate::loss::{
    BinaryCrossEntropy, BorderWeights, BoundaryLoss, CharbonnierLoss, CrossEntropy, DeepSupervision, DiceCrossEntropy,
    DiceLoss, FocalLoss, FocalTverskyLoss, GeneralizedDiceLoss, JaccardLoss, L1Loss, L2Loss, Loss, LossFunction,
    Rebalance, SsimLoss, TargetPooling, TverskyLoss, VolumeWeight, class_weight_map, one_hot, one_hot_maps,
};
pub use crate::metric::{
    Bootstrap, Calibration, ClassSet, ClassWeight, ConfidenceInterval, Confusion, ConfusionMatrix, InstanceScores,
    IntervalMethod, LesionDetection, LesionRule, Overlaps, PairedComparison, Pixels, ScoreSummary, Ssim, SsimWindow,
    SurfaceDistances, ThresholdCurve, VolumeDifference, accuracy, adapted_rand_error, assd, compare_paired, dice,
    hausdorff, instance_scores, iou, lesion_detection, mean_absolute_error, mean_squared_error, psnr, sign_flip_test,
    ssim, surface_dice, variation_of_information, volume_difference, wilcoxon,
};
pub use crate::nn::{
    Activation, AttentionGate, Block, DoubleConv, DoubleConvConfig, Down, DownConfig, Downsampling, Explain, Head,
    LayerRow, LevelRole, LevelShape, Memory, Merge, Network, NetworkConfig, Norm, Padding, ResNetUNet,
    ResNetUNetConfig, Segmenter, Space, Summary, UNet, UNetConfig, UNetPlusPlus, UNetPlusPlusConfig, Up, UpConfig,
    Upsampling, VNet, VNetConfig, level_shapes, pad_to_fit, summary, unet, upsample,
};
pub use crate::train::{
    Cases, Checkpoints, Clip, EarlyStopping, EpochRecord, Fitted, History, KFold, LabelledImage, LabelledImages,
    Optimizer, Progress, Sample, Samples, Schedule, Silent, Stopped, TextProgress, TrainConfig, TrainError, Trainer,
    VolumeCase, VolumePatches, Volumes,
};
pub use crate::weights::{freeze_encoder, load_matching, load_network, load_weights, save_weights};

// Images, where they come from, and what they look like.
pub use crate::data::phantom::{self, EmPhantom, NucleiPhantom};
pub use crate::data::{
    DataError, Dataset, Foreground, Geometry, Image, ImagePair, LabelMap, Mask, PairFolder, Region, Side, Volume,
    VolumeFolder, doctor, formats, image_tensor, inspect, load_image, load_labels, load_mask, load_volume, loader,
    mask_tensor, masks, otsu_mask, otsu_threshold, patch, save_image, save_mask, split_indices, tensors, transform,
};
pub use crate::plot::{
    Figure, FigureError, LiveCurve, compare, compare_all, curves, gallery, heat_map, histogram, histogram_by_mask,
    network_diagram, overlay, picture, pictures, u_diagram,
};

// The notebook itself: showing, settings, questions.
pub use crate::notebook::{
    LiveDisplay, Settings, ShowValue, attach, display, fetch_dataset, in_lab_kernel, interrupted, settings,
};
pub use crate::quiz::{self, Feedback, Outcome, answer, ask, hint};

pub use crate::morphology::{self, Connectivity, Element, PostProcess, distance_transform, split_touching};

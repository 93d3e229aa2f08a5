//! Weights of networks that others wrote in PyTorch.

use std::path::Path;

use super::error::WeightsError;
use super::set::{Array, Weights};
use crate::error::Result;
use crate::nn::{ResNetUNet, UNet};

/// Loads a state dict of github.com/milesial/Pytorch-UNet (`inc.double_conv.0.weight`, .., `outc.conv.weight`) into
/// `UNetConfig::new(3, 2).with_norm(Norm::Batch).with_upsampling(Upsampling::Transposed)`; other channels and depths
/// work too. Older files, whose convolutions have a bias before batch normalisation, compute the same: the bias goes
/// into the running mean. Files trained with `bilinear=True` do not fit, because there the decoders' widths differ.
///
/// # Errors
/// [`WeightsError`] if the file is of another kind or layout, or layers differ.
pub fn load_pytorch_unet(model: UNet, file: impl AsRef<Path>) -> Result<UNet> {
    let weights = unet_names(Weights::read_pytorch(file)?)?;
    Ok(weights.load_into(model)?)
}

/// Loads a state dict of torchvision's `resnet18` or `resnet34` into the encoder; the last layer, `fc`, is left out.
///
/// # Errors
/// [`WeightsError`] if the file is of another kind, or another ResNet.
pub fn load_resnet_encoder(mut model: ResNetUNet, file: impl AsRef<Path>) -> Result<ResNetUNet> {
    let weights = resnet_names(Weights::read_pytorch(file)?)?;
    model.encoder = weights.load_into(model.encoder)?;
    Ok(model)
}

/// `weight` and `bias` of a batch normalisation as Burn has them; none for what is not needed.
fn normalisation(field: &str) -> Option<&str> {
    match field {
        "weight" => Some("gamma"),
        "bias" => Some("beta"),
        "num_batches_tracked" => None,
        other => Some(other),
    }
}

fn layout(weights: &Weights, problem: impl Into<String>) -> WeightsError {
    WeightsError::Layout {
        file: weights.file.clone(),
        problem: problem.into(),
    }
}

fn renamed(weights: Weights, name: impl Fn(&str) -> Option<Option<String>>) -> Result<Weights, WeightsError> {
    let mut result = Weights::empty(&weights.file);
    for (old, array) in &weights.arrays {
        match name(old) {
            Some(Some(new)) => {
                result.arrays.insert(new, array.clone());
            }
            Some(None) => {}
            None => {
                let problem =
                    format!("it has a layer {old}, which that layout has not. Name the layers as that layout does");
                return Err(layout(&weights, problem));
            }
        }
    }
    Ok(result)
}

pub(super) fn unet_names(weights: Weights) -> Result<Weights, WeightsError> {
    let has = |name: &str| weights.arrays.contains_key(name);
    if !has("inc.double_conv.0.weight") {
        let problem = "it has no layer inc.double_conv.0.weight, with which the layout of milesial/Pytorch-UNet begins";
        return Err(layout(&weights, problem));
    }
    if !has("up1.up.weight") {
        let problem = "it was trained with bilinear=True, whose decoders are narrower than this library's at their \
                       level. Use a file that was trained with bilinear=False";
        return Err(layout(&weights, problem));
    }
    let depth = (1..)
        .take_while(|i| has(&format!("down{i}.maxpool_conv.1.double_conv.0.weight")))
        .count();
    let mut result = renamed(weights, |name| unet_name(name, depth))?;
    fold_biases(&mut result);
    Ok(result)
}

/// None for a name that the layout has not, `Some(None)` for what is not needed.
fn unet_name(name: &str, depth: usize) -> Option<Option<String>> {
    let (block, rest) = name.split_once('.')?;
    if block == "outc" {
        return Some(Some(format!("output.{}", rest.strip_prefix("conv.")?)));
    }
    let number = |prefix: &str| block.strip_prefix(prefix).and_then(|i| i.parse::<usize>().ok());
    let (place, rest) = match (number("down"), number("up")) {
        _ if block == "inc" => ("encoders.0.conv".to_owned(), rest),
        (Some(i), _) if i == depth => ("bottleneck".to_owned(), rest.strip_prefix("maxpool_conv.1.")?),
        (Some(i), _) => (format!("encoders.{i}.conv"), rest.strip_prefix("maxpool_conv.1.")?),
        (_, Some(i)) => match rest.strip_prefix("up.") {
            Some(field) => return Some(Some(format!("decoders.{}.larger.{field}", i.checked_sub(1)?))),
            None => (
                format!("decoders.{}.conv", i.checked_sub(1)?),
                rest.strip_prefix("conv.")?,
            ),
        },
        _ => return None,
    };
    let (layer, field) = rest.strip_prefix("double_conv.")?.split_once('.')?;
    let conv = |unit: usize| Some(Some(format!("{place}.conv{unit}.conv.{field}")));
    let norm = |unit: usize| Some(normalisation(field).map(|field| format!("{place}.conv{unit}.norm.{field}")));
    match layer {
        "0" => conv(1),
        "1" => norm(1),
        "3" => conv(2),
        "4" => norm(2),
        _ => None,
    }
}

/// `norm(x + bias)` with a running mean `m` is `norm(x)` with `m - bias`.
fn fold_biases(weights: &mut Weights) {
    let names: Vec<String> = weights
        .arrays
        .keys()
        .filter(|name| name.ends_with(".conv.bias"))
        .cloned()
        .collect();
    for name in names {
        let mean = name.replace(".conv.bias", ".norm.running_mean");
        if !weights.arrays.contains_key(&mean) {
            continue;
        }
        if let Some(bias) = weights.arrays.remove(&name)
            && let Some(Array { values, .. }) = weights.arrays.get_mut(&mean)
        {
            values
                .iter_mut()
                .zip(bias.values)
                .for_each(|(mean, bias)| *mean -= bias);
        }
    }
}

pub(super) fn resnet_names(weights: Weights) -> Result<Weights, WeightsError> {
    if !weights.arrays.contains_key("layer1.0.conv1.weight") {
        let problem =
            "it has no layer layer1.0.conv1.weight, as torchvision's ResNets have. Save resnet18().state_dict()";
        return Err(layout(&weights, problem));
    }
    if weights.arrays.contains_key("layer1.0.conv3.weight") {
        let problem = "its blocks have three convolutions, as in ResNet-50 and deeper ones. Use resnet18 or resnet34";
        return Err(layout(&weights, problem));
    }
    renamed(weights, resnet_name)
}

fn resnet_name(name: &str) -> Option<Option<String>> {
    if name.starts_with("fc.") {
        return Some(None);
    }
    let (place, rest) = match name.strip_prefix("layer") {
        None => ("stem".to_owned(), name),
        Some(name) => {
            let mut parts = name.splitn(3, '.');
            let (stage, block, rest) = (parts.next()?, parts.next()?, parts.next()?);
            let stage = stage.parse::<usize>().ok()?.checked_sub(1)?;
            (format!("stages.{stage}.blocks.{block}"), rest)
        }
    };
    let (layer, field) = rest.rsplit_once('.')?;
    let conv = |unit: &str| Some(Some(format!("{place}{unit}.conv.{field}")));
    let norm = |unit: &str| Some(normalisation(field).map(|field| format!("{place}{unit}.norm.{field}")));
    match (place.as_str(), layer) {
        ("stem", "conv1") => conv(""),
        ("stem", "bn1") => norm(""),
        ("stem", _) => None,
        (_, "conv1") => conv(".conv1"),
        (_, "bn1") => norm(".conv1"),
        (_, "conv2") => conv(".conv2"),
        (_, "bn2") => norm(".conv2"),
        (_, "downsample.0") => conv(".shortcut"),
        (_, "downsample.1") => norm(".shortcut"),
        _ => None,
    }
}

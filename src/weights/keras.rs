//! Weights of the course's Keras listing.

use std::path::Path;

use super::error::WeightsError;
use super::set::{Array, Weights};
use crate::error::Result;
use crate::nn::{UNet, UNetConfig, Upsampling};

/// Loads what `scripts/export_keras_weights.py` made from a `.keras` or `.h5` file of the course's listing, or of its
/// practical example ([`Upsampling::Transposed`]): the convolutions in the order of a forward pass, in Keras' layout
/// `[height, width, in, out]`.
///
/// # Errors
/// [`WeightsError`] if the file is of another kind, or has another number of layers or other shapes.
pub fn load_keras_unet(model: UNet, file: impl AsRef<Path>) -> Result<UNet> {
    let weights = keras_names(Weights::read(file)?, model.config())?;
    Ok(weights.load_into(model)?)
}

/// The convolutions of the network in the order of a forward pass.
fn convolutions(config: &UNetConfig) -> Vec<String> {
    let mut names = Vec::new();
    for level in 0..config.depth {
        names.extend([1, 2].map(|i| format!("encoders.{level}.conv.conv{i}.conv")));
    }
    names.extend([1, 2].map(|i| format!("bottleneck.conv{i}.conv")));
    for level in 0..config.depth {
        let unit = match config.upsampling {
            Upsampling::NearestConv => ".conv",
            _ => "",
        };
        names.push(format!("decoders.{level}.larger{unit}"));
        names.extend([1, 2].map(|i| format!("decoders.{level}.conv.conv{i}.conv")));
    }
    names.push("output".to_owned());
    names
}

fn keras_names(weights: Weights, config: &UNetConfig) -> Result<Weights, WeightsError> {
    let layout = |problem: String| WeightsError::Layout {
        file: weights.file.clone(),
        problem,
    };
    // `007.conv2d_7.kernel`: sorted by name is sorted by place.
    let kernels: Vec<&String> = weights.arrays.keys().filter(|name| name.ends_with(".kernel")).collect();
    let names = convolutions(config);
    if kernels.len() != names.len() {
        return Err(layout(format!(
            "it has {} convolutions, the network {}. Make the file with scripts/export_keras_weights.py, from a network \
             of the same depth",
            kernels.len(),
            names.len()
        )));
    }
    let mut result = Weights::empty(&weights.file);
    for (kernel, name) in kernels.into_iter().zip(names) {
        let array = &weights.arrays[kernel];
        let turned = turned(array).ok_or_else(|| {
            layout(format!(
                "{kernel} has shape {:?}, but kernels have four axes",
                array.shape
            ))
        })?;
        result.arrays.insert(format!("{name}.weight"), turned);
        if let Some(bias) = weights.arrays.get(&kernel.replace(".kernel", ".bias")) {
            result.arrays.insert(format!("{name}.bias"), bias.clone());
        }
    }
    Ok(result)
}

/// `[height, width, a, b]` as `[b, a, height, width]`, which is right for transposed convolutions too: there both
/// libraries have the two numbers of channels the other way round.
fn turned(array: &Array) -> Option<Array> {
    let [height, width, a, b] = array.shape[..] else {
        return None;
    };
    let mut values = Vec::with_capacity(array.values.len());
    for out in 0..b {
        for input in 0..a {
            for place in 0..height * width {
                values.push(array.values[(place * a + input) * b + out]);
            }
        }
    }
    Some(Array {
        shape: vec![b, a, height, width],
        values,
    })
}

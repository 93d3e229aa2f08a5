//! What must hold before training starts.

use super::samples::place;
use super::{Sample, Samples, TrainConfig, TrainError};
use crate::data::{Dataset, ImagePair, tensors};
use crate::device::cpu;
use crate::error::{Result, ShapeError};
use crate::nn::Segmenter;

/// Finds out before the first epoch, not in it, whether network and images fit together.
pub(super) fn check_pairs<M: Segmenter>(model: &M, train: &Dataset, validation: &Dataset) -> Result<()> {
    if model.classes() != 1 {
        return Err(ShapeError::Classes {
            in_channels: model.in_channels(),
            found: model.classes(),
        }
        .into());
    }
    for pair in train.iter().chain(validation) {
        if pair.image().channels() != model.in_channels() {
            return Err(ShapeError::Channels {
                expected: model.in_channels(),
                found: pair.image().channels(),
            }
            .into());
        }
        finite(&pair.name, pair.image().data(), &pair.image().size())?;
    }
    let multiple = model.size_multiple();
    for pair in train {
        let size = pair.image().size();
        let fits = size.iter().all(|side| *side > 0 && side.is_multiple_of(multiple));
        if model.margin() == 0 && !fits {
            return Err(ShapeError::Size { size, multiple }.into());
        }
        accepted(model, &pair.name, &size)?;
    }
    // The message for no images, or for two that cannot share a batch, is that of `tensors`.
    let first = train.get(0);
    let other = train
        .iter()
        .find(|pair| Some(pair.image().size()) != first.map(|f| f.image().size()));
    if first.is_none() || other.is_some() {
        let pairs: Vec<&ImagePair> = first.into_iter().chain(other).collect();
        tensors(&pairs, &cpu())?;
    }
    Ok(())
}

/// The same for samples of any kind.
pub(super) fn check_samples<const D: usize, M: Segmenter<D>>(
    config: &TrainConfig,
    model: &M,
    train: &(impl Samples<D> + ?Sized),
    validation: &(impl Samples<D> + ?Sized),
) -> Result<()> {
    if train.is_empty() {
        return Err(TrainError::Empty.into());
    }
    let mut first: Option<Vec<usize>> = None;
    train.check()?;
    for index in 0..train.len() {
        let sample = train.sample(index, None)?;
        check_sample(model, &train.name(index), &sample)?;
        let first = first.get_or_insert_with(|| sample.size.clone());
        if config.batch_size > 1 && *first != sample.size {
            return Err(TrainError::Sizes {
                first: train.name(0),
                first_size: first.clone(),
                other: train.name(index),
                other_size: sample.size,
            }
            .into());
        }
    }
    validation.check()?;
    (0..validation.len())
        .try_for_each(|index| check_sample(model, &validation.name(index), &validation.sample(index, None)?))
}

fn check_sample<const D: usize, M: Segmenter<D>>(model: &M, name: &str, sample: &Sample<D>) -> Result<()> {
    if sample.channels() != model.in_channels() {
        return Err(ShapeError::Channels {
            expected: model.in_channels(),
            found: sample.channels(),
        }
        .into());
    }
    if sample.classes() != model.classes() {
        return Err(TrainError::Classes {
            name: name.to_owned(),
            expected: model.classes(),
            found: sample.classes(),
        }
        .into());
    }
    finite(name, &sample.image, &sample.size)?;
    finite(name, &sample.target, &sample.size)?;
    finite(name, sample.weights.as_deref().unwrap_or_default(), &sample.size)?;
    accepted(model, name, &sample.size)
}

/// Refuses values that are no numbers, naming the first.
pub(super) fn finite(name: &str, values: &[f32], size: &[usize]) -> Result<()> {
    let Some(i) = values.iter().position(|value| !value.is_finite()) else {
        return Ok(());
    };
    let pixels: usize = size.iter().product();
    Err(TrainError::NotFinite {
        name: name.to_owned(),
        found: values[i],
        place: format!("channel {}, {}", i / pixels, place(i % pixels, size)),
    }
    .into())
}

/// Refuses sides that do not pass through the network, naming the nearest that do.
fn accepted<const D: usize, M: Segmenter<D>>(model: &M, name: &str, size: &[usize]) -> Result<()> {
    let Some(&side) = size.iter().find(|&&side| !model.accepts(side)) else {
        return Ok(());
    };
    let below = (1..side).rev().find(|&side| model.accepts(side));
    let above = (side + 1..side + 4096).find(|&side| model.accepts(side));
    let remedy = match (below, above) {
        (Some(below), Some(above)) => format!("the nearest that work are {below} and {above}"),
        (Some(only), None) | (None, Some(only)) => format!("the nearest that works is {only}"),
        (None, None) => "none near it works".to_owned(),
    };
    Err(TrainError::Size {
        name: name.to_owned(),
        size: size.to_vec(),
        side,
        remedy: format!("{remedy}. Resize or pad the images, or cut patches"),
    }
    .into())
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod guard_tests;

//! What holds a probability at each pixel.

use super::super::{Pixels, same_shape};
use crate::data::{DataError, Volume};
use crate::error::Result;
use crate::infer::ProbabilityMap;

/// Something with a probability of foreground at each pixel: a [`ProbabilityMap`], a [`Volume`] of one channel, or plain
/// values.
pub trait Probabilities {
    /// Every probability, row by row.
    fn probabilities(&self) -> &[f32];

    /// `[height, width]` for a map, `[length]` for plain values.
    fn shape(&self) -> Vec<usize> {
        vec![self.probabilities().len()]
    }
}

impl Probabilities for ProbabilityMap {
    fn probabilities(&self) -> &[f32] {
        self.data()
    }

    fn shape(&self) -> Vec<usize> {
        vec![self.height(), self.width()]
    }
}

impl Probabilities for Volume {
    fn probabilities(&self) -> &[f32] {
        self.data()
    }

    fn shape(&self) -> Vec<usize> {
        match self.channels() {
            1 => self.size().to_vec(),
            channels => [&[channels][..], &self.size()].concat(),
        }
    }
}

impl Probabilities for [f32] {
    fn probabilities(&self) -> &[f32] {
        self
    }
}

impl<const N: usize> Probabilities for [f32; N] {
    fn probabilities(&self) -> &[f32] {
        self
    }
}

impl Probabilities for Vec<f32> {
    fn probabilities(&self) -> &[f32] {
        self
    }
}

impl<T: Probabilities + ?Sized> Probabilities for &T {
    fn probabilities(&self) -> &[f32] {
        (**self).probabilities()
    }

    fn shape(&self) -> Vec<usize> {
        (**self).shape()
    }
}

/// Refuses maps and truths that are not pairs of one shape, and NaN.
pub(super) fn check_cases(maps: &[impl Probabilities], truths: &[impl Pixels]) -> Result<()> {
    if maps.len() != truths.len() || maps.is_empty() {
        return Err(DataError::Argument(format!(
            "{} probability maps for {} truths: pass one truth a map, and at least one of each",
            maps.len(),
            truths.len()
        ))
        .into());
    }
    for (case, (map, truth)) in maps.iter().zip(truths).enumerate() {
        same_shape(map.shape(), truth.shape())?;
        if let Some(pixel) = map.probabilities().iter().position(|value| value.is_nan()) {
            return Err(DataError::Argument(format!(
                "the probability of pixel {pixel} in map {case} (both counted from 0) is NaN: look for a loss that \
                 became NaN in training"
            ))
            .into());
        }
    }
    Ok(())
}

/// Every probability with whether it is of a foreground pixel.
pub(super) fn pooled<'a>(
    maps: &'a [impl Probabilities],
    truths: &'a [impl Pixels],
) -> impl Iterator<Item = (f32, bool)> + 'a {
    let cases = maps.iter().zip(truths);
    cases.flat_map(|(map, truth)| map.probabilities().iter().copied().zip(truth.pixels().iter().copied()))
}

//! What must hold before training starts.

use crate::data::{Dataset, ImagePair, tensors};
use crate::device::cpu;
use crate::error::{Result, ShapeError};
use crate::nn::Segmenter;

/// Finds out before the first epoch, not in it, whether network and images fit together.
pub(super) fn check<M: Segmenter>(model: &M, train: &Dataset, validation: &Dataset) -> Result<()> {
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
    }
    let multiple = model.size_multiple();
    for pair in train {
        let size = pair.image().size();
        if size.iter().any(|side| *side == 0 || !side.is_multiple_of(multiple)) {
            return Err(ShapeError::Size { size, multiple }.into());
        }
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

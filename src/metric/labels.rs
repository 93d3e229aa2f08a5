//! Labels out of tensors, and whether they are classes.

use burn::tensor::Tensor;

use crate::data::DataError;
use crate::error::{Result, SettingError};

/// `[batch, height, width]` of `[batch, classes, height, width]`, and so in 3-D.
pub(super) fn without_channels(dims: &[usize]) -> Result<Vec<usize>, SettingError> {
    match dims {
        [batch, _, sides @ ..] => Ok([&[*batch], sides].concat()),
        _ => Err(SettingError::new(
            "the rank of the scores",
            dims.len(),
            "at least 2: [batch, classes, ...]",
        )),
    }
}

/// The channel with the highest value at each place, the first of equals.
pub(super) fn highest<const D: usize>(scores: Tensor<D>, what: &str) -> Result<Vec<i64>, DataError> {
    let dims = scores.dims();
    let area: usize = dims[2..].iter().product();
    let values: Vec<f32> = scores.into_data().iter::<f32>().collect();
    if let Some(index) = values.iter().position(|value| value.is_nan()) {
        return Err(DataError::Argument(format!(
            "{what} are NaN at {:?}, so no class is the highest there: look for a loss that became NaN in training",
            place(index, &dims)
        )));
    }
    let mut labels = Vec::with_capacity(dims[0] * area);
    for image in values.chunks((dims[1] * area).max(1)) {
        labels.extend((0..area).map(|pixel| {
            let of_class = |class: usize| image[class * area + pixel];
            let best = (1..dims[1]).fold(
                0,
                |best, class| {
                    if of_class(class) > of_class(best) { class } else { best }
                },
            );
            best as i64
        }));
    }
    Ok(labels)
}

/// Refuses labels outside `0..classes`, with the first one, its place and how many there are.
pub(super) fn check(what: &str, labels: &[i64], size: &[usize], classes: usize) -> Result<(), DataError> {
    let outside = |label: &i64| usize::try_from(*label).map_or(true, |label| label >= classes);
    let Some(first) = labels.iter().position(outside) else {
        return Ok(());
    };
    let count = labels.iter().filter(|label| outside(label)).count();
    Err(DataError::Argument(format!(
        "{what} has label {} at {:?}, but with {classes} classes the labels are 0 to {}; {count} of {} pixels are \
         outside. Pass the number of classes that the labels need, or map the labels first",
        labels[first],
        place(first, size),
        classes - 1,
        labels.len()
    )))
}

/// Where the `index`th value of an array of that size is.
fn place(mut index: usize, size: &[usize]) -> Vec<usize> {
    let mut at: Vec<usize> = size
        .iter()
        .rev()
        .map(|side| {
            let here = index % side;
            index /= side;
            here
        })
        .collect();
    at.reverse();
    at
}

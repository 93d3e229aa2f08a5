//! Targets of several classes: a map of zeros and ones a class.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::function::differ;
use crate::data::{DataError, LabelMap};
use crate::error::{SettingError, ShapeError};

/// Labels as one map a class, 1.0 where the label is that class. With one class it is the foreground's: 1.0 for label 1,
/// 0.0 for label 0.
///
/// # Shapes
/// - `labels`: `[batch, 1, ..]`
/// - output: `[batch, classes, ..]`
///
/// # Errors
/// [`DataError::Argument`] if a label lies outside the classes, if there are none, or if axis 1 of `labels` is not 1.
///
/// ```
/// use unet_lab::burn::tensor::Int;
/// use unet_lab::prelude::*;
///
/// let labels = Tensor::<4, Int>::from_data([[[[0, 2]]]], &cpu());
/// let target = one_hot(labels, 3)?;
/// assert_eq!(target.into_data().try_to_vec::<f32>().unwrap(), [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
/// # Ok::<(), LabError>(())
/// ```
pub fn one_hot<const D: usize>(labels: Tensor<D, Int>, classes: usize) -> Result<Tensor<D>, DataError> {
    let mut shape = labels.dims();
    if shape[1] != 1 {
        return Err(DataError::Argument(format!(
            "labels of shape {shape:?} have {} channels: pass one label a pixel, [batch, 1, ..]",
            shape[1]
        )));
    }
    let pixels: usize = shape[2..].iter().product();
    let values: Vec<i64> = labels.to_data().iter::<i64>().collect();
    let mut data = vec![0.0; values.len() * classes];
    for (image, labels) in values.chunks(pixels.max(1)).enumerate() {
        let target = &mut data[image * classes * pixels..][..classes * pixels];
        for (pixel, &label) in labels.iter().enumerate() {
            let class = u32::try_from(label).ok().and_then(|label| channel(label, classes));
            let class = class.ok_or_else(|| outside(label, &shape[2..], pixel, image, classes))?;
            if let Some(class) = class {
                target[class * pixels + pixel] = 1.0;
            }
        }
    }
    shape[1] = classes;
    let device = labels.device();
    Ok(Tensor::from_data(TensorData::new(data, shape), &device))
}

/// Label maps as one map a class, as [`one_hot`]; pixels of the label `ignored` are 0 in all of them, which
/// [`CrossEntropy`](super::CrossEntropy) and the losses of overlap leave out of the truth.
///
/// # Shapes
/// - output: `[maps, classes, ..]`, with `D = 4` for maps in 2-D and `D = 5` in 3-D
///
/// # Errors
/// [`DataError::Argument`] if a label lies outside the classes, if there are no maps or classes, if the maps differ in
/// size, or have not `D - 2` axes.
pub fn one_hot_maps<const D: usize>(
    maps: &[&LabelMap],
    classes: usize,
    ignored: Option<u32>,
    device: &Device,
) -> Result<Tensor<D>, DataError> {
    let mut shape = batch_shape::<D>(maps)?;
    shape[1] = classes;
    let pixels: usize = shape[2..].iter().product();
    let mut data = vec![0.0; maps.len() * classes * pixels];
    for (image, map) in maps.iter().enumerate() {
        let target = &mut data[image * classes * pixels..][..classes * pixels];
        for (pixel, &label) in map.data().iter().enumerate() {
            if Some(label) == ignored {
                continue;
            }
            let class = channel(label, classes);
            let class = class.ok_or_else(|| outside(i64::from(label), map.size(), pixel, image, classes))?;
            if let Some(class) = class {
                target[class * pixels + pixel] = 1.0;
            }
        }
    }
    Ok(Tensor::from_data(TensorData::new(data, shape), device))
}

/// Pixel weights by class: at each pixel the weight of its true class, for any loss that takes pixel weights.
///
/// # Shapes
/// - `target`: `[batch, classes, ..]`, one-hot; with one class there are two weights, background and foreground
/// - output: `[batch, 1, ..]`
///
/// # Errors
/// [`ShapeError::Setting`] if there is not one weight a class.
pub fn class_weight_map<const D: usize>(target: Tensor<D>, weights: &[f32]) -> Result<Tensor<D>, ShapeError> {
    let classes = target.dims()[1];
    if weights.len() != classes.max(2) {
        let found = format!("{} value(s)", weights.len());
        let expected = format!("one value a class, {}", classes.max(2));
        return Err(SettingError::new("weights", found, &expected).into());
    }
    if let ([background, foreground], 1) = (weights, classes) {
        return Ok(target * (foreground - background) + *background);
    }
    let mut shape = [1; D];
    shape[1] = classes;
    let column = Tensor::<1>::from_data(weights, &target.device()).reshape(shape);
    Ok((target * column).sum_dim(1))
}

/// `[maps, 1, ..]`, if the maps are of one size and of `D - 2` axes.
pub(super) fn batch_shape<const D: usize>(maps: &[&LabelMap]) -> Result<[usize; D], DataError> {
    let Some(first) = maps.first() else {
        return Err(DataError::Argument(
            "a batch of no label maps: give at least one".into(),
        ));
    };
    if let Some(other) = maps.iter().find(|map| map.size() != first.size()) {
        let error = differ(
            "the first label map",
            first.size(),
            "another of the batch",
            other.size(),
        );
        return Err(DataError::Argument(error.to_string()));
    }
    let mut shape = vec![maps.len(), 1];
    shape.extend(first.size());
    let axes = first.size().len();
    shape.try_into().map_err(|_| {
        DataError::Argument(format!(
            "label maps of {axes} axes make a tensor of rank {}, not {D}: use Tensor<4> in 2-D and Tensor<5> in 3-D",
            axes + 2
        ))
    })
}

/// The channel of a label; `Some(None)` if it is the background of a single class, `None` if there is none.
fn channel(label: u32, classes: usize) -> Option<Option<usize>> {
    match (label as usize, classes) {
        (label @ 0..=1, 1) => Some(label.checked_sub(1)),
        (label, classes) if label < classes => Some(Some(label)),
        _ => None,
    }
}

fn outside(label: i64, size: &[usize], pixel: usize, image: usize, classes: usize) -> DataError {
    let mut at = vec![0; size.len()];
    let mut rest = pixel;
    for (place, side) in at.iter_mut().zip(size).rev() {
        *place = rest % side;
        rest /= side;
    }
    DataError::Argument(match classes {
        0 => "0 classes: a target has at least one".to_owned(),
        _ => format!(
            "label {label} at {at:?} of image {image} lies outside the {classes} class(es) 0..={}: \
             ask for more classes, or map or ignore the label",
            (classes - 1).max(1)
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    fn map(labels: &[u32], size: &[usize]) -> LabelMap {
        LabelMap::new(labels.to_vec(), size).unwrap()
    }

    fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        x.into_data().try_to_vec().unwrap()
    }

    #[test]
    fn maps_and_tensors_agree() {
        let (a, b) = (map(&[0, 1, 2, 1], &[2, 2]), map(&[2, 2, 0, 0], &[2, 2]));
        let target = one_hot_maps::<4>(&[&a, &b], 3, None, &cpu()).unwrap();
        assert_eq!(target.dims(), [2, 3, 2, 2]);
        let labels = Tensor::<4, Int>::from_data([[[[0, 1], [2, 1]]], [[[2, 2], [0, 0]]]], &cpu());
        assert_eq!(values(target.clone()), values(one_hot(labels, 3).unwrap()));
        let first = [1., 0., 0., 0., 0., 1., 0., 1., 0., 0., 1., 0.];
        assert_eq!(values(target)[..12], first);
    }

    #[test]
    fn one_class_is_the_foreground() {
        let target = one_hot_maps::<5>(&[&map(&[0, 1], &[1, 1, 2])], 1, None, &cpu()).unwrap();
        assert_eq!((target.dims(), values(target)), ([1, 1, 1, 1, 2], vec![0.0, 1.0]));
    }

    #[test]
    fn ignored_labels_are_of_no_class() {
        let target = one_hot_maps::<4>(&[&map(&[0, 255], &[1, 2])], 2, Some(255), &cpu()).unwrap();
        assert_eq!(values(target), [1.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn labels_outside_the_classes_are_found() {
        let error = one_hot_maps::<4>(&[&map(&[0, 0, 0, 0, 0, 7], &[2, 3])], 3, None, &cpu()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "label 7 at [1, 2] of image 0 lies outside the 3 class(es) 0..=2: ask for more classes, or map or ignore \
             the label"
        );
        let labels = Tensor::<4, Int>::from_data([[[[0, -1]]]], &cpu());
        assert!(
            one_hot(labels, 3)
                .unwrap_err()
                .to_string()
                .contains("label -1 at [0, 1]")
        );
        assert!(one_hot_maps::<4>(&[&map(&[2], &[1, 1])], 1, None, &cpu()).is_err());
        assert!(one_hot_maps::<4>(&[&map(&[0], &[1, 1])], 0, None, &cpu()).is_err());
    }

    #[test]
    fn batches_must_fit() {
        let (a, b) = (map(&[0, 1], &[1, 2]), map(&[0, 1], &[2, 1]));
        assert!(one_hot_maps::<4>(&[], 2, None, &cpu()).is_err());
        assert!(one_hot_maps::<4>(&[&a, &b], 2, None, &cpu()).is_err());
        let error = one_hot_maps::<5>(&[&a], 2, None, &cpu()).unwrap_err().to_string();
        assert!(error.contains("rank 4, not 5"), "{error}");
    }

    #[test]
    fn weights_follow_the_classes() {
        let target = one_hot_maps::<4>(&[&map(&[0, 2, 1], &[1, 3])], 3, None, &cpu()).unwrap();
        assert_eq!(
            values(class_weight_map(target.clone(), &[1.0, 2.0, 5.0]).unwrap()),
            [1.0, 5.0, 2.0]
        );
        assert!(class_weight_map(target, &[1.0]).is_err());
        let binary = Tensor::<4>::from_data([[[[0.0, 1.0]]]], &cpu());
        assert_eq!(values(class_weight_map(binary, &[1.0, 4.0]).unwrap()), [1.0, 4.0]);
    }
}

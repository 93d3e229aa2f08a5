//! Pairs become the tensors that a network reads.

use burn::tensor::{Device, Tensor, TensorData};
use unet_lab_data::{DataError, Image, ImagePair, Mask};

/// A batch of pairs as `(images, masks)`: images `[batch, channels, height, width]`, masks `[batch, 1, height,
/// width]` with 1.0 for foreground and 0.0 for background. Taught in unit 02.
///
/// # Errors
/// [`DataError::Argument`] for no pairs, [`DataError::MixedShapes`] when the images differ in size or channels.
///
/// ```
/// use unet_lab::data::{phantom::EmPhantom, tensors};
/// let data = EmPhantom::new(32).with_count(2).generate();
/// let pairs: Vec<_> = data.iter().collect();
/// let (images, masks) = tensors(&pairs, &Default::default())?;
/// assert_eq!((images.dims(), masks.dims()), ([2, 1, 32, 32], [2, 1, 32, 32]));
/// # Ok::<(), unet_lab::data::DataError>(())
/// ```
pub fn tensors(pairs: &[&ImagePair], device: &Device) -> Result<(Tensor<4>, Tensor<4>), DataError> {
    let Some(first) = pairs.first() else {
        return Err(DataError::Argument(
            "a batch of no images: give at least one image/mask pair".into(),
        ));
    };
    let shape = |p: &ImagePair| (p.image().channels(), p.image().size());
    if let Some(other) = pairs.iter().find(|p| shape(p) != shape(first)) {
        return Err(DataError::MixedShapes {
            first: first.name.clone(),
            first_shape: first.image().shape_text(),
            other: other.name.clone(),
            other_shape: other.image().shape_text(),
        });
    }
    let (channels, [height, width]) = shape(first);
    let images: Vec<f32> = pairs.iter().flat_map(|p| p.image().data().iter().copied()).collect();
    let masks: Vec<f32> = pairs
        .iter()
        .flat_map(|p| p.mask().data().iter().map(|&v| f32::from(u8::from(v))))
        .collect();
    let batch = pairs.len();
    Ok((
        Tensor::from_data(TensorData::new(images, [batch, channels, height, width]), device),
        Tensor::from_data(TensorData::new(masks, [batch, 1, height, width]), device),
    ))
}

/// One image as a batch of one, `[1, channels, height, width]`.
pub fn image_tensor(image: &Image, device: &Device) -> Tensor<4> {
    let shape = [1, image.channels(), image.height(), image.width()];
    Tensor::from_data(TensorData::new(image.data().to_vec(), shape), device)
}

/// One mask as a batch of one, `[1, 1, height, width]`, 1.0 for foreground.
pub fn mask_tensor(mask: &Mask, device: &Device) -> Tensor<4> {
    let values: Vec<f32> = mask.data().iter().map(|&v| f32::from(u8::from(v))).collect();
    Tensor::from_data(TensorData::new(values, [1, 1, mask.height(), mask.width()]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, width: usize, height: usize, channels: usize) -> ImagePair {
        let image = Image::from_fn(width, height, |x, y| (x + 10 * y) as f32).with_channels(channels);
        ImagePair::new(name, image, Mask::from_fn(width, height, |x, y| x == y)).unwrap()
    }

    #[test]
    fn values_land_in_channel_row_column_order() {
        let (a, b) = (pair("a", 3, 2, 1), pair("b", 3, 2, 1));
        let (images, masks) = tensors(&[&a, &b], &Device::default()).unwrap();
        assert_eq!(images.dims(), [2, 1, 2, 3]);
        let values: Vec<f32> = images.into_data().try_to_vec().unwrap();
        assert_eq!(values[..6], [0.0, 1.0, 2.0, 10.0, 11.0, 12.0]);
        let values: Vec<f32> = masks.into_data().try_to_vec().unwrap();
        assert_eq!(values[6..], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        assert_eq!(image_tensor(a.image(), &Device::default()).dims(), [1, 1, 2, 3]);
        assert_eq!(mask_tensor(a.mask(), &Device::default()).dims(), [1, 1, 2, 3]);
    }

    #[test]
    fn a_mixed_batch_is_refused() {
        let error = tensors(&[&pair("a", 3, 2, 1), &pair("b", 3, 2, 3)], &Device::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a is 1 x 2 x 3 but b is 3 x 2 x 3 (channels x height x width): images of one batch must agree. \
             Use Dataset::resized, Dataset::tiles or Dataset::with_channels first"
        );
        let error = tensors(&[], &Device::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a batch of no images: give at least one image/mask pair"
        );
    }
}

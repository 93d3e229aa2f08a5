//! [`predict`]: the network's opinion of an image.

use burn::tensor::activation::sigmoid;

use super::batches::for_each_logits;
use crate::data::{Dataset, Image, Mask};
use crate::error::Result;
use crate::nn::Segmenter;

/// The probability of foreground at each pixel of an image. For several classes and for volumes there is
/// [`Probabilities`](super::Probabilities).
#[derive(Clone, Debug, PartialEq)]
pub struct ProbabilityMap {
    width: usize,
    height: usize,
    data: Vec<f32>,
}

impl ProbabilityMap {
    pub(super) fn from_parts(width: usize, height: usize, data: Vec<f32>) -> Self {
        debug_assert_eq!(data.len(), width * height);
        Self { width, height, data }
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All probabilities, row by row.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// The probability at column `x`, row `y`. Panics outside the map, as a slice does.
    pub fn get(&self, x: usize, y: usize) -> f32 {
        assert!(x < self.width, "column {x} of a map {} wide", self.width);
        self.data[y * self.width + x]
    }

    /// The pixels whose probability is at least `threshold`; 0.5 is the usual one.
    pub fn threshold(&self, threshold: f32) -> Mask {
        Mask::from_fn(self.width, self.height, |x, y| self.get(x, y) >= threshold)
    }

    /// The probabilities as a grey image: black is 0, white is 1.
    pub fn to_image(&self) -> Image {
        Image::from_fn(self.width, self.height, |x, y| self.get(x, y))
    }
}

/// The probability of foreground at each pixel of `image`.
///
/// The image may have any size: it is mirrored at its edges up to a size that the network can halve, and the answer is
/// cropped back. The model may be one in training; no gradients are followed.
///
/// Taught in unit 02 (training).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let model = UNetConfig::new(1, 1).with_base_channels(2).init(&cpu());
/// let image = Image::from_fn(50, 40, |x, y| (x + y) as f32 / 88.0);
/// let map = predict(&model, &image)?;
/// let mask: Mask = map.threshold(0.5);
/// assert_eq!((mask.width(), mask.height()), (50, 40));
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// [`ShapeError`](crate::error::ShapeError) if the network takes another number of channels or has several classes (for
/// those, ask a [`Predictor`](super::Predictor)); [`InferError`](super::InferError) if the image has no pixels or some
/// of them are no numbers.
pub fn predict<M: Segmenter>(model: &M, image: &Image) -> Result<ProbabilityMap> {
    let mut maps = predict_images(model, &[image])?;
    Ok(maps.swap_remove(0))
}

/// [`predict`] for every image of a data set, in order. The masks are not looked at.
///
/// # Errors
/// As [`predict`].
pub fn predict_all<M: Segmenter>(model: &M, dataset: &Dataset) -> Result<Vec<ProbabilityMap>> {
    let images: Vec<&Image> = dataset.iter().map(|pair| pair.image()).collect();
    predict_images(model, &images)
}

fn predict_images<M: Segmenter>(model: &M, images: &[&Image]) -> Result<Vec<ProbabilityMap>> {
    let mut maps = Vec::with_capacity(images.len());
    for_each_logits(model, images, |i, logits| {
        maps.push(ProbabilityMap {
            width: images[i].width(),
            height: images[i].height(),
            data: sigmoid(logits).into_data().iter::<f32>().collect(),
        });
        Ok(())
    })?;
    Ok(maps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ImagePair, image_tensor};
    use crate::device::cpu;
    use crate::nn::{UNet, UNetConfig};

    fn model() -> UNet {
        UNetConfig::new(1, 1).with_base_channels(2).with_depth(2).init(&cpu())
    }

    fn ramp(width: usize, height: usize) -> Image {
        Image::from_fn(width, height, |x, y| (x * 3 + y * 5) as f32 / 100.0)
    }

    #[test]
    fn a_size_that_fits_is_the_forward_pass() {
        let (model, image) = (model(), ramp(12, 8));
        let map = predict(&model, &image).unwrap();
        let expected: Vec<f32> = model
            .forward(image_tensor(&image, &cpu()))
            .into_data()
            .try_to_vec()
            .unwrap();
        assert_eq!(map.data(), expected);
    }

    #[test]
    fn other_sizes_come_back_in_their_own_size() {
        for (width, height) in [(13, 7), (1, 1), (3, 50)] {
            let map = predict(&model(), &ramp(width, height)).unwrap();
            assert_eq!((map.width(), map.height()), (width, height));
            assert!(map.data().iter().all(|p| (0.0..=1.0).contains(p)));
        }
    }

    #[test]
    fn a_data_set_of_mixed_sizes_keeps_its_order() {
        let pair = |width, height| {
            let mask = Mask::from_fn(width, height, |_, _| true);
            ImagePair::new("p", ramp(width, height), mask).unwrap()
        };
        let data = Dataset::new(vec![pair(8, 8), pair(8, 8), pair(9, 4), pair(8, 8)]);
        let maps = predict_all(&model(), &data).unwrap();
        assert_eq!(maps.len(), 4);
        for (map, pair) in maps.iter().zip(&data) {
            let alone = predict(&model(), pair.image()).unwrap();
            assert_eq!((map.width(), map.height()), (alone.width(), alone.height()));
            for (a, b) in map.data().iter().zip(alone.data()) {
                assert!((a - b).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn wrong_channels_and_empty_images_are_named() {
        let error = predict(&model(), &ramp(8, 8).with_channels(3)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the network was made for images of 1 channel(s), but these have 3; make it with UNetConfig::new(3, ..) \
             or convert the images"
        );
        assert!(predict(&model(), &ramp(0, 0)).is_err());
        let several = UNetConfig::new(1, 2).with_base_channels(2).init(&cpu());
        assert!(predict(&several, &ramp(16, 16)).is_err());
    }

    #[test]
    fn a_model_in_training_predicts_the_same() {
        use burn::module::Module;
        let image = ramp(8, 8);
        let plain = predict(&model(), &image).unwrap();
        assert_eq!(predict(&model().train(), &image).unwrap(), plain);
    }
}

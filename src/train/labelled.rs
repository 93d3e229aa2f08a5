//! Images with a class a pixel.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::layout::{flip, transpose};
use super::{Sample, Samples};
use crate::data::{Image, LabelMap};
use crate::error::{Result, ShapeError};

/// An image and the class of each of its pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledImage {
    /// What messages call it.
    pub name: String,
    /// The patient or slide it comes from.
    pub group: Option<String>,
    image: Image,
    labels: LabelMap,
}

impl LabelledImage {
    /// An image and its labels `[height, width]`.
    ///
    /// # Errors
    /// [`ShapeError::Differ`] if the two are not of one size.
    pub fn new(name: impl Into<String>, image: Image, labels: LabelMap) -> Result<Self> {
        let name = name.into();
        if labels.size() != image.size() {
            return Err(ShapeError::Differ {
                left_name: format!("the image {name}"),
                left: image.size().to_vec(),
                right_name: "its label map".to_owned(),
                right: labels.size().to_vec(),
            }
            .into());
        }
        Ok(Self {
            name,
            group: None,
            image,
            labels,
        })
    }

    /// The same with a group.
    pub fn with_group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// The image.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// The labels.
    pub fn labels(&self) -> &LabelMap {
        &self.labels
    }
}

/// 2-D samples of several classes: one label a pixel becomes one map a class.
///
/// With [`augmentation`](super::TrainConfig::augmentation) each is flipped, and turned where it is square.
///
/// ```
/// use unet_lab::data::LabelMap;
/// use unet_lab::prelude::*;
/// use unet_lab::train::{LabelledImage, LabelledImages, Samples};
///
/// let image = Image::from_fn(8, 8, |x, _| x as f32 / 8.0);
/// let labels = LabelMap::new((0..64).map(|i| i % 8 / 3).collect(), &[8, 8])?;
/// let data = LabelledImages::new(vec![LabelledImage::new("ramp", image, labels)?], 3)?;
/// assert_eq!(data.sample(0, None)?.classes(), 3);
/// # Ok::<(), LabError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledImages {
    cases: Vec<LabelledImage>,
    classes: usize,
}

impl LabelledImages {
    /// Samples of these images; `classes` counts the background. With 1 the task is binary: labels 0 and 1.
    ///
    /// # Errors
    /// [`TrainError::Label`](super::TrainError::Label) naming the first image with a label outside the classes.
    pub fn new(cases: Vec<LabelledImage>, classes: usize) -> Result<Self> {
        let images = Self {
            cases,
            classes: classes.max(1),
        };
        for index in 0..images.cases.len() {
            images.sample(index, None)?;
        }
        Ok(images)
    }

    /// The images.
    pub fn cases(&self) -> &[LabelledImage] {
        &self.cases
    }

    /// Those at these positions. Panics at a position past the end, as a slice does.
    pub fn select(&self, indices: &[usize]) -> Self {
        Self {
            cases: indices.iter().map(|&i| self.cases[i].clone()).collect(),
            classes: self.classes,
        }
    }
}

impl Samples<4> for LabelledImages {
    fn len(&self) -> usize {
        self.cases.len()
    }

    fn name(&self, index: usize) -> String {
        self.cases[index].name.clone()
    }

    fn group(&self, index: usize) -> Option<String> {
        self.cases[index].group.clone()
    }

    fn sample(&self, index: usize, rng: Option<&mut ChaCha8Rng>) -> Result<Sample<4>> {
        let case = &self.cases[index];
        let size = case.image.size();
        let (mut image, mut labels) = (case.image.data().to_vec(), case.labels.data().to_vec());
        if let Some(rng) = rng {
            let [vertical, horizontal, diagonal]: [bool; 3] = rng.random();
            for (axis, _) in [vertical, horizontal].into_iter().enumerate().filter(|(_, yes)| *yes) {
                flip(&mut image, &size, axis);
                flip(&mut labels, &size, axis);
            }
            if diagonal && size[0] == size[1] {
                transpose(&mut image, size[0]);
                transpose(&mut labels, size[0]);
            }
        }
        Sample::from_labels(&case.name, image, &labels, self.classes, &size)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn case(labels: Vec<u32>) -> LabelledImage {
        let image = Image::from_fn(3, 3, |x, y| (3 * y + x) as f32);
        LabelledImage::new("case", image, LabelMap::new(labels, &[3, 3]).unwrap()).unwrap()
    }

    #[test]
    fn labels_follow_the_image_in_all_eight_ways() {
        let data = LabelledImages::new(vec![case((0..9).map(|i| i % 3).collect())], 3).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut seen = Vec::new();
        for _ in 0..100 {
            let sample = data.sample(0, Some(&mut rng)).unwrap();
            for (i, value) in sample.image().iter().enumerate() {
                assert_eq!(sample.target()[9 * (*value as usize % 3) + i], 1.0);
            }
            seen.push(sample.image().iter().map(|&v| v as u8).collect::<Vec<_>>());
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 8);
    }

    #[test]
    fn sizes_and_labels_must_fit() {
        let image = Image::from_fn(3, 2, |_, _| 0.0);
        assert!(LabelledImage::new("a", image, LabelMap::new(vec![0; 6], &[3, 2]).unwrap()).is_err());
        let error = LabelledImages::new(vec![case(vec![0, 1, 2, 0, 0, 0, 0, 0, 0])], 2).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("case holds label 2 at row 0, column 2, but there are 2 classes")
        );
    }
}

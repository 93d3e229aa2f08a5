//! What a network can be trained on: samples of any kind.

use rand::rngs::ChaCha8Rng;

use super::TrainError;
use super::augment::turned;
use crate::data::{DataError, Dataset};
use crate::error::Result;

/// One image with its truth, as a network of rank `D` takes it: `D = 4` in 2-D, `D = 5` in 3-D.
///
/// All values lie channel by channel, each channel row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample<const D: usize = 4> {
    pub(super) image: Vec<f32>,
    pub(super) target: Vec<f32>,
    pub(super) weights: Option<Vec<f32>>,
    pub(super) size: Vec<usize>,
}

impl<const D: usize> Sample<D> {
    /// From an image `[channels, ..]` and a target `[classes, ..]` of 0 and 1; `size` is `[height, width]`, or
    /// `[depth, height, width]` for `D = 5`.
    ///
    /// # Errors
    /// [`DataError::Argument`] if `size` has other than `D - 2` axes or one of length 0, or the values do not fill it.
    pub fn new(image: Vec<f32>, target: Vec<f32>, size: &[usize]) -> Result<Self> {
        let pixels: usize = size.iter().product();
        let fills = |values: &[f32]| !values.is_empty() && values.len().is_multiple_of(pixels);
        if size.len() + 2 != D || pixels == 0 || !fills(&image) || !fills(&target) {
            return Err(DataError::Argument(format!(
                "a sample of size {size:?} with {} image and {} target values: expected {} axes, none of length 0, \
                 and a multiple of their product for both",
                image.len(),
                target.len(),
                D - 2
            ))
            .into());
        }
        Ok(Self {
            image,
            target,
            weights: None,
            size: size.to_vec(),
        })
    }

    /// From an image and one label a pixel. With one class every label but 0 is foreground; with more the target is
    /// one map a class, background (class 0) first.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`TrainError::Label`] for a label outside the classes, where `name` names the image.
    pub fn from_labels(name: &str, image: Vec<f32>, labels: &[u32], classes: usize, size: &[usize]) -> Result<Self> {
        let last = if classes == 1 { 1 } else { classes as u32 - 1 };
        if let Some(i) = labels.iter().position(|&label| label > last) {
            return Err(TrainError::Label {
                name: name.to_owned(),
                label: labels[i],
                place: place(i, size),
                classes: classes.max(2),
            }
            .into());
        }
        let target = match classes {
            1 => labels.iter().map(|&label| label as f32).collect(),
            _ => (0..classes as u32)
                .flat_map(|class| labels.iter().map(move |&label| f32::from(u8::from(label == class))))
                .collect(),
        };
        Self::new(image, target, size)
    }

    /// How much each pixel counts in the loss, `[height, width]` (Ronneberger et al. 2015, section 3, equation 2).
    ///
    /// # Errors
    /// [`DataError::Argument`] if there is not one weight a pixel.
    pub fn with_weights(mut self, weights: Vec<f32>) -> Result<Self> {
        if weights.len() != self.pixels() {
            return Err(DataError::Argument(format!(
                "{} weights for {} pixels: pass one a pixel",
                weights.len(),
                self.pixels()
            ))
            .into());
        }
        self.weights = Some(weights);
        Ok(self)
    }

    /// `[height, width]` or `[depth, height, width]`.
    pub fn size(&self) -> &[usize] {
        &self.size
    }

    /// Values a pixel of the image.
    pub fn channels(&self) -> usize {
        self.image.len() / self.pixels()
    }

    /// Maps of the target.
    pub fn classes(&self) -> usize {
        self.target.len() / self.pixels()
    }

    /// The image, channel by channel.
    pub fn image(&self) -> &[f32] {
        &self.image
    }

    /// The target, class by class.
    pub fn target(&self) -> &[f32] {
        &self.target
    }

    pub(super) fn pixels(&self) -> usize {
        self.size.iter().product()
    }

    /// Whether any pixel is not background.
    pub(super) fn has_foreground(&self) -> bool {
        let background = if self.classes() > 1 { self.pixels() } else { 0 };
        self.target[background..].iter().any(|&value| value > 0.0)
    }
}

/// Samples that [`Trainer::fit_samples`](super::Trainer::fit_samples) can train on or validate with.
///
/// [`Dataset`] is one (2-D, one class); [`LabelledImages`](super::LabelledImages) (2-D, several classes),
/// [`Volumes`](super::Volumes) and [`VolumePatches`](super::VolumePatches) (3-D) are ready made, and [`Cases`](super::Cases) are
/// read and transformed while the network learns. Your own, here two classes told apart by brightness:
///
/// ```
/// use unet_lab::prelude::*;
/// use unet_lab::train::{ChaCha8Rng, Sample, Samples};
///
/// struct Stripes;
///
/// impl Samples for Stripes {
///     fn len(&self) -> usize {
///         3
///     }
///     fn name(&self, index: usize) -> String {
///         format!("stripe {index}")
///     }
///     fn sample(&self, index: usize, _rng: Option<&mut ChaCha8Rng>) -> Result<Sample, LabError> {
///         let image: Vec<f32> = (0..64).map(|i| f32::from(u8::from(i % 8 > index))).collect();
///         Sample::new(image.clone(), image, &[8, 8])
///     }
/// }
///
/// let model = UNetConfig::new(1, 1).with_base_channels(2).with_depth(1).init(&cpu());
/// let trainer = Trainer::new(TrainConfig::new().with_epochs(1));
/// let fitted = trainer.fit_samples(model, &Stripes, &Stripes, &mut Silent)?;
/// assert_eq!(fitted.history.len(), 1);
/// # Ok::<(), LabError>(())
/// ```
pub trait Samples<const D: usize = 4> {
    /// Samples in an epoch.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What messages call a sample.
    fn name(&self, index: usize) -> String;

    /// The patient or slide a sample comes from, which must not be torn apart by a split.
    fn group(&self, _index: usize) -> Option<String> {
        None
    }

    /// The sample at a position below [`len`](Self::len). With `rng`, for training, a new variation each time: flipped,
    /// turned, cut elsewhere. Without, for validation, always the same.
    ///
    /// # Errors
    /// What keeps the sample from being made; it ends the run.
    fn sample(&self, index: usize, rng: Option<&mut ChaCha8Rng>) -> Result<Sample<D>>;

    /// Whether samples are drawn at random even where [`augmentation`](super::TrainConfig::augmentation) is off, as
    /// patches are.
    fn draws(&self) -> bool {
        false
    }

    /// What must hold beside what is asked of each [`sample`](Self::sample) (finite values, classes, sizes); called once
    /// before training.
    ///
    /// # Errors
    /// What does not hold.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

impl Samples<4> for Dataset {
    fn len(&self) -> usize {
        self.pairs().len()
    }

    fn name(&self, index: usize) -> String {
        self.pairs()[index].name.clone()
    }

    fn group(&self, index: usize) -> Option<String> {
        self.pairs()[index].group.clone()
    }

    fn sample(&self, index: usize, rng: Option<&mut ChaCha8Rng>) -> Result<Sample<4>> {
        let pair = &self.pairs()[index];
        let new;
        let pair = match rng {
            Some(rng) => {
                new = turned(pair, rng)?;
                &new
            }
            None => pair,
        };
        let target = pair.mask().data().iter().map(|&v| f32::from(u8::from(v))).collect();
        Sample::new(pair.image().data().to_vec(), target, &pair.image().size())
    }
}

/// A position in words: `row 3, column 5`, or `slice 2, row 3, column 5`.
pub(super) fn place(mut index: usize, size: &[usize]) -> String {
    let mut words = Vec::new();
    for (side, name) in size.iter().rev().zip(["column", "row", "slice"]) {
        words.push(format!("{name} {}", index % side));
        index /= side;
    }
    words.reverse();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_one_map_a_class() {
        let sample = Sample::<4>::from_labels("a", vec![0.0; 4], &[0, 2, 1, 2], 3, &[2, 2]).unwrap();
        assert_eq!(
            sample.target(),
            [
                [1.0, 0.0, 0.0, 0.0], //
                [0.0, 0.0, 1.0, 0.0],
                [0.0, 1.0, 0.0, 1.0]
            ]
            .concat()
        );
        assert_eq!((sample.channels(), sample.classes()), (1, 3));
        assert!(sample.has_foreground());
        let empty = Sample::<4>::from_labels("a", vec![0.0; 4], &[0; 4], 3, &[2, 2]).unwrap();
        assert!(!empty.has_foreground());
        let one = Sample::<4>::from_labels("a", vec![0.0; 4], &[0, 1, 0, 0], 1, &[2, 2]).unwrap();
        assert_eq!(one.target(), [0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_label_outside_the_classes_is_named() {
        let labels = [0, 1, 2, 0, 7, 0, 0, 0];
        let error = Sample::<5>::from_labels("liver 3", vec![0.0; 8], &labels, 3, &[2, 2, 2]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "liver 3 holds label 7 at slice 1, row 0, column 0, but there are 3 classes, 0 to 2: raise the number of \
             classes or change the label (255 often marks pixels to ignore)"
        );
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        assert!(Sample::<4>::new(vec![0.0; 5], vec![0.0; 4], &[2, 2]).is_err());
        assert!(Sample::<4>::new(vec![0.0; 8], vec![0.0; 8], &[2, 2, 2]).is_err());
        assert!(Sample::<4>::new(vec![], vec![], &[0, 2]).is_err());
        let sample = Sample::<4>::new(vec![0.0; 4], vec![0.0; 4], &[2, 2]).unwrap();
        assert!(sample.with_weights(vec![1.0; 3]).is_err());
    }
}

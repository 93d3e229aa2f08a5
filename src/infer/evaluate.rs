//! [`evaluate`]: a network against the truth.

use std::fmt;

use burn::tensor::activation::sigmoid;
use serde::{Deserialize, Serialize};

use super::batches::for_each_logits;
use crate::data::{Dataset, Image, mask_tensor};
use crate::error::Result;
use crate::loss::Loss;
use crate::metric::Confusion;
use crate::nn::Segmenter;

/// How well one image was segmented, its probabilities cut at 0.5.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageScore {
    /// The pair's name.
    pub name: String,
    /// Mean loss of its pixels.
    pub loss: f64,
    /// [`Confusion::accuracy`].
    pub accuracy: f64,
    /// [`Confusion::dice`].
    pub dice: f64,
    /// [`Confusion::iou`].
    pub iou: f64,
    /// Its pixels, for any other measure.
    pub confusion: Confusion,
}

/// How well a data set was segmented: the means over its images, and each image.
///
/// The means weigh every image the same; [`pooled`](Self::pooled) weighs every pixel the same. For no images the means
/// are NaN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Mean loss.
    pub loss: f64,
    /// Mean accuracy.
    pub accuracy: f64,
    /// Mean Dice.
    pub dice: f64,
    /// Mean IoU.
    pub iou: f64,
    /// One score an image, in the order of the data set.
    pub images: Vec<ImageScore>,
}

impl Evaluation {
    fn new(images: Vec<ImageScore>) -> Self {
        let mean = |of: fn(&ImageScore) -> f64| images.iter().map(of).sum::<f64>() / images.len() as f64;
        Self {
            loss: mean(|image| image.loss),
            accuracy: mean(|image| image.accuracy),
            dice: mean(|image| image.dice),
            iou: mean(|image| image.iou),
            images,
        }
    }

    /// All pixels of all images in one confusion matrix.
    pub fn pooled(&self) -> Confusion {
        self.images.iter().map(|image| image.confusion).sum()
    }
}

/// Segments every image of `dataset` and compares with its mask: binary cross-entropy, accuracy, Dice and IoU, for
/// each image and on average. A pixel is foreground from a probability of 0.5.
///
/// Taught in unit 02 (training).
///
/// ```
/// use unet_lab::data::phantom::EmPhantom;
/// use unet_lab::prelude::*;
///
/// let model = UNetConfig::new(1, 1).with_base_channels(2).init(&cpu());
/// let evaluation = evaluate(&model, &EmPhantom::new(32).with_count(2).generate())?;
/// assert_eq!(evaluation.images.len(), 2);
/// assert!(evaluation.dice < 0.9); // it has learned nothing yet
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// As [`predict`](super::predict()).
pub fn evaluate<M: Segmenter>(model: &M, dataset: &Dataset) -> Result<Evaluation> {
    evaluate_with(model, dataset, Loss::Bce)
}

/// [`evaluate`] with another loss.
///
/// # Errors
/// As [`predict`](super::predict()).
pub fn evaluate_with<M: Segmenter>(model: &M, dataset: &Dataset, loss: Loss) -> Result<Evaluation> {
    let images: Vec<&Image> = dataset.iter().map(|pair| pair.image()).collect();
    let mut scores = Vec::with_capacity(images.len());
    for_each_logits(model, &images, |i, logits| {
        let pair = &dataset.pairs()[i];
        let truth = mask_tensor(pair.mask(), &logits.device());
        let loss: f32 = loss.forward_logits(logits.clone(), truth.clone()).into_scalar();
        let confusion = Confusion::from_tensors(sigmoid(logits), truth, 0.5)?;
        scores.push(ImageScore {
            name: pair.name.clone(),
            loss: f64::from(loss),
            accuracy: confusion.accuracy(),
            dice: confusion.dice(),
            iou: confusion.iou(),
            confusion,
        });
        Ok(())
    })?;
    Ok(Evaluation::new(scores))
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.images.iter().map(|image| image.name.chars().count());
        let width = width.max().unwrap_or(0).max("image".len());
        writeln!(f, "{:<width$}    loss  accuracy    Dice     IoU", "image")?;
        for image in &self.images {
            writeln!(
                f,
                "{:<width$}  {:>6.4}  {:>8.4}  {:>6.4}  {:>6.4}",
                image.name, image.loss, image.accuracy, image.dice, image.iou,
            )?;
        }
        write!(
            f,
            "{:<width$}  {:>6.4}  {:>8.4}  {:>6.4}  {:>6.4}",
            "mean", self.loss, self.accuracy, self.dice, self.iou,
        )
    }
}

#[cfg(test)]
mod tests {
    use burn::module::Module;
    use burn::tensor::Tensor;

    use super::*;
    use crate::data::{ImagePair, Mask};

    /// The logit of a pixel is `8 * (value - 0.5)`: above half grey is foreground.
    #[derive(Module, Debug)]
    struct Brightness {
        gain: usize,
    }

    impl Segmenter for Brightness {
        fn forward_logits(&self, x: Tensor<4>) -> Tensor<4> {
            (x - 0.5) * self.gain as f32
        }

        fn in_channels(&self) -> usize {
            1
        }
    }

    fn pair(name: &str, bright: usize, truth: usize) -> ImagePair {
        let image = Image::from_fn(4, 1, |x, _| f32::from(u8::from(x < bright)));
        ImagePair::new(name, image, Mask::from_fn(4, 1, |x, _| x < truth)).unwrap()
    }

    #[test]
    fn known_answers() {
        let data = Dataset::new(vec![pair("half", 2, 1), pair("right", 3, 3)]);
        let evaluation = evaluate(&Brightness { gain: 8 }, &data).unwrap();
        let [half, right] = &evaluation.images[..] else {
            panic!()
        };
        assert_eq!((half.dice, half.iou, half.accuracy), (2.0 / 3.0, 0.5, 0.75));
        assert_eq!((right.dice, right.iou, right.accuracy), (1.0, 1.0, 1.0));
        // Each right pixel costs ln(1 + e^-4), each wrong one 4 more.
        let small = (-4f64).exp().ln_1p();
        assert!((right.loss - small).abs() < 1e-6);
        assert!((half.loss - small - 1.0).abs() < 1e-6);
        assert_eq!(evaluation.dice, (2.0 / 3.0 + 1.0) / 2.0);
        assert_eq!(
            evaluation.pooled(),
            Confusion {
                tp: 4,
                fp: 1,
                fn_: 0,
                tn: 3
            }
        );
    }

    #[test]
    fn prints_a_table() {
        let data = Dataset::new(vec![pair("em-001", 3, 3)]);
        let text = evaluate(&Brightness { gain: 100 }, &data).unwrap().to_string();
        let expected = "\
image     loss  accuracy    Dice     IoU
em-001  0.0000    1.0000  1.0000  1.0000
mean    0.0000    1.0000  1.0000  1.0000";
        assert_eq!(text, expected);
    }

    #[test]
    fn no_images_have_no_mean() {
        let evaluation = evaluate(&Brightness { gain: 1 }, &Dataset::default()).unwrap();
        assert!(evaluation.images.is_empty() && evaluation.dice.is_nan());
    }
}

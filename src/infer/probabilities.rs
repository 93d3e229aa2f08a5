//! [`Probabilities`]: what a network thinks of each pixel or voxel, class by class.

use super::error::InferError;
use super::predict::ProbabilityMap;
use crate::data::{DataError, LabelMap, Mask, Region};

/// The probability of each class at each pixel of an image or voxel of a volume.
///
/// One class means foreground against background: its probabilities are those of the foreground. Of several classes,
/// class 0 is the background, and the probabilities of a pixel add up to 1.
///
/// Taught in unit 02 (training).
///
/// ```
/// use unet_lab::prelude::*;
///
/// // Two pixels in a row, three classes.
/// let p = Probabilities::new(vec![0.5, 0.2, 0.4, 0.1, 0.1, 0.7], 3, &[1, 2])?;
/// assert_eq!(p.argmax().data(), [0, 2]);
/// assert_eq!(p.labels_at(&[0.3, 0.3])?.data(), [1, 2]);
/// # Ok::<(), LabError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Probabilities {
    data: Vec<f32>,
    classes: usize,
    size: Vec<usize>,
    spacing: Vec<f64>,
}

impl Probabilities {
    /// From values class by class, each row by row; `size` is `[height, width]` or `[depth, height, width]`. The spacing
    /// is 1.
    ///
    /// # Errors
    /// [`DataError::Argument`] for no classes, another number of axes, or values that do not fill the size.
    pub fn new(data: Vec<f32>, classes: usize, size: &[usize]) -> Result<Self, DataError> {
        let expected = classes * size.iter().product::<usize>();
        if classes == 0 || !(2..=3).contains(&size.len()) || data.len() != expected {
            return Err(DataError::Argument(format!(
                "{} values are no probabilities of {classes} class(es) of size {size:?}, which need {expected}: pass at \
                 least one class, 2 or 3 axes, and every value once",
                data.len()
            )));
        }
        Ok(Self {
            data,
            classes,
            size: size.to_vec(),
            spacing: vec![1.0; size.len()],
        })
    }

    /// The distance between neighbours along each axis in mm, as many as there are axes.
    ///
    /// # Errors
    /// As [`LabelMap::with_spacing`].
    pub fn with_spacing(mut self, spacing: &[f64]) -> Result<Self, DataError> {
        // A label map of no pixels knows the rule.
        LabelMap::new(Vec::new(), &vec![0; self.size.len()])?.with_spacing(spacing)?;
        self.spacing = spacing.to_vec();
        Ok(self)
    }

    /// Maps: 1 for foreground against background.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Classes that are not background: 1 for one class, one less than the classes for several. Their labels are 1 and
    /// up.
    pub fn foreground_classes(&self) -> usize {
        (self.classes - 1).max(1)
    }

    /// `[height, width]` or `[depth, height, width]`.
    pub fn size(&self) -> &[usize] {
        &self.size
    }

    /// Distance between neighbours along each axis in mm.
    pub fn spacing(&self) -> &[f64] {
        &self.spacing
    }

    /// All probabilities, class by class, each row by row.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// The probabilities of one class, row by row. Panics when there is no such class, as a slice does.
    pub fn class(&self, class: usize) -> &[f32] {
        let area = self.area();
        &self.data[class * area..(class + 1) * area]
    }

    /// The probabilities of the pixels being `label`, which is 1 for the only class of a binary network and the class
    /// itself for several. Panics when there is no such label.
    pub fn of_label(&self, label: usize) -> &[f32] {
        match self.classes {
            1 => self.class(label - 1),
            _ => self.class(label),
        }
    }

    /// The most probable class of each pixel; of equally probable ones the first. For one class: 1 where its probability
    /// is at least 0.5, otherwise 0.
    pub fn argmax(&self) -> LabelMap {
        if self.classes == 1 {
            return self.label_map(self.data.iter().map(|&p| u32::from(p >= 0.5)).collect());
        }
        let mut best = self.class(0).to_vec();
        let mut labels = vec![0; best.len()];
        for class in 1..self.classes {
            for ((label, best), &p) in labels.iter_mut().zip(&mut best).zip(self.class(class)) {
                if p > *best {
                    (*label, *best) = (class as u32, p);
                }
            }
        }
        self.label_map(labels)
    }

    /// The pixels whose probability of `class` is at least `threshold`.
    ///
    /// # Errors
    /// [`InferError::Argument`] when there is no such class.
    pub fn threshold(&self, class: usize, threshold: f32) -> Result<Region, InferError> {
        self.check_class(class)?;
        let inside = self.class(class).iter().map(|&p| u32::from(p >= threshold)).collect();
        Ok(self.label_map(inside).only(1))
    }

    /// [`threshold`](Self::threshold) in 2-D, as a mask.
    ///
    /// # Errors
    /// [`InferError::Argument`] for a volume, or when there is no such class.
    pub fn mask(&self, class: usize, threshold: f32) -> Result<Mask, InferError> {
        Ok(self.map(class)?.threshold(threshold))
    }

    /// The probabilities of one class in 2-D.
    ///
    /// # Errors
    /// [`InferError::Argument`] for a volume, or when there is no such class.
    pub fn map(&self, class: usize) -> Result<ProbabilityMap, InferError> {
        self.check_class(class)?;
        match self.size[..] {
            [height, width] => Ok(ProbabilityMap::from_parts(width, height, self.class(class).to_vec())),
            _ => Err(InferError::Argument(
                "a mask or map is 2-D, but these probabilities are of a volume: use threshold, argmax or class".into(),
            )),
        }
    }

    /// Labels by one threshold a foreground class: of the foreground classes that reach theirs, a pixel takes the most
    /// probable (of equal ones the first); where none does, it is background, 0. A threshold above 1 is never reached.
    ///
    /// # Errors
    /// [`InferError::Thresholds`] for another number of them.
    pub fn labels_at(&self, thresholds: &[f32]) -> Result<LabelMap, InferError> {
        let expected = self.foreground_classes();
        if thresholds.len() != expected {
            return Err(InferError::Thresholds {
                found: thresholds.len(),
                expected,
            });
        }
        let mut best = vec![f32::NEG_INFINITY; self.area()];
        let mut labels = vec![0; best.len()];
        for (i, &threshold) in thresholds.iter().enumerate() {
            for ((label, best), &p) in labels.iter_mut().zip(&mut best).zip(self.of_label(i + 1)) {
                if p >= threshold && p > *best {
                    (*label, *best) = (i as u32 + 1, p);
                }
            }
        }
        Ok(self.label_map(labels))
    }

    fn area(&self) -> usize {
        self.size.iter().product()
    }

    fn check_class(&self, class: usize) -> Result<(), InferError> {
        match class < self.classes {
            true => Ok(()),
            false => Err(InferError::Argument(format!(
                "there is no class {class}: these probabilities have {} class(es), counted from 0",
                self.classes
            ))),
        }
    }

    fn label_map(&self, labels: Vec<u32>) -> LabelMap {
        LabelMap::new(labels, &self.size)
            .and_then(|map| map.with_spacing(&self.spacing))
            .unwrap_or_else(|_| unreachable!("size and spacing were checked"))
    }
}

impl From<&ProbabilityMap> for Probabilities {
    fn from(map: &ProbabilityMap) -> Self {
        Self {
            data: map.data().to_vec(),
            classes: 1,
            size: vec![map.height(), map.width()],
            spacing: vec![1.0; 2],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Pixels;

    fn three_classes() -> Probabilities {
        let data = vec![0.4, 0.3, 0.3, 0.4, 0.2, 0.6, 0.2, 0.3, 0.5];
        Probabilities::new(data, 3, &[3, 1])
            .unwrap()
            .with_spacing(&[2.0, 0.5])
            .unwrap()
    }

    #[test]
    fn the_first_of_equals_wins() {
        let labels = three_classes().argmax();
        assert_eq!(labels.data(), [0, 0, 1]);
        assert_eq!((labels.size(), labels.spacing()), (&[3, 1][..], &[2.0, 0.5][..]));
    }

    #[test]
    fn one_class_is_cut_at_a_half() {
        let p = Probabilities::new(vec![0.49, 0.5, 1.0, 0.0], 1, &[1, 2, 2]).unwrap();
        assert_eq!(p.argmax().data(), [0, 1, 1, 0]);
        assert_eq!(p.labels_at(&[0.6]).unwrap().data(), [0, 0, 1, 0]);
        assert_eq!(p.labels_at(&[1.1]).unwrap().highest(), 0);
        assert_eq!(p.foreground_classes(), 1);
        assert!(p.mask(0, 0.5).unwrap_err().to_string().contains("of a volume"));
    }

    #[test]
    fn regions_masks_and_maps_of_a_class() {
        let p = three_classes();
        let region = p.threshold(1, 0.4).unwrap();
        assert_eq!(
            (region.pixels(), region.spacing()),
            (&[true, false, true][..], &[2.0, 0.5][..])
        );
        assert_eq!(p.mask(1, 0.4).unwrap().data(), region.pixels());
        assert_eq!((p.map(2).unwrap().width(), p.map(2).unwrap().height()), (1, 3));
        let error = p.threshold(3, 0.5).unwrap_err();
        assert!(error.to_string().starts_with("there is no class 3"), "{error}");
        let map = p.map(1).unwrap();
        assert_eq!(Probabilities::from(&map).map(0).unwrap(), map);
    }

    #[test]
    fn thresholds_choose_among_those_that_reach_theirs() {
        let p = three_classes();
        assert_eq!(p.labels_at(&[0.2, 0.3]).unwrap().data(), [1, 2, 1]);
        assert_eq!(p.labels_at(&[0.9, 0.25]).unwrap().data(), [0, 2, 2]);
        assert_eq!(
            p.labels_at(&[0.5]).unwrap_err().to_string(),
            "1 threshold(s) for 2 foreground class(es): pass one a class, without one for the background"
        );
    }

    #[test]
    fn what_is_no_probabilities_is_refused() {
        assert!(Probabilities::new(vec![0.5; 5], 1, &[2, 3]).is_err());
        assert!(Probabilities::new(vec![], 0, &[2, 3]).is_err());
        assert!(Probabilities::new(vec![0.5; 6], 1, &[6]).is_err());
        assert!(
            Probabilities::new(vec![0.5; 6], 1, &[2, 3])
                .unwrap()
                .with_spacing(&[1.0])
                .is_err()
        );
    }
}

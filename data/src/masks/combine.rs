//! Several mask files of one image.

use super::MaskError;
use crate::{LabelMap, Mask};

/// Foreground where any of the masks is: BUSI's `x_mask.png` and `x_mask_1.png` of an image with two lesions.
///
/// # Errors
/// [`MaskError::Size`] if they differ in size, [`MaskError::Missing`] if there is none.
pub fn union(masks: &[Mask]) -> Result<Mask, MaskError> {
    let (first, others) = masks
        .split_first()
        .ok_or_else(|| MaskError::Missing("there is no mask to join".to_owned()))?;
    let mut joined = first.data().to_vec();
    for mask in others {
        check_size(mask.size(), first.size())?;
        joined
            .iter_mut()
            .zip(mask.data())
            .for_each(|(all, &inside)| *all |= inside);
    }
    Mask::new(first.width(), first.height(), joined).map_err(|error| MaskError::Damaged(error.to_string()))
}

/// Objects of one image, each with a number of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Instances {
    /// 0 where there is no object, else the object's number from 1 up, in the order in which they were given.
    pub labels: LabelMap,
    /// How many pixels lie in two objects or more; they keep the first one's number.
    pub overlap: usize,
    /// Numbers of objects without a pixel of their own.
    pub lost: Vec<u32>,
}

/// One mask an object (DSB2018's `masks/*.png`) as one map.
///
/// # Errors
/// As [`union`].
pub fn merge_instances(masks: &[Mask]) -> Result<Instances, MaskError> {
    let first = masks
        .first()
        .ok_or_else(|| MaskError::Missing("there is no mask to join".to_owned()))?;
    let mut numbering = Numbering::new(first.size());
    for mask in masks {
        check_size(mask.size(), first.size())?;
        numbering.begin();
        let inside = mask.data().iter().enumerate().filter(|(_, inside)| **inside);
        inside.for_each(|(place, _)| numbering.mark(place));
    }
    numbering.finish()
}

/// Objects numbered one after the other, without a picture for each.
pub(super) struct Numbering {
    size: [usize; 2],
    labels: Vec<u32>,
    overlap: Vec<bool>,
    lost: Vec<u32>,
    number: u32,
    /// Pixels of the object that nobody had before.
    own: usize,
}

impl Numbering {
    /// For a picture of `[height, width]`.
    pub fn new(size: [usize; 2]) -> Self {
        let pixels = size[0] * size[1];
        Self {
            size,
            labels: vec![0; pixels],
            overlap: vec![false; pixels],
            lost: Vec::new(),
            number: 0,
            own: 0,
        }
    }

    /// Begins the next object.
    pub fn begin(&mut self) {
        self.end();
        (self.number, self.own) = (self.number + 1, 0);
    }

    fn end(&mut self) {
        if self.number > 0 && self.own == 0 {
            self.lost.push(self.number);
        }
    }

    /// A pixel of the object.
    pub fn mark(&mut self, place: usize) {
        match &mut self.labels[place] {
            label @ 0 => (*label, self.own) = (self.number, self.own + 1),
            label if *label == self.number => {}
            _ => self.overlap[place] = true,
        }
    }

    /// # Errors
    /// [`MaskError::Missing`] if no object was begun.
    pub fn finish(mut self) -> Result<Instances, MaskError> {
        self.end();
        if self.number == 0 {
            return Err(MaskError::Missing("there is no mask to join".to_owned()));
        }
        Ok(Instances {
            labels: LabelMap::new(self.labels, &self.size).map_err(|error| MaskError::Damaged(error.to_string()))?,
            overlap: self.overlap.into_iter().filter(|&twice| twice).count(),
            lost: self.lost,
        })
    }
}

fn check_size(found: [usize; 2], expected: [usize; 2]) -> Result<(), MaskError> {
    match found == expected {
        true => Ok(()),
        false => Err(MaskError::Size {
            found: found.to_vec(),
            expected: expected.to_vec(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_joined_and_objects_numbered() {
        let left = Mask::from_fn(4, 1, |x, _| x < 2);
        let middle = Mask::from_fn(4, 1, |x, _| x == 1 || x == 2);
        assert_eq!(
            union(&[left.clone(), middle.clone()]).unwrap().data(),
            [true, true, true, false]
        );
        let merged = merge_instances(&[left.clone(), middle, left]).unwrap();
        assert_eq!(merged.labels.data(), [1, 1, 2, 0]);
        assert_eq!((merged.overlap, merged.lost), (2, vec![3]));
    }

    #[test]
    fn masks_of_other_sizes_and_none_are_refused() {
        let (wide, high) = (Mask::from_fn(4, 1, |_, _| true), Mask::from_fn(1, 4, |_, _| true));
        assert!(matches!(
            union(&[wide.clone(), high.clone()]),
            Err(MaskError::Size { .. })
        ));
        assert!(merge_instances(&[wide, high]).is_err() && union(&[]).is_err());
    }
}

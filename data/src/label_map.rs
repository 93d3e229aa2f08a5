//! [`LabelMap`]: a number a pixel or voxel, for classes and for instances.

use super::volume::{check_count, check_spacing};
use super::{DataError, Mask};

/// One label a pixel (2-D) or voxel (3-D): a class (0 is background) or an instance (0 is none).
///
/// The axes are `[height, width]` or `[depth, height, width]`, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelMap {
    data: Vec<u32>,
    size: Vec<usize>,
    spacing: Vec<f64>,
}

impl LabelMap {
    /// From labels row by row, in 2-D or 3-D, with a spacing of 1.
    ///
    /// # Errors
    /// [`DataError::Argument`] if `size` has other than 2 or 3 axes, or the labels do not fill it.
    pub fn new(data: Vec<u32>, size: &[usize]) -> Result<Self, DataError> {
        check_axes(size)?;
        check_count(data.len(), size)?;
        Ok(Self {
            data,
            size: size.to_vec(),
            spacing: vec![1.0; size.len()],
        })
    }

    /// The distance between neighbours along each axis in mm, as many as there are axes.
    ///
    /// # Errors
    /// [`DataError::Argument`] if their number differs from the axes' or one is not above 0.
    pub fn with_spacing(mut self, spacing: &[f64]) -> Result<Self, DataError> {
        self.spacing = checked_spacing(spacing, self.size.len())?;
        Ok(self)
    }

    /// Every label, row by row.
    pub fn data(&self) -> &[u32] {
        &self.data
    }

    /// Every label, row by row, without a copy.
    pub fn into_data(self) -> Vec<u32> {
        self.data
    }

    /// Every label, to be changed in place.
    pub fn labels_mut(&mut self) -> &mut [u32] {
        &mut self.data
    }

    /// Length of each axis.
    pub fn size(&self) -> &[usize] {
        &self.size
    }

    /// Distance between neighbours along each axis in mm.
    pub fn spacing(&self) -> &[f64] {
        &self.spacing
    }

    /// The highest label.
    pub fn highest(&self) -> u32 {
        self.data.iter().copied().max().unwrap_or(0)
    }

    /// One label a voxel of the region, with its size and spacing.
    ///
    /// # Panics
    /// If there are not as many labels as voxels.
    pub fn like(region: &Region, data: Vec<u32>) -> Self {
        assert_eq!(data.len(), region.inside.len(), "one label a voxel");
        Self {
            data,
            size: region.size.clone(),
            spacing: region.spacing.clone(),
        }
    }

    /// Where the label is `label`, to be compared with another.
    pub fn only(&self, label: u32) -> Region {
        Region {
            inside: self.data.iter().map(|&found| found == label).collect(),
            size: self.size.clone(),
            spacing: self.spacing.clone(),
        }
    }
}

impl From<&Mask> for LabelMap {
    fn from(mask: &Mask) -> Self {
        Self {
            data: mask.data().iter().map(|&inside| u32::from(inside)).collect(),
            size: mask.size().to_vec(),
            spacing: vec![1.0; 2],
        }
    }
}

/// A set of pixels or voxels, with the distances between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    inside: Vec<bool>,
    size: Vec<usize>,
    spacing: Vec<f64>,
}

impl Region {
    /// From one value a pixel, row by row, with a spacing of 1.
    ///
    /// # Errors
    /// As [`LabelMap::new`].
    pub fn new(inside: Vec<bool>, size: &[usize]) -> Result<Self, DataError> {
        check_axes(size)?;
        check_count(inside.len(), size)?;
        Ok(Self {
            inside,
            size: size.to_vec(),
            spacing: vec![1.0; size.len()],
        })
    }

    /// The distance between neighbours along each axis in mm.
    ///
    /// # Errors
    /// As [`LabelMap::with_spacing`].
    pub fn with_spacing(mut self, spacing: &[f64]) -> Result<Self, DataError> {
        self.spacing = checked_spacing(spacing, self.size.len())?;
        Ok(self)
    }

    /// Distance between neighbours along each axis in mm.
    pub fn spacing(&self) -> &[f64] {
        &self.spacing
    }

    /// Length of each axis.
    pub fn size(&self) -> &[usize] {
        &self.size
    }

    /// The number of voxels inside.
    pub fn count(&self) -> usize {
        self.inside.iter().filter(|&&inside| inside).count()
    }

    /// What one voxel measures: mm^2 in 2-D, mm^3 in 3-D.
    pub fn voxel_size(&self) -> f64 {
        self.spacing.iter().product()
    }

    /// Inside or not, voxel by voxel, row by row.
    pub fn inside(&self) -> &[bool] {
        &self.inside
    }

    /// A region of this one's size and spacing with other voxels.
    ///
    /// # Panics
    /// If they are not as many.
    pub fn like(&self, inside: Vec<bool>) -> Self {
        assert_eq!(inside.len(), self.inside.len(), "one value a voxel");
        Self {
            inside,
            size: self.size.clone(),
            spacing: self.spacing.clone(),
        }
    }
}

impl From<&Mask> for Region {
    fn from(mask: &Mask) -> Self {
        Self {
            inside: mask.data().to_vec(),
            size: mask.size().to_vec(),
            spacing: vec![1.0; 2],
        }
    }
}

fn check_axes(size: &[usize]) -> Result<(), DataError> {
    match size.len() {
        2 | 3 => Ok(()),
        _ => Err(DataError::Argument(format!(
            "a label map has 2 or 3 axes, but its size is {size:?}: pass [height, width] or [depth, height, width]"
        ))),
    }
}

/// The spacing, if there is one above 0 an axis.
///
/// # Errors
/// [`DataError::Argument`] otherwise.
pub fn checked_spacing(spacing: &[f64], axes: usize) -> Result<Vec<f64>, DataError> {
    check_spacing(spacing)?;
    match spacing.len() == axes {
        true => Ok(spacing.to_vec()),
        false => Err(DataError::Argument(format!(
            "{} spacings for {axes} axes: pass one an axis",
            spacing.len()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_cut_out_with_its_spacing() {
        let map = LabelMap::new(vec![0, 1, 2, 1], &[2, 2])
            .unwrap()
            .with_spacing(&[0.5, 2.0])
            .unwrap();
        let ones = map.only(1);
        assert_eq!(ones.inside(), [false, true, false, true]);
        assert_eq!((ones.size(), ones.spacing()), (&[2, 2][..], &[0.5, 2.0][..]));
        assert_eq!(map.highest(), 2);
    }

    #[test]
    fn wrong_sizes_and_spacings_are_refused() {
        assert!(LabelMap::new(vec![0; 4], &[4]).is_err());
        assert!(LabelMap::new(vec![0; 4], &[2, 3]).is_err());
        let map = LabelMap::new(vec![0; 4], &[2, 2]).unwrap();
        assert!(map.clone().with_spacing(&[1.0]).is_err());
        assert!(map.with_spacing(&[1.0, -1.0]).is_err());
    }
}

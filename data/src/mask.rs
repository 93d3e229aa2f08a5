//! [`Mask`]: which pixels are foreground; [`ImagePair`]: an image with its mask.

use super::grid::{check_crop, crop, flip_rows, quarter};
use super::{DataError, Image};
use std::fmt;

/// For every pixel whether it is foreground: the ground truth of a segmentation, or a thresholded prediction.
///
/// Stored row by row, `[height, width]`. Taught in unit 02.
///
/// ```
/// use unet_lab_data::Mask;
/// let left = Mask::from_fn(4, 2, |x, _y| x < 1);
/// assert_eq!(left.foreground_fraction(), 0.25);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Mask {
    width: usize,
    height: usize,
    data: Vec<bool>,
}

impl Mask {
    /// Makes a mask of `data`, row by row.
    ///
    /// # Errors
    /// [`DataError::Length`] when `data` does not hold `height * width` values.
    pub fn new(width: usize, height: usize, data: Vec<bool>) -> Result<Self, DataError> {
        let expected = width * height;
        if data.len() != expected {
            let size = format!("{height} x {width} (height x width)");
            return Err(DataError::Length {
                what: "a mask",
                size,
                expected,
                found: data.len(),
            });
        }
        Ok(Self { width, height, data })
    }

    /// A mask whose pixel at column `x` and row `y` is foreground where `inside(x, y)`.
    pub fn from_fn(width: usize, height: usize, mut inside: impl FnMut(usize, usize) -> bool) -> Self {
        let data = (0..width * height).map(|i| inside(i % width, i / width)).collect();
        Self { width, height, data }
    }

    /// A square mask of `size * size` pixels that is known to be of that length.
    pub(crate) fn new_square(size: usize, data: Vec<bool>) -> Self {
        debug_assert_eq!(data.len(), size * size);
        Self {
            width: size,
            height: size,
            data,
        }
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// `[height, width]`.
    pub fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// All pixels, row by row.
    pub fn data(&self) -> &[bool] {
        &self.data
    }

    /// Whether the pixel at column `x`, row `y` is foreground. Panics outside the mask, as a slice does.
    pub fn get(&self, x: usize, y: usize) -> bool {
        assert!(x < self.width, "column {x} of a mask {} wide", self.width);
        self.data[y * self.width + x]
    }

    /// The number of foreground pixels.
    pub fn count(&self) -> usize {
        self.data.iter().filter(|&&v| v).count()
    }

    /// The part of the pixels that is foreground, between 0 and 1; 0 for a mask without pixels.
    pub fn foreground_fraction(&self) -> f32 {
        self.count() as f32 / self.data.len().max(1) as f32
    }

    /// Foreground becomes background and the reverse.
    pub fn inverted(&self) -> Self {
        Self {
            data: self.data.iter().map(|v| !v).collect(),
            ..*self
        }
    }

    /// The mask at another size. Each new pixel takes the old one under its centre: a mask has no values in between.
    pub fn resized(&self, width: usize, height: usize) -> Self {
        if self.data.is_empty() {
            return Self::from_fn(width, height, |_, _| false);
        }
        let at = |i: usize, old: usize, new: usize| ((2 * i + 1) * old / (2 * new)).min(old - 1);
        Self::from_fn(width, height, |x, y| {
            self.get(at(x, self.width, width), at(y, self.height, height))
        })
    }

    /// The part that starts at column `x` and row `y`.
    ///
    /// # Errors
    /// [`DataError::Argument`] when it does not lie inside the mask.
    pub fn cropped(&self, x: usize, y: usize, width: usize, height: usize) -> Result<Self, DataError> {
        check_crop([self.width, self.height], [x, y], [width, height])?;
        Ok(Self {
            width,
            height,
            data: crop(&self.data, self.width, [x, y], [width, height]),
        })
    }

    /// Left becomes right.
    pub fn flipped_horizontal(&self) -> Self {
        Self {
            data: self
                .data
                .chunks(self.width.max(1))
                .flat_map(|row| row.iter().rev().copied())
                .collect(),
            ..*self
        }
    }

    /// Top becomes bottom.
    pub fn flipped_vertical(&self) -> Self {
        Self {
            data: flip_rows(&self.data, self.width),
            ..*self
        }
    }

    /// A quarter turn clockwise; width and height change places.
    pub fn rotated_quarter(&self) -> Self {
        Self {
            width: self.height,
            height: self.width,
            data: quarter(&self.data, self.width),
        }
    }
}

/// A line of facts: a notebook that shows a mask as a value must not print every pixel.
impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = 100.0 * self.foreground_fraction();
        write!(f, "Mask({} x {}, {percent:.1} % foreground)", self.height, self.width)
    }
}

/// An image and its mask, of one size.
#[derive(Clone, Debug, PartialEq)]
pub struct ImagePair {
    /// What the pair is called in tables and figures: the file's stem, or "em-003" for a phantom.
    pub name: String,
    /// Pairs of one group (a patient, a sweep, a slide) never end up on both sides of a split.
    pub group: Option<String>,
    image: Image,
    mask: Mask,
}

impl ImagePair {
    /// Joins an image and its mask.
    ///
    /// # Errors
    /// [`DataError::SizesDiffer`] when they are not of one size.
    pub fn new(name: impl Into<String>, image: Image, mask: Mask) -> Result<Self, DataError> {
        let name = name.into();
        if image.size() != mask.size() {
            return Err(DataError::SizesDiffer {
                image: name.clone().into(),
                image_size: [image.width(), image.height()],
                mask: format!("the mask of {name}").into(),
                mask_size: [mask.width(), mask.height()],
            });
        }
        Ok(Self {
            name,
            group: None,
            image,
            mask,
        })
    }

    /// Joins an image and a mask that are known to be of one size.
    pub(crate) fn matched(name: String, image: Image, mask: Mask) -> Self {
        debug_assert_eq!(image.size(), mask.size());
        Self {
            name,
            group: None,
            image,
            mask,
        }
    }

    /// The pair as a member of a group (a patient, a sweep, a slide).
    pub fn with_group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// The image, `[channels, height, width]`.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// The mask, `[height, width]`.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// A pair of the same name and group whose image and mask are made by the two functions, which must change the
    /// size alike.
    pub(crate) fn changed(&self, image: impl FnOnce(&Image) -> Image, mask: impl FnOnce(&Mask) -> Mask) -> Self {
        let (image, mask) = (image(&self.image), mask(&self.mask));
        debug_assert_eq!(image.size(), mask.size());
        Self {
            name: self.name.clone(),
            group: self.group.clone(),
            image,
            mask,
        }
    }

    /// Left becomes right, in the image and the mask.
    pub fn flipped_horizontal(&self) -> Self {
        self.changed(Image::flipped_horizontal, Mask::flipped_horizontal)
    }

    /// Top becomes bottom, in the image and the mask.
    pub fn flipped_vertical(&self) -> Self {
        self.changed(Image::flipped_vertical, Mask::flipped_vertical)
    }

    /// A quarter turn clockwise of the image and the mask.
    pub fn rotated_quarter(&self) -> Self {
        self.changed(Image::rotated_quarter, Mask::rotated_quarter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_of_another_size_is_refused() {
        let error =
            ImagePair::new("a", Image::from_fn(4, 2, |_, _| 0.0), Mask::from_fn(2, 4, |_, _| true)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the mask of a is 2 x 4 pixels but its image a is 4 x 2 (width x height): a mask must have its image's size. \
             Export it again at that size, or remove the pair"
        );
    }

    #[test]
    fn resizing_keeps_a_mask_two_valued_and_its_share() {
        let half = Mask::from_fn(8, 8, |x, _| x < 4);
        assert_eq!(half.resized(4, 4), Mask::from_fn(4, 4, |x, _| x < 2));
        assert_eq!(half.resized(16, 2), Mask::from_fn(16, 2, |x, _| x < 8));
        assert_eq!(half.foreground_fraction(), 0.5);
        assert_eq!(half.inverted().count(), 32);
        assert_eq!(format!("{half:?}"), "Mask(8 x 8, 50.0 % foreground)");
    }

    #[test]
    fn image_and_mask_move_together() {
        let pair = ImagePair::new(
            "p",
            Image::from_fn(3, 2, |x, y| (x == 2 && y == 0) as u8 as f32),
            Mask::from_fn(3, 2, |x, y| x == 2 && y == 0),
        )
        .unwrap();
        for moved in [
            pair.flipped_horizontal(),
            pair.flipped_vertical(),
            pair.rotated_quarter(),
        ] {
            let lit: Vec<bool> = moved.image().data().iter().map(|&v| v > 0.5).collect();
            assert_eq!(lit, moved.mask().data());
        }
    }
}

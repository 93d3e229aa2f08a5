//! [`Dataset`]: image/mask pairs in a fixed order.

use super::{DataError, ImagePair, save_image, save_mask, split_indices};
use std::fmt;
use std::path::Path;

/// Image/mask pairs in a fixed order. Printing one gives a line of facts. Taught in unit 02.
///
/// ```
/// use unet_lab_data::phantom::EmPhantom;
/// let data = EmPhantom::new(64).with_count(10).with_seed(1).generate();
/// let (train, validation) = data.split(0.2, 7)?;
/// assert_eq!((train.len(), validation.len()), (8, 2));
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Dataset {
    pairs: Vec<ImagePair>,
}

impl Dataset {
    /// A data set of these pairs, in this order.
    pub fn new(pairs: Vec<ImagePair>) -> Self {
        Self { pairs }
    }

    /// The number of pairs.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// All pairs.
    pub fn pairs(&self) -> &[ImagePair] {
        &self.pairs
    }

    /// The pair at a position, counted from 0.
    pub fn get(&self, index: usize) -> Option<&ImagePair> {
        self.pairs.get(index)
    }

    /// The pairs one after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, ImagePair> {
        self.pairs.iter()
    }

    /// The channels that all images have, or `None` when they differ or there is none.
    pub fn channels(&self) -> Option<usize> {
        self.common(|p| p.image().channels())
    }

    /// The `[height, width]` that all images have, or `None` when they differ or there is none.
    pub fn size(&self) -> Option<[usize; 2]> {
        self.common(|p| p.image().size())
    }

    /// The part of all pixels that is foreground, between 0 and 1. A network that always answers "background" has an
    /// accuracy of one minus this.
    pub fn foreground_fraction(&self) -> f32 {
        let pixels: usize = self.pairs.iter().map(|p| p.mask().data().len()).sum();
        let foreground: usize = self.pairs.iter().map(|p| p.mask().count()).sum();
        foreground as f32 / pixels.max(1) as f32
    }

    /// Shuffles the pairs by the seed and sets a fraction of them aside: `(train, validation)`. Groups stay whole.
    /// The rule is that of [`split_indices`].
    ///
    /// # Errors
    /// [`DataError::Argument`] when a side would be empty.
    pub fn split(&self, validation_fraction: f32, seed: u64) -> Result<(Self, Self), DataError> {
        let groups: Vec<Option<&str>> = self.pairs.iter().map(|p| p.group.as_deref()).collect();
        let (train, validation) = split_indices(&groups, validation_fraction, seed)?;
        Ok((self.select(&train), self.select(&validation)))
    }

    /// Splits off a test set first and then a validation set, fractions of the whole: `(train, validation, test)`.
    ///
    /// # Errors
    /// [`DataError::Argument`] when one of the three would be empty.
    pub fn split_three(
        &self,
        validation_fraction: f32,
        test_fraction: f32,
        seed: u64,
    ) -> Result<(Self, Self, Self), DataError> {
        let (rest, test) = self.split(test_fraction, seed)?;
        let (train, validation) = rest.split(validation_fraction / (1.0 - test_fraction), seed)?;
        Ok((train, validation, test))
    }

    /// The pairs at these positions, in this order. Panics at a position past the end, as a slice does.
    pub fn select(&self, indices: &[usize]) -> Self {
        Self::new(indices.iter().map(|&i| self.pairs[i].clone()).collect())
    }

    /// The first `n` pairs, or all when there are fewer.
    pub fn first(&self, n: usize) -> Self {
        Self::new(self.pairs.iter().take(n).cloned().collect())
    }

    /// Every pair at another size: images interpolated, masks by the nearest pixel.
    pub fn resized(&self, width: usize, height: usize) -> Self {
        Self::new(
            self.pairs
                .iter()
                .map(|p| p.changed(|i| i.resized(width, height), |m| m.resized(width, height)))
                .collect(),
        )
    }

    /// Every image with so many channels; see [`Image::with_channels`](super::Image::with_channels).
    pub fn with_channels(&self, channels: usize) -> Self {
        Self::new(
            self.pairs
                .iter()
                .map(|p| p.changed(|i| i.with_channels(channels), Clone::clone))
                .collect(),
        )
    }

    /// Foreground and background change places in every mask.
    pub fn inverted(&self) -> Self {
        Self::new(
            self.pairs
                .iter()
                .map(|p| p.changed(Clone::clone, |m| m.inverted()))
                .collect(),
        )
    }

    /// Cuts every pair into squares of `size` pixels that do not overlap; what is left at the right and bottom edge is
    /// dropped. The tiles of an image form one group, so that no image lies on both sides of a split.
    ///
    /// # Errors
    /// [`DataError::Argument`] when `size` is 0 or an image is smaller than one tile.
    pub fn tiles(&self, size: usize) -> Result<Self, DataError> {
        let mut tiles = Vec::new();
        for pair in &self.pairs {
            let [height, width] = pair.image().size();
            if size == 0 || height < size || width < size {
                return Err(DataError::Argument(format!(
                    "{} is {width} x {height} pixels (width x height): tiles of {size} x {size} need \
                     an image at least that large and a size of 1 or more",
                    pair.name
                )));
            }
            let group = pair.group.clone().unwrap_or_else(|| pair.name.clone());
            for (row, column) in (0..height / size).flat_map(|r| (0..width / size).map(move |c| (r, c))) {
                let (x, y) = (column * size, row * size);
                let (image, mask) = (
                    pair.image().cropped(x, y, size, size)?,
                    pair.mask().cropped(x, y, size, size)?,
                );
                tiles.push(
                    ImagePair::new(format!("{} r{row}c{column}", pair.name), image, mask)?.with_group(group.clone()),
                );
            }
        }
        Ok(Self::new(tiles))
    }

    /// Writes the pairs as PNG files: `images/NAME.png` (8 bits) and `masks/NAME.png` (255 for foreground), a folder
    /// that [`PairFolder`](super::PairFolder) reads.
    ///
    /// # Errors
    /// [`DataError::Unwritable`].
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), DataError> {
        let (images, masks) = (folder.as_ref().join("images"), folder.as_ref().join("masks"));
        for path in [&images, &masks] {
            std::fs::create_dir_all(path).map_err(|e| DataError::Unwritable {
                path: path.clone(),
                reason: e.to_string(),
            })?;
        }
        for pair in &self.pairs {
            // Names may hold what a file's name may not.
            let file = format!("{}.png", pair.name.replace(['/', '\\', ':'], "-"));
            save_image(pair.image(), images.join(&file))?;
            save_mask(pair.mask(), masks.join(&file))?;
        }
        Ok(())
    }

    fn common<T: PartialEq>(&self, of: impl Fn(&ImagePair) -> T) -> Option<T> {
        let first = of(self.pairs.first()?);
        self.pairs.iter().all(|p| of(p) == first).then_some(first)
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self
            .size()
            .map_or("several sizes".into(), |[h, w]| format!("{w} x {h} pixels"));
        let channels = match self.channels() {
            Some(1) => "1 channel".into(),
            Some(n) => format!("{n} channels"),
            None => "mixed channels".into(),
        };
        if self.is_empty() {
            return f.write_str("no image/mask pairs");
        }
        let pairs = if self.len() == 1 { "pair" } else { "pairs" };
        let percent = 100.0 * self.foreground_fraction();
        write!(
            f,
            "{} image/mask {pairs}, {size}, {channels}, {percent:.1} % foreground",
            self.len()
        )
    }
}

/// The line of facts, too.
impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dataset({self})")
    }
}

impl FromIterator<ImagePair> for Dataset {
    fn from_iter<I: IntoIterator<Item = ImagePair>>(pairs: I) -> Self {
        Self::new(pairs.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Dataset {
    type Item = &'a ImagePair;
    type IntoIter = std::slice::Iter<'a, ImagePair>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Image, Mask};

    fn pair(name: &str, width: usize, height: usize) -> ImagePair {
        let image = Image::from_fn(width, height, |x, y| (x + 10 * y) as f32 / 100.0);
        ImagePair::new(name, image, Mask::from_fn(width, height, |x, _| x % 4 == 0)).unwrap()
    }

    #[test]
    fn prints_its_facts() {
        let data = Dataset::new(vec![pair("a", 8, 4), pair("b", 8, 4)]);
        assert_eq!(
            data.to_string(),
            "2 image/mask pairs, 8 x 4 pixels, 1 channel, 25.0 % foreground"
        );
        let mixed = Dataset::new(vec![pair("a", 8, 4), pair("b", 4, 4)]);
        assert_eq!(
            mixed.to_string(),
            "2 image/mask pairs, several sizes, 1 channel, 25.0 % foreground"
        );
        assert_eq!(Dataset::default().to_string(), "no image/mask pairs");
    }

    #[test]
    fn tiles_cover_the_image_and_stay_together() {
        let tiles = Dataset::new(vec![pair("a", 9, 4), pair("b", 8, 8)]).tiles(4).unwrap();
        let names: Vec<&str> = tiles.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["a r0c0", "a r0c1", "b r0c0", "b r0c1", "b r1c0", "b r1c1"]);
        assert_eq!(tiles.get(1).unwrap().image().get(0, 0, 0), 0.04);
        assert_eq!(tiles.get(5).unwrap().image().get(0, 0, 0), 0.44);
        let (train, validation) = tiles.split(0.3, 3).unwrap();
        let of = |d: &Dataset| {
            d.iter()
                .map(|p| p.group.clone())
                .collect::<std::collections::HashSet<_>>()
        };
        assert!(of(&train).is_disjoint(&of(&validation)));
    }

    #[test]
    fn a_tile_larger_than_an_image_is_refused() {
        let error = Dataset::new(vec![pair("a", 9, 4)]).tiles(5).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a is 9 x 4 pixels (width x height): tiles of 5 x 5 need an image at least that large and a size of 1 or more"
        );
    }
}

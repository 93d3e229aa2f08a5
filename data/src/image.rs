//! [`Image`]: pixels as numbers between 0 and 1.

use super::DataError;
use super::grid::{check_crop, crop, dot, flip_rows, quarter, taps};
use std::fmt;

/// An image of one or more channels, each pixel a number between 0 (black) and 1 (white).
///
/// Values are stored channel by channel, each row by row: `[channels, height, width]`, the order in which a network
/// reads them. Taught in unit 02.
///
/// ```
/// use unet_lab_data::Image;
/// let ramp = Image::from_fn(4, 2, |x, _y| x as f32 / 3.0);
/// assert_eq!((ramp.width(), ramp.height(), ramp.channels()), (4, 2, 1));
/// assert_eq!(ramp.get(0, 3, 1), 1.0);
/// ```
#[derive(Clone, PartialEq)]
pub struct Image {
    width: usize,
    height: usize,
    channels: usize,
    data: Vec<f32>,
}

impl Image {
    /// Makes an image of `data` in the order `[channels, height, width]`, values between 0 and 1.
    ///
    /// # Errors
    /// [`DataError::Length`] when `data` does not hold `channels * height * width` values.
    pub fn new(width: usize, height: usize, channels: usize, data: Vec<f32>) -> Result<Self, DataError> {
        let expected = width * height * channels;
        if data.len() != expected {
            let size = format!("{channels} x {height} x {width} (channels x height x width)");
            return Err(DataError::Length {
                what: "an image",
                size,
                expected,
                found: data.len(),
            });
        }
        Ok(Self {
            width,
            height,
            channels,
            data,
        })
    }

    /// A square image of `channels * size * size` values that are known to be that many.
    pub(crate) fn new_square(size: usize, channels: usize, data: Vec<f32>) -> Self {
        debug_assert_eq!(data.len(), channels * size * size);
        Self {
            width: size,
            height: size,
            channels,
            data,
        }
    }

    /// An image of one channel whose pixel at column `x` and row `y` is `value(x, y)`.
    pub fn from_fn(width: usize, height: usize, mut value: impl FnMut(usize, usize) -> f32) -> Self {
        let data = (0..width * height).map(|i| value(i % width, i / width)).collect();
        Self {
            width,
            height,
            channels: 1,
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

    /// 1 for grey, 3 for red, green and blue.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// `[height, width]`, as networks and `summary` take it.
    pub fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// All values, `[channels, height, width]`.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// All values, `[channels, height, width]`, without a copy.
    pub fn into_data(self) -> Vec<f32> {
        self.data
    }

    /// The values of one channel, row by row. Panics when there is no such channel, as a slice does.
    pub fn channel(&self, channel: usize) -> &[f32] {
        let area = self.width * self.height;
        &self.data[channel * area..(channel + 1) * area]
    }

    /// The value at column `x`, row `y` of a channel. Panics outside the image, as a slice does.
    pub fn get(&self, channel: usize, x: usize, y: usize) -> f32 {
        assert!(x < self.width, "column {x} of an image {} wide", self.width);
        self.channel(channel)[y * self.width + x]
    }

    /// The image with `f` applied to every value.
    pub fn map(&self, f: impl Fn(f32) -> f32) -> Self {
        Self {
            data: self.data.iter().map(|&v| f(v)).collect(),
            ..*self
        }
    }

    /// The image with its contrast stretched: what is darker than all but a part `low` of the values becomes 0, what
    /// is brighter than all but a part `1 - high` becomes 1, as in `stretched(0.01, 0.99)`. For 16-bit files that use
    /// few of their levels.
    pub fn stretched(&self, low: f32, high: f32) -> Self {
        let mut sorted = self.data.clone();
        sorted.sort_by(f32::total_cmp);
        let at = |part: f32| sorted[(part.clamp(0.0, 1.0) * sorted.len().saturating_sub(1) as f32).round() as usize];
        if sorted.is_empty() || at(low) >= at(high) {
            return self.clone();
        }
        let (dark, range) = (at(low), at(high) - at(low));
        self.map(|v| ((v - dark) / range).clamp(0.0, 1.0))
    }

    /// One channel of brightness: the luma of Rec. 601 (0.299 R + 0.587 G + 0.114 B) for three channels, the mean for
    /// any other number.
    pub fn to_grey(&self) -> Self {
        let area = self.width * self.height;
        let data = match self.channels {
            1 => self.data.clone(),
            3 => (0..area)
                .map(|i| 0.299 * self.data[i] + 0.587 * self.data[area + i] + 0.114 * self.data[2 * area + i])
                .collect(),
            n => (0..area)
                .map(|i| (0..n).map(|c| self.data[c * area + i]).sum::<f32>() / n as f32)
                .collect(),
        };
        Self {
            channels: 1,
            data,
            ..*self
        }
    }

    /// The image with so many channels: grey is repeated, colour is reduced to grey first.
    pub fn with_channels(&self, channels: usize) -> Self {
        if channels == self.channels {
            return self.clone();
        }
        let grey = self.to_grey().data;
        Self {
            channels,
            data: grey.repeat(channels),
            ..*self
        }
    }

    /// The image at another size, by linear interpolation; when it shrinks, each new pixel is a weighted mean of all
    /// the old ones under it, so that thin structures fade and do not flicker.
    pub fn resized(&self, width: usize, height: usize) -> Self {
        if (width, height) == (self.width, self.height) {
            return self.clone();
        }
        if self.data.is_empty() || width * height == 0 {
            let data = vec![0.0; width * height * self.channels];
            return Self {
                width,
                height,
                channels: self.channels,
                data,
            };
        }
        let columns = taps(self.width, width);
        let rows = taps(self.height, height);
        let mut data = Vec::with_capacity(width * height * self.channels);
        for c in 0..self.channels {
            let source = self.channel(c);
            let mut narrow = Vec::with_capacity(width * self.height);
            for row in source.chunks(self.width.max(1)) {
                narrow.extend(
                    columns
                        .iter()
                        .map(|(start, weights)| dot(weights, row[*start..].iter())),
                );
            }
            for (start, weights) in &rows {
                data.extend((0..width).map(|x| dot(weights, narrow[start * width + x..].iter().step_by(width))));
            }
        }
        Self {
            width,
            height,
            channels: self.channels,
            data,
        }
    }

    /// The part that starts at column `x` and row `y`.
    ///
    /// # Errors
    /// [`DataError::Argument`] when it does not lie inside the image.
    pub fn cropped(&self, x: usize, y: usize, width: usize, height: usize) -> Result<Self, DataError> {
        check_crop([self.width, self.height], [x, y], [width, height])?;
        let data = (0..self.channels)
            .flat_map(|c| crop(self.channel(c), self.width, [x, y], [width, height]))
            .collect();
        Ok(Self {
            width,
            height,
            channels: self.channels,
            data,
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
        let data = (0..self.channels)
            .flat_map(|c| flip_rows(self.channel(c), self.width))
            .collect();
        Self { data, ..*self }
    }

    /// A quarter turn clockwise; width and height change places.
    pub fn rotated_quarter(&self) -> Self {
        let data = (0..self.channels)
            .flat_map(|c| quarter(self.channel(c), self.width))
            .collect();
        Self {
            width: self.height,
            height: self.width,
            channels: self.channels,
            data,
        }
    }

    /// `channels x height x width`, for messages.
    pub fn shape_text(&self) -> String {
        format!("{} x {} x {}", self.channels, self.height, self.width)
    }
}

/// A line of facts: a notebook that shows an image as a value must not print every pixel.
impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self
            .data
            .iter()
            .fold((f32::MAX, f32::MIN), |(l, h), &v| (l.min(v), h.max(v)));
        let mean = self.data.iter().sum::<f32>() / self.data.len().max(1) as f32;
        write!(
            f,
            "Image({}, values {low:.3} to {high:.3}, mean {mean:.3})",
            self.shape_text()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_facts_not_pixels() {
        let image = Image::new(2, 1, 1, vec![0.25, 0.75]).unwrap();
        assert_eq!(
            format!("{image:?}"),
            "Image(1 x 1 x 2, values 0.250 to 0.750, mean 0.500)"
        );
    }

    fn numbered(width: usize, height: usize) -> Image {
        Image::from_fn(width, height, |x, y| (y * width + x) as f32)
    }

    #[test]
    fn a_short_buffer_is_refused_with_the_numbers() {
        let error = Image::new(4, 2, 3, vec![0.0; 23]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "an image of 3 x 2 x 4 (channels x height x width) needs 24 values, found 23"
        );
    }

    #[test]
    fn flips_and_turns_move_the_corners() {
        let image = numbered(3, 2); // 0 1 2 / 3 4 5
        assert_eq!(image.flipped_horizontal().data(), [2.0, 1.0, 0.0, 5.0, 4.0, 3.0]);
        assert_eq!(image.flipped_vertical().data(), [3.0, 4.0, 5.0, 0.0, 1.0, 2.0]);
        let turned = image.rotated_quarter();
        assert_eq!((turned.width(), turned.height()), (2, 3));
        assert_eq!(turned.data(), [3.0, 0.0, 4.0, 1.0, 5.0, 2.0]);
        assert_eq!(turned.rotated_quarter().rotated_quarter().rotated_quarter(), image);
    }

    #[test]
    fn halving_averages_and_doubling_interpolates() {
        // Triangle of reach 2 around the middle of two pixels: weights 1/8 3/8 3/8 1/8 inside, cut at the edges.
        let row = Image::new(4, 1, 1, vec![0.0, 0.0, 1.0, 1.0]).unwrap().resized(2, 1);
        assert!(
            (row.data()[0] - 1.0 / 7.0).abs() < 1e-6 && (row.data()[1] - 6.0 / 7.0).abs() < 1e-6,
            "{:?}",
            row.data()
        );
        let up = Image::new(2, 1, 1, vec![0.0, 1.0]).unwrap().resized(4, 1);
        assert_eq!(up.data(), [0.0, 0.25, 0.75, 1.0]);
        assert_eq!(Image::from_fn(0, 0, |_, _| 1.0).resized(2, 1).data(), [0.0, 0.0]);
        assert!(up.resized(0, 3).data().is_empty());
        let flat = Image::from_fn(7, 5, |_, _| 0.25).resized(3, 9);
        assert!(flat.data().iter().all(|v| (v - 0.25).abs() < 1e-6));
    }

    #[test]
    fn grey_is_luma_and_repeats_into_channels() {
        let red = Image::new(1, 1, 3, vec![1.0, 0.0, 0.0]).unwrap();
        assert_eq!(red.to_grey().data(), [0.299]);
        assert_eq!(red.to_grey().with_channels(3).data(), [0.299; 3]);
        assert_eq!(Image::new(1, 1, 2, vec![0.0, 1.0]).unwrap().to_grey().data(), [0.5]);
    }

    #[test]
    fn stretching_uses_the_whole_range() {
        let dim = Image::new(5, 1, 1, vec![0.0, 0.10, 0.15, 0.2, 0.9]).unwrap();
        let clear = dim.stretched(0.25, 0.75);
        for (found, expected) in clear.data().iter().zip([0.0, 0.0, 0.5, 1.0, 1.0]) {
            assert!((found - expected).abs() < 1e-6, "{:?}", clear.data());
        }
        assert_eq!(Image::from_fn(2, 2, |_, _| 0.3).stretched(0.0, 1.0).data(), [0.3; 4]);
    }

    #[test]
    fn a_part_outside_is_refused() {
        assert_eq!(
            numbered(4, 4).cropped(1, 2, 2, 2).unwrap().data(),
            [9.0, 10.0, 13.0, 14.0]
        );
        let error = numbered(4, 4).cropped(2, 0, 3, 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a part 3 x 1 at column 2, row 0 does not fit into 4 x 4 (width x height): choose a smaller part"
        );
    }
}

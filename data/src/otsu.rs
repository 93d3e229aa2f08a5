//! Otsu's threshold: the simplest segmentation, and the one that a network has to beat.

use super::{Image, Mask};

const BINS: usize = 256;

/// Which side of a threshold is foreground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Pixels brighter than the threshold: fluorescent nuclei.
    Bright,
    /// Pixels as dark as the threshold or darker: stained membranes.
    Dark,
}

/// The grey value that best separates an image into dark and bright pixels: of 256 equal steps between the darkest
/// and the brightest value, the one with the largest between-class variance `w0 w1 (m0 - m1)^2` (`w` the number of
/// pixels on a side, `m` their mean), given as the middle of its step. Colour is reduced to grey first. An image of
/// one value gives that value.
///
/// Otsu (1979), "A threshold selection method from gray-level histograms"; the same number as scikit-image's
/// `threshold_otsu` for floating-point images. Taught in unit 02 as the baseline.
///
/// ```
/// use unet_lab_data::{Image, otsu_threshold};
/// let image = Image::from_fn(10, 10, |x, _| if x < 4 { 0.2 } else { 0.8 });
/// let threshold = otsu_threshold(&image);
/// assert!(0.2 < threshold && threshold < 0.8);
/// ```
pub fn otsu_threshold(image: &Image) -> f32 {
    let grey = image.to_grey();
    let (low, high) = grey
        .data()
        .iter()
        .fold((f32::MAX, f32::MIN), |(l, h), &v| (l.min(v), h.max(v)));
    if low >= high {
        return low;
    }
    let (low, step) = (f64::from(low), (f64::from(high) - f64::from(low)) / BINS as f64);
    let mut counts = [0.0f64; BINS];
    for &v in grey.data() {
        counts[(((f64::from(v) - low) / step) as usize).min(BINS - 1)] += 1.0;
    }
    let centre = |bin: usize| low + (bin as f64 + 0.5) * step;
    let (all, sum) = counts
        .iter()
        .enumerate()
        .fold((0.0, 0.0), |(n, s), (bin, c)| (n + c, s + c * centre(bin)));
    let (mut dark, mut dark_sum, mut best) = (0.0, 0.0, (f64::MIN, 0));
    for (bin, count) in counts.iter().enumerate().take(BINS - 1) {
        dark += count;
        dark_sum += count * centre(bin);
        let bright = all - dark;
        let variance = dark * bright * (dark_sum / dark - (sum - dark_sum) / bright).powi(2);
        if variance > best.0 {
            best = (variance, bin);
        }
    }
    centre(best.1) as f32
}

/// Segments an image by its Otsu threshold.
///
/// ```
/// use unet_lab_data::{Image, Side, otsu_mask};
/// let image = Image::from_fn(10, 10, |x, _| if x < 4 { 0.2 } else { 0.8 });
/// assert_eq!(otsu_mask(&image, Side::Dark).foreground_fraction(), 0.4);
/// ```
pub fn otsu_mask(image: &Image, foreground: Side) -> Mask {
    let threshold = otsu_threshold(image);
    let grey = image.to_grey();
    Mask::from_fn(image.width(), image.height(), |x, y| {
        (grey.get(0, x, y) > threshold) == (foreground == Side::Bright)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are skimage.filters.threshold_otsu's (scikit-image 0.26.0) for the same arrays of float32.
    #[test]
    fn the_threshold_is_that_of_scikit_image() {
        let image = Image::from_fn(10, 6, |x, y| (((y * 10 + x) * 37 % 101) as f32 / 100.0).powi(2));
        assert!(
            (otsu_threshold(&image) - 0.396_484_38).abs() < 1e-6,
            "{}",
            otsu_threshold(&image)
        );
        let image = Image::new(4, 2, 1, vec![0.0, 0.1, 0.15, 0.2, 0.6, 0.7, 0.7, 1.0]).unwrap();
        assert!(
            (otsu_threshold(&image) - 0.201_171_88).abs() < 1e-6,
            "{}",
            otsu_threshold(&image)
        );
    }

    #[test]
    fn the_sides_complete_each_other_and_a_flat_image_is_all_dark() {
        let image = Image::from_fn(8, 8, |x, y| (x * y) as f32 / 49.0);
        assert_eq!(
            otsu_mask(&image, Side::Bright),
            otsu_mask(&image, Side::Dark).inverted()
        );
        let flat = Image::from_fn(3, 3, |_, _| 0.4);
        assert_eq!(otsu_threshold(&flat), 0.4);
        assert_eq!(otsu_mask(&flat, Side::Bright).count(), 0);
    }
}

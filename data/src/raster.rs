//! Pictures and masks as the lab uses them, from what [`formats`](super::formats) decodes; and writing them.

use super::files::write_atomically;
use super::formats::{self, Decoded, SampleType};
use super::masks::{Drawn, drawn};
use super::{DataError, Foreground, Image, Mask};
use ::image::{
    ExtendedColorType, ImageEncoder,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};
use std::collections::BTreeMap;
use std::path::Path;

/// The endings of the files that are read, in lower case.
pub(super) const ENDINGS: [&str; 11] = [
    "png", "jpg", "jpeg", "gif", "tif", "tiff", "pgm", "ppm", "pbm", "pnm", "bmp",
];

/// Reads a picture: 1 to 16 bits, grey or colour, palette or not. Values become numbers between 0 and 1 (16-bit files
/// are divided by 65535; see [`Image::stretched`] for those that use few of their levels); transparency is dropped;
/// of a file with several pages or frames the first is read.
///
/// # Errors
/// [`DataError::Unreadable`] when the file is missing or damaged, or holds floating-point pixels outside 0..1.
pub fn load_image(path: impl AsRef<Path>) -> Result<Image, DataError> {
    let path = path.as_ref();
    image_of(&read_picture(path)?).map_err(|reason| DataError::Unreadable {
        path: path.into(),
        reason,
    })
}

/// The first page of a picture, values between 0 and 1; or what is in the way.
fn image_of(picture: &Decoded) -> Result<Image, String> {
    let [depth, height, width] = picture.size;
    let area = width * height;
    let planes = match picture.channels {
        _ if picture.palette.is_some() => 3,
        1 | 2 => 1,
        3 | 4 => 3,
        other => return Err(format!("it has {other} channels, where grey or colour was expected")),
    };
    let white = match picture.sample_type() {
        SampleType::U8 => 255.0,
        SampleType::U16 => 65535.0,
        SampleType::F32 | SampleType::F64 => 1.0,
        other => {
            return Err(format!(
                "its pixels are of {other}, which says nothing of black and white"
            ));
        }
    };
    let white = picture.full_scale.unwrap_or(white);
    let mut values = Vec::with_capacity(planes * area);
    for plane in 0..planes {
        values.extend((0..area).map(|i| match &picture.palette {
            Some(palette) => {
                let colour = palette
                    .get(picture.samples.get(i) as usize)
                    .copied()
                    .unwrap_or_default();
                f32::from(colour[plane]) / 255.0
            }
            None => picture.samples.get(plane * depth * area + i) as f32 / white as f32,
        }));
    }
    if let Some(value) = values.iter().find(|v| !(0.0..=1.0).contains(*v)) {
        return Err(format!(
            "its pixels are floating-point numbers, of which {value} is not between 0 and 1"
        ));
    }
    Image::new(width, height, planes, values).map_err(|error| error.to_string())
}

fn read_picture(path: &Path) -> Result<Decoded, DataError> {
    formats::read(path).map_err(|error| DataError::Unreadable {
        path: path.into(),
        reason: match error {
            DataError::File { problem, .. } => problem.to_string(),
            other => other.to_string(),
        },
    })
}

/// The raw labels of a mask file, before a rule says which are foreground.
pub(super) struct Labels {
    pub width: usize,
    pub height: usize,
    pub values: LabelValues,
}

/// Grey files give numbers, files in colour give colours. A colour file whose pixels are all grey counts as grey.
pub(super) enum LabelValues {
    Grey(Vec<u16>),
    Colour(Vec<[u8; 3]>),
}

impl Labels {
    pub fn load(path: &Path) -> Result<Self, DataError> {
        let unreadable = |reason: String| DataError::Unreadable {
            path: path.into(),
            reason,
        };
        let picture = read_picture(path)?;
        let [_, height, width] = picture.size;
        let values = match drawn(&picture).map_err(|problem| unreadable(problem.to_string()))? {
            Drawn::Colours(mut colours) => {
                colours.truncate(width * height);
                LabelValues::Colour(colours)
            }
            Drawn::Numbers(values) => {
                // A 1-bit mask is black and white.
                let scale = picture.full_scale.map_or(1.0, |white| (255.0 / white).floor().max(1.0));
                let grey = |&value: &f64| match (value * scale) as u16 {
                    grey if f64::from(grey) == value * scale => Ok(grey),
                    _ => Err(unreadable(format!(
                        "its labels should be whole numbers up to 65535, but one is {value}"
                    ))),
                };
                LabelValues::Grey(values.iter().take(width * height).map(grey).collect::<Result<_, _>>()?)
            }
        };
        Ok(Self { width, height, values })
    }

    /// Every label with its number of pixels, most frequent first.
    pub fn census(&self) -> Vec<(Label, usize)> {
        let mut counts: BTreeMap<Label, usize> = BTreeMap::new();
        match &self.values {
            LabelValues::Grey(values) => values
                .iter()
                .for_each(|&v| *counts.entry(Label::Grey(v)).or_default() += 1),
            LabelValues::Colour(values) => values
                .iter()
                .for_each(|&v| *counts.entry(Label::Colour(v)).or_default() += 1),
        }
        let mut census: Vec<_> = counts.into_iter().collect();
        census.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        census
    }

    /// The census as text: "value 0 80.0 %, value 255 20.0 %", at most six labels.
    pub fn census_text(census: &[(Label, usize)]) -> String {
        let all: usize = census.iter().map(|(_, n)| n).sum();
        let share = |&(label, n): &(Label, usize)| format!("{label} {:.1} %", 100.0 * n as f32 / all.max(1) as f32);
        let mut parts: Vec<String> = census.iter().take(6).map(share).collect();
        if census.len() > 6 {
            parts.push(format!("and {} more", census.len() - 6));
        }
        parts.join(", ")
    }
}

/// One label of a mask file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    Grey(u16),
    Colour([u8; 3]),
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Grey(v) => write!(f, "value {v}"),
            Self::Colour(c) => write!(f, "colour {c:?}"),
        }
    }
}

/// Reads a mask, with the rule that says which of its labels are foreground: `load_mask("m.png", Foreground::NonZero)`.
///
/// # Errors
/// [`DataError::Unreadable`] when the file is missing or damaged.
pub fn load_mask(path: impl AsRef<Path>, foreground: Foreground) -> Result<Mask, DataError> {
    Ok(foreground.mask(&Labels::load(path.as_ref())?))
}

/// Writes an image as an 8-bit PNG, grey for one channel and colour for three; any other number is reduced to grey.
///
/// # Errors
/// [`DataError::Unwritable`].
pub fn save_image(image: &Image, path: impl AsRef<Path>) -> Result<(), DataError> {
    write(path.as_ref(), &image_png(image))
}

/// Writes a mask as an 8-bit PNG: 255 for foreground, 0 for background. The file is whole or not there; a missing folder is made.
///
/// # Errors
/// [`DataError::Unwritable`].
pub fn save_mask(mask: &Mask, path: impl AsRef<Path>) -> Result<(), DataError> {
    let bytes: Vec<u8> = mask.data().iter().map(|&v| if v { 255 } else { 0 }).collect();
    write(
        path.as_ref(),
        &png(mask.width(), mask.height(), &bytes, ExtendedColorType::L8),
    )
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    write_atomically(path, |out| out.write_all(bytes)).map_err(|e| DataError::Unwritable {
        path: path.into(),
        reason: e.to_string(),
    })
}

/// An image as the bytes of a PNG file.
fn image_png(image: &Image) -> Vec<u8> {
    let level = |v: f32| (v.clamp(0.0, 1.0) * 255.0).round() as u8;
    let (width, height) = (image.width(), image.height());
    if image.channels() == 3 {
        let area = width * height;
        let bytes: Vec<u8> = (0..area)
            .flat_map(|i| (0..3).map(move |c| level(image.data()[c * area + i])))
            .collect();
        return png(width, height, &bytes, ExtendedColorType::Rgb8);
    }
    let bytes: Vec<u8> = image.to_grey().data().iter().map(|&v| level(v)).collect();
    png(width, height, &bytes, ExtendedColorType::L8)
}

/// Red, green and blue bytes, pixel by pixel, as a PNG file; a grey one, a third as long, where all pixels are grey.
pub fn rgb_png(width: usize, height: usize, bytes: &[u8]) -> Vec<u8> {
    if bytes.chunks_exact(3).all(|p| p[0] == p[1] && p[1] == p[2]) {
        let grey: Vec<u8> = bytes.iter().step_by(3).copied().collect();
        return png(width, height, &grey, ExtendedColorType::L8);
    }
    png(width, height, bytes, ExtendedColorType::Rgb8)
}

fn png(width: usize, height: usize, bytes: &[u8], colour: ExtendedColorType) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut file, CompressionType::Default, FilterType::Adaptive);
    let written = encoder.write_image(bytes, width as u32, height as u32, colour);
    // Writing to memory fails only for a buffer of the wrong length (our own mistake) or an empty picture.
    debug_assert!(written.is_ok() || width * height == 0, "{written:?}");
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::image::{GrayAlphaImage, ImageBuffer, Luma, Rgb, Rgba};

    #[test]
    fn every_depth_and_layout_gives_the_same_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        ImageBuffer::from_pixel(2, 1, Luma([51u8]))
            .save(file("grey8.png"))
            .unwrap();
        ImageBuffer::from_pixel(2, 1, Luma([13107u16]))
            .save(file("grey16.png"))
            .unwrap();
        ImageBuffer::from_pixel(2, 1, Luma([13107u16]))
            .save(file("grey16.tif"))
            .unwrap();
        ImageBuffer::from_pixel(2, 1, Luma([51u8]))
            .save(file("grey8.pgm"))
            .unwrap();
        GrayAlphaImage::from_pixel(2, 1, ::image::LumaA([51, 7]))
            .save(file("alpha8.png"))
            .unwrap();
        for name in ["grey8.png", "grey16.png", "grey16.tif", "grey8.pgm", "alpha8.png"] {
            let image = load_image(file(name)).unwrap();
            assert_eq!((image.channels(), image.data()), (1, &[0.2, 0.2][..]), "{name}");
        }
        ImageBuffer::from_pixel(2, 1, Rgb([51u8, 102, 255]))
            .save(file("rgb8.png"))
            .unwrap();
        ImageBuffer::from_pixel(2, 1, Rgba([51u8, 102, 255, 3]))
            .save(file("rgba8.png"))
            .unwrap();
        ImageBuffer::from_pixel(2, 1, Rgb([13107u16, 26214, 65535]))
            .save(file("rgb16.png"))
            .unwrap();
        ImageBuffer::from_pixel(2, 1, Rgba([13107u16, 26214, 65535, 9]))
            .save(file("rgba16.tiff"))
            .unwrap();
        for name in ["rgb8.png", "rgba8.png", "rgb16.png", "rgba16.tiff"] {
            let image = load_image(file(name)).unwrap();
            assert_eq!(
                (image.channels(), image.data()),
                (3, &[0.2, 0.2, 0.4, 0.4, 1.0, 1.0][..]),
                "{name}"
            );
        }
        let gif = ImageBuffer::from_pixel(8, 8, Rgba([0u8, 255, 0, 255]));
        gif.save(file("a.gif")).unwrap();
        assert_eq!(load_image(file("a.gif")).unwrap().get(1, 4, 4), 1.0);
        ImageBuffer::from_pixel(8, 8, Rgb([255u8, 255, 255]))
            .save(file("a.jpg"))
            .unwrap();
        assert_eq!(load_image(file("a.jpg")).unwrap().shape_text(), "3 x 8 x 8");
    }

    #[test]
    fn what_is_saved_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let image = Image::from_fn(5, 3, |x, y| (x + 5 * y) as f32 / 255.0);
        save_image(&image, folder.path().join("a.png")).unwrap();
        assert_eq!(load_image(folder.path().join("a.png")).unwrap(), image);
        let colour = Image::new(1, 2, 3, vec![0.0, 1.0, 0.2, 0.4, 0.6, 0.8]).unwrap();
        save_image(&colour, folder.path().join("c.png")).unwrap();
        assert_eq!(load_image(folder.path().join("c.png")).unwrap(), colour);
        let mask = Mask::from_fn(5, 3, |x, _| x == 2);
        save_mask(&mask, folder.path().join("m.png")).unwrap();
        assert_eq!(
            load_mask(folder.path().join("m.png"), Foreground::NonZero).unwrap(),
            mask
        );
        save_mask(&mask, folder.path().join("new/folder/m.png")).unwrap();
        let taken = folder.path().join("a.png/m.png");
        let error = save_mask(&mask, &taken).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("cannot write {}: ", taken.display())),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_is_no_picture_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        std::fs::write(&path, "not a picture").unwrap();
        let error = load_image(&path).unwrap_err();
        let expected = format!(
            "cannot read {}: it is not a picture, a volume or an array: it begins with \"not a picture\". Open it in an \
             image viewer; if it opens there, save it again as PNG",
            path.display()
        );
        assert_eq!(error.to_string(), expected);
    }
}

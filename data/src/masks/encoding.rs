//! [`LabelEncoding`]: which number or colour of a mask file is which class.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::path::Path;

use super::{Drawn, MaskError, drawn, in_file};
use crate::formats::{self, Decoded};
use crate::{DataError, LabelMap};

/// Which number or colour of a mask file is which class; class 0 is background. Taught in unit 02.
///
/// ```
/// use unet_lab_data::masks::LabelEncoding;
/// // The slices of ACDC as exported in colour.
/// let heart = LabelEncoding::colours([("right ventricle", [255, 0, 0]), ("myocardium", [0, 255, 0])]);
/// assert_eq!(heart.names(), ["background", "right ventricle", "myocardium"]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LabelEncoding {
    kind: Kind,
    tolerance: u8,
    drops_strays: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Numbers,
    Binary,
    AtLeast(f64),
    Values(Vec<(String, u32)>),
    Colours(Vec<(String, [u8; 3])>),
}

/// A number or colour that no class is written as.
#[derive(Clone, Debug, PartialEq)]
pub struct Stray {
    /// `value 130` or `colour [1, 0, 2]`.
    pub what: String,
    /// How many pixels are so.
    pub pixels: usize,
}

impl fmt::Display for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} pixel(s))", self.what, self.pixels)
    }
}

/// Kinds of strays that are told apart.
const MOST_STRAYS: usize = 1000;

impl LabelEncoding {
    /// The file's numbers are the labels; of a palette file in colour its indices, of one in greys the greys that it shows.
    pub fn numbers() -> Self {
        Self::of(Kind::Numbers)
    }

    /// All but black is class 1.
    pub fn binary() -> Self {
        Self::of(Kind::Binary)
    }

    /// What is at least so bright is class 1: for soft edges, and masks saved as JPEG.
    pub fn at_least(value: f64) -> Self {
        Self::of(Kind::AtLeast(value))
    }

    /// The first value is class 1, the second class 2, and so on; 0 is background unless it is listed. For files such as 0, 127, 255.
    pub fn values<N: Into<String>>(classes: impl IntoIterator<Item = (N, u32)>) -> Self {
        Self::of(Kind::Values(
            classes.into_iter().map(|(name, value)| (name.into(), value)).collect(),
        ))
    }

    /// The first colour is class 1, the second class 2, and so on; black is background unless it is listed.
    pub fn colours<N: Into<String>>(classes: impl IntoIterator<Item = (N, [u8; 3])>) -> Self {
        Self::of(Kind::Colours(
            classes
                .into_iter()
                .map(|(name, colour)| (name.into(), colour))
                .collect(),
        ))
    }

    fn of(kind: Kind) -> Self {
        Self {
            kind,
            tolerance: 0,
            drops_strays: false,
        }
    }

    /// Takes a pixel for the nearest listed value or colour where no channel is further from it than this: for the edges of a JPEG.
    pub fn with_tolerance(mut self, levels: u8) -> Self {
        self.tolerance = levels;
        self
    }

    /// Counts what is of no listed class as background; without it, it is an error that lists it.
    pub fn with_stray_as_background(mut self) -> Self {
        self.drops_strays = true;
        self
    }

    /// The classes' names in the order of their numbers, background first; empty where the file's numbers are the classes.
    pub fn names(&self) -> Vec<String> {
        let listed: Vec<String> = match &self.kind {
            Kind::Numbers => return Vec::new(),
            Kind::Binary | Kind::AtLeast(_) => vec!["foreground".to_owned()],
            Kind::Values(classes) => classes.iter().map(|(name, _)| name.clone()).collect(),
            Kind::Colours(classes) => classes.iter().map(|(name, _)| name.clone()).collect(),
        };
        std::iter::once("background".to_owned()).chain(listed).collect()
    }

    /// The labels of a mask file.
    ///
    /// # Errors
    /// [`DataError::File`] for what cannot be decoded, [`DataError::Annotation`] for [`MaskError::Strays`] and the like.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<LabelMap, DataError> {
        let path = path.as_ref();
        self.labels(&formats::read(path)?)
            .map_err(|problem| in_file(path, problem))
    }

    /// The labels of a decoded mask: 2-D for a picture, 3-D for a volume.
    ///
    /// # Errors
    /// [`MaskError::Strays`] for pixels of no listed class, [`MaskError::Coloured`] for colours read as numbers, [`MaskError::Damaged`]
    /// for numbers that are no labels.
    pub fn labels(&self, file: &Decoded) -> Result<LabelMap, MaskError> {
        let damaged = |error: DataError| MaskError::Damaged(error.to_string());
        let pixels = drawn(file)?;
        let labels = match (&self.kind, &pixels) {
            (Kind::Numbers, Drawn::Colours(_)) if file.palette.is_some() => return file.labels().map_err(damaged),
            (Kind::Numbers | Kind::AtLeast(_) | Kind::Values(_), Drawn::Colours(colours)) => {
                return Err(MaskError::Coloured(super::shown(&sorted(colours, colour))));
            }
            (Kind::Numbers, Drawn::Numbers(values)) => whole(values)?,
            (Kind::Binary, Drawn::Numbers(values)) => values.iter().map(|&value| u32::from(value != 0.0)).collect(),
            (Kind::Binary, Drawn::Colours(colours)) => colours.iter().map(|&c| u32::from(c != [0; 3])).collect(),
            (Kind::AtLeast(least), Drawn::Numbers(values)) => values.iter().map(|v| u32::from(v >= least)).collect(),
            (Kind::Values(classes), Drawn::Numbers(values)) => {
                let listed: Vec<f64> = classes.iter().map(|&(_, value)| f64::from(value)).collect();
                let distance = |wanted: &f64, found: &f64| (wanted - found).abs();
                self.nearest(values, &listed, 0.0, distance, |strays| {
                    let bits: Vec<u64> = strays.iter().map(|value| value.to_bits()).collect();
                    sorted(&bits, |&bits| format!("value {}", f64::from_bits(bits)))
                })?
            }
            (Kind::Colours(classes), _) => {
                let colours = match pixels {
                    Drawn::Colours(colours) => colours,
                    Drawn::Numbers(values) => values.iter().map(|&value| [value.clamp(0.0, 255.0) as u8; 3]).collect(),
                };
                let listed: Vec<[u8; 3]> = classes.iter().map(|&(_, colour)| colour).collect();
                self.nearest(&colours, &listed, [0; 3], furthest, |strays| sorted(strays, colour))?
            }
        };
        let from = usize::from(!file.volumetric);
        LabelMap::new(labels, &file.size[from..])
            .and_then(|map| map.with_spacing(&file.geometry.spacing()[from..]))
            .map_err(damaged)
    }

    /// The class of each pixel: that of the nearest listed value, within the tolerance.
    fn nearest<T: Copy + PartialEq>(
        &self,
        pixels: &[T],
        listed: &[T],
        black: T,
        distance: impl Fn(&T, &T) -> f64,
        sorted: impl Fn(&[T]) -> Vec<Stray>,
    ) -> Result<Vec<u32>, MaskError> {
        // Black comes last, so that a class that is written black wins over it.
        let candidates: Vec<(u32, T)> = (1..)
            .zip(listed.iter().copied())
            .chain(std::iter::once((0, black)))
            .collect();
        let mut strays = Vec::new();
        let mut last: Option<(T, Option<u32>)> = None;
        let mut labels = Vec::with_capacity(pixels.len());
        for pixel in pixels {
            let class = match last {
                Some((same, class)) if same == *pixel => class,
                _ => {
                    let near = candidates
                        .iter()
                        .map(|(class, colour)| (distance(colour, pixel), *class));
                    let best = near.min_by(|(a, _), (b, _)| a.total_cmp(b));
                    best.filter(|&(away, _)| away <= f64::from(self.tolerance))
                        .map(|(_, class)| class)
                }
            };
            last = Some((*pixel, class));
            if class.is_none() && !self.drops_strays {
                strays.push(*pixel);
            }
            labels.push(class.unwrap_or(0));
        }
        match strays.len() {
            0 => Ok(labels),
            pixels => Err(MaskError::Strays {
                pixels,
                strays: sorted(&strays),
            }),
        }
    }
}

fn furthest(a: &[u8; 3], b: &[u8; 3]) -> f64 {
    f64::from(a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0))
}

fn whole(values: &[f64]) -> Result<Vec<u32>, MaskError> {
    let label = |&value: &f64| match value as u32 {
        label if f64::from(label) == value => Ok(label),
        _ => Err(MaskError::Damaged(format!(
            "it holds {value}, and labels are whole numbers from 0 up: is it an image, or a map of probabilities?"
        ))),
    };
    values.iter().map(label).collect()
}

fn colour(colour: &[u8; 3]) -> String {
    format!("colour {colour:?}")
}

/// Kinds of pixels with their numbers, most frequent first. A photograph has as many as pixels, so those beyond [`MOST_STRAYS`] are one.
fn sorted<K: Copy + Eq + Hash + Ord>(pixels: &[K], name: impl Fn(&K) -> String) -> Vec<Stray> {
    let mut counts = HashMap::<K, usize>::new();
    for &pixel in pixels {
        *counts.entry(pixel).or_default() += 1;
    }
    let mut counts: Vec<(K, usize)> = counts.into_iter().collect();
    counts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let stray = |(kind, pixels): &(K, usize)| Stray {
        what: name(kind),
        pixels: *pixels,
    };
    let mut all: Vec<Stray> = counts.iter().take(MOST_STRAYS).map(stray).collect();
    if let Some(others) = counts.get(MOST_STRAYS..).filter(|others| !others.is_empty()) {
        all.push(Stray {
            what: format!("{} other values", others.len()),
            pixels: others.iter().map(|(_, pixels)| pixels).sum(),
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{Format, Samples};

    fn grey(values: &[u8]) -> Decoded {
        Decoded::new(Format::Png, Samples::U8(values.to_vec()), [1, 1, values.len()]).unwrap()
    }

    fn picture(pixels: &[[u8; 3]]) -> Decoded {
        let planes = (0..3).flat_map(|c| pixels.iter().map(move |pixel| pixel[c])).collect();
        Decoded::with_shape(Format::Png, Samples::U8(planes), 1, 3, [1, 1, pixels.len()]).unwrap()
    }

    #[test]
    fn a_photograph_has_no_list_of_a_million_strays() {
        let pixels: Vec<[u8; 3]> = (0..5000u32).map(|i| [(i >> 8) as u8, i as u8, 7]).collect();
        let encoding = LabelEncoding::colours([("red", [255, 0, 0])]);
        let Err(MaskError::Strays { pixels, strays }) = encoding.labels(&picture(&pixels)) else {
            panic!("all are strays");
        };
        assert_eq!((pixels, strays.len()), (5000, MOST_STRAYS + 1));
        assert_eq!(strays.iter().map(|stray| stray.pixels).sum::<usize>(), 5000);
        assert_eq!(strays[MOST_STRAYS].what, "4000 other values");
    }

    #[test]
    fn colours_become_classes_in_the_order_of_the_list() {
        let rule = LabelEncoding::colours([("rv", [255, 0, 0]), ("lv", [0, 0, 255])]);
        let file = picture(&[[0; 3], [0, 0, 255], [255, 0, 0]]);
        assert_eq!(rule.labels(&file).unwrap().data(), [0, 2, 1]);
    }

    #[test]
    fn strays_are_listed_taken_by_tolerance_or_dropped() {
        let rule = LabelEncoding::colours([("liver", [180, 40, 40])]);
        let file = picture(&[[180, 40, 40], [175, 44, 39], [90, 20, 20], [90, 20, 20]]);
        let error = rule.labels(&file).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("3 pixel(s) are of no listed class: colour [90, 20, 20] (2 pixel(s))"),
            "{error}"
        );
        let soft = rule.clone().with_tolerance(8);
        assert!(matches!(soft.labels(&file), Err(MaskError::Strays { pixels: 2, .. })));
        assert_eq!(
            soft.with_stray_as_background().labels(&file).unwrap().data(),
            [1, 1, 0, 0]
        );
    }

    #[test]
    fn three_greys_become_three_classes() {
        let rule = LabelEncoding::values([("myelin", 127), ("axon", 255)]);
        assert_eq!(rule.labels(&grey(&[0, 127, 255])).unwrap().data(), [0, 1, 2]);
        assert!(rule.labels(&grey(&[0, 130])).is_err());
        assert_eq!(
            rule.with_tolerance(3).labels(&grey(&[0, 130, 252])).unwrap().data(),
            [0, 1, 2]
        );
        assert_eq!(
            LabelEncoding::at_least(128.0)
                .labels(&grey(&[0, 127, 128]))
                .unwrap()
                .data(),
            [0, 0, 1]
        );
    }

    #[test]
    fn a_palette_in_colour_gives_its_indices_and_one_in_greys_what_it_shows() {
        let mut file = grey(&[0, 1, 2]);
        file.palette = Some(vec![[0; 3], [255, 0, 0], [0, 255, 0]]);
        assert_eq!(LabelEncoding::numbers().labels(&file).unwrap().data(), [0, 1, 2]);
        file.palette = Some(vec![[255; 3], [127; 3], [0; 3]]);
        assert_eq!(LabelEncoding::numbers().labels(&file).unwrap().data(), [255, 127, 0]);
        let error = LabelEncoding::numbers()
            .labels(&picture(&[[1, 2, 3]]))
            .unwrap_err()
            .to_string();
        assert!(error.contains("coloured (colour [1, 2, 3]"), "{error}");
    }
}

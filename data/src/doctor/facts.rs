//! What is remembered of a pair, so that the files need not stay in memory.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use super::align::Shifts;
use super::values::Values;
use super::{Case, Finding, per_pair};
use crate::formats::{Decoded, SampleType};
use crate::masks::{Drawn, drawn};

/// The side of the small copy that images are compared by.
pub(super) const LOOK: usize = 24;

#[derive(Clone, Debug)]
pub(super) struct PairFacts {
    pub name: String,
    pub image_file: Option<PathBuf>,
    pub mask_file: Option<PathBuf>,
    pub split: Option<String>,
    pub group: Option<String>,
    pub image: Option<ImageFacts>,
    pub mask: Option<MaskFacts>,
    pub shifts: Option<Shifts>,
    pub findings: Vec<Finding>,
}

#[derive(Clone, Debug)]
pub(super) struct ImageFacts {
    pub size: [usize; 3],
    pub channels: usize,
    pub sample_type: SampleType,
    /// Two hashes of shape and values.
    pub content: [u64; 2],
    /// A small grey copy, of mean 0 and length 1; none of a flat image.
    pub look: Option<Vec<f32>>,
    /// From the lowest to the highest value, a quarter per cent at each end left out.
    pub spread: f64,
    /// What the values of such a file can span: 255 of 8 bits.
    pub range: Option<f64>,
}

#[derive(Clone, Debug)]
pub(super) struct MaskFacts {
    /// None of a mask in colours.
    pub values: Option<Values>,
    /// Of all pixels and of those at the border, the part that is not black.
    pub share: f64,
    pub border_share: f64,
    /// Mean of the image inside less that outside.
    pub contrast: Option<f64>,
}

impl PairFacts {
    /// Of a pair that could not be read.
    pub fn unread(name: String, findings: Vec<Finding>) -> Self {
        Self {
            name,
            image_file: None,
            mask_file: None,
            split: None,
            group: None,
            image: None,
            mask: None,
            shifts: None,
            findings,
        }
    }

    pub fn of(case: &Case, findings: Vec<Finding>) -> Self {
        let mut facts = Self {
            image_file: case.image_file.clone(),
            mask_file: case.mask_file.clone(),
            split: case.split.clone(),
            group: case.group.clone(),
            ..Self::unread(case.name.clone(), findings)
        };
        let grey = Grey::of(&case.image);
        let image = ImageFacts::of(&case.image, &grey);
        facts.findings.extend(per_pair::of_image(case, &grey));
        let fits = case.mask.size == case.image.size;
        if !fits {
            facts.findings.push(per_pair::wrong_size(
                &case.name,
                case.mask_file.as_ref(),
                &case.image,
                &case.mask,
            ));
        }
        match drawn(&case.mask) {
            Err(problem) => facts.findings.push(per_pair::odd_mask(case, &problem)),
            Ok(pixels) => {
                let foreground: Vec<bool> = match &pixels {
                    Drawn::Numbers(values) => values.iter().map(|&value| value != 0.0).collect(),
                    Drawn::Colours(colours) => colours.iter().map(|&colour| colour != [0; 3]).collect(),
                };
                let values = match &pixels {
                    Drawn::Numbers(values) => Some(Values::of(values, case.mask.size)),
                    Drawn::Colours(_) => None,
                };
                facts.findings.extend(per_pair::of_mask(case, &pixels, values.as_ref()));
                if fits {
                    facts.shifts = Shifts::of(&grey, &pixels, case.mask.size);
                }
                facts.mask = Some(MaskFacts {
                    share: share(foreground.iter().copied()),
                    border_share: share(border(&foreground, case.mask.size)),
                    contrast: fits.then(|| contrast(&grey, &foreground)),
                    values,
                });
            }
        }
        facts.image = Some(image);
        facts
    }
}

/// The mean of the channels of the first frame, with infinities and the like as 0.
pub(super) struct Grey {
    pub values: Vec<f32>,
    pub size: [usize; 3],
    pub odd: usize,
}

impl Grey {
    fn of(image: &Decoded) -> Self {
        let voxels: usize = image.size.iter().product();
        // Transparency is no brightness.
        let channels = match image.channels {
            2 | 4 => image.channels - 1,
            other => other,
        };
        let mut odd = 0;
        let mut values = vec![0f32; voxels];
        for channel in 0..channels {
            for (i, value) in values.iter_mut().enumerate() {
                let number = image.slope * image.samples.get(channel * voxels + i) + image.intercept;
                match number.is_finite() {
                    true => *value += (number / channels as f64) as f32,
                    false => odd += 1,
                }
            }
        }
        if let Some(palette) = &image.palette {
            let level = |i: usize| {
                palette
                    .get(image.samples.get(i) as usize)
                    .map_or(0.0, |c| c.iter().map(|&p| f32::from(p)).sum::<f32>() / 3.0)
            };
            values = (0..voxels).map(level).collect();
        }
        Self {
            values,
            size: image.size,
            odd,
        }
    }

    pub fn slice(&self, z: usize) -> &[f32] {
        let area = self.size[1] * self.size[2];
        &self.values[z * area..(z + 1) * area]
    }
}

impl ImageFacts {
    fn of(image: &Decoded, grey: &Grey) -> Self {
        let hash = |seed: u8| {
            let mut hasher = DefaultHasher::new();
            (seed, image.channels, image.size, image.frames).hash(&mut hasher);
            image.samples.each_as_f64(|value| hasher.write_u64(value.to_bits()));
            hasher.finish()
        };
        let range = match (image.full_scale, image.sample_type()) {
            (Some(white), _) => Some(white),
            (None, SampleType::U8) => Some(255.0),
            _ => None,
        };
        Self {
            size: image.size,
            channels: image.channels,
            sample_type: image.sample_type(),
            content: [hash(0), hash(1)],
            look: look(grey),
            spread: spread(&grey.values),
            range,
        }
    }
}

/// Sorted, of at most 50,000 values.
fn spread(values: &[f32]) -> f64 {
    let step = values.len() / 50_000 + 1;
    let mut some: Vec<f32> = values.iter().step_by(step).copied().collect();
    some.sort_by(f32::total_cmp);
    let cut = some.len() / 400;
    match (some.get(cut), some.get(some.len().saturating_sub(cut + 1))) {
        (Some(low), Some(high)) => f64::from(high - low),
        _ => 0.0,
    }
}

/// Means of parts of the middle slice.
fn look(grey: &Grey) -> Option<Vec<f32>> {
    let [depth, height, width] = grey.size;
    if depth == 0 || height < LOOK || width < LOOK {
        return None;
    }
    let slice = grey.slice(depth / 2);
    let mut small = Vec::with_capacity(LOOK * LOOK);
    for row in 0..LOOK {
        for column in 0..LOOK {
            let (rows, columns) = (
                row * height / LOOK..(row + 1) * height / LOOK,
                column * width / LOOK..(column + 1) * width / LOOK,
            );
            let count = rows.len() * columns.len();
            let sum: f32 = rows
                .map(|y| {
                    slice[y * width + columns.start..y * width + columns.end]
                        .iter()
                        .sum::<f32>()
                })
                .sum();
            small.push(sum / count.max(1) as f32);
        }
    }
    let mean = small.iter().sum::<f32>() / small.len() as f32;
    small.iter_mut().for_each(|value| *value -= mean);
    let length = small.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length.is_nan() || length <= 1e-6 {
        return None;
    }
    small.iter_mut().for_each(|value| *value /= length);
    Some(small)
}

fn share(inside: impl Iterator<Item = bool>) -> f64 {
    let (mut count, mut all) = (0usize, 0usize);
    for inside in inside {
        count += usize::from(inside);
        all += 1;
    }
    count as f64 / all.max(1) as f64
}

/// The outermost pixels of every slice.
fn border(foreground: &[bool], [_, height, width]: [usize; 3]) -> impl Iterator<Item = bool> {
    let area = (height * width).max(1);
    let is_outer = move |place: usize| {
        let (y, x) = (place % area / width.max(1), place % width.max(1));
        y == 0 || x == 0 || y + 1 == height || x + 1 == width
    };
    foreground
        .iter()
        .enumerate()
        .filter(move |(place, _)| is_outer(*place))
        .map(|(_, &inside)| inside)
}

fn contrast(grey: &Grey, foreground: &[bool]) -> f64 {
    let mut sums = [(0.0, 0usize); 2];
    for (&value, &inside) in grey.values.iter().zip(foreground) {
        let sum = &mut sums[usize::from(inside)];
        *sum = (sum.0 + f64::from(value), sum.1 + 1);
    }
    let mean = |(sum, count): (f64, usize)| sum / count.max(1) as f64;
    if sums.iter().any(|sum| sum.1 == 0) {
        0.0
    } else {
        mean(sums[1]) - mean(sums[0])
    }
}

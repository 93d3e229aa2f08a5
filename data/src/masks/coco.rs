//! Annotations in COCO's JSON form, as FracAtlas has them.

use std::path::Path;

use serde::Deserialize;

use super::combine::Numbering;
use super::{FillRule, Instances, MaskError, Polygon, RunLengths, bytes_of, in_file, listed};
use crate::formats::{self, Limits};
use crate::{DataError, LabelMap, Mask};

/// A file of COCO annotations.
///
/// ```
/// use unet_lab_data::masks::Coco;
/// let file = Coco::parse(br#"{
///     "images": [{"id": 1, "file_name": "a.jpg", "width": 4, "height": 3}],
///     "categories": [{"id": 0, "name": "fractured"}],
///     "annotations": [{"id": 7, "image_id": 1, "category_id": 0, "segmentation": [[0, 0, 2, 0, 2, 2, 0, 2]]}]
/// }"#)?;
/// let image = file.image("images/a.jpg").unwrap();
/// assert_eq!(file.mask(image, None)?.count(), 4);
/// # Ok::<(), unet_lab_data::masks::MaskError>(())
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Coco {
    /// The pictures.
    pub images: Vec<CocoImage>,
    /// The classes.
    #[serde(default)]
    pub categories: Vec<CocoCategory>,
    /// The objects.
    pub annotations: Vec<CocoAnnotation>,
}

/// A picture of a COCO file.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct CocoImage {
    /// The number by which annotations name it.
    pub id: u64,
    /// Its file.
    pub file_name: String,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// A class of a COCO file.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct CocoCategory {
    /// The number by which annotations name it; not always from 1 up.
    pub id: u64,
    /// Its name.
    pub name: String,
}

/// One object of a COCO file.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct CocoAnnotation {
    /// The picture that it is on.
    pub image_id: u64,
    /// Its class.
    pub category_id: u64,
    #[serde(default)]
    segmentation: Option<Segmentation>,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Segmentation {
    Polygons(Vec<Vec<f64>>),
    Runs { counts: Counts, size: [usize; 2] },
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Counts {
    Text(String),
    Numbers(Vec<u32>),
}

impl Coco {
    /// From the file's bytes.
    ///
    /// # Errors
    /// [`MaskError::Damaged`] for what is no JSON of this form, with line and column.
    pub fn parse(bytes: &[u8]) -> Result<Self, MaskError> {
        serde_json::from_slice(bytes)
            .map_err(|error| MaskError::Damaged(format!("it is no COCO file: {}", short(&error))))
    }

    /// From a file.
    ///
    /// # Errors
    /// [`DataError::File`] and [`DataError::Annotation`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, DataError> {
        let path = path.as_ref();
        Self::parse(&bytes_of(path)?).map_err(|problem| in_file(path, problem))
    }

    /// The picture with this file name; folders before the name do not count.
    pub fn image(&self, file: impl AsRef<Path>) -> Option<&CocoImage> {
        let name = file.as_ref().file_name()?;
        self.images
            .iter()
            .find(|image| Path::new(&image.file_name).file_name() == Some(name))
    }

    /// The number of a class.
    ///
    /// # Errors
    /// [`MaskError::Missing`] with the names that there are.
    pub fn category(&self, name: &str) -> Result<u64, MaskError> {
        let found = self
            .categories
            .iter()
            .find(|category| category.name.eq_ignore_ascii_case(name));
        found.map(|category| category.id).ok_or_else(|| {
            let names = self.categories.iter().map(|category| category.name.as_str());
            MaskError::Missing(format!("there is no class {name}, only {}", listed(names)))
        })
    }

    /// All objects of a picture as one mask; those of one class where one is given.
    ///
    /// # Errors
    /// [`MaskError`] for shapes that cannot be drawn.
    pub fn mask(&self, image: &CocoImage, category: Option<u64>) -> Result<Mask, MaskError> {
        let mut all = blank(image)?;
        for object in self.of(image, category) {
            object.draw(image, |place| all[place] = true)?;
        }
        Mask::new(image.width, image.height, all).map_err(|error| MaskError::Damaged(error.to_string()))
    }

    /// The objects of a picture by class: 1 for the first of `categories`, 2 for the second; where two overlap, the later annotation's.
    ///
    /// # Errors
    /// As [`Coco::mask`].
    pub fn labels(&self, image: &CocoImage, categories: &[u64]) -> Result<LabelMap, MaskError> {
        let mut labels = vec![0; blank(image)?.len()];
        for object in self.of(image, None) {
            if let Some(class) = categories.iter().position(|&id| id == object.category_id) {
                object.draw(image, |place| labels[place] = class as u32 + 1)?;
            }
        }
        LabelMap::new(labels, &[image.height, image.width]).map_err(|error| MaskError::Damaged(error.to_string()))
    }

    /// The objects of a picture, numbered.
    ///
    /// # Errors
    /// As [`Coco::mask`]; [`MaskError::Missing`] if there is no object.
    pub fn instances(&self, image: &CocoImage, category: Option<u64>) -> Result<Instances, MaskError> {
        blank(image)?;
        let mut numbering = Numbering::new([image.height, image.width]);
        for object in self.of(image, category) {
            numbering.begin();
            object.draw(image, |place| numbering.mark(place))?;
        }
        numbering.finish()
    }

    fn of(&self, image: &CocoImage, category: Option<u64>) -> impl Iterator<Item = &CocoAnnotation> {
        let id = image.id;
        self.annotations
            .iter()
            .filter(move |object| object.image_id == id && category.is_none_or(|wanted| object.category_id == wanted))
    }
}

/// The message with its place, without the whole of a long text that was found where a number should be.
fn short(error: &serde_json::Error) -> String {
    let place = format!("line {} column {}", error.line(), error.column());
    let text = error.to_string();
    match text.strip_suffix(&format!(" at {place}")) {
        Some(text) if text.len() > 200 => format!("{} at {place}", formats::shown(text)),
        _ => text,
    }
}

fn blank(image: &CocoImage) -> Result<Vec<bool>, MaskError> {
    // Four bytes a pixel: a label map.
    Limits::with_bytes(1 << 32).check(&[image.height, image.width], 4)?;
    Ok(vec![false; image.height * image.width])
}

impl CocoAnnotation {
    /// Calls with each pixel of the object, counted row by row.
    fn draw(&self, image: &CocoImage, mut pixel: impl FnMut(usize)) -> Result<(), MaskError> {
        let mut all = |inside: Vec<bool>| {
            inside
                .iter()
                .enumerate()
                .filter(|(_, inside)| **inside)
                .for_each(|(i, _)| pixel(i))
        };
        match &self.segmentation {
            None => {}
            Some(Segmentation::Polygons(polygons)) => {
                for corners in polygons {
                    let (pairs, rest) = corners.as_chunks();
                    if !rest.is_empty() {
                        return Err(MaskError::Damaged(format!(
                            "a polygon has {} numbers, an odd one",
                            corners.len()
                        )));
                    }
                    all(Polygon::new(pairs.to_vec())?.fill(image.width, image.height, FillRule::Coco));
                }
            }
            Some(Segmentation::Runs { counts, size }) => {
                if *size != [image.height, image.width] {
                    return Err(MaskError::Size {
                        found: size.to_vec(),
                        expected: vec![image.height, image.width],
                    });
                }
                let runs = match counts {
                    Counts::Text(text) => RunLengths::from_text(text, *size)?,
                    Counts::Numbers(counts) => RunLengths::new(counts.clone(), *size)?,
                };
                all(runs.fill());
            }
        }
        Ok(())
    }
}

//! A folder of volumes with a folder of labels, as the Medical Segmentation Decathlon and nnU-Net have them.

use std::fs;
use std::path::{Path, PathBuf};

use super::folder::file_name;
use super::formats::{Decoded, read};
use super::names::{natural, stem};
use super::volume_files::named;
use super::{DataError, Geometry, LabelMap, PairFiles, Volume};

/// The folders of images and of their labels, by their usual names.
const FOLDERS: [(&str, &str); 4] = [
    ("imagesTr", "labelsTr"),
    ("images", "labels"),
    ("images", "masks"),
    ("image", "label"),
];

/// The endings of volumes, the longest first.
const ENDINGS: [&str; 11] = [
    ".nii.gz", ".hdr.gz", ".nii", ".hdr", ".mha", ".mhd", ".nrrd", ".nhdr", ".npy", ".npz", ".dcm",
];

/// How far the corners of image and labels may lie apart, in voxels: files round their positions differently.
const TOLERANCE: f64 = 0.1;

/// Cases of one image volume (or one file a channel) and its labels, read when asked for.
///
/// The labels of `imagesTr/x.nii.gz` are `labelsTr/x.nii.gz`, in any format of [`formats`](crate::formats). Where the images are called
/// `x_0000.nii.gz`, `x_0001.nii.gz` and so on (nnU-Net), each is a channel of case `x`. Files whose name begins with a dot are passed over:
/// the archives of the Decathlon hold some. Taught in unit 09 (volumes).
///
/// ```
/// use unet_lab_data::{Geometry, LabelMap, Volume, VolumeFolder, formats::{save_nifti, save_nifti_labels}};
/// let folder = tempfile::tempdir()?;
/// let image = Volume::new(vec![0.5; 24], 1, [2, 3, 4], [1.0; 3])?;
/// save_nifti(&image, folder.path().join("imagesTr/case_1.nii.gz"))?;
/// let labels = LabelMap::new(vec![1; 24], &[2, 3, 4])?;
/// save_nifti_labels(&labels, image.geometry(), folder.path().join("labelsTr/case_1.nii.gz"))?;
///
/// let cases = VolumeFolder::open(folder.path())?;
/// assert_eq!(cases.names().collect::<Vec<_>>(), ["case_1"]);
/// let (image, labels) = cases.load(0)?;
/// assert_eq!(image.size(), labels.size());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct VolumeFolder {
    cases: Vec<Case>,
    tolerance: f64,
}

#[derive(Clone, Debug)]
struct Case {
    name: String,
    channels: Vec<PathBuf>,
    labels: PathBuf,
}

impl VolumeFolder {
    /// Finds the cases of a folder that has the folders `imagesTr` and `labelsTr`, `images` and `labels`, or `images` and `masks`. No volume is
    /// read yet.
    ///
    /// # Errors
    /// [`DataError::MissingFolder`], [`DataError::EmptyFolder`], or [`DataError::Unpaired`] for an image without labels.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, DataError> {
        let path = path.as_ref();
        let is_there = |(images, labels): &&(&str, &str)| path.join(images).is_dir() && path.join(labels).is_dir();
        match FOLDERS.iter().find(is_there) {
            Some((images, labels)) => Self::open_with(path, images, labels),
            None => Err(DataError::MissingFolder {
                path: path.join(FOLDERS[0].0),
                hint: format!(
                    "looked for the folders {}; give others with VolumeFolder::open_with(path, images, labels)",
                    FOLDERS
                        .map(|(images, labels)| format!("{images} and {labels}"))
                        .join(", or ")
                ),
            }),
        }
    }

    /// As [`VolumeFolder::open`], with the names of the two folders.
    ///
    /// # Errors
    /// As [`VolumeFolder::open`].
    pub fn open_with(
        path: impl AsRef<Path>,
        images: impl AsRef<Path>,
        labels: impl AsRef<Path>,
    ) -> Result<Self, DataError> {
        let image_folder = path.as_ref().join(images);
        let label_folder = path.as_ref().join(labels);
        let labels = volumes(&label_folder)?;
        let mut cases: Vec<Case> = Vec::new();
        for (stem, file) in volumes(&image_folder)? {
            let of = |name: &str| {
                labels
                    .iter()
                    .find(|(other, _)| other == name)
                    .map(|(_, file)| file.clone())
            };
            let channel_of = channel(&stem).and_then(|name| Some((name.to_owned(), of(name)?)));
            let is_channel = of(&stem).is_none();
            let (name, labels) = match of(&stem).map(|labels| (stem.clone(), labels)).or(channel_of) {
                Some(case) => case,
                None => {
                    let example = labels.first().map(|(_, file)| file_name(file)).unwrap_or_default();
                    return Err(DataError::Unpaired {
                        image: file,
                        problem: "no labels".to_owned(),
                        hint: format!(
                            "looked for {stem}.nii.gz (or another ending) in {}, where labels are called like {example}. Add the labels, \
                             rename them, or take the image out of the folder",
                            label_folder.display()
                        ),
                    });
                }
            };
            match cases.iter_mut().rev().find(|case| case.name == name) {
                Some(case) if is_channel => case.channels.push(file),
                Some(case) => {
                    let other = case.channels.first().map(|file| file_name(file)).unwrap_or_default();
                    return Err(DataError::Unpaired {
                        image: file,
                        problem: format!("the same name as {other}"),
                        hint: "take one of them out of the folder".to_owned(),
                    });
                }
                None => cases.push(Case {
                    name,
                    channels: vec![file],
                    labels,
                }),
            }
        }
        Ok(Self {
            cases,
            tolerance: TOLERANCE,
        })
    }

    /// How far corners of image and labels may lie apart, as a part of the smallest side of a voxel; 0.1 without this. Infinity lets labels
    /// without a position be used: then only the sizes must agree.
    pub fn with_tolerance(self, voxels: f64) -> Self {
        Self {
            tolerance: voxels,
            ..self
        }
    }

    /// The number of cases.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// The names of the cases, in natural order (case_2 before case_10).
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.cases.iter().map(|case| case.name.as_str())
    }

    /// Every image file with its labels, in that order. A case of several channels gives a pair a channel, in a group of the case's name.
    pub fn files(&self) -> Vec<PairFiles> {
        let pair = |case: &Case, image: &PathBuf| PairFiles {
            name: stem(image),
            image: image.clone(),
            masks: vec![case.labels.clone()],
            group: (case.channels.len() > 1).then(|| case.name.clone()),
        };
        self.cases
            .iter()
            .flat_map(|case| case.channels.iter().map(move |image| pair(case, image)))
            .collect()
    }

    /// Reads image and labels of case `i`. The labels have the image's spacing.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there is no such case or the labels are none; [`DataError::GridsDiffer`] if sizes or positions differ; those of
    /// [`load_volume`](crate::load_volume).
    pub fn load(&self, i: usize) -> Result<(Volume, LabelMap), DataError> {
        let case = self.cases.get(i).ok_or_else(|| {
            DataError::Argument(format!("case {i} of {}: cases are counted from 0", self.cases.len()))
        })?;
        let labels = read(&case.labels)?;
        let mut image: Option<Volume> = None;
        for path in &case.channels {
            let decoded = read(path)?;
            self.check(path, &decoded, &case.labels, &labels)?;
            let channel = decoded.volume().map_err(|error| named(path, error))?;
            image = Some(match image {
                None => channel,
                Some(before) => stacked(before, &channel)?,
            });
        }
        let image = image.ok_or_else(|| DataError::Argument(format!("case {} has no image", case.name)))?;
        let mut map = labels.labels().map_err(|error| named(&case.labels, error))?;
        if map.size().len() == 2 {
            // A file of two axes beside a volume of one slice.
            map = LabelMap::new(map.data().to_vec(), &image.size())?;
        }
        let map = map.with_spacing(&image.spacing())?;
        Ok((image, map))
    }

    fn check(&self, image: &Path, file: &Decoded, labels: &Path, label_file: &Decoded) -> Result<(), DataError> {
        let differ = |difference: String| {
            Err(DataError::GridsDiffer {
                image: image.to_owned(),
                labels: labels.to_owned(),
                difference,
            })
        };
        if file.size != label_file.size {
            return differ(format!(
                "{:?} against {:?} voxels (depth, height, width; labels first)",
                label_file.size, file.size
            ));
        }
        let apart = corners_apart(&label_file.geometry, &file.geometry, file.size);
        let allowed = self.tolerance * file.geometry.spacing().into_iter().fold(f64::INFINITY, f64::min);
        match apart <= allowed {
            true => Ok(()),
            false => differ(format!(
                "their corners lie up to {apart:.3} mm apart ({} against {}; labels first)",
                described(&label_file.geometry),
                described(&file.geometry)
            )),
        }
    }
}

fn described(geometry: &Geometry) -> String {
    let listed = |parts: [f64; 3]| parts.map(|part| format!("{part:.4}")).join(", ");
    format!(
        "spacing {}, origin {}, orientation {}",
        listed(geometry.spacing()),
        listed(geometry.origin()),
        geometry.orientation()
    )
}

/// The greatest distance between the same corners of two grids of one size, in mm.
fn corners_apart(a: &Geometry, b: &Geometry, size: [usize; 3]) -> f64 {
    let corners = (0..8usize).map(|corner| {
        [0, 1, 2].map(|axis: usize| {
            if corner >> axis & 1 == 1 {
                (size[axis] - 1) as f64
            } else {
                0.0
            }
        })
    });
    let distance = |voxel| {
        let (p, q) = (a.point(voxel), b.point(voxel));
        p.iter().zip(q).map(|(p, q)| (p - q) * (p - q)).sum::<f64>().sqrt()
    };
    corners.map(distance).fold(0.0, f64::max)
}

fn stacked(first: Volume, second: &Volume) -> Result<Volume, DataError> {
    let data = [first.data(), second.data()].concat();
    let volume = Volume::new(
        data,
        first.channels() + second.channels(),
        first.size(),
        first.spacing(),
    )?;
    Ok(volume.with_geometry(*first.geometry()))
}

/// The case's name where a channel's number of four digits follows it: `x` of `x_0001`.
fn channel(stem: &str) -> Option<&str> {
    let (name, number) = stem.rsplit_once('_')?;
    (number.len() == 4 && number.bytes().all(|digit| digit.is_ascii_digit())).then_some(name)
}

/// Whether a file is a volume by its ending.
pub(super) fn is_volume(path: &Path) -> bool {
    let name = file_name(path).to_lowercase();
    !name.starts_with('.') && ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The files of volumes in a folder, with their names without ending, in natural order.
fn volumes(folder: &Path) -> Result<Vec<(String, PathBuf)>, DataError> {
    let entries = fs::read_dir(folder).map_err(|error| DataError::MissingFolder {
        path: folder.to_owned(),
        hint: format!("the system says: {error}"),
    })?;
    let mut found = Vec::new();
    let mut other = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = file_name(&path);
        let ending = ENDINGS.iter().find(|ending| name.to_lowercase().ends_with(*ending));
        match ending.and_then(|ending| name.get(..name.len() - ending.len())) {
            _ if name.starts_with('.') => {}
            Some(stem) => found.push((stem.to_owned(), path)),
            None => other.push(name),
        }
    }
    if found.is_empty() {
        return Err(DataError::EmptyFolder {
            path: folder.to_owned(),
            expected: ENDINGS.join(", "),
            found: match other.len() {
                0 => "nothing".to_owned(),
                count => format!("{count} other file(s), such as {}", other[0]),
            },
        });
    }
    found.sort_by_cached_key(|(stem, _)| natural(stem));
    Ok(found)
}

#[cfg(test)]
#[path = "volume_folder_tests.rs"]
mod tests;

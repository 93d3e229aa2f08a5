//! Which files a person means by a place of images and a place of masks.

use std::path::Path;

use super::CaseFiles;
use crate::volume_folder::is_volume;
use crate::{DataError, PairFiles, PairFolder, VolumeFolder};

/// Finds the pairs of a folder of images and one of masks (pictures or volumes), or takes two files as one pair. Without masks, both kinds
/// are looked for in the first folder.
///
/// ```
/// use unet_lab_data::{Geometry, LabelMap, Volume, doctor::{Search, examine_files}, formats::{save_nifti, save_nifti_labels}};
/// let folder = tempfile::tempdir()?;
/// let (images, labels) = (folder.path().join("ct"), folder.path().join("liver"));
/// let image = Volume::new((0..24).map(|i| i as f32).collect(), 1, [2, 3, 4], [1.0; 3])?;
/// save_nifti(&image, images.join("case_1.nii.gz"))?;
/// save_nifti_labels(&LabelMap::new(vec![0; 24], &[2, 3, 4])?, image.geometry(), labels.join("case_1.nii.gz"))?;
///
/// let report = examine_files(&Search::new(&images).with_masks(&labels).files()?);
/// assert!(report.to_string().contains("empty mask"), "{report}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Search<'a> {
    images: &'a Path,
    masks: Option<&'a Path>,
    mask_suffix: Option<&'a str>,
    group_before: Option<&'a str>,
    split: Option<&'a str>,
}

impl<'a> Search<'a> {
    /// Images in this folder, or this one image.
    pub fn new(images: &'a Path) -> Self {
        Self {
            images,
            masks: None,
            mask_suffix: None,
            group_before: None,
            split: None,
        }
    }

    /// Masks in this folder, or this one mask.
    pub fn with_masks(self, masks: &'a Path) -> Self {
        Self {
            masks: Some(masks),
            ..self
        }
    }

    /// See [`PairFolder::with_mask_suffix`].
    pub fn with_mask_suffix(self, suffix: &'a str) -> Self {
        Self {
            mask_suffix: Some(suffix),
            ..self
        }
    }

    /// See [`PairFolder::with_group_before`].
    pub fn with_group_before(self, text: &'a str) -> Self {
        Self {
            group_before: Some(text),
            ..self
        }
    }

    /// Says that the pairs are of this part of a split: pairs of different parts must not be alike.
    pub fn with_split(self, split: &'a str) -> Self {
        Self {
            split: Some(split),
            ..self
        }
    }

    /// The pairs, by name. No file is opened.
    ///
    /// # Errors
    /// [`DataError::MissingFolder`], [`DataError::EmptyFolder`], or [`DataError::Unpaired`] for an image without a mask.
    pub fn files(&self) -> Result<Vec<CaseFiles>, DataError> {
        let pairs = match self.masks {
            Some(mask) if self.images.is_file() && mask.is_file() => vec![PairFiles {
                name: crate::names::stem(self.images),
                image: self.images.to_owned(),
                masks: vec![mask.to_owned()],
                group: None,
            }],
            Some(masks) if holds_volumes(self.images) => VolumeFolder::open_with("", self.images, masks)?.files(),
            None if !holds_pictures(self.images) && VolumeFolder::open(self.images).is_ok() => {
                VolumeFolder::open(self.images)?.files()
            }
            masks => self.pictures(masks)?,
        };
        let split = self.split.map(str::to_owned);
        Ok(pairs
            .into_iter()
            .map(|pair| CaseFiles {
                pair,
                split: split.clone(),
            })
            .collect())
    }

    fn pictures(&self, masks: Option<&Path>) -> Result<Vec<PairFiles>, DataError> {
        let mut folder = match masks {
            Some(masks) => PairFolder::open_with("", self.images, masks)?,
            None => PairFolder::open(self.images)?,
        };
        if let Some(suffix) = self.mask_suffix {
            folder = folder.with_mask_suffix(suffix);
        }
        if let Some(text) = self.group_before {
            folder = folder.with_group_before(text);
        }
        folder.files()
    }
}

fn holds_volumes(folder: &Path) -> bool {
    holds(folder, is_volume)
}

fn holds_pictures(folder: &Path) -> bool {
    holds(folder, crate::layout::is_picture)
}

fn holds(folder: &Path, kind: fn(&Path) -> bool) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(|entry| kind(&entry.path())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    /// A folder with these empty files.
    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    fn found(search: Search) -> Vec<(String, Option<String>)> {
        let files = search.files().unwrap().into_iter();
        files.map(|case| (case.pair.name, case.pair.group)).collect()
    }

    #[test]
    fn channels_of_a_case_are_one_group() {
        let folder = folder(&[
            "mr/p1_0000.nii.gz",
            "mr/p1_0001.nii.gz",
            "mr/p2_0000.nii.gz",
            "seg/p1.nii.gz",
            "seg/p2.nii.gz",
        ]);
        let (images, masks) = (folder.path().join("mr"), folder.path().join("seg"));
        let group = || Some("p1".to_owned());
        assert_eq!(
            found(Search::new(&images).with_masks(&masks)),
            [
                ("p1_0000".to_owned(), group()),
                ("p1_0001".to_owned(), group()),
                ("p2_0000".to_owned(), None)
            ]
        );
    }

    #[test]
    fn two_files_are_a_pair_whatever_their_names() {
        let folder = folder(&["scan.nii.gz", "left lung.mha"]);
        let (image, mask) = (folder.path().join("scan.nii.gz"), folder.path().join("left lung.mha"));
        let files = Search::new(&image)
            .with_masks(&mask)
            .with_split("test")
            .files()
            .unwrap();
        assert_eq!(
            (&files[0].pair.image, &files[0].pair.masks),
            (&image, &vec![mask.clone()])
        );
        assert_eq!((files.len(), files[0].split.as_deref()), (1, Some("test")));
    }

    #[test]
    fn both_kinds_in_one_folder_are_found_without_masks() {
        let pictures = folder(&["images/a_1.png", "images/a_2.png", "masks/a_1_x.png", "masks/a_2_x.png"]);
        let search = Search::new(pictures.path())
            .with_mask_suffix("_x")
            .with_group_before("_");
        let group = || Some("a".to_owned());
        assert_eq!(
            found(search),
            [("a_1".to_owned(), group()), ("a_2".to_owned(), group())]
        );

        let volumes = folder(&["imagesTr/b.nii", "labelsTr/b.nii"]);
        assert_eq!(found(Search::new(volumes.path())), [("b".to_owned(), None)]);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let none = PathBuf::from("no such folder");
        let error = Search::new(&none).with_masks(&none).files().unwrap_err();
        assert!(error.to_string().contains("no such folder"), "{error}");
    }
}

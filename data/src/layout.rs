//! Where images and masks are in a folder.

use super::DataError;
use super::folder::file_name;
use super::names::{MASK_WORDS, SEPARATORS, belongs, ending};
use super::raster::ENDINGS;
use std::path::{Path, PathBuf};

const IMAGE_FOLDERS: [&str; 8] = ["images", "image", "imgs", "img", "inputs", "input", "raw", "original"];
/// The first observer's, where there are two, and before a field of view in a folder called mask (DRIVE, HRF).
const MASK_FOLDERS: [&str; 19] = [
    "1st_manual",
    "manual1",
    "labels-ah",
    "segmentation1",
    "masks",
    "mask",
    "labels",
    "label",
    "annotations",
    "annotation",
    "segmentations",
    "segmentation",
    "seg",
    "groundtruth",
    "ground_truth",
    "gt",
    "truth",
    "manual",
    "targets",
];
/// Where images and masks are: one part for most folders, several for a folder of folders.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub parts: Vec<Part>,
    pub suffix: Option<String>,
    pub skips_unpaired: bool,
}

/// A folder of images with one of masks. Side by side, both folders are the same.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub images: PathBuf,
    pub masks: PathBuf,
    /// One image with one mask an object, in folders of its own (DSB2018).
    pub is_one_image: bool,
}

/// How far down a folder in a folder in a folder is looked for.
const DEEPEST: usize = 3;

impl Layout {
    /// Finds the two folders by their usual names.
    pub fn discover(path: &Path) -> Result<Self, DataError> {
        if !path.is_dir() {
            let here = std::env::current_dir()
                .map(|d| d.display().to_string())
                .unwrap_or_default();
            let hint = if path.exists() {
                "it is a file. Give the folder that holds it".into()
            } else if path.is_relative() {
                format!("looked for it in {here}. Check the spelling, or give the whole path")
            } else {
                "check the spelling".into()
            };
            return Err(DataError::MissingFolder {
                path: path.into(),
                hint,
            });
        }
        Self {
            parts: parts(path, 0)?,
            suffix: None,
            skips_unpaired: false,
        }
        .checked()
    }

    /// Takes the two folders that the caller names.
    pub fn named(path: &Path, images: &Path, masks: &Path) -> Result<Self, DataError> {
        for name in [images, masks] {
            let wanted = path.join(name);
            if !wanted.is_dir() {
                let around = wanted.parent().filter(|parent| parent.is_dir());
                let found = around.map(|parent| list(parent, |p| p.is_dir())).transpose()?;
                let hint = match found.unwrap_or_default() {
                    none if none.is_empty() => "check the path".to_owned(),
                    some => {
                        let names: Vec<String> = some.iter().map(|f| file_name(f)).collect();
                        format!("the folders there are: {}. Give two of these", names.join(", "))
                    }
                };
                return Err(DataError::MissingFolder { path: wanted, hint });
            }
        }
        Self {
            parts: vec![Part::of(path.join(images), path.join(masks))],
            suffix: None,
            skips_unpaired: false,
        }
        .checked()
    }

    fn checked(self) -> Result<Self, DataError> {
        for (folder, is_masks) in self
            .parts
            .iter()
            .flat_map(|part| [(&part.images, false), (&part.masks, true)])
        {
            if files(folder, is_masks)?.is_empty() {
                let files = list(folder, |_| true)?;
                let names: Vec<String> = files.iter().take(4).map(|f| file_name(f)).collect();
                let found = match files.len() {
                    0 => "nothing".to_string(),
                    n if n > 4 => format!("{}, ... ({n} in all)", names.join(", ")),
                    _ => names.join(", "),
                };
                return Err(DataError::EmptyFolder {
                    path: folder.clone(),
                    expected: ENDINGS.join(", "),
                    found,
                });
            }
        }
        Ok(self)
    }
}

impl Part {
    fn of(images: PathBuf, masks: PathBuf) -> Self {
        Self {
            images,
            masks,
            is_one_image: false,
        }
    }
}

/// The parts of a folder.
fn parts(path: &Path, depth: usize) -> Result<Vec<Part>, DataError> {
    let folders = list(path, |p| p.is_dir())?;
    let images = named(&folders, &IMAGE_FOLDERS).or_else(|| worded(&folders, &IMAGE_FOLDERS, &MASK_FOLDERS));
    let masks = named(&folders, &MASK_FOLDERS).or_else(|| worded(&folders, &MASK_FOLDERS, &[]));
    match (images, masks) {
        (Some(images), Some(masks)) => return Ok(vec![Part::of(images, masks)]),
        (None, None) => {}
        (images, masks) => return Err(one_folder(path, &folders, images, masks)),
    }
    if pictures(path)?.is_empty() && depth < DEEPEST {
        let numbered = numbered(&folders);
        if !numbered.is_empty() {
            return Ok(numbered);
        }
        let mut all = Vec::new();
        for folder in &folders {
            match parts(folder, depth + 1) {
                Ok(inner) => all.extend(inner),
                Err(error) if folders.len() == 1 => return Err(error),
                Err(_) => {}
            }
        }
        all.retain(|part| pictures(&part.images).is_ok_and(|found| !found.is_empty()));
        // A folder an image: one picture beside a folder of masks named otherwise.
        let each_one = all.len() > 1 && all.iter().all(|part| part.images != part.masks);
        if each_one {
            for part in &mut all {
                part.is_one_image = is_one_image(part)?;
            }
        }
        if !all.is_empty() {
            return Ok(all);
        }
    }
    Ok(vec![Part::of(path.into(), path.into())])
}

fn is_one_image(part: &Part) -> Result<bool, DataError> {
    let (images, masks) = (pictures(&part.images)?, files(&part.masks, true)?);
    Ok(matches!(&images[..], [image] if !masks.iter().any(|mask| belongs(image, mask, None))))
}

fn named(folders: &[PathBuf], names: &[&str]) -> Option<PathBuf> {
    let called = |name: &&str| {
        folders
            .iter()
            .find(|f| file_name(f).eq_ignore_ascii_case(name))
            .cloned()
    };
    names.iter().find_map(called)
}

/// The only folder whose name has one of the words and none of the others, as in "Expert mask images".
fn worded(folders: &[PathBuf], words: &[&str], but: &[&str]) -> Option<PathBuf> {
    let has = |name: &str, any: &[&str]| {
        name.split(|c: char| !c.is_alphanumeric())
            .any(|word| any.contains(&word))
    };
    let mut fitting = folders.iter().filter(|folder| {
        let name = file_name(folder).to_lowercase();
        has(&name, words) && !has(&name, but)
    });
    fitting.next().filter(|_| fitting.next().is_none()).cloned()
}

/// Pairs of folders with one number: `Slide_01` and `GT_01` (TNBC).
fn numbered(folders: &[PathBuf]) -> Vec<Part> {
    let split = |folder: &Path| {
        let name = file_name(folder).to_lowercase();
        let (word, number) = name.rsplit_once(SEPARATORS)?;
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| (MASK_WORDS.contains(&word), number.to_owned()))
    };
    let mut found = Vec::new();
    for masks in folders {
        let Some((true, number)) = split(masks) else { continue };
        let mut own = folders
            .iter()
            .filter(|other| split(other) == Some((false, number.clone())));
        if let (Some(images), None) = (own.next(), own.next()) {
            found.push(Part::of(images.clone(), masks.clone()));
        }
    }
    found
}

fn one_folder(path: &Path, folders: &[PathBuf], images: Option<PathBuf>, masks: Option<PathBuf>) -> DataError {
    // The other folder is the likeliest one to hold what is missing.
    let quoted = |known: Option<&Path>, other: &Option<PathBuf>| {
        let folder = known.or_else(|| {
            folders
                .iter()
                .find(|f| Some(*f) != other.as_ref())
                .map(PathBuf::as_path)
        });
        format!("{:?}", folder.map_or("...".into(), file_name))
    };
    let (found, kind, name) = if images.is_some() {
        ("images", "masks", "masks")
    } else {
        ("masks", "images", "images")
    };
    let names: Vec<String> = folders.iter().map(|f| file_name(f)).collect();
    let hint = format!(
        "found a folder of {found} but none of {kind}, only {}. \
         Name it {name}, or use PairFolder::open_with(path, {}, {})",
        names.join(", "),
        quoted(images.as_deref(), &masks),
        quoted(masks.as_deref(), &images),
    );
    DataError::MissingFolder {
        path: path.join(name),
        hint,
    }
}

/// Whether a file is a picture by its ending.
pub(super) fn is_picture(path: &Path) -> bool {
    let inner = Path::new(path.file_stem().unwrap_or_default());
    match ending(path).as_str() {
        "gz" => matches!(ending(inner).as_str(), "ppm" | "pgm" | "pbm" | "pnm"),
        other => ENDINGS.contains(&other),
    }
}

/// Whether a mask is a file of outlines.
pub(super) fn is_outlines(path: &Path) -> bool {
    ending(path) == "xml"
}

pub(super) fn pictures(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    files(folder, false)
}

pub(super) fn files(folder: &Path, is_masks: bool) -> Result<Vec<PathBuf>, DataError> {
    list(folder, |p| p.is_file() && (is_picture(p) || is_masks && is_outlines(p)))
}

/// What a folder holds, hidden files left out, by name.
pub(super) fn list(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, DataError> {
    let unreadable = |e: std::io::Error| DataError::MissingFolder {
        path: folder.into(),
        hint: format!("it cannot be opened: {e}"),
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if !file_name(&path).starts_with('.') && wanted(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

//! Which file is the mask of which image.

use super::DataError;
use super::folder::file_name;
use super::raster::ENDINGS;
use std::path::{Path, PathBuf};

const IMAGE_FOLDERS: [&str; 8] = ["images", "image", "imgs", "img", "inputs", "input", "raw", "original"];
const MASK_FOLDERS: [&str; 15] = [
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
const MASK_WORDS: [&str; 13] = [
    "mask",
    "masks",
    "label",
    "labels",
    "seg",
    "segmentation",
    "annotation",
    "gt",
    "groundtruth",
    "manual",
    "target",
    "truth",
    "bw",
];
const IMAGE_WORDS: [&str; 4] = ["image", "img", "raw", "input"];
const SEPARATORS: [char; 4] = ['_', '-', '.', ' '];

/// Where images and masks are. Side by side, both folders are the same.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    images: PathBuf,
    pub masks: PathBuf,
    pub suffix: Option<String>,
}

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
        let folders = list(path, |p| p.is_dir())?;
        let named = |names: &[&str]| {
            let called = |name: &&str| {
                folders
                    .iter()
                    .find(|f| file_name(f).eq_ignore_ascii_case(name))
                    .cloned()
            };
            names.iter().find_map(called)
        };
        let (images, masks) = match (named(&IMAGE_FOLDERS), named(&MASK_FOLDERS)) {
            (Some(images), Some(masks)) => (images, masks),
            (None, None) => (path.into(), path.into()),
            (images, masks) => {
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
                return Err(DataError::MissingFolder {
                    path: path.join(name),
                    hint,
                });
            }
        };
        Self {
            images,
            masks,
            suffix: None,
        }
        .checked()
    }

    /// Takes the two folders that the caller names.
    pub fn named(path: &Path, images: &str, masks: &str) -> Result<Self, DataError> {
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
            images: path.join(images),
            masks: path.join(masks),
            suffix: None,
        }
        .checked()
    }

    fn checked(self) -> Result<Self, DataError> {
        for folder in [&self.images, &self.masks] {
            if pictures(folder)?.is_empty() {
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

/// Every image with its mask, in natural order of their names.
pub(super) fn find(layout: &Layout) -> Result<Vec<(PathBuf, PathBuf)>, DataError> {
    let masks = pictures(&layout.masks)?;
    let mut images = pictures(&layout.images)?;
    let side_by_side = layout.images == layout.masks;
    if side_by_side {
        // A file is a mask where its name is another file's name and a mask's ending.
        let all = images.clone();
        images.retain(|file| {
            !all.iter()
                .any(|other| other != file && belongs(other, file, layout.suffix.as_deref()))
        });
    }
    let mut found = Vec::with_capacity(images.len());
    for image in images {
        let mut own: Vec<&PathBuf> = masks
            .iter()
            .filter(|m| **m != image && belongs(&image, m, layout.suffix.as_deref()))
            .collect();
        let exact: Vec<&PathBuf> = own.iter().copied().filter(|m| stem(m) == stem(&image)).collect();
        if exact.len() == 1 && layout.suffix.is_none() {
            own = exact;
        }
        match own[..] {
            [mask] => found.push((image, mask.clone())),
            [] => return Err(no_mask(&image, layout)),
            _ => {
                let names: Vec<String> = own.iter().map(|m| file_name(m)).collect();
                let ending = stem(own[0]).strip_prefix(&stem(&image)).unwrap_or_default().to_string();
                return Err(DataError::Unpaired {
                    image,
                    problem: format!("{} masks ({})", own.len(), names.join(", ")),
                    hint: format!("say which kind to use, as in .with_mask_suffix({ending:?})"),
                });
            }
        }
    }
    found.sort_by_cached_key(|(image, _)| natural(&file_name(image)));
    Ok(found)
}

fn no_mask(image: &Path, layout: &Layout) -> DataError {
    let name = stem(image);
    let looked_for = match &layout.suffix {
        Some(suffix) => format!("{name}{suffix}.png (or another ending)"),
        None => format!("{name}.png, {name}_mask.png and the like"),
    };
    let masks = list(&layout.masks, |p| p.is_file()).unwrap_or_default();
    let example = masks
        .iter()
        .find(|m| m.as_path() != image)
        .map(|m| format!(", where masks are called like {}", file_name(m)));
    DataError::Unpaired {
        image: image.into(),
        problem: "no mask".into(),
        hint: format!(
            "looked for {looked_for} in {}{}. Add the mask, rename it, or take the image out of the folder",
            layout.masks.display(),
            example.unwrap_or_default()
        ),
    }
}

/// Whether a mask's name is made of an image's name: the same, or with a mask's word after it in place of an image's
/// word.
fn belongs(image: &Path, mask: &Path, suffix: Option<&str>) -> bool {
    let (image, mask) = (stem(image).to_lowercase(), stem(mask).to_lowercase());
    if let Some(suffix) = suffix {
        return mask
            .strip_prefix(&image)
            .is_some_and(|rest| rest == suffix.to_lowercase());
    }
    if image == mask {
        return true;
    }
    let base = strip_word(&image, &IMAGE_WORDS).unwrap_or(&image);
    [image.as_str(), base].iter().any(|name| {
        let rest = mask.strip_prefix(name).unwrap_or_default();
        let words: Vec<&str> = rest.split(SEPARATORS).filter(|w| !w.is_empty()).collect();
        // "_mask", "-seg-axon-manual": a separator, then words of which the first means a mask.
        rest.starts_with(SEPARATORS) && words.first().is_some_and(|w| MASK_WORDS.contains(w))
    })
}

fn strip_word<'a>(name: &'a str, words: &[&str]) -> Option<&'a str> {
    let (base, last) = name.rsplit_once(SEPARATORS)?;
    words.contains(&last).then_some(base)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn pictures(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let readable = |p: &Path| {
        p.extension()
            .is_some_and(|e| ENDINGS.contains(&e.to_string_lossy().to_lowercase().as_str()))
    };
    list(folder, |p| p.is_file() && readable(p))
}

/// What a folder holds, hidden files left out, by name.
fn list(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, DataError> {
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

/// A sorting key in which runs of digits count as numbers.
pub(super) fn natural(name: &str) -> Vec<(String, u128)> {
    let mut key = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let text = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let digits = rest[text..]
            .find(|c: char| !c.is_ascii_digit())
            .map_or(rest.len(), |n| text + n);
        key.push((rest[..text].to_lowercase(), rest[text..digits].parse().unwrap_or(0)));
        rest = &rest[digits..];
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_belong_together() {
        let pair = |image: &str, mask: &str| belongs(Path::new(image), Path::new(mask), None);
        for (image, mask) in [
            ("01.png", "01.png"),
            ("a.jpg", "a_mask.png"),
            ("1.jpg", "1-mask.png"),
            ("A.png", "a_Label.tif"),
            ("ISIC_1.jpg", "ISIC_1_segmentation.png"),
            ("x_image.png", "x_mask.png"),
            ("a_SEM.png", "a_SEM_seg-axon-manual.png"),
        ] {
            assert!(pair(image, mask), "{image} {mask}");
        }
        for (image, mask) in [
            ("1.jpg", "11.png"),
            ("1.jpg", "1_2.png"),
            ("a.png", "amask.png"),
            ("1.png", "10_mask.png"),
        ] {
            assert!(!pair(image, mask), "{image} {mask}");
        }
        assert!(belongs(Path::new("a.png"), Path::new("a_1stHO.png"), Some("_1stHO")));
        assert!(!belongs(Path::new("a.png"), Path::new("a.png"), Some("_1stHO")));
    }

    #[test]
    fn numbers_in_names_count() {
        let mut names = ["s10", "s2", "S1", "s2b", "t1"];
        names.sort_by_key(|n| natural(n));
        assert_eq!(names, ["S1", "s2", "s2b", "s10", "t1"]);
    }
}

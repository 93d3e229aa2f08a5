//! Which file is the mask of which image.

use super::DataError;
use super::folder::file_name;
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
const MASK_WORDS: [&str; 17] = [
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
    // The observers of STARE and of CHASE_DB1.
    "ah",
    "vk",
    "1stho",
    "2ndho",
];
const IMAGE_WORDS: [&str; 6] = ["image", "img", "raw", "input", "training", "test"];
const SEPARATORS: [char; 4] = ['_', '-', '.', ' '];

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

/// An image with its mask, or with several that are to be joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub image: PathBuf,
    pub masks: Vec<PathBuf>,
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
    pub fn named(path: &Path, images: &str, masks: &str) -> Result<Self, DataError> {
        for name in [images, masks] {
            if !path.join(name).is_dir() {
                let found: Vec<String> = list(path, |p| p.is_dir())?.iter().map(|f| file_name(f)).collect();
                let hint = format!("the folders there are: {}. Give two of these", found.join(", "));
                return Err(DataError::MissingFolder {
                    path: path.join(name),
                    hint,
                });
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

/// Every image with its mask or masks, in natural order of their names.
pub(super) fn find(layout: &Layout) -> Result<Vec<Found>, DataError> {
    let mut found = Vec::new();
    for part in &layout.parts {
        found.extend(find_in(part, layout)?);
    }
    match found.is_empty() {
        true => Err(DataError::Unpaired {
            image: layout.parts.first().map(|part| part.images.clone()).unwrap_or_default(),
            problem: "no image with a mask".into(),
            hint: "check the names: a mask has its image's name, with an ending such as _mask".into(),
        }),
        false => Ok(found),
    }
}

fn find_in(part: &Part, layout: &Layout) -> Result<Vec<Found>, DataError> {
    let suffix = layout.suffix.as_deref();
    let masks = files(&part.masks, true)?;
    let mut images = pictures(&part.images)?;
    if let (true, [image]) = (part.is_one_image, &images[..]) {
        return Ok(vec![Found {
            image: image.clone(),
            masks,
        }]);
    }
    if part.images == part.masks {
        // A file is a mask where its name is another file's name and a mask's ending.
        let all = images.clone();
        images.retain(|file| !all.iter().any(|other| other != file && belongs(other, file, suffix)));
    }
    let mut found = Vec::with_capacity(images.len());
    for image in images {
        let mut own: Vec<&PathBuf> = masks
            .iter()
            .filter(|m| **m != image && belongs(&image, m, suffix))
            .collect();
        let exact: Vec<&PathBuf> = own.iter().copied().filter(|m| stem(m) == stem(&image)).collect();
        if exact.len() == 1 && suffix.is_none() {
            own = exact;
        }
        match own[..] {
            [] if layout.skips_unpaired => {}
            [] => return Err(no_mask(&image, part, suffix)),
            _ if are_numbered_parts(&own) => found.push(Found {
                image,
                masks: own.into_iter().cloned().collect(),
            }),
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
    found.sort_by_cached_key(|found| natural(&file_name(&found.image)));
    Ok(found)
}

/// One mask, or parts of one that differ in a number at the end: `a_mask`, `a_mask_1` (BUSI).
fn are_numbered_parts(masks: &[&PathBuf]) -> bool {
    let base = |mask: &&PathBuf| {
        let name = stem(mask).to_lowercase();
        let cut = name
            .rsplit_once(SEPARATORS)
            .filter(|(_, end)| end.bytes().all(|b| b.is_ascii_digit()) && !end.is_empty());
        cut.map_or(name.clone(), |(base, _)| base.to_owned())
    };
    let first = masks.first().map(base);
    masks.len() == 1 || masks.iter().all(|mask| Some(base(mask)) == first)
}

fn no_mask(image: &Path, part: &Part, suffix: Option<&str>) -> DataError {
    let name = stem(image);
    let looked_for = match suffix {
        Some(suffix) => format!("{name}{suffix}.png (or another ending)"),
        None => format!("{name}.png, {name}_mask.png and the like"),
    };
    let masks = list(&part.masks, |p| p.is_file()).unwrap_or_default();
    let example = masks
        .iter()
        .find(|m| m.as_path() != image)
        .map(|m| format!(", where masks are called like {}", file_name(m)));
    DataError::Unpaired {
        image: image.into(),
        problem: "no mask".into(),
        hint: format!(
            "looked for {looked_for} in {}{}. Add the mask, rename it, or take the image out of the folder",
            part.masks.display(),
            example.unwrap_or_default()
        ),
    }
}

/// Whether a mask's name is made of an image's name: the same, or with a mask's word after it in place of an image's
/// word.
fn belongs(image: &Path, mask: &Path, suffix: Option<&str>) -> bool {
    let (image, mask) = (stem(image).to_lowercase(), stem(mask).to_lowercase());
    if let Some(suffix) = suffix {
        let rest = mask
            .strip_prefix(&image)
            .and_then(|rest| rest.strip_prefix(&suffix.to_lowercase()));
        // A further part has a number after it.
        return rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(SEPARATORS) && is_number(&rest[1..]));
    }
    if image == mask {
        return true;
    }
    if beginnings_belong(&image, &mask) {
        return true;
    }
    let base = strip_word(&image, &IMAGE_WORDS).unwrap_or(&image);
    [image.as_str(), base].iter().any(|name| {
        let rest = mask.strip_prefix(name).unwrap_or_default();
        let words: Vec<&str> = rest.split(SEPARATORS).filter(|w| !w.is_empty()).collect();
        // "_mask", "-seg-axon-manual": a separator, then words of which the first means a mask.
        rest.starts_with(SEPARATORS) && words.first().is_some_and(|w| is_mask_word(w))
    })
}

/// A word that means a mask, also with an observer's number: `manual1`.
fn is_mask_word(word: &str) -> bool {
    MASK_WORDS.contains(&word) || MASK_WORDS.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit()))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Names that differ at the beginning: `bus_0001-l` and `mask_0001-l` (BUS-BRA), `t012` and `man_seg012` (Cell Tracking Challenge).
fn beginnings_belong(image: &str, mask: &str) -> bool {
    if let (Some(time), Some(frame)) = (image.strip_prefix('t'), mask.strip_prefix("man_seg")) {
        return is_number(time) && time == frame;
    }
    let Some((word, rest)) = mask.split_once(SEPARATORS) else {
        return false;
    };
    let own = image
        .split_once(SEPARATORS)
        .filter(|(word, _)| word.chars().all(char::is_alphabetic));
    MASK_WORDS.contains(&word)
        && (rest == image || own.is_some_and(|(word, own)| own == rest && !MASK_WORDS.contains(&word)))
}

fn strip_word<'a>(name: &'a str, words: &[&str]) -> Option<&'a str> {
    let (base, last) = name.rsplit_once(SEPARATORS)?;
    words.contains(&last).then_some(base)
}

/// The name without its ending, or, of a packed file such as `a.ppm.gz`, without both.
pub(super) fn stem(path: &Path) -> String {
    let plain = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = plain(path);
    match ending(path).as_str() {
        "gz" => plain(Path::new(&name)),
        _ => name,
    }
}

fn ending(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

fn is_picture(path: &Path) -> bool {
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

fn pictures(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    files(folder, false)
}

fn files(folder: &Path, is_masks: bool) -> Result<Vec<PathBuf>, DataError> {
    list(folder, |p| p.is_file() && (is_picture(p) || is_masks && is_outlines(p)))
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
fn natural(name: &str) -> Vec<(String, u128)> {
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
            ("21_training.tif", "21_manual1.gif"),
            ("im0001.ppm.gz", "im0001.ah.ppm.gz"),
            ("Image_01L.jpg", "Image_01L_1stHO.png"),
            ("benign (1).png", "benign (1)_mask_1.png"),
            ("bus_0001-l.png", "mask_0001-l.png"),
            ("t012.tif", "man_seg012.tif"),
            ("TCGA-18.tif", "TCGA-18.xml"),
        ] {
            assert!(pair(image, mask), "{image} {mask}");
        }
        for (image, mask) in [
            ("1.jpg", "11.png"),
            ("1.jpg", "1_2.png"),
            ("a.png", "amask.png"),
            ("1.png", "10_mask.png"),
            ("benign (1).png", "benign (10)_mask.png"),
            ("t012.tif", "man_seg013.tif"),
            ("bus_0001-l.png", "mask_0001-r.png"),
            ("21_training.tif", "22_manual1.gif"),
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

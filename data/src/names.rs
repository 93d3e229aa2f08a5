//! Which names belong together.

use std::path::Path;

pub(super) const MASK_WORDS: [&str; 17] = [
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
pub(super) const SEPARATORS: [char; 4] = ['_', '-', '.', ' '];

/// Whether a mask's name is made of an image's name: the same, or with a mask's word after it in place of an image's
/// word.
pub(super) fn belongs(image: &Path, mask: &Path, suffix: Option<&str>) -> bool {
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

/// What follows the last dot, in lower case.
pub(super) fn ending(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
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

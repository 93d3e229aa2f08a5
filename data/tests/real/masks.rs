//! Masks of real folders, merged and told apart.

use std::path::PathBuf;

use libtest_mimic::Trial;
use unet_lab_data::inspect::{Inspection, inspect};
use unet_lab_data::masks::{LabelEncoding, merge_instances};
use unet_lab_data::*;

use crate::RealData;

pub fn trials(root: &RealData) -> Vec<Trial> {
    vec![
        root.trial("nuclei_are_merged_into_numbered_objects", "nuclei_dsb2018", nuclei),
        root.trial("colours_of_a_heart_become_classes", "cardiac_acdc_png", heart),
        root.trial("a_folder_is_inspected", "retina_chasedb1", folder),
    ]
}

fn nuclei(path: PathBuf) {
    let files = PairFolder::open(&path).unwrap().files().unwrap();
    assert_eq!(
        (files.len(), files.iter().map(|pair| pair.masks.len()).sum::<usize>()),
        (40, 1331)
    );
    let data = PairFolder::open(&path).unwrap().load().unwrap();
    for (pair, loaded) in files.iter().zip(&data) {
        let masks: Vec<Mask> = pair
            .masks
            .iter()
            .map(|mask| load_mask(mask, Foreground::NonZero).unwrap())
            .collect();
        let merged = merge_instances(&masks).unwrap();
        // numpy counts two pixels that lie in two nuclei, in one image of the forty.
        let expected = if pair.name.starts_with("0a7d30b25235") { 2 } else { 0 };
        assert_eq!(merged.overlap, expected, "{}", pair.name);
        assert_eq!(merged.labels.highest() as usize, masks.len(), "{}", pair.name);
        let marked = merged.labels.data().iter().filter(|&&label| label > 0).count();
        assert_eq!(marked, loaded.mask().count(), "{}", pair.name);
    }
}

fn heart(path: PathBuf) {
    let rule = LabelEncoding::colours([("red", [255, 0, 0]), ("green", [0, 255, 0]), ("blue", [0, 0, 255])]);
    let labels = rule.read(path.join("masks/10005.png")).unwrap();
    let count = |class: u32| labels.data().iter().filter(|&&label| label == class).count();
    // Counted with numpy.
    assert_eq!([count(1), count(2), count(3)], [7008, 3657, 4226]);
    let two = LabelEncoding::colours([("red", [255, 0, 0]), ("green", [0, 255, 0])]);
    let error = two.read(path.join("masks/10005.png")).unwrap_err().to_string();
    assert!(
        error.contains("4226 pixel(s) are of no listed class: colour [0, 0, 255]"),
        "{error}"
    );
}

fn folder(path: PathBuf) {
    let found = inspect(&path).unwrap();
    let Inspection::Folder(facts) = &found else {
        panic!("{found}")
    };
    assert_eq!((facts.files, facts.endings["jpg"], facts.endings["png"]), (24, 8, 16));
    assert!(
        facts.unreadable.is_empty() && facts.contents["PNG 960 x 999 uint8"] > 0,
        "{found}"
    );
    let found = inspect(path.join("manual/Image_01L_1stHO.png")).unwrap().to_string();
    assert!(
        found.contains("distinct: 0 (93.03 %), 1 (6.97 %)") && found.contains("bits: 1"),
        "{found}"
    );
}

//! The mask doctor on real folders: the traps that are known to be in them, and no others.

use std::path::PathBuf;

use libtest_mimic::Trial;
use unet_lab_data::doctor::{Kind, Report, examine_folder};
use unet_lab_data::*;

use crate::RealData;

/// A folder, how it is opened, and the kinds that should be found.
type Known = (
    &'static str,
    fn(PathBuf) -> Result<PairFolder, DataError>,
    &'static [Kind],
);

const KNOWN: [Known; 13] = [
    ("em_isbi2012", |path| PairFolder::open(path), &[Kind::SwappedForeground]),
    (
        "lung_tumor_msd06_png",
        |path| Ok(PairFolder::open(path)?.with_group_before("_")),
        &[],
    ),
    ("cxr_lungs_demo", |path| PairFolder::open(path), &[]),
    ("skin_ham10000", |path| PairFolder::open(path), &[Kind::TurnedPalette]),
    (
        "liver_ircad_png",
        |path| Ok(PairFolder::open(path)?.with_group_before("_")),
        &[Kind::ColourCoded],
    ),
    (
        "cardiac_acdc_png",
        |path| PairFolder::open(path),
        &[Kind::EmptyMask, Kind::ColourCoded],
    ),
    ("us_carotid_cca", |path| PairFolder::open(path), &[Kind::NearDuplicates]),
    (
        "us_carotid_cca",
        |path| Ok(PairFolder::open(path)?.with_group_before("_slice")),
        &[],
    ),
    (
        "retina_chasedb1",
        |path| Ok(PairFolder::open_with(path, "images", "manual")?.with_mask_suffix("_1stHO")),
        &[],
    ),
    ("nuclei_dsb2018", |path| PairFolder::open(path), &[Kind::MixedSizes]),
    (
        "sem_axon_myelin",
        |path| Ok(PairFolder::open(path)?.with_mask_suffix("_seg-axon-manual")),
        &[Kind::StrayValues, Kind::MixedSizes],
    ),
    (
        "sem_axon_myelin",
        |path| Ok(PairFolder::open(path)?.with_mask_suffix("_seg-axonmyelin-manual")),
        &[Kind::StrayValues, Kind::InconsistentLabels, Kind::MixedSizes],
    ),
    (
        "sem_axon_myelin",
        |path| Ok(PairFolder::open(path)?.with_mask_suffix("_seg-myelin-manual")),
        &[Kind::StrayValues, Kind::MixedSizes],
    ),
];

pub fn trials(root: &RealData) -> Vec<Trial> {
    let mut trials: Vec<Trial> = KNOWN
        .iter()
        .enumerate()
        .map(|(i, &(folder, open, kinds))| {
            let name = format!("the_doctor_finds_what_is_in_{folder}_{i}");
            root.trial(&name, folder, move |path| {
                let report = examine_folder(&open(path).unwrap()).unwrap();
                assert_eq!(report.kinds(), kinds, "{report}");
                check(folder, &report);
            })
        })
        .collect();
    trials.push(root.trial("masks_of_a_stack_fit", "tiff_stardist", stacks));
    trials
}

fn check(folder: &str, report: &Report) {
    let text = report.to_string();
    match folder {
        "sem_axon_myelin" => {
            let strays = report.of(Kind::StrayValues).next().unwrap();
            assert!(strays.found.contains("130 (5 pixel(s)), 233 (4 pixel(s))"), "{text}");
        }
        "cardiac_acdc_png" => {
            assert_eq!(report.of(Kind::ColourCoded).count(), 9);
            assert_eq!(
                report.of(Kind::EmptyMask).next().unwrap().pair.as_deref(),
                Some("10020")
            );
        }
        "liver_ircad_png" => assert!(text.contains("[180, 40, 40]"), "{text}"),
        "us_carotid_cca" if !report.findings().is_empty() => {
            assert!(
                text.contains("with_group_before") && text.contains("202201121748100022VAS"),
                "{text}"
            );
        }
        _ => {}
    }
}

fn stacks(path: PathBuf) {
    use unet_lab_data::doctor::{CaseFiles, examine_files};
    let files = |image: &str, mask: &str| CaseFiles {
        pair: PairFiles {
            name: image.into(),
            image: path.join(image),
            masks: vec![path.join(mask)],
            group: None,
        },
        split: None,
    };
    let report = examine_files(&[files("img3d.tif", "mask3d.tif")]);
    assert!(report.findings().is_empty(), "{report}");
    let report = examine_files(&[files("img2d.tif", "mask2d.tif")]);
    assert!(report.findings().is_empty(), "{report}");
    let report = examine_files(&[files("img2d.tif", "mask3d.tif")]);
    assert_eq!(report.kinds(), [Kind::WrongSize]);
}

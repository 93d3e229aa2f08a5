//! Image/mask pairs of real folders.

use std::path::PathBuf;

use libtest_mimic::Trial;
use unet_lab_data::*;

use crate::RealData;

pub fn trials(root: &RealData) -> Vec<Trial> {
    vec![
        root.trial(
            "em_of_isbi_2012_stores_membrane_as_zero",
            "em_isbi2012",
            em_of_isbi_2012_stores_membrane_as_zero,
        ),
        root.trial(
            "chest_x_rays_have_masks_with_an_ending",
            "cxr_lungs_demo",
            chest_x_rays_have_masks_with_an_ending,
        ),
        root.trial(
            "ultrasound_frames_of_a_sweep_stay_together",
            "us_carotid_cca",
            ultrasound_frames_of_a_sweep_stay_together,
        ),
        root.trial("skin_has_palette_masks", "skin_ham10000", skin_has_palette_masks),
        root.trial("ct_slices", "lung_tumor_msd06_png", ct_slices),
        root.trial(
            "a_liver_in_colour_asks_for_a_rule",
            "liver_ircad_png",
            a_liver_in_colour_asks_for_a_rule,
        ),
        root.trial(
            "a_heart_in_four_colours_asks_for_a_rule",
            "cardiac_acdc_png",
            a_heart_in_four_colours_asks_for_a_rule,
        ),
        root.trial(
            "axons_have_three_masks_each",
            "sem_axon_myelin",
            axons_have_three_masks_each,
        ),
        root.trial(
            "retinas_have_two_observers",
            "retina_chasedb1",
            retinas_have_two_observers,
        ),
        root.trial(
            "every_bit_depth_of_one_picture_reads_alike",
            "ct_spleen_and_spine_ivadomed/png_tif_bitdepths",
            every_bit_depth_of_one_picture_reads_alike,
        ),
    ]
}

fn facts(data: &Dataset) -> (usize, Option<[usize; 2]>, Option<usize>) {
    (data.len(), data.size(), data.channels())
}

fn em_of_isbi_2012_stores_membrane_as_zero(path: PathBuf) {
    let data = PairFolder::open(path)
        .unwrap()
        .with_foreground(Foreground::Zero)
        .load()
        .unwrap();
    assert_eq!(facts(&data), (20, Some([512, 512]), Some(1)));
    assert!((0.15..0.3).contains(&data.foreground_fraction()), "{data}");
    let otsu = otsu_mask(data.pairs()[0].image(), Side::Dark);
    assert!(
        otsu.foreground_fraction() > data.foreground_fraction(),
        "dark is more than membrane"
    );
}

fn chest_x_rays_have_masks_with_an_ending(path: PathBuf) {
    let data = PairFolder::open(path).unwrap().load().unwrap();
    assert_eq!((data.len(), data.size()), (4, Some([512, 512])));
    assert_eq!(data.pairs()[0].name, "1");
    assert!((0.1..0.5).contains(&data.foreground_fraction()), "{data}");
}

fn ultrasound_frames_of_a_sweep_stay_together(path: PathBuf) {
    let data = PairFolder::open(path)
        .unwrap()
        .with_group_before("_slice")
        .load()
        .unwrap();
    assert_eq!((data.len(), data.size()), (8, Some([749, 709])));
    let (train, validation) = data.split(0.25, 1).unwrap();
    assert!(train.iter().all(|t| validation.iter().all(|v| t.group != v.group)));
}

fn skin_has_palette_masks(path: PathBuf) {
    let data = PairFolder::open(path).unwrap().load().unwrap();
    assert_eq!(facts(&data), (12, Some([450, 600]), Some(3)));
    assert!((0.05..0.6).contains(&data.foreground_fraction()), "{data}");
}

fn ct_slices(path: PathBuf) {
    let data = PairFolder::open(path).unwrap().with_group_before("_").load().unwrap();
    assert_eq!(data.len(), 10);
    assert!(
        data.foreground_fraction() > 0.0 && data.foreground_fraction() < 0.1,
        "{data}"
    );
}

fn a_liver_in_colour_asks_for_a_rule(path: PathBuf) {
    let folder = PairFolder::open(path).unwrap();
    let error = folder.load().unwrap_err().to_string();
    assert!(
        error.ends_with(".with_foreground(Foreground::Colour([180, 40, 40]))"),
        "{error}"
    );
    let data = folder
        .with_foreground(Foreground::Colour([180, 40, 40]))
        .load()
        .unwrap();
    assert_eq!(data.len(), 10);
    assert!(data.foreground_fraction() > 0.0, "{data}");
}

fn a_heart_in_four_colours_asks_for_a_rule(path: PathBuf) {
    let error = PairFolder::open(path).unwrap().load().unwrap_err().to_string();
    assert!(
        error.contains("several classes") && error.contains("Foreground::Colour"),
        "{error}"
    );
}

fn axons_have_three_masks_each(path: PathBuf) {
    let folder = PairFolder::open(path).unwrap();
    let error = folder.load().unwrap_err().to_string();
    assert!(
        error.contains("has 3 masks") && error.contains(".with_mask_suffix(\"_seg-axon-manual\")"),
        "{error}"
    );
    let axons = folder
        .with_mask_suffix("_seg-axon-manual")
        .with_foreground(Foreground::AtLeast(128))
        .load()
        .unwrap();
    assert_eq!(axons.len(), 2);
}

fn retinas_have_two_observers(path: PathBuf) {
    let folder = PairFolder::open_with(path, "images", "manual").unwrap();
    let data = folder.with_mask_suffix("_1stHO").load().unwrap();
    assert_eq!((data.len(), data.channels()), (8, Some(3)));
    assert!((0.02..0.15).contains(&data.foreground_fraction()), "{data}");
}

fn every_bit_depth_of_one_picture_reads_alike(path: PathBuf) {
    let mut greys = Vec::new();
    for entry in std::fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "png" || e == "tif") {
            let image = load_image(&path).unwrap().to_grey();
            greys.push((path, image.data().iter().sum::<f32>() / image.data().len() as f32));
        }
    }
    assert!(greys.len() >= 8, "{greys:?}");
    let (low, high) = greys.iter().fold((1f32, 0f32), |(l, h), (_, v)| (l.min(*v), h.max(*v)));
    assert!(high - low < 0.02, "{greys:?}");
}

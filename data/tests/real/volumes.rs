//! Volumes of every format against what nibabel, SimpleITK, pynrrd and NumPy read: see `tests/fixtures/make_volumes.py`.

use std::fs;
use std::path::{Path, PathBuf};

use flate2::Crc;
use libtest_mimic::Trial;
use serde_json::Value;
use unet_lab_data::formats::{self, Decoded, Format, Limits, decode_npz, npz_names, read};
use unet_lab_data::*;

use crate::RealData;

const FIXTURE: &str = include_str!("../fixtures/volumes.json");

pub fn trials(root: &RealData) -> Vec<Trial> {
    let fixture: Value = serde_json::from_str(FIXTURE).unwrap();
    let by_hand = |name, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let mut trials = vec![
        by_hand(
            "volumes_made_by_the_reference_libraries_read_alike",
            made_files_read_alike,
        ),
        by_hand(
            "an_archive_of_two_arrays_asks_which",
            an_archive_of_two_arrays_asks_which,
        ),
        root.trial(
            "a_header_without_its_voxels_says_so",
            "nifti_formats/nibabel",
            a_header_without_its_voxels_says_so,
        ),
        root.trial(
            "the_hippocampus_is_a_folder_of_volumes",
            "mri_hippocampus_msd04",
            the_hippocampus_is_a_folder_of_volumes,
        ),
        root.trial(
            "spleen_and_segmentation_are_on_one_grid",
            "ct_spleen_and_spine_ivadomed",
            spleen_and_segmentation_are_on_one_grid,
        ),
        root.trial(
            "real_volumes_are_written_and_read_alike",
            "ct_totalsegmentator",
            real_volumes_are_written_and_read_alike,
        ),
    ];
    let mut folders: Vec<&str> = Vec::new();
    let names = fixture["real"].as_object().unwrap().keys();
    folders.extend(names.map(|name| name.split('/').next().unwrap()));
    folders.dedup();
    for folder in folders {
        let part = folder.to_owned();
        let test = move |path: PathBuf| real_files_read_alike(&part, &path);
        trials.push(root.trial(&format!("volumes_of_{folder}_read_alike"), folder, test));
    }
    trials
}

fn list<const N: usize>(value: &Value) -> [f64; N] {
    let parts: Vec<f64> = value
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part.as_f64().unwrap())
        .collect();
    parts.try_into().unwrap()
}

fn near(found: &[f64], expected: &[f64]) -> bool {
    found
        .iter()
        .zip(expected)
        .all(|(a, b)| (a - b).abs() <= 1e-6 * b.abs().max(1.0))
}

/// What differs between a file and its facts, if anything.
fn difference(file: &Decoded, facts: &Value) -> Option<String> {
    let shape: Vec<usize> = [file.frames, file.channels].into_iter().chain(file.size).collect();
    let expected: Vec<usize> = list::<5>(&facts["shape"])
        .iter()
        .map(|&length| length as usize)
        .collect();
    if shape != expected {
        return Some(format!("shape {shape:?}, not {expected:?}"));
    }
    if facts["type"] != file.sample_type().to_string() {
        return Some(format!("type {}, not {}", file.sample_type(), facts["type"]));
    }
    let place = &file.geometry;
    let axes: Vec<[f64; 3]> = facts["axes"].as_array().unwrap().iter().map(list).collect();
    if !near(&place.spacing(), &list::<3>(&facts["spacing"]))
        || !near(&place.origin(), &list::<3>(&facts["origin"]))
        || !near(place.axes().as_flattened(), axes.as_flattened())
    {
        return Some(format!("{place:?}, not {facts}"));
    }
    let volume = file.volume().unwrap();
    let mean = volume.data().iter().map(|&value| f64::from(value)).sum::<f64>() / volume.data().len() as f64;
    let expected = facts["mean"].as_f64().unwrap();
    if (mean - expected).abs() > 1e-4 * expected.abs().max(1.0) {
        return Some(format!("mean {mean}, not {expected}"));
    }
    let mut sum = Crc::new();
    for value in volume.data() {
        sum.update(&value.to_le_bytes());
    }
    (u64::from(sum.sum()) != facts["crc32"].as_u64().unwrap()).then(|| "values differ".to_owned())
}

fn read_and_compare(name: &str, path: &Path, facts: &Value) -> Option<String> {
    let problem = match read(path) {
        Ok(file) => difference(&file, facts),
        Err(error) => Some(error.to_string()),
    };
    problem.map(|problem| format!("{name}: {problem}"))
}

fn assert_none(problems: Vec<String>, compared: usize) {
    assert!(
        problems.is_empty(),
        "{} of {compared}:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

fn real_files_read_alike(folder: &str, path: &Path) {
    let fixture: Value = serde_json::from_str(FIXTURE).unwrap();
    let files: Vec<(&String, &Value)> = fixture["real"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| name.split('/').next() == Some(folder))
        .collect();
    assert!(!files.is_empty());
    let compare = |(name, facts): &(&String, &Value)| read_and_compare(name, &path.parent()?.join(name), facts);
    assert_none(files.iter().filter_map(compare).collect(), files.len());
}

fn from_hex(text: &str) -> Vec<u8> {
    let digit = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..text.len()).step_by(2).map(|at| digit(at).unwrap()).collect()
}

fn made_files_read_alike() {
    let fixture: Value = serde_json::from_str(FIXTURE).unwrap();
    let made = fixture["made"].as_array().unwrap();
    assert!(made.len() > 100);
    let compare = |entry: &Value| {
        let folder = tempfile::tempdir().unwrap();
        for (name, contents) in entry["files"].as_object().unwrap() {
            fs::write(folder.path().join(name), from_hex(contents.as_str().unwrap())).unwrap();
        }
        let first = folder.path().join(entry["first"].as_str().unwrap());
        read_and_compare(entry["name"].as_str().unwrap(), &first, &entry["facts"])
    };
    assert_none(made.iter().filter_map(compare).collect(), made.len());
}

fn an_archive_of_two_arrays_asks_which() {
    let fixture: Value = serde_json::from_str(FIXTURE).unwrap();
    let bytes = from_hex(fixture["npz_of_two"].as_str().unwrap());
    assert_eq!(npz_names(&bytes).unwrap(), ["train_images", "train_label"]);
    let limits = Limits::default();
    let alone = formats::decode(&bytes, limits, &|_| unreachable!())
        .unwrap_err()
        .to_string();
    assert!(
        alone.contains("train_images, train_label") && alone.contains("read_npz"),
        "{alone}"
    );
    let images = decode_npz(&bytes, "train_images", limits).unwrap();
    assert_eq!(
        (images.format, images.size, images.channels),
        (Format::Npz, [2, 3, 4], 3)
    );
    assert_eq!(images.samples.get(1), 10.0, "the red of the second pixel");
    assert_eq!(
        decode_npz(&bytes, "train_label", limits)
            .unwrap()
            .labels()
            .unwrap()
            .size(),
        [2, 3, 4]
    );
    let other = decode_npz(&bytes, "test_images", limits).unwrap_err().to_string();
    assert!(other.contains("it has train_images, train_label"), "{other}");
}

fn a_header_without_its_voxels_says_so(path: PathBuf) {
    for (name, size) in [
        ("nifti1.hdr", "91 x 109 x 91"),
        ("nifti2.hdr", "91 x 109 x 91"),
        ("analyze.hdr", "91 x 109 x 91"),
    ] {
        let error = read(path.join(name)).unwrap_err().to_string();
        assert!(
            error.contains(size) && error.contains("ends in .img beside it"),
            "{error}"
        );
    }
}

fn the_hippocampus_is_a_folder_of_volumes(path: PathBuf) {
    let cases = VolumeFolder::open(path).unwrap();
    assert_eq!(cases.len(), 60);
    assert_eq!(cases.names().next(), Some("hippocampus_006"));
    for i in 0..cases.len() {
        let (image, labels) = cases.load(i).unwrap();
        assert_eq!(image.size(), labels.size());
        assert_eq!(labels.highest(), 2, "case {i}");
        assert_eq!(labels.spacing(), [1.0; 3]);
    }
    assert!(cases.load(60).unwrap_err().to_string().contains("case 60 of 60"));
}

fn spleen_and_segmentation_are_on_one_grid(path: PathBuf) {
    let image = load_volume(path.join("sub-spleen2_ct.nii.gz")).unwrap();
    let labels = load_labels(path.join("sub-spleen2_ct_seg-manual.nii.gz")).unwrap();
    assert_eq!(image.size(), labels.size());
    assert!(near(&image.spacing(), &[5.0, 0.794922, 0.794922]));
    let litres = labels.only(1).count() as f64 * labels.only(1).voxel_size() / 1e6;
    assert!((0.05..0.6).contains(&litres), "a spleen of {litres} litres");
}

fn real_volumes_are_written_and_read_alike(path: PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for ending in ["nii", "nii.gz"] {
        let written = folder.path().join(format!("v.{ending}"));
        for name in ["example_ct_sm.nii.gz", "example_mr_sm.nii.gz"] {
            let volume = load_volume(path.join(name)).unwrap();
            formats::save_nifti(&volume, &written).unwrap();
            let again = load_volume(&written).unwrap();
            assert_eq!(again.data(), volume.data(), "{name}");
            assert_eq!(
                again.geometry(),
                volume.geometry(),
                "{name}: its sform is of single precision already"
            );
        }
        let labels = load_labels(path.join("example_seg.nii.gz")).unwrap();
        let image = load_volume(path.join("example_ct_sm.nii.gz")).unwrap();
        formats::save_nifti_labels(&labels, image.geometry(), &written).unwrap();
        let again = read(&written).unwrap();
        assert_eq!(again.sample_type().to_string(), "uint8");
        assert_eq!(again.labels().unwrap().data(), labels.data());
    }
}

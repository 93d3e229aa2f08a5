//! DICOM files against what pydicom, SimpleITK and highdicom read (`fixtures/make_dicom.py`).

use std::path::Path;

use libtest_mimic::Trial;
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use serde_json::Value;
use unet_lab_data::formats::dicom::{
    Code, DicomSeg, DicomSeries, SegmentAlgorithm, SegmentDescription, save_dicom_seg,
};
use unet_lab_data::formats::{Decoded, read};
use unet_lab_data::{Geometry, LabelMap};

use super::RealData;

const FIXTURE: &str = include_str!("../fixtures/dicom.json");

pub fn trials(root: &RealData) -> Vec<Trial> {
    let fixture: Value = serde_json::from_str(FIXTURE).unwrap();
    let mut trials = Vec::new();
    for (name, facts) in fixture["single"].as_object().unwrap() {
        let facts = facts.clone();
        let part = format!("dicom_single/{name}");
        trials.push(root.trial(&format!("dicom::single::{name}"), &part, move |path| {
            single(&path, &facts)
        }));
    }
    for (name, facts) in fixture["series"].as_object().unwrap() {
        let facts = facts.clone();
        let part = format!("ct_totalsegmentator/{name}");
        trials.push(root.trial(&format!("dicom::series::{name}"), &part, move |path| {
            series(&path, &facts)
        }));
    }
    for (name, facts) in fixture["seg"].as_object().unwrap() {
        let facts = facts.clone();
        let part = format!("dicom_single/{name}");
        trials.push(root.trial(&format!("dicom::seg::{name}"), &part, move |path| {
            segmentation(&path, &facts)
        }));
    }
    trials.push(
        root.trial("dicom::seg::written", "ct_totalsegmentator/dicom_j2k", |path| {
            written(&path)
        }),
    );
    trials
}

/// Each segment on the smallest grid that holds all frames.
fn segmentation(path: &Path, facts: &Value) {
    let seg = DicomSeg::open(path).unwrap();
    let grid = seg.grid().unwrap();
    assert_eq!(serde_json::json!(grid.size()), facts["shape"]);
    assert!((grid.spacing()[0] - facts["step"].as_f64().unwrap()).abs() < 1e-4);
    assert_eq!(seg.segments().len(), facts["segments"].as_array().unwrap().len());
    for (segment, facts) in seg.segments().iter().zip(facts["segments"].as_array().unwrap()) {
        assert_eq!(facts["number"], segment.number);
        assert_eq!(facts["label"], segment.label.as_str());
        assert_eq!(facts["category"], segment.category.as_ref().unwrap().meaning.as_str());
        assert_eq!(facts["property"], segment.property.as_ref().unwrap().meaning.as_str());
        let region = seg.region(segment.number, &grid).unwrap();
        assert_eq!(facts["voxels"], region.count());
        let bytes = region.inside().iter().map(|&inside| u8::from(inside));
        assert_eq!(facts["crc32"], crc32(bytes));
    }
    match seg.labels_on(&grid) {
        Ok(labels) => assert!(labels.data().iter().any(|&label| label > 0)),
        Err(error) => assert!(error.to_string().contains("overlap"), "{error}"),
    }
}

/// Bodies and bones of a real series, written, and read back. `fixtures/check_dicom_seg.py` looks at the file that stays.
fn written(path: &Path) {
    let series = DicomSeries::find(path).unwrap().remove(0);
    let volume = series.load().unwrap();
    let label = |&value: &f32| u32::from(value > -300.0) + 4 * u32::from(value > 300.0);
    let labels = LabelMap::new(volume.data().iter().map(label).collect(), &volume.size()).unwrap();
    let describe = |label, name: &str, code: [&str; 2]| SegmentDescription {
        label,
        name: name.into(),
        category: Code::new("123037004", "SCT", "Anatomical Structure"),
        property: Code::new(code[0], "SCT", code[1]),
        algorithm: SegmentAlgorithm::Automatic("threshold".into()),
    };
    let segments = [
        describe(1, "Soft tissue", ["87784001", "Soft tissue"]),
        describe(5, "Bone", ["272673000", "Bone"]),
    ];
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dicom_seg.dcm");
    save_dicom_seg(&labels, &series, &segments, &mut ChaCha8Rng::seed_from_u64(4), &file).unwrap();
    let back = DicomSeg::open(&file).unwrap().labels_on(&volume).unwrap();
    let number = |&label: &u32| [0, 1, 0, 0, 0, 2][label as usize];
    assert!(labels.data().iter().map(number).eq(back.data().iter().copied()));
    assert_eq!(back.spacing(), volume.spacing());
}

fn single(path: &Path, facts: &Value) {
    let file = read(path).unwrap();
    let mut shape = file.shape();
    if shape.len() > 2 && file.channels == 1 && file.size[0] == 1 && file.frames == 1 {
        shape.remove(0);
    }
    assert_eq!(serde_json::json!(shape), facts["shape"]);
    assert_eq!(file.sample_type().to_string(), facts["type"].as_str().unwrap());
    let values = file.samples.scaled(1.0, 0.0);
    // Decoders of lossy JPEG may round the cosine transform and the colours differently.
    let is_lossy = facts["syntax"] == "JPEG Baseline (Process 1)";
    check_values(&values, facts, if is_lossy { 1.0 } else { 0.0 });
    assert_eq!(file.slope, facts["slope"].as_f64().unwrap());
    assert_eq!(file.intercept, facts["intercept"].as_f64().unwrap());
    if let Some(modality) = facts["modality"].as_str() {
        assert_eq!(note(&file, "modality"), modality);
    }
    assert_eq!(
        note(&file, "photometric interpretation"),
        facts["photometric"].as_str().unwrap()
    );
    assert!(!note(&file, "transfer syntax").is_empty());
    if facts["place"].is_object() {
        check_place(&file.geometry, &facts["place"]);
    }
    let phi = ["patient", "Doe", "CompressedSamples"];
    let says = format!("{:?}", file.notes);
    assert!(!phi.iter().any(|word| says.contains(word)), "{says}");
}

fn series(path: &Path, facts: &Value) {
    let all = DicomSeries::find(path).unwrap();
    let [series] = all.as_slice() else {
        panic!("{} series", all.len());
    };
    let names: Vec<_> = series
        .files()
        .map(|file| file.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        (names[0], *names.last().unwrap()),
        (facts["first"].as_str().unwrap(), facts["last"].as_str().unwrap())
    );
    let volume = series.load().unwrap();
    assert_eq!(serde_json::json!(volume.size()), facts["shape"]);
    check_values(volume.data(), facts, 0.0);
    check_place(volume.geometry(), &facts["place"]);
}

fn note<'a>(file: &'a Decoded, name: &str) -> &'a str {
    file.notes
        .iter()
        .find(|(found, _)| found == name)
        .map_or("", |(_, text)| text)
}

/// Range, mean and checksum; within `tolerance`, the checksum is left out.
fn check_values(values: &[f32], facts: &Value, tolerance: f64) {
    let number = |name: &str| facts[name].as_f64().unwrap();
    let (mut low, mut high, mut sum) = (f64::INFINITY, f64::NEG_INFINITY, 0.0);
    for &value in values {
        let value = f64::from(value);
        (low, high, sum) = (low.min(value), high.max(value), sum + value);
    }
    let mean = sum / values.len() as f64;
    let near = |found: f64, name: &str| {
        let off = (found - number(name)).abs();
        assert!(
            off <= tolerance.max(1e-9 * found.abs()),
            "{name} is {found}, not {}",
            number(name)
        );
    };
    near(low, "min");
    near(high, "max");
    near(mean, "mean");
    if tolerance == 0.0 {
        assert_eq!(
            crc32(values.iter().flat_map(|value| value.to_le_bytes())),
            number("crc32") as u32
        );
    }
}

fn check_place(geometry: &Geometry, facts: &Value) {
    let near = |found: &[f64], expected: &Value| {
        let all = expected
            .as_array()
            .unwrap()
            .iter()
            .map(|number| number.as_f64().unwrap());
        assert!(
            found.iter().zip(all).all(|(a, b)| (a - b).abs() < 1e-5),
            "{found:?} is not {expected}"
        );
    };
    near(&geometry.spacing(), &facts["spacing"]);
    near(&geometry.origin(), &facts["origin"]);
    for (axis, expected) in geometry.axes().iter().zip(facts["axes"].as_array().unwrap()) {
        near(axis, expected);
    }
}

/// CRC-32 as in zlib.
fn crc32(bytes: impl Iterator<Item = u8>) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(byte), step))
}

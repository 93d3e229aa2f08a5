//! Small files made by other libraries (`tests/fixtures/make_dicom_small.py`).

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{DicomSeg, DicomSeries, SegmentationKind};
use crate::formats::{Decoded, FormatError, Limits, read};
use crate::{DataError, Volume};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn dicom(name: &str) -> PathBuf {
    fixture("dicom").join(name).with_extension("dcm")
}

/// The largest difference from the first values, and whether shape and type agree.
fn compare(decoded: &Decoded, facts: &Value) -> f64 {
    let mut shape = decoded.shape();
    if !decoded.volumetric && decoded.channels == 1 && decoded.frames == 1 {
        shape = decoded.size[1..].to_vec();
    }
    assert_eq!(json!(shape), facts["shape"]);
    assert_eq!(decoded.sample_type().to_string(), facts["type"].as_str().unwrap());
    let expected = facts["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_f64().unwrap());
    expected
        .enumerate()
        .map(|(i, value)| (decoded.samples.get(i) - value).abs())
        .fold(0.0, f64::max)
}

#[test]
fn made_up_files_are_read_as_pydicom_reads_them() {
    let facts: Value = serde_json::from_str(&std::fs::read_to_string(fixture("dicom_small.json")).unwrap()).unwrap();
    for (name, facts) in facts.as_object().unwrap() {
        let decoded = match read(dicom(name)) {
            Err(DataError::File {
                problem: FormatError::Unsupported { what, .. },
                ..
            }) if name == "jls_colour" => {
                assert_eq!(what, "JPEG-LS in colour");
                continue;
            }
            other => other.unwrap_or_else(|error| panic!("{error}")),
        };
        let off = compare(&decoded, facts);
        match name.as_str() {
            // Another decoder may round the lossy wavelet otherwise.
            "j2k_lossy" => assert!(off <= 1.0, "{name} is off by {off}"),
            _ => {
                assert_eq!(off, 0.0, "{name}");
                let values = decoded.samples.scaled(1.0, 0.0);
                let crc = super::made_up::crc32(values.iter().flat_map(|value| value.to_le_bytes()));
                assert_eq!(facts["crc32"], crc, "{name}");
            }
        }
    }
}

fn three_slices() -> Volume {
    let files = ["ct_1", "ct_2", "ct_3"].map(dicom);
    DicomSeries::of_files(&files, Limits::default())
        .unwrap()
        .load()
        .unwrap()
}

/// Label of a voxel in the made-up segmentations.
fn drawn(voxel: usize) -> u32 {
    let (z, y, x) = (voxel / 1440, voxel / 36 % 40, voxel % 36);
    match z {
        1 if (3..6).contains(&y) && (4..9).contains(&x) => 1,
        2 if y == 4 && (2..11).contains(&x) => 2,
        _ => 0,
    }
}

#[test]
fn binary_and_label_map_segmentations_of_highdicom() {
    let volume = three_slices();
    for (name, kind) in [
        ("seg_binary", SegmentationKind::Binary),
        ("seg_labelmap", SegmentationKind::LabelMap),
    ] {
        let seg = DicomSeg::open(dicom(name)).unwrap();
        assert_eq!(seg.kind(), kind);
        let labels = seg.labels_on(&volume).unwrap();
        assert_eq!(labels.data(), (0..4320).map(drawn).collect::<Vec<_>>(), "{name}");
        assert_eq!(seg.region(2, &volume).unwrap().count(), 9);
        let last = seg.segments().last().unwrap();
        assert_eq!(
            (last.number, last.label.as_str(), last.algorithm.as_str()),
            (2, "part 2", "MANUAL")
        );
        assert_eq!(last.property.as_ref().unwrap().meaning, "Liver");
    }
}

#[test]
fn shares_of_a_fractional_segmentation() {
    let volume = three_slices();
    let seg = DicomSeg::open(dicom("seg_fractional")).unwrap();
    assert_eq!(seg.kind(), SegmentationKind::Fractional { highest: 200.0 });
    let shares = seg.fractions(1, &volume).unwrap();
    assert_eq!(shares.data().iter().sum::<f32>(), 15.0 * 0.5 + 1.0);
    assert_eq!(shares.data()[(40 + 3) * 36 + 4], 0.5);
    assert_eq!(seg.region(1, &volume).unwrap().count(), 16);
    assert!(
        seg.labels_on(&volume)
            .unwrap_err()
            .to_string()
            .contains("DicomSeg::fractions")
    );
}

use dicom_core::VR;
use dicom_dictionary_std::tags;

use super::DicomSeries;
use super::elements::Elements as _;
use super::made_up::{folder, slice, write};
use crate::formats::Limits;

fn error_of(heights: &[f64]) -> String {
    let slices = heights
        .iter()
        .enumerate()
        .map(|(i, &z)| slice(i, [0.0, 0.0, z], 0))
        .collect();
    DicomSeries::find(folder(slices).path()).unwrap_err().to_string()
}

#[test]
fn slices_are_ordered_by_place_and_each_is_scaled_by_its_own_slope() {
    let objects = vec![
        slice(0, [1.0, 2.0, 14.0], 0),
        slice(1, [1.0, 2.0, 10.0], 0).with_decimals(tags::RESCALE_SLOPE, &[0.5]),
        slice(2, [1.0, 2.0, 12.0], 100),
    ];
    let folder = folder(objects);
    std::fs::create_dir(folder.path().join("deeper")).unwrap();
    std::fs::rename(folder.path().join("IM002"), folder.path().join("deeper/x.txt")).unwrap();
    std::fs::write(folder.path().join("readme"), "no image").unwrap();
    write(
        folder.path(),
        "report",
        super::made_up::without(slice(9, [0.0; 3], 0), tags::PIXEL_DATA),
    );
    let (all, skipped) = DicomSeries::find_with(folder.path(), Limits::default()).unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(
        all[0].to_string(),
        "CT \"made up\": 3 file(s) of 2 x 3, 2.000 x 0.700 x 0.500 mm"
    );
    let reasons: Vec<_> = skipped.iter().map(|file| file.reason.as_str()).collect();
    assert_eq!(reasons, ["no DICOM file", "a DICOM object without pixels (CT)"]);
    let volume = all[0].load().unwrap();
    assert_eq!(volume.size(), [3, 2, 3]);
    assert_eq!(volume.geometry().origin(), [1.0, 2.0, 10.0]);
    assert_eq!(volume.data()[..3], [-1024.0, -1023.5, -1023.0]);
    assert_eq!(volume.data()[6..8], [-924.0, -923.0]);
    assert_eq!(volume.data()[12], -1024.0);
}

#[test]
fn a_missing_slice_a_double_and_a_stray_file_are_named() {
    let gap = error_of(&[0.0, 2.0, 4.0, 8.0]);
    assert!(
        gap.contains("IM003") && gap.contains("4.000 mm behind") && gap.contains("IM002"),
        "{gap}"
    );
    assert!(gap.contains("1 slice(s) seem to be missing"), "{gap}");
    let double = error_of(&[0.0, 2.0, 2.0]);
    assert!(double.contains("IM002") && double.contains("same place as"), "{double}");
    let folder = folder(vec![slice(0, [0.0; 3], 0), slice(1, [0.0, 0.0, 1.0], 0)]);
    let turned =
        slice(2, [0.0, 0.0, 2.0], 0).with_decimals(tags::IMAGE_ORIENTATION_PATIENT, &[0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    write(folder.path(), "IM002", turned);
    let wide = slice(3, [0.0, 0.0, 3.0], 0)
        .with_number(tags::ROWS, 3)
        .with_number(tags::COLUMNS, 2);
    write(folder.path(), "IM003", wide);
    let sizes: Vec<_> = DicomSeries::find(folder.path())
        .unwrap()
        .iter()
        .map(|series| series.files().len())
        .collect();
    assert_eq!(sizes.iter().sum::<usize>(), 4);
    assert_eq!(sizes.len(), 3, "other orientations and sizes are volumes of their own");
    let of = |names: [&str; 2]| {
        let paths = names.map(|name| folder.path().join(name));
        DicomSeries::of_files(&paths, Limits::default())
            .unwrap_err()
            .to_string()
    };
    let mixed = of(["IM000", "IM002"]);
    assert!(mixed.contains("IM002") && mixed.contains("orientation"), "{mixed}");
    let mixed = of(["IM000", "IM003"]);
    assert!(mixed.contains("[3, 2]") && mixed.contains("[2, 3]"), "{mixed}");
}

#[test]
fn a_tilted_gantry_shears_the_volume() {
    let slices = (0..4).map(|i| slice(i, [0.0, i as f64, 2.0 * i as f64], 0)).collect();
    let series = DicomSeries::find(folder(slices).path()).unwrap().remove(0);
    assert!((series.tilt() - 26.565).abs() < 1e-3);
    let corner = series.geometry().unwrap().point([3.0, 0.0, 0.0]);
    assert!(
        (corner[1] - 3.0).abs() < 1e-9 && (corner[2] - 6.0).abs() < 1e-9,
        "{corner:?}"
    );
}

#[test]
fn slices_without_a_position_and_damaged_ones_are_named() {
    let lost = super::made_up::without(slice(0, [0.0; 3], 0), tags::IMAGE_POSITION_PATIENT);
    let with = folder(vec![lost, slice(1, [0.0; 3], 0)]);
    let paths: Vec<_> = ["IM000", "IM001"].map(|name| with.path().join(name)).into();
    let error = DicomSeries::of_files(&paths, Limits::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("IM000") && error.contains("ImagePositionPatient (0020,0032)"),
        "{error}"
    );
    let series = DicomSeries::of_files(&paths[1..], Limits::default()).unwrap();
    std::fs::write(&paths[1], "gone").unwrap();
    assert!(series.load().unwrap_err().to_string().contains("IM001"));
    assert!(DicomSeries::find("/nowhere/at/all").is_err());
    let empty = tempfile::tempdir().unwrap();
    assert!(
        DicomSeries::find(empty.path())
            .unwrap_err()
            .to_string()
            .contains("no file")
    );
    let text = slice(3, [0.0; 3], 0).with_text(tags::IMAGE_POSITION_PATIENT, VR::DS, "left\\right\\up");
    let error = DicomSeries::of_files(&[write(empty.path(), "a", text)], Limits::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("ImagePositionPatient (0020,0032) holds no numbers"),
        "{error}"
    );
}

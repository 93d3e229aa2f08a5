use dicom_dictionary_std::tags;
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;

use super::attributes::Attributes as _;
use super::dataset::Dataset;
use super::made_up::{folder, slice, without};
use super::{Code, DicomSeg, DicomSeries, SegmentAlgorithm, SegmentDescription, save_dicom_seg};
use crate::formats::Limits;
use crate::{LabelMap, Volume};

fn described(label: u32, name: &str) -> SegmentDescription {
    SegmentDescription {
        label,
        name: name.into(),
        category: Code::new("123037004", "SCT", "Anatomical Structure"),
        property: Code::new("10200004", "SCT", "Liver"),
        algorithm: SegmentAlgorithm::Automatic("U-Net".into()),
    }
}

fn three_slices() -> (tempfile::TempDir, DicomSeries) {
    let folder = folder((0..3).map(|i| slice(i, [1.0, 2.0, 10.0 - 2.5 * i as f64], 0)).collect());
    let series = DicomSeries::find(folder.path()).unwrap().remove(0);
    (folder, series)
}

fn labels() -> LabelMap {
    let mut data = vec![0; 18];
    (data[1], data[4], data[12], data[17]) = (7, 3, 7, 7);
    LabelMap::new(data, &[3, 2, 3]).unwrap()
}

#[test]
fn what_is_written_reads_back_on_the_series() {
    let (folder, series) = three_slices();
    let path = folder.path().join("out/seg.dcm");
    let segments = [described(3, "Three"), described(7, "Seven")];
    let save = |seed| {
        save_dicom_seg(
            &labels(),
            &series,
            &segments,
            &mut ChaCha8Rng::seed_from_u64(seed),
            &path,
        )
        .unwrap()
    };
    save(1);
    let first = std::fs::read(&path).unwrap();
    save(1);
    assert_eq!(
        std::fs::read(&path).unwrap(),
        first,
        "the same seed gives the same file"
    );
    save(2);
    assert_ne!(std::fs::read(&path).unwrap(), first);
    let seg = DicomSeg::open(&path).unwrap();
    let names: Vec<_> = seg
        .segments()
        .iter()
        .map(|segment| (segment.number, segment.label.as_str()))
        .collect();
    assert_eq!(names, [(1, "Three"), (2, "Seven")]);
    assert_eq!(seg.segments()[1].property.as_ref().unwrap().meaning, "Liver");
    assert_eq!(seg.segments()[1].algorithm, "AUTOMATIC");
    let volume = series.load().unwrap();
    let back = seg.labels_on(&volume).unwrap();
    let expected: Vec<u32> = labels()
        .data()
        .iter()
        .map(|&label| [0, 1, 2][[0, 3, 7].iter().position(|&l| l == label).unwrap()])
        .collect();
    assert_eq!(back.data(), expected);
    assert_eq!(back.spacing(), [2.5, 0.7, 0.5]);
    assert_eq!(seg.region(2, &volume).unwrap().count(), 3);
    assert_eq!(seg.grid().unwrap().geometry().origin(), [1.0, 2.0, 5.0]);
    assert!(
        seg.region(5, &volume)
            .unwrap_err()
            .to_string()
            .contains("1 (Three), 2 (Seven)")
    );
}

#[test]
fn the_written_object_has_what_the_standard_requires() {
    let (folder, series) = three_slices();
    let path = folder.path().join("seg.dcm");
    save_dicom_seg(
        &labels(),
        &series,
        &[described(3, "3"), described(7, "7")],
        &mut ChaCha8Rng::seed_from_u64(0),
        &path,
    )
    .unwrap();
    let object = Dataset::parse(&std::fs::read(&path).unwrap(), Limits::default())
        .unwrap()
        .object;
    let text = |tag| object.text(tag).unwrap_or_default();
    assert_eq!(text(tags::STUDY_INSTANCE_UID), "1.2.3.1");
    assert_eq!(text(tags::FRAME_OF_REFERENCE_UID), "1.2.3.3");
    assert_eq!(
        (text(tags::MODALITY), text(tags::PATIENT_NAME)),
        ("SEG".into(), "Made^Up".into())
    );
    assert!(text(tags::SOP_INSTANCE_UID).starts_with("2.25.") && text(tags::SOP_INSTANCE_UID).len() <= 64);
    assert_ne!(text(tags::SERIES_INSTANCE_UID), "1.2.3.2");
    let referred = &object.items(tags::REFERENCED_SERIES_SEQUENCE)[0];
    assert_eq!(referred.text(tags::SERIES_INSTANCE_UID).unwrap(), "1.2.3.2");
    assert_eq!(referred.items(tags::REFERENCED_INSTANCE_SEQUENCE).len(), 3);
    assert_eq!(object.items(tags::DIMENSION_INDEX_SEQUENCE).len(), 2);
    let frames = object.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    // Label 3 is in the first slice; label 7 in the first and the last. Files were named against their places.
    let indices: Vec<_> = frames
        .iter()
        .map(|frame| {
            frame.items(tags::FRAME_CONTENT_SEQUENCE)[0]
                .numbers(tags::DIMENSION_INDEX_VALUES)
                .unwrap()
                .unwrap()
        })
        .collect();
    assert_eq!(indices, [[1.0, 1.0], [2.0, 1.0], [2.0, 2.0]]);
    let source = &frames[2].items(tags::DERIVATION_IMAGE_SEQUENCE)[0].items(tags::SOURCE_IMAGE_SEQUENCE)[0];
    assert_eq!(source.text(tags::REFERENCED_SOP_INSTANCE_UID).unwrap(), "1.2.3.4.0");
    assert_eq!(object.count(tags::NUMBER_OF_FRAMES).unwrap(), Some(3));
}

#[test]
fn labels_that_do_not_fit_are_refused() {
    let (folder, series) = three_slices();
    let path = folder.path().join("seg.dcm");
    let refused = |labels: &LabelMap, segments: &[SegmentDescription]| {
        save_dicom_seg(labels, &series, segments, &mut ChaCha8Rng::seed_from_u64(0), &path)
            .unwrap_err()
            .to_string()
    };
    let both = [described(3, "3"), described(7, "7")];
    assert!(refused(&labels(), &both[..1]).contains("label 7 occurs"));
    assert!(refused(&labels(), &[both[0].clone(), both[0].clone()]).contains("described twice"));
    assert!(refused(&labels(), &[described(3, &"x".repeat(65)), both[1].clone()]).contains("64"));
    assert!(refused(&LabelMap::new(vec![0; 6], &[1, 2, 3]).unwrap(), &both).contains("3 slices of 2 x 3"));
    assert!(refused(&LabelMap::new(vec![0; 18], &[3, 2, 3]).unwrap(), &both).contains("no voxel"));
    assert!(!path.exists());
    let one = LabelMap::new(vec![3; 6], &[1, 2, 3]).unwrap();
    let save = |tag| {
        let lost = super::made_up::folder(vec![without(slice(0, [0.0; 3], 0), tag)]);
        let series = DicomSeries::find(lost.path()).unwrap().remove(0);
        save_dicom_seg(&one, &series, &both, &mut ChaCha8Rng::seed_from_u64(0), &path)
    };
    save(tags::SERIES_INSTANCE_UID).unwrap();
    save(tags::STUDY_INSTANCE_UID).unwrap();
    let object = Dataset::parse(&std::fs::read(&path).unwrap(), Limits::default())
        .unwrap()
        .object;
    assert!(
        object.text(tags::STUDY_INSTANCE_UID).unwrap().starts_with("2.25."),
        "removed by anonymisation"
    );
}

#[test]
fn a_segmentation_of_another_grid_is_refused() {
    let (folder, series) = three_slices();
    let path = folder.path().join("seg.dcm");
    let segments = [described(3, "3"), described(7, "7")];
    save_dicom_seg(&labels(), &series, &segments, &mut ChaCha8Rng::seed_from_u64(0), &path).unwrap();
    let seg = DicomSeg::open(&path).unwrap();
    let error = seg
        .labels_on(&Volume::new(vec![0.0; 18], 1, [3, 2, 3], [2.5, 0.7, 0.6]).unwrap())
        .unwrap_err();
    assert!(
        error.to_string().contains("does not lie on the volume's grid"),
        "{error}"
    );
    let volume = series.load().unwrap();
    let short = Volume::new(vec![0.0; 6], 1, [1, 2, 3], volume.spacing())
        .unwrap()
        .with_geometry(*volume.geometry());
    assert!(
        seg.labels_on(&short)
            .unwrap_err()
            .to_string()
            .contains("2 segmented voxels lie outside")
    );
}

use super::*;
use crate::formats::{save_nifti, save_nifti_labels};

fn image(value: f32, geometry: Geometry) -> Volume {
    Volume::new(vec![value; 24], 1, [2, 3, 4], [1.0; 3])
        .unwrap()
        .with_geometry(geometry)
}

fn labels() -> LabelMap {
    LabelMap::new(vec![1; 24], &[2, 3, 4]).unwrap()
}

fn at(origin: [f64; 3]) -> Geometry {
    Geometry::new([3.0, 1.0, 0.5], origin, Geometry::default().axes()).unwrap()
}

#[test]
fn channels_of_nnu_net_become_one_image() {
    let folder = tempfile::tempdir().unwrap();
    for case in ["a_2", "a_10"] {
        for channel in [0.0, 1.0] {
            let path = folder.path().join(format!("imagesTr/{case}_000{channel}.nii.gz"));
            save_nifti(&image(channel, at([0.0; 3])), path).unwrap();
        }
        save_nifti_labels(
            &labels(),
            &at([0.0; 3]),
            folder.path().join(format!("labelsTr/{case}.nii")),
        )
        .unwrap();
    }
    fs::write(folder.path().join("imagesTr/._a_2_0000.nii.gz"), "resource fork").unwrap();
    let cases = VolumeFolder::open(folder.path()).unwrap();
    assert_eq!(cases.names().collect::<Vec<_>>(), ["a_2", "a_10"]);
    let (image, labels) = cases.load(1).unwrap();
    assert_eq!((image.channels(), image.size()), (2, [2, 3, 4]));
    assert_eq!((image.data()[0], image.data()[24]), (0.0, 1.0));
    assert_eq!(labels.spacing(), [3.0, 1.0, 0.5]);
}

#[test]
fn image_and_labels_must_lie_on_one_grid() {
    let folder = tempfile::tempdir().unwrap();
    let load = |label_place: Geometry, tolerance: Option<f64>| {
        save_nifti(&image(0.0, at([0.0; 3])), folder.path().join("images/x.nii")).unwrap();
        save_nifti_labels(&labels(), &label_place, folder.path().join("labels/x.nii.gz")).unwrap();
        let cases = VolumeFolder::open(folder.path()).unwrap();
        tolerance
            .map_or(cases.clone(), |tolerance| cases.with_tolerance(tolerance))
            .load(0)
    };
    // 0.04 mm of a voxel of 0.5 mm is a matter of rounding; 0.06 mm is not.
    assert!(load(at([0.04, 0.0, 0.0]), None).is_ok());
    let error = load(at([0.06, 0.0, 0.0]), None).unwrap_err().to_string();
    assert!(
        error.contains("labels/x.nii.gz") && error.contains("images/x.nii") && error.contains("0.060 mm"),
        "{error}"
    );
    assert!(load(at([0.06, 0.0, 0.0]), Some(f64::INFINITY)).is_ok());
    let coarse = Geometry::new([3.0, 1.0, 0.6], [0.0; 3], Geometry::default().axes()).unwrap();
    assert!(load(coarse, None).is_err());

    save_nifti_labels(
        &LabelMap::new(vec![0; 18], &[2, 3, 3]).unwrap(),
        &at([0.0; 3]),
        folder.path().join("labels/x.nii.gz"),
    )
    .unwrap();
    let error = VolumeFolder::open(folder.path())
        .unwrap()
        .with_tolerance(f64::INFINITY)
        .load(0)
        .unwrap_err();
    assert!(error.to_string().contains("[2, 3, 3] against [2, 3, 4]"), "{error}");
}

#[test]
fn what_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let open = || VolumeFolder::open(folder.path()).unwrap_err().to_string();
    assert!(open().contains("imagesTr and labelsTr"), "{}", open());
    fs::create_dir_all(folder.path().join("labelsTr")).unwrap();
    save_nifti(&image(0.0, at([0.0; 3])), folder.path().join("imagesTr/x.nii.gz")).unwrap();
    assert!(
        open().contains("holds no image") && open().contains("found nothing"),
        "{}",
        open()
    );
    save_nifti_labels(&labels(), &at([0.0; 3]), folder.path().join("labelsTr/y.nii.gz")).unwrap();
    assert!(
        open().contains("x.nii.gz has no labels") && open().contains("called like y.nii.gz"),
        "{}",
        open()
    );
    save_nifti_labels(&labels(), &at([0.0; 3]), folder.path().join("labelsTr/x.nii.gz")).unwrap();
    save_nifti(&image(0.0, at([0.0; 3])), folder.path().join("imagesTr/x.nii")).unwrap();
    assert!(open().contains("the same name as x.nii"), "{}", open());
}

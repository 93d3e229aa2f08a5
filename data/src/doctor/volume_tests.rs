//! Volumes, folders and data sets.

use super::*;
use crate::phantom::NucleiPhantom;
use crate::{Geometry, Image, Mask};

#[test]
fn volumes_at_another_place() {
    let ball = |d: usize, h: usize, w: usize| {
        (d as f32 - 4.0).powi(2) + (h as f32 - 30.0).powi(2) + (w as f32 - 33.0).powi(2) < 200.0
    };
    let volume = |seed: usize| {
        let voxel = |i: usize| {
            let noise = (i.wrapping_mul(2654435761).wrapping_add(seed * 977) >> 7) % 40;
            (if ball(i / 4096, i / 64 % 64, i % 64) {
                150
            } else {
                60 + i % 64
            } + noise * (1 + seed)) as u8
        };
        let image = (0..8 * 64 * 64).map(voxel).collect();
        let mask = (0..8 * 64 * 64)
            .map(|i| u8::from(ball(i / 4096, i / 64 % 64, i % 64)))
            .collect();
        let file = |bytes: Vec<u8>| {
            let mut file = Decoded::new(Format::Nifti1, Samples::U8(bytes), [8, 64, 64]).unwrap();
            file.geometry = Geometry::of_spacing([5.0, 0.8, 0.8]).unwrap();
            file.states_spacing = true;
            file
        };
        Case {
            name: format!("v{seed}"),
            image_file: None,
            mask_file: None,
            image: file(image),
            mask: file(mask),
            split: None,
            group: Some("one".into()),
        }
    };
    let cases: Vec<Case> = (0..3).map(volume).collect();
    assert!(examine(&cases).findings().is_empty(), "{}", examine(&cases));
    let damaged = |geometry: Geometry| {
        let mut cases = cases.clone();
        cases[1].mask.geometry = geometry;
        let report = examine(&cases);
        assert_eq!(report.kinds(), [Kind::WrongGeometry], "{report}");
        report.findings()[0].found.clone()
    };
    assert!(damaged(Geometry::of_spacing([5.0, 1.0, 1.0]).unwrap()).contains("spacing"));
    let right = cases[1].image.geometry;
    let moved = Geometry::new(right.spacing(), [0.0, 0.0, 5.0], right.axes()).unwrap();
    assert!(damaged(moved).contains("origin"));
    let mut axes = right.axes();
    axes[2] = axes[2].map(|part| -part);
    assert!(
        damaged(Geometry::new(right.spacing(), right.origin(), axes).unwrap()).contains("direction RPS against LPS")
    );
}

#[test]
fn a_folder_and_a_split_data_set() {
    let data = NucleiPhantom::new(96).with_count(6).with_seed(5).generate();
    let folder = tempfile::tempdir().unwrap();
    data.save(folder.path()).unwrap();
    let open = || PairFolder::open(folder.path()).unwrap();
    let report = examine_folder(&open()).unwrap();
    assert!(report.findings().is_empty() && report.pairs() == 6, "{report}");
    std::fs::write(
        folder
            .path()
            .join("masks")
            .join(format!("{}.png", data.get(0).unwrap().name)),
        "no",
    )
    .unwrap();
    let report = examine_folder(&open()).unwrap();
    assert_eq!(
        (report.kinds(), report.worst()),
        (vec![Kind::Unreadable], Some(Severity::Error))
    );
    assert_eq!(
        examine_splits(&[("a", &data.first(3)), ("b", &data.first(1))]).kinds(),
        [Kind::Leakage]
    );
    let odd = ImagePairs::tiny();
    examine_dataset(&odd);
}

struct ImagePairs;

impl ImagePairs {
    /// Sizes at which nothing can be measured.
    fn tiny() -> Dataset {
        let pair = |name: &str, width: usize, height: usize| {
            crate::ImagePair::new(
                name,
                Image::from_fn(width, height, |_, _| 0.0),
                Mask::from_fn(width, height, |_, _| false),
            )
            .unwrap()
        };
        Dataset::new(vec![pair("a", 0, 0), pair("b", 1, 1), pair("c", 0, 5), pair("d", 3, 1)])
    }
}

//! Volumes and labels that the lab writes, in every kind of position. `UNET_LAB_WRITTEN` names a folder in which they are kept, for
//! `tests/fixtures/check_written.py` to read with nibabel and SimpleITK.

use std::fs;
use std::path::{Path, PathBuf};

use flate2::Crc;
use libtest_mimic::Trial;
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use serde_json::{Value, json};
use unet_lab_data::formats::{Limits, decode, read, save_nifti, save_nifti_labels};
use unet_lab_data::*;

use crate::RealData;

pub fn trials(_: &RealData) -> Vec<Trial> {
    let run = || {
        let kept = std::env::var_os("UNET_LAB_WRITTEN").map(PathBuf::from);
        let temporary = tempfile::tempdir().unwrap();
        let folder = kept.as_deref().unwrap_or(temporary.path());
        let facts: Vec<Value> = volumes(folder).into_iter().chain(labels(folder)).collect();
        fs::write(folder.join("facts.json"), serde_json::to_string(&facts).unwrap()).unwrap();
        Ok(())
    };
    vec![Trial::test("written_volumes_and_labels_come_back", run)]
}

/// Right-handed and left-handed, upright, half turns and any rotation.
fn directions() -> Vec<[[f64; 3]; 3]> {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut all = Vec::new();
    for signs in 0..8u8 {
        let sign = |axis: u8| if signs >> axis & 1 == 1 { -1.0 } else { 1.0 };
        all.push([[0.0, 0.0, sign(0)], [0.0, sign(1), 0.0], [sign(2), 0.0, 0.0]]);
        all.push([[sign(0), 0.0, 0.0], [0.0, 0.0, sign(1)], [0.0, sign(2), 0.0]]);
    }
    for i in 0..24 {
        let q: [f64; 4] = std::array::from_fn(|_| random.random_range(-1.0..1.0));
        let length = q.iter().map(|part| part * part).sum::<f64>().sqrt();
        let [a, b, c, d] = q.map(|part| part / length);
        let mut axes = [
            [
                2.0 * (b * d + a * c),
                2.0 * (c * d - a * b),
                1.0 - 2.0 * (b * b + c * c),
            ],
            [
                2.0 * (b * c - a * d),
                1.0 - 2.0 * (b * b + d * d),
                2.0 * (c * d + a * b),
            ],
            [
                1.0 - 2.0 * (c * c + d * d),
                2.0 * (b * c + a * d),
                2.0 * (b * d - a * c),
            ],
        ];
        if i % 2 == 1 {
            axes[0] = axes[0].map(|part| -part);
        }
        all.push(axes);
    }
    all
}

fn facts(name: &str, geometry: &Geometry, shape: &[usize], values: impl Iterator<Item = f32>) -> Value {
    let mut sum = Crc::new();
    values.for_each(|value| sum.update(&value.to_le_bytes()));
    let (spacing, origin, axes) = (geometry.spacing(), geometry.origin(), geometry.axes());
    json!({"name": name, "spacing": spacing, "origin": origin, "axes": axes, "shape": shape, "crc32": sum.sum()})
}

fn assert_near(found: &Geometry, expected: &Geometry, size: [usize; 3], name: &str) {
    let last = size.map(|length| (length - 1) as f64);
    for corner in [[0.0; 3], [last[0], 0.0, 0.0], [0.0, last[1], 0.0], [0.0, 0.0, last[2]]] {
        let (a, b) = (found.point(corner), expected.point(corner));
        assert!(
            a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4),
            "{name}: {a:?} is not {b:?}"
        );
    }
}

fn volumes(folder: &Path) -> Vec<Value> {
    let size = [2, 3, 4];
    let write = |(i, axes): (usize, [[f64; 3]; 3])| {
        let geometry = Geometry::new([3.0, 0.75, 0.5], [-90.5 + i as f64, 126.25, -72.1], axes).unwrap();
        let channels = 1 + i % 3;
        let values: Vec<f32> = (0..24 * channels).map(|value| value as f32 / 7.0 - 2.0).collect();
        let volume = Volume::new(values, channels, size, [1.0; 3])
            .unwrap()
            .with_geometry(geometry);
        let name = format!("volume_{i}.nii{}", if i % 2 == 0 { "" } else { ".gz" });
        save_nifti(&volume, folder.join(&name)).unwrap();
        let again = load_volume(folder.join(&name)).unwrap();
        assert_eq!(
            (again.data(), again.channels(), again.size()),
            (volume.data(), channels, size)
        );
        assert_near(again.geometry(), &geometry, size, &name);
        if name.ends_with(".nii") {
            // The qform alone says the same.
            let mut bytes = fs::read(folder.join(&name)).unwrap();
            bytes[254..256].fill(0);
            let by_qform = decode(&bytes, Limits::default(), &|_| unreachable!()).unwrap();
            assert_near(&by_qform.geometry, &geometry, size, &name);
        }
        facts(&name, &geometry, &[channels, 2, 3, 4], volume.data().iter().copied())
    };
    directions().into_iter().enumerate().map(write).collect()
}

fn labels(folder: &Path) -> Vec<Value> {
    let geometry = Geometry::new([3.0, 0.75, 0.5], [1.0, 2.0, 3.0], Geometry::default().axes()).unwrap();
    let mut written = Vec::new();
    for (highest, kind) in [
        (255, "uint8"),
        (256, "uint16"),
        (65_535, "uint16"),
        (65_536, "uint32"),
        (u32::MAX, "uint32"),
    ] {
        for size in [&[2, 2, 3][..], &[2, 3]] {
            let count: usize = size.iter().product();
            let map = LabelMap::new(
                (0..count as u32).map(|i| if i == 1 { highest } else { i }).collect(),
                size,
            )
            .unwrap();
            let name = format!("labels_{highest}_{}.nii.gz", size.len());
            save_nifti_labels(&map, &geometry, folder.join(&name)).unwrap();
            let again = read(folder.join(&name)).unwrap();
            assert_eq!(again.sample_type().to_string(), kind);
            let again = again.labels().unwrap();
            assert_eq!((again.data(), again.size()), (map.data(), map.size()));
            assert_eq!(again.spacing(), &geometry.spacing()[3 - size.len()..]);
            let shape: Vec<usize> = [1, 1, 1, 1][..4 - size.len()].iter().chain(size).copied().collect();
            written.push(facts(
                &name,
                &geometry,
                &shape,
                map.data().iter().map(|&label| label as f32),
            ));
        }
    }
    written
}

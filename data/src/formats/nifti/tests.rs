use super::*;
use crate::formats::{Endian, Format, Samples};
use crate::{Geometry, Volume, load_volume};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

/// A single file of 2 x 1 x 2 uint8, written by the writer, whose bytes are known to be right from the tests below and the fixture.
fn file() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.nii");
    let labels = crate::LabelMap::new(vec![1, 2, 3, 4], &[2, 1, 2]).unwrap();
    let geometry = Geometry::new([3.0, 2.0, 1.0], [10.0, 20.0, 30.0], Geometry::default().axes()).unwrap();
    save_nifti_labels(&labels, &geometry, &path).unwrap();
    std::fs::read(path).unwrap()
}

fn changed(changes: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = file();
    for (place, new) in changes {
        bytes[*place..place + new.len()].copy_from_slice(new);
    }
    bytes
}

fn read(bytes: &[u8]) -> Result<Decoded, FormatError> {
    assert!(recognises(bytes));
    decode(bytes, Limits::default(), &|name| {
        Err(FormatError::System(format!("no {name}")))
    })
}

fn problem(changes: &[(usize, &[u8])]) -> String {
    read(&changed(changes)).unwrap_err().to_string()
}

#[test]
fn the_written_header_has_its_fields_where_the_format_says() {
    let bytes = file();
    assert_eq!(bytes.len(), 352 + 4);
    assert_eq!(bytes[..4], 348i32.to_le_bytes());
    let i16s =
        |at: usize, count: usize| Samples::from_bytes(&bytes[at..at + 2 * count], SampleType::I16, Endian::Little);
    let f32s =
        |at: usize, count: usize| Samples::from_bytes(&bytes[at..at + 4 * count], SampleType::F32, Endian::Little);
    assert_eq!(i16s(40, 8), Samples::I16(vec![3, 2, 1, 2, 1, 1, 1, 1]), "dim");
    assert_eq!(i16s(70, 2), Samples::I16(vec![2, 8]), "datatype, bitpix");
    assert_eq!(f32s(76, 4), Samples::F32(vec![1.0, 1.0, 2.0, 3.0]), "pixdim");
    assert_eq!(
        f32s(108, 3),
        Samples::F32(vec![352.0, 1.0, 0.0]),
        "vox_offset, scl_slope, scl_inter"
    );
    assert_eq!(bytes[123], 10, "mm and s");
    assert_eq!(i16s(252, 2), Samples::I16(vec![1, 1]), "qform_code, sform_code");
    // Half a turn about z: from left and posterior to right and anterior.
    assert_eq!(
        f32s(256, 6),
        Samples::F32(vec![0.0, 0.0, 1.0, -10.0, -20.0, 30.0]),
        "quaternion, offset"
    );
    let sform = vec![-1.0, 0.0, 0.0, -10.0, 0.0, -2.0, 0.0, -20.0, 0.0, 0.0, 3.0, 30.0];
    assert_eq!(f32s(280, 12), Samples::F32(sform), "sform");
    assert_eq!(bytes[344..352], *b"n+1\0\0\0\0\0");
    assert_eq!(bytes[352..], [1, 2, 3, 4]);
}

#[test]
fn what_is_wrong_with_a_header_is_said() {
    for (changes, expected) in [
        (&[(40, &[0u8, 0][..])][..], "0 axes"),
        (&[(40, &[8, 0])], "8 axes"),
        (&[(42, &[0, 0])], "at least 1"),
        (&[(44, &[255, 255])], "at least 1"),
        (&[(70, &[1, 0])], "one bit a voxel"),
        (&[(70, &[32, 0])], "complex numbers"),
        (&[(70, &[0, 6])], "128-bit floating point"),
        (&[(70, &[3, 0])], "data type 3"),
        (&[(42, &[255, 127, 255, 127, 255, 127])], "bytes of memory"),
        (&[(42, &[3, 0])], "cut off"),
        (&[(40, &[5, 0]), (50, &[3, 0])], "5 axes"),
        (&[(344, b"n+3\0")], "n+3"),
        (&[(344, b"n+1\n")], "n+1\\n"),
        (&[(344, b"ni1\0")], "ends in .img beside it (the system says: no *.img)"),
        (&[(108, &100f32.to_le_bytes())], "byte 100"),
        (&[(108, &f32::NAN.to_le_bytes())], "byte NaN"),
        (&[(108, &1e30f32.to_le_bytes())], "begin at byte"),
        (&[(108, &352.5f32.to_le_bytes())], "byte 352.5"),
        (&[(108, &4000f32.to_le_bytes())], "cut off"),
        (
            &[(112, &2f32.to_le_bytes()), (116, &f32::NAN.to_le_bytes())],
            "no number",
        ),
    ] {
        let found = problem(changes);
        assert!(found.contains(expected), "{expected}: {found}");
    }
}

#[test]
fn a_place_that_is_none_is_passed_over_with_a_note() {
    let place = |changes: &[(usize, &[u8])]| {
        let file = read(&changed(changes)).unwrap();
        let note = file
            .notes
            .iter()
            .find(|(name, _)| name == "position")
            .map(|(_, text)| text.clone());
        (file.geometry, file.states_spacing, note.unwrap_or_default())
    };
    let zeros: (usize, &[u8]) = (280, &[0; 48]);
    let (geometry, _, note) = place(&[zeros]);
    assert_eq!(geometry.spacing(), [3.0, 2.0, 1.0]);
    assert_eq!(geometry.origin(), [10.0, 20.0, 30.0]);
    assert!(note.contains("sform gives no position in space; its qform"), "{note}");
    // A quaternion longer than 1, and then sizes that are none.
    let (geometry, states, note) = place(&[zeros, (256, &2f32.to_le_bytes())]);
    assert_eq!((geometry.spacing(), states), ([3.0, 2.0, 1.0], true));
    assert!(note.contains("sform and its qform"), "{note}");
    for size in [f32::NAN, 0.0, f32::INFINITY] {
        let (geometry, states, _) = place(&[zeros, (84, &size.to_le_bytes())]);
        assert_eq!((geometry.spacing(), states), ([3.0, 1.0, 1.0], false));
    }
    let (_, states, note) = place(&[]);
    assert!(states && note.is_empty());
}

#[test]
fn a_packed_file_is_unpacked_no_further_than_its_header_says() {
    let pack = |bytes: &[u8]| {
        let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    };
    let mut bomb = file();
    bomb.resize(64 << 20, 0);
    let read_bomb = read(&pack(&bomb)).unwrap();
    assert_eq!(read_bomb.samples, Samples::U8(vec![1, 2, 3, 4]));
    // The same voxels by a header that asks for all of them, against a limit.
    let claim = changed(&[(42, &[0, 16, 0, 64, 1, 0])]);
    let error = decode(
        &pack(&[claim, bomb].concat()),
        Limits::with_bytes(1 << 20),
        &|_| unreachable!(),
    )
    .unwrap_err();
    assert!(
        matches!(error, FormatError::TooLarge { needed: 67_108_864, .. }),
        "{error}"
    );
}

#[test]
fn long_axes_and_other_endings_are_refused_by_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let volume = |width| Volume::new(vec![0.0; width], 1, [1, 1, width], [1.0; 3]).unwrap();
    let error = save_nifti(&volume(40_000), folder.path().join("a.nii"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("40000"), "{error}");
    for name in ["a.img", "a.gz", "a", "anii"] {
        let error = save_nifti(&volume(1), folder.path().join(name))
            .unwrap_err()
            .to_string();
        assert!(error.contains(".nii or .nii.gz"), "{error}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_volume_of_several_channels_in_a_tilted_grid_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let geometry = Geometry::new(
        [4.0, 0.5, 0.5],
        [-100.25, 80.5, 7.0],
        [[0.0, 0.25, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
    )
    .unwrap();
    let values = (0..24).map(|value| value as f32 / 7.0 - 1.0).collect();
    let volume = Volume::new(values, 2, [2, 2, 3], [1.0; 3])
        .unwrap()
        .with_geometry(geometry);
    for name in ["v.nii", "V.NII.GZ"] {
        let path = folder.path().join(name);
        save_nifti(&volume, &path).unwrap();
        let again = load_volume(&path).unwrap();
        assert_eq!(
            (again.data(), again.channels(), again.size()),
            (volume.data(), 2, [2, 2, 3])
        );
        for corner in [[0.0; 3], [1.0, 1.0, 2.0]] {
            let (a, b) = (again.geometry().point(corner), geometry.point(corner));
            assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5), "{a:?} {b:?}");
        }
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(is_gzip(&bytes), name.ends_with("GZ"));
        assert_eq!(crate::formats::read(&path).unwrap().format, Format::Nifti1);
        if name == "v.nii" {
            assert_eq!(
                bytes[252..256],
                [0, 0, 1, 0],
                "no qform for axes that are not at right angles"
            );
        }
    }
}

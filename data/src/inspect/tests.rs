//! Facts of files and folders.

use std::path::Path;

use super::{Inspection, facts_of, inspect};
use crate::formats::{Decoded, Format, Samples};
use crate::phantom::NucleiPhantom;
use crate::{Geometry, Mask, save_mask};

#[test]
fn a_mask_file_lists_its_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.png");
    save_mask(&Mask::from_fn(8, 4, |x, _| x < 2), &path).unwrap();
    let found = inspect(&path).unwrap();
    let expected = format!(
        "{}\n  PNG, 4 x 8, uint8\n  values 0 to 255, mean 63.75\n  distinct: 0 (75.00 %), 255 (25.00 %)",
        path.display()
    );
    assert_eq!(found.to_string(), expected);
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(
        (&json["kind"], &json["format"], &json["values"][1][1]),
        (&"file".into(), &"PNG".into(), &8.into())
    );
    assert!(inspect(folder.path().join("none.png")).is_err());
}

#[test]
fn a_volume_says_where_it_lies_and_what_its_values_mean() {
    let mut file = Decoded::with_shape(Format::Nifti1, Samples::I16((0..96).collect()), 2, 1, [2, 4, 6]).unwrap();
    (file.slope, file.intercept, file.states_spacing) = (1.0, -1024.0, true);
    file.geometry = Geometry::new(
        [5.0, 0.7, 0.7],
        [1.0, 2.0, 3.0],
        [[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0]],
    )
    .unwrap();
    let facts = facts_of(Path::new("a.nii"), &file);
    assert_eq!(
        facts.to_string(),
        "a.nii\n  NIfTI-1, 2 x 2 x 4 x 6, int16 (2 frames)\n  spacing 5 x 0.7 x 0.7 mm (depth x height x width)\n  \
         origin (1, 2, 3) mm, orientation LAS\n  value = 1 x stored + -1024\n  values -1024 to -929, mean -976.5"
    );
    assert!(facts.values.is_empty());
    let odd = Decoded::new(Format::Npy, Samples::F32(vec![f32::NAN, 1.0, f32::INFINITY]), [1, 1, 3]).unwrap();
    let facts = facts_of(Path::new("x"), &odd);
    assert_eq!(
        (facts.not_numbers, facts.mean, facts.values),
        (2, Some(1.0), vec![(1.0, 1)])
    );
    let none = Decoded::new(Format::Npy, Samples::U8(Vec::new()), [0, 1, 3]).unwrap();
    assert_eq!(facts_of(Path::new("x"), &none).mean, None);
}

#[test]
fn a_folder_is_summed_up() {
    let folder = tempfile::tempdir().unwrap();
    NucleiPhantom::new(32)
        .with_count(3)
        .generate()
        .save(folder.path())
        .unwrap();
    let mut dicom = vec![0; 128];
    dicom.extend(b"DICM and more");
    std::fs::write(folder.path().join("IM0001"), dicom).unwrap();
    std::fs::write(folder.path().join("bad.png"), "text").unwrap();
    std::fs::write(folder.path().join("notes.txt"), "text").unwrap();
    let found = inspect(folder.path()).unwrap();
    let Inspection::Folder(facts) = &found else { panic!() };
    assert_eq!((facts.files, facts.dicom, facts.opened), (9, 1, 6));
    assert_eq!(
        (
            facts.endings["png"],
            facts.endings["(none)"],
            facts.contents["PNG 32 x 32 uint8"]
        ),
        (7, 1, 6)
    );
    assert!(
        facts.pairing.starts_with("3 image/mask pairs, as images/"),
        "{}",
        facts.pairing
    );
    assert!(facts.unreadable.iter().any(|(path, _)| path.ends_with("bad.png")));
    assert!(found.to_string().contains("9 files") && serde_json::to_string(&found).unwrap().contains("\"folder\""));
}

//! `unet-lab data`, as a person calls it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use unet_lab_data::formats::{save_nifti, save_nifti_labels};
use unet_lab_data::phantom::NucleiPhantom;
use unet_lab_data::{LabelMap, Volume, save_image, save_mask};

fn unet_lab(cache: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_unet-lab"))
        .arg("data")
        .args(arguments)
        .env("UNET_LAB_DATA", cache)
        .env_remove("UNET_LAB_MIRROR")
        .output()
        .expect("the program")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)))
}

#[test]
fn every_data_set_is_listed_and_told_of() {
    let cache = tempfile::tempdir().expect("a folder");
    let listed = json(&unet_lab(cache.path(), &["list", "--json"]));
    let listed = listed.as_array().expect("a list");
    assert_eq!(listed.len(), unet_lab_data::datasets::all().len());
    assert!(listed.iter().all(|entry| entry["there"] == false));
    let hearts = json(&unet_lab(cache.path(), &["list", "--json", "--project", "5"]));
    let ids: Vec<_> = hearts
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| &entry["manifest"]["id"])
        .collect();
    assert!(
        ids.iter().any(|id| *id == "acdc") && ids.len() < listed.len(),
        "{ids:?}"
    );

    let info = unet_lab(cache.path(), &["info", "msd04_hippocampus"]);
    let said = text(&info.stdout);
    for expected in ["CC-BY-SA-4.0", "label", "anterior", "cases", "260"] {
        assert!(said.contains(expected), "{expected} in\n{said}");
    }
    let unknown = unet_lab(cache.path(), &["info", "hippocampus"]);
    assert!(!unknown.status.success());
    assert!(
        text(&unknown.stderr).contains("did you mean msd04_hippocampus?"),
        "{}",
        text(&unknown.stderr)
    );
}

#[test]
fn what_needs_a_person_says_the_steps() {
    let cache = tempfile::tempdir().expect("a folder");
    let refused = unet_lab(cache.path(), &["get", "drive"]);
    assert!(!refused.status.success());
    let said = text(&refused.stderr);
    assert!(
        said.contains("cannot be downloaded by a program") && said.contains("1. "),
        "{said}"
    );
}

#[test]
fn pictures_are_inspected_and_their_masks_doctored() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = NucleiPhantom::new(48).with_count(5).with_seed(3).generate();
    for pair in data.iter() {
        let name = format!("{}.png", pair.name);
        save_image(pair.image(), folder.path().join("pictures").join(&name)).expect("an image");
        save_mask(pair.mask(), folder.path().join("drawn").join(&name)).expect("a mask");
    }
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (pictures, drawn) = (at("pictures"), at("drawn"));
    let good = unet_lab(folder.path(), &["doctor", &pictures, &drawn, "--json"]);
    assert!(good.status.success());
    assert_eq!(json(&good), serde_json::json!({"pairs": 5, "findings": []}));

    // The same images for the test.
    let leaking = unet_lab(
        folder.path(),
        &["doctor", &pictures, &drawn, "--test", &pictures, &drawn],
    );
    assert!(!leaking.status.success());
    assert!(
        text(&leaking.stdout).contains("error: image in two splits"),
        "{}",
        text(&leaking.stdout)
    );

    let facts = json(&unet_lab(folder.path(), &["inspect", &pictures, "--json"]));
    assert_eq!(
        (&facts["kind"], &facts["files"], &facts["endings"]["png"]),
        (&"folder".into(), &5.into(), &5.into())
    );
    let missing = unet_lab(folder.path(), &["inspect", &at("nothing.png")]);
    assert!(!missing.status.success() && text(&missing.stderr).contains("nothing.png"));
}

#[test]
fn volumes_are_inspected_and_their_labels_doctored() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let image = Volume::new(
        (0..240).map(|i| (i % 17) as f32).collect(),
        1,
        [4, 6, 10],
        [2.5, 0.8, 0.8],
    )
    .expect("a volume");
    save_nifti(&image, at("scans/a.nii.gz")).expect("a file");
    let labels = LabelMap::new(vec![1; 4 * 6 * 9], &[4, 6, 9]).expect("labels");
    let place = Volume::new(vec![0.0; 4 * 6 * 9], 1, [4, 6, 9], [2.5, 0.8, 0.8]).expect("a volume");
    save_nifti_labels(&labels, place.geometry(), at("labels/a.nii.gz")).expect("a file");

    let [scans, drawn] = ["scans", "labels"].map(|name| at(name).display().to_string());
    let report = unet_lab(folder.path(), &["doctor", &scans, &drawn]);
    assert!(!report.status.success());
    let said = text(&report.stdout);
    assert!(
        said.contains("mask of another size") && said.contains("mask without background"),
        "{said}"
    );

    let file = at("scans/a.nii.gz").display().to_string();
    let facts = json(&unet_lab(folder.path(), &["inspect", &file, "--json"]));
    assert_eq!(facts["size"], serde_json::json!([4, 6, 10]));
    let spacing: Vec<f64> = serde_json::from_value(facts["place"]["spacing"].clone()).expect("three sides");
    assert!(
        spacing
            .iter()
            .zip([2.5, 0.8, 0.8])
            .all(|(found, expected)| (found - expected).abs() < 1e-6)
    );
    assert_eq!((&facts["min"], &facts["max"]), (&0.0.into(), &16.0.into()));
}

//! Regions become what SciPy and scikit-image make of them; `tests/fixtures/make_morphology.py` makes the fixture.

use serde_json::Value;
use unet_lab::data::{LabelMap, Region};
use unet_lab::metric::Pixels;
use unet_lab::morphology::*;

use crate::masks::{bits, region, runs};

fn cases() -> Vec<Value> {
    let fixture: Value =
        serde_json::from_str(include_str!("../fixtures/morphology.json")).expect("the fixture is JSON");
    let cases = fixture["cases"].as_array().expect("an array").clone();
    assert!(cases.len() >= 200);
    cases
}

#[test]
fn distances_are_those_of_scipy() {
    let (mut compared, mut worst) = (0, 0.0_f64);
    for case in cases().iter().filter(|case| case["distance"].is_object()) {
        let map = distance_transform(&region(case, "mask"));
        let expected = &case["distance"];
        let mut compare = |found: f64, expected: &Value| {
            let expected = expected.as_f64().expect("a number");
            worst = worst.max((found - expected).abs());
        };
        compare(map.data().iter().sum(), &expected["sum"]);
        compare(map.highest(), &expected["max"]);
        for pair in expected["at"].as_array().expect("an array") {
            let place = pair[0].as_u64().expect("a place") as usize;
            compare(map.data()[place], &pair[1]);
        }
        compared += 1;
    }
    assert!(
        compared >= 200 && worst <= 1e-5,
        "{compared} cases, largest difference {worst:e}"
    );
}

#[test]
fn components_are_those_of_scipy_numbers_included() {
    for case in cases() {
        let region = region(&case, "mask");
        for (name, connectivity) in [("faces", Connectivity::Faces), ("full", Connectivity::Full)] {
            assert_eq!(
                components(&region, connectivity).labels().data(),
                runs(&case[name]),
                "{case}"
            );
        }
    }
}

#[test]
fn holes_openings_and_their_kin_are_those_of_scipy() {
    for case in cases() {
        let region = region(&case, "mask");
        let element: Element = serde_json::from_value(case["element"].clone()).expect("an element");
        let table = [
            ("filled", fill_holes(&region)),
            ("erosion", erode(&region, element)),
            ("dilation", dilate(&region, element)),
            ("opening", open(&region, element)),
            ("closing", close(&region, element)),
        ];
        for (name, found) in table {
            assert_eq!(
                found.pixels(),
                bits(&case[name], region.pixels().len()),
                "{name}: {case}"
            );
        }
    }
}

#[test]
fn floods_are_those_of_scikit_image() {
    for case in cases() {
        let region = region(&case, "mask");
        let digits = case["heights"].as_str().expect("digits").chars();
        let heights: Vec<f64> = digits
            .map(|digit| f64::from(digit.to_digit(10).expect("a digit")))
            .collect();
        let markers = LabelMap::new(runs(&case["markers"]), region.size()).expect("markers");
        let connectivity = match case["flood_full"] == true {
            true => Connectivity::Full,
            false => Connectivity::Faces,
        };
        let found = watershed(&heights, &markers, &region, connectivity).expect("equal sizes");
        assert_eq!(found.data(), runs(&case["flooded"]), "{case}");
    }
}

#[test]
fn touching_objects_part_as_in_scikit_image() {
    let mut compared = 0;
    for case in cases().iter().filter(|case| case["split"].is_array()) {
        let region = region(case, "mask");
        let plain = Region::new(region.pixels().to_vec(), region.size()).expect("a region");
        let by = case["split_by"].as_u64().expect("a distance") as usize;
        let found = split_touching(&plain, by).expect("a distance above 0");
        assert_eq!(found.data(), runs(&case["split"]), "{case}");
        compared += 1;
    }
    assert!(compared >= 200, "{compared} cases");
}

//! Masks and labels as fixtures hold them.

use serde_json::Value;
use unet_lab::data::Region;

pub fn numbers(value: &Value) -> Vec<f64> {
    let values = value.as_array().expect("an array");
    values.iter().map(|value| value.as_f64().expect("a number")).collect()
}

pub fn sizes(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|side| side as usize).collect()
}

/// Hex digits, four voxels a digit, first voxel highest.
pub fn bits(value: &Value, count: usize) -> Vec<bool> {
    let digits = value.as_str().expect("hex digits").chars();
    let digits = digits.map(|digit| digit.to_digit(16).expect("a hex digit"));
    let mut bits: Vec<bool> = digits
        .flat_map(|digit| [8, 4, 2, 1].map(|bit| digit & bit != 0))
        .collect();
    assert!(bits.len() >= count && bits.len() < count + 8, "{} digits", bits.len());
    bits.truncate(count);
    bits
}

/// `[label, length, ...]`
pub fn runs(value: &Value) -> Vec<u32> {
    let pairs: Vec<u32> = numbers(value).into_iter().map(|number| number as u32).collect();
    let runs = pairs.chunks(2).map(|pair| vec![pair[0]; pair[1] as usize]);
    runs.collect::<Vec<_>>().concat()
}

/// The region under `name` of a case that says its shape and spacing.
pub fn region(case: &Value, name: &str) -> Region {
    let shape = sizes(&case["shape"]);
    let inside = bits(&case[name], shape.iter().product());
    let region = Region::new(inside, &shape).expect("a region");
    region.with_spacing(&numbers(&case["spacing"])).expect("a spacing")
}

//! The transforms beside SciPy, SimpleITK, scikit-image, NumPy and nibabel; `tests/fixtures/make_transforms.py` makes what they give.

use serde_json::Value;
use unet_lab_data::transform::*;
use unet_lab_data::{Geometry, Image, Volume};

/// Every so many-th value of a result is in the fixture.
const STRIDE: usize = 9;

fn cases(name: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../fixtures/transforms.json")).unwrap();
    let cases = all[name].as_array().unwrap().clone();
    assert!(cases.len() >= 20 || name == "colour");
    cases
}

fn number(case: &Value, name: &str) -> f64 {
    case[name].as_f64().unwrap_or_else(|| panic!("no {name}"))
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn three(case: &Value, name: &str) -> [f64; 3] {
    floats(&case[name]).try_into().unwrap()
}

fn size(case: &Value, name: &str) -> [usize; 3] {
    three(case, name).map(|side| side as usize)
}

fn rows(case: &Value, name: &str) -> [[f64; 3]; 3] {
    let rows: Vec<[f64; 3]> = case[name]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| floats(row).try_into().unwrap())
        .collect();
    rows.try_into().unwrap()
}

/// The image that the script computes from the same number.
fn noise(size: [usize; 3], seed: usize) -> Vec<f32> {
    (0..size.iter().product::<usize>() as u32)
        .map(|i| {
            let mut h = i.wrapping_mul(2_654_435_761).wrapping_add(seed as u32 * 97);
            h ^= h >> 15;
            h = h.wrapping_mul(2_246_822_519);
            h ^= h >> 13;
            (f64::from(h) / 4_294_967_296.0) as f32
        })
        .collect()
}

fn smooth(size: [usize; 3], seed: usize) -> Vec<f32> {
    let noise = noise(size, seed);
    (0..noise.len())
        .map(|i| {
            let (z, y, x) = (i / size[2] / size[1], i / size[2] % size[1], i % size[2]);
            let wave = (x as f64 / 5.0 + seed as f64).sin() + (y as f64 / 7.0).cos() + ((z + y) as f64 / 9.0).sin();
            // The script computes the last sum in double and the noise in single precision.
            (0.3 + 0.1 * wave + f64::from(0.1f32 * noise[i])) as f32
        })
        .collect()
}

fn subject(values: Vec<f32>, size: [usize; 3], spacing: [f64; 3]) -> Subject {
    let channels = values.len() / size.iter().product::<usize>();
    Subject::new("case", Volume::new(values, channels, size, spacing).unwrap()).unwrap()
}

/// As a 2-D image where the depth is 1 and `planar` says so.
fn planar_subject(values: Vec<f32>, size: [usize; 3], spacing: [f64; 3]) -> Subject {
    let channels = values.len() / size.iter().product::<usize>();
    let geometry = Geometry::of_spacing(spacing).unwrap();
    Subject::from_parts(values, channels, None, size, true, geometry).unwrap()
}

/// The largest difference at the values stored; the sums must agree as well.
fn compare(what: &str, found: &[f32], case: &Value, tolerance: f64) -> f64 {
    let expected = floats(&case["values"]);
    let picked: Vec<f64> = found.iter().step_by(STRIDE).map(|&v| f64::from(v)).collect();
    assert_eq!(picked.len(), expected.len(), "{what}: {case}");
    let worst = picked
        .iter()
        .zip(&expected)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max);
    let at: Vec<usize> = (0..picked.len())
        .filter(|&i| (picked[i] - expected[i]).abs() > tolerance)
        .map(|i| i * STRIDE)
        .collect();
    assert!(
        worst <= tolerance,
        "{what} {} is off by {worst}, more than {tolerance}, at {at:?}\n{picked:.4?}\n{expected:.4?}",
        case["shape"]
    );
    let sum: f64 = found.iter().map(|&v| f64::from(v)).sum();
    let squares: f64 = found.iter().map(|&v| f64::from(v).powi(2)).sum();
    let room = tolerance * found.len() as f64 + 1e-3;
    assert!(
        (sum - number(case, "sum")).abs() < room,
        "{what}: sum {sum}, not {}",
        case["sum"]
    );
    assert!(
        (squares - number(case, "squares")).abs() < 2.0 * room,
        "{what}: squares {squares}, not {}",
        case["squares"]
    );
    worst
}

fn report(what: &str, worst: impl Iterator<Item = f64>) {
    println!("{what}: worst difference {:.1e}", worst.fold(0.0, f64::max));
}

fn order(case: &Value) -> Interpolation {
    match case["order"].as_u64() {
        Some(0) => Interpolation::Nearest,
        Some(1) => Interpolation::Linear,
        _ => Interpolation::Cubic,
    }
}

fn border(case: &Value) -> Border {
    match case["border"].as_str() {
        Some("constant") => Border::Constant(0.5),
        Some("edge") => Border::Edge,
        _ => Border::Mirror,
    }
}

#[test]
fn resize_is_scipys_zoom() {
    let worst = cases("resize").into_iter().enumerate().map(|(i, case)| {
        let (old, new) = (size(&case, "old"), size(&case, "new"));
        let resize = Resize::to(new).with_interpolation(order(&case));
        let found = resize.on(subject(noise(old, i), old, [1.0; 3])).unwrap();
        compare("resize", found.image(), &case, 1e-5)
    });
    report("zoom", worst);
}

#[test]
fn labels_are_resized_as_scipys_nearest() {
    for (i, case) in cases("resize")
        .into_iter()
        .enumerate()
        .filter(|(_, case)| case["order"] == 0)
    {
        let (old, new) = (size(&case, "old"), size(&case, "new"));
        let values = noise(old, i);
        let labels: Vec<u32> = (0..values.len() as u32).collect();
        let labelled = Subject::from_parts(values.clone(), 1, Some(labels), old, false, Geometry::default()).unwrap();
        let resized = Resize::to(new)
            .with_interpolation(Interpolation::Nearest)
            .on(labelled)
            .unwrap();
        let by_label: Vec<f32> = resized.labels().unwrap().iter().map(|&i| values[i as usize]).collect();
        assert_eq!(by_label, resized.image());
    }
}

#[test]
fn resample_is_simpleitks() {
    let worst = cases("resample_to").into_iter().enumerate().map(|(i, case)| {
        let old = size(&case, "old");
        let geometry = Geometry::new(three(&case, "spacing"), three(&case, "origin"), rows(&case, "axes")).unwrap();
        let image = subject(noise(old, 100 + i), old, [1.0; 3]).with_geometry(geometry);
        let by = if case["nearest"] == true {
            Interpolation::Nearest
        } else {
            Interpolation::Linear
        };
        let found = Resample::to(three(&case, "target"))
            .with_interpolation(by)
            .on(image)
            .unwrap();
        assert_eq!(found.size(), size(&case, "shape"), "case {i}");
        let origin = found.geometry().origin();
        let expected = three(&case, "new_origin");
        assert!(
            origin.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6),
            "{origin:?} {expected:?}"
        );
        compare("resample", found.image(), &case, 1e-5)
    });
    report("SimpleITK", worst);
}

#[test]
fn resampling_onto_a_grid_is_simpleitks() {
    let worst = cases("resample_like").into_iter().enumerate().map(|(i, case)| {
        let old = size(&case, "old");
        let geometry = |spacing, origin, axes| {
            Geometry::new(three(&case, spacing), three(&case, origin), rows(&case, axes)).unwrap()
        };
        let image = subject(noise(old, 200 + i), old, [1.0; 3]).with_geometry(geometry("spacing", "origin", "axes"));
        let by = if case["nearest"] == true {
            Interpolation::Nearest
        } else {
            Interpolation::Linear
        };
        let like = ResampleLike::grid(size(&case, "new"), geometry("target", "new_origin", "new_axes"));
        let found = like.with_interpolation(by).with_outside(-1.0).on(image).unwrap();
        compare("resample like", found.image(), &case, 1e-5)
    });
    report("SimpleITK with a reference", worst);
}

#[test]
fn rotation_scaling_shear_and_shift_are_scipys_affine_transform() {
    let worst = cases("affine").into_iter().enumerate().map(|(i, case)| {
        let (whole, spacing) = (size(&case, "size"), three(&case, "spacing"));
        let values = noise(whole, 300 + i);
        let image = match case["planar"] == true {
            true => planar_subject(values, whole, spacing),
            false => subject(values, whole, spacing),
        };
        let one = |value: f64| value..=value;
        let spatial = Spatial::new()
            .with_rotations(three(&case, "angles").map(one))
            .with_scaling(one(number(&case, "factor")))
            .with_shear(one(number(&case, "shear")))
            .with_translation(one(number(&case, "shift")))
            .with_interpolation(order(&case))
            .with_border(border(&case));
        compare("affine", spatial.on(image).unwrap().image(), &case, 2e-5)
    });
    report("affine_transform", worst);
}

#[test]
fn elastic_deformation_is_scipys_map_coordinates() {
    let worst = cases("elastic").into_iter().enumerate().map(|(i, case)| {
        let whole = size(&case, "size");
        let vectors: Vec<Vec<f32>> = case["vectors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|list| floats(list).iter().map(|&v| v as f32).collect())
            .collect();
        let displacement = Displacement::new(size(&case, "knots"), vectors.try_into().unwrap()).unwrap();
        let values = noise(whole, 400 + i);
        let image = match case["planar"] == true {
            true => planar_subject(values, whole, [1.0; 3]),
            false => subject(values, whole, [1.0; 3]),
        };
        let spatial = Spatial::new()
            .with_displacement(displacement)
            .with_interpolation(order(&case))
            .with_border(border(&case));
        compare("elastic", spatial.on(image).unwrap().image(), &case, 5e-5)
    });
    report("map_coordinates", worst);
}

#[test]
fn blur_is_scipys_gaussian_filter() {
    let worst = cases("gaussian").into_iter().enumerate().map(|(i, case)| {
        let whole = size(&case, "size");
        let found = Blur::of(number(&case, "sigma"))
            .on(subject(noise(whole, 500 + i), whole, [1.0; 3]))
            .unwrap();
        compare("blur", found.image(), &case, 1e-5)
    });
    report("gaussian_filter", worst);
}

#[test]
fn clahe_is_scikit_images() {
    let worst = cases("clahe").into_iter().map(|case| {
        let whole = size(&case, "size");
        let values = smooth(whole, number(&case, "seed") as usize);
        let mut clahe = Clahe::default()
            .with_clip(number(&case, "clip"))
            .with_bins(number(&case, "bins") as usize);
        if case["tile"].is_array() {
            clahe = clahe.with_tile(size(&case, "tile"));
        }
        let found = clahe.on(subject(values, whole, [1.0; 3])).unwrap();
        // One of 16384 levels, stretched.
        compare("CLAHE", found.image(), &case, 2e-4)
    });
    report("equalize_adapthist", worst);
}

#[test]
fn clahe_of_colour_is_scikit_images() {
    let worst = cases("colour").into_iter().map(|case| {
        let (whole, seed) = (size(&case, "size"), number(&case, "seed") as usize);
        let values: Vec<f32> = (0..3).flat_map(|c| smooth(whole, seed + c)).collect();
        let image = Image::new(whole[2], whole[1], 3, values).unwrap();
        let found = Clahe::default().with_clip(0.02).on(image).unwrap();
        compare("CLAHE of colour", found.data(), &case, 5e-4)
    });
    report("equalize_adapthist of colour", worst);
}

#[test]
fn equalisation_is_scikit_images() {
    let worst = cases("equalize").into_iter().enumerate().map(|(i, case)| {
        let whole = size(&case, "size");
        // The script squares in double precision; bins are cut there too.
        let values = noise(whole, 800 + i)
            .iter()
            .map(|&v| (f64::from(v) * f64::from(v)) as f32)
            .collect();
        let found = Equalize::default().on(subject(values, whole, [1.0; 3])).unwrap();
        compare("equalisation", found.image(), &case, 1e-4)
    });
    report("equalize_hist", worst);
}

#[test]
fn percentiles_are_numpys() {
    let worst = cases("percentile").into_iter().enumerate().map(|(i, case)| {
        let whole = size(&case, "size");
        let percentiles = Percentiles::new(number(&case, "low"), number(&case, "high"));
        let found = percentiles.on(subject(noise(whole, 900 + i), whole, [1.0; 3])).unwrap();
        compare("percentiles", found.image(), &case, 1e-5)
    });
    report("percentile", worst);
}

#[test]
fn reorienting_is_nibabels() {
    for (i, case) in cases("reorient").into_iter().enumerate() {
        let whole = size(&case, "size");
        let geometry = Geometry::new(three(&case, "spacing"), three(&case, "origin"), rows(&case, "axes")).unwrap();
        let image = subject(noise(whole, 1000 + i), whole, [1.0; 3]).with_geometry(geometry);
        let found = Reorient::to(case["letters"].as_str().unwrap()).on(image).unwrap();
        compare("reorient", found.image(), &case, 1e-6);
        let affine = found.geometry().ras_affine();
        let expected: Vec<f64> = case["affine"].as_array().unwrap().iter().flat_map(floats).collect();
        let off = affine
            .as_flattened()
            .iter()
            .zip(&expected)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(off < 1e-6, "case {i}: {affine:?} {expected:?}");
        assert_eq!(found.geometry().orientation(), case["letters"].as_str().unwrap());
    }
}

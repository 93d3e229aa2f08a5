//! Targets: the readers of pictures, volumes and arrays, and what looks into whatever they read.

use std::path::Path;

use rand::RngExt;
use unet_lab_data::doctor::{self, Case};
use unet_lab_data::formats::{Decoded, FormatError, Limits, decode, decode_npz, npz_names};
use unet_lab_data::inspect::facts_of;
use unet_lab_data::masks::LabelEncoding;

use super::containers;
use super::engine::{Meter, Target};
use super::seeds::{self, Files};

/// Bytes of decoded numbers in most runs.
pub const LIMIT: u64 = 8 << 20;
/// In the others, where the fixed part of the memory shows.
const SMALL: u64 = 1 << 16;

/// What a format's reader may take beyond the numbers that it decodes.
struct Bound {
    /// Whatever the file: windows, tables, a chunk.
    fixed: usize,
    /// Pictures up to this size are believed.
    plausible: u64,
    /// What a byte of the file becomes at most.
    ratio: u64,
}

const VOLUMES: Bound = Bound {
    fixed: 1 << 20,
    plausible: 0,
    ratio: 1032,
};
const PICTURES: Bound = Bound {
    fixed: 4 << 20,
    plausible: 16 << 20,
    ratio: 8 * 1032,
};
/// Every attribute is an object of its own in memory, a hundred times as large as in the file.
const DICOM: Bound = Bound {
    fixed: 16 << 20,
    plausible: 16 << 20,
    ratio: 8 * 1032,
};

pub fn targets() -> Vec<Target> {
    let target = |(format, seeds): (String, Vec<Files>)| {
        let (name, weight, bound) = match format.as_str() {
            "PNG" => ("PNG", 10, PICTURES),
            "JPEG" => ("JPEG", 8, PICTURES),
            "GIF" => ("GIF", 6, PICTURES),
            "BMP" => ("BMP", 4, PICTURES),
            "PNM" => ("PNM", 5, PICTURES),
            "TIFF" => ("TIFF", 12, PICTURES),
            "NIfTI-1" => ("NIfTI-1", 9, VOLUMES),
            "NIfTI-2" => ("NIfTI-2", 4, VOLUMES),
            "Analyze 7.5" => ("Analyze", 3, VOLUMES),
            "DICOM" => ("DICOM", 14, DICOM),
            "MetaImage" => ("MetaImage", 7, VOLUMES),
            "NRRD" => ("NRRD", 8, VOLUMES),
            "NumPy array" => ("npy", 6, VOLUMES),
            "NumPy archive" => ("npz", 7, VOLUMES),
            other => panic!("{other} has no target"),
        };
        Target {
            name,
            weight,
            seeds,
            damage: containers::mutate,
            read: Box::new(move |files, meter| read(files, &bound, meter)),
        }
    };
    seeds::by_format().into_iter().map(target).collect()
}

fn read(files: &Files, bound: &Bound, meter: &mut Meter) -> bool {
    let limits = match meter.random.random_range(0..4) {
        0 => Limits::with_bytes(SMALL),
        // A claim of gigabytes that the file cannot fill takes nothing.
        1 if files.bytes() < 1 << 14 => Limits::default(),
        _ => Limits::with_bytes(LIMIT),
    };
    let most = bound.ratio.saturating_mul(files.bytes() as u64).max(bound.plausible);
    let allowed = 4 * limits.bytes().min(most) as usize + bound.fixed;
    let decoded = meter.within(allowed, || decode(&files.first, limits, &|name| files.companion(name)));
    let mut some = decoded.is_ok();
    if files.first.starts_with(b"PK") {
        for name in npz_names(&files.first).unwrap_or_default().iter().take(4) {
            some |= meter.within(allowed, || {
                decode_npz(&files.first, name, limits)
                    .map(|file| check(&file, limits))
                    .is_ok()
            });
        }
    }
    match decoded {
        Ok(file) => {
            check(&file, limits);
            look(&file, meter);
        }
        Err(problem) => check_words(&problem),
    }
    some
}

pub fn check_words(problem: &FormatError) {
    let words = problem.to_string();
    assert!(words.len() < 2000, "{words}");
}

/// What holds for every file that was read.
pub fn check(file: &Decoded, limits: Limits) {
    let size: usize = file.shape().iter().product();
    assert_eq!(size, file.samples.len(), "its shape and its numbers");
    let bytes = (file.samples.len() * file.sample_type().bytes()) as u64;
    assert!(bytes <= limits.bytes(), "{bytes} bytes of numbers");
    let _ = file.geometry.orientation();
}

/// What a person does with a file: values, labels, facts, and the doctor's report.
fn look(file: &Decoded, meter: &mut Meter) {
    let numbers = file.samples.len();
    if numbers > 1 << 18 {
        return;
    }
    // Copies as 64-bit numbers, colours and counts, and small tables.
    let allowed = 200 * numbers + (4 << 20);
    meter.within(allowed, || {
        let _ = (file.volume(), file.labels());
        let facts = facts_of(Path::new("a"), file);
        serde_json::to_string(&facts).expect("facts have a form in JSON");
        for encoding in [
            LabelEncoding::numbers(),
            LabelEncoding::binary(),
            LabelEncoding::colours([("red", [255, 0, 0])]),
        ] {
            let _ = encoding.labels(file).map_err(|problem| problem.to_string());
        }
    });
    if numbers <= 1 << 14 && meter.random.random_bool(0.25) {
        let case = |name: &str, split: &str| Case {
            name: name.to_owned(),
            image_file: None,
            mask_file: None,
            image: file.clone(),
            mask: file.clone(),
            split: Some(split.to_owned()),
            group: None,
        };
        meter.within(4 * allowed, || {
            doctor::examine(&[case("a", "train"), case("b", "test")]).to_string()
        });
    }
}

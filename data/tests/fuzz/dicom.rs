//! Targets: DICOM series and segmentation objects. Single files are among the readers of [`super::files`].

use std::fs;
use std::path::PathBuf;

use unet_lab_data::formats::Limits;
use unet_lab_data::formats::dicom::{DicomSeg, DicomSeries, phi_attributes};

use super::containers;
use super::engine::{Meter, Target};
use super::files::LIMIT;
use super::place::Place;
use super::seeds::{self, Files};

/// Attributes as objects, the numbers themselves, and labels and values made of them.
const ALLOWED: usize = 12 * LIMIT as usize + (16 << 20);

pub fn targets() -> Vec<Target> {
    let place = Place::new();
    vec![
        Target {
            name: "DICOM segmentation",
            weight: 6,
            seeds: segmentations(),
            damage: containers::mutate,
            read: Box::new(read_segmentation),
        },
        Target {
            name: "DICOM series",
            weight: 4,
            seeds: vec![series()],
            damage: containers::mutate,
            read: Box::new(move |files, meter| read_series(&place, files, meter)),
        },
    ]
}

fn is_segmentation(files: &Files) -> bool {
    DicomSeg::from_bytes(&files.first, Limits::with_bytes(LIMIT)).is_ok()
}

fn segmentations() -> Vec<Files> {
    let real = seeds::real()
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "dcm"));
    let real = real.filter_map(|path| Some(Files::new(path.display().to_string(), fs::read(path).ok()?)));
    let all: Vec<Files> = seeds::dicom().into_iter().chain(real).filter(is_segmentation).collect();
    assert!(all.len() >= 3);
    all
}

/// Three slices, as files beside each other.
fn series() -> Files {
    let is_slice = |files: &Files| {
        ["ct_1.dcm", "ct_2.dcm", "ct_3.dcm"]
            .iter()
            .any(|name| files.name.ends_with(name))
    };
    let mut slices = seeds::dicom().into_iter().filter(is_slice);
    let mut series = slices.next().unwrap();
    series.others = slices
        .map(|slice| {
            (
                PathBuf::from(&slice.name)
                    .file_name()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned(),
                slice.first,
            )
        })
        .collect();
    assert_eq!(series.others.len(), 2);
    series
}

fn read_segmentation(files: &Files, meter: &mut Meter) -> bool {
    let seg = meter.within(ALLOWED, || {
        DicomSeg::from_bytes(&files.first, Limits::with_bytes(LIMIT))
    });
    let seg = match seg {
        Ok(seg) => seg,
        Err(problem) => {
            super::files::check_words(&problem);
            return false;
        }
    };
    meter.within(ALLOWED, || {
        let Ok(grid) = seg.grid() else { return false };
        let done = seg.labels_on(&grid).is_ok();
        for segment in seg.segments().iter().take(3) {
            let _ = seg.region(segment.number, &grid).map_err(|problem| problem.to_string());
            let _ = seg
                .fractions(segment.number, &grid)
                .map_err(|problem| problem.to_string());
        }
        done
    })
}

fn read_series(place: &Place, files: &Files, meter: &mut Meter) -> bool {
    let folder = place.fresh();
    fs::write(folder.join("first.dcm"), &files.first).unwrap();
    for (name, bytes) in &files.others {
        fs::write(folder.join(name), bytes).unwrap();
    }
    let _ = meter.within(ALLOWED, || phi_attributes(folder.join("first.dcm")));
    let found = meter.within(ALLOWED, || DicomSeries::find_with(&folder, Limits::with_bytes(LIMIT)));
    let Ok((all, skipped)) = found else {
        return false;
    };
    let count: usize = all.iter().map(|series| series.files().len()).sum();
    assert!(
        count + skipped.len() <= 1 + files.others.len() + all.len(),
        "a file is counted twice"
    );
    let loaded = |series: &DicomSeries| meter.within(ALLOWED, || series.load().is_ok());
    let loaded: Vec<bool> = all.iter().map(loaded).collect();
    loaded == [true] && skipped.is_empty()
}

//! Every real picture against what Pillow and tifffile read from it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;
use serde::Deserialize;
use unet_lab_data::formats::{Decoded, read};

use crate::RealData;

pub fn trials(root: &RealData) -> Vec<Trial> {
    let all: BTreeMap<String, Facts> = serde_json::from_str(include_str!("../fixtures/real_pictures.json")).unwrap();
    let folders: BTreeSet<String> = all
        .keys()
        .filter_map(|name| Some(name.split_once('/')?.0.to_owned()))
        .collect();
    let mut trials = Vec::new();
    for folder in folders {
        let own: Vec<(String, Facts)> = all
            .iter()
            .filter(|(name, _)| name.starts_with(&format!("{folder}/")))
            .map(|(n, f)| (n.clone(), f.clone()))
            .collect();
        let name = format!("pictures_of_{folder}_have_the_numbers_that_pillow_reads");
        trials.push(root.trial(&name, &folder, move |path| check(&path, &own)));
    }
    trials
}

#[derive(Clone, Deserialize)]
struct Facts {
    shape: Vec<usize>,
    r#type: Option<String>,
    crc: Option<u32>,
    means: Option<Vec<f64>>,
    files: Option<usize>,
}

fn check(folder: &Path, all: &[(String, Facts)]) {
    let root = folder.parent().unwrap();
    for (name, facts) in all {
        let path = root.join(name);
        let files: Vec<PathBuf> = match facts.files {
            None => vec![path],
            Some(count) => {
                let files: Vec<PathBuf> = std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path())
                    .collect();
                assert_eq!(files.len(), count, "{name}");
                files
            }
        };
        let mut joined = 0;
        for file in files {
            let found = read(&file).unwrap();
            assert_eq!(found.shape(), facts.shape, "{name}");
            if let Some(kind) = &facts.r#type {
                assert_eq!(&found.sample_type().to_string(), kind, "{name}");
            }
            joined ^= crc(&found);
            if let Some(means) = &facts.means {
                let worst = part_means(&found)
                    .iter()
                    .zip(means)
                    .map(|(a, b)| (a - b).abs())
                    .fold(0.0, f64::max);
                assert!(worst < 0.3, "{name}: a part's mean is off by {worst}");
            }
        }
        if let Some(crc) = facts.crc {
            assert_eq!(joined, crc, "{name}");
        }
    }
}

fn crc(found: &Decoded) -> u32 {
    let mut sum = flate2::Crc::new();
    found
        .samples
        .scaled(1.0, 0.0)
        .iter()
        .for_each(|value| sum.update(&value.to_le_bytes()));
    sum.sum()
}

/// Means of 8 x 8 parts, all channels together, cut as numpy's `array_split` cuts.
fn part_means(found: &Decoded) -> Vec<f64> {
    let [_, height, width] = found.size;
    let cuts = |length: usize| -> Vec<std::ops::Range<usize>> {
        let (base, longer) = (length / 8, length % 8);
        let start = |part: usize| part * base + part.min(longer);
        (0..8).map(|part| start(part)..start(part + 1)).collect()
    };
    let mut means = Vec::new();
    for rows in cuts(height) {
        for columns in cuts(width) {
            let mut sum = 0.0;
            for channel in 0..found.channels {
                for y in rows.clone() {
                    sum += columns
                        .clone()
                        .map(|x| found.samples.get((channel * height + y) * width + x))
                        .sum::<f64>();
                }
            }
            means.push(sum / (rows.len() * columns.len() * found.channels) as f64);
        }
    }
    means
}

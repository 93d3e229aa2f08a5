//! The mask doctor: looks at images and masks before a network does, and says what is wrong with them.
//!
//! ```
//! use unet_lab_data::{doctor, phantom::NucleiPhantom};
//! let data = NucleiPhantom::new(64).with_count(6).with_seed(1).generate();
//! let report = doctor::examine_dataset(&data);
//! assert!(report.findings().is_empty(), "{report}");
//! ```
//!
//! Every threshold stands beside the rule that uses it. Rules look for damage that was seen in published data: strays of a lossy copy,
//! edges blurred by scaling, objects stored as 0, masks of another size or shifted, one recording in two splits.

mod align;
mod copies;
mod facts;
mod per_pair;
mod report;
mod search;
mod set;
#[cfg(test)]
mod tests;
mod values;
#[cfg(test)]
mod volume_tests;

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::formats::{self, Decoded, Format, Limits, Samples};
use crate::{DataError, Dataset, PairFiles, PairFolder};
use facts::PairFacts;

pub use report::{Finding, Kind, Report, Severity};
pub use search::Search;

/// An image with its mask, to be looked at.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is called in the report.
    pub name: String,
    /// The image's file, if it has one.
    pub image_file: Option<PathBuf>,
    /// The mask's file, if it has one.
    pub mask_file: Option<PathBuf>,
    /// The image.
    pub image: Decoded,
    /// The mask.
    pub mask: Decoded,
    /// "train", "validation", ...: pairs of different splits must not be alike. None where nothing was split yet.
    pub split: Option<String>,
    /// The patient, sweep or slide that it is of.
    pub group: Option<String>,
}

/// The files of a pair, with its place in a split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFiles {
    /// Name, image, masks and group.
    pub pair: PairFiles,
    /// As in [`Case`].
    pub split: Option<String>,
}

impl From<PairFiles> for CaseFiles {
    fn from(pair: PairFiles) -> Self {
        Self { pair, split: None }
    }
}

/// Looks at pairs in memory, 2-D or 3-D.
pub fn examine(cases: &[Case]) -> Report {
    let facts = cases.par_iter().map(|case| PairFacts::of(case, Vec::new())).collect();
    report_of(facts)
}

/// Looks at files of any format that [`formats::read`] opens, one pair after the other, so that a set need not fit into memory. Several
/// masks of an image are joined. What cannot be read is a finding.
pub fn examine_files(files: &[CaseFiles]) -> Report {
    report_of(files.par_iter().map(facts_of_files).collect())
}

/// Looks at a folder; see [`PairFolder`].
///
/// # Errors
/// Where images and masks cannot be told apart or paired: the errors of [`PairFolder::files`].
pub fn examine_folder(folder: &PairFolder) -> Result<Report, DataError> {
    let files: Vec<CaseFiles> = folder.files()?.into_iter().map(CaseFiles::from).collect();
    Ok(examine_files(&files))
}

/// Looks at a data set in memory.
pub fn examine_dataset(data: &Dataset) -> Report {
    examine_splits(&[("", data)])
}

/// Looks at data sets that are to be apart, such as `[("train", &train), ("validation", &validation)]`.
pub fn examine_splits(splits: &[(&str, &Dataset)]) -> Report {
    let mut cases = Vec::new();
    for (split, data) in splits {
        for pair in data.iter() {
            let [height, width] = pair.image().size();
            let (image, mask) = (pair.image(), pair.mask());
            let image = Decoded::with_shape(
                Format::Npy,
                Samples::F32(image.data().to_vec()),
                1,
                image.channels(),
                [1, height, width],
            );
            let mask = mask.data().iter().map(|&inside| u8::from(inside)).collect();
            let mask = Decoded::new(Format::Npy, Samples::U8(mask), [1, height, width]);
            // An image in memory fills its shape.
            if let (Ok(image), Ok(mask)) = (image, mask) {
                cases.push(Case {
                    name: pair.name.clone(),
                    image_file: None,
                    mask_file: None,
                    image,
                    mask,
                    split: (splits.len() > 1).then(|| (*split).to_owned()),
                    group: pair.group.clone(),
                });
            }
        }
    }
    examine(&cases)
}

fn report_of(mut facts: Vec<PairFacts>) -> Report {
    let pairs = facts.len();
    set::without_rare_classes(&mut facts);
    let mut findings: Vec<Finding> = facts
        .iter_mut()
        .flat_map(|pair| std::mem::take(&mut pair.findings))
        .collect();
    findings.extend(set::findings(&facts));
    findings.extend(copies::findings(&facts));
    findings.extend(align::finding(&facts));
    findings.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.kind.cmp(&b.kind)));
    Report { pairs, findings }
}

fn facts_of_files(files: &CaseFiles) -> PairFacts {
    let pair = &files.pair;
    let mut findings = Vec::new();
    let mut read = |path: &Path| {
        formats::read_with(path, Limits::default()).map_err(|error| {
            findings.push(Finding {
                kind: Kind::Unreadable,
                severity: Severity::Error,
                pair: Some(pair.name.clone()),
                files: vec![path.to_owned()],
                found: error.to_string(),
                advice: "fetch or export the file again, or take the pair out".to_owned(),
            });
        })
    };
    let image = read(&pair.image);
    let masks: Vec<Result<Decoded, ()>> = pair.masks.iter().map(|mask| read(mask)).collect();
    let masks: Result<Vec<Decoded>, ()> = masks.into_iter().collect();
    let (Ok(image), Ok(masks)) = (image, masks) else {
        return PairFacts::unread(pair.name.clone(), findings);
    };
    let Some(mask) = joined(masks, &image, files, &mut findings) else {
        return PairFacts::unread(pair.name.clone(), findings);
    };
    let case = Case {
        name: pair.name.clone(),
        image_file: Some(pair.image.clone()),
        mask_file: pair.masks.first().cloned(),
        image,
        mask,
        split: files.split.clone(),
        group: pair.group.clone(),
    };
    PairFacts::of(&case, findings)
}

/// The only mask, or all of them as one of 0 and 255; a part of another size is a finding.
fn joined(mut masks: Vec<Decoded>, image: &Decoded, files: &CaseFiles, findings: &mut Vec<Finding>) -> Option<Decoded> {
    if masks.len() <= 1 {
        return masks.pop();
    }
    let mut all = vec![0u8; image.size.iter().product()];
    for (mask, path) in masks.iter().zip(&files.pair.masks) {
        if mask.size != image.size {
            findings.push(per_pair::wrong_size(&files.pair.name, Some(path), image, mask));
            continue;
        }
        let inside: Vec<bool> = match crate::masks::drawn(mask) {
            Ok(crate::masks::Drawn::Numbers(values)) => values.iter().map(|&value| value != 0.0).collect(),
            Ok(crate::masks::Drawn::Colours(colours)) => colours.iter().map(|&colour| colour != [0; 3]).collect(),
            Err(_) => continue,
        };
        all.iter_mut()
            .zip(inside)
            .filter(|(_, inside)| *inside)
            .for_each(|(value, _)| *value = 255);
    }
    Decoded::new(Format::Png, Samples::U8(all), image.size).ok()
}

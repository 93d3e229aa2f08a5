//! What is in a file or a folder, in words and as JSON.

mod show;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::formats::{self, Decoded};
use crate::{DataError, PairFolder};

/// What is in a file or a folder.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Inspection {
    /// A file.
    File(Box<FileFacts>),
    /// A folder, with those inside it.
    Folder(FolderFacts),
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileFacts {
    /// The file.
    pub path: PathBuf,
    /// `PNG`, `NIfTI-1`, ...
    pub format: String,
    /// As numpy would print it: `[frames, channels, depth, height, width]` without axes that the file does not have.
    pub shape: Vec<usize>,
    /// Time points, or pictures of an animation.
    pub frames: usize,
    /// Values a voxel.
    pub channels: usize,
    /// `[depth, height, width]`.
    pub size: [usize; 3],
    /// As numpy calls it: `uint8`, `float32`.
    pub sample_type: String,
    /// Place in space; none where the file states none.
    pub place: Option<Place>,
    /// A value is `slope * stored + intercept`; statistics are of values.
    pub slope: f64,
    /// See `slope`.
    pub intercept: f64,
    /// How many colours its palette has; 0 without one.
    pub palette: usize,
    /// The lowest value; none of an empty file.
    pub min: Option<f64>,
    /// The highest value.
    pub max: Option<f64>,
    /// The mean value.
    pub mean: Option<f64>,
    /// Values that are NaN or infinite; they count nowhere else.
    pub not_numbers: usize,
    /// The values with their counts, in order, where there are 20 or fewer; else empty.
    pub values: Vec<(f64, usize)>,
    /// Further remarks of the reader, as name and text.
    pub notes: Vec<(String, String)>,
}

/// Place in space.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Place {
    /// In mm along `[depth, height, width]`.
    pub spacing: [f64; 3],
    /// World point of the first voxel's centre, `[x, y, z]` in mm, LPS.
    pub origin: [f64; 3],
    /// World directions of depth, height and width.
    pub direction: [[f64; 3]; 3],
    /// Where width, height and depth grow to, as in `LPS`.
    pub orientation: String,
}

/// What is in a folder.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FolderFacts {
    /// The folder.
    pub path: PathBuf,
    /// All files in it and in folders inside it, hidden ones left out.
    pub files: usize,
    /// Bytes of all.
    pub bytes: u64,
    /// How many files have which ending.
    pub endings: BTreeMap<String, usize>,
    /// How many are DICOM by their contents, whatever their name.
    pub dicom: usize,
    /// Kinds of contents, as `PNG 512 x 512 uint8`, of the files that were opened.
    pub contents: BTreeMap<String, usize>,
    /// How many files were opened for this: some of each ending.
    pub opened: usize,
    /// Files that should be readable and are not, with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
    /// Which file is the mask of which, in a sentence.
    pub pairing: String,
    /// Whether files beyond the first 200,000 were left out.
    pub is_incomplete: bool,
}

/// Distinct values up to which all are listed.
const LISTED: usize = 20;
/// Files of each ending that are opened in a folder.
const OPENED: usize = 12;
/// Files and depth up to which a folder is walked.
const MOST_FILES: usize = 200_000;
const DEEPEST: usize = 12;

/// Looks into a file of any format that [`formats::read`] opens, or into a folder.
///
/// # Errors
/// [`DataError::File`] for a file that cannot be read, [`DataError::MissingFolder`] for a folder that cannot be opened.
pub fn inspect(path: impl AsRef<Path>) -> Result<Inspection, DataError> {
    let path = path.as_ref();
    match path.is_dir() {
        true => folder(path).map(Inspection::Folder),
        false => Ok(Inspection::File(Box::new(facts_of(path, &formats::read(path)?)))),
    }
}

/// The facts of a decoded file.
pub fn facts_of(path: &Path, file: &Decoded) -> FileFacts {
    let (mut sum, mut low, mut high, mut count, mut odd) = (0.0, f64::INFINITY, f64::NEG_INFINITY, 0usize, 0usize);
    let mut distinct: Option<HashMap<u64, usize>> = Some(HashMap::new());
    let (mut last, mut run) = (f64::NAN.to_bits(), 0);
    let mut enter = |bits: u64, run: usize| {
        if let Some(all) = distinct.as_mut().filter(|_| run > 0) {
            *all.entry(bits).or_default() += run;
            if all.len() > LISTED {
                distinct = None;
            }
        }
    };
    file.samples.each_as_f64(|stored| {
        let value = file.slope * stored + file.intercept + 0.0;
        if !value.is_finite() {
            odd += 1;
            return;
        }
        (sum, low, high, count) = (sum + value, low.min(value), high.max(value), count + 1);
        if value.to_bits() != last {
            enter(last, run);
            (last, run) = (value.to_bits(), 0);
        }
        run += 1;
    });
    enter(last, run);
    let mut values: Vec<(f64, usize)> = distinct
        .unwrap_or_default()
        .into_iter()
        .map(|(bits, count)| (f64::from_bits(bits), count))
        .collect();
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let some = |value: f64| (count > 0).then_some(value);
    FileFacts {
        path: path.to_owned(),
        format: file.format.to_string(),
        shape: file.shape(),
        frames: file.frames,
        channels: file.channels,
        size: file.size,
        sample_type: file.sample_type().to_string(),
        place: file.states_spacing.then(|| Place {
            spacing: file.geometry.spacing(),
            origin: file.geometry.origin(),
            direction: file.geometry.axes(),
            orientation: file.geometry.orientation(),
        }),
        slope: file.slope,
        intercept: file.intercept,
        palette: file.palette.as_ref().map_or(0, Vec::len),
        min: some(low),
        max: some(high),
        mean: some(sum / count.max(1) as f64),
        not_numbers: odd,
        values,
        notes: file.notes.clone(),
    }
}

fn folder(path: &Path) -> Result<FolderFacts, DataError> {
    let mut files = Vec::new();
    walk(path, 0, &mut files).map_err(|error| DataError::MissingFolder {
        path: path.to_owned(),
        hint: format!("it cannot be opened: {error}"),
    })?;
    files.sort();
    let mut facts = FolderFacts {
        path: path.to_owned(),
        files: files.len(),
        bytes: 0,
        endings: BTreeMap::new(),
        dicom: 0,
        contents: BTreeMap::new(),
        opened: 0,
        unreadable: Vec::new(),
        pairing: pairing(path),
        is_incomplete: files.len() >= MOST_FILES,
    };
    let mut opened: BTreeMap<String, usize> = BTreeMap::new();
    for file in &files {
        facts.bytes += std::fs::metadata(file).map_or(0, |data| data.len());
        let ending = ending(file);
        *facts.endings.entry(ending.clone()).or_default() += 1;
        let is_dicom = is_dicom(file);
        facts.dicom += usize::from(is_dicom);
        let tried = opened.entry(ending.clone()).or_default();
        if *tried >= OPENED || !(is_dicom || is_data(&ending)) {
            continue;
        }
        *tried += 1;
        match formats::read(file) {
            Ok(found) => {
                facts.opened += 1;
                let sides: Vec<String> = found.shape().iter().map(usize::to_string).collect();
                let kind = format!("{} {} {}", found.format, sides.join(" x "), found.sample_type());
                *facts.contents.entry(kind).or_default() += 1;
            }
            Err(DataError::File { problem, .. }) => facts.unreadable.push((file.clone(), problem.to_string())),
            Err(other) => facts.unreadable.push((file.clone(), other.to_string())),
        }
    }
    Ok(facts)
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if is_hidden || files.len() >= MOST_FILES {
            continue;
        }
        // Links are not followed, so that a circle of them ends.
        let kind = entry.file_type()?;
        if kind.is_dir() && depth < DEEPEST {
            // A folder inside that cannot be opened does not hide the others.
            let _ = walk(&entry.path(), depth + 1, files);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// The ending in lower case, that of a packed file with what is packed: `nii.gz`.
fn ending(path: &Path) -> String {
    let plain = |path: &Path| path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match plain(path) {
        None => "(none)".to_owned(),
        Some(outer) if outer == "gz" => match plain(Path::new(path.file_stem().unwrap_or_default())) {
            Some(inner) => format!("{inner}.gz"),
            None => outer,
        },
        Some(outer) => outer,
    }
}

/// Endings of data; raw files are named by a header beside them.
fn is_data(ending: &str) -> bool {
    const DATA: [&str; 23] = [
        "png", "jpg", "jpeg", "gif", "tif", "tiff", "pgm", "ppm", "pbm", "pnm", "bmp", "ppm.gz", "nii", "nii.gz",
        "hdr", "img", "dcm", "mha", "mhd", "nrrd", "nhdr", "npy", "npz",
    ];
    DATA.contains(&ending)
}

/// The mark after the preamble (DICOM PS3.10, section 7.1).
fn is_dicom(path: &Path) -> bool {
    let mut start = [0; 132];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start[128..] == *b"DICM"
}

fn pairing(path: &Path) -> String {
    let pairs = PairFolder::open(path).and_then(|folder| folder.files());
    match pairs {
        Ok(pairs) => {
            let several = pairs.iter().filter(|pair| pair.masks.len() > 1).count();
            let joined = if several > 0 {
                format!(", {several} of them with several masks to be joined")
            } else {
                String::new()
            };
            let name = |path: &Path| {
                path.strip_prefix(path.ancestors().nth(2).unwrap_or(path))
                    .unwrap_or(path)
                    .display()
                    .to_string()
            };
            let example = pairs
                .first()
                .and_then(|pair| Some((name(&pair.image), name(pair.masks.first()?))));
            let example = example
                .map(|(image, mask)| format!(", as {image} with {mask}"))
                .unwrap_or_default();
            format!("{} image/mask pairs{example}{joined}", pairs.len())
        }
        Err(error) => format!("no pairs of 2-D images and masks: {error}"),
    }
}

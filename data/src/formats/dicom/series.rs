//! Series: the slices of a folder, put in order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::dataset::Dataset;
use super::layout::Layout;
use super::pixels;
use super::place::{Rescale, rescales};
use super::read::decode_dataset;
use super::slice::{Slice, at_fault, explained, inspect, list, read};
use super::stack::{Plane, Stack, arrange};
use crate::formats::{FormatError, Limits};
use crate::{DataError, Geometry, Volume};

/// The images of one series that form one volume: same series UID, size and orientation.
///
/// Slices are put in order by their position along the normal of their plane (`ImagePositionPatient`), never by file name, and the
/// distance between them is that of the positions, never `SliceThickness`. Taught in unit 09 (volumes).
///
/// ```no_run
/// use unet_lab_data::formats::dicom::DicomSeries;
/// for series in DicomSeries::find("patient")? {
///     println!("{series}");
///     let volume = series.load()?;
///     println!("{:?} mm", volume.spacing());
/// }
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct DicomSeries {
    uid: String,
    modality: String,
    description: String,
    size: [usize; 2],
    pub(super) slices: Vec<Slice>,
    /// Place of the volume; none for a single file of many frames, which is placed when it is loaded.
    geometry: Option<Geometry>,
    tilt: f64,
    limits: Limits,
}

/// A file of a folder that belongs to no volume, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct SkippedFile {
    /// The file.
    pub path: PathBuf,
    /// Why it was left out.
    pub reason: String,
}

impl DicomSeries {
    /// The series of a folder and the folders in it, by series UID. Files that are no DICOM images are left out;
    /// [`DicomSeries::find_with`] says which.
    ///
    /// # Errors
    /// [`DataError::MissingFolder`], [`DataError::EmptyFolder`] when there is no DICOM image, and as [`DicomSeries::of_files`].
    pub fn find(folder: impl AsRef<Path>) -> Result<Vec<Self>, DataError> {
        Ok(Self::find_with(folder, Limits::default())?.0)
    }

    /// As [`DicomSeries::find`], with a limit of memory for each volume, and with the files left out.
    ///
    /// A series whose slices do not form a grid is left out with the reason for its first file, unless it is the only one.
    ///
    /// # Errors
    /// As [`DicomSeries::find`].
    pub fn find_with(folder: impl AsRef<Path>, limits: Limits) -> Result<(Vec<Self>, Vec<SkippedFile>), DataError> {
        let folder = folder.as_ref();
        let mut files = Vec::new();
        list(folder, &mut files)?;
        files.sort();
        let inspected: Vec<_> = files.par_iter().map(|path| inspect(path, limits)).collect();
        let (mut groups, mut skipped) = (BTreeMap::<_, Vec<Slice>>::new(), Vec::new());
        for (path, slice) in files.into_iter().zip(inspected) {
            match slice {
                Ok(slice) => groups.entry(slice.group()).or_default().push(slice),
                Err(reason) => skipped.push(SkippedFile { path, reason }),
            }
        }
        if groups.is_empty() {
            return Err(DataError::EmptyFolder {
                path: folder.to_owned(),
                expected: "DICOM images (by contents, whatever their names)".into(),
                found: match skipped.first() {
                    Some(SkippedFile { path, reason }) => {
                        format!("{} other file(s), such as {}: {reason}", skipped.len(), path.display())
                    }
                    None => "no file".into(),
                },
            });
        }
        let (mut series, mut first_error) = (Vec::new(), None);
        for slices in groups.into_values() {
            let path = slices.first().map(|slice| slice.path.clone()).unwrap_or_default();
            match Self::ordered(slices, limits) {
                Ok(found) => series.push(found),
                Err(error) => {
                    let reason = error.to_string();
                    skipped.push(SkippedFile { path, reason });
                    first_error.get_or_insert(error);
                }
            }
        }
        match first_error {
            Some(error) if series.is_empty() => Err(error),
            _ => Ok((series, skipped)),
        }
    }

    /// The series that consists of just these files.
    ///
    /// # Errors
    /// [`DataError::File`] naming the file that is no image, is of another series, size or orientation, lies at another one's place,
    /// or follows a gap.
    pub fn of_files(paths: &[PathBuf], limits: Limits) -> Result<Self, DataError> {
        let inspect =
            |path: &PathBuf| inspect(path, limits).map_err(|reason| at_fault(path, FormatError::Damaged(reason)));
        Self::ordered(paths.par_iter().map(inspect).collect::<Result<_, _>>()?, limits)
    }

    fn ordered(slices: Vec<Slice>, limits: Limits) -> Result<Self, DataError> {
        let Some(first) = slices.first() else {
            return Err(DataError::Argument("a series needs at least one file".into()));
        };
        if let Some(other) = slices
            .iter()
            .find(|other| other.size != first.size || other.series != first.series)
        {
            return Err(at_fault(
                &other.path,
                FormatError::Damaged(format!(
                    "it is of series {} with {:?} rows and columns, but {} is of series {} with {:?}: load them apart",
                    other.series,
                    other.size,
                    first.path.display(),
                    first.series,
                    first.size
                )),
            ));
        }
        let mut series = Self {
            uid: first.series.clone(),
            modality: first.modality.clone(),
            description: first.description.clone(),
            size: first.size,
            slices: Vec::new(),
            geometry: None,
            tilt: 0.0,
            limits,
        };
        if slices.len() == 1 && (first.frames > 1 || first.plane.is_none()) {
            series.slices = slices;
            return Ok(series);
        }
        let planes: Vec<Plane> = slices.iter().map(Slice::required_plane).collect::<Result<_, _>>()?;
        let Stack { order, geometry, tilt } = arrange(&planes).map_err(|why| explained(why, &slices))?;
        series.slices = order.into_iter().filter_map(|i| slices.get(i).cloned()).collect();
        (series.geometry, series.tilt) = (Some(geometry), tilt);
        Ok(series)
    }

    /// `SeriesInstanceUID`.
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// What made the images, as `CT` or `MR`; empty where no file says.
    pub fn modality(&self) -> &str {
        &self.modality
    }

    /// `SeriesDescription`; empty where no file says.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Rows and columns of a slice.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// The files in the order of the volume's slices.
    pub fn files(&self) -> impl ExactSizeIterator<Item = &Path> {
        self.slices.iter().map(|slice| slice.path.as_path())
    }

    /// Angle between the slices' normal and the way from slice to slice, in degrees: above 0 for a tilted gantry, whose volume has
    /// sheared axes.
    pub fn tilt(&self) -> f64 {
        self.tilt
    }

    /// Place of the volume; none for a single file of many frames, which says it when loaded.
    pub fn geometry(&self) -> Option<&Geometry> {
        self.geometry.as_ref()
    }

    /// The values, `RescaleSlope * stored + RescaleIntercept` with each slice's own two (Hounsfield units for CT), in their place.
    ///
    /// # Errors
    /// [`DataError::File`] naming the file that cannot be decoded, or the limit of memory.
    pub fn load(&self) -> Result<Volume, DataError> {
        let Some(first) = self.slices.first() else {
            return Err(DataError::Argument("the series has no file".into()));
        };
        let Some(geometry) = self.geometry else {
            let bytes = read(&first.path)?;
            let decoded = Dataset::parse(&bytes, self.limits).and_then(|dataset| decode_dataset(&dataset, self.limits));
            return decoded.map_err(|problem| at_fault(&first.path, problem))?.volume();
        };
        let [rows, columns] = self.size;
        let shape = [self.slices.len(), rows, columns];
        self.limits
            .check(&shape, size_of::<f32>())
            .map_err(|problem| at_fault(&first.path, problem))?;
        let slices: Vec<(usize, Vec<f32>)> = self
            .slices
            .par_iter()
            .map(|slice| self.values(slice))
            .collect::<Result<_, _>>()?;
        let channels = slices.first().map_or(1, |(channels, _)| *channels);
        if let Some((other, _)) = self
            .slices
            .iter()
            .zip(&slices)
            .find(|(_, (found, _))| *found != channels)
        {
            let problem = FormatError::Damaged(format!(
                "its pixels do not hold {channels} number(s) as those before it"
            ));
            return Err(at_fault(&other.path, problem));
        }
        let area = rows * columns;
        let mut values = Vec::with_capacity(slices.len() * channels * area);
        for channel in 0..channels {
            for (_, slice) in &slices {
                values.extend_from_slice(slice.get(channel * area..(channel + 1) * area).unwrap_or(&[]));
            }
        }
        Ok(Volume::new(values, channels, shape, geometry.spacing())?.with_geometry(geometry))
    }

    /// Number of channels and values of one slice.
    fn values(&self, slice: &Slice) -> Result<(usize, Vec<f32>), DataError> {
        let bytes = read(&slice.path)?;
        let decode = || {
            let dataset = Dataset::parse(&bytes, self.limits)?;
            let layout = Layout::of(&dataset.object, self.limits)?;
            let found = [layout.rows, layout.columns];
            if found != self.size || layout.frames != 1 {
                return Err(FormatError::Damaged("it changed since it was found".into()));
            }
            let samples = pixels::decode(&dataset, &layout, self.limits)?;
            let rescale = rescales(&dataset.object, 1)?.first().copied().unwrap_or(Rescale::NONE);
            Ok((layout.channels, samples.scaled(rescale.slope, rescale.intercept)))
        };
        decode().map_err(|problem| at_fault(&slice.path, problem))
    }
}

impl std::fmt::Display for DicomSeries {
    /// One line: what a list of series shows.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [rows, columns] = self.size;
        let files = self.slices.len();
        write!(
            f,
            "{} \"{}\": {files} file(s) of {rows} x {columns}",
            self.modality, self.description
        )?;
        if let Some(geometry) = &self.geometry {
            let [depth, height, width] = geometry.spacing();
            write!(f, ", {depth:.3} x {height:.3} x {width:.3} mm")?;
        }
        if self.tilt > 0.0 {
            write!(f, ", tilted by {:.1} degrees", self.tilt)?;
        }
        Ok(())
    }
}

//! [`Decoded`]: what is in a file, before it is an image, a volume or labels.

use super::{Format, FormatError, SampleType, Samples};
use crate::{DataError, Geometry, LabelMap, Volume};

/// The contents of a file of any format: stored numbers, their shape, their meaning and their place in space.
///
/// Numbers are ordered `[frame, channel, depth, height, width]`, the last fastest, whatever the file's own order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Decoded {
    /// The file's format.
    pub format: Format,
    /// The numbers as stored.
    pub samples: Samples,
    /// Time points of a 4-D file, or pictures of an animation; else 1.
    pub frames: usize,
    /// Values a voxel: 3 for colour.
    pub channels: usize,
    /// `[depth, height, width]`; a picture has depth 1.
    pub size: [usize; 3],
    /// Whether depth is an axis of the file (a volume or stack), even of length 1.
    pub volumetric: bool,
    /// Place in space; spacing 1 where the file says nothing.
    pub geometry: Geometry,
    /// Whether the file itself states a spacing.
    pub states_spacing: bool,
    /// A value is `slope * stored + intercept`.
    pub slope: f64,
    /// See `slope`.
    pub intercept: f64,
    /// The colours that the numbers stand for, where the file has a palette.
    pub palette: Option<Vec<[u8; 3]>>,
    /// The stored number that stands for white where it is not the highest of its type: 1 in a black-and-white picture.
    pub full_scale: Option<f64>,
    /// Whatever else a person would want to know, such as a DICOM series' modality, as name and text.
    pub notes: Vec<(String, String)>,
}

impl Decoded {
    /// A file of one frame and one channel, without a place in space.
    ///
    /// # Errors
    /// [`FormatError::Damaged`] if the numbers do not fill the size.
    pub fn new(format: Format, samples: Samples, size: [usize; 3]) -> Result<Self, FormatError> {
        Self::with_shape(format, samples, 1, 1, size)
    }

    /// A file of several frames or channels.
    ///
    /// # Errors
    /// [`FormatError::Damaged`] if the numbers do not fill the shape.
    pub fn with_shape(
        format: Format,
        samples: Samples,
        frames: usize,
        channels: usize,
        size: [usize; 3],
    ) -> Result<Self, FormatError> {
        let expected = [frames, channels]
            .iter()
            .chain(&size)
            .try_fold(1usize, |all, &side| all.checked_mul(side));
        if expected != Some(samples.len()) {
            return Err(FormatError::Damaged(format!(
                "{} numbers do not fill {frames} frame(s) of {channels} channel(s) of {size:?}",
                samples.len()
            )));
        }
        Ok(Self {
            format,
            samples,
            frames,
            channels,
            size,
            volumetric: size[0] > 1,
            geometry: Geometry::default(),
            states_spacing: false,
            slope: 1.0,
            intercept: 0.0,
            palette: None,
            full_scale: None,
            notes: Vec::new(),
        })
    }

    /// Adds a remark to the notes.
    pub(crate) fn note(&mut self, name: &str, text: impl ToString) {
        self.notes.push((name.to_owned(), text.to_string()));
    }

    /// The type of the stored numbers.
    pub fn sample_type(&self) -> SampleType {
        self.samples.kind()
    }

    /// The shape as numpy would print it, axes of length 1 that the file does not have left out.
    pub fn shape(&self) -> Vec<usize> {
        let mut shape: Vec<usize> = [self.frames, self.channels].into_iter().filter(|&n| n > 1).collect();
        shape.extend(&self.size[usize::from(!self.volumetric)..]);
        shape
    }

    /// The values, `slope * stored + intercept`, as a volume. The frames of a 4-D file become channels (the four sequences of a brain
    /// tumour data set are stored so).
    ///
    /// # Errors
    /// [`DataError::Argument`] never for a file that a reader gave.
    pub fn volume(&self) -> Result<Volume, DataError> {
        let values = self.samples.scaled(self.slope, self.intercept);
        Ok(
            Volume::new(values, self.frames * self.channels, self.size, self.geometry.spacing())?
                .with_geometry(self.geometry),
        )
    }

    /// The values as labels, in 3-D for a volume and 2-D for a picture. Labels stored as floating-point numbers are taken where they
    /// are whole.
    ///
    /// # Errors
    /// [`DataError::Argument`] for more than one frame or channel, or a value that is no whole number from 0 to 4294967295.
    pub fn labels(&self) -> Result<LabelMap, DataError> {
        if self.frames * self.channels != 1 {
            return Err(DataError::Argument(format!(
                "labels are one number a voxel, but this file has {} frame(s) of {} channel(s): choose one, or say which colours \
                 stand for which label",
                self.frames, self.channels
            )));
        }
        let mut labels = Vec::with_capacity(self.samples.len());
        let mut stray = None;
        self.samples.each_as_f64(|stored| {
            let value = self.slope * stored + self.intercept;
            let label = value as u32;
            if f64::from(label) != value {
                stray.get_or_insert(value);
            }
            labels.push(label);
        });
        if let Some(value) = stray {
            return Err(DataError::Argument(format!(
                "labels are whole numbers from 0 up, but this file holds {value}: is it an image, or a map of probabilities?"
            )));
        }
        let spacing = self.geometry.spacing();
        let from = usize::from(!self.volumetric);
        LabelMap::new(labels, &self.size[from..])?.with_spacing(&spacing[from..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_must_be_whole_but_may_be_stored_as_floating_point() {
        let file = |values: Vec<f32>| Decoded::new(Format::Nifti1, Samples::F32(values), [1, 1, 3]).unwrap();
        assert_eq!(file(vec![0.0, 1.0, 2.0]).labels().unwrap().data(), [0, 1, 2]);
        for bad in [0.5, -1.0, f32::NAN, 5e9] {
            let error = file(vec![0.0, 1.0, bad]).labels().unwrap_err().to_string();
            assert!(error.contains("holds"), "{error}");
        }
    }

    #[test]
    fn values_are_scaled_and_frames_become_channels() {
        let mut file = Decoded::with_shape(Format::Nifti1, Samples::I16((0..8).collect()), 2, 1, [1, 2, 2]).unwrap();
        (file.slope, file.intercept) = (2.0, -1024.0);
        let volume = file.volume().unwrap();
        assert_eq!((volume.channels(), volume.size()), (2, [1, 2, 2]));
        assert_eq!(volume.data()[7], -1010.0);
        assert_eq!(file.shape(), [2, 2, 2]);
    }

    #[test]
    fn numbers_that_do_not_fill_the_shape_are_damage() {
        let error = Decoded::new(Format::Png, Samples::U8(vec![0; 5]), [1, 2, 3]).unwrap_err();
        assert!(error.to_string().contains("5 numbers"), "{error}");
        assert!(Decoded::new(Format::Png, Samples::U8(vec![]), [usize::MAX, usize::MAX, 0]).is_err());
    }
}

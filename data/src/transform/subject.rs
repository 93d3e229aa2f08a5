//! [`Subject`]: what a transform works on.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::{Item, TransformError};
use crate::patch::ForegroundIndex;
use crate::{DataError, Geometry};

/// One case: an image, labels, or both, in 2-D or 3-D, of one size and at one place in space.
///
/// Everything that is transformed becomes a subject first ([`Item`] says what can) and has depth 1 in 2-D. Image values lie channel by
/// channel, each slice by slice, each slice row by row, as in [`Volume`](crate::Volume); labels likewise without channels.
///
/// ```
/// use unet_lab_data::transform::Subject;
/// use unet_lab_data::{LabelMap, Volume};
/// let volume = Volume::new(vec![0.0; 24], 1, [2, 3, 4], [5.0, 0.8, 0.8])?;
/// let labels = LabelMap::new(vec![0; 24], &[2, 3, 4])?;
/// let subject = Subject::new("case 1", (volume, labels))?;
/// assert_eq!((subject.size(), subject.channels(), subject.is_planar()), ([2, 3, 4], 1, false));
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone)]
pub struct Subject {
    /// What messages and tables call it.
    pub name: String,
    /// The patient or slide it comes from, which must not be torn apart by a split.
    pub group: Option<String>,
    image: Vec<f32>,
    channels: usize,
    labels: Option<Vec<u32>>,
    size: [usize; 3],
    is_planar: bool,
    geometry: Geometry,
    foreground: OnceLock<Arc<ForegroundIndex>>,
}

impl Subject {
    /// A subject of any [`Item`]: an image, a mask, a volume, labels, or two of them.
    ///
    /// # Errors
    /// [`TransformError::SizesDiffer`] if image and labels are not of one size.
    pub fn new(name: impl Into<String>, item: impl Item) -> Result<Self, TransformError> {
        let mut subject = item.into_subject()?;
        subject.name = name.into();
        Ok(subject)
    }

    /// From parts: `image` channel by channel (0 channels for none), and labels, each filling `size`.
    ///
    /// # Errors
    /// [`DataError::Argument`] if they do not fill the size, or a planar one has a depth other than 1.
    pub fn from_parts(
        image: Vec<f32>,
        channels: usize,
        labels: Option<Vec<u32>>,
        size: [usize; 3],
        is_planar: bool,
        geometry: Geometry,
    ) -> Result<Self, DataError> {
        crate::volume::check_count(image.len(), &[channels, size[0], size[1], size[2]])?;
        if let Some(labels) = &labels {
            crate::volume::check_count(labels.len(), &size)?;
        }
        if is_planar && size[0] != 1 {
            return Err(DataError::Argument(format!(
                "a 2-D subject has depth 1, but its size is {size:?}: pass [1, height, width]"
            )));
        }
        Ok(Self::assembled(image, channels, labels, size, is_planar, geometry))
    }

    /// From parts that are known to fit.
    pub(crate) fn assembled(
        image: Vec<f32>,
        channels: usize,
        labels: Option<Vec<u32>>,
        size: [usize; 3],
        is_planar: bool,
        geometry: Geometry,
    ) -> Self {
        let voxels: usize = size.iter().product();
        debug_assert_eq!(image.len(), channels * voxels);
        debug_assert!(labels.as_ref().is_none_or(|labels| labels.len() == voxels));
        Self {
            name: "the image".to_owned(),
            group: None,
            image,
            channels,
            labels,
            size,
            is_planar,
            geometry,
            foreground: OnceLock::new(),
        }
    }

    /// The same case with other voxels, known to fit; an image and labels are there as before.
    pub(crate) fn with_voxels(
        self,
        image: Vec<f32>,
        labels: Option<Vec<u32>>,
        size: [usize; 3],
        geometry: Geometry,
    ) -> Self {
        Self {
            name: self.name,
            group: self.group,
            ..Self::assembled(image, self.channels, labels, size, self.is_planar, geometry)
        }
    }

    /// A part or a new version of this case.
    pub(crate) fn derived(
        &self,
        image: Vec<f32>,
        labels: Option<Vec<u32>>,
        size: [usize; 3],
        is_planar: bool,
        geometry: Geometry,
    ) -> Self {
        Self {
            name: self.name.clone(),
            group: self.group.clone(),
            ..Self::assembled(image, self.channels, labels, size, is_planar, geometry)
        }
    }

    /// Its labels alone, or others in their place.
    pub(crate) fn derived_labels(&self, labels: Vec<u32>) -> Self {
        let mut alone = Self::assembled(Vec::new(), 0, Some(labels), self.size, self.is_planar, self.geometry);
        alone.name.clone_from(&self.name);
        alone
    }

    /// The same with a group.
    pub fn with_group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// `[depth, height, width]` in voxels; depth 1 in 2-D.
    pub fn size(&self) -> [usize; 3] {
        self.size
    }

    /// Voxels.
    pub fn voxels(&self) -> usize {
        self.size.iter().product()
    }

    /// Values a voxel; 0 where there are labels alone.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Whether it is a 2-D image (or its labels), not a volume.
    pub fn is_planar(&self) -> bool {
        self.is_planar
    }

    /// Spacing, position and direction.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Distance between voxel centres along `[depth, height, width]` in mm.
    pub fn spacing(&self) -> [f64; 3] {
        self.geometry.spacing()
    }

    /// The same voxels at another place in space.
    pub fn with_geometry(mut self, geometry: Geometry) -> Self {
        self.geometry = geometry;
        self
    }

    /// Whether there is an image.
    pub fn has_image(&self) -> bool {
        self.channels > 0
    }

    /// All image values, channel by channel; empty where there is no image.
    pub fn image(&self) -> &[f32] {
        &self.image
    }

    /// The image values, to be changed in place.
    pub fn image_mut(&mut self) -> &mut [f32] {
        &mut self.image
    }

    /// The labels, if there are any.
    pub fn labels(&self) -> Option<&[u32]> {
        self.labels.as_deref()
    }

    /// The labels, to be changed in place.
    pub fn labels_mut(&mut self) -> Option<&mut [u32]> {
        self.foreground = OnceLock::new();
        self.labels.as_deref_mut()
    }

    /// Image and labels, to be changed in place together.
    pub(crate) fn parts_mut(&mut self) -> (&mut [f32], Option<&mut [u32]>) {
        self.foreground = OnceLock::new();
        (&mut self.image, self.labels.as_deref_mut())
    }

    /// Image values and labels, without a copy.
    pub fn into_parts(self) -> (Vec<f32>, Option<Vec<u32>>) {
        (self.image, self.labels)
    }

    /// Image values and labels taken out; the rest of the case is left for [`with_voxels`](Self::with_voxels).
    pub(crate) fn take(&mut self) -> (Vec<f32>, Option<Vec<u32>>) {
        self.foreground = OnceLock::new();
        (std::mem::take(&mut self.image), self.labels.take())
    }

    /// Where each label is, found once and kept; `None` without labels.
    pub fn foreground(&self) -> Option<&ForegroundIndex> {
        let labels = self.labels.as_deref()?;
        let index = self
            .foreground
            .get_or_init(|| Arc::new(ForegroundIndex::of(labels, self.size[2])));
        Some(index)
    }

    /// Memory that its voxels and its index of the foreground take, in bytes.
    pub fn bytes(&self) -> usize {
        let index = self.foreground.get().map_or(0, |index| index.bytes());
        4 * (self.image.len() + self.labels.as_ref().map_or(0, Vec::len)) + index
    }

    /// Ok if there are voxels.
    pub(crate) fn check(&self) -> Result<(), TransformError> {
        match self.voxels() {
            0 => Err(TransformError::Empty {
                name: self.name.clone(),
                size: self.size,
            }),
            _ => Ok(()),
        }
    }

    /// Ok if every image value is a finite number.
    pub(crate) fn check_finite(&self, transform: &'static str) -> Result<(), TransformError> {
        // A sum of magnitudes is finite in all but the rarest cases; only else every value is looked at.
        let sum: f64 = self
            .image
            .chunks(4096)
            .map(|part| f64::from(part.iter().map(|v| v * 0.0).sum::<f32>()))
            .sum();
        if sum == 0.0 {
            return Ok(());
        }
        match self.image.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(i) => Err(TransformError::NotFinite {
                transform,
                name: self.name.clone(),
                value: self.image.get(i).map_or(String::new(), ToString::to_string),
                place: place(i % self.voxels().max(1), self.size),
            }),
        }
    }

    /// Ok if there is an image.
    pub(crate) fn check_image(&self, transform: &'static str) -> Result<(), TransformError> {
        match self.has_image() {
            true => Ok(()),
            false => Err(TransformError::Missing {
                transform,
                what: "an image",
                name: self.name.clone(),
            }),
        }
    }

    /// The labels, or the error that says who needs them.
    pub(crate) fn need_labels(&self, transform: &'static str) -> Result<&[u32], TransformError> {
        self.labels().ok_or_else(|| TransformError::Missing {
            transform,
            what: "labels",
            name: self.name.clone(),
        })
    }
}

/// `[depth, height, width]` of a position in a list of voxels.
pub(crate) fn place(i: usize, size: [usize; 3]) -> [usize; 3] {
    let [_, height, width] = size.map(|side| side.max(1));
    [i / width / height, i / width % height, i % width]
}

impl PartialEq for Subject {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.group == other.group
            && self.size == other.size
            && self.is_planar == other.is_planar
            && self.geometry == other.geometry
            && self.image == other.image
            && self.labels == other.labels
    }
}

/// A line of facts: a notebook that shows a subject must not print every voxel.
impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [depth, height, width] = self.size;
        write!(f, "Subject({}: ", self.name)?;
        if !self.is_planar {
            write!(f, "{depth} x ")?;
        }
        write!(f, "{height} x {width}, {} channel(s)", self.channels)?;
        if !self.is_planar {
            write!(f, ", spacing {:?} mm", self.spacing())?;
        }
        f.write_str(match self.labels {
            Some(_) => ", with labels)",
            None => ")",
        })
    }
}

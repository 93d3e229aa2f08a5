//! Segmentation objects (PS3.3 section A.51): reading.

use std::path::Path;

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::attributes::{Attributes as _, missing, named};
use super::dataset::Dataset;
use super::layout::Layout;
use super::pixels;
use super::place::{has_groups, planes};
use super::seg_grid::Steps;
use super::slice::at_fault;
use super::stack::{Plane, dot};
use crate::formats::{FormatError, Limits, Samples};
use crate::{DataError, Geometry, LabelMap, Region, Volume};

/// A coded concept: a value in a coding scheme, with its meaning in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// As `10200004`.
    pub value: String,
    /// As `SCT` for SNOMED CT or `DCM` for the standard's own.
    pub scheme: String,
    /// As `Liver`.
    pub meaning: String,
}

impl Code {
    /// A concept: `Code::new("10200004", "SCT", "Liver")`.
    pub fn new(value: &str, scheme: &str, meaning: &str) -> Self {
        let [value, scheme, meaning] = [value, scheme, meaning].map(str::to_owned);
        Self { value, scheme, meaning }
    }

    fn of(item: &InMemDicomObject) -> Self {
        let text = |tag| item.text(tag).unwrap_or_default();
        Self {
            value: text(tags::CODE_VALUE),
            scheme: text(tags::CODING_SCHEME_DESIGNATOR),
            meaning: text(tags::CODE_MEANING),
        }
    }
}

/// What a segment is, as the file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// From 1: the label that its voxels get.
    pub number: u32,
    /// The segment's name.
    pub label: String,
    /// The kind of thing, as `Anatomical Structure`.
    pub category: Option<Code>,
    /// The thing, as `Liver`.
    pub property: Option<Code>,
    /// `AUTOMATIC`, `SEMIAUTOMATIC` or `MANUAL`; empty where the file does not say.
    pub algorithm: String,
}

/// What the numbers of a segmentation are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SegmentationKind {
    /// Inside or outside, one bit a voxel.
    Binary,
    /// A share or probability from 0 to 1, in steps of 1 / `highest`.
    Fractional {
        /// The number that stands for 1.
        highest: f64,
    },
    /// A segment's number a voxel.
    LabelMap,
}

/// A segmentation object: frames of segments, each with its place in space.
///
/// ```no_run
/// use unet_lab_data::formats::dicom::{DicomSeg, DicomSeries};
/// let ct = DicomSeries::find("patient/ct")?.remove(0).load()?;
/// let seg = DicomSeg::open("patient/liver.dcm")?;
/// for segment in seg.segments() {
///     let voxels = seg.region(segment.number, &ct)?.count();
///     println!("{} {}: {voxels} voxels", segment.number, segment.label);
/// }
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
///
/// Taught in unit 09 (volumes).
#[derive(Clone, Debug)]
pub struct DicomSeg {
    kind: SegmentationKind,
    segments: Vec<Segment>,
    frames: Vec<Frame>,
    size: [usize; 2],
    samples: Samples,
}

#[derive(Clone, Debug)]
struct Frame {
    /// None in a label map, whose voxels say it.
    segment: Option<u32>,
    plane: Plane,
}

impl DicomSeg {
    /// Reads a segmentation object.
    ///
    /// # Errors
    /// [`DataError::File`] when it is none, is damaged, or takes more memory than [`Limits::default`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, DataError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|error| at_fault(path, FormatError::System(error.to_string())))?;
        Self::from_bytes(&bytes, Limits::default()).map_err(|problem| at_fault(path, problem))
    }

    /// Reads a segmentation object's bytes.
    ///
    /// # Errors
    /// Any [`FormatError`].
    pub fn from_bytes(bytes: &[u8], limits: Limits) -> Result<Self, FormatError> {
        let dataset = Dataset::parse(bytes, limits)?;
        let object = &dataset.object;
        let kind = match object.required_text(tags::SEGMENTATION_TYPE)?.as_str() {
            "BINARY" => SegmentationKind::Binary,
            "FRACTIONAL" => SegmentationKind::Fractional {
                highest: match object.number(tags::MAXIMUM_FRACTIONAL_VALUE)? {
                    Some(highest) if highest > 0.0 => highest,
                    _ => return Err(missing(tags::MAXIMUM_FRACTIONAL_VALUE)),
                },
            },
            "LABELMAP" => SegmentationKind::LabelMap,
            other => {
                return Err(FormatError::Unsupported {
                    what: format!("a segmentation of type {other}"),
                    hint: "binary, fractional and label map segmentations are read".into(),
                });
            }
        };
        let segments: Vec<Segment> = object
            .items(tags::SEGMENT_SEQUENCE)
            .iter()
            .map(segment)
            .collect::<Result<_, _>>()?;
        let layout = Layout::of(object, limits)?;
        if !has_groups(object) {
            return Err(missing(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE));
        }
        let planes = planes(object, layout.frames)?.ok_or_else(|| missing(tags::PLANE_POSITION_SEQUENCE))?;
        let groups = object.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
        let shared = object.items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).first();
        let mut frames = Vec::with_capacity(planes.len());
        for (i, plane) in planes.into_iter().enumerate() {
            let item = [groups.get(i), shared]
                .into_iter()
                .flatten()
                .find_map(|group| group.items(tags::SEGMENT_IDENTIFICATION_SEQUENCE).first());
            let segment = match (kind, item) {
                (SegmentationKind::LabelMap, _) => None,
                (_, Some(item)) => Some(item.required_count(tags::REFERENCED_SEGMENT_NUMBER)? as u32),
                (_, None) => return Err(missing(tags::SEGMENT_IDENTIFICATION_SEQUENCE)),
            };
            if let Some(number) = segment
                && !segments.iter().any(|known| known.number == number)
            {
                return Err(FormatError::Damaged(format!(
                    "frame {} is of segment {number}, which {} does not describe",
                    i + 1,
                    named(tags::SEGMENT_SEQUENCE)
                )));
            }
            frames.push(Frame { segment, plane });
        }
        let samples = pixels::decode(&dataset, &layout, limits)?;
        Ok(Self {
            kind,
            segments,
            frames,
            size: [layout.rows, layout.columns],
            samples,
        })
    }

    /// What the numbers are.
    pub fn kind(&self) -> SegmentationKind {
        self.kind
    }

    /// The segments, as the file orders them.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Where each voxel of `volume` belongs: 0, or the number of its segment.
    ///
    /// # Errors
    /// [`DataError::Argument`] when the frames do not lie on the volume's grid, when segments overlap (take each with
    /// [`DicomSeg::region`]), or for a fractional segmentation.
    pub fn labels_on(&self, volume: &Volume) -> Result<LabelMap, DataError> {
        if let SegmentationKind::Fractional { .. } = self.kind {
            return Err(DataError::Argument(
                "a fractional segmentation holds shares from 0 to 1, no labels: take DicomSeg::fractions and a threshold".into(),
            ));
        }
        let mut labels = vec![0u32; volume.size().iter().product()];
        let mut overlap = None;
        self.paint(volume, None, |voxel, segment, value| {
            let label = segment.unwrap_or(value as u32);
            match labels.get_mut(voxel) {
                Some(found) if *found == 0 || *found == label => *found = label,
                Some(found) => {
                    overlap.get_or_insert((*found, label));
                }
                None => {}
            }
        })?;
        if let Some((first, second)) = overlap {
            return Err(DataError::Argument(format!(
                "segments {first} and {second} overlap, and a label map gives a voxel one label: take each with DicomSeg::region"
            )));
        }
        LabelMap::new(labels, &volume.size())?.with_spacing(&volume.spacing())
    }

    /// The voxels of `volume` inside a segment; of a fractional one, those with a share above 0.
    ///
    /// # Errors
    /// [`DataError::Argument`] when there is no such segment, or the frames do not lie on the volume's grid.
    pub fn region(&self, number: u32, volume: &Volume) -> Result<Region, DataError> {
        let inside = self
            .fractions(number, volume)?
            .data()
            .iter()
            .map(|&share| share > 0.0)
            .collect();
        Region::new(inside, &volume.size())?.with_spacing(&volume.spacing())
    }

    /// The share of a segment in each voxel of `volume`, from 0 to 1; 0 or 1 for a binary segmentation.
    ///
    /// # Errors
    /// As [`DicomSeg::region`].
    pub fn fractions(&self, number: u32, volume: &Volume) -> Result<Volume, DataError> {
        if !self.segments.iter().any(|segment| segment.number == number) {
            let all: Vec<String> = self
                .segments
                .iter()
                .map(|s| format!("{} ({})", s.number, s.label))
                .collect();
            return Err(DataError::Argument(format!(
                "there is no segment {number}; there are {}",
                all.join(", ")
            )));
        }
        let scale = match self.kind {
            SegmentationKind::Fractional { highest } => 1.0 / highest,
            _ => 1.0,
        };
        let mut shares = vec![0.0f32; volume.size().iter().product()];
        self.paint(volume, Some(number), |voxel, segment, value| {
            let share = match segment {
                Some(_) => (value * scale) as f32,
                None => f32::from(value == f64::from(number)),
            };
            if let Some(found) = shares.get_mut(voxel) {
                *found = found.max(share);
            }
        })?;
        Ok(Volume::new(shares, 1, volume.size(), volume.spacing())?.with_geometry(*volume.geometry()))
    }

    /// A volume of zeros with just room for all frames, where the images themselves are not at hand.
    ///
    /// # Errors
    /// [`DataError::Argument`] when the frames do not lie on one grid.
    pub fn grid(&self) -> Result<Volume, DataError> {
        let none =
            |why: &str| DataError::Argument(format!("the frames of this segmentation do not lie on one grid: {why}"));
        let first = self.frames.first().ok_or_else(|| none("there is none"))?.plane;
        if !self.frames.iter().all(|frame| frame.plane.is_parallel(&first)) {
            return Err(none("their orientation or pixel spacing differs"));
        }
        let flat = first.geometry()?;
        let [normal, down, across] = flat.axes();
        let mut planes: Vec<(f64, Plane)> = self
            .frames
            .iter()
            .map(|frame| (dot(frame.plane.position, normal), frame.plane))
            .collect();
        planes.sort_by(|a, b| a.0.total_cmp(&b.0));
        planes.dedup_by(|a, b| (a.0 - b.0).abs() < 1e-3);
        let steps = || planes.windows(2).map(|pair| pair[1].0 - pair[0].0);
        let step = match steps().min_by(f64::total_cmp) {
            Some(step) => step,
            None => flat.spacing()[0],
        };
        if steps().any(|found| ((found / step) - (found / step).round()).abs() > 0.05) {
            return Err(none("their distances are no multiples of the smallest one"));
        }
        let (Some(lowest), Some(highest)) = (planes.first(), planes.last()) else {
            return Err(none("there is none"));
        };
        let depth = (((highest.0 - lowest.0) / step).round() as usize).saturating_add(1);
        let size = [depth, self.size[0], self.size[1]];
        let bytes = Limits::default()
            .check(&size, size_of::<f32>())
            .map_err(|error| none(&error.to_string()))?;
        let [_, rows, columns] = flat.spacing();
        let geometry = Geometry::new([step, rows, columns], lowest.1.position, [normal, down, across])?;
        Ok(Volume::new(vec![0.0; bytes / size_of::<f32>()], 1, size, geometry.spacing())?.with_geometry(geometry))
    }

    /// Visits each number above 0 with the voxel that it lies in: voxel, segment, number.
    fn paint(
        &self,
        volume: &Volume,
        only: Option<u32>,
        mut visit: impl FnMut(usize, Option<u32>, f64),
    ) -> Result<(), DataError> {
        let [rows, columns] = self.size;
        let mut outside = 0usize;
        for (i, frame) in self.frames.iter().enumerate() {
            if only.is_some() && frame.segment.is_some() && frame.segment != only {
                continue;
            }
            let steps = Steps::of(&frame.plane, self.size, volume.geometry())?;
            for row in 0..rows {
                for column in 0..columns {
                    let value = self.samples.get((i * rows + row) * columns + column);
                    if value > 0.0 {
                        match steps.voxel(row, column, volume.size()) {
                            Some(voxel) => visit(voxel, frame.segment, value),
                            None => outside += 1,
                        }
                    }
                }
            }
        }
        match outside {
            0 => Ok(()),
            _ => Err(DataError::Argument(format!(
                "{outside} segmented voxels lie outside the volume of {:?}: is it the series that was segmented?",
                volume.size()
            ))),
        }
    }
}

fn segment(item: &InMemDicomObject) -> Result<Segment, FormatError> {
    let code = |tag| item.items(tag).first().map(Code::of);
    Ok(Segment {
        number: item.required_count(tags::SEGMENT_NUMBER)? as u32,
        label: item.text(tags::SEGMENT_LABEL).unwrap_or_default(),
        category: code(tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE),
        property: code(tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE),
        algorithm: item.text(tags::SEGMENT_ALGORITHM_TYPE).unwrap_or_default(),
    })
}

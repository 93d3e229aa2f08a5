//! [`VolumeSet`]: made-up volumes with their labels.

use crate::{DataError, Geometry, LabelMap, Volume};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::fmt;

use super::space::Grid;

/// A made-up volume and the label of each of its voxels.
#[derive(Clone, Debug, PartialEq)]
pub struct PhantomCase {
    /// What the case is called in tables and figures: "lung-003".
    pub name: String,
    /// The patient: cases of one patient never end up on both sides of a split.
    pub group: String,
    volume: Volume,
    labels: LabelMap,
}

impl PhantomCase {
    /// The image, `[channels, depth, height, width]`, with its place in space.
    pub fn volume(&self) -> &Volume {
        &self.volume
    }

    /// The label of each voxel, `[depth, height, width]`, with the volume's spacing.
    pub fn labels(&self) -> &LabelMap {
        &self.labels
    }

    /// The image and the labels, without a copy.
    pub fn into_parts(self) -> (Volume, LabelMap) {
        (self.volume, self.labels)
    }

    /// From what a grid rendered; the values are rounded to whole numbers, as a scanner stores them.
    pub(super) fn rendered(
        name: String,
        group: String,
        grid: &Grid,
        channels: usize,
        (values, labels): (Vec<f32>, Vec<u32>),
    ) -> Result<Self, DataError> {
        let upright = Geometry::of_spacing(grid.spacing)?;
        let geometry = Geometry::new(grid.spacing, grid.origin(), upright.axes())?;
        let stored = values.into_iter().map(f32::round).collect();
        Ok(Self {
            name,
            group,
            volume: Volume::new(stored, channels, grid.size, grid.spacing)?.with_geometry(geometry),
            labels: LabelMap::new(labels, &grid.size)?.with_spacing(&grid.spacing)?,
        })
    }
}

/// Made-up volumes with labels of one meaning, in a fixed order. Printing one gives a line of facts.
///
/// ```
/// use unet_lab_data::phantom::LungPhantom;
/// let set = LungPhantom::new(32).with_slices(8).with_count(1).generate()?;
/// assert_eq!(set.labels(), [(1, "nodule")]);
/// let case = &set.cases()[0];
/// assert_eq!(case.volume().size(), [8, 32, 32]);
/// assert_eq!(case.labels().size(), [8, 32, 32]);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeSet {
    cases: Vec<PhantomCase>,
    labels: &'static [(u32, &'static str)],
}

impl VolumeSet {
    pub(super) fn new(cases: Vec<PhantomCase>, labels: &'static [(u32, &'static str)]) -> Self {
        Self { cases, labels }
    }

    /// The number of cases.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether there is no case.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// All cases.
    pub fn cases(&self) -> &[PhantomCase] {
        &self.cases
    }

    /// The cases one after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, PhantomCase> {
        self.cases.iter()
    }

    /// The cases, to be taken apart.
    pub fn into_cases(self) -> Vec<PhantomCase> {
        self.cases
    }

    /// The labels that may occur, but for 0 (background), and what they mean.
    pub fn labels(&self) -> &'static [(u32, &'static str)] {
        self.labels
    }

    /// The part of all voxels that bears a label, between 0 and 1.
    pub fn fraction_of(&self, label: u32) -> f32 {
        let all: usize = self.cases.iter().map(|c| c.labels.data().len()).sum();
        let found = self.cases.iter().flat_map(|c| c.labels.data()).filter(|&&l| l == label);
        found.count() as f32 / all.max(1) as f32
    }
}

impl<'a> IntoIterator for &'a VolumeSet {
    type Item = &'a PhantomCase;
    type IntoIter = std::slice::Iter<'a, PhantomCase>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for VolumeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.cases.first() else {
            return f.write_str("no cases");
        };
        let ([d, h, w], [z, y, x]) = (first.volume.size(), first.volume.spacing());
        let cases = if self.len() == 1 { "case" } else { "cases" };
        write!(
            f,
            "{} {cases} of {d} x {h} x {w} voxels, {z:.2} x {y:.2} x {x:.2} mm",
            self.len()
        )?;
        let names = self.labels.iter().map(|(label, name)| format!("{label} {name}"));
        write!(f, ", labels {}", names.collect::<Vec<_>>().join(", "))
    }
}

/// The random numbers of one image or volume: those of image `index` do not depend on how many there are.
pub(super) fn image_rng(seed: u64, index: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(index as u64);
    rng
}

/// The random numbers of one patient, the same for all of its images.
pub(super) fn patient_rng(seed: u64, patient: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream((1 << 40) + patient as u64);
    rng
}

//! Volumes with a class a voxel, whole or in patches.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::check::finite;
use super::layout::{cut, flip};
use super::{Sample, Samples};
use crate::data::{DataError, LabelMap, Volume};
use crate::error::{Result, SettingError, ShapeError};

/// A volume and the class of each of its voxels.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeCase {
    /// What messages call it.
    pub name: String,
    /// The patient it comes from.
    pub group: Option<String>,
    volume: Volume,
    labels: LabelMap,
}

impl VolumeCase {
    /// A volume and its labels `[depth, height, width]`.
    ///
    /// # Errors
    /// [`ShapeError::Differ`] if the two are not of one size.
    pub fn new(name: impl Into<String>, volume: Volume, labels: LabelMap) -> Result<Self> {
        let name = name.into();
        if labels.size() != volume.size() {
            return Err(ShapeError::Differ {
                left_name: format!("the volume {name}"),
                left: volume.size().to_vec(),
                right_name: "its label map".to_owned(),
                right: labels.size().to_vec(),
            }
            .into());
        }
        Ok(Self {
            name,
            group: None,
            volume,
            labels,
        })
    }

    /// The same with a group.
    pub fn with_group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// The volume.
    pub fn volume(&self) -> &Volume {
        &self.volume
    }

    /// The labels.
    pub fn labels(&self) -> &LabelMap {
        &self.labels
    }
}

/// 3-D samples, each a whole volume: for validation, and for volumes that fit into memory as they are.
///
/// With [`augmentation`](super::TrainConfig::augmentation) each axis is mirrored at random.
#[derive(Clone, Debug, PartialEq)]
pub struct Volumes {
    cases: Vec<VolumeCase>,
    classes: usize,
}

impl Volumes {
    /// Samples of these volumes; `classes` counts the background. With 1 the task is binary: labels 0 and 1.
    ///
    /// # Errors
    /// [`TrainError::Label`](super::TrainError::Label) naming the first volume with a label outside the classes.
    pub fn new(cases: Vec<VolumeCase>, classes: usize) -> Result<Self> {
        let volumes = Self {
            cases,
            classes: classes.max(1),
        };
        for index in 0..volumes.cases.len() {
            volumes.sample(index, None)?;
        }
        Ok(volumes)
    }

    /// The volumes.
    pub fn cases(&self) -> &[VolumeCase] {
        &self.cases
    }

    /// Those at these positions. Panics at a position past the end, as a slice does.
    pub fn select(&self, indices: &[usize]) -> Self {
        Self {
            cases: indices.iter().map(|&i| self.cases[i].clone()).collect(),
            classes: self.classes,
        }
    }

    /// Random boxes `[depth, height, width]` of these volumes.
    ///
    /// # Errors
    /// [`DataError::Argument`] if a volume is smaller than the box, or a side is 0.
    pub fn patches(self, size: [usize; 3]) -> Result<VolumePatches> {
        for case in &self.cases {
            let whole = case.volume.size();
            if (0..3).any(|axis| size[axis] == 0 || size[axis] > whole[axis]) {
                return Err(DataError::Argument(format!(
                    "{} is {whole:?} voxels: patches of {size:?} need a volume at least that large on every axis and \
                     sides of 1 or more. Take smaller patches or pad the volume",
                    case.name
                ))
                .into());
            }
        }
        let foreground = self.cases.iter().map(|case| places(&case.labels)).collect();
        Ok(VolumePatches {
            volumes: self,
            size,
            per_volume: 1,
            foreground_share: 0.5,
            flips: true,
            foreground,
        })
    }
}

impl Samples<5> for Volumes {
    fn len(&self) -> usize {
        self.cases.len()
    }

    fn name(&self, index: usize) -> String {
        self.cases[index].name.clone()
    }

    fn group(&self, index: usize) -> Option<String> {
        self.cases[index].group.clone()
    }

    fn sample(&self, index: usize, rng: Option<&mut ChaCha8Rng>) -> Result<Sample<5>> {
        let case = &self.cases[index];
        let size = case.volume.size();
        let (mut image, mut labels) = (case.volume.data().to_vec(), case.labels.data().to_vec());
        if let Some(rng) = rng {
            mirror(&mut image, &mut labels, size, rng);
        }
        Sample::from_labels(&case.name, image, &labels, self.classes, &size)
    }
}

/// 3-D samples cut from volumes at seeded random places: half of them centred on foreground, so that a rare organ is
/// seen in every epoch (Isensee et al. 2021, online methods, take a third), mirrored at random along each axis.
///
/// For validation (no random numbers given) a position is always cut at the same place.
///
/// ```
/// use unet_lab::data::{LabelMap, Volume};
/// use unet_lab::prelude::*;
/// use unet_lab::train::{Samples, VolumeCase, Volumes};
///
/// let volume = Volume::new(vec![0.5; 512], 1, [8, 8, 8], [1.0; 3])?;
/// let labels = LabelMap::new((0..512).map(|i| u32::from(i == 300)).collect(), &[8, 8, 8])?;
/// let volumes = Volumes::new(vec![VolumeCase::new("ct", volume, labels)?], 2)?;
/// let patches = volumes.patches([4, 4, 4])?.with_per_volume(10)?.with_foreground_share(1.0)?;
/// assert_eq!(patches.len(), 10);
/// assert_eq!(patches.sample(3, None)?.size(), [4, 4, 4]);
/// # Ok::<(), LabError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct VolumePatches {
    volumes: Volumes,
    size: [usize; 3],
    per_volume: usize,
    foreground_share: f64,
    flips: bool,
    /// For each volume and each of its foreground classes, where that class is.
    foreground: Vec<Vec<Vec<u32>>>,
}

impl VolumePatches {
    /// How many patches of each volume an epoch takes; 1 at first.
    ///
    /// # Errors
    /// [`SettingError`] for 0.
    pub fn with_per_volume(mut self, count: usize) -> Result<Self> {
        if count == 0 {
            return Err(SettingError::new("VolumePatches::per_volume", 0, "at least 1").into());
        }
        self.per_volume = count;
        Ok(self)
    }

    /// Share of the patches that is centred on a foreground voxel, each class of the volume equally often.
    ///
    /// # Errors
    /// [`SettingError`] outside `0..=1`.
    pub fn with_foreground_share(mut self, share: f64) -> Result<Self> {
        if !(0.0..=1.0).contains(&share) {
            return Err(SettingError::new("VolumePatches::foreground_share", share, "from 0 to 1").into());
        }
        self.foreground_share = share;
        Ok(self)
    }

    /// Whether each axis is mirrored at random; not where left and right differ in meaning.
    pub fn with_flips(mut self, flips: bool) -> Self {
        self.flips = flips;
        self
    }

    /// First voxel of a patch of volume `case`.
    fn origin(&self, case: usize, rng: &mut ChaCha8Rng) -> [usize; 3] {
        let whole = self.volumes.cases[case].volume.size();
        let classes = &self.foreground[case];
        if classes.is_empty() || !rng.random_bool(self.foreground_share) {
            return std::array::from_fn(|axis| rng.random_range(0..=whole[axis] - self.size[axis]));
        }
        let places = &classes[rng.random_range(0..classes.len())];
        let centre = places[rng.random_range(0..places.len())] as usize;
        let centre = [
            centre / whole[2] / whole[1],
            centre / whole[2] % whole[1],
            centre % whole[2],
        ];
        std::array::from_fn(|axis| {
            let first = centre[axis].saturating_sub(self.size[axis] / 2);
            first.min(whole[axis] - self.size[axis])
        })
    }
}

impl Samples<5> for VolumePatches {
    fn len(&self) -> usize {
        self.volumes.cases.len() * self.per_volume
    }

    fn name(&self, index: usize) -> String {
        let case = &self.volumes.cases[index / self.per_volume];
        format!("{} patch {}", case.name, index % self.per_volume + 1)
    }

    fn group(&self, index: usize) -> Option<String> {
        let case = &self.volumes.cases[index / self.per_volume];
        case.group.clone().or_else(|| Some(case.name.clone()))
    }

    fn sample(&self, index: usize, rng: Option<&mut ChaCha8Rng>) -> Result<Sample<5>> {
        let number = index / self.per_volume;
        let case = &self.volumes.cases[number];
        let mut fixed = ChaCha8Rng::seed_from_u64(index as u64);
        let flips = self.flips && rng.is_some();
        let rng = rng.unwrap_or(&mut fixed);
        let origin = self.origin(number, rng);
        let whole = case.volume.size();
        let mut image = cut(case.volume.data(), whole, origin, self.size);
        let mut labels = cut(case.labels.data(), whole, origin, self.size);
        if flips {
            mirror(&mut image, &mut labels, self.size, rng);
        }
        Sample::from_labels(&case.name, image, &labels, self.volumes.classes, &self.size)
    }

    fn draws(&self) -> bool {
        true
    }

    /// Every voxel is looked at, not only those of a patch.
    fn check(&self) -> Result<()> {
        let cases = &self.volumes.cases;
        cases
            .iter()
            .try_for_each(|case| finite(&case.name, case.volume.data(), &case.volume.size()))
    }
}

fn mirror(image: &mut [f32], labels: &mut [u32], size: [usize; 3], rng: &mut ChaCha8Rng) {
    let axes: [bool; 3] = rng.random();
    for (axis, _) in axes.into_iter().enumerate().filter(|(_, yes)| *yes) {
        flip(image, &size, axis);
        flip(labels, &size, axis);
    }
}

/// Where each foreground class is, classes that do not occur left out.
fn places(labels: &LabelMap) -> Vec<Vec<u32>> {
    let mut places = vec![Vec::new(); labels.highest() as usize + 1];
    for (i, &label) in labels.data().iter().enumerate() {
        places[label as usize].push(i as u32);
    }
    places.into_iter().skip(1).filter(|places| !places.is_empty()).collect()
}

#[cfg(test)]
#[path = "volumes_tests.rs"]
mod tests;

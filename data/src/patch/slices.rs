//! [`Slices`]: volumes as 2-D images.

use rand::RngExt;

use crate::Geometry;
use crate::transform::error::require_chance;
use crate::transform::{Border, ChaCha8Rng, Subject, Transform, TransformError, VoxelBox};

/// An axis of a volume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Slices as they are stored: height by width.
    #[default]
    Depth,
    /// Slices of depth by width.
    Height,
    /// Slices of depth by height.
    Width,
}

/// Slices of a volume across an axis, as 2-D images. At random, each slice is as likely, but empty ones (without a label) are only kept
/// at a rate.
///
/// ```
/// use unet_lab_data::{LabelMap, Volume};
/// use unet_lab_data::patch::{Axis, Slices};
/// use unet_lab_data::transform::Subject;
/// let volume = Volume::new((0..24).map(|i| i as f32).collect(), 1, [2, 3, 4], [1.0; 3])?;
/// let subject = Subject::new("ct", volume)?;
/// let side = Slices::across(Axis::Width).get(&subject, 1)?;
/// assert_eq!((side.size(), side.image()[0]), ([1, 2, 3], 1.0));
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Slices {
    axis: Axis,
    empty_rate: f64,
}

impl Slices {
    /// Across this axis, empty ones as likely as others.
    pub fn across(axis: Axis) -> Self {
        Self { axis, empty_rate: 1.0 }
    }

    /// An empty slice is kept with this chance only, 0 to 1. In a volume that is all background every slice is kept.
    pub fn with_empty_rate(mut self, rate: f64) -> Self {
        self.empty_rate = rate;
        self
    }

    /// How many slices the subject has.
    pub fn count(&self, subject: &Subject) -> usize {
        subject.size()[self.axis as usize]
    }

    /// A slice, counted from 0, as a 2-D image.
    ///
    /// # Errors
    /// [`TransformError::Setting`] for a slice past the end.
    pub fn get(&self, subject: &Subject, number: usize) -> Result<Subject, TransformError> {
        subject.check()?;
        let (axis, size) = (self.axis as usize, subject.size());
        if number >= size[axis] {
            return Err(TransformError::setting(
                "Slices",
                "number",
                number,
                "below the number of slices",
            ));
        }
        let (mut start, mut part) = ([0; 3], size);
        (start[axis], part[axis]) = (number as i64, 1);
        let slice = VoxelBox { start, size: part }.of_kind(subject, Border::Edge, false)?;
        // The axis of length 1 becomes the first; voxels are in order already.
        let (kept, geometry) = match self.axis {
            Axis::Depth => ([0, 1, 2], *slice.geometry()),
            Axis::Height => ([1, 0, 2], reordered(slice.geometry(), [1, 0, 2])),
            Axis::Width => ([2, 0, 1], reordered(slice.geometry(), [2, 0, 1])),
        };
        let flat = kept.map(|axis| slice.size()[axis]);
        let image = slice.image().to_vec();
        let labels = slice.labels().map(<[u32]>::to_vec);
        let mut flat = slice.derived(image, labels, flat, true, geometry);
        flat.name = format!("{} slice {}", subject.name, number + 1);
        flat.group = subject.group.clone().or_else(|| Some(subject.name.clone()));
        Ok(flat)
    }

    /// The numbers of the slices that hold a label; all of them where there is none, or there are no labels.
    pub fn with_labels(&self, subject: &Subject) -> Vec<usize> {
        let (size, axis) = (subject.size(), self.axis as usize);
        let mut holds = vec![false; size[axis]];
        if let Some(labels) = subject.labels() {
            for (i, _) in labels.iter().enumerate().filter(|&(_, &label)| label > 0) {
                holds[crate::transform::place(i, size)[axis]] = true;
            }
        }
        let chosen: Vec<usize> = (0..size[axis]).filter(|&i| holds[i]).collect();
        if chosen.is_empty() {
            (0..size[axis]).collect()
        } else {
            chosen
        }
    }

    /// The number of a random slice.
    fn draw(&self, subject: &Subject, rng: &mut ChaCha8Rng) -> usize {
        let count = self.count(subject);
        if subject.labels().is_none() || self.empty_rate == 1.0 {
            return rng.random_range(0..count);
        }
        // Every slice with a label counts once, every other one by the rate.
        let full = self.with_labels(subject);
        let empty: Vec<usize> = (0..count)
            .filter(|number| full.binary_search(number).is_err())
            .collect();
        let weight = self.empty_rate * empty.len() as f64;
        let chance = weight / (weight + full.len() as f64);
        let from = if rng.random_bool(chance) { &empty } else { &full };
        from[rng.random_range(0..from.len())]
    }
}

fn reordered(old: &Geometry, order: [usize; 3]) -> Geometry {
    let (spacing, axes) = (
        order.map(|axis| old.spacing()[axis]),
        order.map(|axis| old.axes()[axis]),
    );
    Geometry::new(spacing, old.origin(), axes).unwrap_or(*old)
}

impl Transform for Slices {
    fn check(&self) -> Result<(), TransformError> {
        require_chance("Slices", "empty rate", self.empty_rate)
    }

    fn is_random(&self) -> bool {
        true
    }

    fn change(&self, subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let number = self.draw(&subject, rng);
        self.get(&subject, number)
    }
}

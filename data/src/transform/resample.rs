//! [`Resample`]: another distance between voxels.

use super::error::require;
use super::extent::Spacing;
use super::kernel::{AxisPlan, Places, blurred, resampled, resampled_labels, warped};
use super::{Border, ChaCha8Rng, Interpolation, LabelInterpolation, Subject, Transform, TransformError};
use crate::formats::Limits;

/// Resamples to a spacing in mm, so that one voxel means the same in every case.
///
/// The outer edge of the first voxel stays where it is in space, and voxel `i` of an axis lies at `(i + 1/2) * new / old - 1/2` old
/// voxels; the new length is `old length * old / new`, rounded, and at least 1. So the field of view is kept to within half a new
/// voxel. Beyond the centre of the last voxel its value is taken. Equal to SimpleITK's `Resample` onto that grid, and with
/// [`Interpolation::Cubic`] to its `sitkBSpline` away from the edge.
///
/// Nothing is blurred before fewer voxels are taken, as in SimpleITK, TorchIO and nnU-Net; [`antialiased`](Self::antialiased) changes
/// that.
///
/// ```
/// use unet_lab_data::Volume;
/// use unet_lab_data::transform::{Resample, Transform};
/// let ct = Volume::new(vec![0.0; 10 * 64 * 64], 1, [10, 64, 64], [5.0, 0.75, 0.75])?;
/// let even = Resample::to([1.0; 3]).on(ct)?;
/// assert_eq!((even.size(), even.spacing()), ([50, 48, 48], [1.0; 3]));
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Resample {
    spacing: Spacing,
    image: Interpolation,
    labels: LabelInterpolation,
    is_antialiased: bool,
}

impl Resample {
    /// To a spacing in mm: `[depth, height, width]`, `[height, width]` (a volume keeps its depth), or one number for all axes. Images
    /// linear, labels nearest.
    pub fn to(spacing: impl Into<Spacing>) -> Self {
        Self {
            spacing: spacing.into(),
            image: Interpolation::Linear,
            labels: LabelInterpolation::Nearest,
            is_antialiased: false,
        }
    }

    /// How the image is interpolated.
    pub fn with_interpolation(mut self, image: Interpolation) -> Self {
        self.image = image;
        self
    }

    /// How labels are interpolated.
    pub fn with_label_interpolation(mut self, labels: LabelInterpolation) -> Self {
        self.labels = labels;
        self
    }

    /// Where an axis gets fewer voxels, the image is first blurred along it by a Gaussian of `(new / old - 1) / 2` voxels, so that
    /// detail finer than the new grid fades and does not turn into false patterns (scikit-image's `resize` does the same).
    pub fn antialiased(mut self) -> Self {
        self.is_antialiased = true;
        self
    }
}

impl Transform for Resample {
    fn check(&self) -> Result<(), TransformError> {
        require(
            self.spacing.is_valid(),
            "Resample",
            "spacing",
            self.spacing,
            "above 0 mm along each axis",
        )
    }

    fn change(&self, subject: Subject, _rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let (size, old) = (subject.size(), subject.spacing());
        let new = self.spacing.within(old, subject.is_planar());
        let plans = [0, 1, 2].map(|axis| {
            let step = new[axis] / old[axis];
            let length = (size[axis] as f64 / step).round().max(1.0);
            AxisPlan::stepped(size[axis], length as usize, step)
        });
        on_plans(
            subject,
            "Resample",
            plans,
            new,
            (self.image, self.labels),
            self.is_antialiased,
        )
    }
}

/// A subject on the grid that the plans give, with its spacing.
pub(crate) fn on_plans(
    mut subject: Subject,
    transform: &'static str,
    plans: [AxisPlan; 3],
    spacing: [f64; 3],
    (image_by, labels_by): (Interpolation, LabelInterpolation),
    is_antialiased: bool,
) -> Result<Subject, TransformError> {
    if plans.iter().all(AxisPlan::is_same) {
        return Ok(subject);
    }
    let old = subject.size();
    let size = plans.map(|plan| plan.new);
    let shape = [subject.channels().max(1), size[0], size[1], size[2]];
    Limits::default()
        .check(&shape, 4)
        .map_err(|error| TransformError::Grid {
            transform,
            problem: format!("{} would become {size:?} voxels: {error}", subject.name),
        })?;
    let geometry = subject
        .geometry()
        .moved(plans.map(|plan| plan.offset), spacing)
        .map_err(|error| TransformError::Grid {
            transform,
            problem: error.to_string(),
        })?;
    let labels = match labels_by {
        LabelInterpolation::Nearest => subject.labels().map(|labels| resampled_labels(labels, plans)),
        LabelInterpolation::Linear => subject.labels().and_then(|labels| {
            let only = subject.derived_labels(labels.to_vec());
            warped(
                &only,
                size,
                &Plans(plans),
                (Interpolation::Nearest, labels_by),
                Border::Edge,
            )
            .1
        }),
    };
    let (mut image, _) = subject.take();
    if is_antialiased && !image.is_empty() {
        let sigma = plans.map(|plan| ((plan.step - 1.0) / 2.0).max(0.0));
        let voxels: usize = old.iter().product();
        image = image
            .chunks(voxels)
            .flat_map(|channel| blurred(channel.to_vec(), old, sigma))
            .collect();
    }
    let image = resampled(image, plans, image_by);
    Ok(subject.with_voxels(image, labels, size, geometry))
}

/// The places of a grid that lies along the old one.
struct Plans([AxisPlan; 3]);

impl Places for Plans {
    fn row(&self, z: usize, y: usize, places: &mut [Vec<f64>; 3]) {
        let [depth, height, width] = &self.0;
        places[0].fill(depth.place(z));
        places[1].fill(height.place(y));
        places[2]
            .iter_mut()
            .enumerate()
            .for_each(|(x, place)| *place = width.place(x));
    }
}

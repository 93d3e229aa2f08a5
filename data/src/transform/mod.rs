//! Transforms of images and their labels together, in 2-D and 3-D: preparation, augmentation, and how they are put one after another.
//!
//! A [`Transform`] takes a [`Subject`] (an image, labels, or both) and gives a subject. What moves voxels moves image and labels alike:
//! the image is interpolated, labels keep their values. What changes intensities leaves labels alone, and a transform that has nothing
//! to do (a gamma correction of labels alone) gives back what it got. Deterministic transforms are applied with
//! [`on`](Transform::on) to anything that is an [`Item`], random ones with [`seeded`](Transform::seeded), and both one after another in
//! a [`Compose`]:
//!
//! ```
//! use unet_lab_data::phantom::EmPhantom;
//! use unet_lab_data::transform::{Compose, Flip, Gamma, Spatial, Transform, ZScore};
//!
//! let data = EmPhantom::new(64).with_count(1).with_seed(1).generate();
//! let pair = data.pairs()[0].clone();
//! let augment = Compose::new()
//!     .then(Flip::random(0.5))
//!     .then(Spatial::new().with_rotation(-15.0..=15.0).with_elastic(4.0))
//!     .then(Gamma::random(0.7..=1.5))
//!     .then(ZScore::default());
//! let new = augment.seeded(pair, 7)?;
//! assert_eq!(new.image().size(), new.mask().size());
//! # Ok::<(), unet_lab_data::DataError>(())
//! ```
//!
//! Preparation ([`Resample`], [`Reorient`], [`Crop`], [`Pad`], ...) moves the grid and not the patient: spacing, origin and directions
//! are kept right, so that [`ResampleLike`] brings a prediction back. Augmentation ([`Flip`], [`Spatial`], ...) moves the patient and
//! not the grid: the geometry stays.
//!
//! Randomness comes from a seed alone: the same seed gives the same result, whatever the number of threads. Taught in unit 02
//! (training) and unit 09 (volumes).

mod bias_field;
mod blur;
mod brightness;
mod clahe;
mod compose;
mod contrast;
mod crop;
mod crop_foreground;
mod cutout;
mod displacement;
mod equalize;
pub(crate) mod error;
mod extent;
mod flip;
mod gamma;
mod item;
mod kernel;
mod low_resolution;
mod noise;
mod pad;
mod percentiles;
mod quarter_turns;
mod region;
mod reorient;
mod replace;
mod resample;
mod resample_like;
mod rescale;
mod resize;
mod spatial;
mod spatial_draw;
mod subject;
mod voxel_box;
mod window;
mod z_score;

use std::fmt;

use rand::SeedableRng;
pub use rand::rngs::ChaCha8Rng;

pub use bias_field::BiasField;
pub use blur::Blur;
pub use brightness::Brightness;
pub use clahe::Clahe;
pub use compose::{Compose, Sometimes};
pub use contrast::Contrast;
pub use crop::Crop;
pub use crop_foreground::CropForeground;
pub use cutout::CutOut;
pub use displacement::Displacement;
pub use equalize::Equalize;
pub use error::TransformError;
pub use extent::{Extent, Spacing};
pub use flip::Flip;
pub use gamma::Gamma;
pub use item::Item;
pub use kernel::{Border, Interpolation, LabelInterpolation};
pub use low_resolution::LowResolution;
pub use noise::{GaussianNoise, PoissonNoise, SpeckleNoise};
pub use pad::Pad;
pub use percentiles::Percentiles;
pub use quarter_turns::QuarterTurns;
pub use region::Over;
pub use reorient::Reorient;
pub use replace::ReplaceNonFinite;
pub use resample::Resample;
pub use resample_like::ResampleLike;
pub use rescale::Rescale;
pub use resize::Resize;
pub use spatial::Spatial;
pub use subject::Subject;
pub(crate) use subject::place;
pub use voxel_box::VoxelBox;
pub use window::Window;
pub use z_score::ZScore;

/// Something that makes a new [`Subject`] of a subject.
///
/// Your own transform implements [`change`](Self::change); callers use [`apply`](Self::apply), [`on`](Self::on) and
/// [`seeded`](Self::seeded). What `Debug` prints must name every setting: kept results of deterministic transforms are told apart by it.
///
/// ```
/// use unet_lab_data::Image;
/// use unet_lab_data::transform::{ChaCha8Rng, Subject, Transform, TransformError};
///
/// #[derive(Debug)]
/// struct Negative;
///
/// impl Transform for Negative {
///     fn change(&self, mut subject: Subject, _rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
///         subject.image_mut().iter_mut().for_each(|value| *value = 1.0 - *value);
///         Ok(subject)
///     }
/// }
///
/// assert_eq!(Negative.on(Image::from_fn(2, 2, |_, _| 0.25))?.data(), [0.75; 4]);
/// # Ok::<(), TransformError>(())
/// ```
pub trait Transform: fmt::Debug + Send + Sync {
    /// Whether the settings make sense; asked before every use.
    ///
    /// # Errors
    /// [`TransformError::Setting`] naming the setting.
    fn check(&self) -> Result<(), TransformError> {
        Ok(())
    }

    /// Whether the result depends on the random numbers.
    fn is_random(&self) -> bool {
        false
    }

    /// The work itself, on a subject with voxels, after [`check`](Self::check). A deterministic transform leaves `rng` alone.
    ///
    /// # Errors
    /// What keeps it from being done.
    fn change(&self, subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError>;

    /// Checks the settings and the subject, and changes it.
    ///
    /// # Errors
    /// [`TransformError::Setting`], [`TransformError::Empty`] for a subject without voxels, and those of the transform.
    fn apply(&self, subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        self.check()?;
        subject.check()?;
        self.change(subject, rng)
    }

    /// Applies a deterministic transform.
    ///
    /// # Errors
    /// [`TransformError::NeedsSeed`] for a random one; else as [`apply`](Self::apply).
    fn on<T: Item>(&self, item: T) -> Result<T, TransformError>
    where
        Self: Sized,
    {
        match self.is_random() {
            true => Err(TransformError::NeedsSeed {
                transform: format!("{self:?}"),
            }),
            false => self.seeded(item, 0),
        }
    }

    /// Applies a transform, random or not; the same seed gives the same result.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    fn seeded<T: Item>(&self, item: T, seed: u64) -> Result<T, TransformError>
    where
        Self: Sized,
    {
        let changed = self.apply(item.into_subject()?, &mut ChaCha8Rng::seed_from_u64(seed))?;
        T::from_subject(changed)
    }
}

/// The version of what the transforms compute: raised when a result changes, so that kept results are not mixed.
pub(crate) const VERSION: u32 = 1;

#[cfg(test)]
mod geometry_tests;
#[cfg(test)]
mod tests;

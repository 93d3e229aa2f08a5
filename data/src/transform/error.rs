//! What can go wrong when an image is transformed.

use thiserror::Error;

/// A setting that makes no sense, or an image that a transform cannot work on. The message names the transform and the setting.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum TransformError {
    /// A setting is outside its range.
    #[error("{transform}: {setting} is {found}, but must be {expected}")]
    Setting {
        /// The transform.
        transform: &'static str,
        /// The setting, as its method or argument is called.
        setting: &'static str,
        /// The value given.
        found: String,
        /// The values allowed.
        expected: &'static str,
    },
    /// The image has no voxels.
    #[error("{name} has no voxels (depth x height x width {size:?}): nothing can be made of it, leave it out")]
    Empty {
        /// The image.
        name: String,
        /// Its `[depth, height, width]`.
        size: [usize; 3],
    },
    /// A value is NaN or infinite where a statistic of all values is needed.
    #[error(
        "{name} holds {value} at voxel {place:?} (depth, height, width): {transform} needs finite values; apply ReplaceNonFinite first"
    )]
    NotFinite {
        /// The transform.
        transform: &'static str,
        /// The image.
        name: String,
        /// "NaN", "inf" or "-inf".
        value: String,
        /// `[depth, height, width]` of the first such voxel.
        place: [usize; 3],
    },
    /// The transform needs an image, or labels, and there is none.
    #[error("{transform} needs {what}, but {name} has none")]
    Missing {
        /// The transform, or what was to be made.
        transform: &'static str,
        /// "an image" or "labels".
        what: &'static str,
        /// The subject.
        name: String,
    },
    /// A part is larger than the whole.
    #[error(
        "{transform}: {setting} {wanted:?} does not fit into {name}, which is {size:?} voxels (depth x height x width): {hint}"
    )]
    TooLarge {
        /// The transform or sampler.
        transform: &'static str,
        /// The setting.
        setting: &'static str,
        /// `[depth, height, width]` asked for.
        wanted: [usize; 3],
        /// The image.
        name: String,
        /// Its `[depth, height, width]`.
        size: [usize; 3],
        /// What to do.
        hint: &'static str,
    },
    /// Image and labels are not of one size.
    #[error(
        "the image of {name} is {image:?} voxels but its labels are {labels:?} (depth x height x width): they must agree"
    )]
    SizesDiffer {
        /// The subject.
        name: String,
        /// The image's size.
        image: [usize; 3],
        /// The labels' size.
        labels: [usize; 3],
    },
    /// A 2-D item was asked of a volume, or the other way round.
    #[error("{name} is {found}, so no {wanted} can be made of it")]
    Kind {
        /// The subject.
        name: String,
        /// "a volume" or "a 2-D image".
        found: &'static str,
        /// What was asked for.
        wanted: &'static str,
    },
    /// A random transform was applied without a seed.
    #[error("{transform} is random: give it a seed, as in transform.seeded(image, 7)")]
    NeedsSeed {
        /// The transform, as it prints.
        transform: String,
    },
    /// The place in space, or the size, that would come out is none.
    #[error("{transform}: {problem}")]
    Grid {
        /// The transform.
        transform: &'static str,
        /// What is wrong.
        problem: String,
    },
}

impl TransformError {
    /// A setting outside its range.
    pub fn setting(
        transform: &'static str,
        setting: &'static str,
        found: impl std::fmt::Debug,
        expected: &'static str,
    ) -> Self {
        Self::Setting {
            transform,
            setting,
            found: format!("{found:?}"),
            expected,
        }
    }
}

/// Ok where `holds`, else the setting's error.
pub(crate) fn require(
    holds: bool,
    transform: &'static str,
    setting: &'static str,
    found: impl std::fmt::Debug,
    expected: &'static str,
) -> Result<(), TransformError> {
    match holds {
        true => Ok(()),
        false => Err(TransformError::setting(transform, setting, found, expected)),
    }
}

/// Ok for a chance from 0 to 1.
pub(crate) fn require_chance(
    transform: &'static str,
    setting: &'static str,
    chance: f64,
) -> Result<(), TransformError> {
    require((0.0..=1.0).contains(&chance), transform, setting, chance, "from 0 to 1")
}

/// Ok for a range of finite numbers, low to high, both at least `lowest`.
pub(crate) fn require_range(
    transform: &'static str,
    setting: &'static str,
    range: &std::ops::RangeInclusive<f64>,
    lowest: f64,
    expected: &'static str,
) -> Result<(), TransformError> {
    let (low, high) = (*range.start(), *range.end());
    let holds = low.is_finite() && high.is_finite() && low <= high && low >= lowest;
    require(holds, transform, setting, range, expected)
}

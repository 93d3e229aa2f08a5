//! What can go wrong, by who is at fault: a file, a shape, or a setting.
//!
//! Each message says what was expected, what was found and what to do. [`LabError`] prints the same sentence with
//! `{}` and with `{:?}`, because notebooks and `unwrap` show the latter.

use std::fmt;

use thiserror::Error;

pub use crate::data::DataError;
pub use crate::data::fetch::FetchError;
pub use crate::data::loader::LoadError;
pub use crate::data::transform::TransformError;
pub use crate::infer::InferError;
pub use crate::train::TrainError;
pub use crate::weights::WeightsError;

/// The library's result.
pub type Result<T, E = LabError> = std::result::Result<T, E>;

/// Any error of the library.
#[derive(Error)]
#[non_exhaustive]
pub enum LabError {
    /// A file or folder is not what was asked for.
    #[error(transparent)]
    File(#[from] DataError),
    /// A data set did not arrive. Boxed: it is larger than all others.
    #[error(transparent)]
    Fetch(Box<FetchError>),
    /// Images, masks or tensors do not fit the network or each other.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A setting lies outside its range.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A trained network cannot be asked this, or not so.
    #[error(transparent)]
    Infer(#[from] InferError),
    /// A training run cannot start or go on.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// A file of weights is damaged or belongs to another network.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

impl From<FetchError> for LabError {
    fn from(error: FetchError) -> Self {
        Self::Fetch(Box::new(error))
    }
}

impl From<TransformError> for LabError {
    fn from(error: TransformError) -> Self {
        Self::File(error.into())
    }
}

impl From<LoadError> for LabError {
    fn from(error: LoadError) -> Self {
        Self::File(error.into())
    }
}

impl fmt::Debug for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Shapes that do not fit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// A side cannot be halved as often as the network does.
    #[error("{}", size_message(*.size, *.multiple))]
    Size {
        /// The image's `[height, width]`.
        size: [usize; 2],
        /// What each side must be divisible by: `2^depth` for a U-Net.
        multiple: usize,
    },
    /// The maps at some layer of the network have a size with which it cannot go on.
    #[error("an image of {} does not pass through the network: at {layer} its maps are {}, {problem}", sides(.image), sides(.found))]
    Level {
        /// The image's `[height, width]`, or the volume's `[depth, height, width]`.
        image: Vec<usize>,
        /// Where it fails.
        layer: String,
        /// The size there.
        found: Vec<usize>,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// An image was given where a volume is expected, or the other way round.
    #[error(
        "the network was made for {expected} spatial axes, but the size {found:?} has {}; \
         choose images or volumes with UNetConfig::with_space",
        found.len()
    )]
    Axes {
        /// 2 for images, 3 for volumes.
        expected: usize,
        /// The size.
        found: Vec<usize>,
    },
    /// The images have another number of channels than the network's first convolution.
    #[error(
        "the network was made for images of {expected} channel(s), but these have {found}; \
         make it with UNetConfig::new({found}, ..) or convert the images"
    )]
    Channels {
        /// The network's input channels.
        expected: usize,
        /// The images' channels.
        found: usize,
    },
    /// The network gives more than one map, where a binary mask needs one.
    #[error(
        "a binary mask needs a network with 1 class, but this one has {found}; \
         make it with UNetConfig::new({in_channels}, 1)"
    )]
    Classes {
        /// The network's input channels.
        in_channels: usize,
        /// The network's classes.
        found: usize,
    },
    /// Two images that are taken pixel by pixel, or two tensors, differ in shape.
    #[error("{left_name} has shape {left:?}, but {right_name} has shape {right:?}; they must be equal")]
    Differ {
        /// What the first one is.
        left_name: String,
        /// Its shape.
        left: Vec<usize>,
        /// What the second one is.
        right_name: String,
        /// Its shape.
        right: Vec<usize>,
    },
    /// The network's description is out of range.
    #[error(transparent)]
    Setting(#[from] SettingError),
}

/// A setting outside its range.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{name} is {found}, but must be {expected}")]
pub struct SettingError {
    /// The setting, as it is written in code.
    pub name: String,
    /// The value found.
    pub found: String,
    /// The values that work.
    pub expected: String,
}

impl SettingError {
    /// `name` is `found`, but must be `expected`.
    pub fn new(name: &str, found: impl fmt::Display, expected: &str) -> Self {
        Self {
            name: name.to_owned(),
            found: found.to_string(),
            expected: expected.to_owned(),
        }
    }
}

impl ShapeError {
    /// That an input has as many spatial axes and channels as the network was made for.
    pub(crate) fn check_input(axes: usize, channels: usize, found: usize, size: &[usize]) -> Result<(), Self> {
        if size.len() != axes {
            return Err(Self::Axes {
                expected: axes,
                found: size.to_vec(),
            });
        }
        match channels == found {
            true => Ok(()),
            false => Err(Self::Channels {
                expected: channels,
                found,
            }),
        }
    }

    /// That every side can be divided by `multiple`, as networks with "same" convolutions need.
    pub(crate) fn divisible(size: &[usize], multiple: usize) -> Result<(), Self> {
        let fits = |side: &usize| *side > 0 && side.is_multiple_of(multiple);
        let Some(side) = size.iter().find(|side| !fits(side)).copied() else {
            return Ok(());
        };
        if let [height, width] = *size {
            return Err(Self::Size {
                size: [height, width],
                multiple,
            });
        }
        let (below, above) = (side / multiple * multiple, (side / multiple + 1) * multiple);
        let nearest = match below {
            0 => above.to_string(),
            below => format!("{below} or {above}"),
        };
        Err(Self::Level {
            image: size.to_vec(),
            layer: "the first level".into(),
            found: size.to_vec(),
            problem: format!("but each side must be divisible by {multiple}; instead of {side} take {nearest}"),
        })
    }
}

/// `[572, 388]` as `572 x 388`.
pub(crate) fn sides(size: &[usize]) -> String {
    let sides: Vec<String> = size.iter().map(usize::to_string).collect();
    sides.join(" x ")
}

/// Names the first level whose maps cannot be halved, and the nearest sizes that can.
fn size_message(size: [usize; 2], multiple: usize) -> String {
    let [height, width] = size;
    if height == 0 || width == 0 {
        return format!("the image is {height} x {width} (height x width): it has no pixels");
    }
    let depth = multiple.ilog2() as usize;
    let level = (1..=depth)
        .find(|level| size.iter().any(|side| (side >> (level - 1)) % 2 == 1))
        .unwrap_or(depth.max(1));
    let [h, w] = size.map(|side| side >> (level - 1));
    let mut message = format!(
        "the image is {height} x {width} (height x width), but a U-Net of depth {depth} halves it {depth} times, and \
         at level {level} its maps are {h} x {w}, which pooling cannot halve. Each side must be divisible by {multiple}"
    );
    for (name, side) in [("height", height), ("width", width)] {
        if side % multiple != 0 {
            let above = side.next_multiple_of(multiple);
            message += &match above - multiple {
                0 => format!("; the nearest {name} that works is {above}"),
                below => format!("; the nearest {name}s that work are {below} and {above}"),
            };
        }
    }
    message + ". Resize the image or cut tiles; predict() pads it for you"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_message_names_level_and_remedy() {
        let error = ShapeError::Size {
            size: [500, 256],
            multiple: 16,
        };
        assert_eq!(
            error.to_string(),
            "the image is 500 x 256 (height x width), but a U-Net of depth 4 halves it 4 times, and at level 3 its \
             maps are 125 x 64, which pooling cannot halve. Each side must be divisible by 16; the nearest heights \
             that work are 496 and 512. Resize the image or cut tiles; predict() pads it for you"
        );
        let error = ShapeError::Size {
            size: [7, 5],
            multiple: 8,
        };
        assert!(error.to_string().contains(
            "at level 1 its maps are 7 x 5, which pooling cannot halve. Each side must be divisible by 8; the nearest \
             height that works is 8; the nearest width that works is 8."
        ));
    }

    #[test]
    fn debug_is_the_sentence() {
        let error = LabError::from(SettingError::new("batch_size", 0, "at least 1"));
        assert_eq!(format!("{error:?}"), "batch_size is 0, but must be at least 1");
    }
}

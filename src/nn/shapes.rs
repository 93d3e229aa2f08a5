//! Which shape the feature maps have at each level of the U: arithmetic, no tensors.

use super::{Padding, UNetConfig};
use crate::error::ShapeError;

/// Which part of the U a level belongs to (Ronneberger et al. 2015, figure 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LevelRole {
    /// The contracting path, on the left: convolutions, then pooling.
    Encoder,
    /// The bottom of the U.
    Bottleneck,
    /// The expansive path, on the right: upsampling, the skip connection, convolutions.
    Decoder,
    /// The 1x1 convolution that gives one map a class.
    Output,
}

/// The feature maps that one level of the network gives: `channels` maps of `height` x `width`.
///
/// For an encoder it is what goes through the skip connection, before pooling; for a decoder what leaves its last
/// convolution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelShape {
    /// `encoder 1`, `bottleneck`, `decoder 1`, `output`.
    pub name: String,
    /// Which part of the U.
    pub role: LevelRole,
    /// Depth in the U: 1 at the top (full size), `config.depth + 1` at the bottleneck. Encoder and decoder of one
    /// level are joined by a skip connection.
    pub level: usize,
    /// Number of feature maps.
    pub channels: usize,
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
}

/// The levels of the network in the order of a forward pass, for an image of `size` = `[height, width]`.
///
/// ```
/// use unet_lab::nn::{UNetConfig, level_shapes};
///
/// let levels = level_shapes(&UNetConfig::new(3, 1), [256, 256])?;
/// let bottleneck = &levels[4];
/// assert_eq!(bottleneck.name, "bottleneck");
/// assert_eq!([bottleneck.channels, bottleneck.height, bottleneck.width], [1024, 16, 16]);
/// # Ok::<(), unet_lab::error::ShapeError>(())
/// ```
///
/// Taught in unit 01 (architecture).
///
/// # Errors
///
/// [`ShapeError`] if the size does not pass through the network, it is one for volumes, or the configuration describes none.
pub fn level_shapes(config: &UNetConfig, size: [usize; 2]) -> Result<Vec<LevelShape>, ShapeError> {
    config.validate()?;
    config.check_size(size)?;
    let lost = match config.padding {
        Padding::Same => 0,
        Padding::Valid => 4,
    };
    let depth = config.depth;
    let down = |level: usize| size.map(|side| (1..level).fold(side - lost, |side, _| side / 2 - lost));
    let up = |level: usize| {
        let bottom = down(depth + 1);
        bottom.map(|side| (level..=depth).fold(side, |side, _| 2 * side - lost))
    };
    let at = |name: String, role, level: usize, channels| {
        let [height, width] = match role {
            LevelRole::Encoder | LevelRole::Bottleneck => down(level),
            LevelRole::Decoder | LevelRole::Output => up(level),
        };
        LevelShape {
            name,
            role,
            level,
            channels,
            height,
            width,
        }
    };
    let mut levels = Vec::with_capacity(2 * depth + 2);
    for level in 1..=depth {
        let channels = config.channels_at(level);
        levels.push(at(format!("encoder {level}"), LevelRole::Encoder, level, channels));
    }
    levels.push(at(
        "bottleneck".to_owned(),
        LevelRole::Bottleneck,
        depth + 1,
        config.channels_at(depth + 1),
    ));
    for level in (1..=depth).rev() {
        let channels = config.channels_at(level);
        levels.push(at(format!("decoder {level}"), LevelRole::Decoder, level, channels));
    }
    levels.push(at("output".to_owned(), LevelRole::Output, 1, config.classes));
    Ok(levels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_course_network_at_256() {
        let levels = level_shapes(&UNetConfig::new(3, 1), [256, 256]).unwrap();
        let found: Vec<(&str, usize, usize)> = levels
            .iter()
            .map(|level| (level.name.as_str(), level.channels, level.height))
            .collect();
        assert_eq!(
            found,
            [
                ("encoder 1", 64, 256),
                ("encoder 2", 128, 128),
                ("encoder 3", 256, 64),
                ("encoder 4", 512, 32),
                ("bottleneck", 1024, 16),
                ("decoder 4", 512, 32),
                ("decoder 3", 256, 64),
                ("decoder 2", 128, 128),
                ("decoder 1", 64, 256),
                ("output", 1, 256),
            ]
        );
    }

    #[test]
    fn the_original_at_572_as_in_the_papers_figure() {
        let levels = level_shapes(&UNetConfig::original(), [572, 572]).unwrap();
        let heights: Vec<usize> = levels.iter().map(|level| level.height).collect();
        assert_eq!(heights, [568, 280, 136, 64, 28, 52, 100, 196, 388, 388]);
    }

    #[test]
    fn a_size_that_does_not_halve_is_refused() {
        assert!(level_shapes(&UNetConfig::new(3, 1), [256, 250]).is_err());
    }
}

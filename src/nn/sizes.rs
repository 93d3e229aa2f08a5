//! Which sizes pass through a network, and how to make one fit.

use burn::tensor::Tensor;

use super::segmenter::Segmenter;
use super::settings::Padding;
use super::space::spatial;
use super::unet_config::UNetConfig;
use crate::error::ShapeError;

/// Sides tried on the way to the nearest that work.
const SEARCHED: usize = 4096;

impl UNetConfig {
    /// Pixels that each end of each side loses on the way: 0 with "same" padding, 92 for the original.
    ///
    /// ```
    /// use unet_lab::prelude::*;
    /// assert_eq!(UNetConfig::original().margin(), 92);
    /// ```
    pub fn margin(&self) -> usize {
        match self.padding {
            Padding::Same => 0,
            // Two pixels a block of two convolutions, each as wide as 2^(level - 1) pixels of the image: once on the
            // way down, once on the way up, and once at the bottom.
            Padding::Valid => (1..=self.depth).map(|level| 4 << (level - 1)).sum::<usize>() + (2 << self.depth),
        }
    }

    /// Whether a side of this length passes through the network.
    pub fn accepts(&self, side: usize) -> bool {
        self.failing_level(side).is_none()
    }

    /// The first level, counted from 1, at which a side does not fit, and what is left of it there.
    fn failing_level(&self, side: usize) -> Option<(usize, usize)> {
        let lost = match self.padding {
            Padding::Same => 0,
            Padding::Valid => 4,
        };
        let mut here = side;
        for level in 1..=self.depth {
            if here <= lost || !(here - lost).is_multiple_of(2) {
                return Some((level, here.saturating_sub(lost)));
            }
            here = (here - lost) / 2;
        }
        // The way up loses more, and something must be left of it.
        let fits = here > lost && side > 2 * self.margin();
        (!fits).then_some((self.depth + 1, here.saturating_sub(lost)))
    }

    /// The longest side below `side` and the shortest above it that pass through the network.
    pub fn nearest_sides(&self, side: usize) -> (Option<usize>, Option<usize>) {
        let below = (side.saturating_sub(SEARCHED)..side)
            .rev()
            .find(|&side| self.accepts(side));
        let above = (side + 1..=side + SEARCHED).find(|&side| self.accepts(side));
        (below, above)
    }
}

/// Checks that an image of this size passes through the network described by `config`.
pub(super) fn check(config: &UNetConfig, size: &[usize]) -> Result<(), ShapeError> {
    if size.len() != config.space.axes() {
        return Err(ShapeError::Axes {
            expected: config.space.axes(),
            found: size.to_vec(),
        });
    }
    let failing = |side: &usize| config.failing_level(*side);
    // The level at which the first side fails, with every side's length there.
    let Some(level) = size.iter().filter_map(failing).map(|(level, _)| level).min() else {
        return Ok(());
    };
    if let ([height, width], Padding::Same) = (size, config.padding) {
        return Err(ShapeError::Size {
            size: [*height, *width],
            multiple: config.size_multiple(),
        });
    }
    let lost = match config.padding {
        Padding::Same => 0,
        Padding::Valid => 4usize,
    };
    let at_level = |side: usize| (1..level).fold(side.saturating_sub(lost), |side, _| (side / 2).saturating_sub(lost));
    let nearest = size
        .iter()
        .filter(|side| !config.accepts(**side))
        .map(|&side| match config.nearest_sides(side) {
            (Some(below), Some(above)) => format!("instead of {side}: {below} or {above}"),
            (None, Some(above)) => format!("instead of {side}: {above}"),
            (below, None) => format!("instead of {side}: {}", below.unwrap_or(0)),
        });
    Err(ShapeError::Level {
        image: size.to_vec(),
        layer: format!("level {level}"),
        found: size.iter().map(|&side| at_level(side)).collect(),
        problem: format!(
            "which the network cannot go on with; the nearest sides that work are, {}",
            nearest.collect::<Vec<_>>().join("; ")
        ),
    })
}

/// A batch that fits, and where the image lies in it.
#[derive(Clone, Debug)]
pub struct Padded<const D: usize = 4> {
    /// The batch, each side extended to one that the network takes.
    pub images: Tensor<D>,
    /// Pixels put in front of each side.
    pub before: Vec<usize>,
    size: Vec<usize>,
    margin: usize,
}

/// Extends a batch by mirroring at the edges to the next size that the network takes, so that its output covers the whole
/// image (Ronneberger et al. 2015, section 2).
///
/// ```
/// use unet_lab::nn::pad_to_fit;
/// use unet_lab::prelude::*;
///
/// let model = UNetConfig::new(1, 1).with_base_channels(2).init(&cpu());
/// let padded = pad_to_fit(Tensor::<4>::ones([1, 1, 50, 40], &cpu()), &model);
/// assert_eq!(padded.images.dims(), [1, 1, 64, 48]);
/// let maps = model.forward(padded.images.clone());
/// assert_eq!(padded.crop(maps).dims(), [1, 1, 50, 40]);
/// ```
///
/// # Shapes
/// - `x`: `[batch, channels, ..]`, no side empty
pub fn pad_to_fit<const D: usize, M: Segmenter<D>>(x: Tensor<D>, model: &M) -> Padded<D> {
    let size = spatial(&x);
    let mut images = x;
    let mut before = Vec::with_capacity(size.len());
    for (axis, &side) in size.iter().enumerate() {
        let padded = model.side_for(side);
        let front = (padded - side) / 2;
        let places: Vec<i32> = (0..padded as i64)
            .map(|i| mirrored(i - front as i64, side) as i32)
            .collect();
        if padded > side {
            let places = Tensor::<1, burn::tensor::Int>::from_data(places.as_slice(), &images.device());
            images = images.select(axis + 2, places);
        }
        before.push(front);
    }
    Padded {
        images,
        before,
        size,
        margin: model.margin(),
    }
}

impl<const D: usize> Padded<D> {
    /// What of the network's output lies on the image.
    ///
    /// # Shapes
    /// - `maps`: `[batch, classes, ..]`, the output for [`images`](Self::images)
    /// - output: `[batch, classes, ..]` in the image's own size
    pub fn crop(&self, maps: Tensor<D>) -> Tensor<D> {
        let places = self.before.iter().zip(&self.size).enumerate();
        places.fold(maps, |maps, (axis, (&before, &side))| {
            maps.narrow(axis + 2, before - self.margin, side)
        })
    }
}

/// Where position `i`, counted from the first of a side of `length`, lies once the side is mirrored at its ends without
/// end: `.. 1 0 | 0 1 2 | 2 1 ..`.
pub(crate) fn mirrored(i: i64, length: usize) -> usize {
    let i = i.rem_euclid(2 * length as i64) as usize;
    i.min(2 * length - 1 - i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    #[test]
    fn the_originals_sizes() {
        let config = UNetConfig::original();
        assert!(config.accepts(572) && config.accepts(188) && !config.accepts(571) && !config.accepts(512));
        assert_eq!(config.nearest_sides(512), (Some(508), Some(524)));
        let message = config.check_size([572, 512]).unwrap_err().to_string();
        assert!(
            message.contains("572 x 512") && message.contains("508 or 524"),
            "{message}"
        );
    }

    #[test]
    fn accepted_sides_are_those_that_pass() {
        for padding in [Padding::Same, Padding::Valid] {
            for depth in 1..=2 {
                let config = UNetConfig::new(1, 1)
                    .with_base_channels(1)
                    .with_depth(depth)
                    .with_padding(padding);
                let model = config.init(&cpu());
                for side in 1..=44 {
                    let passes = super::super::summary(&model, [side, side]).is_ok();
                    assert_eq!(config.accepts(side), passes, "{padding:?} {depth} {side}");
                    if passes {
                        let y = model.forward(Tensor::<4>::ones([1, 1, side, side], &cpu()));
                        assert_eq!(y.dims()[2], side - 2 * config.margin());
                    }
                }
            }
        }
    }

    #[test]
    fn any_volume_is_made_to_fit() {
        let config = UNetConfig::volumetric(1, 2)
            .with_base_channels(2)
            .with_depth(1)
            .with_norm(super::super::Norm::None);
        for config in [config.clone(), config.with_padding(Padding::Valid)] {
            let model = config.init(&cpu());
            let padded = pad_to_fit(Tensor::<5>::ones([1, 1, 3, 5, 4], &cpu()), &model);
            let maps = model.forward(padded.images.clone());
            assert_eq!(padded.crop(maps).dims(), [1, 2, 3, 5, 4]);
        }
    }

    #[test]
    fn mirrors_at_the_edges() {
        let at = |range: std::ops::Range<usize>, before: i64, length| -> Vec<usize> {
            range.map(|i| mirrored(i as i64 - before, length)).collect()
        };
        assert_eq!(at(0..8, 2, 4), [1, 0, 0, 1, 2, 3, 3, 2]);
        assert_eq!(at(0..8, 3, 1), [0; 8]);
        assert_eq!(at(0..8, 3, 2), [1, 1, 0, 0, 1, 1, 0, 0]);
    }
}

//! The ways in which an image is shown to a network more than once.

use serde::{Deserialize, Serialize};

use super::raster::View;

/// Test-time augmentation: the network sees the image several times, flipped and turned, each answer is turned back,
/// and the answers are averaged (as in Krizhevsky et al. 2012, section 4.1, and nnU-Net, Isensee et al. 2021).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TestTime {
    /// Once, as it is.
    #[default]
    Once,
    /// Flipped along every set of axes: 4 times in 2-D, 8 times in 3-D.
    Flips,
    /// All eight symmetries of the square in 2-D: the flips, and each with rows and columns exchanged. In 3-D the
    /// flips, since slices are often further apart than pixels.
    Symmetries,
}

impl TestTime {
    /// How often the network is asked.
    pub fn count(self, axes: usize) -> usize {
        symmetries(self, axes).len()
    }
}

/// One of the ways: axes are exchanged, then flipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Symmetry {
    pub transposed: bool,
    flipped: [bool; 3],
}

impl Symmetry {
    /// The map of this size, seen so.
    pub fn view(self, size: [usize; 3]) -> View {
        let view = View::new(size);
        let view = if self.transposed { view.transposed() } else { view };
        let flipped = (0..3).filter(|&axis| self.flipped[axis]);
        flipped.fold(view, View::flipped)
    }

    /// A tile as it lies in the map seen so.
    pub fn tile(self, mut tile: [usize; 3]) -> [usize; 3] {
        if self.transposed {
            tile.swap(0, 2);
        }
        tile
    }
}

/// All ways for an image of 2 or 3 axes, the plain one first.
pub(super) fn symmetries(kind: TestTime, axes: usize) -> Vec<Symmetry> {
    let flips = (0..8).map(|bits| [bits & 4 > 0, bits & 2 > 0, bits & 1 > 0]);
    let flips = flips.filter(|flip| axes == 3 || !flip[1]);
    let all = |transposed| flips.clone().map(move |flipped| Symmetry { transposed, flipped });
    match (kind, axes) {
        (TestTime::Once, _) => vec![Symmetry::default()],
        (TestTime::Symmetries, 2) => all(false).chain(all(true)).collect(),
        _ => all(false).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::raster::{Border, Raster, three};
    use super::*;

    #[test]
    fn all_differ_and_the_plain_one_is_first() {
        for (kind, axes, count) in [
            (TestTime::Once, 2, 1),
            (TestTime::Flips, 2, 4),
            (TestTime::Symmetries, 2, 8),
            (TestTime::Flips, 3, 8),
            (TestTime::Symmetries, 3, 8),
        ] {
            let size = if axes == 2 { three(&[3, 3]) } else { [3, 3, 3] };
            let data: Vec<f32> = (0..size.iter().product()).map(|i| i as f32).collect();
            let seen: Vec<Vec<u32>> = symmetries(kind, axes)
                .into_iter()
                .map(|symmetry| {
                    let view = symmetry.view(size);
                    let mut out = Vec::new();
                    let raster = Raster {
                        data: &data,
                        channels: 1,
                        view,
                    };
                    raster.cut([0; 3], view.size, Border::Zero, &mut out);
                    out.into_iter().map(|v| v as u32).collect()
                })
                .collect();
            assert_eq!(seen[0], (0..data.len() as u32).collect::<Vec<_>>());
            assert_eq!(seen.iter().collect::<HashSet<_>>().len(), count);
            assert_eq!(kind.count(axes), count);
        }
    }
}

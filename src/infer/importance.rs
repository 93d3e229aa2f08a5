//! How much each pixel of a tile counts where tiles overlap.

use serde::{Deserialize, Serialize};

/// How overlapping tiles are mixed: a weighted mean of their logits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Blend {
    /// All pixels of a tile count the same.
    Constant,
    /// The middle counts most: a Gaussian whose standard deviation is this share of the tile's side, because pixels at
    /// a tile's edge know less of their surroundings. nnU-Net (Isensee et al. 2021) and MONAI use 0.125.
    Gaussian(f64),
}

impl Default for Blend {
    fn default() -> Self {
        Self::Gaussian(0.125)
    }
}

impl Blend {
    /// The weight of each pixel of a tile, row by row; 1 in the middle and never below 0.001, so that a pixel that only
    /// a corner covers keeps its value.
    pub(super) fn weights(self, tile: [usize; 3]) -> Vec<f32> {
        let Self::Gaussian(share) = self else {
            return vec![1.0; tile.iter().product()];
        };
        let bell = |side: usize| -> Vec<f32> {
            let (middle, sigma) = ((side as f64 - 1.0) / 2.0, share * side as f64);
            let at = |i: usize| (-((i as f64 - middle) / sigma).powi(2) / 2.0).exp() as f32;
            (0..side).map(at).collect()
        };
        let [z, y, x] = tile.map(bell);
        let mut weights = Vec::with_capacity(tile.iter().product());
        for z in &z {
            for y in &y {
                weights.extend(x.iter().map(|x| (z * y * x).max(1e-3)));
            }
        }
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        assert_eq!(Blend::Constant.weights([1, 2, 3]), [1.0; 6]);
        // A side of 5: sigma 0.625, so exp(-1 / 0.78125) one pixel off the middle and exp(-4 / 0.78125) two.
        let weights = Blend::Gaussian(0.125).weights([1, 1, 5]);
        let expected = [5.976_023e-3, 0.278_037_3, 1.0, 0.278_037_3, 5.976_023e-3];
        for (found, expected) in weights.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{weights:?}");
        }
        // Corners are cut off at 0.001.
        assert_eq!(Blend::default().weights([1, 5, 5])[0], 1e-3);
    }
}

//! [`DistanceMap`]: how far each voxel is from the background, or from the surface.

use super::envelope::squared_distances;
use super::grid::Grid;
use crate::data::Region;
use crate::metric::Pixels;

/// A distance in mm a voxel.
#[derive(Clone, Debug, PartialEq)]
pub struct DistanceMap {
    data: Vec<f64>,
    size: Vec<usize>,
    spacing: Vec<f64>,
}

impl DistanceMap {
    /// Every distance in mm, row by row.
    pub fn data(&self) -> &[f64] {
        &self.data
    }

    /// `[height, width]` or `[depth, height, width]`.
    pub fn size(&self) -> &[usize] {
        &self.size
    }

    /// Distance between neighbours along each axis in mm.
    pub fn spacing(&self) -> &[f64] {
        &self.spacing
    }

    /// The distances as 32-bit numbers, as a tensor holds them.
    pub fn to_f32(&self) -> Vec<f32> {
        self.data.iter().map(|&distance| distance as f32).collect()
    }

    /// The largest distance; 0 for a map without voxels.
    pub fn highest(&self) -> f64 {
        self.data.iter().copied().reduce(f64::max).unwrap_or(0.0)
    }

    fn new(region: &Region, data: Vec<f64>) -> Self {
        Self {
            data,
            size: region.shape(),
            spacing: region.spacing().to_vec(),
        }
    }
}

/// For each voxel of the region the distance in mm to the centre of the nearest voxel outside it; 0 outside.
///
/// It is exact: parabolas' lower envelopes along each axis (Felzenszwalb & Huttenlocher 2012), in time proportional to
/// the number of voxels, and what `scipy.ndimage.distance_transform_edt` gives with `sampling` set to the spacing. What
/// lies beyond the image's border does not count as background.
///
/// A region that fills the image has no background: every distance is infinite. (SciPy gives the distance to a place
/// that does not exist.) An empty region has distance 0 everywhere.
///
/// ```
/// use unet_lab::data::Region;
/// use unet_lab::morphology::distance_transform;
///
/// let bar = Region::new(vec![false, true, true, true, true, false], &[1, 6])?.with_spacing(&[1.0, 0.5])?;
/// assert_eq!(distance_transform(&bar).data(), [0.0, 0.5, 1.0, 1.0, 0.5, 0.0]);
/// # Ok::<(), unet_lab::error::LabError>(())
/// ```
pub fn distance_transform(region: &Region) -> DistanceMap {
    let grid = Grid::of(region);
    DistanceMap::new(region, squared_distances(region.pixels(), false, &grid, f64::sqrt))
}

/// For each voxel outside the region the distance in mm to it, and for each voxel inside minus the distance to the
/// background: below 0 inside, above 0 outside, never 0, as distances run between voxel centres.
///
/// Without foreground every distance is infinity, without background minus infinity.
///
/// It is the map that a boundary loss weighs the prediction with (Kervadec et al. 2019).
pub fn signed_distance(region: &Region) -> DistanceMap {
    let grid = Grid::of(region);
    let mut map = distance_transform(region);
    let outside = squared_distances(region.pixels(), true, &grid, f64::sqrt);
    let voxels = map.data.iter_mut().zip(&outside).zip(region.pixels());
    for ((distance, &outside), &inside) in voxels {
        *distance = if inside { -*distance } else { outside };
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt, SeedableRng};

    fn by_hand(region: &Region, site: bool) -> Vec<f64> {
        let grid = Grid::of(region);
        let [_, height, width] = grid.size;
        let place = |i: usize| [i / (height * width), i / width % height, i % width];
        let distance = |a: usize, b: usize| -> f64 {
            let (a, b) = (place(a), place(b));
            (0..3)
                .map(|axis| ((a[axis] as f64 - b[axis] as f64) * grid.spacing[axis]).powi(2))
                .sum()
        };
        let sites: Vec<usize> = (0..grid.len()).filter(|&i| region.pixels()[i] == site).collect();
        (0..grid.len())
            .map(|i| {
                sites
                    .iter()
                    .map(|&j| distance(i, j))
                    .fold(f64::INFINITY, f64::min)
                    .sqrt()
            })
            .collect()
    }

    #[test]
    fn every_pair_compared_gives_the_same() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        for case in 0..120 {
            let rank = 2 + case % 2;
            let size: Vec<usize> = (0..rank).map(|_| rng.random_range(1..9)).collect();
            let spacing: Vec<f64> = (0..rank).map(|_| rng.random_range(0.2..3.0)).collect();
            let share = rng.random_range(0.0..1.0);
            let inside = (0..size.iter().product()).map(|_| rng.random_bool(share)).collect();
            let region = Region::new(inside, &size).unwrap().with_spacing(&spacing).unwrap();
            for (found, expected) in distance_transform(&region).data().iter().zip(by_hand(&region, false)) {
                assert!(
                    *found == expected || (found - expected).abs() < 1e-9,
                    "{found} {expected}"
                );
            }
            let outside = by_hand(&region, true);
            let signed = signed_distance(&region);
            let inward = distance_transform(&region);
            for (i, &found) in signed.data().iter().enumerate() {
                let expected = if region.pixels()[i] {
                    -inward.data()[i]
                } else {
                    outside[i]
                };
                assert!(
                    found == expected || (found - expected).abs() < 1e-9,
                    "{found} {expected}"
                );
                assert!(found != 0.0);
            }
        }
    }

    #[test]
    fn nothing_and_everything() {
        let empty = Region::new(vec![false; 6], &[2, 3]).unwrap();
        let full = Region::new(vec![true; 8], &[2, 2, 2]).unwrap();
        assert_eq!(distance_transform(&empty).data(), [0.0; 6]);
        assert_eq!(distance_transform(&full).data(), [f64::INFINITY; 8]);
        assert_eq!(signed_distance(&empty).data(), [f64::INFINITY; 6]);
        assert_eq!(signed_distance(&full).data(), [f64::NEG_INFINITY; 8]);
        let nothing = Region::new(Vec::new(), &[0, 3]).unwrap();
        assert_eq!(distance_transform(&nothing).highest(), 0.0);
    }

    #[test]
    fn the_spacing_stretches_the_distance() {
        let mut inside = vec![true; 25];
        inside[12] = false;
        let region = Region::new(inside, &[5, 5]).unwrap().with_spacing(&[3.0, 1.0]).unwrap();
        let map = distance_transform(&region);
        assert_eq!(
            (map.data()[2], map.data()[10], map.data()[6]),
            (6.0, 2.0, 10.0_f64.sqrt())
        );
        assert_eq!((map.size(), map.spacing()), (&[5, 5][..], &[3.0, 1.0][..]));
    }
}

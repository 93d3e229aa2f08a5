//! Touching objects taken apart: one instance a bulge.

use rayon::prelude::*;

use super::distance::distance_transform;
use super::grid::Grid;
use super::watershed::flood;
use super::{Connectivity, components};
use crate::data::{LabelMap, Region};
use crate::error::SettingError;
use crate::metric::Pixels;

/// Gives each object of a region that touches another a label of its own, by shape alone: roundish objects, such as
/// nuclei, are widest in their middles and touch at necks.
///
/// The peaks of the distance to the background are markers, and a watershed floods from them over the inverted
/// distance; where two floods meet is the cut. Two peaks are at least `min_distance` voxels apart along some axis, and
/// a peak is highest among the voxels so near; of peaks too near to each other the higher one stays, of equals the
/// first, row by row. A larger `min_distance` cuts less. Labels are from 1, by the peaks' order in the image. A part
/// without a peak, because a higher one beyond the background is too near, gets a label after all others.
///
/// As in scikit-image: `distance_transform_edt`, `peak_local_max(distance, min_distance, exclude_border=False, labels)`,
/// `label`, `watershed(-distance, markers, mask)`, except that there a part without a peak is lost. A region that fills
/// the image has no distance to a background and stays one object.
///
/// # Errors
/// [`SettingError`] if `min_distance` is 0.
///
/// ```
/// use unet_lab::data::Region;
/// use unet_lab::morphology::split_touching;
///
/// // two discs of radius 6, their centres 10 apart
/// let disc = |i: usize, x: usize| (i / 30).abs_diff(8).pow(2) + (i % 30).abs_diff(x).pow(2) <= 36;
/// let touching = Region::new((0..17 * 30).map(|i| disc(i, 9) || disc(i, 19)).collect(), &[17, 30])?;
/// let nuclei = split_touching(&touching, 3)?;
/// assert_eq!(nuclei.highest(), 2);
/// assert_eq!((nuclei.data()[8 * 30 + 9], nuclei.data()[8 * 30 + 19]), (1, 2));
/// # Ok::<(), unet_lab::error::LabError>(())
/// ```
pub fn split_touching(region: &Region, min_distance: usize) -> Result<LabelMap, SettingError> {
    if min_distance == 0 {
        return Err(SettingError::new("min_distance", 0, "at least 1 voxel"));
    }
    if region.pixels().iter().all(|&inside| inside) {
        return Ok(components(region, Connectivity::Faces).into_labels());
    }
    let distance = distance_transform(region);
    let peaks = peaks(distance.data(), region, min_distance);
    let markers = components(&peaks, Connectivity::Faces);
    let inverted: Vec<f64> = distance.data().iter().map(|distance| -distance).collect();
    let flooded = flood(&inverted, markers.labels().data(), region, Connectivity::Faces);

    let voxels = flooded.data().iter().zip(region.pixels());
    let left = region.like(voxels.map(|(&label, &inside)| inside && label == 0).collect());
    let added = components(&left, Connectivity::Faces).into_labels();
    let highest = markers.count() as u32;
    let labels = flooded.data().iter().zip(added.data());
    let labels = labels.map(|(&label, &added)| if added > 0 { highest + added } else { label });
    Ok(LabelMap::like(region, labels.collect()))
}

/// Voxels that no voxel within `min_distance` along each axis exceeds, thinned until they are that far apart.
fn peaks(heights: &[f64], region: &Region, min_distance: usize) -> Region {
    let grid = Grid::of(region);
    let inside = region.pixels();
    let mut candidates: Vec<usize> = (0..heights.len())
        .into_par_iter()
        .with_min_len(1024)
        .filter(|&at| inside[at] && is_highest(at, heights, &grid, min_distance))
        .collect();
    let mut found = vec![false; heights.len()];
    if min_distance == 1 {
        candidates.into_iter().for_each(|at| found[at] = true);
        return region.like(found);
    }
    candidates.sort_by(|&a, &b| heights[b].total_cmp(&heights[a]));
    let mut taken = vec![false; heights.len()];
    for at in candidates {
        if !taken[at] {
            found[at] = true;
            for row in rows_around(at, &grid, min_distance - 1) {
                taken[row].fill(true);
            }
        }
    }
    region.like(found)
}

/// Whether the voxel is highest among its neighbours; the nearest are asked first, as they mostly settle it.
fn is_highest(at: usize, heights: &[f64], grid: &Grid, reach: usize) -> bool {
    let highest = |reach| {
        let mut rows = rows_around(at, grid, reach);
        rows.all(|row| heights[row].iter().all(|&height| height <= heights[at]))
    };
    highest(1) && (reach == 1 || highest(reach))
}

/// The stretches of rows at most `reach` voxels away along each axis.
fn rows_around(at: usize, grid: &Grid, reach: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let [depth, height, width] = grid.size;
    let place = [at / (height * width), at / width % height, at % width];
    let around = |axis: usize, length: usize| {
        let end = place[axis].saturating_add(reach).saturating_add(1).min(length);
        place[axis].saturating_sub(reach)..end
    };
    let (slices, rows, columns) = (around(0, depth), around(1, height), around(2, width));
    slices.flat_map(move |z| {
        let columns = columns.clone();
        rows.clone().map(move |y| {
            let start = (z * height + y) * width;
            start + columns.start..start + columns.end
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balls(size: &[usize], centres: &[([f64; 3], f64)]) -> Region {
        let grid = Grid::new(size, &vec![1.0; size.len()]);
        let [_, height, width] = grid.size;
        let inside = (0..grid.len()).map(|i| {
            let place = [i / (height * width), i / width % height, i % width];
            centres.iter().any(|(centre, radius)| {
                let squares = (0..3).map(|axis| (place[axis] as f64 - centre[axis]).powi(2));
                squares.sum::<f64>() <= radius * radius
            })
        });
        Region::new(inside.collect(), size).unwrap()
    }

    #[test]
    fn three_touching_balls_become_three() {
        let region = balls(
            &[20, 24, 40],
            &[
                ([10.0, 12.0, 8.0], 7.0),
                ([10.0, 12.0, 20.0], 7.0),
                ([10.0, 12.0, 32.0], 7.0),
            ],
        );
        assert_eq!(components(&region, Connectivity::Faces).count(), 1);
        let split = split_touching(&region, 5).unwrap();
        assert_eq!(split.highest(), 3);
        let sizes: Vec<usize> = (1..=3).map(|label| split.only(label).count()).collect();
        assert_eq!(sizes.iter().sum::<usize>(), region.count());
        assert!(sizes.iter().all(|&size| size > region.count() / 4), "{sizes:?}");
    }

    #[test]
    fn what_is_apart_stays_apart_and_nothing_is_lost() {
        // The small one's only peak is nearer to the large one's than the distance asked for.
        let region = balls(&[30, 30], &[([0.0, 12.0, 10.0], 8.0), ([0.0, 12.0, 21.0], 1.5)]);
        let split = split_touching(&region, 15).unwrap();
        assert_eq!((split.highest(), split.only(2).count()), (2, 9));
        assert_eq!(split.only(1).count() + 9, region.count());
    }

    #[test]
    fn edge_cases() {
        let empty = Region::new(vec![false; 9], &[3, 3]).unwrap();
        let full = Region::new(vec![true; 9], &[3, 3]).unwrap();
        assert_eq!(split_touching(&empty, 1).unwrap().highest(), 0);
        assert_eq!(split_touching(&full, 1).unwrap().data(), [1; 9]);
        assert_eq!(split_touching(&full, usize::MAX).unwrap().data(), [1; 9]);
        let error = split_touching(&full, 0).unwrap_err();
        assert_eq!(error.to_string(), "min_distance is 0, but must be at least 1 voxel");
    }
}

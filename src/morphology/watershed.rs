//! Watershed: markers flood a landscape, the lowest voxels first, until they meet.

use super::heap::{Entry, Heap};
use super::{Connectivity, grid::Grid};
use crate::data::{LabelMap, Region};
use crate::error::{LabError, SettingError, ShapeError};
use crate::metric::Pixels;

/// Floods from markers: each voxel of `within` gets the label of the marker whose flood reaches it first.
///
/// `heights` has a number a voxel. The lowest voxel at a flood's edge is flooded next; of equals the one that a flood
/// reached first, so that floods from both sides share a plateau. It is what `skimage.segmentation.watershed` (0.26)
/// gives with `mask=within`, ties included. Voxels that no flood reaches, and all outside `within`, get 0; markers
/// outside `within` are ignored. Markers over the same height all start before what they reach. (Meyer 1994; Beucher &
/// Meyer 1993.)
///
/// # Errors
/// [`ShapeError::Differ`] if the three are not of one size, [`SettingError`] if a height within is NaN.
///
/// ```
/// use unet_lab::data::{LabelMap, Region};
/// use unet_lab::morphology::{Connectivity, watershed};
///
/// let heights = [0.0, 1.0, 3.0, 2.0, 0.0];
/// let markers = LabelMap::new(vec![1, 0, 0, 0, 2], &[1, 5])?;
/// let everywhere = Region::new(vec![true; 5], &[1, 5])?;
/// let floods = watershed(&heights, &markers, &everywhere, Connectivity::Faces)?;
/// assert_eq!(floods.data(), [1, 1, 1, 2, 2]);
/// # Ok::<(), unet_lab::error::LabError>(())
/// ```
pub fn watershed(
    heights: &[f64],
    markers: &LabelMap,
    within: &Region,
    connectivity: Connectivity,
) -> Result<LabelMap, LabError> {
    check("the markers", markers.size(), within)?;
    if heights.len() != within.pixels().len() {
        check("the heights", &[heights.len()], within)?;
    }
    let voxels = heights.iter().zip(within.pixels());
    if voxels.clone().any(|(height, &within)| within && height.is_nan()) {
        return Err(SettingError::new("a height of the watershed", "NaN", "a number").into());
    }
    Ok(flood(heights, markers.data(), within, connectivity))
}

fn check(name: &str, size: &[usize], within: &Region) -> Result<(), ShapeError> {
    match size == within.size() {
        true => Ok(()),
        false => Err(ShapeError::Differ {
            left_name: name.to_owned(),
            left: size.to_vec(),
            right_name: "the region to flood".to_owned(),
            right: within.size().to_vec(),
        }),
    }
}

/// [`watershed`] of arrays known to be of one size and without NaN.
pub(super) fn flood(heights: &[f64], markers: &[u32], within: &Region, connectivity: Connectivity) -> LabelMap {
    let grid = Grid::of(within);
    let [depth, height, width] = grid.size;
    // A frame of one voxel that is never flooded stands for the border.
    let padded = [depth + 2, height + 2, width + 2];
    let strides = [padded[1] * padded[2], padded[2], 1];
    let place = |z: usize, y: usize| (z + 1) * strides[0] + (y + 1) * strides[1] + 1;
    let mut labels = vec![CLOSED; padded.iter().product()];
    let mut heap = Heap::new();
    let mut terrain = vec![0.0; labels.len()];
    for row in 0..grid.rows() {
        let start = place(row / height, row % height);
        for x in 0..width {
            let from = row * width + x;
            if within.pixels()[from] {
                labels[start + x] = markers[from];
                terrain[start + x] = heights[from];
                if markers[from] != 0 {
                    heap.push(Entry::new(heights[from], 0, start + x));
                }
            }
        }
    }
    let neighbours = neighbours(strides, grid.rank, connectivity);
    let mut age = 0;
    while let Some(entry) = heap.pop() {
        let at = entry.place();
        let label = labels[at];
        for &offset in &neighbours {
            let next = at.wrapping_add_signed(offset);
            if labels[next] == 0 {
                labels[next] = label;
                age += 1;
                heap.push(Entry::new(terrain[next].max(entry.height), age, next));
            }
        }
    }
    let rows = (0..grid.rows()).flat_map(|row| {
        let start = place(row / height, row % height);
        &labels[start..start + width]
    });
    let voxels = rows.zip(within.pixels());
    LabelMap::like(
        within,
        voxels.map(|(&label, &within)| if within { label } else { 0 }).collect(),
    )
}

/// Stands where no flood may go.
const CLOSED: u32 = u32::MAX;

/// Offsets to the neighbours, those over faces first, then by place.
fn neighbours(strides: [usize; 3], rank: usize, connectivity: Connectivity) -> Vec<isize> {
    let deep: isize = if rank == 3 { 1 } else { 0 };
    let mut found = Vec::new();
    for z in -deep..=deep {
        for y in -1..=1_isize {
            for x in -1..=1_isize {
                let steps = z.abs() + y.abs() + x.abs();
                if steps == 1 || steps > 1 && connectivity == Connectivity::Full {
                    found.push((steps, z * strides[0] as isize + y * strides[1] as isize + x));
                }
            }
        }
    }
    found.sort();
    found.into_iter().map(|(_, offset)| offset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flooded(heights: &[f64], markers: &[u32], width: usize) -> Vec<u32> {
        let size = [markers.len() / width, width];
        let everywhere = Region::new(vec![true; markers.len()], &size).unwrap();
        let markers = LabelMap::new(markers.to_vec(), &size).unwrap();
        let floods = watershed(heights, &markers, &everywhere, Connectivity::Faces).unwrap();
        floods.data().to_vec()
    }

    #[test]
    fn a_plateau_is_shared_and_a_ridge_parts() {
        assert_eq!(flooded(&[0.0; 6], &[3, 0, 0, 0, 0, 7], 6), [3, 3, 3, 7, 7, 7]);
        let ridge = flooded(&[0.0, 1.0, 5.0, 9.0, 4.0, 0.0], &[1, 0, 0, 0, 0, u32::MAX], 6);
        assert_eq!(ridge, [1, 1, 1, u32::MAX, u32::MAX, u32::MAX]);
    }

    #[test]
    fn what_no_flood_reaches_stays_0() {
        let within = Region::new(vec![true, false, true, false, true], &[1, 5]).unwrap();
        let markers = LabelMap::new(vec![4, 0, 0, 9, 2], &[1, 5]).unwrap();
        let floods = watershed(&[0.0; 5], &markers, &within, Connectivity::Full).unwrap();
        assert_eq!(floods.data(), [4, 0, 0, 0, 2]);
    }

    #[test]
    fn corners_connect_only_in_full() {
        let within = Region::new(vec![true, false, false, true], &[2, 2]).unwrap();
        let markers = LabelMap::new(vec![1, 0, 0, 0], &[2, 2]).unwrap();
        let flood = |connectivity| watershed(&[0.0; 4], &markers, &within, connectivity).unwrap();
        assert_eq!(flood(Connectivity::Faces).data(), [1, 0, 0, 0]);
        assert_eq!(flood(Connectivity::Full).data(), [1, 0, 0, 1]);
    }

    #[test]
    fn wrong_sizes_and_nan_are_refused() {
        let within = Region::new(vec![true; 4], &[2, 2]).unwrap();
        let markers = LabelMap::from(&crate::data::Mask::from_fn(2, 2, |_, _| false));
        let other = LabelMap::new(vec![0; 4], &[1, 4]).unwrap();
        assert!(watershed(&[0.0; 4], &other, &within, Connectivity::Faces).is_err());
        assert!(watershed(&[0.0; 3], &markers, &within, Connectivity::Faces).is_err());
        let error = watershed(&[0.0, 0.0, f64::NAN, 0.0], &markers, &within, Connectivity::Faces);
        assert_eq!(
            error.unwrap_err().to_string(),
            "a height of the watershed is NaN, but must be a number"
        );
    }
}

//! Connected components: a number for each part of a region that hangs together.

use serde::{Deserialize, Serialize};

use super::grid::Grid;
use super::runs::Runs;
use crate::data::{LabelMap, Region};
use crate::metric::Pixels;

/// Which neighbours of a voxel belong to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Connectivity {
    /// Those that share a side or face: 4 in 2-D, 6 in 3-D. SciPy's default.
    #[default]
    Faces,
    /// Those that share a corner too: 8 in 2-D, 26 in 3-D.
    Full,
}

/// The connected components of a region.
///
/// ```
/// use unet_lab::data::Region;
/// use unet_lab::morphology::{Connectivity, components};
///
/// let corners = Region::new(vec![true, false, false, true], &[2, 2])?;
/// let found = components(&corners, Connectivity::Faces);
/// assert_eq!((found.count(), found.labels().data()), (2, &[1, 0, 0, 2][..]));
/// assert_eq!(components(&corners, Connectivity::Full).sizes(), [2]);
/// # Ok::<(), unet_lab::error::LabError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Components {
    labels: LabelMap,
    sizes: Vec<usize>,
}

impl Components {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.sizes.len()
    }

    /// Each voxel's component, from 1 in the order of their first voxels, row by row; 0 outside the region.
    pub fn labels(&self) -> &LabelMap {
        &self.labels
    }

    /// As [`labels`](Self::labels), without a copy.
    pub fn into_labels(self) -> LabelMap {
        self.labels
    }

    /// Voxels of each component; that of label `n` stands at `n - 1`.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// The label with most voxels; the first of equals; none if there is no component.
    pub fn largest(&self) -> Option<u32> {
        largest(&self.sizes).map(|place| place + 1)
    }
}

/// Numbers the parts of a region that hang together, as `scipy.ndimage.label` does (with `structure` all ones for
/// [`Connectivity::Full`]), numbers included.
///
/// Rows are cut into runs, and runs that touch are joined (union-find), so the time grows with the number of runs.
pub fn components(region: &Region, connectivity: Connectivity) -> Components {
    let grid = Grid::of(region);
    let runs = Runs::new(region.pixels(), true, &grid, connectivity);
    let (numbers, sizes) = runs.components();
    let mut labels = vec![0; region.pixels().len()];
    runs.fill(&mut labels, &grid, |run| numbers[run] + 1);
    Components {
        labels: LabelMap::like(region, labels),
        sizes,
    }
}

/// Only the component with most voxels; of equals the first, row by row. An empty region stays empty.
pub fn keep_largest(region: &Region, connectivity: Connectivity) -> Region {
    filter(region, connectivity, |sizes| {
        let kept = largest(sizes);
        Box::new(move |number, _| Some(number) == kept)
    })
}

/// Without the components of fewer than `voxels` voxels.
pub fn remove_small(region: &Region, voxels: usize, connectivity: Connectivity) -> Region {
    filter(region, connectivity, |_| Box::new(move |_, size| size >= voxels))
}

/// Without the components smaller than `size` in mm^3 (mm^2 in 2-D), by the region's spacing.
pub fn remove_small_mm(region: &Region, size: f64, connectivity: Connectivity) -> Region {
    let voxel = region.voxel_size();
    filter(region, connectivity, |_| {
        Box::new(move |_, voxels| voxels as f64 * voxel >= size)
    })
}

type Keep = Box<dyn Fn(u32, usize) -> bool + Sync>;

fn filter(region: &Region, connectivity: Connectivity, keep: impl FnOnce(&[usize]) -> Keep) -> Region {
    let grid = Grid::of(region);
    let runs = Runs::new(region.pixels(), true, &grid, connectivity);
    let (numbers, sizes) = runs.components();
    let keep = keep(&sizes);
    let mut inside = vec![false; region.pixels().len()];
    runs.fill(&mut inside, &grid, |run| {
        keep(numbers[run], sizes[numbers[run] as usize])
    });
    region.like(inside)
}

fn largest(sizes: &[usize]) -> Option<u32> {
    let most = sizes.iter().max()?;
    sizes.iter().position(|size| size == most).map(|place| place as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt, SeedableRng};

    fn drawn(rows: &[&str]) -> Region {
        let inside = rows.iter().flat_map(|row| row.chars().map(|c| c == '#')).collect();
        Region::new(inside, &[rows.len(), rows[0].len()]).unwrap()
    }

    /// Floods from each voxel in turn.
    fn flooded(region: &Region, connectivity: Connectivity) -> Vec<u32> {
        let size = Grid::of(region).size.map(|side| side as isize);
        let mut labels = vec![0; region.pixels().len()];
        let mut count = 0;
        for start in 0..labels.len() {
            if !region.pixels()[start] || labels[start] != 0 {
                continue;
            }
            count += 1;
            labels[start] = count;
            let mut open = vec![start as isize];
            while let Some(at) = open.pop() {
                let place = [at / (size[1] * size[2]), at / size[2] % size[1], at % size[2]];
                for code in 0..27 {
                    let step = [code / 9 - 1, code / 3 % 3 - 1, code % 3 - 1];
                    let length: isize = step.iter().map(|s: &isize| s.abs()).sum();
                    let next = [place[0] + step[0], place[1] + step[1], place[2] + step[2]];
                    let far = connectivity == Connectivity::Faces && length > 1;
                    if far || (0..3).any(|axis| next[axis] < 0 || next[axis] >= size[axis]) {
                        continue;
                    }
                    let next = (next[0] * size[1] + next[1]) * size[2] + next[2];
                    if region.pixels()[next as usize] && labels[next as usize] == 0 {
                        labels[next as usize] = count;
                        open.push(next);
                    }
                }
            }
        }
        labels
    }

    #[test]
    fn flooding_gives_the_same() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for case in 0..300 {
            let rank = 2 + case % 2;
            let longest = if rank == 2 { 40 } else { 10 };
            let size: Vec<usize> = (0..rank).map(|_| rng.random_range(1..longest)).collect();
            let share = rng.random_range(0.0..1.0);
            let inside = (0..size.iter().product()).map(|_| rng.random_bool(share)).collect();
            let region = Region::new(inside, &size).unwrap();
            for connectivity in [Connectivity::Faces, Connectivity::Full] {
                let found = components(&region, connectivity);
                assert_eq!(found.labels().data(), flooded(&region, connectivity));
                assert_eq!(found.sizes().iter().sum::<usize>(), region.count());
            }
        }
    }

    #[test]
    fn arms_that_meet_later_are_one() {
        let comb = drawn(&["#.#.#", "#.#.#", "#####", ".....", "##.##"]);
        let found = components(&comb, Connectivity::Faces);
        assert_eq!((found.sizes(), found.largest()), (&[11, 2, 2][..], Some(1)));
        assert_eq!(keep_largest(&comb, Connectivity::Faces).count(), 11);
    }

    #[test]
    fn small_ones_go() {
        let region = drawn(&["##..#", "##...", "....#", "....#"]);
        assert_eq!(remove_small(&region, 2, Connectivity::Faces).count(), 6);
        assert_eq!(remove_small(&region, 3, Connectivity::Faces).count(), 4);
        assert_eq!(remove_small(&region, 5, Connectivity::Faces).count(), 0);
        let region = region.with_spacing(&[0.5, 2.0]).unwrap();
        assert_eq!(remove_small_mm(&region, 1.5, Connectivity::Faces).count(), 6);
        assert_eq!(remove_small_mm(&region, 4.0, Connectivity::Faces).count(), 4);
    }

    #[test]
    fn of_equals_the_first_is_kept_and_nothing_stays_nothing() {
        let region = drawn(&["#.##", "#..."]);
        assert_eq!(
            keep_largest(&region, Connectivity::Faces).pixels()[..4],
            [true, false, false, false]
        );
        let empty = drawn(&["..", ".."]);
        let found = components(&empty, Connectivity::Full);
        assert_eq!((found.count(), found.largest()), (0, None));
        assert_eq!(keep_largest(&empty, Connectivity::Full), empty);
        let nothing = Region::new(Vec::new(), &[3, 0]).unwrap();
        assert_eq!(components(&nothing, Connectivity::Full).count(), 0);
    }
}

//! [`ForegroundIndex`]: where each label is.

use std::collections::BTreeMap;

use rand::{Rng, RngExt};

/// Where each label but 0 is, kept as runs of voxels along rows: eight bytes a run, about a hundredth of a list of voxels for an organ.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForegroundIndex {
    classes: BTreeMap<u32, Runs>,
}

/// Runs of one label.
#[derive(Clone, Debug, Default, PartialEq)]
struct Runs {
    /// For each run its first voxel, and the number of voxels in it and in all before it.
    runs: Vec<(u32, u32)>,
}

impl Runs {
    fn count(&self) -> usize {
        self.runs.last().map_or(0, |&(_, end)| end as usize)
    }

    /// The voxel number `i` of the label.
    fn get(&self, i: usize) -> Option<usize> {
        let run = self.runs.partition_point(|&(_, end)| end as usize <= i);
        let &(first, _) = self.runs.get(run)?;
        let before = run.checked_sub(1).and_then(|run| self.runs.get(run));
        Some(first as usize + i - before.map_or(0, |&(_, end)| end as usize))
    }
}

impl ForegroundIndex {
    /// Of labels in rows of `width`. Of more than 4294967295 voxels only so many are indexed.
    pub fn of(labels: &[u32], width: usize) -> Self {
        let mut index = Self::default();
        let indexed = labels.get(..u32::MAX as usize).unwrap_or(labels);
        for (row, line) in indexed.chunks(width.max(1)).enumerate() {
            // Most rows are background from end to end.
            if line.iter().all(|&label| label == 0) {
                continue;
            }
            let mut x = 0;
            for run in line.chunk_by(|a, b| a == b) {
                let first = row * width + x;
                x += run.len();
                if let Some(&label) = run.first().filter(|&&label| label > 0) {
                    let runs = index.classes.entry(label).or_default();
                    let end = runs.count() + run.len();
                    runs.runs.push((first as u32, end as u32));
                }
            }
        }
        index
    }

    /// The labels that occur, but for 0, lowest first.
    pub fn labels(&self) -> impl Iterator<Item = u32> {
        self.classes.keys().copied()
    }

    /// Voxels of a label.
    pub fn count(&self, label: u32) -> usize {
        self.classes.get(&label).map_or(0, Runs::count)
    }

    /// Voxels of all labels but 0.
    pub fn total(&self) -> usize {
        self.classes.values().map(Runs::count).sum()
    }

    /// Whether all is background.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// A voxel of a label, each as likely; none where the label does not occur.
    pub fn draw(&self, label: u32, rng: &mut impl Rng) -> Option<usize> {
        let runs = self.classes.get(&label)?;
        runs.get(rng.random_range(0..runs.count()))
    }

    /// A voxel of any label, each voxel as likely; none where all is background.
    pub fn draw_any(&self, rng: &mut impl Rng) -> Option<usize> {
        let total = self.total();
        if total == 0 {
            return None;
        }
        let mut i = rng.random_range(0..total);
        for runs in self.classes.values() {
            match i.checked_sub(runs.count()) {
                Some(rest) => i = rest,
                None => return runs.get(i),
            }
        }
        None
    }

    /// A voxel of any label, each label as likely; none where all is background.
    pub fn draw_class(&self, rng: &mut impl Rng) -> Option<usize> {
        if self.classes.is_empty() {
            return None;
        }
        let number = rng.random_range(0..self.classes.len());
        let runs = self.classes.values().nth(number)?;
        runs.get(rng.random_range(0..runs.count()))
    }

    /// Memory taken, in bytes.
    pub fn bytes(&self) -> usize {
        self.classes.values().map(|runs| 32 + 8 * runs.runs.capacity()).sum()
    }
}

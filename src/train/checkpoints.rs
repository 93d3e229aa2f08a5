//! The folder of a run's checkpoints.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::optim::ModuleOptimizer;

use super::checkpoint::{State, write};
use super::history::best_of;
use super::{Checkpoint, EpochRecord, History, TrainError};
use crate::error::Result;

/// A folder of checkpoints, one file `epoch-000012.checkpoint` an epoch. The last two are kept, the best, and every n-th
/// where [`keep_every`](super::TrainConfig::keep_every) says so.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
}

impl Checkpoints {
    /// The checkpoints in this folder, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Epoch and file of each, earliest first. An unreadable or missing folder holds none.
    pub fn list(&self) -> Vec<(usize, PathBuf)> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut found: Vec<(usize, PathBuf)> = entries
            .filter_map(|entry| {
                let path = entry.path();
                let name = path.file_name()?.to_str()?;
                let epoch = name.strip_prefix("epoch-")?.strip_suffix(".checkpoint")?;
                Some((epoch.parse().ok()?, path))
            })
            .collect();
        found.sort();
        found
    }

    /// The newest checkpoint that can be read, and a sentence for each newer one that cannot.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] if there is none, or none can be read; then it is the newest one's.
    pub fn last(&self) -> Result<(Checkpoint, Vec<String>), TrainError> {
        let mut problems: Vec<TrainError> = Vec::new();
        for (epoch, path) in self.list().into_iter().rev() {
            match Checkpoint::load(&path) {
                Ok(checkpoint) => {
                    let notes = problems
                        .iter()
                        .map(|problem| format!("{problem}. Going on from the checkpoint of epoch {epoch} instead"))
                        .collect();
                    return Ok((checkpoint, notes));
                }
                Err(problem) => problems.push(problem),
            }
        }
        Err(problems.into_iter().next().unwrap_or_else(|| TrainError::Checkpoint {
            path: self.folder.clone(),
            expected: "checkpoints (epoch-*.checkpoint)".into(),
            found: "none".into(),
            remedy: "Check the folder, or start with Trainer::new(config.with_checkpoints(folder))".into(),
        }))
    }

    /// The checkpoint of the best epoch of the newest readable history.
    ///
    /// # Errors
    /// As [`last`](Self::last).
    pub fn best(&self) -> Result<Checkpoint, TrainError> {
        let (last, _) = self.last()?;
        let best = last.history().best().map_or(last.epoch(), |record| record.epoch);
        match best == last.epoch() {
            true => Ok(last),
            false => Checkpoint::load(self.file(best)),
        }
    }

    pub(super) fn file(&self, epoch: usize) -> PathBuf {
        self.folder.join(format!("epoch-{epoch:06}.checkpoint"))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes the checkpoint of the history's last epoch and removes those no longer needed.
    pub(super) fn save<M: Module>(&self, state: &State, model: &M, optimizer: &ModuleOptimizer) -> Result<()> {
        write(&self.file(state.history.len()), state, model, optimizer)?;
        let kept = kept(state.history, state.config.keep_every);
        for (epoch, path) in self.list() {
            if !kept.contains(&epoch) {
                // One too many does no harm.
                std::fs::remove_file(path).ok();
            }
        }
        Ok(())
    }
}

/// The last two epochs and the best as it was after each, so that whichever of the two is read finds its best.
fn kept(history: &History, every: usize) -> BTreeSet<usize> {
    let last = history.len();
    let best = |records: &[EpochRecord]| best_of(records).map(|record| record.epoch);
    let mut kept: BTreeSet<usize> = [last, last.saturating_sub(1)].into();
    kept.extend(best(&history.records));
    kept.extend(best(&history.records[..last.saturating_sub(1)]));
    if every > 0 {
        kept.extend((every..=last).step_by(every));
    }
    kept
}

#[cfg(test)]
#[path = "checkpoint_tests.rs"]
mod tests;

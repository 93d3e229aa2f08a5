//! One training run from its first epoch, or a checkpoint, to its end.

use std::time::Instant;

use super::checkpoint::{Fingerprint, State};
use super::epochs::{Epochs, Halt};
use super::scores::Scores;
use super::{
    Checkpoint, Checkpoints, EpochRecord, History, Progress, Samples, Stopped, TrainConfig, TrainError, Trainer,
    check_memory,
};
use crate::error::Result;
use crate::nn::Segmenter;

/// What a run is made of beside model and samples.
pub(super) struct Run<'a, M> {
    pub(super) trainer: &'a Trainer,
    pub(super) measure: &'a dyn Fn(&M) -> Result<Scores>,
    pub(super) interrupted: &'a dyn Fn() -> bool,
}

impl<M> Run<'_, M> {
    /// Model and history, and what went wrong if the loss is no number.
    pub(super) fn start<const D: usize>(
        &self,
        model: M,
        train: &(impl Samples<D> + ?Sized),
        progress: &mut dyn Progress,
    ) -> Result<(M, History, Option<TrainError>)>
    where
        M: Segmenter<D>,
    {
        let config = &self.trainer.config;
        if let Some(bytes) = self.trainer.memory {
            check_memory(bytes)?;
        }
        let checkpoints = config.checkpoints.as_ref().map(Checkpoints::new);
        let data = Fingerprint::new((0..train.len()).map(|i| train.name(i)));
        self.check_folder(checkpoints.as_ref())?;
        let mut epochs = Epochs::new(config, &model, &self.trainer.devices, self.interrupted);
        let mut history = History::new(config.seed);
        let (mut model, mut best) = (model, None);
        if let Some(from) = &self.trainer.from {
            check_data(from, &data)?;
            best = best_before(config, from, checkpoints.as_ref(), &model, progress);
            model = from.apply(model)?;
            epochs.restore(from)?;
            history = from.history().clone();
            history.stopped = Stopped::Finished;
        }
        let mut model = epochs.prepare(model);
        progress.start(config.epochs, train.len().div_ceil(config.batch_size));
        self.trainer.notes.iter().for_each(|note| progress.warning(note));
        let mut problem = None;
        while history.len() < config.epochs {
            if ended_early(config, &history) {
                history.stopped = Stopped::Early;
                break;
            }
            let (start, epoch) = (Instant::now(), history.len() + 1);
            let losses: Vec<f32> = history.records.iter().map(EpochRecord::watched_loss).collect();
            let rate = config.rate(epoch - 1, &losses);
            let end;
            (model, end) = epochs.next(model, epoch, rate, train, progress)?;
            let pass = match end {
                Ok(pass) => pass,
                Err(Halt::Interrupted) => {
                    history.stopped = Stopped::Interrupted;
                    break;
                }
                Err(Halt::Diverged { batch, images, loss }) => {
                    let kept = kept(checkpoints.as_ref(), history.len());
                    let error = TrainError::Diverged {
                        epoch,
                        batch,
                        images,
                        loss,
                        kept,
                    };
                    history.stopped = Stopped::Diverged;
                    history.problem = Some(error.to_string());
                    problem = Some(error);
                    break;
                }
            };
            let scores = (self.measure)(&model)?;
            history.records.push(EpochRecord {
                epoch,
                train_loss: pass.loss,
                val_loss: scores.loss,
                val_accuracy: scores.accuracy,
                val_dice: scores.dice,
                val_iou: scores.iou,
                val_class_dice: scores.class_dice,
                learning_rate: rate,
                empty_batches: pass.empty_batches,
                seconds: start.elapsed().as_secs_f32(),
            });
            if pass.empty_batches > 0 && epoch == 1 {
                progress.warning(&empty_batches(
                    pass.empty_batches,
                    train.len().div_ceil(config.batch_size),
                ));
            }
            if config.restore_best && history.best().map(|record| record.epoch) == Some(epoch) {
                best = Some(model.valid());
            }
            if let Some(checkpoints) = &checkpoints {
                let state = State {
                    config,
                    history: &history,
                    positions: epochs.positions(),
                    data: &data,
                };
                checkpoints.save(&state, &model, &epochs.optimizer)?;
            }
            progress.epoch(&history);
        }
        progress.finish(&history);
        let model = best.unwrap_or_else(|| model.valid());
        Ok((model, history, problem))
    }

    /// A new run must not mix its checkpoints with another's.
    fn check_folder(&self, checkpoints: Option<&Checkpoints>) -> Result<()> {
        let (None, Some(checkpoints)) = (&self.trainer.from, checkpoints) else {
            return Ok(());
        };
        match checkpoints.list().last() {
            None => Ok(()),
            Some((epoch, _)) => Err(TrainError::Checkpoint {
                path: checkpoints.folder().to_owned(),
                expected: "a folder without checkpoints".into(),
                found: format!("those of a run of {epoch} epoch(s)"),
                remedy: "Go on with it by Trainer::resume(folder), or give another folder".into(),
            }
            .into()),
        }
    }
}

fn ended_early(config: &TrainConfig, history: &History) -> bool {
    config
        .early_stopping
        .is_some_and(|stop| stop.ends(history.records.iter().map(EpochRecord::score)))
}

fn check_data(from: &Checkpoint, data: &Fingerprint) -> Result<()> {
    let before = &from.header.data;
    if before == data {
        return Ok(());
    }
    let found = match before.samples == data.samples {
        true => format!("{} others (their names differ)", data.samples),
        false => data.samples.to_string(),
    };
    let expected = format!("the {} training samples of that run", before.samples);
    let remedy = "Give the same data in the same order, or start a new run in another folder";
    Err(from.other(&expected, found, remedy).into())
}

/// The model of the best epoch until the checkpoint, where it will be asked for.
fn best_before<const D: usize, M: Segmenter<D>>(
    config: &TrainConfig,
    from: &Checkpoint,
    checkpoints: Option<&Checkpoints>,
    model: &M,
    progress: &mut dyn Progress,
) -> Option<M> {
    let epoch = from.history().best()?.epoch;
    if !config.restore_best {
        return None;
    }
    let best = match epoch == from.epoch() {
        true => Ok(from.clone()),
        false => Checkpoint::load(checkpoints?.file(epoch)),
    };
    match best.and_then(|best| best.apply(model.clone())) {
        Ok(model) => Some(model.valid()),
        Err(problem) => {
            progress.warning(&format!(
                "{problem}. The best epoch so far, {epoch}, cannot be restored"
            ));
            None
        }
    }
}

fn kept(checkpoints: Option<&Checkpoints>, epoch: usize) -> String {
    match checkpoints {
        Some(checkpoints) if epoch > 0 => {
            format!(". The last good checkpoint is {}", checkpoints.file(epoch).display())
        }
        _ => String::new(),
    }
}

fn empty_batches(empty: usize, batches: usize) -> String {
    format!(
        "{empty} of {batches} training batches held background alone: the network learns nothing of the foreground from \
         them. Take larger batches, or patches centred on foreground"
    )
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod fit_tests;

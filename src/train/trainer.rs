//! The training loop.

use std::time::Instant;

use super::check::check;
use super::epochs::Epochs;
use super::{EpochRecord, History, Progress, TrainConfig};
use crate::data::Dataset;
use crate::error::Result;
use crate::infer::evaluate_with;
use crate::nn::{Segmenter, UNet};
use crate::notebook;

/// Trains a network on pairs of images and masks.
///
/// One epoch: the training images are shuffled and cut into batches; for each batch the network predicts, the loss
/// says how wrong it was, backpropagation says how each weight contributed, and Adam moves the weights. Then the
/// validation images are segmented and scored.
///
/// The same seed on the same device gives the same weights and the same history, bit for bit, except for the seconds.
///
/// Taught in unit 02 (training).
///
/// ```
/// use unet_lab::data::phantom::EmPhantom;
/// use unet_lab::prelude::*;
///
/// let data = EmPhantom::new(32).with_count(4).generate();
/// let model = UNetConfig::new(1, 1).with_base_channels(2).with_depth(2).init(&cpu());
/// let config = TrainConfig::new().with_epochs(1).with_validation_split(0.25);
/// let fitted = Trainer::new(config).fit(model, &data)?;
/// println!("{}", fitted.history);
/// let map = predict(&fitted.model, fitted.validation.pairs()[0].image())?;
/// # Ok::<(), LabError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trainer {
    config: TrainConfig,
}

/// What a training run gives.
#[derive(Clone, Debug)]
pub struct Fitted<M = UNet> {
    /// The trained network, without gradients: ready for [`predict`](crate::infer::predict).
    pub model: M,
    /// What was measured on the way.
    pub history: History,
    /// The images that were held out; the network has not learned from them.
    pub validation: Dataset,
}

impl Trainer {
    /// A trainer with these settings.
    pub fn new(config: TrainConfig) -> Self {
        Self { config }
    }

    /// Trains `model` on `dataset`, part of which is held out for validation
    /// ([`validation_split`](TrainConfig::validation_split)), and reports where this runs: a live curve in the lab's
    /// notebooks, text elsewhere.
    ///
    /// An interrupt ends the run after the batch in progress; the model trained so far and the complete epochs are
    /// returned, with [`Stopped::Interrupted`](super::Stopped::Interrupted).
    ///
    /// # Errors
    /// - [`SettingError`](crate::error::SettingError) for a setting out of range
    /// - [`ShapeError`](crate::error::ShapeError) if the network and the images do not fit together, naming sizes that do
    /// - [`DataError`](crate::error::DataError) if there are too few images to split, or their sizes differ
    pub fn fit<M: Segmenter>(&self, model: M, dataset: &Dataset) -> Result<Fitted<M>> {
        let mut progress = notebook::default_progress();
        self.fit_with(model, dataset, progress.as_mut())
    }

    /// [`fit`](Self::fit) that reports to `progress`.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_with<M: Segmenter>(
        &self,
        model: M,
        dataset: &Dataset,
        progress: &mut dyn Progress,
    ) -> Result<Fitted<M>> {
        self.config.validate()?;
        let (train, validation) = match self.config.validation_split {
            0.0 => (dataset.clone(), Dataset::default()),
            share => dataset.split(share, self.config.seed)?,
        };
        self.fit_on(model, &train, validation, progress)
    }

    /// [`fit_with`](Self::fit_with) on sets that you have split yourself; `validation` may be empty.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_on<M: Segmenter>(
        &self,
        model: M,
        train: &Dataset,
        validation: Dataset,
        progress: &mut dyn Progress,
    ) -> Result<Fitted<M>> {
        self.run(model, train, validation, progress, &notebook::interrupted)
    }

    fn run<M: Segmenter>(
        &self,
        model: M,
        train: &Dataset,
        validation: Dataset,
        progress: &mut dyn Progress,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Fitted<M>> {
        let config = &self.config;
        config.validate()?;
        check(&model, train, &validation)?;
        let mut epochs = Epochs::new(config, &model, interrupted);
        let mut history = History::new(config.seed);
        let mut model = model.train();
        progress.start(config.epochs, train.len().div_ceil(config.batch_size));
        for epoch in 1..=config.epochs {
            let start = Instant::now();
            let end;
            (model, end) = epochs.next(model, epoch, train, progress)?;
            let train_loss = match end {
                Ok(loss) => loss,
                Err(stopped) => {
                    history.stopped = stopped;
                    break;
                }
            };
            let scores = evaluate_with(&model, &validation, config.loss)?;
            history.records.push(EpochRecord {
                epoch,
                train_loss,
                val_loss: scores.loss as f32,
                val_accuracy: scores.accuracy as f32,
                val_dice: scores.dice as f32,
                val_iou: scores.iou as f32,
                seconds: start.elapsed().as_secs_f32(),
            });
            progress.epoch(&history);
        }
        progress.finish(&history);
        Ok(Fitted {
            model: model.valid(),
            history,
            validation,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Image, ImagePair, Mask};
    use crate::device::cpu;
    use crate::error::LabError;
    use crate::loss::Loss;
    use crate::nn::UNetConfig;
    use crate::train::{Silent, Stopped};

    /// Bright squares on dark ground, and the squares as foreground.
    fn squares(count: usize, size: usize) -> Dataset {
        (0..count)
            .map(|i| {
                let inside = |x: usize, y: usize| {
                    let (left, top) = (1 + i % (size / 2), 1 + (3 * i) % (size / 2));
                    (left..left + size / 2).contains(&x) && (top..top + size / 2).contains(&y)
                };
                let image = Image::from_fn(size, size, |x, y| {
                    let noise = ((x * 7 + y * 13 + i * 5) % 10) as f32 / 40.0;
                    if inside(x, y) { 0.6 + noise } else { 0.2 + noise }
                });
                ImagePair::new(format!("{i}"), image, Mask::from_fn(size, size, inside)).unwrap()
            })
            .collect()
    }

    fn small() -> UNet {
        UNetConfig::new(1, 1).with_base_channels(4).with_depth(2).init(&cpu())
    }

    fn config() -> TrainConfig {
        TrainConfig::new()
            .with_epochs(3)
            .with_batch_size(4)
            .with_learning_rate(3e-3)
            .with_validation_split(0.25)
            .with_augmentation(true)
    }

    fn without_seconds(mut history: History) -> History {
        history.records.iter_mut().for_each(|record| record.seconds = 0.0);
        history
    }

    #[test]
    fn learns_squares() {
        let config = config().with_epochs(30).with_loss(Loss::BceDice);
        let fitted = Trainer::new(config)
            .fit_with(small(), &squares(16, 16), &mut Silent)
            .unwrap();
        let (first, last) = (&fitted.history.records[0], fitted.history.last().unwrap());
        assert!(last.train_loss < first.train_loss, "{}", fitted.history);
        assert!(last.val_dice > 0.9, "{}", fitted.history);
        assert_eq!(fitted.validation.len(), 4);
        // The model that comes back is the one that was measured.
        let again = evaluate_with(&fitted.model, &fitted.validation, Loss::BceDice).unwrap();
        assert_eq!(again.dice as f32, last.val_dice);
    }

    #[test]
    fn the_same_seed_gives_the_same_run_bit_for_bit() {
        // Large enough for the work to be shared between threads.
        let data = squares(8, 64);
        let run = |seed| {
            let trainer = Trainer::new(config().with_epochs(2).with_seed(seed));
            let fitted = trainer.fit_with(small(), &data, &mut Silent).unwrap();
            let x = data.pairs()[0].image();
            let map = crate::infer::predict(&fitted.model, x).unwrap();
            (without_seconds(fitted.history), map)
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1).0, run(2).0);
    }

    #[test]
    fn an_interrupt_keeps_the_model_and_the_complete_epochs() {
        // 6 training images in batches of 4 are 2 batches an epoch: stop in the second epoch.
        let asked = std::cell::Cell::new(0);
        let interrupted = || {
            asked.set(asked.get() + 1);
            asked.get() > 3
        };
        let (train, validation) = squares(8, 16).split(0.25, 42).unwrap();
        let mut log = Log::default();
        let fitted = Trainer::new(config())
            .run(small(), &train, validation, &mut log, &interrupted)
            .unwrap();
        assert_eq!(fitted.history.stopped, Stopped::Interrupted);
        assert_eq!(fitted.history.len(), 1);
        assert_eq!(
            log.0,
            [
                "start 3 2",
                "batch 1 1",
                "batch 1 2",
                "epoch 1",
                "batch 2 1",
                "finish 1"
            ]
        );
    }

    #[derive(Default)]
    struct Log(Vec<String>);

    impl Progress for Log {
        fn start(&mut self, total_epochs: usize, batches_per_epoch: usize) {
            self.0.push(format!("start {total_epochs} {batches_per_epoch}"));
        }
        fn batch(&mut self, epoch: usize, batch: usize, _loss: f32) {
            self.0.push(format!("batch {epoch} {batch}"));
        }
        fn epoch(&mut self, history: &History) {
            self.0.push(format!("epoch {}", history.len()));
        }
        fn finish(&mut self, history: &History) {
            self.0.push(format!("finish {}", history.len()));
        }
    }

    #[test]
    fn without_validation_the_measures_are_missing() {
        let config = config().with_epochs(1).with_validation_split(0.0);
        let fitted = Trainer::new(config)
            .fit_with(small(), &squares(3, 16), &mut Silent)
            .unwrap();
        assert!(fitted.validation.is_empty());
        assert!(fitted.history.records[0].val_dice.is_nan());
        assert!(fitted.history.records[0].train_loss.is_finite());
    }

    #[test]
    fn a_loss_that_is_no_number_ends_the_run() {
        let config = config().with_learning_rate(1e30).with_epochs(9);
        let fitted = Trainer::new(config)
            .fit_with(small(), &squares(8, 16), &mut Silent)
            .unwrap();
        assert_eq!(fitted.history.stopped, Stopped::Diverged);
    }

    #[test]
    fn what_does_not_fit_is_refused_before_the_first_epoch() {
        let fit = |model: UNet, data: &Dataset| -> LabError {
            Trainer::new(config()).fit_with(model, data, &mut Silent).unwrap_err()
        };
        let colour = UNetConfig::new(3, 1).with_base_channels(2).with_depth(2).init(&cpu());
        assert!(
            fit(colour, &squares(4, 16))
                .to_string()
                .contains("UNetConfig::new(1, ..)")
        );
        let deep = UNetConfig::new(1, 1).with_base_channels(2).init(&cpu());
        assert!(
            fit(deep, &squares(4, 24))
                .to_string()
                .contains("the nearest heights that work are 16 and 32")
        );
        let several = UNetConfig::new(1, 2).with_base_channels(2).init(&cpu());
        assert!(
            fit(several, &squares(4, 16))
                .to_string()
                .contains("UNetConfig::new(1, 1)")
        );
        let mixed: Dataset = squares(4, 16).iter().chain(&squares(4, 32)).cloned().collect();
        assert!(matches!(fit(small(), &mixed), LabError::File(_)));
        assert!(matches!(fit(small(), &Dataset::default()), LabError::File(_)));
    }
}

//! The training loop, as it is called.

use std::path::PathBuf;

use burn::tensor::Device;

use super::check::{check_pairs, check_samples};
use super::run::Run;
use super::scores::{Scores, score};
use super::{Checkpoint, Checkpoints, History, Progress, Samples, TrainConfig};
use crate::data::Dataset;
use crate::error::Result;
use crate::infer::evaluate_with;
use crate::nn::{Segmenter, UNet};
use crate::notebook;

/// Trains a network on pairs of images and masks, or on samples of any kind.
///
/// One epoch: the training images are shuffled and cut into batches; for each batch the network predicts, the loss
/// says how wrong it was, backpropagation says how each weight contributed, and the optimizer moves the weights. Then
/// the validation images are segmented and scored.
///
/// The same seed on the same device gives the same weights and the same history, bit for bit, except for the seconds.
/// That holds for a run that was killed and resumed, too.
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
    pub(super) config: TrainConfig,
    pub(super) devices: Vec<Device>,
    pub(super) memory: Option<u64>,
    pub(super) from: Option<Checkpoint>,
    pub(super) notes: Vec<String>,
}

/// What a training run gives. `V` is the validation set where the trainer has split it off.
#[derive(Clone, Debug)]
pub struct Fitted<M = UNet, V = Dataset> {
    /// The trained network, without gradients: ready for [`predict`](crate::infer::predict).
    pub model: M,
    /// What was measured on the way.
    pub history: History,
    /// The images that were held out; the network has not learned from them.
    pub validation: V,
}

impl Trainer {
    /// A trainer with these settings.
    pub fn new(config: TrainConfig) -> Self {
        Self {
            config,
            devices: Vec::new(),
            memory: None,
            from: None,
            notes: Vec::new(),
        }
    }

    /// A trainer that goes on where the run that left its checkpoints in `folder` was: the next `fit` with the same data
    /// and a model of the same kind takes up its settings, weights, optimizer, random numbers and history, and gives, on
    /// one device, the weights that the uninterrupted run would have given. What the run did since its last complete
    /// epoch is done again. A run that had ended gives its model at once.
    ///
    /// A checkpoint that cannot be read is passed over for the one before it, and the
    /// [`Progress`] is told.
    ///
    /// ```
    /// use unet_lab::data::phantom::EmPhantom;
    /// use unet_lab::prelude::*;
    ///
    /// # let folder = std::env::temp_dir().join(format!("unet-lab-resume-{}", std::process::id()));
    /// let data = EmPhantom::new(16).with_count(4).generate();
    /// let new = UNetConfig::new(1, 1).with_base_channels(2).with_depth(1);
    /// let config = TrainConfig::new().with_epochs(2).with_checkpoints(&folder);
    /// Trainer::new(config).fit(new.init(&cpu()), &data)?;
    /// // Another day: one epoch more.
    /// let fitted = Trainer::resume(&folder)?.with_epochs(3).fit(new.init(&cpu()), &data)?;
    /// assert_eq!(fitted.history.len(), 3);
    /// # std::fs::remove_dir_all(folder).ok();
    /// # Ok::<(), LabError>(())
    /// ```
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`](super::TrainError::Checkpoint) if there is none that can be read.
    pub fn resume(folder: impl Into<PathBuf>) -> Result<Self> {
        let checkpoints = Checkpoints::new(folder);
        let (from, notes) = checkpoints.last()?;
        let mut config = from.config().clone();
        config.checkpoints = Some(checkpoints.folder().to_owned());
        Ok(Self {
            from: Some(from),
            notes,
            ..Self::new(config)
        })
    }

    /// Trains for another number of epochs than the settings say: longer, after [`resume`](Self::resume).
    pub fn with_epochs(mut self, epochs: usize) -> Self {
        self.config.epochs = epochs;
        self
    }

    /// Trains on several devices: each takes a part of every batch, and the gradients are added on the first. One device
    /// moves the training there; none, the default, leaves it where the model is.
    pub fn with_devices(mut self, devices: Vec<Device>) -> Self {
        self.devices = devices;
        self
    }

    /// Refuses to start if fewer bytes of main memory are free than the run is estimated to need; see
    /// [`check_memory`](super::check_memory).
    pub fn with_memory_estimate(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// The settings.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }

    /// Trains `model` on `dataset`, part of which is held out for validation
    /// ([`validation_split`](TrainConfig::validation_split)), and reports where this runs: a live curve in the lab's
    /// notebooks, text elsewhere.
    ///
    /// An interrupt ends the run after the batch in progress; the model trained so far and the complete epochs are
    /// returned, with [`Stopped::Interrupted`](super::Stopped::Interrupted). A loss that is no number ends it with
    /// [`Stopped::Diverged`](super::Stopped::Diverged), and [`History::problem`] names epoch, batch and images.
    ///
    /// # Errors
    /// - [`SettingError`](crate::error::SettingError) for a setting out of range
    /// - [`ShapeError`](crate::error::ShapeError) if the network and the images do not fit together, naming sizes that do
    /// - [`DataError`](crate::error::DataError) if there are too few images to split, or their sizes differ
    /// - [`TrainError`](super::TrainError) for an image with values that are no numbers, too little memory, or checkpoints that do not fit
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
        self.fit_until(model, train, validation, progress, &notebook::interrupted)
    }

    pub(super) fn fit_until<M: Segmenter>(
        &self,
        model: M,
        train: &Dataset,
        validation: Dataset,
        progress: &mut dyn Progress,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Fitted<M>> {
        self.config.validate()?;
        check_pairs(&model, train, &validation)?;
        let loss = self.config.loss;
        let measure = |model: &M| -> Result<Scores> { Ok(evaluate_with(model, &validation, loss)?.into()) };
        let run = Run {
            trainer: self,
            measure: &measure,
            interrupted,
        };
        let (model, history, _) = run.start(model, train, progress)?;
        Ok(Fitted {
            model,
            history,
            validation,
        })
    }

    /// Trains on samples of any kind, in 2-D or 3-D, for one class or several; `validation` may be empty. Validation
    /// samples must pass through the network as they are. Measures are means over the samples and the foreground classes;
    /// the history holds those of each class, too.
    ///
    /// ```
    /// use unet_lab::data::phantom::EmPhantom;
    /// use unet_lab::prelude::*;
    ///
    /// let data = EmPhantom::new(16).with_count(5).generate();
    /// let (train, validation) = data.split(0.2, 1)?;
    /// let model = UNetConfig::new(1, 1).with_base_channels(2).with_depth(1).init(&cpu());
    /// let trainer = Trainer::new(TrainConfig::new().with_epochs(1));
    /// let fitted = trainer.fit_samples(model, &train, &validation, &mut Silent)?;
    /// assert_eq!(fitted.history.records[0].val_class_dice.len(), 1);
    /// # Ok::<(), LabError>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit`](Self::fit), and [`TrainError::Diverged`](super::TrainError::Diverged) for a loss that is no number.
    pub fn fit_samples<const D: usize, M: Segmenter<D>>(
        &self,
        model: M,
        train: &(impl Samples<D> + ?Sized),
        validation: &(impl Samples<D> + ?Sized),
        progress: &mut dyn Progress,
    ) -> Result<Fitted<M, ()>> {
        self.config.validate()?;
        check_samples(&self.config, &model, train, validation)?;
        let measure = |model: &M| score(&self.config, model, validation);
        let run = Run {
            trainer: self,
            measure: &measure,
            interrupted: &notebook::interrupted,
        };
        let (model, history, problem) = run.start(model, train, progress)?;
        match problem {
            Some(problem) => Err(problem.into()),
            None => Ok(Fitted {
                model,
                history,
                validation: (),
            }),
        }
    }
}

#[cfg(test)]
#[path = "trainer_tests.rs"]
mod tests;

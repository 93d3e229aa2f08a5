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
        .fit_until(small(), &train, validation, &mut log, &interrupted)
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
    let problem = fitted.history.problem.unwrap();
    assert!(problem.contains("in epoch") && problem.contains("batch"), "{problem}");
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

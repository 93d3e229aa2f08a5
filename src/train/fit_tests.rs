//! Whole runs: samples of any kind, settings, resuming.

use burn::module::Module;
use burn::nn::PaddingConfig3d;
use burn::nn::conv::{Conv3d, Conv3dConfig};
use burn::tensor::{Device, Tensor, s};

use super::super::test_support::*;
use crate::data::{LabelMap, Volume};
use crate::device::cpu;
use crate::loss::Loss;
use crate::nn::Segmenter;
use crate::train::*;

#[test]
fn several_classes_are_learned_by_a_network_without_padding() {
    let config = config().with_epochs(60).with_learning_rate(0.1).with_augmentation(true);
    let fitted = Trainer::new(config)
        .fit_samples(valid(3), &levels(6), &levels(2), &mut Silent)
        .unwrap();
    let last = fitted.history.last().unwrap();
    assert_eq!(last.val_class_dice.len(), 2);
    let mean = last.val_class_dice.iter().sum::<f32>() / 2.0;
    assert!((mean - last.val_dice).abs() < 1e-6);
    assert!(
        last.train_loss < 0.7 * fitted.history.records[0].train_loss,
        "{}",
        fitted.history
    );
    assert!(last.val_class_dice[1] > 0.9, "{:?}", last.val_class_dice);
}

#[derive(Module, Debug)]
struct Solid {
    conv: Conv3d,
}

impl Segmenter<5> for Solid {
    fn forward_logits(&self, x: Tensor<5>) -> Tensor<5> {
        self.conv.forward(x)
    }
    fn forward_deep(&self, x: Tensor<5>) -> Vec<Tensor<5>> {
        let full = self.forward_logits(x);
        let coarse = full.clone().slice(s![.., .., 1..;2, 1..;2, 1..;2]);
        vec![full, coarse]
    }
    fn in_channels(&self) -> usize {
        1
    }
}

#[test]
fn patches_of_volumes_are_learned_the_same_way_twice() {
    let bright = |i: usize| i.is_multiple_of(7);
    let volume = Volume::new(
        (0..512).map(|i| f32::from(u8::from(bright(i)))).collect(),
        1,
        [8; 3],
        [1.0; 3],
    )
    .unwrap();
    let labels = LabelMap::new((0..512).map(|i| u32::from(bright(i))).collect(), &[8; 3]).unwrap();
    let volumes = Volumes::new(vec![VolumeCase::new("ct", volume, labels).unwrap()], 1).unwrap();
    let patches = volumes.clone().patches([4, 8, 8]).unwrap().with_per_volume(8).unwrap();
    let run = || {
        let conv = Conv3dConfig::new([1, 1], [1, 1, 1])
            .with_padding(PaddingConfig3d::Same)
            .with_initializer(START);
        let model = Solid {
            conv: conv.init(&cpu()),
        };
        let config = config().with_epochs(40).with_learning_rate(0.2);
        Trainer::new(config)
            .fit_samples(model, &patches, &volumes, &mut Silent)
            .unwrap()
    };
    let fitted = run();
    let (first, last) = (&fitted.history.records[0], fitted.history.last().unwrap());
    assert!(
        last.val_loss < first.val_loss && last.val_dice > 0.9,
        "{}",
        fitted.history
    );
    assert_eq!(weights(&fitted.model), weights(&run().model));
}

#[test]
fn accumulated_batches_equal_a_larger_one() {
    for loss in [Loss::Bce, Loss::BceDice] {
        let base = config().with_loss(loss).with_optimizer(Optimizer::sgd());
        let large = fit(base.clone().with_batch_size(4));
        let parts = fit(base.with_batch_size(1).with_accumulate(4));
        assert_close(&weights(&large.model), &weights(&parts.model), 1e-5);
        let change = weights(&large.model)
            .iter()
            .zip(weights(&small()))
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(change > 1e-3, "{change}");
    }
}

#[test]
fn several_devices_equal_one() {
    let base = config().with_optimizer(Optimizer::sgd());
    let one = fit(base.clone());
    let devices: Vec<Device> = vec![cpu(), cpu(), cpu()];
    let run = || {
        let trainer = Trainer::new(base.clone()).with_devices(devices.clone());
        trainer.fit_with(small(), &data(), &mut Silent).unwrap()
    };
    let several = run();
    assert_close(&weights(&one.model), &weights(&several.model), 1e-5);
    assert_eq!(weights(&several.model), weights(&run().model));
}

#[test]
fn gradient_checkpointing_changes_no_weight() {
    let plain = fit(config());
    let saving = fit(config().with_gradient_checkpointing(true));
    assert_eq!(weights(&plain.model), weights(&saving.model));
}

#[test]
fn rates_follow_the_schedule_and_are_recorded() {
    let fitted = fit(config()
        .with_epochs(4)
        .with_schedule(Schedule::Poly { power: 1.0 })
        .with_warm_up(1));
    let rates: Vec<f64> = fitted
        .history
        .records
        .iter()
        .map(|record| record.learning_rate)
        .collect();
    for (found, expected) in rates.iter().zip([5e-3, 1e-2, 1e-2 * 2.0 / 3.0, 1e-2 / 3.0]) {
        assert!((found - expected).abs() < 1e-12, "{rates:?}");
    }
}

#[test]
fn a_run_without_progress_ends_early_and_gives_its_best_model() {
    let config = config()
        .with_epochs(50)
        .with_early_stopping(EarlyStopping::new(2).with_min_delta(1.0));
    let fitted = fit(config.clone().with_restore_best(true));
    assert_eq!((fitted.history.stopped, fitted.history.len()), (Stopped::Early, 3));
    let best = fitted.history.best().unwrap();
    let again = crate::infer::evaluate(&fitted.model, &fitted.validation).unwrap();
    assert_eq!(again.dice as f32, best.val_dice);
}

#[test]
fn a_resumed_run_is_the_run_that_was_not_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let base = config()
        .with_epochs(6)
        .with_augmentation(true)
        .with_schedule(Schedule::Constant);
    let whole = fit(base.clone());
    fit(base.clone().with_epochs(3).with_checkpoints(folder.path()));
    let resumed = Trainer::resume(folder.path())
        .unwrap()
        .with_epochs(6)
        .fit_with(small(), &data(), &mut Silent)
        .unwrap();
    assert_eq!(weights(&whole.model), weights(&resumed.model));
    assert_eq!(whole.history.records[5].val_loss, resumed.history.records[5].val_loss);
    // The ended run gives its model at once.
    let again = Trainer::resume(folder.path())
        .unwrap()
        .fit_with(small(), &data(), &mut Silent)
        .unwrap();
    assert_eq!(weights(&whole.model), weights(&again.model));
    // A new run in the same folder, or other data, is refused.
    let new = Trainer::new(base.with_checkpoints(folder.path()));
    let error = new.fit_with(small(), &data(), &mut Silent).unwrap_err().to_string();
    assert!(
        error.contains("expected a folder without checkpoints, found those of a run of 6 epoch(s)"),
        "{error}"
    );
    let fewer = Trainer::resume(folder.path())
        .unwrap()
        .fit_with(small(), &data().first(6), &mut Silent);
    let error = fewer.unwrap_err().to_string();
    assert!(
        error.contains("expected the 8 training samples of that run, found 4"),
        "{error}"
    );
}

#[test]
fn a_broken_checkpoint_is_passed_over_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fit(config().with_checkpoints(folder.path()));
    let (_, path) = Checkpoints::new(folder.path()).list().pop().unwrap();
    std::fs::write(&path, &std::fs::read(&path).unwrap()[..500]).unwrap();
    let mut notes = Notes::default();
    let resumed = Trainer::resume(folder.path())
        .unwrap()
        .fit_with(small(), &data(), &mut notes)
        .unwrap();
    assert_eq!(weights(&whole.model), weights(&resumed.model));
    assert!(
        notes.0[0].contains("truncated") && notes.0[0].contains("epoch 2 instead"),
        "{:?}",
        notes.0
    );
}

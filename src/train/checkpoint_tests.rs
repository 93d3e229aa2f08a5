use super::*;
use crate::device::cpu;
use crate::nn::{UNet, UNetConfig};
use crate::train::checkpoint::Fingerprint;
use crate::train::{Optimizer, TrainConfig};

fn model() -> UNet {
    UNetConfig::new(1, 1).with_base_channels(2).with_depth(1).init(&cpu())
}

fn history(dice: &[f32]) -> History {
    let mut history = History::new(1);
    for (i, &val_dice) in dice.iter().enumerate() {
        history.records.push(EpochRecord {
            epoch: i + 1,
            train_loss: 0.1,
            val_dice,
            ..EpochRecord::default()
        });
    }
    history
}

/// A folder with the checkpoints of a run whose epochs had these Dice.
fn folder(dice: &[f32], every: usize) -> (tempfile::TempDir, Checkpoints) {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(folder.path());
    let config = TrainConfig::new().with_keep_every(every).with_learning_rate(0.1 + 0.2);
    let data = Fingerprint::new(["a".to_owned()].into_iter());
    for n in 1..=dice.len() {
        let history = history(&dice[..n]);
        let state = State {
            config: &config,
            history: &history,
            positions: [n as u64, 7],
            data: &data,
        };
        checkpoints.save(&state, &model(), &Optimizer::adam().init()).unwrap();
    }
    (folder, checkpoints)
}

fn epochs(checkpoints: &Checkpoints) -> Vec<usize> {
    checkpoints.list().into_iter().map(|(epoch, _)| epoch).collect()
}

#[test]
fn the_last_two_the_best_and_every_nth_are_kept() {
    let (_folder, checkpoints) = folder(&[0.5, 0.9, 0.1, 0.2, 0.3, 0.4, 0.5], 0);
    assert_eq!(epochs(&checkpoints), [2, 6, 7]);
    assert_eq!(checkpoints.best().unwrap().epoch(), 2);
    let (_folder, checkpoints) = folder(&[0.5, 0.9, 0.1, 0.2, 0.3, 0.4, 0.5], 3);
    assert_eq!(epochs(&checkpoints), [2, 3, 6, 7]);
    // Was epoch 2 the best before epoch 5, it is kept for the case that 5 cannot be read.
    let (_folder, checkpoints) = folder(&[0.5, 0.9, 0.1, 0.2, 1.0], 0);
    assert_eq!(epochs(&checkpoints), [2, 4, 5]);
}

#[test]
fn what_was_written_is_read() {
    let (_folder, checkpoints) = folder(&[0.25], 0);
    let (last, notes) = checkpoints.last().unwrap();
    assert!(notes.is_empty());
    assert_eq!(last.config().learning_rate.to_bits(), (0.1f64 + 0.2).to_bits());
    assert_eq!((last.epoch(), last.header.positions), (1, [1, 7]));
    assert_eq!(last.history().records[0].val_dice, 0.25);
    last.apply(model()).unwrap();
}

#[test]
fn a_truncated_file_is_named_and_the_one_before_it_taken() {
    let (_folder, checkpoints) = folder(&[0.1, 0.2, 0.3], 0);
    let path = checkpoints.file(3);
    let whole = std::fs::read(&path).unwrap();
    for length in [0, 1, 10, 25, 100, 1000, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let error = Checkpoint::load(&path).unwrap_err().to_string();
        assert!(error.contains("epoch-000003.checkpoint: expected"), "{length}: {error}");
        assert!(error.contains("truncated"), "{length}: {error}");
        let (last, notes) = checkpoints.last().unwrap();
        assert_eq!(last.epoch(), 2);
        assert!(
            notes[0].ends_with("Going on from the checkpoint of epoch 2 instead"),
            "{notes:?}"
        );
    }
}

#[test]
fn damage_anywhere_is_found() {
    let (_folder, checkpoints) = folder(&[0.1], 0);
    let path = checkpoints.file(1);
    let whole = std::fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 97) {
        let mut damaged = whole.clone();
        damaged[at] ^= 4;
        std::fs::write(&path, damaged).unwrap();
        let error = Checkpoint::load(&path).unwrap_err().to_string();
        assert!(error.contains("epoch-000001.checkpoint: expected"), "{at}: {error}");
    }
}

#[test]
fn foreign_files_and_models_are_refused() {
    let (folder, checkpoints) = folder(&[0.1], 0);
    let path = folder.path().join("picture.png");
    std::fs::write(&path, b"\x89PNG\r\n and more").unwrap();
    let error = Checkpoint::load(&path).unwrap_err().to_string();
    assert!(
        error.contains("picture.png: expected a checkpoint of unet_lab, format 1"),
        "{error}"
    );
    assert!(error.contains("Give a file that Trainer has written"), "{error}");
    let (last, _) = checkpoints.last().unwrap();
    let wide = UNetConfig::new(1, 1).with_base_channels(4).with_depth(1).init(&cpu());
    let error = last.apply(wide).unwrap_err().to_string();
    assert!(error.contains("expected the weights of this model"), "{error}");
    let deep = UNetConfig::new(1, 1).with_base_channels(2).with_depth(2).init(&cpu());
    assert!(last.apply(deep).is_err());
    let empty = tempfile::tempdir().unwrap();
    let error = Checkpoints::new(empty.path()).last().unwrap_err().to_string();
    assert!(
        error.contains("expected checkpoints (epoch-*.checkpoint), found none"),
        "{error}"
    );
}

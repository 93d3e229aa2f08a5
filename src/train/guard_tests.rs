//! What a run refuses, counts and names.

use super::super::test_support::*;
use super::*;
use crate::error::LabError;
use crate::train::*;

/// Constant images; the one at `bad` is empty or holds what it should not.
struct Made {
    bad: usize,
    value: f32,
    target: f32,
    side: usize,
}

impl Samples for Made {
    fn len(&self) -> usize {
        4
    }
    fn name(&self, index: usize) -> String {
        format!("image {index}")
    }
    fn sample(&self, index: usize, _rng: Option<&mut ChaCha8Rng>) -> Result<Sample> {
        let side = if index == self.bad { self.side } else { 8 };
        let (value, target) = if index == self.bad {
            (self.value, self.target)
        } else {
            (0.5, 1.0)
        };
        Sample::new(vec![value; side * side], vec![target; side * side], &[side, side])
    }
}

fn made(bad: usize, value: f32, target: f32, side: usize) -> Result<(Fitted<Valid, ()>, Vec<String>), LabError> {
    let samples = Made {
        bad,
        value,
        target,
        side,
    };
    let mut notes = Notes::default();
    let fitted = Trainer::new(config().with_batch_size(1)).fit_samples(valid(1), &samples, &samples, &mut notes)?;
    Ok((fitted, notes.0))
}

#[test]
fn what_is_wrong_with_an_image_is_named_before_training() {
    let error = made(2, f32::NAN, 1.0, 8).unwrap_err().to_string();
    assert!(
        error.starts_with("image 2 holds NaN at channel 0, row 0, column 0"),
        "{error}"
    );
    let error = made(1, 0.5, 1.0, 9).unwrap_err().to_string();
    assert!(
        error.starts_with("image 1 is [9, 9], and the network takes no side of 9: the nearest that work are 8 and 10"),
        "{error}"
    );
    let error = Trainer::new(config())
        .fit_samples(valid(2), &levels(1), &levels(1), &mut Silent)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("case 0 has a target of 3 class(es), but the network gives 2 map(s)"),
        "{error}"
    );
}

#[test]
fn batches_of_background_are_counted_and_said() {
    let (fitted, notes) = made(2, 0.5, 0.0, 8).unwrap();
    assert_eq!(fitted.history.records[0].empty_batches, 1);
    assert!(
        notes[0].starts_with("1 of 4 training batches held background alone"),
        "{notes:?}"
    );
    assert!(made(9, 0.5, 0.0, 8).unwrap().1.is_empty());
}

#[test]
fn a_loss_that_is_no_number_names_epoch_batch_and_images() {
    let error = made(3, f32::MAX, 0.5, 8).unwrap_err();
    let LabError::Train(TrainError::Diverged {
        epoch, images, loss, ..
    }) = &error
    else {
        panic!("{error}");
    };
    assert_eq!((*epoch, images.as_str()), (1, "image 3"));
    assert!(!loss.is_finite());
}

#[test]
fn too_little_memory_is_refused() {
    let error = Trainer::new(config())
        .with_memory_estimate(1 << 60)
        .fit_with(small(), &data(), &mut Silent)
        .unwrap_err();
    assert!(
        error.to_string().starts_with("training needs about 1073741824.0 GiB"),
        "{error}"
    );
}

//! Who is told how a training run goes.

use super::{EpochRecord, History, Stopped};

/// Receives the events of a training run, in this order: `start`, then for each epoch its `batch`es and one `epoch`,
/// at last `finish` (also after an interrupt).
///
/// [`Trainer::fit_with`](super::Trainer::fit_with) takes one; a notebook's own is
/// `plot::live::LiveCurve`, a terminal's is [`TextProgress`].
pub trait Progress {
    /// The run begins.
    fn start(&mut self, total_epochs: usize, batches_per_epoch: usize);
    /// One update of the weights is done. `epoch` and `batch` count from 1; `loss` is this batch's.
    fn batch(&mut self, epoch: usize, batch: usize, loss: f32);
    /// One epoch is done: its record is the history's last.
    fn epoch(&mut self, history: &History);
    /// The run has ended; `history.stopped` says why.
    fn finish(&mut self, history: &History);
}

/// One line of text an epoch on standard output.
#[derive(Clone, Debug, Default)]
pub struct TextProgress {
    total_epochs: usize,
}

impl TextProgress {
    /// A reporter for terminals and logs.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Progress for TextProgress {
    fn start(&mut self, total_epochs: usize, _batches_per_epoch: usize) {
        self.total_epochs = total_epochs;
    }

    fn batch(&mut self, _epoch: usize, _batch: usize, _loss: f32) {}

    fn epoch(&mut self, history: &History) {
        if let Some(record) = history.last() {
            println!("{}", epoch_line(record, self.total_epochs));
        }
    }

    fn finish(&mut self, history: &History) {
        match history.stopped {
            Stopped::Finished => {}
            Stopped::Interrupted => println!(
                "interrupted after {} of {} epochs; the model keeps what it has learned",
                history.len(),
                self.total_epochs,
            ),
            Stopped::Diverged => println!(
                "stopped after {} of {} epochs: the loss is no longer a number; try a lower learning rate",
                history.len(),
                self.total_epochs,
            ),
        }
    }
}

/// No reports: for tests and scripts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn start(&mut self, _total_epochs: usize, _batches_per_epoch: usize) {}
    fn batch(&mut self, _epoch: usize, _batch: usize, _loss: f32) {}
    fn epoch(&mut self, _history: &History) {}
    fn finish(&mut self, _history: &History) {}
}

/// An epoch in one line: `epoch 3/10  loss 0.2310  val loss 0.2502  Dice 0.8123  IoU 0.6840  4.2 s`.
///
/// The validation measures are left out when there is no validation set.
pub fn epoch_line(record: &EpochRecord, total_epochs: usize) -> String {
    let mut line = format!("epoch {}/{total_epochs}  loss {:.4}", record.epoch, record.train_loss);
    if !record.val_loss.is_nan() {
        line += &format!(
            "  val loss {:.4}  Dice {:.4}  IoU {:.4}",
            record.val_loss, record.val_dice, record.val_iou
        );
    }
    line + &format!("  {:.1} s", record.seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_an_epoch() {
        let mut record = EpochRecord {
            epoch: 3,
            train_loss: 0.231,
            val_loss: 0.2502,
            val_accuracy: 0.9,
            val_dice: 0.8123,
            val_iou: 0.684,
            seconds: 4.2,
        };
        assert_eq!(
            epoch_line(&record, 10),
            "epoch 3/10  loss 0.2310  val loss 0.2502  Dice 0.8123  IoU 0.6840  4.2 s"
        );
        record.val_loss = f32::NAN;
        assert_eq!(epoch_line(&record, 10), "epoch 3/10  loss 0.2310  4.2 s");
    }
}

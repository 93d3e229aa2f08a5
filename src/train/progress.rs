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
    /// Something that the run can bear but its user should know; at any time. Printed, unless a reporter does otherwise.
    fn warning(&mut self, message: &str) {
        println!("note: {message}");
    }
    /// The run has ended; `history.stopped` says why.
    fn finish(&mut self, history: &History);
}

/// One line of text an epoch on standard output, with the learning rate and the time that is left.
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
            let rate = rate_text(record.learning_rate);
            let left = match self.total_epochs.saturating_sub(record.epoch) {
                0 => String::new(),
                epochs => format!(", {} left", time_left(history, epochs)),
            };
            println!("{}{left}  rate {rate}", epoch_line(record, self.total_epochs));
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
            Stopped::Early => println!(
                "stopped after {} of {} epochs: no more progress",
                history.len(),
                self.total_epochs,
            ),
            Stopped::Diverged => println!(
                "stopped after {} of {} epochs: {}",
                history.len(),
                self.total_epochs,
                history
                    .problem
                    .as_deref()
                    .unwrap_or("the loss is no longer a number; try a lower learning rate"),
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
    fn warning(&mut self, _message: &str) {}
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

/// A learning rate with three digits: `0.01`, `1e-4`, `2.5e-4`.
fn rate_text(rate: f64) -> String {
    let text = format!("{rate:.2e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    match exponent.parse() {
        Ok(exponent @ -2..=1) => format!("{:.*}", (2 - exponent) as usize, rate)
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned(),
        _ => format!("{digits}e{exponent}"),
    }
}

/// How long so many epochs take if they are as long as the last five were: `12 s`, `3 min`, `1 h 40 min`.
fn time_left(history: &History, epochs: usize) -> String {
    let recent = &history.records[history.len().saturating_sub(5)..];
    let mean = recent.iter().map(|record| record.seconds).sum::<f32>() / recent.len().max(1) as f32;
    let seconds = (mean * epochs as f32).round() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_short() {
        let texts = [1e-4, 2.5e-4, 0.01, 0.0123456, 0.5, 1.0, 9.87654e-7].map(rate_text);
        assert_eq!(texts, ["1e-4", "2.5e-4", "0.01", "0.0123", "0.5", "1", "9.88e-7"]);
    }

    #[test]
    fn the_time_left_is_that_of_the_last_epochs() {
        let mut history = History::new(1);
        for epoch in 1..=6 {
            history.records.push(EpochRecord {
                epoch,
                // The first is slow and no longer counts.
                seconds: if epoch == 1 { 999.0 } else { 10.0 },
                ..EpochRecord::default()
            });
        }
        let left = [1, 12, 370].map(|epochs| time_left(&history, epochs));
        assert_eq!(left, ["10 s", "2 min", "1 h 1 min"]);
    }

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
            ..EpochRecord::default()
        };
        assert_eq!(
            epoch_line(&record, 10),
            "epoch 3/10  loss 0.2310  val loss 0.2502  Dice 0.8123  IoU 0.6840  4.2 s"
        );
        record.val_loss = f32::NAN;
        assert_eq!(epoch_line(&record, 10), "epoch 3/10  loss 0.2310  4.2 s");
    }
}

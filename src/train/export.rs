//! A history as a file.

use std::fmt::Write as _;
use std::path::Path;

use super::History;
use super::write::write_atomic;
use crate::data::DataError;
use crate::error::Result;

impl History {
    /// One line an epoch, values separated by commas, below a line of names; what was not measured is left empty.
    ///
    /// ```
    /// use unet_lab::prelude::*;
    ///
    /// let mut history = History::new(42);
    /// history.records.push(EpochRecord { epoch: 1, train_loss: 0.5, ..EpochRecord::default() });
    /// assert!(history.to_csv().ends_with("\n1,0.5,,,,,0,0,0\n"));
    /// ```
    pub fn to_csv(&self) -> String {
        let classes = self.records.iter().map(|record| record.val_class_dice.len()).max();
        let classes = classes.unwrap_or(0);
        let mut text = "epoch,train_loss,val_loss,val_accuracy,val_dice,val_iou".to_owned();
        for class in 1..=classes {
            write!(text, ",val_dice_class_{class}").ok();
        }
        text += ",learning_rate,empty_batches,seconds\n";
        let value = |value: f32| match value.is_nan() {
            true => ",".to_owned(),
            false => format!(",{value}"),
        };
        for record in &self.records {
            text += &record.epoch.to_string();
            let measures = [
                record.train_loss,
                record.val_loss,
                record.val_accuracy,
                record.val_dice,
                record.val_iou,
            ];
            text.extend(measures.map(value));
            text.extend((0..classes).map(|class| value(record.val_class_dice.get(class).copied().unwrap_or(f32::NAN))));
            let (rate, empty) = (record.learning_rate, record.empty_batches);
            writeln!(text, ",{rate},{empty},{}", record.seconds).ok();
        }
        text
    }

    /// Writes [`to_csv`](Self::to_csv), whole or not at all.
    ///
    /// # Errors
    /// [`DataError::Unwritable`].
    pub fn save_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        Ok(write_atomic(path.as_ref(), &[self.to_csv().as_bytes()])?)
    }

    /// Writes all of the history as JSON, whole or not at all.
    ///
    /// # Errors
    /// [`DataError::Unwritable`].
    pub fn save_json(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let json = serde_json::to_vec_pretty(self).map_err(|error| DataError::Unwritable {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(write_atomic(path, &[&json])?)
    }

    /// Reads what [`save_json`](Self::save_json) wrote.
    ///
    /// # Errors
    /// [`DataError::Argument`] naming the file if it cannot be read or is no history.
    pub fn load_json(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let wrong = |reason: String| {
            let path = path.display();
            DataError::Argument(format!(
                "{path}: expected a history in JSON, found {reason}. Give a file that History::save_json has written"
            ))
        };
        let json = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        Ok(serde_json::from_slice(&json).map_err(|error| wrong(format!("something else ({error})")))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::EpochRecord;

    fn history() -> History {
        let mut history = History::new(3);
        history.records.push(EpochRecord {
            epoch: 1,
            train_loss: 0.75,
            val_dice: 0.5,
            val_class_dice: vec![0.25, 0.75],
            learning_rate: 1e-3,
            empty_batches: 2,
            seconds: 1.5,
            ..EpochRecord::default()
        });
        history
    }

    #[test]
    fn csv_has_a_column_a_class() {
        let expected = "\
epoch,train_loss,val_loss,val_accuracy,val_dice,val_iou,val_dice_class_1,val_dice_class_2,learning_rate,empty_batches,seconds
1,0.75,,,0.5,,0.25,0.75,0.001,2,1.5
";
        assert_eq!(history().to_csv(), expected);
    }

    #[test]
    fn files_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let (csv, json) = (folder.path().join("run/h.csv"), folder.path().join("run/h.json"));
        history().save_csv(&csv).unwrap();
        assert_eq!(std::fs::read_to_string(csv).unwrap(), history().to_csv());
        history().save_json(&json).unwrap();
        let back = History::load_json(&json).unwrap();
        assert_eq!(back.to_csv(), history().to_csv());
        std::fs::write(&json, "[]").unwrap();
        let error = History::load_json(&json).unwrap_err().to_string();
        assert!(error.contains("h.json: expected a history in JSON"), "{error}");
    }
}

//! A [`ConfusionMatrix`] as a table to read.

use std::fmt;

use super::{ClassSet, Confusion, ConfusionMatrix};

const MEASURES: [fn(&Confusion) -> f64; 6] = [
    Confusion::precision,
    Confusion::recall,
    Confusion::specificity,
    Confusion::balanced_accuracy,
    Confusion::dice,
    Confusion::iou,
];

/// A row a class with its pixels in the truth, the means with and without class 0, and the measures of the whole.
impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let means = ["mean of all", "mean without 0"];
        let rows = self.names.iter().map(String::as_str).chain(means);
        let width = rows.map(|name| name.chars().count()).max().unwrap_or(0);
        writeln!(
            f,
            "{:<width$}  {:>10}  precision  recall  specificity  balanced    Dice     IoU",
            "class", "pixels"
        )?;
        for (class, name) in self.names.iter().enumerate() {
            let one = self.of(class);
            write!(f, "{name:<width$}  {:>10}", one.tp + one.fn_)?;
            row(f, MEASURES.map(|measure| measure(&one)))?;
        }
        for (name, set) in means.iter().zip([ClassSet::All, ClassSet::Foreground]) {
            write!(f, "{name:<width$}  {:>10}", "")?;
            row(f, MEASURES.map(|measure| self.mean(measure, set)))?;
        }
        write!(
            f,
            "accuracy {:.4}, balanced accuracy {:.4}, frequency-weighted IoU {:.4}, kappa {:.4}, MCC {:.4}",
            self.accuracy(),
            self.balanced_accuracy(),
            self.frequency_weighted_iou(),
            self.kappa(),
            self.mcc(),
        )
    }
}

fn row(f: &mut fmt::Formatter<'_>, [precision, recall, specificity, balanced, dice, iou]: [f64; 6]) -> fmt::Result {
    writeln!(
        f,
        "  {precision:>9.4}  {recall:>6.4}  {specificity:>11.4}  {balanced:>8.4}  {dice:>6.4}  {iou:>6.4}"
    )
}

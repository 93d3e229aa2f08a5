//! How a training went, epoch by epoch.

use super::Figure;
use super::chart::{Chart, Foot, Line, Stroke, top};
use super::palette::{BLUE, GREEN, PURPLE, TEXT, VERMILION};
use super::svg::{Anchor, Font, Svg, counted};
use crate::train::{EpochRecord, History};

const WIDTH: f32 = 820.0;
const HEIGHT: f32 = 300.0;

/// The loss of training and validation, and the validation scores, against the epoch; the best epoch is marked.
/// Taught in unit 02.
///
/// A validation loss that turns up while the training loss still falls is overfitting: the network learns the training
/// images by heart.
pub fn curves(history: &History) -> Figure {
    let alt = description(history);
    let mut svg = Svg::default();
    if history.is_empty() {
        svg.text(
            20.0,
            34.0,
            Font {
                size: 14.0,
                colour: TEXT,
                anchor: Anchor::Start,
                bold: false,
            },
            &alt,
        );
        return svg.into_figure(460.0, 56.0, &alt);
    }
    let half = WIDTH / 2.0;
    loss_chart(history, &[], None).draw(&mut svg, [0.0, 6.0, half, HEIGHT]);
    score_chart(history, None).draw(&mut svg, [half, 6.0, half, HEIGHT]);
    svg.into_figure(WIDTH, HEIGHT + 10.0, &alt)
}

/// The losses; `batches` are `(epoch, loss)` of single batches, and `total` the epochs planned.
pub(super) fn loss_chart(history: &History, batches: &[(f64, f64)], total: Option<usize>) -> Chart {
    let mut lines = Vec::new();
    if !batches.is_empty() {
        lines.push(Line {
            label: "each batch".into(),
            colour: [150, 150, 150],
            stroke: Stroke::Thin,
            points: batches.to_vec(),
        });
    }
    lines.push(line(history, "training", BLUE, Stroke::Solid, |r| r.train_loss));
    if validated(history) {
        lines.push(line(history, "validation", VERMILION, Stroke::Dashed, |r| r.val_loss));
    }
    // A wild first batch must not press the rest flat: of the batches the highest twentieth may leave the picture.
    let mut single: Vec<f64> = batches.iter().map(|b| b.1).filter(|v| v.is_finite()).collect();
    single.sort_by(f64::total_cmp);
    let high = single.get(single.len() * 19 / 20).copied().unwrap_or(0.0);
    let means = history
        .records
        .iter()
        .flat_map(|r| [f64::from(r.train_loss), f64::from(r.val_loss)]);
    let y = 0.0..top(means.chain([high]));
    Chart {
        title: "Loss".into(),
        x_label: "epoch".into(),
        y_label: "loss".into(),
        x: epochs(history, total),
        y,
        counts: true,
        lines,
        marks: vec![],
    }
}

/// The scores on the validation images.
pub(super) fn score_chart(history: &History, total: Option<usize>) -> Chart {
    let mut chart = Chart {
        title: "Scores on the validation images".into(),
        x_label: "epoch".into(),
        y_label: "score, from 0 to 1".into(),
        x: epochs(history, total),
        y: 0.0..1.0,
        counts: true,
        lines: Vec::new(),
        marks: Vec::new(),
    };
    if history.is_empty() || validated(history) {
        chart
            .lines
            .push(line(history, "Dice", GREEN, Stroke::Solid, |r| r.val_dice));
        chart
            .lines
            .push(line(history, "IoU", PURPLE, Stroke::Dashed, |r| r.val_iou));
        chart
            .lines
            .push(line(history, "accuracy", [90, 90, 90], Stroke::Dotted, |r| {
                r.val_accuracy
            }));
    } else {
        chart.title = "No validation images, no scores".into();
    }
    if total.is_none()
        && history.len() > 1
        && validated(history)
        && let Some(best) = history.best()
    {
        chart
            .marks
            .push((best.epoch as f64, format!("best: Dice {:.3}", best.val_dice), Foot::Low));
    }
    chart
}

/// Whether there was a validation set: without one the measures are NaN.
fn validated(history: &History) -> bool {
    history.records.iter().any(|r| r.val_dice.is_finite())
}

fn line(
    history: &History,
    label: &str,
    colour: super::palette::Rgb,
    stroke: Stroke,
    of: impl Fn(&EpochRecord) -> f32,
) -> Line {
    let points = history
        .records
        .iter()
        .map(|r| (r.epoch as f64, f64::from(of(r))))
        .collect();
    Line {
        label: label.into(),
        colour,
        stroke,
        points,
    }
}

fn epochs(history: &History, total: Option<usize>) -> std::ops::Range<f64> {
    let last = total.unwrap_or_else(|| history.last().map_or(1, |r| r.epoch)).max(1);
    // Batches lie between the epochs, from 0 on; complete epochs alone begin at 1.
    let first = if total.is_some() { 0.0 } else { 1.0 };
    if last == 1 && total.is_none() {
        0.5..1.5
    } else {
        first..last as f64
    }
}

pub(super) fn description(history: &History) -> String {
    let (Some(last), Some(best)) = (history.last(), history.best()) else {
        return "No epoch was completed: there is nothing to draw".into();
    };
    let mut text = format!(
        "Training curves of {}: training loss {:.4}",
        counted(history.len(), "epoch"),
        last.train_loss
    );
    if validated(history) {
        text += &format!(
            ", validation loss {:.4}, Dice {:.3} after the last one; best Dice {:.3} in epoch {}",
            last.val_loss, last.val_dice, best.val_dice, best.epoch
        );
    }
    text
}

//! Images with their masks and predictions.

use super::palette::{BLACK, ORANGE, Rgb, SKY, VERMILION, WHITE, YELLOW, cividis, mix};
use super::panels::{Key, Panel, figure};
use super::svg::{Anchor, Font, Svg, counted};
use super::{Figure, palette};
use crate::data::{Dataset, Image, ImagePair, Mask, rgb_png};
use crate::error::ShapeError;
use crate::metric::Confusion;

const RIGHT: Key = (SKY, "found (true positive)");
const EXTRA: Key = (VERMILION, "too much (false positive)");
const MISSED: Key = (YELLOW, "missed (false negative)");
const TRUTH: Key = (ORANGE, "foreground of the mask");

/// An image as it is; small ones enlarged with crisp pixels. Taught in unit 02.
pub fn picture(image: &Image) -> Figure {
    let alt = format!(
        "An image of {} x {} pixels, {}",
        image.width(),
        image.height(),
        counted(image.channels(), "channel")
    );
    figure(&[vec![Panel::image("", image)]], &[], &alt)
}

/// Images side by side, each under its title, at most six a row; small ones enlarged with crisp pixels. Taught in unit 01.
pub fn pictures(titled: &[(&str, &Image)]) -> Figure {
    let rows: Vec<Vec<Panel>> = titled
        .chunks(6)
        .map(|row| row.iter().map(|(title, image)| Panel::image(*title, image)).collect())
        .collect();
    let sizes: Vec<String> = titled
        .iter()
        .map(|(title, image)| format!("{title} ({} x {})", image.width(), image.height()))
        .collect();
    let alt = format!("{}: {}", counted(titled.len(), "image"), sizes.join(", "));
    figure(&rows, &[], &alt)
}

/// An image beside itself with the mask's foreground tinted orange. Taught in unit 02.
///
/// # Errors
/// [`ShapeError`] if the two are not of one size.
pub fn overlay(image: &Image, mask: &Mask) -> Result<Figure, ShapeError> {
    same_size(image.size(), mask.size())?;
    let percent = 100.0 * mask.foreground_fraction();
    let alt = format!(
        "An image of {} x {} pixels and its mask, {percent:.1} % foreground",
        image.width(),
        image.height()
    );
    let panels = vec![
        Panel::image("image", image),
        tinted(format!("mask, {percent:.1} %"), image, mask, ORANGE),
    ];
    Ok(figure(&[panels], &[TRUTH], &alt))
}

/// The first `n` images of a data set, and below each the same image with its mask tinted orange. At most six a row.
pub fn gallery(dataset: &Dataset, n: usize) -> Figure {
    let shown = dataset.first(n);
    let mut rows = Vec::new();
    for pairs in shown.pairs().chunks(6) {
        rows.push(pairs.iter().map(|p| Panel::image(&p.name, p.image())).collect());
        rows.push(
            pairs
                .iter()
                .map(|p| tinted(String::new(), p.image(), p.mask(), ORANGE))
                .collect(),
        );
    }
    let alt = format!(
        "{} of {} images with their masks ({dataset})",
        shown.len(),
        dataset.len()
    );
    figure(&rows, &[TRUTH], &alt)
}

/// Image, truth, prediction, and where the prediction is right, says too much, or misses. Taught in unit 02.
///
/// # Errors
/// [`ShapeError`] if the prediction is not of the pair's size.
pub fn compare(pair: &ImagePair, prediction: &Mask) -> Result<Figure, ShapeError> {
    let (row, line) = comparison(pair, prediction)?;
    Ok(figure(&[row], &[RIGHT, EXTRA, MISSED], &line))
}

/// [`compare`] for several pairs, one a row.
///
/// # Errors
/// [`ShapeError`] if there are not as many predictions as pairs, or one is not of its pair's size.
pub fn compare_all(dataset: &Dataset, predictions: &[Mask]) -> Result<Figure, ShapeError> {
    if dataset.len() != predictions.len() {
        return Err(ShapeError::Differ {
            left_name: "the list of pairs".into(),
            left: vec![dataset.len()],
            right_name: "the list of predictions".into(),
            right: vec![predictions.len()],
        });
    }
    let compared: Vec<_> = dataset
        .iter()
        .zip(predictions)
        .map(|(p, m)| comparison(p, m))
        .collect::<Result<_, _>>()?;
    let (rows, lines): (Vec<_>, Vec<_>) = compared.into_iter().unzip();
    Ok(figure(&rows, &[RIGHT, EXTRA, MISSED], &lines.join("\n")))
}

fn comparison(pair: &ImagePair, prediction: &Mask) -> Result<(Vec<Panel>, String), ShapeError> {
    let counts = Confusion::new(prediction, pair.mask())?;
    let (dice, iou) = (counts.dice(), counts.iou());
    let grey = pair.image().to_grey();
    let judged = |i: usize| match (prediction.data()[i], pair.mask().data()[i]) {
        (true, true) => RIGHT.0,
        (true, false) => EXTRA.0,
        (false, true) => MISSED.0,
        // What is rightly left alone stays in sight, darkened.
        (false, false) => mix(BLACK, WHITE, 0.45 * grey.data()[i].clamp(0.0, 1.0)),
    };
    let panels = vec![
        Panel::image(&pair.name, pair.image()),
        plain("truth", pair.mask()),
        plain("prediction", prediction),
        Panel::new(format!("Dice {dice:.3}, IoU {iou:.3}"), prediction.size(), judged),
    ];
    let line = format!(
        "{}: Dice {dice:.3}, IoU {iou:.3}; {} pixels found, {} too many, {} missed",
        pair.name, counts.tp, counts.fp, counts.fn_
    );
    Ok((panels, line))
}

/// A map of numbers from 0 to 1, such as probabilities, in colours from dark blue (0) to yellow (1), with its scale.
/// Of several channels the mean is drawn. Taught in unit 02.
pub fn heat_map(map: &Image) -> Figure {
    let grey = map.to_grey();
    let panel = Panel::new("", map.size(), |i| cividis(grey.data()[i]));
    let scale = (300.0 / map.width().max(1) as f32).min(300.0 / map.height().max(1) as f32);
    let (w, h) = (map.width() as f32 * scale, map.height() as f32 * scale);
    let mut svg = Svg::default();
    svg.png([14.0, 10.0, w, h], &panel.png(), scale > 1.0);
    let bar: Vec<u8> = (0..100).rev().flat_map(|i| cividis(i as f32 / 99.0)).collect();
    let (x, font) = (
        w + 30.0,
        Font {
            size: 12.0,
            colour: palette::TEXT,
            anchor: Anchor::Start,
            bold: false,
        },
    );
    svg.png([x, 10.0, 14.0, h], &rgb_png(1, 100, &bar), false);
    for (value, label) in [(0.0, "0"), (0.5, "0.5"), (1.0, "1")] {
        svg.text(x + 19.0, 14.0 + (h - 4.0) * (1.0 - value) + 2.0, font, label);
    }
    let mean = grey.data().iter().sum::<f32>() / grey.data().len().max(1) as f32;
    let alt = format!(
        "A map of {} x {} values between 0 and 1, mean {mean:.3}",
        map.width(),
        map.height()
    );
    svg.into_figure(w + 76.0, h + 20.0, &alt)
}

fn tinted(title: String, image: &Image, mask: &Mask, colour: Rgb) -> Panel {
    let mut panel = Panel::image(title, image);
    for (pixel, _) in panel.pixels.iter_mut().zip(mask.data()).filter(|(_, inside)| **inside) {
        *pixel = mix(*pixel, colour, 0.6);
    }
    panel
}

fn plain(title: &str, mask: &Mask) -> Panel {
    Panel::new(title, mask.size(), |i| if mask.data()[i] { WHITE } else { BLACK })
}

fn same_size(image: [usize; 2], mask: [usize; 2]) -> Result<(), ShapeError> {
    if image == mask {
        return Ok(());
    }
    let (left_name, right_name) = ("the image".into(), "the mask".into());
    Err(ShapeError::Differ {
        left_name,
        left: image.to_vec(),
        right_name,
        right: mask.to_vec(),
    })
}

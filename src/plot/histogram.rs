//! How often each grey value occurs.

use super::Figure;
use super::chart::{Chart, Foot, Line, Stroke, top};
use super::palette::{BLUE, GREY, ORANGE, Rgb};
use super::svg::Svg;
use crate::data::{Image, ImagePair};

const BINS: usize = 64;

/// How often each grey value occurs in an image, with a threshold marked if one is given:
/// `histogram(&image, Some(otsu_threshold(&image)))`. Colour is reduced to grey first. Taught in unit 02.
pub fn histogram(image: &Image, threshold: Option<f32>) -> Figure {
    let grey = image.to_grey();
    let all = shares(grey.data().iter().copied(), grey.data().len());
    let mut alt = format!(
        "Histogram of the grey values of {} x {} pixels",
        image.width(),
        image.height()
    );
    let mut marks = Vec::new();
    if let Some(t) = threshold {
        let below = grey.data().iter().filter(|v| **v <= t).count() as f32 / grey.data().len().max(1) as f32;
        alt += &format!("; {:.1} % of them are not above the threshold {t:.3}", 100.0 * below);
        marks.push((f64::from(t), format!("threshold {t:.3}"), Foot::High));
    }
    draw(vec![area("all pixels", GREY, all)], marks, "Grey values", &alt)
}

/// The grey values of foreground and background apart: where the two overlap, no threshold can tell them. Taught in
/// unit 02.
pub fn histogram_by_mask(pair: &ImagePair) -> Figure {
    let grey = pair.image().to_grey();
    let of = |wanted: bool| {
        let pixels = grey
            .data()
            .iter()
            .zip(pair.mask().data())
            .filter(move |(_, m)| **m == wanted)
            .map(|(v, _)| *v);
        shares(pixels, grey.data().len())
    };
    let lines = vec![
        area("background", BLUE, of(false)),
        area("foreground", ORANGE, of(true)),
    ];
    let alt = format!(
        "Histograms of the grey values of foreground and background of {}",
        pair.name
    );
    draw(lines, Vec::new(), &format!("Grey values of {}", pair.name), &alt)
}

/// The part of `all` pixels in each of the bins, as a staircase in percent.
fn shares(values: impl Iterator<Item = f32>, all: usize) -> Vec<(f64, f64)> {
    let mut counts = [0usize; BINS];
    values.for_each(|v| counts[((v.clamp(0.0, 1.0) * BINS as f32) as usize).min(BINS - 1)] += 1);
    let edge = |i: usize| i as f64 / BINS as f64;
    let percent = |n: usize| 100.0 * n as f64 / all.max(1) as f64;
    counts
        .iter()
        .enumerate()
        .flat_map(|(i, &n)| [(edge(i), percent(n)), (edge(i + 1), percent(n))])
        .collect()
}

fn area(label: &str, colour: Rgb, points: Vec<(f64, f64)>) -> Line {
    Line {
        label: label.into(),
        colour,
        stroke: Stroke::Area,
        points,
    }
}

fn draw(lines: Vec<Line>, marks: Vec<(f64, String, Foot)>, title: &str, alt: &str) -> Figure {
    let y = 0.0..top(lines.iter().flat_map(|l| l.points.iter().map(|p| p.1)));
    let chart = Chart {
        title: title.into(),
        x_label: "grey value, 0 black to 1 white".into(),
        y_label: "% of all pixels".into(),
        x: 0.0..1.0,
        y,
        counts: false,
        lines,
        marks,
    };
    let mut svg = Svg::default();
    chart.draw(&mut svg, [0.0, 6.0, 520.0, 290.0]);
    svg.into_figure(520.0, 300.0, alt)
}

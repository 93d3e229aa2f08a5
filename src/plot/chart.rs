//! Lines over two axes, drawn by plotters, with our own legend above them.

use super::palette::WHITE as PAPER;
use super::palette::{MUTED, Rgb, TEXT, mix};
use super::svg::{Anchor, Font, Svg, text_width};
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::Range;

/// How a line is drawn: never by its colour alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stroke {
    Solid,
    Dashed,
    Dotted,
    /// A thin line in the background.
    Thin,
    /// Filled down to the axis, for histograms.
    Area,
}

/// One line of a chart.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub label: String,
    pub colour: Rgb,
    pub stroke: Stroke,
    pub points: Vec<(f64, f64)>,
}

/// Where the label of a vertical line stands: where the lines of the chart do not run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Foot {
    Low,
    High,
}

/// A chart before it is drawn.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    pub title: String,
    pub x_label: String,
    pub y_label: String,
    pub x: Range<f64>,
    pub y: Range<f64>,
    /// The x axis counts things: ticks at whole numbers only.
    pub counts: bool,
    pub lines: Vec<Line>,
    /// A vertical line with its label, at the foot of the line or at its head.
    pub marks: Vec<(f64, String, Foot)>,
}

const LEGEND: f32 = 46.0;

impl Chart {
    /// Draws the chart into a box of a larger picture.
    pub fn draw(&self, svg: &mut Svg, [x, y, width, height]: [f32; 4]) {
        let bold = Font {
            size: 13.0,
            colour: TEXT,
            anchor: Anchor::Start,
            bold: true,
        };
        svg.text(x + 58.0, y + 14.0, bold, &self.title);
        let mut at = x + 58.0;
        for line in self.lines.iter().filter(|l| !l.label.is_empty()) {
            let (dash, thick) = match line.stroke {
                Stroke::Solid => ("", 2.0),
                Stroke::Dashed => ("7 4", 2.0),
                Stroke::Dotted => ("2 3", 2.0),
                Stroke::Thin => ("", 1.0),
                Stroke::Area => ("", 8.0),
            };
            let colour = if line.stroke == Stroke::Area {
                mix(PAPER, line.colour, 0.5)
            } else {
                line.colour
            };
            svg.line(&[[at, y + 31.0], [at + 22.0, y + 31.0]], colour, thick, dash);
            svg.text(
                at + 27.0,
                y + 35.0,
                Font {
                    size: 12.0,
                    bold: false,
                    ..bold
                },
                &line.label,
            );
            at += 27.0 + text_width(&line.label, 12.0) + 14.0;
        }
        let size = (width.max(80.0) as u32, (height - LEGEND).max(60.0) as u32);
        let mut inner = String::new();
        if self.plot(&mut inner, size).is_err() {
            // Drawing into memory does not fail; should it, the page says so and lives on.
            let font = Font {
                size: 12.0,
                colour: MUTED,
                anchor: Anchor::Start,
                bold: false,
            };
            return svg.text(x + 58.0, y + LEGEND + 20.0, font, "(this chart could not be drawn)");
        }
        svg.nested(x, y + LEGEND, &inner);
    }

    fn plot(&self, to: &mut String, size: (u32, u32)) -> Result<(), Box<dyn std::error::Error>> {
        let root = SVGBackend::with_string(to, size).into_drawing_area();
        let (x, y) = (widened(&self.x), widened(&self.y));
        let (x_ticks, y_ticks) = (ticks(&x, 8, self.counts), ticks(&y, 5, false));
        let (x_digits, y_digits) = (digits(&x_ticks), digits(&y_ticks));
        let mut chart = ChartBuilder::on(&root)
            .margin_left(8)
            .margin_right(18)
            .margin_top(6)
            .x_label_area_size(40)
            .y_label_area_size(50)
            .build_cartesian_2d(
                Axis {
                    range: x.clone(),
                    ticks: x_ticks,
                },
                Axis {
                    range: y.clone(),
                    ticks: y_ticks,
                },
            )?;
        let text = |size: i32| ("sans-serif", size).into_font().color(&rgb(TEXT));
        chart
            .configure_mesh()
            .x_desc(self.x_label.as_str())
            .y_desc(self.y_label.as_str())
            .label_style(text(12))
            .axis_desc_style(text(13))
            .axis_style(rgb(MUTED))
            .bold_line_style(RGBColor(228, 228, 228))
            .light_line_style(TRANSPARENT)
            .x_label_formatter(&|v| format!("{v:.x_digits$}"))
            .y_label_formatter(&|v| format!("{v:.y_digits$}"))
            .draw()?;
        for line in &self.lines {
            let inside = |&(_, v): &(f64, f64)| v.is_finite();
            let points: Vec<(f64, f64)> = line
                .points
                .iter()
                .copied()
                .filter(inside)
                .map(|(a, b)| (a, b.clamp(y.start, y.end)))
                .collect();
            let colour = rgb(line.colour);
            let few = points.len() <= 30;
            match line.stroke {
                Stroke::Solid => {
                    chart.draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?;
                }
                Stroke::Dashed => {
                    chart.draw_series(DashedLineSeries::new(points.clone(), 7, 4, colour.stroke_width(2)))?;
                }
                Stroke::Dotted => {
                    chart.draw_series(DashedLineSeries::new(points.clone(), 2, 3, colour.stroke_width(2)))?;
                }
                Stroke::Thin => {
                    chart.draw_series(LineSeries::new(points.clone(), colour.stroke_width(1)))?;
                }
                Stroke::Area => {
                    let ends = [points.last(), points.first()]
                        .into_iter()
                        .flatten()
                        .map(|&(x, _)| (x, y.start));
                    let outline: Vec<(f64, f64)> = points.iter().copied().chain(ends).collect();
                    chart.draw_series(std::iter::once(Polygon::new(outline, colour.mix(0.4))))?;
                    chart.draw_series(LineSeries::new(points.clone(), colour.stroke_width(1)))?;
                }
            }
            if few && !matches!(line.stroke, Stroke::Thin | Stroke::Area) {
                chart.draw_series(points.iter().map(|&p| Circle::new(p, 3, colour.filled())))?;
            }
        }
        for (at, label, foot) in &self.marks {
            let ends = vec![(*at, y.start), (*at, y.end)];
            chart.draw_series(DashedLineSeries::new(ends, 4, 3, rgb(TEXT).stroke_width(1)))?;
            let left = *at > 0.6 * (x.start + x.end);
            let anchor = if left { HPos::Right } else { HPos::Left };
            let (end, side, down) = match foot {
                Foot::Low => (y.start, VPos::Bottom, -8),
                Foot::High => (y.end, VPos::Top, 4),
            };
            let style = text(12).pos(Pos::new(anchor, side));
            let shift = if left { -5 } else { 5 };
            let place = EmptyElement::at((*at, end));
            chart.draw_series(std::iter::once(place + Text::new(label.clone(), (shift, down), style)))?;
        }
        root.present()?;
        Ok(())
    }
}

/// A straight axis with ticks where we want them.
struct Axis {
    range: Range<f64>,
    ticks: Vec<f64>,
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let part = (value - self.range.start) / (self.range.end - self.range.start);
        from + (f64::from(to - from) * part).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

fn rgb([r, g, b]: Rgb) -> RGBColor {
    RGBColor(r, g, b)
}

/// A range that is neither empty nor of numbers that are none.
fn widened(range: &Range<f64>) -> Range<f64> {
    let finite = range.start.is_finite() && range.end.is_finite();
    if finite && range.end > range.start {
        range.clone()
    } else {
        0.0..1.0
    }
}

/// At most about `most` ticks at round numbers inside a range.
fn ticks(range: &Range<f64>, most: usize, whole: bool) -> Vec<f64> {
    let rough = (range.end - range.start) / most as f64;
    let power = 10f64.powf(rough.log10().floor());
    let round = [1.0, 2.0, 5.0, 10.0].map(|m| m * power);
    let mut step = round.into_iter().find(|s| *s >= rough * 0.999).unwrap_or(10.0 * power);
    if whole {
        step = step.ceil().max(1.0);
    }
    let (first, last) = (
        (range.start / step - 1e-9).ceil() as i64,
        (range.end / step + 1e-9).floor() as i64,
    );
    (first..=last).map(|i| i as f64 * step).collect()
}

/// Digits after the point that tell the ticks apart.
fn digits(ticks: &[f64]) -> usize {
    let step = ticks.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
    if step.is_finite() && step < 1.0 {
        (-step.log10() - 1e-9).ceil() as usize
    } else {
        0
    }
}

/// The upper end of an axis that begins at 0: the largest value and a little room.
pub(super) fn top(values: impl Iterator<Item = f64>) -> f64 {
    let most = values.filter(|v| v.is_finite()).fold(0.0, f64::max);
    if most > 0.0 { 1.06 * most } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_whole_where_things_are_counted() {
        assert_eq!(
            ticks(&(0.0..1.0), 5, false),
            [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]
        );
        assert_eq!(ticks(&(0.0..12.0), 8, true), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);
        assert_eq!(ticks(&(0.5..2.5), 8, true), [1.0, 2.0]);
        assert_eq!(digits(&[0.0, 0.25]), 1);
        assert_eq!(digits(&[0.0, 0.02]), 2);
        assert_eq!(digits(&[0.0, 5.0]), 0);
    }

    #[test]
    fn an_empty_axis_still_draws() {
        let chart = Chart {
            title: "t".into(),
            x_label: "x".into(),
            y_label: "y".into(),
            x: 1.0..1.0,
            y: f64::NAN..0.0,
            counts: true,
            lines: vec![Line {
                label: "l".into(),
                colour: TEXT,
                stroke: Stroke::Solid,
                points: vec![(0.0, f64::NAN)],
            }],
            marks: vec![(0.5, "here".into(), Foot::Low)],
        };
        let mut svg = Svg::default();
        chart.draw(&mut svg, [0.0, 0.0, 300.0, 200.0]);
        assert!(svg.finish(300.0, 200.0, "").contains("here"));
    }
}

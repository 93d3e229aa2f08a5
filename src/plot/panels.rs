//! Pictures in rows and columns, with titles and a legend.

use super::palette::{MUTED, Rgb, TEXT};
use super::svg::{Anchor, Font, Svg, text_width};
use super::{Figure, palette};
use crate::data::{Image, rgb_png};

/// A picture of coloured pixels and what to write over it.
pub(super) struct Panel {
    pub title: String,
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<Rgb>,
}

impl Panel {
    /// A picture whose pixel `i`, counted row by row, has the colour `colour(i)`.
    pub fn new(title: impl Into<String>, [height, width]: [usize; 2], colour: impl Fn(usize) -> Rgb) -> Self {
        Self {
            title: title.into(),
            width,
            height,
            pixels: (0..width * height).map(colour).collect(),
        }
    }

    /// An image as it is: grey, or in colour when it has three channels.
    pub fn image(title: impl Into<String>, image: &Image) -> Self {
        let rgb = image.with_channels(3);
        let level = |c: usize, i: usize| (rgb.channel(c)[i].clamp(0.0, 1.0) * 255.0).round() as u8;
        Self::new(title, image.size(), |i| [level(0, i), level(1, i), level(2, i)])
    }

    /// The scale at which it is shown beside others in a row. Small pictures grow by whole numbers, so that each pixel
    /// stays a square.
    fn scale(&self, in_row: usize) -> f32 {
        let wished = match in_row {
            0..=2 => 320.0,
            3 => 270.0,
            4 => 215.0,
            5 => 170.0,
            _ => 140.0,
        };
        let scale = wished / self.width.max(self.height).max(1) as f32;
        if scale >= 2.0 { scale.floor() } else { scale }
    }

    pub fn png(&self) -> Vec<u8> {
        rgb_png(self.width, self.height, &self.pixels.concat())
    }
}

/// One entry of a legend.
pub(super) type Key = (Rgb, &'static str);

const GAP: f32 = 14.0;
const TITLE: f32 = 22.0;
const LEGEND: f32 = 28.0;

/// Lays the rows out under one another and the legend below them.
pub(super) fn figure(rows: &[Vec<Panel>], legend: &[Key], alt: &str) -> Figure {
    let mut svg = Svg::default();
    let (mut y, mut right) = (6.0, 0f32);
    let font = Font {
        size: 13.0,
        colour: TEXT,
        anchor: Anchor::Middle,
        bold: false,
    };
    for row in rows {
        let titled = row.iter().any(|p| !p.title.is_empty());
        let top = y + if titled { TITLE } else { 4.0 };
        let (mut x, mut bottom) = (GAP, top);
        for panel in row {
            let scale = panel.scale(row.len());
            // A title longer than its picture gets the room that it needs.
            let (w, h) = (panel.width as f32 * scale, panel.height as f32 * scale);
            let cell = w.max(text_width(&panel.title, 13.0));
            if !panel.title.is_empty() {
                svg.text(x + cell / 2.0, top - 7.0, font, &panel.title);
            }
            svg.png([x + (cell - w) / 2.0, top, w, h], &panel.png(), scale >= 2.0);
            x += cell + GAP;
            bottom = bottom.max(top + h);
        }
        right = right.max(x);
        y = bottom + 8.0;
    }
    y += 4.0;
    if !legend.is_empty() {
        let mut x = GAP;
        for (colour, label) in legend {
            let width = 18.0 + text_width(label, 12.0) + 18.0;
            if x + width > right.max(300.0) && x > GAP {
                (x, y) = (GAP, y + 20.0);
            }
            svg.rect([x, y, 12.0, 12.0], *colour, Some(palette::GREY));
            svg.text(
                x + 18.0,
                y + 10.5,
                Font {
                    size: 12.0,
                    colour: MUTED,
                    anchor: Anchor::Start,
                    bold: false,
                },
                label,
            );
            x += width;
            right = right.max(x);
        }
        y += LEGEND;
    }
    svg.into_figure(right, y, alt)
}

//! A small writer of SVG: shapes are appended, then closed into a picture with a title for screen readers.

use super::palette::{Rgb, hex};
use super::{Figure, base64};
use std::fmt::Write;

/// Where a text's x is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Font {
    pub size: f32,
    pub colour: Rgb,
    pub anchor: Anchor,
    pub bold: bool,
}

/// A picture in the making. No element has an id, so that many pictures can live in one page.
#[derive(Clone, Debug, Default)]
pub(super) struct Svg {
    body: String,
}

impl Svg {
    pub fn text(&mut self, x: f32, y: f32, font: Font, text: &str) {
        let anchor = match font.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = if font.bold { " font-weight=\"bold\"" } else { "" };
        self.push(&format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{:.1}\" fill=\"{}\" text-anchor=\"{anchor}\"{weight}>{}</text>",
            font.size,
            hex(font.colour),
            escape(text)
        ));
    }

    pub fn rect(&mut self, [x, y, w, h]: [f32; 4], fill: Rgb, stroke: Option<Rgb>) {
        let stroke = stroke.map(|s| format!(" stroke=\"{}\"", hex(s))).unwrap_or_default();
        let fill = hex(fill);
        self.push(&format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" fill=\"{fill}\"{stroke}/>"
        ));
    }

    /// A line through the points; `dash` is SVG's stroke-dasharray, empty for a solid line.
    pub fn line(&mut self, points: &[[f32; 2]], colour: Rgb, width: f32, dash: &str) {
        let dash = if dash.is_empty() {
            String::new()
        } else {
            format!(" stroke-dasharray=\"{dash}\"")
        };
        self.push(&format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\"{dash}/>",
            list(points),
            hex(colour)
        ));
    }

    /// A straight arrow.
    pub fn arrow(&mut self, from: [f32; 2], to: [f32; 2], colour: Rgb, width: f32, dash: &str) {
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        let length = (dx * dx + dy * dy).sqrt().max(1e-3);
        let (ux, uy, head) = (dx / length, dy / length, 3.0 + 2.0 * width);
        let neck = [to[0] - head * ux, to[1] - head * uy];
        self.line(&[from, neck], colour, width, dash);
        let side = 0.5 * head;
        let corners = [
            to,
            [neck[0] - side * uy, neck[1] + side * ux],
            [neck[0] + side * uy, neck[1] - side * ux],
        ];
        self.push(&format!(
            "<polygon points=\"{}\" fill=\"{}\"/>",
            list(&corners),
            hex(colour)
        ));
    }

    /// A PNG in a box; `crisp` keeps the edges of enlarged pixels.
    pub fn png(&mut self, [x, y, w, h]: [f32; 4], png: &[u8], crisp: bool) {
        let style = if crisp {
            " style=\"image-rendering:pixelated\""
        } else {
            ""
        };
        self.push(&format!(
            "<image x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" preserveAspectRatio=\"none\"{style} \
             href=\"data:image/png;base64,{}\"/>",
            base64::encode(png)
        ));
    }

    /// Another whole SVG, moved, in this picture's font.
    pub fn nested(&mut self, x: f32, y: f32, svg: &str) {
        let svg = svg.replace(" font-family=\"sans-serif\"", "");
        self.push(&format!("<g transform=\"translate({x:.1} {y:.1})\">{}</g>", svg.trim()));
    }

    /// Closes the picture: white background, size, and `alt` as its title.
    pub fn finish(self, width: f32, height: f32, alt: &str) -> String {
        let alt = escape(alt);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"{alt}\" \
             font-family=\"system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif\" \
             style=\"background:#ffffff;max-width:100%;height:auto\">\n<title>{alt}</title>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>",
            self.body
        )
    }

    /// Closes the picture into a figure.
    pub fn into_figure(self, width: f32, height: f32, alt: &str) -> Figure {
        Figure::svg(self.finish(width, height, alt), alt)
    }

    fn push(&mut self, element: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.body, "{element}");
    }
}

fn list(points: &[[f32; 2]]) -> String {
    let pairs: Vec<String> = points.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
    pairs.join(" ")
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// "1 epoch", "2 epochs".
pub(super) fn counted(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// About the width of a text, for placing what follows it: exact widths are the browser's to know.
pub(super) fn text_width(text: &str, size: f32) -> f32 {
    0.56 * size * text.chars().count() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::palette::BLACK;

    #[test]
    fn a_picture_has_a_title_and_escapes_what_it_is_told() {
        let mut svg = Svg::default();
        let font = Font {
            size: 12.0,
            colour: BLACK,
            anchor: Anchor::Start,
            bold: false,
        };
        svg.text(1.0, 2.0, font, "a < b & \"c\"");
        let text = svg.finish(10.0, 20.0, "x > y");
        assert!(text.contains("aria-label=\"x &gt; y\"") && text.contains("<title>x &gt; y</title>"));
        assert!(text.contains(">a &lt; b &amp; &quot;c&quot;</text>"));
        assert!(text.contains("viewBox=\"0 0 10 20\""));
    }
}

//! The U, drawn with the numbers of a real configuration.

use super::Figure;
use super::palette::{BLUE, GREEN, MUTED, PURPLE, Rgb, TEXT, VERMILION, WHITE, mix};
use super::svg::{Anchor, Font, Svg, text_width};
use crate::error::ShapeError;
use crate::nn::{
    Block, Downsampling, LevelRole, LevelShape, Merge, Norm, Padding, UNetConfig, Upsampling, level_shapes,
};

const CONV: Rgb = BLUE;
const POOL: Rgb = VERMILION;
const UP: Rgb = GREEN;
const SKIP: Rgb = [100, 100, 100];
const OUT: Rgb = PURPLE;

/// Horizontal room between two boxes, for the arrow.
const GAP: f32 = 24.0;
/// The same at the bottom, wider, so that the text of the lowest skip connection has room above it.
const WIDE_GAP: f32 = 46.0;
/// Vertical room between two levels.
const DROP: f32 = 52.0;

/// The network as the U of Ronneberger, Fischer and Brox (2015), figure 1: the contracting path on the left, the
/// expansive path on the right, skip connections across. Each box is a stack of feature maps with their number on
/// top, each arrow an operation. `size` is the image's `[height, width]`. Taught in unit 01.
///
/// ```
/// use unet_lab::{nn::UNetConfig, plot::u_diagram};
/// let picture = u_diagram(&UNetConfig::new(3, 1), [256, 256])?;
/// assert!(picture.alt().contains("bottleneck 1024 x 16 x 16"));
/// # Ok::<(), unet_lab::error::ShapeError>(())
/// ```
///
/// # Errors
/// [`ShapeError`] if the configuration describes no network, or the size does not fit it.
pub fn u_diagram(config: &UNetConfig, size: [usize; 2]) -> Result<Figure, ShapeError> {
    let levels = level_shapes(config, size)?;
    let mut drawing = Drawing::new(config, size, &levels);
    let mut skips = Vec::new();
    let mut at = drawing.input(size);
    for level in levels.iter().filter(|l| l.role == LevelRole::Encoder) {
        at = drawing.encoder(level, at);
        skips.push(at);
    }
    for level in &levels {
        match level.role {
            LevelRole::Encoder => {}
            LevelRole::Bottleneck => at = drawing.bottleneck(level, at),
            LevelRole::Decoder => {
                let skip = skips.pop().unwrap_or(at);
                at = drawing.decoder(level, at, skip);
            }
            LevelRole::Output => drawing.output(level, at),
        }
    }
    Ok(drawing.finish(legend(config), &describe(config, size, &levels)))
}

/// What each arrow does in this network.
fn legend(config: &UNetConfig) -> [(Rgb, String); 5] {
    let norm = match config.norm {
        Norm::None => "",
        Norm::Batch => " + batch norm",
        Norm::Instance => " + instance norm",
        Norm::Group(_) => " + group norm",
    };
    let after = format!("{norm}{}", config.activation.suffix());
    let block = match config.block {
        Block::Double => "",
        Block::Residual => ", input added after two",
    };
    let up = match config.upsampling {
        Upsampling::NearestConv => format!("upsampling x2, 2x2 convolution{after}"),
        Upsampling::Transposed => "2x2 up-convolution".to_owned(),
        Upsampling::Linear => "linear upsampling x2, 1x1 convolution".to_owned(),
    };
    let crop = match config.padding {
        Padding::Same => "copy",
        Padding::Valid => "copy, crop",
    };
    let gate = match config.attention {
        true => ", attention gate",
        false => "",
    };
    let join = match config.merge {
        Merge::Concat => "concatenate",
        Merge::Add => "add",
    };
    let down = match config.downsampling {
        Downsampling::MaxPool => "2x2 max pooling",
        Downsampling::Strided => "2x2 convolution of stride 2",
    };
    [
        (CONV, format!("3x3 convolution{after}{block}")),
        (POOL, down.to_owned()),
        (UP, up),
        (SKIP, format!("skip connection: {crop}{gate} and {join}")),
        (OUT, "1x1 convolution".to_owned()),
    ]
}

fn describe(config: &UNetConfig, [height, width]: [usize; 2], levels: &[LevelShape]) -> String {
    let parts: Vec<String> = levels
        .iter()
        .map(|l| format!("{} {} x {} x {}", l.name, l.channels, l.height, l.width))
        .collect();
    format!(
        "The U-Net for images of {} x {height} x {width} (channels x height x width): {}",
        config.in_channels,
        parts.join(", ")
    )
}

/// A stack of feature maps in the drawing: left edge, width, and the row that it stands in.
#[derive(Clone, Copy, Debug)]
struct Stack {
    x: f32,
    width: f32,
    channels: usize,
    row: usize,
}

impl Stack {
    fn right(self) -> f32 {
        self.x + self.width
    }

    fn centre(self) -> f32 {
        self.x + self.width / 2.0
    }
}

struct Drawing {
    svg: Svg,
    /// Top and height of each row.
    rows: Vec<[f32; 2]>,
    in_channels: usize,
    /// Pixels of a side that the two convolutions of a level lose.
    lost: usize,
    right: f32,
}

impl Drawing {
    fn new(config: &UNetConfig, [height, width]: [usize; 2], levels: &[LevelShape]) -> Self {
        let mut rows = Vec::new();
        let mut top = 58.0;
        for row in 0..=config.depth {
            let height = 28.0 + 132.0 * 0.55f32.powi(row as i32);
            rows.push([top, height]);
            top += height + DROP;
        }
        let mut svg = Svg::default();
        let title = match levels.last() {
            Some(last) => format!(
                "U-Net: {} x {height} x {width} in, {} x {} x {} out (channels x height x width)",
                config.in_channels, last.channels, last.height, last.width
            ),
            None => "U-Net".into(),
        };
        svg.text(16.0, 22.0, font(14.0, TEXT, Anchor::Start, true), &title);
        Self {
            svg,
            rows,
            in_channels: config.in_channels,
            lost: match config.padding {
                Padding::Same => 0,
                Padding::Valid => 4,
            },
            right: text_width(&title, 15.0),
        }
    }

    fn middle(&self, row: usize) -> f32 {
        self.rows[row][0] + self.rows[row][1] / 2.0
    }

    fn bottom(&self, row: usize) -> f32 {
        self.rows[row][0] + self.rows[row][1]
    }

    /// Draws a stack without a number.
    fn silent(&mut self, x: f32, channels: usize, row: usize, fill: Rgb) -> Stack {
        let stack = Stack {
            x,
            width: width_of(channels),
            channels,
            row,
        };
        let [top, height] = self.rows[row];
        self.svg.rect([x, top, stack.width, height], fill, Some(TEXT));
        self.right = self.right.max(stack.right());
        stack
    }

    /// Draws a stack and its number of maps: above the middle, or beside an arrow that is there.
    fn stack(&mut self, x: f32, channels: usize, row: usize, fill: Rgb, number: Anchor) -> Stack {
        let (stack, top) = (self.silent(x, channels, row, fill), self.rows[row][0]);
        let place = match number {
            Anchor::Start => stack.centre() + 7.0,
            Anchor::Middle => stack.centre(),
            Anchor::End => stack.centre() - 7.0,
        };
        self.svg
            .text(place, top - 5.0, font(12.0, TEXT, number, false), &channels.to_string());
        stack
    }

    /// A convolution to the right of a stack.
    fn conv(&mut self, from: Stack, channels: usize, number: Anchor) -> Stack {
        let (y, gap) = (
            self.middle(from.row),
            if from.row + 1 == self.rows.len() { WIDE_GAP } else { GAP },
        );
        self.svg
            .arrow([from.right() + 2.0, y], [from.right() + gap - 2.0, y], CONV, 2.5, "");
        self.stack(from.right() + gap, channels, from.row, fill(), number)
    }

    /// What a row holds, in two lines.
    fn label(&mut self, x: f32, y: f32, anchor: Anchor, level: &LevelShape) {
        self.svg.text(x, y, font(12.0, TEXT, anchor, true), &level.name);
        self.svg.text(
            x,
            y + 14.0,
            font(12.0, MUTED, anchor, false),
            &format!("{} x {}", level.height, level.width),
        );
    }

    fn input(&mut self, [height, width]: [usize; 2]) -> Stack {
        // The image itself comes first; its size stands below it.
        let x = 96.0;
        let at = Stack {
            x,
            width: 0.0,
            channels: 0,
            row: 0,
        };
        self.svg.text(
            x - 10.0,
            self.middle(0) - 18.0,
            font(12.0, TEXT, Anchor::End, true),
            "image",
        );
        self.svg.text(
            x - 10.0,
            self.middle(0) - 4.0,
            font(12.0, MUTED, Anchor::End, false),
            &format!("{height} x {width}"),
        );
        at
    }

    fn encoder(&mut self, level: &LevelShape, from: Stack) -> Stack {
        let row = level.level - 1;
        let first = self.enter(level, from);
        let label_y = if row == 0 {
            self.middle(0) + 18.0
        } else {
            self.middle(row) - 3.0
        };
        self.label(first.x - 10.0, label_y, Anchor::End, level);
        let one = self.conv(first, level.channels, Anchor::Middle);
        self.conv(one, level.channels, Anchor::Middle)
    }

    /// The stack that a level of the contracting path begins with: the image, or the pooled maps of the level above.
    fn enter(&mut self, level: &LevelShape, from: Stack) -> Stack {
        let row = level.level - 1;
        if row == 0 {
            return self.stack(from.x, self.in_channels, 0, mix(WHITE, TEXT, 0.12), Anchor::Middle);
        }
        let width = width_of(from.channels);
        self.svg.arrow(
            [from.centre(), self.bottom(from.row) + 2.0],
            [from.centre(), self.rows[row][0] - 3.0],
            POOL,
            2.5,
            "",
        );
        self.stack(from.centre() - width / 2.0, from.channels, row, fill(), Anchor::End)
    }

    fn bottleneck(&mut self, level: &LevelShape, from: Stack) -> Stack {
        let first = self.enter(level, from);
        let one = self.conv(first, level.channels, Anchor::Middle);
        let two = self.conv(one, level.channels, Anchor::Start);
        let y = self.bottom(level.level - 1) + 17.0;
        self.label(one.centre(), y, Anchor::Middle, level);
        two
    }

    fn decoder(&mut self, level: &LevelShape, from: Stack, skip: Stack) -> Stack {
        let row = level.level - 1;
        // The maps from below arrive in the right half, the copied ones in the left half.
        let width = width_of(level.channels);
        let up_x = from.centre() - width / 2.0;
        self.svg.arrow(
            [from.centre(), self.rows[from.row][0] - 2.0],
            [from.centre(), self.bottom(row) + 3.0],
            UP,
            2.5,
            "",
        );
        let copied_x = up_x - width_of(skip.channels);
        let y = self.middle(row);
        self.svg
            .arrow([skip.right() + 3.0, y], [copied_x - 3.0, y], SKIP, 2.0, "6 4");
        let [height, width] = [level.height, level.width].map(|side| side + self.lost);
        let text = format!("{} x {height} x {width}", skip.channels);
        self.svg.text(
            (skip.right() + copied_x) / 2.0,
            y - 7.0,
            font(12.0, MUTED, Anchor::Middle, false),
            &text,
        );
        self.silent(copied_x, skip.channels, row, WHITE);
        let up = self.silent(up_x, level.channels, row, fill());
        let joined = format!("{}+{}", skip.channels, level.channels);
        self.svg.text(
            up_x,
            self.rows[row][0] - 5.0,
            font(12.0, TEXT, Anchor::Middle, false),
            &joined,
        );
        let one = self.conv(up, level.channels, Anchor::Middle);
        // The arrow to the next level leaves from the top of the last stack; there is none at the top of the U.
        let two = self.conv(
            one,
            level.channels,
            if row == 0 { Anchor::Middle } else { Anchor::Start },
        );
        let label_x = if row == 0 {
            (one.x + two.right()) / 2.0
        } else {
            two.right() + 10.0
        };
        let (label_y, anchor) = if row == 0 {
            (self.bottom(0) + 17.0, Anchor::Middle)
        } else {
            (y - 3.0, Anchor::Start)
        };
        self.label(label_x, label_y, anchor, level);
        self.right = self.right.max(two.right() + 80.0);
        two
    }

    fn output(&mut self, level: &LevelShape, from: Stack) {
        let y = self.middle(0);
        self.svg
            .arrow([from.right() + 2.0, y], [from.right() + GAP - 2.0, y], OUT, 2.5, "");
        let out = self.stack(
            from.right() + GAP,
            level.channels,
            0,
            mix(WHITE, TEXT, 0.12),
            Anchor::Middle,
        );
        self.label(out.right() + 9.0, y - 3.0, Anchor::Start, level);
        self.right = self.right.max(out.right() + 84.0);
    }

    fn finish(mut self, legend: [(Rgb, String); 5], alt: &str) -> Figure {
        let (mut x, mut y) = (16.0, self.rows.last().map_or(0.0, |r| r[0] + r[1]) + 58.0);
        let width = self.right + 16.0;
        for (colour, label) in legend {
            let room = 34.0 + text_width(&label, 12.0) + 18.0;
            if x + room > width && x > 16.0 {
                (x, y) = (16.0, y + 22.0);
            }
            let dash = if colour == SKIP { "6 4" } else { "" };
            self.svg.arrow([x, y], [x + 26.0, y], colour, 2.5, dash);
            self.svg
                .text(x + 32.0, y + 4.0, font(12.0, TEXT, Anchor::Start, false), &label);
            x += room;
        }
        self.svg.into_figure(width, y + 18.0, alt)
    }
}

/// Feature maps: pale blue, as in the paper.
fn fill() -> Rgb {
    mix(WHITE, BLUE, 0.22)
}

fn width_of(channels: usize) -> f32 {
    (4.0 + 1.3 * (channels as f32).sqrt()).min(70.0)
}

fn font(size: f32, colour: Rgb, anchor: Anchor, bold: bool) -> Font {
    Font {
        size,
        colour,
        anchor,
        bold,
    }
}

//! Any network of the library as boxes and arrows.

use super::Figure;
use super::blocks::{Block, blocks};
use super::palette::{BLUE, GREEN, MUTED, Rgb, TEXT, VERMILION, WHITE, mix};
use super::svg::{Anchor, Font, Svg, text_width};
use crate::error::{ShapeError, sides};
use crate::nn::Explain;

const DOWN: Rgb = VERMILION;
const UP: Rgb = GREEN;
const SKIP: Rgb = [100, 100, 100];

/// Room for the title above the first level, for the sizes left of the first column, and between columns and levels.
const TOP: f32 = 78.0;
const LEFT: f32 = 96.0;
const COLUMN: f32 = 74.0;
const DROP: f32 = 46.0;
/// Between levels where skip connections pass over blocks.
const WIDE_DROP: f32 = 68.0;

/// A network as it is built, from its real module: a box a block, its height after the size of the maps and its width after their
/// number; levels from full size at the top to the smallest at the bottom; an arrow wherever one block reads another. It draws
/// what is no plain U, too: the nested nodes of U-Net++, backbones, V-Nets, volumes. The U itself, operation by operation, is
/// [`u_diagram`](super::u_diagram). Taught in unit 06 (variants).
///
/// ```
/// use unet_lab::prelude::*;
/// let network = UNetPlusPlusConfig::new(1, 1).with_base_channels(4).init(&cpu());
/// let picture = network_diagram(&network, &[64, 64])?;
/// assert!(picture.alt().contains("node 0,4 reads node 1,3, node 0,0"));
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// [`ShapeError`] if an image of this `[height, width]`, or a volume of this `[depth, height, width]`, does not pass through.
pub fn network_diagram(network: &impl Explain, size: &[usize]) -> Result<Figure, ShapeError> {
    let summary = network.explain(size)?;
    let blocks = blocks(&summary);
    let parameters: usize = summary.rows.iter().map(|row| row.parameters).sum();
    let mut drawing = Drawing::new(&blocks);
    drawing.sizes();
    for (at, block) in blocks.iter().enumerate() {
        for &input in &block.inputs {
            drawing.edge(&blocks, input, at);
        }
    }
    blocks.iter().for_each(|block| drawing.block(block));
    let title = format!("{} blocks, {} million parameters", blocks.len(), millions(parameters));
    Ok(drawing.finish(&title, &describe(&blocks)))
}

fn millions(count: usize) -> String {
    format!("{:.2}", count as f64 / 1e6)
}

fn describe(blocks: &[Block]) -> String {
    let parts: Vec<String> = blocks
        .iter()
        .map(|block| {
            let shape = format!("{} gives {} x {}", block.name, block.channels, sides(&block.size));
            let names: Vec<&str> = block.inputs.iter().map(|&input| blocks[input].name.as_str()).collect();
            match names.is_empty() {
                true => shape,
                false => format!(
                    "{} reads {} and {}",
                    block.name,
                    names.join(", "),
                    &shape[block.name.len() + 1..]
                ),
            }
        })
        .collect();
    format!("The network's blocks (channels x size): {}", parts.join("; "))
}

struct Drawing {
    svg: Svg,
    /// Top and height of each level.
    levels: Vec<[f32; 2]>,
    /// The size that stands beside each level.
    labels: Vec<Vec<usize>>,
    width: f32,
}

impl Drawing {
    fn new(blocks: &[Block]) -> Self {
        let depth = blocks.iter().map(|block| block.level).max().unwrap_or(0);
        let arched = blocks.iter().any(|target| {
            let mut sources = target.inputs.iter().filter_map(|&input| blocks.get(input));
            sources.any(|source| source.level == target.level && between(blocks, source, target))
        });
        let drop = if arched { WIDE_DROP } else { DROP };
        let mut top = TOP + 16.0 * longest_arc(blocks) as f32;
        let levels = (0..=depth)
            .map(|level| {
                let height = 26.0 + 74.0 * 0.62f32.powi(level as i32);
                let row = [top, height];
                top += height + drop;
                row
            })
            .collect();
        let columns = blocks.iter().map(|block| block.column).max().unwrap_or(0);
        Self {
            svg: Svg::default(),
            levels,
            labels: (0..=depth)
                .map(|level| {
                    let first = blocks.iter().find(|block| block.level == level);
                    first.map(|block| block.size.clone()).unwrap_or_default()
                })
                .collect(),
            width: LEFT + COLUMN * (columns as f32 + 1.0),
        }
    }

    fn middle(&self, block: &Block) -> [f32; 2] {
        let [top, height] = self.levels[block.level];
        [LEFT + COLUMN * (block.column as f32 + 0.4), top + height / 2.0]
    }

    /// The size of the maps beside each level; a block of another size (after valid convolutions) says so itself.
    fn sizes(&mut self) {
        for (size, [top, height]) in self.labels.iter().zip(&self.levels) {
            let place = top + height / 2.0 + 4.0;
            self.svg
                .text(14.0, place, font(11.0, MUTED, Anchor::Start), &sides(size));
        }
    }

    fn block(&mut self, block: &Block) {
        let [x, y] = self.middle(block);
        let (width, height) = (width_of(block.channels), self.levels[block.level][1]);
        self.svg.rect(
            [x - width / 2.0, y - height / 2.0, width, height],
            mix(WHITE, BLUE, 0.35),
            Some(TEXT),
        );
        let above = y - height / 2.0 - 5.0;
        self.svg
            .text(x, above, font(12.0, TEXT, Anchor::Middle), &block.channels.to_string());
        let below = y + height / 2.0 + 12.0;
        if self.labels[block.level] != block.size {
            self.svg
                .text(x, below + 11.0, font(9.5, MUTED, Anchor::Middle), &sides(&block.size));
        }
        self.svg.text(x, below, font(9.5, MUTED, Anchor::Middle), &block.name);
    }

    fn edge(&mut self, blocks: &[Block], from: usize, to: usize) {
        let (source, target) = (&blocks[from], &blocks[to]);
        let ([x0, y0], [x1, y1]) = (self.middle(source), self.middle(target));
        let start = [x0 + width_of(source.channels) / 2.0 + 2.0, y0];
        let end = [x1 - width_of(target.channels) / 2.0 - 2.0, y1];
        let direct = target.column == source.column + 1;
        match target.level.cmp(&source.level) {
            std::cmp::Ordering::Greater => self.svg.arrow(start, end, DOWN, 2.0, ""),
            std::cmp::Ordering::Less => self.svg.arrow(start, end, UP, 2.0, ""),
            std::cmp::Ordering::Equal if direct => self.svg.arrow(start, end, BLUE, 2.0, ""),
            std::cmp::Ordering::Equal if between(blocks, source, target) => self.arc(source, target),
            std::cmp::Ordering::Equal => self.svg.arrow(start, end, SKIP, 1.5, "6 3"),
        }
    }

    /// A skip connection over the blocks that stand in its way.
    fn arc(&mut self, source: &Block, target: &Block) {
        let ([x0, y], [x1, _]) = (self.middle(source), self.middle(target));
        // Above the number that stands on the box.
        let half = self.levels[source.level][1] / 2.0 + 17.0;
        let span = (target.column - source.column) as f32;
        let height = y - half - 6.0 - 4.0 * span;
        // Each starts a little apart from the others of its block.
        let (left, right) = (x0 + 3.0 + span, x1 - 3.0 - 1.5 * span);
        self.svg.line(
            &[[left, y - half], [left + 6.0, height], [right - 6.0, height]],
            SKIP,
            1.2,
            "6 3",
        );
        self.svg
            .arrow([right - 6.0, height], [right, y - half - 1.0], SKIP, 1.2, "");
    }

    fn finish(mut self, title: &str, alt: &str) -> Figure {
        self.svg.text(14.0, 24.0, bold(14.0), title);
        let mut x = 14.0;
        for (colour, text) in [
            (DOWN, "halved"),
            (UP, "doubled"),
            (SKIP, "skip connection"),
            (BLUE, "same size"),
        ] {
            self.svg.arrow([x, 44.0], [x + 24.0, 44.0], colour, 2.0, "");
            self.svg.text(x + 30.0, 48.0, font(11.0, TEXT, Anchor::Start), text);
            x += 48.0 + text_width(text, 11.0);
        }
        let bottom = self.levels.last().map_or(TOP, |[top, height]| top + height + 26.0);
        let width = self.width.max(x).max(text_width(title, 15.0));
        self.svg.into_figure(width, bottom, alt)
    }
}

/// Whether another block of the level stands between the two.
fn between(blocks: &[Block], source: &Block, target: &Block) -> bool {
    let columns = source.column + 1..target.column;
    blocks
        .iter()
        .any(|block| block.level == source.level && columns.contains(&block.column))
}

/// Columns that the widest arc above the first level spans.
fn longest_arc(blocks: &[Block]) -> usize {
    let arcs = blocks.iter().flat_map(|target| {
        let sources = target.inputs.iter().filter_map(|&input| blocks.get(input));
        sources
            .filter(|source| source.level == 0 && target.level == 0 && between(blocks, source, target))
            .map(|source| (target.column - source.column) / 3)
    });
    arcs.max().unwrap_or(0)
}

fn width_of(channels: usize) -> f32 {
    (5.0 + 1.3 * (channels as f32).sqrt()).min(46.0)
}

fn font(size: f32, colour: Rgb, anchor: Anchor) -> Font {
    Font {
        size,
        colour,
        anchor,
        bold: false,
    }
}

fn bold(size: f32) -> Font {
    Font {
        bold: true,
        ..font(size, TEXT, Anchor::Start)
    }
}

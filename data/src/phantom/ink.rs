//! Drawing in the plane: strokes, outlines, letters, colours.

use super::noise::{Field, between, distance, normal};
use crate::{Dataset, Image, ImagePair, Mask};
use rand::Rng;
use rayon::prelude::*;
use std::f32::consts::TAU;

/// A place `[x, y]` in pixels.
pub(super) type Spot = [f32; 2];

/// Distance from a straight piece, and how far along it (0 to 1) the nearest place lies.
pub(super) fn piece(p: Spot, from: Spot, to: Spot) -> (f32, f32) {
    let (ax, ay) = (to[0] - from[0], to[1] - from[1]);
    let t = ((p[0] - from[0]) * ax + (p[1] - from[1]) * ay) / (ax * ax + ay * ay).max(1e-9);
    let t = t.clamp(0.0, 1.0);
    (distance(p, [from[0] + t * ax, from[1] + t * ay]), t)
}

/// The pixels of a square field within `reach` of a box.
fn near(size: usize, low: Spot, high: Spot, reach: f32) -> impl Iterator<Item = (usize, usize)> {
    let range = |i: usize| {
        let clip = |v: f32| v.clamp(0.0, size as f32) as usize;
        clip(low[i] - reach)..clip(high[i] + reach + 1.0)
    };
    let columns = range(0);
    range(1).flat_map(move |y| columns.clone().map(move |x| (x, y)))
}

/// Draws a stroke with round ends: every pixel keeps the larger of its value and `ink` times the part that is covered.
/// Strokes thinner than a pixel are fainter.
pub(super) fn stroke(field: &mut Field, from: Spot, to: Spot, radii: [f32; 2], ink: f32) {
    let size = field.size;
    let low = [from[0].min(to[0]), from[1].min(to[1])];
    let high = [from[0].max(to[0]), from[1].max(to[1])];
    for (x, y) in near(size, low, high, radii[0].max(radii[1]) + 1.0) {
        let (away, t) = piece([x as f32, y as f32], from, to);
        let radius = radii[0] + (radii[1] - radii[0]) * t;
        let covered = (radius - away + 0.5).clamp(0.0, 1.0) * (2.0 * radius).min(1.0);
        let v = &mut field.data[y * size + x];
        *v = v.max(ink * covered);
    }
}

/// Draws a path whose radius goes evenly from the first to the second.
pub(super) fn draw_path(field: &mut Field, path: &[Spot], radii: [f32; 2], ink: f32) {
    let n = path.len().saturating_sub(1).max(1) as f32;
    for (i, w) in path.windows(2).enumerate() {
        let at = |i: usize| radii[0] + (radii[1] - radii[0]) * i as f32 / n;
        stroke(field, w[0], w[1], [at(i), at(i + 1)], ink);
    }
}

/// A curve of `n` pieces from `a` to `b`, drawn towards `pull`.
pub(super) fn curve(a: Spot, pull: Spot, b: Spot, n: usize) -> Vec<Spot> {
    let at = |t: f32| [0, 1].map(|i| (1.0 - t).powi(2) * a[i] + 2.0 * t * (1.0 - t) * pull[i] + t * t * b[i]);
    (0..=n).map(|i| at(i as f32 / n.max(1) as f32)).collect()
}

/// A closed outline around a place: an ellipse whose radius waves.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    pub at: Spot,
    pub radii: Spot,
    pub angle: f32,
    waves: Vec<[f32; 2]>,
}

impl Blob {
    /// `rough` is how much the radius varies, 0 for an ellipse, 0.3 for an amoeba; `waves` how many there are around it.
    pub fn new(rng: &mut impl Rng, at: Spot, radii: Spot, angle: f32, rough: f32, waves: usize) -> Self {
        let waves = (0..waves)
            .map(|k| [rough * normal(rng) / (1.0 + k as f32), between(rng, 0.0, TAU)])
            .collect();
        Self {
            at,
            radii,
            angle,
            waves,
        }
    }

    /// About the distance of a place from the outline in pixels, negative inside.
    pub fn outside(&self, p: Spot) -> f32 {
        let (dx, dy) = (p[0] - self.at[0], p[1] - self.at[1]);
        let (sin, cos) = self.angle.sin_cos();
        let (u, v) = (
            (dx * cos + dy * sin) / self.radii[0],
            (dy * cos - dx * sin) / self.radii[1],
        );
        let angle = v.atan2(u);
        let wave = self
            .waves
            .iter()
            .enumerate()
            .map(|(k, [depth, phase])| depth * ((k + 2) as f32 * angle + phase).cos());
        let rim = 1.0 + wave.sum::<f32>();
        (u.hypot(v) - rim) * self.radii[0].min(self.radii[1])
    }
}

/// Three planes of colour.
pub(super) type Colour = [f32; 3];

pub(super) fn blend(colour: &mut Colour, other: Colour, part: f32) {
    colour.iter_mut().zip(other).for_each(|(v, o)| *v += (o - *v) * part);
}

/// An image of three channels from one colour a pixel, rounded to 256 levels.
pub(super) fn colour_image(size: usize, mut colour: impl FnMut(usize) -> Colour) -> Image {
    let area = size * size;
    let mut data = vec![0.0; 3 * area];
    for i in 0..area {
        for (c, v) in colour(i).into_iter().enumerate() {
            data[c * area + i] = super::noise::grey_level(v);
        }
    }
    Image::new_square(size, 3, data)
}

/// Pairs of which image `i` does not depend on how many there are.
pub(super) fn pairs(count: usize, make: impl Fn(usize) -> ImagePair + Send + Sync) -> Dataset {
    (0..count)
        .into_par_iter()
        .map(make)
        .collect::<Vec<_>>()
        .into_iter()
        .collect()
}

/// What a size of 0 gives.
pub(super) fn nothing(name: String, channels: usize) -> ImagePair {
    let image = Image::new_square(0, channels, Vec::new());
    ImagePair::matched(name, image, Mask::new_square(0, Vec::new()))
}

/// Letters and digits of 5 x 7 dots, a row a number, the leftmost dot its highest bit.
const LETTERS: [(char, [u8; 7]); 14] = [
    ('L', [16, 16, 16, 16, 16, 16, 31]),
    ('R', [30, 17, 17, 30, 20, 18, 17]),
    ('0', [14, 17, 19, 21, 25, 17, 14]),
    ('1', [4, 12, 4, 4, 4, 4, 14]),
    ('2', [14, 17, 1, 2, 4, 8, 31]),
    ('3', [14, 17, 1, 6, 1, 17, 14]),
    ('4', [2, 6, 10, 18, 31, 2, 2]),
    ('5', [31, 16, 30, 1, 1, 17, 14]),
    ('6', [6, 8, 16, 30, 17, 17, 14]),
    ('7', [31, 1, 2, 4, 8, 8, 8]),
    ('8', [14, 17, 17, 14, 17, 17, 14]),
    ('9', [14, 17, 17, 15, 1, 2, 12]),
    ('A', [14, 17, 17, 31, 17, 17, 17]),
    ('P', [30, 17, 17, 30, 16, 16, 16]),
];

/// Writes a text whose dots are `dot` pixels wide from its upper left corner; unknown characters are left out.
pub(super) fn write(field: &mut Field, text: &str, at: Spot, dot: f32, ink: f32) {
    for (n, letter) in text.chars().enumerate() {
        let Some((_, rows)) = LETTERS.iter().find(|(c, _)| *c == letter) else {
            continue;
        };
        for (row, bits) in rows.iter().enumerate() {
            for column in (0..5).filter(|c| bits >> (4 - c) & 1 == 1) {
                let p = [at[0] + dot * (6 * n + column) as f32, at[1] + dot * row as f32];
                stroke(field, p, p, [0.62 * dot; 2], ink);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn a_stroke_covers_its_width() {
        let mut field = Field::filled(20, 0.0);
        stroke(&mut field, [-5.0, 10.0], [25.0, 10.0], [2.0; 2], 1.0);
        let column: f32 = (0..20).map(|y| field.data[y * 20 + 7]).sum();
        assert!((column - 4.0).abs() < 1e-5, "{column}");
        assert_eq!(field.data[3 * 20 + 7], 0.0);
    }

    #[test]
    fn a_smooth_blob_is_an_ellipse() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let blob = Blob::new(&mut rng, [10.0, 20.0], [6.0, 3.0], 0.0, 0.0, 5);
        assert!(blob.outside([16.0, 20.0]).abs() < 1e-5 && blob.outside([10.0, 23.0]).abs() < 1e-5);
        assert!(blob.outside([10.0, 20.0]) < -2.9);
    }
}

//! A cut through packed cells: which cell each pixel belongs to, and how far it is from the membrane.

use super::noise::{Field, between, distance, normal};
use rand::{Rng, RngExt};

/// The cells of one image.
pub(super) struct Cells {
    /// The cell of each pixel.
    pub label: Vec<usize>,
    /// The distance of each pixel from the middle of the nearest membrane in pixels; negative in the corners where
    /// three cells leave a gap.
    pub edge: Field,
    /// One more than the largest label.
    pub count: usize,
}

/// A point that a cell grows from, and how far it grows before it meets another.
struct Seed {
    at: [f32; 2],
    radius: f32,
    cell: usize,
}

/// Corners are rounded over about so many pixels.
const ROUNDING: f32 = 2.1;

impl Cells {
    /// Grows cells on a square. Seeds of widely different radius are dropped at random; each pixel belongs to the
    /// seed whose rim is nearest (an additively weighted Voronoi diagram, whose borders are curved), after the square
    /// was bent by smooth noise; some neighbours become one cell, so that not all are convex.
    pub fn grow(rng: &mut impl Rng, size: usize) -> Self {
        let bend = Bend::new(rng, size);
        let seeds = scatter(rng, size as f32);
        let mut label = Vec::with_capacity(size * size);
        let mut raw = Field::filled(size, 0.0);
        for (i, gap) in raw.data.iter_mut().enumerate() {
            let place = bend.apply(i % size, i / size);
            let rim = |s: &Seed| distance(s.at, place) - 0.62 * s.radius;
            let rims: Vec<f32> = seeds.iter().map(rim).collect();
            let nearest = (0..seeds.len())
                .min_by(|&a, &b| rims[a].total_cmp(&rims[b]))
                .unwrap_or(0);
            let cell = seeds[nearest].cell;
            let others = seeds.iter().zip(&rims).filter(|(s, _)| s.cell != cell);
            let near = others.map(|(_, r)| 0.5 * (r - rims[nearest])).filter(|&d| d < 60.0);
            let sum: f32 = near.map(|d| (-d / ROUNDING).exp()).sum();
            *gap = -ROUNDING * sum.max(1e-16).ln();
            label.push(cell);
        }
        let edge = Field {
            size,
            data: (0..size * size).map(|i| raw.data[i] / steepness(&raw, i)).collect(),
        };
        Self {
            label,
            edge,
            count: seeds.len(),
        }
    }
}

/// How fast the field changes at a pixel. Dividing by it turns the field near its zeros into a distance in pixels.
fn steepness(field: &Field, i: usize) -> f32 {
    let (size, data) = (field.size, &field.data);
    let (x, y) = (i % size, i / size);
    let change = |inside: bool, j: usize| {
        if inside { (data[j] - data[i]).abs() } else { 0.0 }
    };
    let along_x = change(x > 0, i.wrapping_sub(1)).max(change(x + 1 < size, i + 1));
    let along_y = change(y > 0, i.wrapping_sub(size)).max(change(y + 1 < size, i + size));
    along_x.hypot(along_y).clamp(0.3, 2.5)
}

/// Bends the square: a slow sway, a fine tremble, and a stretch along one direction.
struct Bend {
    sway: [Field; 2],
    tremble: [Field; 2],
    middle: f32,
    turn: [f32; 2],
    stretch: f32,
}

impl Bend {
    fn new(rng: &mut impl Rng, size: usize) -> Self {
        let mut pair = |scale: f32| [Field::smooth(rng, size, scale), Field::smooth(rng, size, scale)];
        let (sway, tremble) = (pair(48.0), pair(10.0));
        let angle = between(rng, 0.0, std::f32::consts::PI);
        Self {
            sway,
            tremble,
            middle: size as f32 / 2.0,
            turn: [angle.cos(), angle.sin()],
            stretch: between(rng, 1.0, 1.3),
        }
    }

    fn apply(&self, x: usize, y: usize) -> [f32; 2] {
        let i = y * self.sway[0].size + x;
        let moved = |axis: usize| 9.0 * self.sway[axis].data[i] + 2.0 * self.tremble[axis].data[i] - self.middle;
        let (u, v) = (x as f32 + moved(0), y as f32 + moved(1));
        let [cos, sin] = self.turn;
        [
            (cos * u + sin * v) * self.stretch + self.middle,
            (cos * v - sin * u) / self.stretch + self.middle,
        ]
    }
}

/// Seeds over the square and a wide margin, large ones first, then smaller ones in the gaps.
fn scatter(rng: &mut impl Rng, size: f32) -> Vec<Seed> {
    let margin = 0.35 * size + 60.0;
    let span = size + 2.0 * margin;
    let crowd = Field::smooth(rng, span as usize + 1, 85.0);
    let mut seeds: Vec<Seed> = Vec::new();
    for (radius, tries) in [(62.0, 0.25), (40.0, 0.6), (26.0, 2.0), (17.0, 10.0), (12.5, 30.0)] {
        for _ in 0..(tries * span * span / 4000.0) as usize {
            let at = [between(rng, 0.0, span), between(rng, 0.0, span)];
            let radius = radius * (0.12 * normal(rng)).exp();
            // Small cells come in crowds, large ones elsewhere.
            let welcome = crowd.at(at[0], at[1]) * if radius < 20.0 { 0.5 } else { -0.5 } + 0.6;
            let at = [at[0] - margin, at[1] - margin];
            let free = |s: &Seed| distance(s.at, at) > 0.82 * (s.radius + radius);
            if rng.random::<f32>() < welcome && seeds.iter().all(free) {
                seeds.push(Seed {
                    at,
                    radius,
                    cell: seeds.len(),
                });
            }
        }
    }
    for i in 0..seeds.len() {
        if rng.random::<f32>() < 0.16 {
            let far = |s: &Seed| distance(s.at, seeds[i].at);
            let others = (0..seeds.len()).filter(|&j| seeds[j].cell != seeds[i].cell);
            if let Some(j) = others.min_by(|&a, &b| far(&seeds[a]).total_cmp(&far(&seeds[b]))) {
                let (from, to) = (seeds[i].cell, seeds[j].cell);
                seeds.iter_mut().filter(|s| s.cell == from).for_each(|s| s.cell = to);
            }
        }
    }
    seeds
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn the_distance_is_small_exactly_where_two_cells_meet() {
        let size = 96;
        let cells = Cells::grow(&mut ChaCha8Rng::seed_from_u64(5), size);
        assert!(cells.label.iter().all(|&l| l < cells.count));
        for y in 1..size - 1 {
            for x in 1..size - 1 {
                let i = y * size + x;
                let meets = cells.label[i] != cells.label[i + 1] || cells.label[i] != cells.label[i + size];
                assert!(!meets || cells.edge.data[i] < 2.5, "({x}, {y}): {}", cells.edge.data[i]);
            }
        }
    }
}

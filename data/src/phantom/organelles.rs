//! What swims in the cytoplasm and looks like membrane to a careless eye: mitochondria, vesicles, tubules, ribosomes.

use super::cells::Cells;
use super::noise::{Field, between, distance, normal, smoothstep};
use rand::{Rng, RngExt};
use std::collections::BTreeMap;
use std::f32::consts::{PI, TAU};
use std::ops::Range;

/// Round things already drawn, as place and radius: two of them never overlap.
#[derive(Default)]
struct Taken(Vec<([f32; 2], f32)>);

impl Taken {
    fn is_free(&self, at: [f32; 2], radius: f32) -> bool {
        self.0.iter().all(|&(place, r)| distance(place, at) > r + radius + 1.0)
    }

    fn take(&mut self, at: [f32; 2], radius: f32) -> bool {
        let free = self.is_free(at, radius);
        if free {
            self.0.push((at, radius));
        }
        free
    }
}

/// Draws organelles into the grey values of cytoplasm.
pub(super) fn draw(rng: &mut impl Rng, grey: &mut Field, cells: &Cells) {
    let area = (grey.size * grey.size) as f32;
    let wobble = Field::smooth(rng, grey.size, 9.0);
    let mut taken = Taken::default();
    for _ in 0..(area / 110.0) as usize {
        if taken.0.len() as f32 >= area / 17_000.0 + 1.0 {
            break;
        }
        let (at, room) = somewhere(rng, cells);
        let short = between(rng, 8.0, 17.0).min(room - 4.5);
        let long = short * between(rng, 1.1, 1.7);
        if short >= 6.5 && taken.take(at, long + 3.0) {
            mitochondrion(rng, grey, cells, &wobble, at, [long, short]);
        }
    }
    // Vesicles: crowds of small ones, and single ones of all sizes.
    for _ in 0..(area / 4_500.0) as usize {
        let (middle, _) = somewhere(rng, cells);
        let spread = between(rng, 6.0, 14.0);
        for _ in 0..rng.random_range(4..20) {
            let at = [middle[0] + spread * normal(rng), middle[1] + spread * normal(rng)];
            vesicle(rng, grey, cells, &mut taken, at, 1.9..3.0);
        }
    }
    for _ in 0..(area / 1_500.0) as usize {
        let (at, _) = somewhere(rng, cells);
        vesicle(rng, grey, cells, &mut taken, at, 2.4..5.5);
    }
    for _ in 0..(area / 5_500.0) as usize {
        let (at, room) = somewhere(rng, cells);
        if room > 9.0 && taken.is_free(at, 4.0) {
            tubule(rng, grey, cells, &taken, at);
        }
    }
    for _ in 0..(area / 170.0) as usize {
        let (at, _) = somewhere(rng, cells);
        let (radius, depth) = (between(rng, 0.9, 1.7), between(rng, 0.1, 0.26));
        stamp(grey, cells, at, 3.0, |d, v| {
            (v - depth * (-(d / radius).powi(2)).exp()).max(0.2)
        });
    }
}

/// A place, and its distance from the nearest membrane.
fn somewhere(rng: &mut impl Rng, cells: &Cells) -> ([f32; 2], f32) {
    let size = cells.edge.size as f32;
    let at = [between(rng, 0.0, size), between(rng, 0.0, size)];
    (at, cells.edge.at(at[0], at[1]))
}

/// Changes the cytoplasm within `reach` pixels of a place: `change(distance, old)` is the new grey value.
fn stamp(grey: &mut Field, cells: &Cells, at: [f32; 2], reach: f32, change: impl Fn(f32, f32) -> f32) {
    let size = grey.size;
    let range = |c: f32| {
        (
            (c - reach).max(0.0) as usize,
            (c + reach + 1.0).clamp(0.0, size as f32) as usize,
        )
    };
    let ((x0, x1), (y0, y1)) = (range(at[0]), range(at[1]));
    for (x, y) in (y0..y1).flat_map(|y| (x0..x1).map(move |x| (x, y))) {
        let i = y * size + x;
        let free = smoothstep(2.0, 4.5, cells.edge.data[i]);
        let changed = change(distance(at, [x as f32, y as f32]), grey.data[i]);
        grey.data[i] += free * (changed - grey.data[i]);
    }
}

/// A bubble: a dark ring, a little lighter inside.
fn vesicle(rng: &mut impl Rng, grey: &mut Field, cells: &Cells, taken: &mut Taken, at: [f32; 2], radii: Range<f32>) {
    let (radius, depth) = (between(rng, radii.start, radii.end), between(rng, 0.16, 0.3));
    if cells.edge.at(at[0], at[1]) > radius + 2.5 && taken.take(at, radius) {
        stamp(grey, cells, at, radius + 3.0, |d, v| {
            v - depth * (-((d - radius) / 0.95).powi(2)).exp() + 0.06 * smoothstep(radius, radius - 1.5, d)
        });
    }
}

/// A piece of smooth reticulum: two dark walls side by side along a winding path.
fn tubule(rng: &mut impl Rng, grey: &mut Field, cells: &Cells, taken: &Taken, start: [f32; 2]) {
    let (mut at, mut heading) = (start, between(rng, 0.0, TAU));
    let mut path = vec![at];
    for _ in 0..rng.random_range(8..26) {
        heading += 0.28 * normal(rng);
        at = [at[0] + 1.5 * heading.cos(), at[1] + 1.5 * heading.sin()];
        if cells.edge.at(at[0], at[1]) < 5.0 || !taken.is_free(at, 4.0) {
            break;
        }
        path.push(at);
    }
    let size = grey.size;
    let (half, depth) = (between(rng, 1.4, 2.4), between(rng, 0.13, 0.24));
    let inside = |v: f32| v >= 0.0 && v < size as f32;
    let mut near: BTreeMap<usize, f32> = BTreeMap::new();
    for p in &path {
        for (dx, dy) in (-5..=5).flat_map(|dy| (-5..=5).map(move |dx| (dx as f32, dy as f32))) {
            let (x, y) = ((p[0] + dx).floor(), (p[1] + dy).floor());
            if inside(x) && inside(y) {
                let away = distance(*p, [x, y]);
                let least = near.entry(y as usize * size + x as usize).or_insert(away);
                *least = least.min(away);
            }
        }
    }
    for (i, away) in near {
        let free = smoothstep(2.5, 4.5, cells.edge.data[i]);
        grey.data[i] -= free * depth * (-((away - half) / 0.9).powi(2)).exp();
    }
}

/// A mitochondrion: a wobbly ellipse with a double rim, filled with dark matrix and the folds (cristae) of its inner
/// membrane.
fn mitochondrion(
    rng: &mut impl Rng,
    grey: &mut Field,
    cells: &Cells,
    wobble: &Field,
    at: [f32; 2],
    [long, short]: [f32; 2],
) {
    let (angle, folds) = (between(rng, 0.0, PI), between(rng, 0.0, PI));
    let (pitch, shift, matrix) = (between(rng, 3.6, 5.2), between(rng, 0.0, TAU), between(rng, 0.3, 0.4));
    let size = grey.size;
    let reach = long + 5.0;
    let range = |c: f32| {
        (
            (c - reach).max(0.0) as usize,
            (c + reach + 1.0).clamp(0.0, size as f32) as usize,
        )
    };
    let ((x0, x1), (y0, y1)) = (range(at[0]), range(at[1]));
    for (x, y) in (y0..y1).flat_map(|y| (x0..x1).map(move |x| (x, y))) {
        let i = y * size + x;
        let (dx, dy) = (x as f32 - at[0], y as f32 - at[1]);
        let (u, v) = (dx * angle.cos() + dy * angle.sin(), dy * angle.cos() - dx * angle.sin());
        let outside = (distance([u / long, v / short], [0.0; 2]) - 1.0) * short + 0.9 * wobble.data[i];
        let along = dx * folds.cos() + dy * folds.sin() + 3.0 * wobble.data[i];
        let fold = (TAU * along / pitch + shift).sin();
        let inner = matrix + 0.1 * fold + 0.03 * wobble.data[i];
        let rim = -0.2 * (-((outside + 0.2) / 1.1).powi(2)).exp()
            + 0.09 * (-((outside + 2.4) / 0.9).powi(2)).exp()
            + 0.07 * (-((outside - 2.8) / 1.3).powi(2)).exp();
        let filled = smoothstep(0.8, -0.8, outside);
        let free = smoothstep(2.0, 4.5, cells.edge.data[i]) * smoothstep(5.0, 3.0, outside);
        let drawn = grey.data[i] + filled * (inner - grey.data[i]) + rim;
        grey.data[i] += free * (drawn.max(0.16) - grey.data[i]);
    }
}

//! Glands, stroma and the nuclei in them.

use super::nucleus::{Kind, Nucleus};
use super::{EOSIN, HAEMATOXYLIN, Stain};
use crate::Image;
use crate::phantom::ink::{Blob, Spot, colour_image};
use crate::phantom::noise::{Field, between, distance, normal, smoothstep};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use std::f32::consts::{PI, TAU};
pub(super) struct Gland {
    pub lumen: Blob,
    /// From the lumen's edge to the gland's.
    pub thick: f32,
}

pub(super) struct Tissue {
    pub size: usize,
    pub glands: Vec<Gland>,
    pub nuclei: Vec<Nucleus>,
    pub grain: Grain,
}

/// The direction of the fibres.
pub(super) struct Grain {
    pub angle: f32,
    pub sway: Field,
}

impl Grain {
    pub fn at(&self, p: Spot) -> f32 {
        self.angle + 0.7 * self.sway.at(p[0], p[1])
    }

    /// Noise averaged along the direction of the fibres (line integral convolution, Cabral and Leedom 1993).
    pub fn drawn_out(&self, fine: &Field, coarse: &Field) -> Vec<f32> {
        let size = self.sway.size;
        let headings: Vec<Spot> = (0..size * size)
            .map(|i| {
                let angle = self.angle + 0.7 * self.sway.data[i];
                [angle.cos(), angle.sin()]
            })
            .collect();
        let inside = |v: f32| (v.max(0.0) as usize).min(size - 1);
        let line = |i: usize| {
            let mut sum = 1.6 * fine.data[i] + coarse.data[i];
            for way in [-2.0, 2.0] {
                let (mut x, mut y, mut j) = ((i % size) as f32, (i / size) as f32, i);
                for _ in 0..8 {
                    (x, y) = (x + way * headings[j][0], y + way * headings[j][1]);
                    j = inside(y) * size + inside(x);
                    sum += 1.6 * fine.data[j] + coarse.data[j];
                }
            }
            sum / 13.0
        };
        (0..size * size).map(line).collect()
    }
}

impl Tissue {
    pub fn new(rng: &mut ChaCha8Rng, size: usize) -> Self {
        let s = size as f32;
        let grain = Grain {
            angle: between(rng, 0.0, PI),
            sway: Field::smooth(rng, size, 90.0),
        };
        let mut glands: Vec<Gland> = Vec::new();
        for _ in 0..(s * s / 1500.0) as usize + 4 {
            if glands.len() as f32 > s * s / 22_000.0 {
                break;
            }
            let radius = between(rng, 13.0, 38.0);
            let at = [between(rng, -20.0, s + 20.0), between(rng, -20.0, s + 20.0)];
            let thick = between(rng, 17.0, 27.0);
            let free = |g: &Gland| distance(g.lumen.at, at) > g.lumen.radii[0] + g.thick + radius + thick + 6.0;
            if glands.iter().all(free) {
                let angle = between(rng, 0.0, PI);
                let flat = between(rng, 0.5, 0.95);
                let lumen = Blob::new(rng, at, [radius, radius * flat], angle, 0.07, 5);
                glands.push(Gland { lumen, thick });
            }
        }
        let mut tissue = Self {
            size,
            glands,
            nuclei: Vec::new(),
            grain,
        };
        tissue.fill_glands(rng);
        tissue.fill_stroma(rng);
        tissue
    }

    pub fn gland(&self, p: Spot) -> Option<(&Gland, f32)> {
        let depth = |g: &Gland| g.lumen.outside(p);
        let near = self.glands.iter().map(|g| (g, depth(g)));
        near.min_by(|a, b| (a.1 - a.0.thick).total_cmp(&(b.1 - b.0.thick)))
            .filter(|(g, d)| *d < g.thick)
    }

    pub fn room(&self, at: Spot, radius: f32, apart: f32) -> bool {
        self.nuclei
            .iter()
            .all(|n| distance(n.outline.at, at) > apart * (0.5 * (n.outline.radii[0] + n.outline.radii[1]) + radius))
    }

    /// A ring of nuclei at the base of the cells, here and there a second one.
    pub fn fill_glands(&mut self, rng: &mut ChaCha8Rng) {
        for g in 0..self.glands.len() {
            let (lumen, thick) = (self.glands[g].lumen.clone(), self.glands[g].thick);
            let wild = rng.random::<f32>() < 0.3;
            let typical = between(rng, 5.8, 7.2) * if wild { 1.25 } else { 1.0 };
            let around = TAU * (lumen.radii[0] + thick) / (1.9 * typical);
            for ring in 0..if wild { 3 } else { 2 } {
                let keep = if ring == 0 { 0.95 } else { 0.35 };
                for k in 0..around as usize {
                    let angle = TAU * (k as f32 + 0.5 * ring as f32 + 0.18 * normal(rng)) / around;
                    // Outwards from the lumen's middle until the wanted depth.
                    let depth = thick * if ring == 0 { 0.64 } else { 0.35 } + 1.6 * normal(rng);
                    let place = |r: f32| [lumen.at[0] + r * angle.cos(), lumen.at[1] + r * angle.sin()];
                    let steps = (0..160).map(|i| place(i as f32 * 0.7));
                    let Some(at) = steps.into_iter().find(|&p| lumen.outside(p) > depth) else {
                        continue;
                    };
                    let radius = typical * (0.13 * normal(rng)).exp();
                    if rng.random::<f32>() < keep && self.room(at, radius, if wild { 0.72 } else { 0.86 }) {
                        let axes = [radius * between(rng, 1.1, 1.45), radius * between(rng, 0.8, 0.95)];
                        let dye = between(rng, 0.30, 0.66);
                        let turned = angle + 0.2 * normal(rng);
                        let nucleus = Nucleus::new(rng, at, axes, turned, Kind::Epithelial, dye);
                        self.nuclei.push(nucleus);
                    }
                }
            }
        }
    }

    /// Spindles along the fibres everywhere, lymphocytes in crowds.
    pub fn fill_stroma(&mut self, rng: &mut ChaCha8Rng) {
        let s = self.size as f32;
        let crowd = Field::smooth(rng, self.size, 70.0);
        let tries = (s * s / 190.0) as usize + 4;
        for _ in 0..tries {
            let at = [between(rng, -3.0, s + 3.0), between(rng, -3.0, s + 3.0)];
            if self.glands.iter().any(|g| g.lumen.outside(at) < g.thick + 3.0) {
                continue;
            }
            let crowded = crowd.at(at[0], at[1]) > 0.75;
            if crowded && rng.random::<f32>() < 0.9 {
                let radius = between(rng, 3.6, 4.8);
                if self.room(at, radius, 0.92) {
                    let axes = [radius * between(rng, 1.0, 1.15), radius];
                    let (angle, dye) = (between(rng, 0.0, PI), between(rng, 0.95, 1.35));
                    self.nuclei
                        .push(Nucleus::new(rng, at, axes, angle, Kind::Lymphocyte, dye));
                }
            } else if rng.random::<f32>() < 0.36 {
                let long = between(rng, 7.0, 13.0);
                if self.room(at, 0.6 * long, 0.95) {
                    let axes = [long, between(rng, 2.0, 3.3)];
                    let angle = self.grain.at(at) + 0.2 * normal(rng);
                    let dye = between(rng, 0.55, 1.1);
                    self.nuclei.push(Nucleus::new(rng, at, axes, angle, Kind::Spindle, dye));
                }
            }
        }
    }

    /// The number of the nucleus at each pixel, from 1, or 0.
    pub fn numbers(&self) -> Vec<u32> {
        let size = self.size;
        let mut numbers = vec![0; size * size];
        for (n, nucleus) in self.nuclei.iter().enumerate() {
            for i in around(size, nucleus.outline.at, 1.6 * nucleus.outline.radii[0]) {
                if numbers[i] == 0 && nucleus.outline.outside([(i % size) as f32, (i / size) as f32]) < 0.0 {
                    numbers[i] = n as u32 + 1;
                }
            }
        }
        numbers
    }

    pub fn paint(&self, rng: &mut ChaCha8Rng, stain: &Stain, numbers: &[u32], noise: f32) -> Image {
        let size = self.size;
        let mut smooth = |scale: f32| Field::smooth(rng, size, scale);
        let (patch, cloud, chromatin, foam, thread) =
            (smooth(45.0), smooth(16.0), smooth(2.4), smooth(5.0), smooth(3.4));
        let (long, gap, cells) = (smooth(7.0), smooth(26.0), smooth(60.0));
        let fibres = self.grain.drawn_out(&thread, &long);
        let mut eosin = Field::filled(size, 0.0);
        let mut blue = Field::filled(size, 0.0);
        for (i, &fibre) in fibres.iter().enumerate() {
            let p = [(i % size) as f32, (i / size) as f32];
            match self.gland(p) {
                Some((gland, d)) => {
                    // Cytoplasm, paler and foamy towards the lumen; secretion in it.
                    let apex = smoothstep(0.55, 0.0, d / gland.thick);
                    let cell = 0.36 + 0.05 * foam.data[i] + 0.04 * cloud.data[i] - 0.10 * apex;
                    let inside = smoothstep(-1.0, 1.5, d);
                    let secretion = 0.10 * smoothstep(0.2, 1.2, cloud.data[i]);
                    eosin.data[i] = secretion + (cell - secretion) * inside;
                    blue.data[i] = (0.09 + 0.02 * foam.data[i]) * inside;
                    let base = smoothstep(2.0, 0.0, (gland.thick - d).abs());
                    eosin.data[i] += 0.16 * base;
                }
                None => {
                    let cleft = smoothstep(1.0, 1.7, gap.data[i] - 0.25 * fibre);
                    eosin.data[i] = (0.34 + 0.095 * fibre + 0.06 * patch.data[i]) * (1.0 - 0.92 * cleft);
                    blue.data[i] = 0.035 * (1.0 - cleft);
                    // Muscle and blood: dark pink without a nucleus.
                    let muscle = smoothstep(0.9, 1.4, cells.data[i]);
                    eosin.data[i] += 0.42 * muscle * (1.0 + 0.15 * fibre);
                }
            }
        }
        for (n, nucleus) in self.nuclei.iter().enumerate() {
            for i in around(size, nucleus.outline.at, 1.6 * nucleus.outline.radii[0] + 3.0) {
                let p = [(i % size) as f32, (i / size) as f32];
                let d = nucleus.outline.outside(p);
                let mine = numbers[i] == 0 || numbers[i] == n as u32 + 1;
                if d < 2.0 && mine {
                    let dye = nucleus.dye_at(p, d, chromatin.data[i]);
                    let part = smoothstep(0.9, -0.9, d);
                    blue.data[i] += (dye - blue.data[i]) * part;
                    eosin.data[i] += (0.22 - eosin.data[i]) * 0.7 * part;
                }
            }
        }
        let (blue, eosin) = (blue.blurred(0.65), eosin.blurred(0.65));
        let lamp = [
            between(rng, 0.93, 0.97),
            between(rng, 0.92, 0.96),
            between(rng, 0.94, 0.98),
        ];
        colour_image(size, |i| {
            let (h, e) = (
                stain.haematoxylin * blue.data[i].max(0.0),
                stain.eosin * eosin.data[i].max(0.0),
            );
            [0, 1, 2].map(|c| {
                let tint = if c == 0 {
                    stain.hue
                } else if c == 2 {
                    -stain.hue
                } else {
                    0.0
                };
                let absorbance = h * (HAEMATOXYLIN[c] + tint) * 1.75 + e * EOSIN[c] * 1.4;
                lamp[c] * (-absorbance).exp() + noise * normal(rng)
            })
        })
    }
}

/// The pixels of a square around a place.
pub(super) fn around(size: usize, at: Spot, reach: f32) -> impl Iterator<Item = usize> {
    let range =
        move |v: f32| (v - reach).clamp(0.0, size as f32) as usize..(v + reach + 1.0).clamp(0.0, size as f32) as usize;
    let (columns, rows) = (range(at[0]), range(at[1]));
    rows.flat_map(move |y| columns.clone().map(move |x| y * size + x))
}

//! Tissue stained with haematoxylin and eosin.

use super::ink::{Blob, Colour, Spot, colour_image, nothing, pairs};
use super::noise::{Field, between, distance, normal, smoothstep};
use super::volume_set::{image_rng, patient_rng};
use crate::{Dataset, Image, ImagePair, LabelMap, Mask};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt};
use std::f32::consts::{PI, TAU};

/// Bright-field microscopy of tissue stained with haematoxylin (nuclei: blue to violet) and eosin (the rest: pink): glands of
/// epithelial cells around an empty lumen, fibrous stroma with spindle-shaped nuclei, and crowds of small dark lymphocytes. The
/// foreground of the mask is the nuclei; [`instances`](Self::instances) numbers them. A pixel is about 0.5 micrometres (20x): a
/// larger image shows more tissue. Four images a slide form a group and share its stain, which differs much between slides.
///
/// Dyes absorb light by the law of Beer and Lambert; their absorbances in red, green and blue are those of Ruifrok and Johnston
/// (2001). Eosin-rich muscle and red blood cells are dark as well, and pale nuclei hardly differ from what is around them. The
/// real counterparts are TNBC (Naylor et al. 2019), PanNuke and MoNuSeg. Taught in project 11, beside
/// [`NucleiPhantom`](super::NucleiPhantom).
///
/// ```
/// use unet_lab_data::phantom::HistologyPhantom;
/// let phantom = HistologyPhantom::new(64).with_count(2).with_seed(3);
/// let data = phantom.generate();
/// assert_eq!((data.len(), data.size(), data.channels()), (2, Some([64, 64]), Some(3)));
/// assert!(phantom.instances()[0].highest() > 5);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HistologyPhantom {
    /// Width and height of each image in pixels.
    pub size: usize,
    /// Number of images. Default: 16.
    pub count: usize,
    /// The same seed always gives the same images. Default: 42.
    pub seed: u64,
    /// Standard deviation of the camera's noise, as a part of the range from black to white. Default: 0.015.
    pub noise: f32,
}

impl HistologyPhantom {
    /// Images of `size x size` pixels; 16 of them unless [`with_count`](Self::with_count) says otherwise.
    pub fn new(size: usize) -> Self {
        Self {
            size,
            count: 16,
            seed: 42,
            noise: 0.015,
        }
    }

    /// Sets the number of images.
    pub fn with_count(self, count: usize) -> Self {
        Self { count, ..self }
    }

    /// Sets the seed.
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets the noise.
    pub fn with_noise(self, noise: f32) -> Self {
        Self { noise, ..self }
    }

    /// Makes the images, named slide-00-000, slide-00-001, ... Image `i` does not depend on how many there are.
    pub fn generate(&self) -> Dataset {
        pairs(self.count, |i| self.pair(i))
    }

    /// A number for each nucleus, 0 where there is none, in the order of [`generate`](Self::generate).
    pub fn instances(&self) -> Vec<LabelMap> {
        let map = |index: usize| {
            let numbers = match self.size {
                0 => Vec::new(),
                size => Tissue::new(&mut image_rng(self.seed, index), size).numbers(),
            };
            let mut map = LabelMap::from(&Mask::from_fn(self.size, self.size, |_, _| false));
            map.labels_mut().iter_mut().zip(numbers).for_each(|(v, n)| *v = n);
            map
        };
        (0..self.count).map(map).collect()
    }

    fn pair(&self, index: usize) -> ImagePair {
        let (slide, part) = (index / 4, index % 4);
        let group = format!("slide-{slide:02}");
        let name = format!("{group}-{part:03}");
        if self.size == 0 {
            return nothing(name, 3).with_group(group);
        }
        let stain = Stain::new(&mut patient_rng(self.seed, slide));
        let mut rng = image_rng(self.seed, index);
        let tissue = Tissue::new(&mut rng, self.size);
        let numbers = tissue.numbers();
        let image = tissue.paint(&mut rng, &stain, &numbers, self.noise);
        let mask = Mask::new_square(self.size, numbers.iter().map(|&n| n > 0).collect());
        ImagePair::matched(name, image, mask).with_group(group)
    }
}

/// Absorbance in red, green and blue of the two dyes (Ruifrok and Johnston 2001).
const HAEMATOXYLIN: Colour = [0.650, 0.704, 0.286];
const EOSIN: Colour = [0.072, 0.990, 0.105];

/// How strongly a slide took up the dyes.
struct Stain {
    haematoxylin: f32,
    eosin: f32,
    hue: f32,
}

impl Stain {
    fn new(rng: &mut ChaCha8Rng) -> Self {
        Self {
            haematoxylin: between(rng, 0.75, 1.25),
            eosin: between(rng, 0.65, 1.35),
            hue: between(rng, -0.06, 0.10),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Epithelial,
    Lymphocyte,
    Spindle,
}

struct Nucleus {
    outline: Blob,
    kind: Kind,
    dye: f32,
    hollow: f32,
    spots: Vec<(Spot, f32)>,
}

struct Gland {
    lumen: Blob,
    /// From the lumen's edge to the gland's.
    thick: f32,
}

struct Tissue {
    size: usize,
    glands: Vec<Gland>,
    nuclei: Vec<Nucleus>,
    grain: Grain,
}

/// The direction of the fibres.
struct Grain {
    angle: f32,
    sway: Field,
}

impl Grain {
    fn at(&self, p: Spot) -> f32 {
        self.angle + 0.7 * self.sway.at(p[0], p[1])
    }

    /// Noise averaged along the direction of the fibres (line integral convolution, Cabral and Leedom 1993).
    fn drawn_out(&self, fine: &Field, coarse: &Field) -> Vec<f32> {
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
    fn new(rng: &mut ChaCha8Rng, size: usize) -> Self {
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

    fn gland(&self, p: Spot) -> Option<(&Gland, f32)> {
        let depth = |g: &Gland| g.lumen.outside(p);
        let near = self.glands.iter().map(|g| (g, depth(g)));
        near.min_by(|a, b| (a.1 - a.0.thick).total_cmp(&(b.1 - b.0.thick)))
            .filter(|(g, d)| *d < g.thick)
    }

    fn room(&self, at: Spot, radius: f32, apart: f32) -> bool {
        self.nuclei
            .iter()
            .all(|n| distance(n.outline.at, at) > apart * (0.5 * (n.outline.radii[0] + n.outline.radii[1]) + radius))
    }

    /// A ring of nuclei at the base of the cells, here and there a second one.
    fn fill_glands(&mut self, rng: &mut ChaCha8Rng) {
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
    fn fill_stroma(&mut self, rng: &mut ChaCha8Rng) {
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
    fn numbers(&self) -> Vec<u32> {
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

    fn paint(&self, rng: &mut ChaCha8Rng, stain: &Stain, numbers: &[u32], noise: f32) -> Image {
        let size = self.size;
        let mut smooth = |scale: f32| Field::smooth(rng, size, scale);
        let (patch, cloud, chromatin, foam, thread) =
            (smooth(45.0), smooth(16.0), smooth(2.4), smooth(5.0), smooth(3.4));
        let (long, gap, cells) = (smooth(7.0), smooth(26.0), smooth(60.0));
        let fibres = self.grain.drawn_out(&thread, &long);
        let mut eosin = Field::filled(size, 0.0);
        let mut blue = Field::filled(size, 0.0);
        for i in 0..size * size {
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
                    let fibre = fibres[i];
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
fn around(size: usize, at: Spot, reach: f32) -> impl Iterator<Item = usize> {
    let range =
        move |v: f32| (v - reach).clamp(0.0, size as f32) as usize..(v + reach + 1.0).clamp(0.0, size as f32) as usize;
    let (columns, rows) = (range(at[0]), range(at[1]));
    rows.flat_map(move |y| columns.clone().map(move |x| y * size + x))
}

impl Nucleus {
    fn new(rng: &mut impl Rng, at: Spot, axes: Spot, angle: f32, kind: Kind, dye: f32) -> Self {
        let count = if kind == Kind::Epithelial {
            rng.random_range(1..4)
        } else {
            rng.random_range(0..2)
        };
        let spots = (0..count)
            .map(|_| {
                let shift = [0; 2].map(|_| 0.45 * axes[1] * normal(rng));
                ([at[0] + shift[0], at[1] + shift[1]], between(rng, 1.0, 1.9))
            })
            .collect();
        Self {
            outline: Blob::new(rng, at, axes, angle, 0.045, 4),
            kind,
            dye,
            hollow: if kind == Kind::Epithelial {
                between(rng, 0.15, 0.5)
            } else {
                between(rng, 0.0, 0.15)
            },
            spots,
        }
    }

    /// Haematoxylin at a place: a dark rim, paler within, dark nucleoli, grainy chromatin.
    fn dye_at(&self, p: Spot, d: f32, chromatin: f32) -> f32 {
        let within = smoothstep(-0.8, -3.0, d);
        let rough = if self.kind == Kind::Lymphocyte { 0.22 } else { 0.15 };
        let mut dye = self.dye * (1.0 - self.hollow * within + rough * chromatin);
        for (at, radius) in &self.spots {
            dye += 0.5 * smoothstep(radius + 0.6, radius - 0.8, distance(p, *at));
        }
        dye.max(0.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phantom::{checks, figures};

    #[test]
    fn figures_for_looking_at() {
        if figures::wanted() {
            let all = HistologyPhantom::new(256).with_count(16).generate();
            figures::keep_pairs("histology", &all.select(&[0, 1, 4, 5, 8, 9, 12, 13]), 4);
        }
    }

    #[test]
    fn the_seed_decides_everything() {
        checks::image_seeds(|seed, count| HistologyPhantom::new(48).with_seed(seed).with_count(count).generate());
    }

    #[test]
    fn nuclei_are_blue_dark_and_numbered() {
        let phantom = HistologyPhantom::new(160).with_count(8);
        let data = phantom.generate();
        for (pair, map) in data.iter().zip(phantom.instances()) {
            let fraction = pair.mask().foreground_fraction();
            assert!((0.08..0.45).contains(&fraction), "{}: {fraction}", pair.name);
            assert!(
                pair.mask().data().iter().zip(map.data()).all(|(m, l)| *m == (*l > 0)),
                "{}",
                pair.name
            );
            let mean = |channel: usize, wanted: bool| {
                let all = pair.image().channel(channel).iter().zip(pair.mask().data());
                let values: Vec<f32> = all.filter(|(_, m)| **m == wanted).map(|(v, _)| *v).collect();
                values.iter().sum::<f32>() / values.len() as f32
            };
            assert!(
                mean(0, true) < mean(0, false) - 0.1,
                "{}: nuclei are dark in red light",
                pair.name
            );
            assert!(mean(2, true) > mean(0, true), "{}: and blue", pair.name);
        }
        let dice = checks::otsu_dice(&data);
        assert!(dice < 0.8, "a threshold must not do: {dice}");
        assert_eq!(data.pairs()[3].group, data.pairs()[0].group);
        assert_ne!(data.pairs()[4].group, data.pairs()[0].group);
    }
}

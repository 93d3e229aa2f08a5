//! Dermoscopy: magnified photographs of skin lesions.

use super::ink::{Blob, Colour, Spot, blend, colour_image, curve, draw_path, nothing, pairs, stroke};
use super::noise::{Field, between, distance, normal, smoothstep};
use super::volume_set::{image_rng, patient_rng};
use crate::{Dataset, ImagePair, Mask};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use std::f32::consts::{PI, TAU};

/// Dermoscopic photographs: skin of all six Fitzpatrick types, a pigmented lesion with an irregular, partly faded border (the
/// foreground of the mask), with pigment network, globules, blotches or a pink centre; and what lies over it: hairs, bubbles of
/// gel, a ruler, the dark corners of the lens. The skin has redness and freckles of its own, and on dark skin lesions differ
/// little from it. Two images a patient form a group.
///
/// Melanin and blood weaken light by the law of Beer and Lambert: melanin most in blue and least in red, blood most in green
/// (Anderson and Parrish 1981, "The optics of human skin"). The real counterparts are ISIC 2018 and HAM10000 (Tschandl et al.
/// 2018). Taught in project 7.
///
/// ```
/// use unet_lab_data::phantom::SkinPhantom;
/// let data = SkinPhantom::new(64).with_count(2).with_seed(3).generate();
/// assert_eq!((data.len(), data.size(), data.channels()), (2, Some([64, 64]), Some(3)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SkinPhantom {
    /// Width and height of each image in pixels.
    pub size: usize,
    /// Number of images. Default: 24.
    pub count: usize,
    /// The same seed always gives the same images. Default: 42.
    pub seed: u64,
    /// Standard deviation of the camera's noise, as a part of the range from black to white. Default: 0.015.
    pub noise: f32,
}

impl SkinPhantom {
    /// Images of `size x size` pixels; 24 of them unless [`with_count`](Self::with_count) says otherwise.
    pub fn new(size: usize) -> Self {
        Self {
            size,
            count: 24,
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

    /// Makes the images, named skin-000, skin-001, ... Image `i` does not depend on how many there are.
    pub fn generate(&self) -> Dataset {
        pairs(self.count, |i| self.pair(i))
    }

    fn pair(&self, index: usize) -> ImagePair {
        let (name, group) = (format!("skin-{index:03}"), format!("skin-patient-{:03}", index / 2));
        if self.size == 0 {
            return nothing(name, 3).with_group(group);
        }
        let skin = Skin::new(&mut patient_rng(self.seed, index / 2), index / 2);
        let mut rng = image_rng(self.seed, index);
        let (image, mask) = photograph(&mut rng, &skin, self.size, self.noise);
        ImagePair::matched(name, image, mask).with_group(group)
    }
}

/// What absorbs light in a patient's skin.
struct Skin {
    melanin: f32,
    blood: f32,
    freckles: f32,
    hairy: bool,
    hair: Colour,
}

impl Skin {
    fn new(rng: &mut ChaCha8Rng, patient: usize) -> Self {
        // Fitzpatrick I to VI, one after the other, so that a small set has them all.
        let kind = (patient * 5 % 6) as f32;
        let melanin = 0.06 + 0.05 * kind + 0.03 * kind * kind + between(rng, 0.0, 0.05);
        let light_hair = kind < 2.0 && rng.random::<bool>();
        Self {
            melanin,
            blood: between(rng, 0.10, 0.42) * (1.0 - 0.09 * kind),
            freckles: between(rng, 0.0, 1.0),
            hairy: rng.random::<f32>() < 0.45,
            hair: if light_hair {
                [0.55, 0.42, 0.28]
            } else {
                [0.10, 0.07, 0.06]
            },
        }
    }
}

/// Absorbance in red, green and blue of one unit of melanin, and of blood.
const MELANIN: Colour = [0.62, 1.0, 1.42];
const BLOOD: Colour = [0.12, 1.0, 0.72];

struct Lesion {
    outline: Blob,
    soft: f32,
    melanin: f32,
    blood: f32,
    network: f32,
    globules: f32,
    blotch: f32,
    pale: f32,
    veil: f32,
}

impl Lesion {
    fn new(rng: &mut ChaCha8Rng, size: f32, skin: &Skin) -> Self {
        let long = size * between(rng, 0.11, 0.33);
        let at = [0; 2].map(|_| size * (0.5 + 0.07 * normal(rng)));
        let (rough, angle) = (between(rng, 0.04, 0.13), between(rng, 0.0, PI));
        let flat = between(rng, 0.6, 1.0);
        let outline = Blob::new(rng, at, [long, long * flat], angle, rough, 8);
        let red = rng.random::<f32>() < 0.18;
        Self {
            outline,
            soft: between(rng, 0.03, 0.20) * long,
            melanin: if red {
                between(rng, 0.0, 0.15)
            } else {
                between(rng, 0.28, 0.95) + 0.5 * skin.melanin
            },
            blood: if red {
                between(rng, 0.25, 0.5)
            } else {
                between(rng, 0.0, 0.2)
            },
            network: between(rng, -0.4, 1.0).max(0.0),
            globules: between(rng, -0.5, 1.0).max(0.0),
            blotch: between(rng, 0.1, 0.8),
            pale: between(rng, -1.0, 0.7).max(0.0),
            veil: between(rng, -2.0, 0.7).max(0.0),
        }
    }
}

fn photograph(rng: &mut ChaCha8Rng, skin: &Skin, size: usize, noise: f32) -> (crate::Image, Mask) {
    let u = size as f32 / 500.0;
    let lesion = Lesion::new(rng, size as f32, skin);
    let mut smooth = |scale: f32| Field::smooth(rng, size, (scale * u).max(0.8));
    let (flush, blush, spots, grain, edge) = (smooth(140.0), smooth(38.0), smooth(11.0), smooth(3.0), smooth(15.0));
    let (patch, patch_fine, light) = (smooth(50.0), smooth(18.0), smooth(260.0));
    let (lines_a, lines_b) = (smooth(24.0), smooth(24.0));
    let net = network(rng, size, u);
    let mut globules = Field::filled(size, 0.0);
    for _ in 0..(lesion.globules * 220.0) as usize {
        let (a, r) = (between(rng, 0.0, TAU), rng.random::<f32>().sqrt());
        let p = [
            lesion.outline.at[0] + r * lesion.outline.radii[0] * a.cos(),
            lesion.outline.at[1] + r * lesion.outline.radii[0] * a.sin(),
        ];
        stroke(
            &mut globules,
            p,
            p,
            [between(rng, 1.2, 3.4) * u; 2],
            between(rng, 0.4, 1.0),
        );
    }
    let distances: Vec<f32> = (0..size * size)
        .map(|i| {
            lesion.outline.outside([(i % size) as f32, (i / size) as f32])
                + 0.2 * lesion.soft * edge.data[i]
                + 2.0 * u * edge.data[i]
        })
        .collect();
    let over = Overlay::new(rng, size, u, skin);
    let lamp = [
        between(rng, 0.93, 1.04),
        between(rng, 0.93, 1.0),
        between(rng, 0.92, 1.04),
    ];
    let shine = between(rng, 0.95, 1.06);
    let veins = smoothstep_field(&lines_a, &lines_b);
    let image = colour_image(size, |i| {
        let p = [(i % size) as f32, (i / size) as f32];
        let d = distances[i];
        let inside = smoothstep(lesion.soft, -lesion.soft, d);
        let freckle = skin.freckles * smoothstep(1.0, 2.2, spots.data[i]) * smoothstep(0.0, 1.2, blush.data[i]);
        let mut melanin = skin.melanin * (1.0 + 0.10 * blush.data[i] + 0.08 * grain.data[i]) + 0.16 * freckle;
        let mut blood = skin.blood * (1.0 + 0.18 * flush.data[i] + 0.14 * blush.data[i]) + 0.12 * veins[i] * skin.blood;
        if inside > 0.0 {
            let deep = smoothstep(0.0, -lesion.outline.radii[1], d);
            let uneven = 1.0 + lesion.blotch * (0.32 * patch.data[i] + 0.20 * patch_fine.data[i]);
            let mesh = lesion.network * (net.data[i] - 0.35) * (1.0 - 0.5 * deep);
            let dots = 0.9 * globules.data[i];
            let whole = lesion.melanin * (uneven + 0.75 * mesh + dots).max(0.12) * (1.0 - lesion.pale * deep);
            melanin += inside * whole;
            blood += inside * lesion.blood * (1.0 + 0.3 * patch_fine.data[i]).max(0.0);
        }
        let mut colour = [0.97, 0.89, 0.84];
        for (c, v) in colour.iter_mut().enumerate() {
            *v *= (-MELANIN[c] * melanin.max(0.0) - BLOOD[c] * blood.max(0.0)).exp() * (1.0 + 0.018 * grain.data[i]);
        }
        let veil = lesion.veil * inside * smoothstep(0.4, 1.4, patch.data[i]);
        blend(&mut colour, [0.42, 0.47, 0.58], 0.6 * veil);
        over.draw(i, &mut colour);
        let level = shine * (1.0 + 0.04 * light.data[i]) * over.corner(p);
        let hiss = 0.7 * normal(rng);
        [0, 1, 2].map(|c| colour[c] * lamp[c] * level + noise * (hiss + 0.7 * normal(rng)))
    });
    // The border that an expert draws lies where the lesion has half faded.
    let inside = distances.into_iter().map(|d| d < 0.0).collect();
    (image, Mask::new_square(size, inside))
}

/// Thin red vessels of the skin: where a random field crosses 0.
fn smoothstep_field(a: &Field, b: &Field) -> Vec<f32> {
    a.data
        .iter()
        .zip(&b.data)
        .map(|(a, b)| smoothstep(0.10, 0.0, a.abs()) * smoothstep(0.3, 1.2, *b))
        .collect()
}

/// The pigment network: a honeycomb of dark lines around pale holes. Holes lie on a shaken hexagonal grid; lines are where two
/// of them are equally far.
fn network(rng: &mut ChaCha8Rng, size: usize, u: f32) -> Field {
    let step = (between(rng, 9.0, 13.0) * u).max(2.0);
    let n = (size as f32 / step) as usize + 4;
    let holes: Vec<Spot> = (0..n * n)
        .map(|i| {
            let (row, column) = (i / n, i % n);
            let shift = if row % 2 == 0 { 0.0 } else { 0.5 };
            [
                (column as f32 + shift - 1.5 + 0.22 * normal(rng)) * step,
                (row as f32 - 1.5 + 0.22 * normal(rng)) * step,
            ]
        })
        .collect();
    let data = (0..size * size).map(|i| {
        let p = [(i % size) as f32, (i / size) as f32];
        let (row, column) = ((p[1] / step + 1.5) as usize, (p[0] / step + 1.5) as usize);
        let (mut first, mut second) = (f32::MAX, f32::MAX);
        for r in row.saturating_sub(1)..=(row + 2).min(n - 1) {
            for c in column.saturating_sub(1)..=(column + 1).min(n - 1) {
                let d = distance(p, holes[r * n + c]);
                (first, second) = if d < first { (d, first) } else { (first, second.min(d)) };
            }
        }
        smoothstep(0.34, 0.02, (second - first) / step)
    });
    Field {
        size,
        data: data.collect(),
    }
}

/// Hairs, bubbles, ruler and the dark corners.
struct Overlay {
    hairs: Field,
    hair: Colour,
    glint: Field,
    ruler: Field,
    middle: Spot,
    radius: f32,
    dark: f32,
}

impl Overlay {
    fn new(rng: &mut ChaCha8Rng, size: usize, u: f32, skin: &Skin) -> Self {
        let s = size as f32;
        let mut hairs = Field::filled(size, 0.0);
        let heading = between(rng, 0.0, TAU);
        let count = if skin.hairy {
            rng.random_range(6..26)
        } else {
            rng.random_range(0..3)
        };
        for _ in 0..count {
            let from = [between(rng, -0.1, 1.1) * s, between(rng, -0.1, 1.1) * s];
            let (angle, reach) = (heading + 0.5 * normal(rng), between(rng, 0.15, 0.75) * s);
            let to = [from[0] + reach * angle.cos(), from[1] + reach * angle.sin()];
            let pull = [0, 1].map(|i| 0.5 * (from[i] + to[i]) + 0.2 * reach * normal(rng));
            let width = between(rng, 0.7, 1.7) * u;
            draw_path(
                &mut hairs,
                &curve(from, pull, to, 24),
                [width, 0.5 * width],
                between(rng, 0.7, 0.95),
            );
        }
        let mut glint = Field::filled(size, 0.0);
        let gel = if rng.random::<f32>() < 0.35 {
            rng.random_range(5..45)
        } else {
            0
        };
        let crowd = [between(rng, 0.0, s), between(rng, 0.0, s)];
        for _ in 0..gel {
            let p = [0, 1].map(|i| crowd[i] + 0.22 * s * normal(rng));
            let r = (between(rng, 0.5, 2.0).exp() * u).max(0.6);
            let ring: Vec<Spot> = (0..=14)
                .map(|k| {
                    [
                        p[0] + r * (TAU * k as f32 / 14.0).cos(),
                        p[1] + r * (TAU * k as f32 / 14.0).sin(),
                    ]
                })
                .collect();
            draw_path(&mut glint, &ring, [0.6 * u; 2], 0.45);
            stroke(
                &mut glint,
                [p[0] - 0.4 * r, p[1] - 0.5 * r],
                [p[0] - 0.2 * r, p[1] - 0.6 * r],
                [0.25 * r; 2],
                0.9,
            );
        }
        let mut ruler = Field::filled(size, 0.0);
        if rng.random::<f32>() < 0.2 {
            let (low, pitch) = (rng.random::<bool>(), 9.0 * u);
            for k in 0..(s / pitch.max(1.0)) as usize {
                let long = if k % 10 == 0 {
                    30.0
                } else if k % 5 == 0 {
                    22.0
                } else {
                    14.0
                } * u;
                let x = k as f32 * pitch;
                let (from, to) = if low { (s - 1.0, s - 1.0 - long) } else { (0.0, long) };
                stroke(&mut ruler, [x, from], [x, to], [0.7 * u; 2], 0.85);
            }
        }
        let round = rng.random::<f32>() < 0.4;
        Self {
            hairs,
            hair: skin.hair,
            glint,
            ruler,
            middle: [0; 2].map(|_| s * (0.5 + 0.015 * normal(rng))),
            radius: s * if round { between(rng, 0.52, 0.66) } else { 1.0 },
            dark: between(rng, 0.05, 0.3),
        }
    }

    fn draw(&self, i: usize, colour: &mut Colour) {
        blend(colour, [0.08, 0.08, 0.10], 0.8 * self.ruler.data[i]);
        blend(colour, self.hair, self.hairs.data[i]);
        blend(colour, [1.0, 0.98, 0.96], self.glint.data[i]);
    }

    fn corner(&self, p: Spot) -> f32 {
        let r = distance(p, self.middle) / self.radius;
        (1.0 - self.dark * r * r).max(0.0) * smoothstep(1.04, 0.97, r).max(0.02)
    }
}

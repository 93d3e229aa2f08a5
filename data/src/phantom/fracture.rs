//! Radiographs of limbs, with and without a fracture.

use super::ink::{Spot, nothing, pairs, piece, write};
use super::noise::{Field, between, grey_level, normal, smoothstep};
use super::volume_set::{image_rng, patient_rng};
use crate::{Dataset, Image, ImagePair, Mask};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use std::f32::consts::TAU;

/// Radiographs of a thigh or upper arm (one bone), or a leg or forearm (two): bones with a dense shell (cortex), a marrow cavity
/// and spongy ends, soft tissue, a side letter and a number burnt in, often the dark border of the collimator. The foreground of
/// the mask is the fracture as a reader outlines it: a band along the line, 0.4 to 2 % of the pixels. A quarter of the patients
/// has no fracture and an empty mask. Growth plates, vessel canals and folds of skin are dark lines as well. Two views a patient
/// form a group; names end in `-fracture` or `-intact`.
///
/// The detector counts photons that pass, by the law of Beer and Lambert, exp(-path x attenuation); a picture shows the negative
/// logarithm, bright where much was absorbed. Noise is that of counting. The real counterpart is FracAtlas (Abedeen et al. 2023;
/// fractures are 0.5 % of its fractured images' pixels). Taught in project 6.
///
/// ```
/// use unet_lab_data::phantom::FracturePhantom;
/// let data = FracturePhantom::new(64).with_count(8).generate();
/// let intact = data.iter().filter(|pair| pair.mask().count() == 0).count();
/// assert_eq!(intact, 2);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FracturePhantom {
    /// Width and height of each image in pixels.
    pub size: usize,
    /// Number of images. Default: 24.
    pub count: usize,
    /// The same seed always gives the same images. Default: 42.
    pub seed: u64,
    /// Noise relative to that of a well exposed picture. Default: 1.
    pub noise: f32,
    /// The part of the patients that has a fracture, 0 to 1. Default: 0.75.
    pub fractured: f32,
}

impl FracturePhantom {
    /// Images of `size x size` pixels; 24 of them unless [`with_count`](Self::with_count) says otherwise.
    pub fn new(size: usize) -> Self {
        Self {
            size,
            count: 24,
            seed: 42,
            noise: 1.0,
            fractured: 0.75,
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

    /// Sets the part of the patients that has a fracture: in every four patients, the nearest whole number.
    pub fn with_fractured(self, fractured: f32) -> Self {
        Self { fractured, ..self }
    }

    /// Makes the images, named xray-000-fracture, ... Image `i` does not depend on how many there are.
    pub fn generate(&self) -> Dataset {
        pairs(self.count, |i| self.pair(i))
    }

    fn pair(&self, index: usize) -> ImagePair {
        let patient = index / 2;
        let broken = ((patient * 3 + 1) % 4) as f32 + 0.5 < 4.0 * self.fractured;
        let word = if broken { "fracture" } else { "intact" };
        let (name, group) = (format!("xray-{index:03}-{word}"), format!("xray-patient-{patient:03}"));
        if self.size == 0 {
            return nothing(name, 1).with_group(group);
        }
        let mut rng = image_rng(self.seed, index);
        let limb = Limb::new(&mut patient_rng(self.seed, patient), &mut rng, self.size, broken);
        let (image, mask) = limb.expose(&mut rng, self.noise);
        ImagePair::matched(name, image, mask).with_group(group)
    }
}

/// A long bone, along the axis of the limb: `t` from 0 at its upper end to 1.
struct Bone {
    offset: f32,
    radius: f32,
    bow: f32,
    cortex: f32,
    /// Where along the picture it begins and ends.
    ends: [f32; 2],
    fracture: Option<Break>,
    plates: bool,
    /// Where along the picture a vessel enters.
    canal: f32,
}

/// Where and how a bone is broken.
struct Break {
    at: f32,
    slope: f32,
    gap: f32,
    shift: f32,
    bend: f32,
    jags: [(f32, f32, f32); 3],
    /// A second line, for a third piece.
    wedge: Option<f32>,
}

impl Break {
    fn new(rng: &mut ChaCha8Rng, ends: [f32; 2], u: f32) -> Self {
        let slope = match rng.random_range(0..3) {
            0 => between(rng, -0.25, 0.25),
            1 => between(rng, 0.5, 1.1),
            _ => between(rng, -1.1, -0.5),
        };
        let hairline = rng.random::<f32>() < 0.35;
        let strength = if hairline { 0.1 } else { 1.0 };
        let (low, high) = (ends[0].max(0.0), ends[1].min(1.0));
        Self {
            at: low + (high - low) * between(rng, 0.25, 0.75),
            slope,
            gap: if hairline {
                between(rng, 0.7, 1.2)
            } else {
                between(rng, 1.2, 3.2)
            } * u,
            shift: strength * 5.0 * u * normal(rng),
            bend: strength * 0.07 * normal(rng),
            jags: [(23.0, 2.2), (9.0, 1.1), (4.0, 0.5)]
                .map(|(w, h)| (w * u * between(rng, 0.8, 1.3), h * u, between(rng, 0.0, 6.3))),
            wedge: (rng.random::<f32>() < 0.25).then(|| between(rng, 0.7, 1.3)),
        }
    }

    /// Where the line lies along the axis, at a distance across it from the bone's middle.
    fn line(&self, across: f32, long: f32) -> f32 {
        let jag = self
            .jags
            .iter()
            .map(|(w, h, phase)| h * (across / w * TAU + phase).sin());
        self.at * long + self.slope * across + jag.sum::<f32>()
    }
}

struct Limb {
    size: usize,
    unit: f32,
    turn: f32,
    middle: Spot,
    width: f32,
    bones: Vec<Bone>,
    thick: f32,
    letter: &'static str,
    border: bool,
}

impl Limb {
    fn new(patient: &mut ChaCha8Rng, rng: &mut ChaCha8Rng, size: usize, broken: bool) -> Self {
        let u = size as f32 / 500.0;
        let pair = patient.random::<bool>();
        let thick = between(patient, 0.8, 1.2);
        let young = patient.random::<f32>() < 0.3;
        let ends = [between(patient, -0.35, 0.08), between(patient, 0.92, 1.35)];
        let which = patient.random_range(0..2usize);
        let count = if pair { 2 } else { 1 };
        let close = between(rng, 0.75, 1.1);
        let mut bones: Vec<Bone> = (0..count)
            .map(|i| {
                let radius = match (pair, i) {
                    (false, _) => between(patient, 32.0, 42.0),
                    (true, 0) => between(patient, 25.0, 32.0),
                    (true, _) => between(patient, 15.0, 22.0),
                } * u;
                let offset = if pair { [-34.0, 40.0][i] * close * u } else { 0.0 };
                Bone {
                    offset,
                    radius,
                    bow: between(patient, -14.0, 14.0) * u,
                    cortex: between(patient, 0.20, 0.34),
                    ends,
                    fracture: None,
                    plates: young,
                    canal: between(patient, 0.2, 0.8),
                }
            })
            .collect();
        if broken {
            let chosen = which.min(count - 1);
            let first = Break::new(rng, ends, u);
            // Both bones of a pair often break together.
            if pair && rng.random::<f32>() < 0.4 {
                bones[1 - chosen].fracture = Some(Break::new(rng, ends, u));
            }
            bones[chosen].fracture = Some(first);
        }
        Self {
            size,
            unit: u,
            turn: between(rng, -0.35, 0.35)
                + if rng.random::<f32>() < 0.2 {
                    std::f32::consts::FRAC_PI_2
                } else {
                    0.0
                },
            middle: [0; 2].map(|_| size as f32 * (0.5 + 0.03 * normal(rng))),
            width: between(patient, 105.0, 165.0) * u,
            bones,
            thick,
            letter: if patient.random::<bool>() { "L" } else { "R" },
            border: rng.random::<f32>() < 0.6,
        }
    }

    /// Place along the limb and across it, in pixels from its upper end and from its axis.
    fn axes(&self, p: Spot) -> (f32, f32) {
        let (dx, dy) = (p[0] - self.middle[0], p[1] - self.middle[1]);
        let (sin, cos) = self.turn.sin_cos();
        (dy * cos - dx * sin + 0.5 * self.size as f32, dx * cos + dy * sin)
    }

    fn expose(&self, rng: &mut ChaCha8Rng, noise: f32) -> (Image, Mask) {
        let (size, u, long) = (self.size, self.unit, self.size as f32);
        let mut smooth = |scale: f32| Field::smooth(rng, size, (scale * u).max(0.8));
        let (sway, flesh, fine, spongy, spongy_fine) =
            (smooth(90.0), smooth(40.0), smooth(14.0), smooth(4.5), smooth(2.6));
        let mut path = Field::filled(size, 0.0);
        let mut mask = vec![false; size * size];
        for (i, marked) in mask.iter_mut().enumerate() {
            let (along, across) = self.axes([(i % size) as f32, (i / size) as f32]);
            // Soft tissue: a rod of muscle in a sleeve of fat.
            let half = self.width * (1.0 + 0.22 * (along / long - 0.4)) + 5.0 * u * sway.data[i];
            let chord = |r: f32, d: f32| if d.abs() < r { (r * r - d * d).sqrt() / r } else { 0.0 };
            let fat = chord(half + 10.0 * u, across);
            let muscle = chord(half - 6.0 * u, across);
            let folds = 0.03 * smoothstep(0.05, 0.0, (flesh.data[i] + 0.2).abs());
            let mut absorbed = 0.34 * fat + 0.52 * muscle * (1.0 + 0.05 * flesh.data[i] + 0.02 * fine.data[i]) - folds;
            for bone in &self.bones {
                let texture = spongy.data[i] + 0.6 * spongy_fine.data[i];
                let (dense, broken) = bone.absorb(along, across, long, u, texture);
                absorbed += self.thick * dense;
                *marked |= broken;
            }
            path.data[i] = absorbed;
        }
        let sharp = path.blurred((0.7 * u).max(0.35));
        let mut burnt = Field::filled(size, 0.0);
        let edge = [between(rng, 0.08, 0.12), between(rng, 0.76, 0.82)].map(|v| v * long);
        write(&mut burnt, self.letter, edge, 5.0 * u, 1.0);
        let number = format!("{:03}", rng.random_range(0..1000));
        write(&mut burnt, &number, [edge[0], edge[1] + 0.10 * long], 1.9 * u, 0.85);
        let frame = [
            between(rng, 0.02, 0.07),
            between(rng, 0.02, 0.07),
            between(rng, 0.01, 0.05),
            between(rng, 0.01, 0.05),
        ];
        let (tone, gamma) = (between(rng, 0.85, 1.05), between(rng, 0.85, 1.15));
        let scatter = path.blurred((25.0 * u).max(0.5));
        let image = Image::from_fn(size, size, |x, y| {
            let i = y * size + x;
            // Photons that pass; few of them where much is absorbed, which is where noise is strongest.
            let photons = 900.0 * (-1.25 * sharp.data[i]).exp();
            let counted = (photons + noise * photons.sqrt() * normal(rng)).max(1.0);
            let level = -(counted / 900.0).ln() / 1.25 + 0.10 * scatter.data[i];
            let mut v = 0.05 + tone * 0.42 * level.max(0.0).powf(gamma);
            if self.border {
                let [l, r, t, b] = frame.map(|f| f * long);
                let near = (x as f32 - l)
                    .min(long - r - x as f32)
                    .min(y as f32 - t)
                    .min(long - b - y as f32);
                v += (0.015 - v) * smoothstep(2.0 * u, -2.0 * u, near);
            }
            v += (0.96 - v) * burnt.data[i];
            grey_level(v + 0.008 * noise * normal(rng))
        });
        (image, Mask::new_square(size, mask))
    }
}

impl Bone {
    /// Radius of the bone at a part of its length: slim in the middle, broad at the ends.
    fn radius_at(&self, t: f32) -> f32 {
        let [a, b] = self.ends;
        let part = ((t - a) / (b - a)).clamp(0.0, 1.0);
        let flare = smoothstep(0.25, 0.0, part) + smoothstep(0.75, 1.0, part);
        let rounded = smoothstep(-0.005, 0.045, part.min(1.0 - part)).sqrt();
        self.radius * (1.0 + 0.85 * flare) * rounded
    }

    /// What the bone absorbs along a ray, and whether the ray passes its fracture.
    fn absorb(&self, along: f32, across: f32, long: f32, u: f32, texture: f32) -> (f32, bool) {
        let t = along / long;
        let centre = |t: f32| self.offset + self.bow * (3.0 * t).sin();
        let mut off = across - centre(t);
        let (mut gap, mut near) = (0.0, f32::MAX);
        if let Some(broken) = &self.fracture {
            let level = along - broken.line(off, long);
            if level > 0.0 {
                // The lower piece has moved.
                off -= broken.shift + broken.bend * level;
            }
            let distance = (along - broken.line(off, long)).abs() / (1.0 + broken.slope * broken.slope).sqrt();
            let mut least = distance;
            if let Some(slope) = broken.wedge {
                let second = (along - broken.line(off, long) - slope * (off + self.radius)).abs() / 1.4;
                if off < 0.6 * self.radius {
                    least = least.min(second);
                }
            }
            gap = 0.85 * smoothstep(broken.gap, 0.25 * broken.gap, least);
            near = least;
        }
        let radius = self.radius_at(t);
        if radius < 1e-3 || off.abs() > radius + 10.0 * u {
            return (0.0, false);
        }
        let [a, b] = self.ends;
        let part = (t - a) / (b - a);
        if !(0.0..=1.0).contains(&part) {
            return (0.0, false);
        }
        let middle = smoothstep(0.02, 0.30, part.min(1.0 - part));
        let shell = radius * (0.05 + self.cortex * middle);
        let chord = |r: f32| {
            if off.abs() < r {
                2.0 * (r * r - off * off).sqrt()
            } else {
                0.0
            }
        };
        let (outer, inner) = (chord(radius), chord(radius - shell));
        let spongy = (0.30 - 0.20 * middle) * (1.0 + 0.17 * texture * (1.2 - middle));
        let mut dense = (outer - inner + spongy * inner) / (48.0 * u);
        if self.plates {
            for plate in [0.10, 0.90] {
                let level = (part - plate) * (b - a) * long + 2.5 * u * (off / (7.0 * u)).sin();
                dense *= 1.0 - 0.45 * smoothstep(2.6 * u, 0.8 * u, level.abs());
            }
        }
        let (canal, _) = piece(
            [off, along],
            [-0.2 * radius, self.canal * long],
            [0.25 * radius, (self.canal + 0.07) * long],
        );
        dense *= 1.0 - 0.2 * smoothstep(1.8 * u, 0.5 * u, canal);
        let marked = near < 9.0 * u && off.abs() < radius + 4.0 * u;
        (dense * (1.0 - gap), marked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phantom::{checks, figures};

    #[test]
    fn figures_for_looking_at() {
        if figures::wanted() {
            figures::keep_pairs("fracture", &FracturePhantom::new(400).with_count(10).generate(), 5);
        }
    }

    #[test]
    fn the_seed_decides_everything() {
        checks::image_seeds(|seed, count| FracturePhantom::new(48).with_seed(seed).with_count(count).generate());
    }

    #[test]
    fn fractures_are_small_and_a_quarter_has_none() {
        let data = FracturePhantom::new(160).with_count(32).generate();
        assert_eq!(data.iter().filter(|p| p.name.ends_with("intact")).count(), 8);
        for pair in &data {
            let fraction = pair.mask().foreground_fraction();
            let range = if pair.name.ends_with("intact") {
                0.0..1e-9
            } else {
                0.003..0.03
            };
            assert!(range.contains(&fraction), "{}: {fraction}", pair.name);
        }
        let dice = checks::otsu_dice(&data);
        assert!(dice < 0.15, "a threshold must not do: {dice}");
        let none = FracturePhantom::new(32).with_fractured(0.0).with_count(8).generate();
        assert_eq!(none.foreground_fraction(), 0.0);
    }
}

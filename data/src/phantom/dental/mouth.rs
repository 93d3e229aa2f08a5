//! Both jaws with their teeth.

use super::tooth::Tooth;
use crate::Image;
use crate::phantom::ink::{Spot, piece};
use crate::phantom::noise::{Field, between, distance, grey_level, normal, smoothstep};
use crate::phantom::space::joined;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt};
/// All places are parts of the height; x from the middle.
pub(super) struct Mouth {
    pub size: usize,
    pub chin: f32,
    pub spread: f32,
    pub smile: f32,
    pub bite: f32,
    pub teeth: Vec<Tooth>,
    pub contrast: f32,
}

impl Mouth {
    pub fn new(rng: &mut ChaCha8Rng, size: usize) -> Self {
        let mut mouth = Self {
            size,
            chin: between(rng, 0.88, 0.94),
            spread: between(rng, 0.78, 0.86),
            smile: between(rng, 0.10, 0.18),
            bite: between(rng, 0.545, 0.585),
            teeth: Vec::new(),
            contrast: between(rng, 0.85, 1.1),
        };
        let gaps = between(rng, 0.0, 0.22);
        for lower in [false, true] {
            for side in [-1.0, 1.0] {
                let mut x = 0.0;
                // From the middle outwards: incisors, canine, premolars, molars.
                let widths = match lower {
                    false => [0.066, 0.052, 0.056, 0.054, 0.054, 0.078, 0.074, 0.066],
                    true => [0.042, 0.045, 0.052, 0.055, 0.056, 0.086, 0.080, 0.072],
                };
                for (n, width) in widths.into_iter().enumerate() {
                    let width = width * between(rng, 0.92, 1.06);
                    let missing = rng.random::<f32>() < gaps * if n > 4 { 1.6 } else { 0.5 };
                    if !missing {
                        mouth
                            .teeth
                            .push(mouth.tooth(rng, [side, x + 0.5 * width], width, n, lower));
                    }
                    x += width * 1.02;
                }
            }
        }
        mouth
    }

    /// Height of the line where the jaws meet.
    pub fn line(&self, x: f32) -> f32 {
        self.bite - self.smile * (x / self.spread).powi(2) * 1.2
    }

    pub fn tooth(&self, rng: &mut impl Rng, [side, x]: Spot, width: f32, n: usize, lower: bool) -> Tooth {
        let down = if lower { 1.0 } else { -1.0 };
        let crown = [0.078, 0.072, 0.082, 0.066, 0.062, 0.060, 0.058, 0.055][n] * if lower { 0.95 } else { 1.05 };
        let root = [0.11, 0.105, 0.145, 0.115, 0.115, 0.11, 0.10, 0.085][n] * between(rng, 0.9, 1.1);
        let slope = -2.0 * 1.2 * self.smile * x / (self.spread * self.spread) * side;
        let lean = side * if lower { 0.25 } else { 0.06 } * smoothstep(0.1, 0.5, x) + 0.05 * normal(rng);
        let up = [0.6 * slope * down + lean, -down];
        let norm = up[0].hypot(up[1]);
        let up = up.map(|v| v / norm);
        let edge = [side * x, self.line(x) + down * (0.004 + 0.004 * rng.random::<f32>())];
        let molar = n > 4;
        let treated = rng.random::<f32>() < 0.10;
        let filled = rng.random::<f32>() < if molar { 0.45 } else { 0.12 };
        Tooth {
            at: [edge[0] - crown * up[0], edge[1] - crown * up[1]],
            up,
            half: 0.5 * width,
            crown,
            root,
            roots: if molar { if lower { 2 } else { 3 } } else { 1 },
            filling: filled.then(|| [between(rng, -0.3, 0.3), between(rng, 0.35, 0.75)]),
            treated,
            crowned: treated && rng.random::<bool>(),
        }
    }

    /// A pixel as parts of the height, x from the middle.
    pub fn place(&self, p: Spot) -> Spot {
        let s = self.size.max(1) as f32;
        [(p[0] + 0.5) / s - 1.0, (p[1] + 0.5) / s]
    }

    /// The number of the tooth at a pixel, counted from 1, or 0.
    pub fn tooth_at(&self, p: Spot) -> u32 {
        let q = self.place(p);
        let depths = self.teeth.iter().map(|t| t.outside(q)).zip(1..);
        let best = depths.filter(|(d, _)| *d < 0.0).min_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or(0, |(_, number)| number)
    }

    /// Distance from the lower jaw's outline at a pixel, negative inside.
    pub fn mandible(&self, p: Spot) -> f32 {
        self.jaw(self.place(p))
    }

    pub fn jaw(&self, q: Spot) -> f32 {
        let x = q[0].abs();
        // The body: between its lower edge and the sockets' rim.
        let low = self.chin - 0.30 * (x / self.spread).powf(2.3) + 0.012 * (x * 9.0).cos();
        let rim = self.line(x) + 0.082 + 0.04 * smoothstep(0.60, 0.72, x);
        let body = (q[1] - low).max(rim - q[1]).max(x - self.spread);
        // The ramus rises behind the last tooth to the condyle and, before it, the coronoid process.
        let corner = [self.spread - 0.055, self.chin - 0.30];
        let (ramus, t) = piece([x, q[1]], corner, [self.spread - 0.02, 0.24]);
        let ramus = ramus - (0.105 - 0.045 * t);
        let (neck, _) = piece([x, q[1]], [self.spread + 0.01, 0.26], [self.spread + 0.03, 0.145]);
        let head = distance([x, 1.3 * q[1]], [self.spread + 0.03, 1.3 * 0.135]) - 0.042;
        let (hook, h) = piece([x, q[1]], [self.spread - 0.075, 0.30], [self.spread - 0.10, 0.17]);
        let hook = hook - (0.042 - 0.028 * h);
        joined(body, ramus, 0.07).min(neck - 0.026).min(head).min(hook)
    }

    pub fn expose(&self, rng: &mut ChaCha8Rng, noise: f32) -> Image {
        let (size, wide) = (self.size, 2 * self.size);
        if size == 0 {
            return Image::from_fn(0, 0, |_, _| 0.0);
        }
        let s = size as f32;
        let mut smooth = |scale: f32| Field::smooth(rng, wide, (scale * s).max(0.8));
        let (sway, patch, spongy, fine) = (smooth(0.25), smooth(0.07), smooth(0.011), smooth(0.006));
        let mut plain = Field::filled(wide, 0.0);
        for y in 0..size {
            for x in 0..wide {
                let i = y * wide + x;
                let bent = [
                    x as f32 + 0.006 * s * sway.data[i],
                    y as f32 + 0.006 * s * patch.data[i],
                ];
                let q = self.place(bent);
                let texture = 0.7 * spongy.data[i] + 0.5 * fine.data[i];
                let mut v = self.backdrop(q, sway.data[i], patch.data[i]);
                let soft = |d: f32| smoothstep(0.004, -0.004, d);
                v += self.upper_jaw(q, texture);
                let jaw = self.jaw(q);
                let shell = 0.13 * smoothstep(0.016, 0.004, (jaw + 0.006).abs());
                v += soft(jaw) * (0.17 + 0.030 * texture + 0.03 * patch.data[i]) + shell * soft(jaw);
                // The canal of the nerve: a dark band with thin bright walls.
                let ax = q[0].abs();
                let canal = (q[1] - (self.chin - 0.085 - 0.30 * (ax / self.spread).powf(2.6))).abs();
                let there = smoothstep(0.22, 0.30, ax) * soft(jaw) * smoothstep(self.spread, self.spread - 0.06, ax);
                v += there
                    * (0.03 * smoothstep(0.004, 0.0, (canal - 0.013).abs()) - 0.055 * smoothstep(0.013, 0.008, canal));
                for tooth in &self.teeth {
                    tooth.expose(self.place([x as f32, y as f32]), texture, &mut v);
                }
                plain.data[i] = v;
            }
        }
        let sharp = plain.blurred((0.0016 * s).max(0.35));
        let gain = self.contrast;
        Image::from_fn(wide, size, |x, y| {
            let i = y * wide + x;
            let q = self.place([x as f32, y as f32]);
            // Blurred shadows of spine and of the other side's jaw, then the frame's dark margin.
            let spine = 0.16 * (-(q[0] / 0.13).powi(2)).exp() * smoothstep(0.25, 0.9, q[1]);
            let ghost =
                0.07 * (-((q[1] - 0.42 - 0.1 * q[0].abs()) / 0.12).powi(2)).exp() * smoothstep(0.3, 0.8, q[0].abs());
            let margin = smoothstep(0.0, 0.015, (1.0 - q[0].abs()).min(q[1]).min(1.0 - q[1]));
            let light = 1.0 + 0.06 * sway.data[i];
            grey_level(margin * (gain * light * (sharp.data[i] + spine + ghost)) + noise * normal(rng))
        })
    }

    /// Soft tissue, airways, and the air around the head.
    pub fn backdrop(&self, q: Spot, sway: f32, patch: f32) -> f32 {
        let x = q[0].abs();
        let mut v = 0.20 + 0.03 * sway + 0.015 * patch;
        // The airway behind the tongue, on both sides, and the air between palate and tongue.
        let (pharynx, _) = piece([x, q[1]], [0.60, 0.40], [0.58, 0.85]);
        v -= 0.10 * smoothstep(0.07, 0.01, pharynx);
        let palate = self.line(x) - 0.19 - q[1];
        v -= 0.09 * smoothstep(0.035, 0.0, palate.abs()) * smoothstep(0.62, 0.4, x);
        let skin = 0.05 + 0.10 * x * x - (1.0 - q[1]);
        v -= 0.14 * smoothstep(-0.02, 0.05, skin);
        v -= 0.12 * smoothstep(0.90, 0.99, x);
        // Vertebrae at both margins, the hyoid bone below.
        let neck = smoothstep(0.94, 0.99, x) * smoothstep(0.2, 0.3, q[1]);
        v += 0.12 * neck * smoothstep(0.2, 0.6, (q[1] * 28.0).sin().abs());
        v
    }

    /// Alveolar bone over the upper teeth, hard palate, sinuses, cheek bone.
    pub fn upper_jaw(&self, q: Spot, texture: f32) -> f32 {
        let x = q[0].abs();
        let above = self.line(x) - 0.078 - q[1];
        let bone = smoothstep(-0.006, 0.01, above) * smoothstep(0.30, 0.16, above) * smoothstep(0.66, 0.58, x);
        let mut v = bone * (0.14 + 0.028 * texture);
        let palate = self.line(x) - 0.245 - q[1] + 0.02 * x;
        v += 0.16 * smoothstep(0.009, 0.002, palate.abs()) * smoothstep(0.60, 0.5, x);
        let sinus = ((x - 0.36) / 0.19).hypot((q[1] - self.line(x) + 0.33) / 0.12) - 1.0;
        v += 0.09 * smoothstep(0.06, 0.0, sinus.abs()) - 0.08 * smoothstep(0.05, -0.1, sinus);
        let nose = (x / 0.13).hypot((q[1] - 0.20) / 0.13) - 1.0;
        v -= 0.07 * smoothstep(0.1, -0.2, nose);
        v += 0.14 * smoothstep(0.012, 0.004, x) * smoothstep(0.30, 0.22, q[1]);
        let (arch, _) = piece([x, q[1]], [0.50, 0.26], [0.82, 0.155]);
        let (orbit, _) = piece([x, q[1]], [0.20, 0.05], [0.48, 0.10]);
        v + 0.13 * smoothstep(0.022, 0.006, arch) + 0.13 * smoothstep(0.014, 0.004, orbit)
    }
}

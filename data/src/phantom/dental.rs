//! Panoramic radiographs of the jaws.

use super::ink::{Spot, piece};
use super::noise::{Field, between, distance, grey_level, normal, smoothstep};
use super::space::joined;
use super::volume_set::image_rng;
use crate::{Dataset, Image, ImagePair, LabelMap, Mask};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt};

/// What is foreground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DentalTarget {
    /// The lower jaw with its rami and the roots in it, as Abdi et al. (2015) outline it.
    Mandible,
    /// All teeth of both jaws, crowns and roots.
    Teeth,
}

/// Panoramic radiographs, twice as wide as high: the lower jaw as a broad bow that rises to a joint on both sides, the upper jaw
/// with its sinuses, up to 32 teeth with crown, root, pulp and the thin dark line around the root, fillings (white) and gaps; and
/// what a panoramic machine adds: the blurred shadow of the spine in the middle, dark airways, the ghost of the other side, uneven
/// exposure. The foreground of the mask is the mandible unless [`with_target`](Self::with_target) says otherwise. Each image is a
/// patient.
///
/// Enamel absorbs most, then dentin, then bone. The real counterparts are the panoramas of Abdi, Kasaei and Mehdizadeh (2015)
/// and Tufts. Taught in project 8.
///
/// ```
/// use unet_lab_data::phantom::{DentalPhantom, DentalTarget};
/// let teeth = DentalPhantom::new(64).with_count(1).with_target(DentalTarget::Teeth);
/// assert_eq!(teeth.generate().size(), Some([64, 128]));
/// assert!(teeth.instances()[0].highest() > 16);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DentalPhantom {
    /// Height of each image in pixels; the width is twice that.
    pub size: usize,
    /// Number of images. Default: 16.
    pub count: usize,
    /// The same seed always gives the same images. Default: 42.
    pub seed: u64,
    /// Standard deviation of the noise, as a part of the range from black to white. Default: 0.02.
    pub noise: f32,
    /// What is foreground. Default: the mandible.
    pub target: DentalTarget,
}

impl DentalPhantom {
    /// Images of `2 size x size` pixels (width x height); 16 of them unless [`with_count`](Self::with_count) says otherwise.
    pub fn new(size: usize) -> Self {
        Self {
            size,
            count: 16,
            seed: 42,
            noise: 0.02,
            target: DentalTarget::Mandible,
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

    /// Sets what is foreground.
    pub fn with_target(self, target: DentalTarget) -> Self {
        Self { target, ..self }
    }

    /// Makes the images, named dental-000, dental-001, ... Image `i` does not depend on how many there are.
    pub fn generate(&self) -> Dataset {
        super::ink::pairs(self.count, |i| self.pair(i))
    }

    /// A number for each tooth, 0 where there is none, in the order of [`generate`](Self::generate).
    pub fn instances(&self) -> Vec<LabelMap> {
        let map = |index: usize| {
            let mut rng = image_rng(self.seed, index);
            let mouth = Mouth::new(&mut rng, self.size);
            let size = [self.size, 2 * self.size];
            let label = |i: usize| mouth.tooth_at([(i % size[1].max(1)) as f32, (i / size[1].max(1)) as f32]);
            let mask = Mask::from_fn(size[1], size[0], |_, _| false);
            let mut map = LabelMap::from(&mask);
            map.labels_mut().iter_mut().enumerate().for_each(|(i, v)| *v = label(i));
            map
        };
        (0..self.count).map(map).collect()
    }

    fn pair(&self, index: usize) -> ImagePair {
        let name = format!("dental-{index:03}");
        let mut rng = image_rng(self.seed, index);
        let mouth = Mouth::new(&mut rng, self.size);
        let image = mouth.expose(&mut rng, self.noise);
        let mask = Mask::from_fn(2 * self.size, self.size, |x, y| {
            let p = [x as f32, y as f32];
            match self.target {
                DentalTarget::Mandible => mouth.mandible(p) < 0.0,
                DentalTarget::Teeth => mouth.tooth_at(p) > 0,
            }
        });
        ImagePair::matched(name.clone(), image, mask).with_group(name)
    }
}

/// A tooth in its own axes: `at` where crown and root meet, `up` towards the crown's edge.
struct Tooth {
    at: Spot,
    up: Spot,
    half: f32,
    crown: f32,
    root: f32,
    roots: usize,
    filling: Option<Spot>,
    treated: bool,
    crowned: bool,
}

/// All places are parts of the height; x from the middle.
struct Mouth {
    size: usize,
    chin: f32,
    spread: f32,
    smile: f32,
    bite: f32,
    teeth: Vec<Tooth>,
    contrast: f32,
}

impl Mouth {
    fn new(rng: &mut ChaCha8Rng, size: usize) -> Self {
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
    fn line(&self, x: f32) -> f32 {
        self.bite - self.smile * (x / self.spread).powi(2) * 1.2
    }

    fn tooth(&self, rng: &mut impl Rng, [side, x]: Spot, width: f32, n: usize, lower: bool) -> Tooth {
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
    fn place(&self, p: Spot) -> Spot {
        let s = self.size.max(1) as f32;
        [(p[0] + 0.5) / s - 1.0, (p[1] + 0.5) / s]
    }

    /// The number of the tooth at a pixel, counted from 1, or 0.
    fn tooth_at(&self, p: Spot) -> u32 {
        let q = self.place(p);
        let depth = |t: &Tooth| t.outside(q);
        let best = (0..self.teeth.len()).min_by(|&a, &b| depth(&self.teeth[a]).total_cmp(&depth(&self.teeth[b])));
        best.filter(|&i| depth(&self.teeth[i]) < 0.0)
            .map_or(0, |i| i as u32 + 1)
    }

    /// Distance from the lower jaw's outline at a pixel, negative inside.
    fn mandible(&self, p: Spot) -> f32 {
        self.jaw(self.place(p))
    }

    fn jaw(&self, q: Spot) -> f32 {
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

    fn expose(&self, rng: &mut ChaCha8Rng, noise: f32) -> Image {
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
    fn backdrop(&self, q: Spot, sway: f32, patch: f32) -> f32 {
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
    fn upper_jaw(&self, q: Spot, texture: f32) -> f32 {
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

impl Tooth {
    /// Across the tooth, and up from where crown and root meet.
    fn axes(&self, q: Spot) -> (f32, f32) {
        let (dx, dy) = (q[0] - self.at[0], q[1] - self.at[1]);
        (dx * self.up[1] - dy * self.up[0], dx * self.up[0] + dy * self.up[1])
    }

    /// About the distance from the outline, negative inside.
    fn outside(&self, q: Spot) -> f32 {
        let (u, v) = self.axes(q);
        if u.abs() > 2.0 * self.half || v > 1.5 * self.crown || v < -1.3 * self.root {
            return 0.1;
        }
        self.crown_outside(u, v).min(self.roots_outside(u, v))
    }

    fn crown_outside(&self, u: f32, v: f32) -> f32 {
        let bulge = 1.0 - 0.16 * ((v / self.crown - 0.62) / 0.62).powi(2);
        let top = self.crown
            * (1.0 - 0.07 * (u / self.half).powi(2)
                + 0.03
                    * if self.roots > 1 {
                        (9.0 * u / self.half).cos()
                    } else {
                        0.0
                    });
        let side = u.abs() - self.half * bulge;
        let corner = 0.25 * self.half;
        let (a, b) = (side + corner, v - top + corner);
        (a.max(0.0).hypot(b.max(0.0)) + a.max(b).min(0.0) - corner).max(-v - 0.004)
    }

    fn roots_outside(&self, u: f32, v: f32) -> f32 {
        let neck = 0.86 * self.half;
        let t = (-v / self.root).clamp(0.0, 1.0);
        if self.roots == 1 {
            return (u.abs() - neck * (1.0 - t).powf(0.55))
                .max(v - 0.004)
                .max(-v - self.root);
        }
        let trunk = (u.abs() - neck).max(v - 0.004).max(-v - 0.30 * self.root);
        let tip = 0.62 * self.half;
        let (left, a) = piece([u, v], [-0.40 * neck, -0.1 * self.root], [-tip, -0.93 * self.root]);
        let (right, b) = piece([u, v], [0.40 * neck, -0.1 * self.root], [tip, -0.93 * self.root]);
        let thick = |t: f32| 0.46 * self.half * (1.0 - 0.6 * t);
        let mut all = trunk.min(left - thick(a)).min(right - thick(b));
        if self.roots == 3 {
            let (middle, c) = piece([u, v], [0.0, 0.0], [0.0, -1.0 * self.root]);
            all = all.min(middle - thick(c));
        }
        all
    }

    fn expose(&self, q: Spot, texture: f32, level: &mut f32) {
        let (u, v) = self.axes(q);
        if u.abs() > 2.2 * self.half || v > 1.6 * self.crown || v < -1.4 * self.root {
            return;
        }
        let soft = |d: f32| smoothstep(0.0028, -0.0028, d);
        let (crown, root) = (self.crown_outside(u, v), self.roots_outside(u, v));
        // A thin dark line (the periodontal ligament) and a thin bright one around the root.
        if v < 0.0 {
            *level -= 0.085 * smoothstep(0.0042, 0.001, (root - 0.003).abs());
            *level += 0.05 * smoothstep(0.004, 0.001, (root - 0.0085).abs());
        }
        let dentin = 0.52 + 0.012 * texture;
        *level += (dentin - 0.05 * (-v / self.root).max(0.0) - *level) * soft(root);
        *level += (dentin - *level) * soft(crown);
        let cap = smoothstep(-0.013, -0.004, crown) * smoothstep(0.15, 0.35, v / self.crown);
        *level += (0.74 - *level) * soft(crown) * cap;
        let pulp = (u.abs() - 0.26 * self.half * smoothstep(0.62, 0.3, v / self.crown))
            .max(v - 0.55 * self.crown)
            .max(-v - 0.25 * self.root);
        *level -= 0.11 * smoothstep(0.003, -0.004, pulp);
        let canals: &[f32] = if self.roots == 1 { &[0.0] } else { &[-0.58, 0.58] };
        for end in canals {
            let (canal, _) = piece(
                [u, v],
                [0.5 * end * self.half, 0.0],
                [end * self.half, -0.9 * self.root],
            );
            if self.treated {
                *level += (0.88 - *level) * smoothstep(0.0055, 0.003, canal);
            } else {
                *level -= 0.07 * smoothstep(0.005, 0.001, canal) * soft(root);
            }
        }
        if self.crowned {
            *level += (0.95 - *level) * soft(crown) * smoothstep(0.1, 0.2, v / self.crown);
        } else if let Some([aside, up]) = self.filling {
            let block =
                ((u - aside * self.half).abs() - 0.5 * self.half).max((v - up * self.crown).abs() - 0.22 * self.crown);
            *level += (0.96 - *level) * smoothstep(0.003, -0.003, block + 0.0015 * texture) * soft(crown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phantom::{checks, figures};

    #[test]
    fn figures_for_looking_at() {
        if figures::wanted() {
            figures::keep_pairs("dental", &DentalPhantom::new(360).with_count(4).generate(), 2);
            let teeth = DentalPhantom::new(360).with_count(2).with_target(DentalTarget::Teeth);
            figures::keep_pairs("dental_teeth", &teeth.generate(), 2);
        }
    }

    #[test]
    fn the_seed_decides_everything() {
        checks::image_seeds(|seed, count| DentalPhantom::new(32).with_seed(seed).with_count(count).generate());
    }

    #[test]
    fn jaw_and_teeth_have_their_shares_and_teeth_are_bright() {
        for (target, range) in [(DentalTarget::Mandible, 0.15..0.32), (DentalTarget::Teeth, 0.08..0.25)] {
            let data = DentalPhantom::new(128).with_count(6).with_target(target).generate();
            for pair in &data {
                let fraction = pair.mask().foreground_fraction();
                assert!(range.contains(&fraction), "{target:?} {}: {fraction}", pair.name);
            }
            let dice = checks::otsu_dice(&data);
            assert!(dice < 0.8, "{target:?}: a threshold must not do: {dice}");
        }
    }

    #[test]
    fn teeth_are_numbered_where_the_mask_is() {
        let phantom = DentalPhantom::new(96).with_count(2).with_target(DentalTarget::Teeth);
        for (pair, map) in phantom.generate().iter().zip(phantom.instances()) {
            let same = pair.mask().data().iter().zip(map.data()).all(|(m, l)| *m == (*l > 0));
            assert!(
                same && (18..=32).contains(&map.highest()),
                "{}: {}",
                pair.name,
                map.highest()
            );
        }
    }
}

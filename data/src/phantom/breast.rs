//! Ultrasound of the breast.

use super::ink::{Blob, curve, draw_path, nothing, pairs};
use super::noise::{Field, between, distance, normal, smoothstep};
use super::ultrasound::Scene;
use super::volume_set::{image_rng, patient_rng};
use crate::{Dataset, ImagePair, Mask};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use std::f32::consts::{PI, TAU};

/// What a breast has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreastFinding {
    /// No lesion: an empty mask.
    Normal,
    /// A fibroadenoma or a cyst: oval, wider than tall, smooth-edged; more sound behind a cyst.
    Benign,
    /// A carcinoma: irregular, spiculated or taller than wide, with an echo-rich rim and often a shadow behind it.
    Malignant,
}

/// B-mode ultrasound of the breast: skin, fat lobules between bright septa, glandular tissue, pectoral muscle and the chest
/// wall from top to bottom; in it a dark lesion, which is the foreground of the mask. Fat lobules and shadows are as dark as
/// lesions. Of 20 images 4 are normal, 11 benign and 5 malignant, as in BUSI; names begin with the finding. Two images a
/// patient form a group.
///
/// Speckle is Rayleigh distributed and multiplies the echoes; sound is lost with depth, more behind tumours, less behind cysts;
/// the picture is the logarithm of the amplitude over 55 dB. Margins, orientation and posterior features follow BI-RADS. The
/// real counterparts are BUSI (Al-Dhabyani et al. 2020) and BUS-BRA. Taught in project 9.
///
/// ```
/// use unet_lab_data::phantom::BreastUltrasoundPhantom;
/// let data = BreastUltrasoundPhantom::new(64).with_count(4).generate();
/// assert_eq!((data.len(), data.size(), data.channels()), (4, Some([64, 64]), Some(1)));
/// assert!(data.pairs()[0].name.starts_with("benign"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BreastUltrasoundPhantom {
    /// Width and height of each image in pixels.
    pub size: usize,
    /// Number of images. Default: 20.
    pub count: usize,
    /// The same seed always gives the same images. Default: 42.
    pub seed: u64,
    /// Level of the electronic noise in dB below the brightest echo. Default: -52.
    pub noise: f32,
    /// Only this finding, or all of them. Default: all.
    pub finding: Option<BreastFinding>,
}

impl BreastUltrasoundPhantom {
    /// Images of `size x size` pixels; 20 of them unless [`with_count`](Self::with_count) says otherwise.
    pub fn new(size: usize) -> Self {
        Self {
            size,
            count: 20,
            seed: 42,
            noise: -52.0,
            finding: None,
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

    /// Makes images of this finding only.
    pub fn with_finding(self, finding: BreastFinding) -> Self {
        Self {
            finding: Some(finding),
            ..self
        }
    }

    /// What image `index` shows.
    pub fn finding_of(&self, index: usize) -> BreastFinding {
        self.finding.unwrap_or(match index / 2 % 10 {
            1 | 6 => BreastFinding::Malignant,
            3 if index.is_multiple_of(2) => BreastFinding::Malignant,
            4 | 8 => BreastFinding::Normal,
            _ => BreastFinding::Benign,
        })
    }

    /// Makes the images, named benign-000, malignant-002, ... Image `i` does not depend on how many there are.
    pub fn generate(&self) -> Dataset {
        pairs(self.count, |i| self.pair(i))
    }

    fn pair(&self, index: usize) -> ImagePair {
        let finding = self.finding_of(index);
        let word = match finding {
            BreastFinding::Normal => "normal",
            BreastFinding::Benign => "benign",
            BreastFinding::Malignant => "malignant",
        };
        let (name, group) = (format!("{word}-{index:03}"), format!("breast-{:03}", index / 2));
        if self.size == 0 {
            return nothing(name, 1).with_group(group);
        }
        let mut rng = image_rng(self.seed, index);
        let mut patient = patient_rng(self.seed, index / 2);
        let size = self.size;
        let breast = Breast::new(&mut patient, &mut rng, size);
        let mut scene = Scene::new(size);
        breast.tissue(&mut rng, &mut scene);
        let lesion = (finding != BreastFinding::Normal).then(|| Lesion::new(&mut rng, &breast, finding));
        let mut mask = vec![false; size * size];
        if let Some(lesion) = lesion {
            mask = lesion.draw(&mut rng, &mut scene, breast.unit);
        }
        breast.shadows(&mut rng, &mut scene);
        let grain = [2.7 * breast.unit, 1.3 * breast.unit];
        let image = scene.picture(&mut rng, grain, 55.0, self.noise);
        ImagePair::matched(name, image, Mask::new_square(size, mask)).with_group(group)
    }
}

/// Depths of the layers, as parts of the picture's height.
struct Breast {
    size: usize,
    unit: f32,
    skin: f32,
    fat: f32,
    gland: f32,
    muscle: f32,
    dense: f32,
    gain: f32,
}

impl Breast {
    fn new(patient: &mut ChaCha8Rng, rng: &mut ChaCha8Rng, size: usize) -> Self {
        let skin = between(patient, 0.03, 0.05);
        let fat = between(patient, 0.14, 0.30);
        let gland = between(patient, 0.55, 0.70);
        Self {
            size,
            unit: size as f32 / 500.0,
            skin,
            fat: fat + 0.02 * normal(rng),
            gland,
            muscle: gland + between(patient, 0.12, 0.18),
            dense: between(patient, 0.0, 1.0),
            gain: 2.5 * normal(rng),
        }
    }

    fn tissue(&self, rng: &mut ChaCha8Rng, scene: &mut Scene) {
        let (size, u) = (self.size, self.unit);
        let mut smooth = |scale: f32| Field::smooth(rng, size, (scale * u).max(0.8));
        let (sway, wave, lobe, lobe_fine) = (smooth(150.0), smooth(60.0), smooth(42.0), smooth(24.0));
        let (patch, fine, streak) = (smooth(45.0), smooth(9.0), smooth(22.0));
        // Layers are drawn out across the picture: noise is read with its columns squeezed together.
        let wide = |field: &Field, x: usize, y: usize, by: f32| field.at(x as f32 / by, y as f32);
        for (x, y) in (0..size).flat_map(|y| (0..size).map(move |x| (x, y))) {
            let i = y * size + x;
            let depth = y as f32 / size as f32;
            let bent = depth + 0.022 * sway.data[i] + 0.006 * wave.data[i];
            let ridge = |field: &Field, by: f32, thick: f32| smoothstep(thick, 0.0, wide(field, x, y, by).abs());
            // Fat: dark lobules between thin bright septa.
            let septa = ridge(&lobe, 2.2, 0.3).max(0.5 * ridge(&lobe_fine, 2.0, 0.25));
            let fat = -33.0 + 2.0 * patch.data[i] + 9.0 * septa;
            let ducts = smoothstep(0.9, 1.6, wide(&streak, x, y, 2.0));
            let islands = smoothstep(0.35, 0.9, lobe.data[i] - 0.9 * self.dense + 0.3);
            let gland = -15.5 + 3.2 * patch.data[i] + 2.2 * fine.data[i] - 9.0 * ducts;
            let gland = gland + (fat + 3.0 - gland) * 0.85 * islands;
            let fibres = (wide(&streak, x, y, 6.0) * 3.0 + 260.0 * bent).sin();
            let muscle = -31.0 + 5.0 * smoothstep(0.4, 1.0, fibres) + 1.5 * patch.data[i];
            let step = |at: f32, soft: f32| smoothstep(at - soft, at + soft, bent);
            let line = |at: f32, thick: f32| (-((bent - at) / thick).powi(2)).exp();
            let mut echo = -10.0 + 2.0 * fine.data[i];
            if depth < self.skin {
                echo = -9.0
                    - 9.0 * smoothstep(0.006, 0.014, depth) * smoothstep(self.skin - 0.004, self.skin - 0.012, depth);
            } else {
                echo += (fat - echo) * smoothstep(self.skin - 0.002, self.skin + 0.006, depth);
                echo += (gland - echo) * step(self.fat + 0.03 * wave.data[i], 0.012);
                echo += (muscle - echo) * step(self.gland, 0.008);
                echo += (-40.0 - echo) * step(self.muscle, 0.01);
            }
            echo += 17.0 * line(self.gland, 0.006) + 26.0 * line(self.muscle, 0.008);
            echo += 8.0 * line(self.muscle + 0.06, 0.02) - 25.0 * (depth - self.muscle - 0.04).max(0.0);
            scene.echo.data[i] = echo + self.gain;
            scene.loss.data[i] = 9.0 / size as f32 * smoothstep(0.35, 0.9, depth);
        }
    }

    /// Shadows of bad contact and of ligaments: dark bands that are no lesion.
    fn shadows(&self, rng: &mut ChaCha8Rng, scene: &mut Scene) {
        let (size, u) = (self.size, self.unit);
        for _ in 0..rng.random_range(1..4) {
            let middle = between(rng, 0.0, size as f32);
            let (width, depth) = (between(rng, 8.0, 26.0) * u, between(rng, 0.05, 0.45) * size as f32);
            let strength = between(rng, 3.0, 10.0);
            let row = (depth as usize).min(size - 1);
            for x in 0..size {
                scene.loss.data[row * size + x] += strength * (-((x as f32 - middle) / width).powi(2)).exp();
            }
        }
        let edge = between(rng, 0.02, 0.10) * size as f32;
        for x in 0..size {
            let side = (x.min(size - 1 - x)) as f32;
            scene.loss.data[x] += 12.0 * smoothstep(edge, 0.0, side);
        }
    }
}

struct Lesion {
    outline: Blob,
    finding: BreastFinding,
    cyst: bool,
    echo: f32,
    behind: f32,
    spikes: Vec<(f32, f32)>,
}

impl Lesion {
    fn new(rng: &mut ChaCha8Rng, breast: &Breast, finding: BreastFinding) -> Self {
        let size = breast.size as f32;
        let bad = finding == BreastFinding::Malignant;
        let long = size * between(rng, 0.07, if bad { 0.15 } else { 0.17 });
        let flat = if bad {
            between(rng, 0.7, 1.25)
        } else {
            between(rng, 0.5, 0.8)
        };
        let at = [
            between(rng, 0.22, 0.78) * size,
            (breast.fat + between(rng, 0.35, 0.75) * (breast.gland - breast.fat)) * size,
        ];
        let (rough, waves) = if bad {
            (between(rng, 0.07, 0.12), 9)
        } else {
            (between(rng, 0.015, 0.04), 3)
        };
        let tilt = between(rng, -0.3, 0.3);
        let outline = Blob::new(rng, at, [long, long * flat], tilt, rough, waves);
        let cyst = !bad && rng.random::<f32>() < 0.35;
        let behind = match (bad, cyst) {
            (true, _) => between(rng, -1.0, 15.0),
            (false, true) => between(rng, -11.0, -6.0),
            (false, false) => between(rng, -4.0, 1.5),
        };
        let spikes = if bad { rng.random_range(5..14) } else { 0 };
        Self {
            outline,
            finding,
            cyst,
            echo: breast.gain
                + if cyst {
                    between(rng, -52.0, -46.0)
                } else {
                    between(rng, -36.0, -28.0)
                },
            behind,
            spikes: (0..spikes)
                .map(|_| (between(rng, 0.0, TAU), between(rng, 0.12, 0.45)))
                .collect(),
        }
    }

    fn draw(&self, rng: &mut ChaCha8Rng, scene: &mut Scene, u: f32) -> Vec<bool> {
        let size = scene.echo.size;
        let mut spikes = Field::filled(size, 0.0);
        let [rx, ry] = self.outline.radii;
        for (angle, reach) in &self.spikes {
            let place = |r: f32, turn: f32| {
                let a = angle + turn;
                [
                    self.outline.at[0] + r * rx * a.cos(),
                    self.outline.at[1] + r * ry * a.sin(),
                ]
            };
            let path = curve(
                place(0.8, 0.0),
                place(1.0 + 0.5 * reach, 0.1),
                place(1.0 + reach, 0.05),
                6,
            );
            draw_path(&mut spikes, &path, [0.13 * rx.min(ry), 0.6 * u], 1.0);
        }
        let (patch, fine, wave) = (
            Field::smooth(rng, size, (26.0 * u).max(0.8)),
            Field::smooth(rng, size, (7.0 * u).max(0.8)),
            Field::smooth(rng, size, (12.0 * u).max(0.8)),
        );
        let bad = self.finding == BreastFinding::Malignant;
        let soft = if bad { 3.0 } else { 1.5 } * u;
        let mut mask = vec![false; size * size];
        let height = 2.0 * ry;
        let specks = rng.random_range(0..9);
        for (i, inside) in mask.iter_mut().enumerate() {
            let p = [(i % size) as f32, (i / size) as f32];
            let mut d = self.outline.outside(p) + 1.2 * u * wave.data[i] * if bad { 2.0 } else { 0.6 };
            d = d.min((0.5 - spikes.data[i]) * 6.0 * u + if spikes.data[i] > 0.0 { 0.0 } else { 1e4 });
            *inside = d < 0.0;
            let echo = &mut scene.echo.data[i];
            if bad {
                *echo += 7.0 * smoothstep(14.0 * u, 2.0 * u, d) * smoothstep(-u, 2.0 * u, d);
            } else {
                *echo += 6.0 * (-((d - 1.5 * u) / (1.6 * u)).powi(2)).exp();
            }
            let texture = if self.cyst {
                0.6
            } else if bad {
                3.2
            } else {
                1.6
            };
            let inner = self.echo + texture * (patch.data[i] + 0.5 * fine.data[i]);
            *echo += (inner - *echo) * smoothstep(soft, -soft, d);
            if d < 0.0 {
                scene.loss.data[i] = self.behind / height;
            }
        }
        if bad {
            // Microcalcifications: bright specks.
            for _ in 0..specks {
                let (a, r) = (between(rng, 0.0, 2.0 * PI), 0.7 * rng.random::<f32>());
                let p = [
                    self.outline.at[0] + r * rx * a.cos(),
                    self.outline.at[1] + r * ry * a.sin(),
                ];
                for (i, echo) in scene.echo.data.iter_mut().enumerate() {
                    if distance([(i % size) as f32, (i / size) as f32], p) < 1.8 * u {
                        *echo = echo.max(-12.0);
                    }
                }
            }
        }
        mask
    }
}

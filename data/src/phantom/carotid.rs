//! Ultrasound of the carotid artery.

use super::ink::{Blob, Spot, nothing, pairs, piece};
use super::noise::{Field, between, normal, smoothstep};
use super::ultrasound::Scene;
use super::volume_set::{image_rng, patient_rng};
use crate::{Dataset, ImagePair, Mask};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use std::f32::consts::TAU;

/// How the probe is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CarotidView {
    /// Across the artery: a dark round between thyroid, jugular vein and muscle.
    Transverse,
    /// Along the artery: a dark band between two walls, each a double line.
    Longitudinal,
}

/// What is foreground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CarotidTarget {
    /// Where blood flows.
    Lumen,
    /// The inner two layers of the wall (intima and media), plaque not included.
    IntimaMedia,
    /// Plaque: a thickening of the wall that juts into the lumen. Half of the subjects have one.
    Plaque,
}

/// B-mode ultrasound of the common carotid artery: skin, the neck's muscle between bright fasciae, thyroid, the jugular vein (as
/// dark as the artery, but flat and nearer to the skin), the artery with its wall of three layers, and the echo-rich tissue behind
/// it. The foreground of the mask is the lumen unless [`with_target`](Self::with_target) says otherwise. The frames of a subject's
/// sweep (8 each) form a group: the probe moves a little between them, and they look alike.
///
/// Blood gives hardly any echo, which near the wall is filled by reverberation; deep tissue fades. The real counterparts are the
/// images of Momot (2022) and CUBS (Meiburger et al. 2021). Taught in project 10.
///
/// ```
/// use unet_lab_data::phantom::{CarotidPhantom, CarotidView};
/// let data = CarotidPhantom::new(64).with_count(9).with_view(CarotidView::Longitudinal).generate();
/// assert_eq!(data.pairs()[7].group.as_deref(), Some("sweep-00"));
/// assert_eq!(data.pairs()[8].group.as_deref(), Some("sweep-01"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CarotidPhantom {
    /// Width and height of each image in pixels.
    pub size: usize,
    /// Number of images. Default: 24.
    pub count: usize,
    /// The same seed always gives the same images. Default: 42.
    pub seed: u64,
    /// Level of the electronic noise in dB below the brightest echo. Default: -56.
    pub noise: f32,
    /// How the probe is held. Default: transverse.
    pub view: CarotidView,
    /// What is foreground. Default: the lumen.
    pub target: CarotidTarget,
    /// Images a subject. Default: 8.
    pub frames: usize,
}

impl CarotidPhantom {
    /// Transverse images of `size x size` pixels; 24 of them unless [`with_count`](Self::with_count) says otherwise.
    pub fn new(size: usize) -> Self {
        Self {
            size,
            count: 24,
            seed: 42,
            noise: -56.0,
            view: CarotidView::Transverse,
            target: CarotidTarget::Lumen,
            frames: 8,
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

    /// Sets how the probe is held.
    pub fn with_view(self, view: CarotidView) -> Self {
        Self { view, ..self }
    }

    /// Sets what is foreground.
    pub fn with_target(self, target: CarotidTarget) -> Self {
        Self { target, ..self }
    }

    /// Sets the number of images a subject.
    pub fn with_frames(self, frames: usize) -> Self {
        Self { frames, ..self }
    }

    /// Makes the images, named sweep-00-000, sweep-00-001, ... Image `i` does not depend on how many there are.
    pub fn generate(&self) -> Dataset {
        pairs(self.count, |i| self.pair(i))
    }

    fn pair(&self, index: usize) -> ImagePair {
        let (subject, frame) = (index / self.frames.max(1), index % self.frames.max(1));
        let group = format!("sweep-{subject:02}");
        let name = format!("{group}-{frame:03}");
        if self.size == 0 {
            return nothing(name, 1).with_group(group);
        }
        let neck = Neck::new(
            &mut patient_rng(self.seed, subject),
            self.size,
            frame as f32 / self.frames.max(1) as f32,
        );
        let mut rng = image_rng(self.seed, index);
        let mut scene = Scene::new(self.size);
        // The textures of a subject stay; only speckle and the probe's place change.
        neck.tissue(&mut patient_rng(self.seed, subject), &mut scene, self.view);
        let parts = match self.view {
            CarotidView::Transverse => neck.across(&mut scene),
            CarotidView::Longitudinal => neck.along(&mut scene),
        };
        neck.contact(&mut scene);
        let image = scene.picture(&mut rng, [2.4 * neck.unit, 1.15 * neck.unit], 46.0, self.noise);
        let wanted = self.target as u8 + 1;
        let mask = parts.into_iter().map(|part| part == wanted).collect();
        ImagePair::matched(name, image, Mask::new_square(self.size, mask)).with_group(group)
    }
}

/// One subject's neck at one place of the sweep.
struct Neck {
    size: usize,
    unit: f32,
    /// 1 where the thyroid lies to the left of the picture.
    side: f32,
    artery: Blob,
    wall: f32,
    plaque: Option<(f32, f32, f32)>,
    vein: Blob,
    fascia: f32,
    tilt: f32,
    shift: f32,
    gain: f32,
    contact: f32,
}

impl Neck {
    fn new(rng: &mut ChaCha8Rng, size: usize, along: f32) -> Self {
        let s = size as f32;
        let phase = between(rng, 0.0, TAU);
        // The probe drifts, and the artery pulsates.
        let drift = (TAU * along + phase).sin();
        let beat = (2.0 * TAU * along + 1.7 * phase).sin();
        let side = if rng.random::<bool>() { 1.0 } else { -1.0 };
        let radius = s * between(rng, 0.065, 0.105) * (1.0 + 0.04 * beat);
        let at = [
            s * (between(rng, 0.42, 0.58) + 0.035 * drift),
            s * (between(rng, 0.42, 0.55) + 0.01 * drift),
        ];
        let stretch = between(rng, 0.9, 1.15);
        let tilt = between(rng, 0.0, TAU);
        let artery = Blob::new(rng, at, [radius * stretch, radius], tilt, 0.025, 3);
        let vein_at = [
            at[0] + side * s * between(rng, 0.10, 0.17),
            at[1] - radius - s * between(rng, 0.03, 0.07),
        ];
        let vein_radius = s * between(rng, 0.07, 0.12);
        let flat = between(rng, 0.25, 0.55) * (1.0 + 0.2 * beat);
        let lean = side * between(rng, 0.0, 0.4);
        let vein = Blob::new(rng, vein_at, [vein_radius, vein_radius * flat], lean, 0.05, 3);
        let sick = rng.random::<f32>() < 0.5;
        let plaque = (between(rng, 0.0, TAU), between(rng, 0.5, 1.0), between(rng, 0.25, 0.5));
        Self {
            size,
            unit: s / 500.0,
            side,
            artery,
            wall: s * between(rng, 0.011, 0.018),
            plaque: sick.then_some(plaque),
            vein,
            fascia: between(rng, 0.25, 0.31),
            tilt: between(rng, -0.05, 0.05),
            shift: 0.06 * drift,
            gain: 2.0 * normal(rng),
            contact: between(rng, -0.3, 0.9),
        }
    }

    /// Everything but the vessels.
    fn tissue(&self, rng: &mut ChaCha8Rng, scene: &mut Scene, view: CarotidView) {
        let (size, u) = (self.size, self.unit);
        let mut smooth = |scale: f32| Field::smooth(rng, size, (scale * u).max(0.8));
        let (sway, patch, fine, streak, spots) = (smooth(130.0), smooth(40.0), smooth(8.0), smooth(17.0), smooth(30.0));
        let s = size as f32;
        let across = view == CarotidView::Transverse;
        for (x, y) in (0..size).flat_map(|y| (0..size).map(move |x| (x, y))) {
            let i = y * size + x;
            let (across_part, depth) = (x as f32 / s - self.shift, y as f32 / s);
            let read = |field: &Field, by: f32| field.at(across_part.max(0.0) * s / by, y as f32);
            let bent = depth + 0.02 * read(&sway, 1.0) + self.tilt * (across_part - 0.5);
            let line = |at: f32, thick: f32| (-((bent - at) / thick).powi(2)).exp();
            let step = |at: f32, soft: f32| smoothstep(at - soft, at + soft, bent);
            // Skin and the layer of fat under it.
            let mut echo = -30.0 + 13.0 * (depth * 105.0).sin().powi(2) * smoothstep(0.07, 0.02, depth);
            echo += (-30.0 + 9.0 * smoothstep(1.0, 1.7, read(&streak, 5.0)) - echo) * step(0.075, 0.01);
            echo += 18.0 * line(0.085, 0.006) * smoothstep(0.3, 1.0, read(&patch, 1.5) + 0.7);
            // The muscle that turns the head, with short bright streaks.
            let muscle = -40.0 + 15.0 * smoothstep(0.95, 1.5, read(&streak, 4.0)) + 2.0 * read(&patch, 1.0);
            echo += (muscle - echo) * step(0.13, 0.008);
            echo += 21.0 * line(0.13, 0.005) * smoothstep(-0.8, 0.4, read(&patch, 2.0));
            // Loose tissue around the vessels, then deep muscle.
            let loose = -32.0 + 5.0 * read(&patch, 1.0) + 3.0 * read(&fine, 1.0);
            echo += (loose - echo) * step(self.fascia, 0.01);
            echo += 19.0 * line(self.fascia, 0.007) * smoothstep(-1.4, -0.2, read(&spots, 2.5));
            let deep = -40.0 + 11.0 * smoothstep(1.0, 1.8, read(&streak, 3.0)) + 3.0 * read(&patch, 1.0);
            echo += (deep - echo) * step(0.66, 0.05);
            if across {
                let lobe = self.artery.at[0] - self.side * (0.24 * s) - (across_part * s + self.shift * s);
                let (dx, dy) = (
                    lobe / (0.19 * s),
                    (y as f32 - self.artery.at[1] - 0.02 * s) / (0.15 * s),
                );
                let thyroid = dx.hypot(dy) - 1.0 + 0.06 * read(&sway, 1.0);
                echo += 9.0 * (-((thyroid) / 0.05).powi(2)).exp();
                echo += (-27.0 + 2.0 * read(&fine, 1.0) + 1.5 * read(&patch, 1.0) - echo)
                    * smoothstep(0.04, -0.04, thyroid);
                // The windpipe's air: bright front, nothing behind.
                let pipe = -self.side * (across_part * s + self.shift * s - self.artery.at[0]) - 0.40 * s;
                if pipe > 0.0 && depth > self.fascia + 0.10 {
                    let front =
                        (depth - self.fascia - 0.10 - 0.5 * (1.0 - pipe / (0.2 * s)).max(0.0).powi(2) * 0.2) / 0.02;
                    echo += (-12.0 - 34.0 * smoothstep(0.3, 2.0, front) - echo)
                        * smoothstep(0.0, 0.6, front)
                        * smoothstep(0.0, 0.07 * s, pipe);
                }
            }
            scene.echo.data[i] = echo + self.gain;
            scene.loss.data[i] = (6.0 + 34.0 * smoothstep(0.45, 1.0, depth)) / s;
        }
    }

    /// Bad contact of the probe at one side.
    fn contact(&self, scene: &mut Scene) {
        let (size, row) = (self.size, (0.05 * self.size as f32) as usize);
        for x in 0..size {
            let from_middle = self.side * (x as f32 / size as f32 - 0.5);
            scene.loss.data[row * size + x] += 34.0 * smoothstep(0.5 - 0.22 * self.contact, 0.56, from_middle + 0.06);
        }
    }

    /// Echo of the wall at a distance from the lumen's edge: intima, media, adventitia.
    fn layers(&self, outside: f32, sharp: f32) -> f32 {
        let w = self.wall;
        let line = |at: f32, thick: f32| (-((outside - at) / thick).powi(2)).exp();
        -40.0 + 24.0 * sharp * line(0.12 * w, 0.28 * w) + 31.0 * (0.35 + 0.65 * sharp) * line(1.75 * w, 0.75 * w)
    }

    /// 1 lumen, 2 intima and media, 3 plaque.
    fn across(&self, scene: &mut Scene) -> Vec<u8> {
        let (size, u, w) = (self.size, self.unit, self.wall);
        let mut parts = vec![0; size * size];
        for (i, part) in parts.iter_mut().enumerate() {
            let p = [(i % size) as f32, (i / size) as f32];
            let echo = &mut scene.echo.data[i];
            let vein = self.vein.outside(p);
            *echo += 10.0 * (-((vein - 2.0 * u) / (2.5 * u)).powi(2)).exp();
            *echo += (-50.0 - *echo) * smoothstep(1.5 * u, -1.5 * u, vein);
            let outside = self.artery.outside(p);
            let (dx, dy) = (p[0] - self.artery.at[0], p[1] - self.artery.at[1]);
            let radius = self.artery.radii[1];
            if outside < 4.0 * w {
                // Echoes are strong where the wall faces the beam.
                let facing = (dy / dx.hypot(dy).max(1e-3)).powi(2);
                let sheath = smoothstep(4.0 * w, 2.4 * w, outside);
                let wall = self.layers(outside, facing) + self.gain + 4.0;
                *echo += (wall - *echo) * sheath * (0.35 + 0.65 * smoothstep(1.5 * w, 0.8 * w, outside));
                let haze =
                    -46.0 + 8.0 * smoothstep(0.0, -radius, dy) * smoothstep(-0.75 * radius, -0.1 * radius, outside);
                *echo += (haze - *echo) * smoothstep(0.8 * u, -0.8 * u, outside);
            }
            if outside < 0.0 {
                *part = 1;
                scene.loss.data[i] = -6.0 / (2.0 * radius);
            } else if outside < w {
                *part = 2;
            }
            if let Some((angle, broad, high)) = self.plaque {
                let turn = (dy.atan2(dx) - angle + std::f32::consts::PI).rem_euclid(TAU) - std::f32::consts::PI;
                let thick = high * radius * smoothstep(broad, 0.2 * broad, turn.abs());
                if outside < 0.5 * w && -outside < thick {
                    let rim = 7.0 * (-((outside + thick) / (1.5 * u)).powi(2)).exp();
                    *echo = -30.0 + rim + self.gain;
                    *part = if outside < 0.0 { 3 } else { *part };
                }
            }
        }
        parts
    }

    fn along(&self, scene: &mut Scene) -> Vec<u8> {
        let (size, u, w) = (self.size, self.unit, self.wall);
        let s = size as f32;
        let slope = 1.6 * self.tilt;
        let line = |t: f32| -> Spot { [t * s, self.artery.at[1] + slope * (t - 0.5) * s] };
        let radius = self.artery.radii[1] * 1.1;
        let mut parts = vec![0; size * size];
        for (i, part) in parts.iter_mut().enumerate() {
            let p = [(i % size) as f32, (i / size) as f32];
            let (away, _) = piece(p, line(-0.5), line(1.5));
            let below = p[1] > line(p[0] / s)[1];
            // The artery widens towards its fork.
            let wide = radius
                * (1.0
                    + 0.22 * smoothstep(0.55, 1.0, 0.5 + self.side * (p[0] / s - 0.5))
                    + 0.02 * (p[0] / (0.11 * s)).sin());
            let outside = away - wide;
            let echo = &mut scene.echo.data[i];
            if outside < 4.0 * w {
                let sharp = if below { 1.0 } else { 0.55 };
                let wall = self.layers(outside, sharp) + self.gain + 5.0;
                *echo += (wall - *echo) * smoothstep(4.0 * w, 2.4 * w, outside);
                let near = smoothstep(-0.55 * wide, -0.05 * wide, outside) * if below { 0.25 } else { 1.0 };
                *echo += (-47.0 + 11.0 * near - *echo) * smoothstep(0.8 * u, -0.8 * u, outside);
            }
            if outside < 0.0 {
                *part = 1;
                scene.loss.data[i] = -5.0 / (2.0 * wide);
            } else if outside < w {
                *part = 2;
            }
            if let Some((angle, broad, high)) = self.plaque {
                let lower = angle < 4.0;
                let middle = (0.25 + 0.5 * broad - 0.25 + self.shift) * s;
                let thick = 1.1 * high * wide * smoothstep(0.17 * s * broad, 0.0, (p[0] - middle).abs()).sqrt();
                if below == lower && outside < 0.5 * w && -outside < thick {
                    let rim = 8.0 * (-((outside + thick) / (1.5 * u)).powi(2)).exp();
                    *echo = -29.0 + rim + self.gain;
                    *part = if outside < 0.0 { 3 } else { *part };
                }
            }
        }
        parts
    }
}

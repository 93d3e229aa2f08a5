//! Colour photographs of the fundus with its vessels.

mod tree;

use super::ink::{Colour, Spot, blend, colour_image, nothing, pairs, stroke};
use super::noise::{Field, between, distance, normal, smoothstep};
use super::volume_set::{image_rng, patient_rng};
use crate::{Dataset, ImagePair, Mask};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt};
use std::f32::consts::TAU;
use tree::Tree;

/// Fundus photographs: an orange disc (the field of view) on black, with the bright head of the optic nerve, the dark macula, and
/// arteries and veins that leave the nerve in arcades, branch and taper down to a pixel. The foreground of the mask is the
/// vessels, about a tenth of the field of view. Light falls unevenly; every third patient has lesions (small bleedings,
/// bright deposits) that are no vessels. Two images a patient, the right and the left eye, form a group.
///
/// Blood absorbs green and blue light far more than red, hence vessels are seen best in the green channel; arteries are
/// lighter, thinner, and have a bright line along their middle. The real counterparts are DRIVE (Staal et al. 2004) and
/// CHASE_DB1 (Fraz et al. 2012). Taught in project 4.
///
/// ```
/// use unet_lab_data::phantom::RetinaPhantom;
/// let phantom = RetinaPhantom::new(64).with_count(2).with_seed(3);
/// let data = phantom.generate();
/// assert_eq!((data.len(), data.size(), data.channels()), (2, Some([64, 64]), Some(3)));
/// assert!(phantom.fields_of_view()[0].foreground_fraction() > 0.6);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RetinaPhantom {
    /// Width and height of each image in pixels. The field of view always fills it.
    pub size: usize,
    /// Number of images. Default: 20.
    pub count: usize,
    /// The same seed always gives the same images. Default: 42.
    pub seed: u64,
    /// Standard deviation of the camera's noise, as a part of the range from black to white. Default: 0.018.
    pub noise: f32,
}

impl RetinaPhantom {
    /// Images of `size x size` pixels; 20 of them unless [`with_count`](Self::with_count) says otherwise.
    pub fn new(size: usize) -> Self {
        Self {
            size,
            count: 20,
            seed: 42,
            noise: 0.018,
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

    /// Sets the standard deviation of the noise.
    pub fn with_noise(self, noise: f32) -> Self {
        Self { noise, ..self }
    }

    /// Makes the images, named retina-000-right, retina-000-left, ... Image `i` does not depend on how many there are.
    pub fn generate(&self) -> Dataset {
        pairs(self.count, |i| self.pair(i))
    }

    /// Where each image shows the fundus, in the order of [`generate`](Self::generate): scores count only there.
    pub fn fields_of_view(&self) -> Vec<Mask> {
        let eye = |i: usize| Eye::new(&mut image_rng(self.seed, i), self.size.max(1) as f32, i);
        let mask = |eye: Eye| Mask::from_fn(self.size, self.size, |x, y| eye.rim([x as f32, y as f32]) < 0.0);
        (0..self.count).map(|i| mask(eye(i))).collect()
    }

    fn pair(&self, index: usize) -> ImagePair {
        let patient = format!("retina-{:03}", index / 2);
        let name = format!("{patient}-{}", ["right", "left"][index % 2]);
        if self.size == 0 {
            return nothing(name, 3).with_group(patient);
        }
        let mut rng = image_rng(self.seed, index);
        let eye = Eye::new(&mut rng, self.size as f32, index);
        let look = Look::new(&mut patient_rng(self.seed, index / 2), index / 2);
        let tree = Tree::grow(&mut rng, &eye, self.size);
        let mask = Mask::from_fn(self.size, self.size, |x, y| {
            let i = y * self.size + x;
            tree.veins.data[i].max(tree.arteries.data[i]) >= 0.5 && eye.rim([x as f32, y as f32]) < 0.0
        });
        let image = paint(&mut rng, &eye, &look, &tree, self.size, self.noise);
        ImagePair::matched(name, image, mask).with_group(patient)
    }
}

/// Where things lie, in pixels.
struct Eye {
    middle: Spot,
    radius: f32,
    /// 1 where the nose lies to the right.
    side: f32,
    nerve: Spot,
    nerve_radius: f32,
    macula: Spot,
    /// A five-hundredth of the width.
    unit: f32,
}

impl Eye {
    fn new(rng: &mut ChaCha8Rng, size: f32, index: usize) -> Self {
        let middle = [0; 2].map(|_| size * (0.5 + 0.006 * normal(rng)));
        let radius = size * between(rng, 0.462, 0.482);
        let side = if index.is_multiple_of(2) { 1.0 } else { -1.0 };
        let nerve = [
            middle[0] + side * radius * between(rng, 0.42, 0.58),
            middle[1] + radius * between(rng, -0.08, 0.08),
        ];
        let macula = [
            nerve[0] - side * radius * between(rng, 0.58, 0.66),
            nerve[1] + radius * between(rng, 0.02, 0.10),
        ];
        Self {
            middle,
            radius,
            side,
            nerve,
            nerve_radius: radius * between(rng, 0.125, 0.155),
            macula,
            unit: size / 500.0,
        }
    }

    /// Distance from the rim of the field of view, negative inside.
    fn rim(&self, p: Spot) -> f32 {
        distance(p, self.middle) - self.radius
    }
}

/// What both eyes of a patient share.
struct Look {
    fundus: Colour,
    pigment: f32,
    sick: bool,
}

impl Look {
    fn new(rng: &mut impl Rng, patient: usize) -> Self {
        let pigment = between(rng, 0.0, 1.0);
        let mut fundus = [0.86, 0.45, 0.19];
        blend(&mut fundus, [0.62, 0.30, 0.13], pigment);
        Self {
            fundus,
            pigment,
            sick: patient % 3 == 2,
        }
    }
}

fn paint(rng: &mut ChaCha8Rng, eye: &Eye, look: &Look, tree: &Tree, size: usize, noise: f32) -> crate::Image {
    let u = eye.unit;
    let mut smooth = |scale: f32| Field::smooth(rng, size, (scale * u).max(0.8));
    let (cloud, choroid, grain, light, wave) = (smooth(55.0), smooth(13.0), smooth(2.2), smooth(230.0), smooth(30.0));
    let (mut bleeding, mut deposits) = (Field::filled(size, 0.0), Field::filled(size, 0.0));
    if look.sick {
        lesions(rng, eye, &mut bleeding, &mut deposits);
    }
    let tilt: Spot = [0; 2].map(|_| between(rng, -0.16, 0.16));
    let blur = 0.55 * u.max(0.6);
    let soft = |field: &Field| field.blurred(blur);
    let [veins, arteries, reflex] = [soft(&tree.veins), soft(&tree.arteries), soft(&tree.reflex)];
    let cup = [eye.nerve[0] - eye.side * 0.1 * eye.nerve_radius, eye.nerve[1]];
    colour_image(size, |i| {
        let p = [(i % size) as f32, (i / size) as f32];
        let rim = eye.rim(p);
        if rim > 2.0 {
            return [0; 3].map(|_| 0.012 + 0.004 * normal(rng));
        }
        let mut colour = look.fundus;
        // Vessels of the layer beneath shine through where there is little pigment.
        let web = smoothstep(0.5, 0.0, choroid.data[i].abs()) * (1.0 - look.pigment);
        let shade = 1.0 + 0.07 * cloud.data[i] + 0.035 * grain.data[i];
        colour = [
            colour[0] * (shade + 0.02 * web),
            colour[1] * (shade + 0.15 * web),
            colour[2] * shade,
        ];
        let spot = (-(distance(p, eye.macula) / (0.19 * eye.radius)).powi(2)).exp();
        let pit = (-(distance(p, eye.macula) / (0.05 * eye.radius)).powi(2)).exp();
        let dark = [0.18, 0.34, 0.40].map(|d| 1.0 - d * spot - 0.3 * d * pit);
        colour.iter_mut().zip(dark).for_each(|(v, d)| *v *= d);
        let from_nerve = distance(p, eye.nerve);
        let halo = (-((from_nerve - eye.nerve_radius) / (0.5 * eye.nerve_radius))
            .max(0.0)
            .powi(2))
        .exp();
        blend(&mut colour, [0.95, 0.62, 0.33], 0.30 * halo);
        let edge = from_nerve - eye.nerve_radius * (1.0 + 0.03 * wave.data[i]);
        blend(
            &mut colour,
            [1.0, 0.80, 0.50],
            0.92 * smoothstep(2.5 * u, -3.0 * u, edge),
        );
        let hollow = distance(p, cup) - 0.48 * eye.nerve_radius;
        blend(
            &mut colour,
            [1.0, 0.95, 0.74],
            0.85 * smoothstep(4.0 * u, -4.0 * u, hollow),
        );
        blend(&mut colour, [0.98, 0.86, 0.42], 0.85 * deposits.data[i]);
        // Beer-Lambert: a vessel lets through exp(-absorbance) of each colour.
        let mut pass = |part: f32, absorbance: Colour| {
            colour
                .iter_mut()
                .zip(absorbance)
                .for_each(|(v, a)| *v *= (-a * part).exp());
        };
        pass(veins.data[i], [0.34, 0.74, 0.62]);
        pass(arteries.data[i] * (1.0 - 0.45 * reflex.data[i]), [0.19, 0.56, 0.50]);
        pass(bleeding.data[i], [0.42, 0.95, 0.80]);
        let far = (distance(p, eye.middle) / eye.radius).powi(2);
        let (du, dv) = ((p[0] - eye.middle[0]) / eye.radius, (p[1] - eye.middle[1]) / eye.radius);
        let shine = (1.08 - 0.30 * far + tilt[0] * du + tilt[1] * dv + 0.10 * light.data[i]).max(0.2);
        let inside = smoothstep(1.5, -1.5, rim);
        let hiss = normal(rng);
        colour.map(|v| inside * v * shine + 0.01 + noise * (0.6 * normal(rng) + 0.8 * hiss) * inside)
    })
}

/// Small dark dots and flame-like blots, and clusters of bright yellow specks, away from the nerve.
fn lesions(rng: &mut ChaCha8Rng, eye: &Eye, bleeding: &mut Field, deposits: &mut Field) {
    let u = eye.unit;
    let somewhere = |rng: &mut ChaCha8Rng| loop {
        let p = [0, 1].map(|i| eye.middle[i] + eye.radius * between(rng, -0.85, 0.85));
        if eye.rim(p) < -0.1 * eye.radius && distance(p, eye.nerve) > 2.0 * eye.nerve_radius {
            return p;
        }
    };
    for _ in 0..rng.random_range(12..40) {
        let p = somewhere(rng);
        stroke(bleeding, p, p, [between(rng, 0.9, 2.4) * u; 2], between(rng, 0.5, 0.9));
    }
    for _ in 0..rng.random_range(2..8) {
        let mut p = somewhere(rng);
        let heading = between(rng, 0.0, TAU);
        for _ in 0..rng.random_range(3..9) {
            let to = [0, 1].map(|i| p[i] + 4.0 * u * normal(rng) + 3.0 * u * [heading.cos(), heading.sin()][i]);
            stroke(bleeding, p, to, [between(rng, 2.0, 5.0) * u; 2], between(rng, 0.4, 0.8));
            p = to;
        }
    }
    for _ in 0..rng.random_range(1..5) {
        let middle = somewhere(rng);
        for _ in 0..rng.random_range(6..30) {
            let p = [0, 1].map(|i| middle[i] + 14.0 * u * normal(rng));
            let to = [0, 1].map(|i| p[i] + 2.0 * u * normal(rng));
            stroke(deposits, p, to, [between(rng, 0.8, 2.8) * u; 2], between(rng, 0.5, 1.0));
        }
    }
}

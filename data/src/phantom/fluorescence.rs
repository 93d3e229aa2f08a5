//! Cell nuclei as a fluorescence microscope shows them.

use super::noise::{Field, between, distance, grey_level, normal, smoothstep};
use crate::{Dataset, Image, ImagePair, Mask};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;
use std::f32::consts::PI;

/// Stained nuclei on black: bright, soft-edged, mottled ovals of varied size and brightness, some of them touching,
/// out of a haze of unfocused light, with the noise of counted photons. The foreground of the mask is the nuclei,
/// about a sixth of all pixels.
///
/// The real counterpart is BBBC038 (Data Science Bowl 2018). Taught in unit 02.
///
/// ```
/// use unet_lab_data::phantom::NucleiPhantom;
/// let data = NucleiPhantom::new(64).with_count(2).with_seed(3).generate();
/// assert_eq!((data.len(), data.size(), data.channels()), (2, Some([64, 64]), Some(1)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NucleiPhantom {
    /// Width and height of each image in pixels.
    pub size: usize,
    /// Number of images. Default: 20.
    pub count: usize,
    /// The same seed always gives the same images. Default: 42.
    pub seed: u64,
    /// Photons that the brightest pixel counts: fewer means noisier. Default: 220.
    pub photons: f32,
}

impl NucleiPhantom {
    /// Images of `size x size` pixels; 20 of them unless [`with_count`](Self::with_count) says otherwise.
    pub fn new(size: usize) -> Self {
        Self {
            size,
            count: 20,
            seed: 42,
            photons: 220.0,
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

    /// Sets the photons that the brightest pixel counts: 1000 for a clean picture, 30 for a hard lesson.
    pub fn with_photons(self, photons: f32) -> Self {
        Self { photons, ..self }
    }

    /// Makes the images, named nuclei-000, nuclei-001, ... Image `i` does not depend on how many there are.
    pub fn generate(&self) -> Dataset {
        (0..self.count)
            .into_par_iter()
            .map(|i| self.pair(i))
            .collect::<Vec<_>>()
            .into_iter()
            .collect()
    }

    fn pair(&self, index: usize) -> ImagePair {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(index as u64);
        let (image, mask) = field_of_view(&mut rng, self.size, self.photons);
        ImagePair::matched(format!("nuclei-{index:03}"), image, mask)
    }
}

/// An oval with a wobbly outline.
struct Nucleus {
    at: [f32; 2],
    axes: [f32; 2],
    angle: f32,
    light: f32,
}

impl Nucleus {
    /// About the distance of a place from the outline in pixels, negative inside.
    fn outside(&self, x: f32, y: f32) -> f32 {
        let (dx, dy, cos, sin) = (x - self.at[0], y - self.at[1], self.angle.cos(), self.angle.sin());
        let (u, v) = (
            (dx * cos + dy * sin) / self.axes[0],
            (dy * cos - dx * sin) / self.axes[1],
        );
        (distance([u, v], [0.0; 2]) - 1.0) * self.axes[0].min(self.axes[1])
    }
}

fn field_of_view(rng: &mut ChaCha8Rng, size: usize, photons: f32) -> (Image, Mask) {
    let nuclei = scatter(rng, size as f32);
    let wobble = Field::smooth(rng, size, 8.0);
    let (coarse, fine) = (Field::smooth(rng, size, 4.5), Field::smooth(rng, size, 2.2));
    let mut light = Field::filled(size, 0.0);
    let mut inside = vec![false; size * size];
    for nucleus in &nuclei {
        for (i, within) in inside.iter_mut().enumerate() {
            let outside = nucleus.outside((i % size) as f32, (i / size) as f32) + 0.7 * wobble.data[i];
            if outside < 1.0 {
                let chromatin = 1.0 + 0.13 * coarse.data[i] + 0.08 * fine.data[i];
                let dome = 0.72 + 0.28 * smoothstep(0.0, -6.0, outside);
                // Overlapping nuclei add their light.
                light.data[i] += nucleus.light * dome * chromatin.max(0.3) * smoothstep(1.0, -1.0, outside);
                *within |= outside < 0.0;
            }
        }
    }
    let focused = light.blurred(1.1);
    let haze = light.blurred(9.0);
    let glow = Field::smooth(rng, size, 0.5 * size as f32 + 10.0);
    let brightest = focused.data.iter().copied().fold(0.6, f32::max);
    let image = Image::from_fn(size, size, |x, y| {
        let i = y * size + x;
        let signal = (focused.data[i] + 0.14 * haze.data[i]) / brightest * 0.9 + 0.045 + 0.012 * glow.data[i];
        // Counted photons scatter by the square root of their number; the camera adds a little of its own.
        let counted = signal + (signal.max(0.0) / photons.max(1.0)).sqrt() * normal(rng) + 0.006 * normal(rng);
        grey_level(counted)
    });
    (image, Mask::new_square(size, inside))
}

fn scatter(rng: &mut ChaCha8Rng, size: f32) -> Vec<Nucleus> {
    let typical = between(rng, 8.5, 13.0);
    let wanted = (size * size / 1750.0).max(2.0) as usize;
    let mut nuclei: Vec<Nucleus> = Vec::new();
    for _ in 0..60 * wanted {
        if nuclei.len() >= wanted {
            break;
        }
        let long = typical * (0.16 * normal(rng)).exp();
        let light = 0.55 * (0.38 * normal(rng)).exp();
        let shape = Nucleus {
            at: [between(rng, -4.0, size + 4.0), between(rng, -4.0, size + 4.0)],
            axes: [long, long * between(rng, 0.62, 0.95)],
            angle: between(rng, 0.0, PI),
            light,
        };
        // One in four is put beside an older one, so that they touch.
        let beside = (rng.random::<f32>() < 0.28 && !nuclei.is_empty()).then(|| rng.random_range(0..nuclei.len()));
        let shape = match beside {
            Some(i) => {
                let (angle, away) = (between(rng, 0.0, 2.0 * PI), 0.86 * (nuclei[i].axes[1] + shape.axes[1]));
                Nucleus {
                    at: [
                        nuclei[i].at[0] + away * angle.cos(),
                        nuclei[i].at[1] + away * angle.sin(),
                    ],
                    ..shape
                }
            }
            None => shape,
        };
        let far = |(i, n): (usize, &Nucleus)| {
            distance(n.at, shape.at)
                > if beside == Some(i) {
                    0.0
                } else {
                    n.axes[0] + shape.axes[0] + 1.5
                }
        };
        if nuclei.iter().enumerate().all(far) {
            nuclei.push(shape);
        }
    }
    nuclei
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phantom::fingerprint;

    #[test]
    fn the_seed_decides_everything() {
        let data = NucleiPhantom::new(64).with_seed(9).with_count(3).generate();
        assert_eq!(
            data,
            NucleiPhantom::new(64).with_seed(9).with_count(5).generate().first(3)
        );
        assert_ne!(data, NucleiPhantom::new(64).with_seed(8).with_count(3).generate());
    }

    /// A change of this number changes every figure and result of the course.
    #[test]
    fn the_images_never_change() {
        let data = NucleiPhantom::new(48).with_count(2).generate();
        assert_eq!(fingerprint(&data), 0x6095_f6f9_ce9a_b8b1, "{:#x}", fingerprint(&data));
    }

    #[test]
    fn nuclei_are_bright_and_a_sixth_of_the_picture() {
        let data = NucleiPhantom::new(128).with_count(12).generate();
        let fraction = data.foreground_fraction();
        assert!((0.08..0.25).contains(&fraction), "{fraction}");
        for pair in &data {
            let mean = |wanted: bool| {
                let values: Vec<f32> = pair
                    .image()
                    .data()
                    .iter()
                    .zip(pair.mask().data())
                    .filter(|(_, m)| **m == wanted)
                    .map(|(v, _)| *v)
                    .collect();
                values.iter().sum::<f32>() / values.len() as f32
            };
            assert!(
                mean(true) > 2.0 * mean(false),
                "{}: {} {}",
                pair.name,
                mean(true),
                mean(false)
            );
        }
    }
}

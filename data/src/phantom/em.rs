//! Brain tissue as a transmission electron microscope shows it.

use super::cells::Cells;
use super::noise::{Field, between, grey_level, normal, smoothstep};
use super::organelles;
use crate::{Dataset, Image, ImagePair, Mask};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rayon::prelude::*;

/// Electron microscopy of packed nerve cells, at the scale of the ISBI 2012 challenge that the U-Net paper reports
/// on: thin dark membranes wind between grey, grainy cells that hold dark mitochondria and small bubbles. The
/// foreground of the mask is the membrane, about a fifth of all pixels.
///
/// Ronneberger, Fischer and Brox (2015), section 4, segments the real counterpart. (ISBI's own label files store
/// membrane as 0 and cells as 255; [`Dataset::inverted`] and [`Foreground::Zero`](crate::Foreground)
/// translate.) Taught in unit 02.
///
/// ```
/// use unet_lab_data::phantom::EmPhantom;
/// let data = EmPhantom::new(64).with_count(2).with_seed(3).generate();
/// assert_eq!((data.len(), data.size(), data.channels()), (2, Some([64, 64]), Some(1)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct EmPhantom {
    /// Width and height of each image in pixels.
    pub size: usize,
    /// Number of images. Default: 20.
    pub count: usize,
    /// The same seed always gives the same images. Default: 42.
    pub seed: u64,
    /// Standard deviation of the detector's noise, as a part of the range from black to white. Default: 0.055.
    pub noise: f32,
}

impl EmPhantom {
    /// Images of `size x size` pixels; 20 of them unless [`with_count`](Self::with_count) says otherwise.
    pub fn new(size: usize) -> Self {
        Self {
            size,
            count: 20,
            seed: 42,
            noise: 0.055,
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

    /// Sets the standard deviation of the noise; 0 for none, 0.15 for a hard lesson.
    pub fn with_noise(self, noise: f32) -> Self {
        Self { noise, ..self }
    }

    /// Makes the images, named em-000, em-001, ... Image `i` does not depend on how many there are.
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
        let (image, mask) = slice(&mut rng, self.size, self.noise);
        ImagePair::matched(format!("em-{index:03}"), image, mask)
    }
}

fn slice(rng: &mut ChaCha8Rng, size: usize, noise: f32) -> (Image, Mask) {
    let cells = Cells::grow(rng, size);
    let mut grey = cytoplasm(rng, &cells, size);
    organelles::draw(rng, &mut grey, &cells);

    // Membranes: of uneven thickness and darkness; where they are cut at a slant, broad and blurred.
    let thick = Field::smooth(rng, size, 22.0);
    let faint = Field::smooth(rng, size, 30.0);
    let slant = Field::smooth(rng, size, 34.0);
    let mut half = Field::filled(size, 0.0);
    for i in 0..size * size {
        let slanted = smoothstep(1.15, 2.2, slant.data[i]);
        half.data[i] = (1.75 + 0.3 * thick.data[i] + 4.5 * slanted).max(1.1);
        let away = cells.edge.data[i].max(0.0) / (1.25 * half.data[i]);
        let dark = (0.88 + 0.09 * faint.data[i]).clamp(0.5, 1.0) * (1.0 - 0.25 * slanted) * (-away.powf(2.4)).exp();
        grey.data[i] += dark * (0.17 - grey.data[i]);
    }
    let mask = Mask::from_fn(size, size, |x, y| {
        cells.edge.data[y * size + x] < 1.15 * half.data[y * size + x]
    });

    // The microscope: a little blur, uneven staining, noise that is itself slightly blurred by the scanner.
    let sharp = grey.blurred(0.75);
    let stain = Field::smooth(rng, size, 0.45 * size as f32 + 20.0);
    let grain = Field {
        size,
        data: (0..size * size).map(|_| normal(rng)).collect(),
    }
    .blurred(0.55);
    let tilt = [between(rng, -0.06, 0.06), between(rng, -0.06, 0.06)];
    let image = Image::from_fn(size, size, |x, y| {
        let i = y * size + x;
        let light = 1.0 + 0.07 * stain.data[i] + (tilt[0] * x as f32 + tilt[1] * y as f32) / size as f32;
        // Blurring by 0.55 pixels leaves about 0.62 of the noise's standard deviation.
        grey_level(sharp.data[i] * light + noise / 0.62 * grain.data[i])
    });
    (image, mask)
}

/// Cytoplasm: each cell of its own grey, with grain of several sizes.
fn cytoplasm(rng: &mut ChaCha8Rng, cells: &Cells, size: usize) -> Field {
    let tone: Vec<f32> = (0..cells.count)
        .map(|_| (0.575 + 0.04 * normal(rng)).min(0.66))
        .collect();
    let rough: Vec<f32> = (0..cells.count).map(|_| between(rng, 0.7, 1.4)).collect();
    let grains =
        [(1.7, 0.055), (3.2, 0.045), (11.0, 0.024)].map(|(scale, depth)| (Field::smooth(rng, size, scale), depth));
    let data = cells.label.iter().enumerate();
    Field {
        size,
        data: data
            .map(|(i, &cell)| tone[cell] + rough[cell] * grains.iter().map(|(f, d)| d * f.data[i]).sum::<f32>())
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phantom::fingerprint;

    #[test]
    fn the_seed_decides_everything_and_images_do_not_depend_on_their_number() {
        let three = EmPhantom::new(64).with_seed(9).with_count(3).generate();
        let five = EmPhantom::new(64).with_seed(9).with_count(5).generate();
        assert_eq!(three, five.first(3));
        assert_ne!(five.pairs()[0].image(), five.pairs()[1].image());
        assert_ne!(EmPhantom::new(64).with_seed(10).with_count(1).generate(), five.first(1));
    }

    /// A change of this number changes every figure and result of the course.
    #[test]
    fn the_images_never_change() {
        let data = EmPhantom::new(48).with_count(2).generate();
        assert_eq!(fingerprint(&data), 0x5e56_3401_e829_b4dd, "{:#x}", fingerprint(&data));
    }

    #[test]
    fn membranes_are_dark_and_a_fifth_of_the_picture() {
        let data = EmPhantom::new(128).with_count(12).generate();
        let fraction = data.foreground_fraction();
        assert!((0.15..0.25).contains(&fraction), "{fraction}");
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
                mean(true) + 0.12 < mean(false),
                "{}: {} {}",
                pair.name,
                mean(true),
                mean(false)
            );
        }
    }
}

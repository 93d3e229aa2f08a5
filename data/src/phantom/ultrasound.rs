//! How an ultrasound scanner makes a picture: speckle, attenuation with depth, logarithmic compression.

use super::noise::{Field, grey_level};
use crate::Image;
use rand::Rng;

/// Speckle: the amplitude of many echoes of random phase, which is Rayleigh distributed (Burckhardt 1978, "Speckle in
/// ultrasound B-mode scans"; Wagner et al. 1983), smoothed by the pulse, which is short in depth and wide across. Its mean square
/// is 1.
pub(super) fn speckle(rng: &mut impl Rng, size: usize, across: f32, deep: f32) -> Field {
    let mut part = || Field::white(rng, size).blurred_by(across.max(0.3), deep.max(0.3));
    let (real, imaginary) = (part(), part());
    let mut data: Vec<f32> = real
        .data
        .iter()
        .zip(&imaginary.data)
        .map(|(a, b)| a.hypot(*b))
        .collect();
    let power = data.iter().map(|v| v * v).sum::<f32>() / data.len().max(1) as f32;
    data.iter_mut().for_each(|v| *v /= power.sqrt().max(1e-6));
    Field { size, data }
}

/// What lies under a probe, pixel by pixel.
pub(super) struct Scene {
    /// Strength of the echoes in dB below the brightest.
    pub echo: Field,
    /// What a pixel takes from the sound that passes it, there and back, in dB beyond what the scanner makes up for.
    pub loss: Field,
}

impl Scene {
    pub fn new(size: usize) -> Self {
        Self {
            echo: Field::filled(size, -60.0),
            loss: Field::filled(size, 0.0),
        }
    }

    /// The picture: losses add up down each column, echoes are multiplied by speckle, and `range` dB become black to white.
    pub fn picture(&self, rng: &mut impl Rng, grain: [f32; 2], range: f32, hiss: f32) -> Image {
        let size = self.echo.size;
        let speckle = speckle(rng, size, grain[0], grain[1]);
        let floor = super::ultrasound::speckle(rng, size, 0.7 * grain[0], grain[1]);
        let mut taken = vec![0.0; size];
        let lost: Vec<f32> = (0..size * size)
            .map(|i| {
                taken[i % size] += self.loss.data[i];
                taken[i % size]
            })
            .collect();
        // The beam is wide: shadows have soft edges.
        let lost = Field { size, data: lost }.blurred_by((1.5 * grain[0]).max(0.5), 0.5);
        Image::from_fn(size, size, |x, y| {
            let i = y * size + x;
            let amplitude = 10f32.powf((self.echo.data[i] - lost.data[i]) / 20.0) * speckle.data[i];
            let noise = 10f32.powf(hiss / 20.0) * floor.data[i];
            let level = 20.0 * amplitude.hypot(noise).max(1e-5).log10();
            grey_level(1.0 + level / range)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    /// A Rayleigh distribution's mean is 1.913 times its standard deviation.
    #[test]
    fn speckle_is_rayleigh_distributed() {
        let speckle = speckle(&mut ChaCha8Rng::seed_from_u64(1), 256, 1.5, 0.8);
        let n = speckle.data.len() as f32;
        let mean = speckle.data.iter().sum::<f32>() / n;
        let deviation = (speckle.data.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n).sqrt();
        assert!((mean / deviation - 1.913).abs() < 0.08, "{}", mean / deviation);
    }

    #[test]
    fn a_loss_darkens_all_that_lies_deeper() {
        let mut scene = Scene::new(64);
        scene.echo.data.fill(-15.0);
        (0..64)
            .filter(|x| (20..40).contains(x))
            .for_each(|x| scene.loss.data[30 * 64 + x] = 20.0);
        let image = scene.picture(&mut ChaCha8Rng::seed_from_u64(1), [1.0, 0.7], 60.0, -70.0);
        let mean = |x: usize, rows: std::ops::Range<usize>| {
            let n = rows.len() as f32;
            rows.map(|y| image.get(0, x, y)).sum::<f32>() / n
        };
        assert!((mean(30, 0..25) - mean(30, 40..64) - 20.0 / 60.0).abs() < 0.08);
        assert!((mean(5, 0..25) - mean(5, 40..64)).abs() < 0.08);
    }
}

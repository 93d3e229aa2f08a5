//! What scanners add to a picture: the noise of computed tomography and of magnetic resonance.

use super::noise::{Field, normal};
use super::space::{Grid, Noise3};
use rand::Rng;

/// Adds noise to a CT volume, slice by slice. Filtered back-projection leaves grainy noise, weak at low and at the highest
/// frequencies (Riederer, Pelc and Chesler 1978, "The noise power spectrum in computed X-ray tomography"); a difference of
/// two bells has that spectrum. `sigma` in HU.
pub(super) fn ct_noise(rng: &mut impl Rng, values: &mut [f32], size: [usize; 3], sigma: f32) {
    let [_, height, width] = size;
    debug_assert_eq!(height, width);
    for slice in values.chunks_mut((height * width).max(1)) {
        let white = Field {
            size: width,
            data: slice.iter().map(|_| normal(rng)).collect(),
        };
        let (fine, coarse) = (white.blurred(0.6), white.blurred(1.7));
        let grain: Vec<f32> = fine.data.iter().zip(&coarse.data).map(|(a, b)| a - b).collect();
        let power = grain.iter().map(|v| v * v).sum::<f32>() / grain.len().max(1) as f32;
        let scale = sigma / power.sqrt().max(1e-6);
        slice.iter_mut().zip(grain).for_each(|(v, g)| *v += scale * g);
    }
}

/// The magnitude of a complex signal with noise in both parts: Rician (Gudbjartsson and Patz 1995). `sigma` is the noise of
/// one part.
pub(super) fn rician(rng: &mut impl Rng, signal: f32, sigma: f32) -> f32 {
    (signal + sigma * normal(rng)).hypot(sigma * normal(rng))
}

/// The uneven sensitivity of a receive coil: a slowly varying factor around 1 for every voxel of a volume.
pub(super) fn coil(rng: &mut impl Rng, grid: &Grid, strength: f32) -> Vec<f32> {
    let wave = Noise3::new(rng, 140.0);
    let flat = Grid { over: 1, ..*grid };
    let (values, _) = flat.render(1, |p, _, v| {
        v[0] = (strength * wave.at(p)).exp();
        0
    });
    values
}

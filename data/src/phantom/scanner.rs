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

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn ct_noise_has_its_strength_and_is_not_white() {
        let (mut values, size) = (vec![0.0; 2 * 64 * 64], [2, 64, 64]);
        ct_noise(&mut ChaCha8Rng::seed_from_u64(1), &mut values, size, 20.0);
        let mean = |of: &dyn Fn(usize) -> f32, n: usize| (0..n).map(of).sum::<f32>() / n as f32;
        let n = values.len() - 2;
        let power = mean(&|i| values[i] * values[i], n);
        assert!((power.sqrt() - 20.0).abs() < 0.5, "{power}");
        let beside = mean(&|i| values[i] * values[i + 1], n) / power;
        let apart = mean(&|i| values[i] * values[i + 2], n) / power;
        assert!(beside > 0.2 && apart < 0.0, "{beside} {apart}");
        let slices = mean(&|i| values[i] * values[i + 4096], 4096) / power;
        assert!(slices.abs() < 0.1, "slices differ: {slices}");
    }

    /// Without signal it is a Rayleigh distribution of mean 1.2533 sigma; with a strong one nearly a bell around it.
    #[test]
    fn magnitudes_are_rician() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut mean = |signal: f32| (0..20_000).map(|_| rician(&mut rng, signal, 0.1)).sum::<f32>() / 20_000.0;
        assert!((mean(0.0) - 0.12533).abs() < 0.002);
        assert!((mean(1.0) - 1.005).abs() < 0.003);
    }
}

//! Tests of the `space` module.

use super::noise::between;
use super::space::*;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

#[test]
fn noise_has_mean_0_and_variance_1() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let noise = Noise3::new(&mut rng, 2.0);
    let values: Vec<f32> = (0..40_000)
        .map(|_| noise.at([0; 3].map(|_| between(&mut rng, -200.0, 200.0))))
        .collect();
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32;
    assert!(mean.abs() < 0.05 && (variance - 1.0).abs() < 0.15, "{mean} {variance}");
}

#[test]
fn distances_are_0_on_the_surface_and_negative_inside() {
    assert!(ellipsoid([3.0, 0.0, 0.0], [0.0; 3], [3.0, 5.0, 7.0]).abs() < 1e-6);
    assert!(ellipsoid([0.0; 3], [0.0; 3], [3.0, 5.0, 7.0]) < -2.9);
    assert!((rod([0.0, 4.0, 5.0], [0.0; 3], [0.0, 0.0, 10.0], [1.0, 3.0]) - 2.0).abs() < 1e-6);
    assert!(joined(1.0, 2.0, 0.5) <= 1.0 && shared(1.0, 2.0, 0.5) >= 2.0);
}

/// Murray (1926): the cube of the parent's radius is the sum of the children's.
#[test]
fn a_tree_forks_by_murrays_law() {
    let rule = Branching {
        stretch: 4.0,
        thinnest: 1.0,
        spread: 0.6,
    };
    let tubes = grow(
        &mut ChaCha8Rng::seed_from_u64(3),
        [0.0; 3],
        [0.0, 0.0, 1.0],
        3.0,
        &rule,
        &|_| true,
    );
    for parent in &tubes {
        let children: Vec<&Tube> = tubes.iter().filter(|t| t.from == parent.to).collect();
        if children.len() == 2 {
            let sum: f32 = children.iter().map(|t| t.radii[0].powi(3)).sum();
            assert!((sum / parent.radii[0].powi(3) - 1.0).abs() < 1e-3);
        }
    }
    assert!(tubes.len() > 20);
}

#[test]
fn thick_slices_are_the_mean_of_thin_ones() {
    let grid = Grid::new([2, 1, 1], [4.0, 1.0, 1.0], [0.0; 3], 4);
    let (values, labels) = grid.render(1, |p, _, v| {
        v[0] = p[2];
        u32::from(p[2] > 0.0)
    });
    assert_eq!((values, labels), (vec![-2.0, 2.0], vec![0, 1]));
}

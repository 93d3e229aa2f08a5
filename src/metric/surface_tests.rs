use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::data::{Mask, Region};
use crate::morphology::boundary;

fn square(from: usize, to: usize) -> Mask {
    Mask::from_fn(16, 16, |x, y| (from..to).contains(&x) && (from..to).contains(&y))
}

fn random(rng: &mut ChaCha8Rng, size: &[usize]) -> Region {
    let share = rng.random_range(0.02..0.6);
    let inside = (0..size.iter().product()).map(|_| rng.random_bool(share)).collect();
    Region::new(inside, size).unwrap()
}

#[test]
fn known_answers() {
    // A square of 6 in one of 10: 20 and 36 surface pixels, two apart, and 2 sqrt(2) at each of 4 outer corners; the
    // 8 pixels beside the inner square's corners' lines are farther than 2, too.
    let surfaces = SurfaceDistances::new(&square(5, 11), &square(3, 13), &[1.0, 1.0]).unwrap();
    assert_eq!((surfaces.to_truth().len(), surfaces.to_prediction().len()), (20, 36));
    assert!(surfaces.to_truth().iter().all(|&distance| distance == 2.0));
    let (forth, outer) = (20.0 * 2.0, 24.0 * 2.0 + 8.0 * 5.0_f64.sqrt() + 4.0 * 8.0_f64.sqrt());
    assert!((surfaces.assd() - (forth + outer) / 56.0).abs() < 1e-12);
    assert_eq!(surfaces.directed_asd(), 2.0);
    assert_eq!(surfaces.hausdorff(100.0).unwrap(), 8.0_f64.sqrt());
    assert_eq!(surfaces.directed_hausdorff(100.0).unwrap(), 2.0);
    assert_eq!(surfaces.surface_dice(2.0).unwrap(), 44.0 / 56.0);
    assert_eq!(surfaces.surface_dice(1.9).unwrap(), 0.0);
}

#[test]
fn percentiles_interpolate() {
    let distances = [4.0, 1.0, 3.0, 2.0, 0.0];
    assert_eq!(at_percentile(&distances, 100.0), 4.0);
    assert_eq!(at_percentile(&distances, 50.0), 2.0);
    assert!((at_percentile(&distances, 95.0) - 3.8).abs() < 1e-12);
    assert_eq!(at_percentile(&[7.0], 5.0), 7.0);
}

#[test]
fn empty_ones() {
    let (some, none) = (square(4, 8), square(0, 0));
    for (prediction, truth) in [(&some, &none), (&none, &some)] {
        let surfaces = SurfaceDistances::new(prediction, truth, &[1.0, 1.0]).unwrap();
        for percentile in [50.0, 95.0, 100.0] {
            assert_eq!(surfaces.hausdorff(percentile).unwrap(), f64::INFINITY);
            assert_eq!(surfaces.directed_hausdorff(percentile).unwrap(), f64::INFINITY);
        }
        assert_eq!(
            (surfaces.assd(), surfaces.directed_asd()),
            (f64::INFINITY, f64::INFINITY)
        );
        assert_eq!(surfaces.surface_dice(3.0).unwrap(), 0.0);
    }
    let surfaces = SurfaceDistances::new(&none, &none, &[1.0, 1.0]).unwrap();
    assert!(surfaces.hausdorff(95.0).unwrap().is_nan() && surfaces.assd().is_nan());
    assert!(surfaces.directed_asd().is_nan() && surfaces.surface_dice(1.0).unwrap().is_nan());
}

#[test]
fn every_pair_compared_gives_the_same() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for case in 0..60 {
        let rank = 2 + case % 2;
        let size: Vec<usize> = (0..rank).map(|_| rng.random_range(1..9)).collect();
        let spacing: Vec<f64> = (0..rank).map(|_| rng.random_range(0.3..2.5)).collect();
        let (prediction, truth) = (random(&mut rng, &size), random(&mut rng, &size));
        let grid = Grid::new(&size, &spacing);
        let places = |region: &Region| -> Vec<[f64; 3]> {
            let edge = boundary(region);
            let [_, height, width] = grid.size;
            let place = |i: usize| [i / (height * width), i / width % height, i % width];
            let mm = |i: usize| {
                let place = place(i);
                [0, 1, 2].map(|axis| place[axis] as f64 * grid.spacing[axis])
            };
            (0..grid.len()).filter(|&i| edge.pixels()[i]).map(mm).collect()
        };
        let nearest = |from: &[[f64; 3]], to: &[[f64; 3]]| -> Vec<f64> {
            let distance = |a: &[f64; 3], b: &[f64; 3]| (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt();
            let least = |a| to.iter().map(|b| distance(a, b)).fold(f64::INFINITY, f64::min);
            from.iter().map(least).collect()
        };
        let (predicted, real) = (places(&prediction), places(&truth));
        let found = SurfaceDistances::new(&prediction, &truth, &spacing).unwrap();
        let pairs = [
            (found.to_truth(), nearest(&predicted, &real)),
            (found.to_prediction(), nearest(&real, &predicted)),
        ];
        for (found, expected) in pairs {
            assert_eq!(found.len(), expected.len());
            for (&found, expected) in found.iter().zip(expected) {
                assert!(
                    found == expected || (found - expected).abs() < 1e-9,
                    "{found} {expected}"
                );
            }
        }
    }
}

#[test]
fn the_order_of_the_two_does_not_matter_and_the_frame_neither() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    for _ in 0..40 {
        let (a, b) = (random(&mut rng, &[6, 7]), random(&mut rng, &[6, 7]));
        let framed = |region: &Region| {
            let inside = |i: usize| {
                let (y, x) = (i / 12, i % 12);
                (2..8).contains(&y) && (3..10).contains(&x) && region.pixels()[(y - 2) * 7 + x - 3]
            };
            Region::new((0..120).map(inside).collect(), &[10, 12]).unwrap()
        };
        let spacing = [0.7, 1.3];
        let one = SurfaceDistances::new(&a, &b, &spacing).unwrap();
        let other = SurfaceDistances::new(&b, &a, &spacing).unwrap();
        assert_eq!(
            one.hausdorff(95.0).unwrap().to_bits(),
            other.hausdorff(95.0).unwrap().to_bits()
        );
        let (forth, back) = (one.assd(), other.assd());
        assert!(
            (forth - back).abs() < 1e-12 || forth.to_bits() == back.to_bits(),
            "{forth} {back}"
        );
        assert_eq!(one, SurfaceDistances::new(&framed(&a), &framed(&b), &spacing).unwrap());
    }
}

#[test]
fn equal_masks_have_no_distance() {
    let surfaces = SurfaceDistances::new(&square(2, 9), &square(2, 9), &[3.0, 0.1]).unwrap();
    assert_eq!((surfaces.hausdorff(100.0).unwrap(), surfaces.assd()), (0.0, 0.0));
    assert_eq!(surfaces.surface_dice(0.0).unwrap(), 1.0);
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let mask = square(2, 9);
    let other = Mask::from_fn(3, 3, |_, _| true);
    assert!(matches!(
        SurfaceDistances::new(&mask, &other, &[1.0, 1.0]),
        Err(LabError::Shape(_))
    ));
    assert!(SurfaceDistances::new(&mask, &mask, &[1.0]).is_err());
    assert!(SurfaceDistances::new(&mask, &mask, &[1.0, 0.0]).is_err());
    assert_eq!(
        SurfaceDistances::new(&[true; 3], &[true; 3], &[1.0])
            .unwrap_err()
            .to_string(),
        "a surface needs 2 or 3 axes, but the size is [3]: pass a Mask or a Region"
    );
    let surfaces = SurfaceDistances::new(&mask, &mask, &[1.0, 1.0]).unwrap();
    for percentile in [0.0, -1.0, 100.1, f64::NAN] {
        assert!(surfaces.hausdorff(percentile).is_err());
        assert!(surfaces.directed_hausdorff(percentile).is_err());
    }
    for tolerance in [-0.1, f64::NAN, f64::INFINITY] {
        assert!(surfaces.surface_dice(tolerance).is_err());
    }
}

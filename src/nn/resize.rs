//! Making maps smaller, larger, and of one size.

use burn::tensor::Tensor;
use burn::tensor::module::{interpolate, max_pool2d};
use burn::tensor::ops::{InterpolateMode, InterpolateOptions, MaxPoolOptions};

use super::space::{of_rank, spatial};

/// The largest of each 2x2 (2x2x2) values; sides are halved, an odd one loses its last value.
///
/// # Shapes
/// - `x`: `[batch, channels, ..]`
/// - output: the same with each side halved
pub fn max_pool<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    match D {
        4 => of_rank(max_pool_planes(of_rank(x))),
        _ => {
            let [batch, channels, depth, height, width] = of_rank::<D, 5>(x.clone()).dims();
            let planes = max_pool_planes(x.reshape([batch, channels * depth, height, width]));
            let [_, _, height, width] = planes.dims();
            let planes = planes.reshape([batch, channels, depth, height, width]);
            let pairs = planes.narrow(2, 0, depth / 2 * 2);
            let pairs = pairs.reshape([batch, channels, depth / 2, 2, height, width]);
            of_rank(pairs.max_dim(3).squeeze_dim::<5>(3))
        }
    }
}

fn max_pool_planes(x: Tensor<4>) -> Tensor<4> {
    max_pool2d(x, MaxPoolOptions::new([2, 2]).with_stride([2, 2]))
}

/// Repeats each value twice along every side (nearest neighbour), as Keras' `UpSampling2D`.
///
/// # Shapes
/// - `x`: `[batch, channels, ..]`
/// - output: the same with each side doubled
pub fn upsample<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    match D {
        4 => {
            let x: Tensor<4> = of_rank(x);
            let [_, _, height, width] = x.dims();
            let options = InterpolateOptions::new(InterpolateMode::Nearest);
            of_rank(interpolate(x, options.with_output_size([2 * height, 2 * width])))
        }
        _ => {
            let x: Tensor<5> = of_rank(x);
            let [batch, channels, depth, height, width] = x.dims();
            let planes = upsample(x.reshape([batch, channels * depth, height, width]));
            let planes: Tensor<6> = planes.reshape([batch, channels, depth, 1, 2 * height, 2 * width]);
            let doubled = Tensor::cat(vec![planes.clone(), planes], 3);
            of_rank(doubled.reshape([batch, channels, 2 * depth, 2 * height, 2 * width]))
        }
    }
}

/// Bilinear (trilinear) interpolation to another size, by default with the first and last values kept in the corners.
///
/// # Shapes
/// - `x`: `[batch, channels, ..]`
/// - output: `[batch, channels, size ..]`
pub fn interpolate_linear<const D: usize>(x: Tensor<D>, size: &[usize], align_corners: bool) -> Tensor<D> {
    let bilinear = |x: Tensor<4>, size: [usize; 2]| {
        let options = InterpolateOptions::new(InterpolateMode::Bilinear).with_align_corners(align_corners);
        interpolate(x, options.with_output_size(size))
    };
    match *size {
        [height, width] => of_rank(bilinear(of_rank(x), [height, width])),
        [depth, height, width] => {
            let x: Tensor<5> = of_rank(x);
            let [batch, channels, old, old_height, old_width] = x.dims();
            let planes = x.reshape([batch, channels * old, old_height, old_width]);
            let planes = bilinear(planes, [height, width]).reshape([batch, channels, old, height * width]);
            let all = bilinear(planes, [depth, height * width]);
            of_rank(all.reshape([batch, channels, depth, height, width]))
        }
        _ => x,
    }
}

/// The middle of each side, as the original crops a skip connection's maps (Ronneberger et al. 2015, figure 1).
///
/// # Shapes
/// - `x`: `[batch, channels, ..]`, each side at least as long as in `size`
/// - output: `[batch, channels, size ..]`
pub fn center_crop<const D: usize>(x: Tensor<D>, size: &[usize]) -> Tensor<D> {
    let found = spatial(&x);
    size.iter()
        .zip(found)
        .enumerate()
        .fold(x, |x, (axis, (&side, found))| match found > side {
            true => x.narrow(axis + 2, (found - side) / 2, side),
            false => x,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        x.into_data().try_to_vec().unwrap()
    }

    #[test]
    fn upsampling_repeats_pixels() {
        let x = Tensor::<4>::from_data([[[[1.0, 2.0], [3.0, 4.0]]]], &cpu());
        let row = |a, b| [a, a, b, b];
        assert_eq!(
            values(upsample(x)),
            [row(1.0, 2.0), row(1.0, 2.0), row(3.0, 4.0), row(3.0, 4.0)].concat()
        );
    }

    #[test]
    fn upsampling_then_pooling_a_volume_changes_nothing() {
        let x = Tensor::<1>::from_data(std::array::from_fn::<f32, 48, _>(|i| i as f32), &cpu());
        let x: Tensor<5> = x.reshape([2, 2, 3, 2, 2]);
        let up = upsample(x.clone());
        assert_eq!(up.dims(), [2, 2, 6, 4, 4]);
        assert_eq!(values(max_pool(up)), values(x));
    }

    #[test]
    fn pooling_keeps_the_largest_of_each_block() {
        let x = Tensor::<1>::from_data(std::array::from_fn::<f32, 24, _>(|i| i as f32), &cpu());
        let x: Tensor<5> = x.reshape([1, 1, 3, 2, 4]);
        // The third slice has no partner.
        assert_eq!(values(max_pool(x)), [13.0, 15.0]);
    }

    #[test]
    fn interpolation_of_a_volume_is_linear_along_each_axis() {
        let x = Tensor::<5>::from_data([[[[[0.0, 1.0], [2.0, 3.0]], [[4.0, 5.0], [6.0, 7.0]]]]], &cpu());
        let y = interpolate_linear(x, &[3, 3, 3], true);
        let expected: Vec<f32> = (0..27)
            .map(|i| 2.0 * (i / 9) as f32 + (i / 3 % 3) as f32 + (i % 3) as f32 / 2.0)
            .collect();
        for (found, expected) in values(y).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn the_middle_is_cut_out() {
        let x = Tensor::<1>::from_data(std::array::from_fn::<f32, 20, _>(|i| i as f32), &cpu());
        let x: Tensor<4> = x.reshape([1, 1, 4, 5]);
        assert_eq!(values(center_crop(x, &[2, 1])), [7.0, 12.0]);
    }
}

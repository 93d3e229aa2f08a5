//! A batch, and what is made small on it.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::Sample;
use crate::loss::{BinaryCrossEntropy, Loss};

/// Samples of one size as tensors: images `[batch, channels, ..]`, target `[batch, classes, ..]`, weights
/// `[batch, 1, ..]`.
pub(super) struct Batch<const D: usize> {
    pub(super) images: Tensor<D>,
    pub(super) target: Tensor<D>,
    pub(super) weights: Option<Tensor<D>>,
}

impl<const D: usize> Batch<D> {
    pub(super) fn new(samples: &[Sample<D>], device: &Device) -> Self {
        let tensor = |of: &dyn Fn(&Sample<D>) -> Vec<f32>| {
            let values: Vec<f32> = samples.iter().flat_map(of).collect();
            let pixels = samples[0].pixels();
            let maps = values.len() / (samples.len() * pixels);
            let shape: [usize; D] = std::array::from_fn(|axis| match axis {
                0 => samples.len(),
                1 => maps,
                _ => samples[0].size[axis - 2],
            });
            Tensor::from_data(TensorData::new(values, shape), device)
        };
        let weighted = samples.iter().any(|sample| sample.weights.is_some());
        Self {
            images: tensor(&|sample| sample.image.clone()),
            target: tensor(&|sample| sample.target.clone()),
            // A sample without weights counts as one whose weights are all 1.
            weights: weighted.then(|| {
                tensor(&|sample| sample.weights.clone().unwrap_or_else(|| vec![1.0; sample.pixels()]))
            }),
        }
    }
}

/// The part that an output covers.
pub(super) trait CroppedTo {
    /// Cut at both ends of each side to the size of `output`, for networks without padding.
    fn cropped_to(self, output: &Self) -> Self;
}

impl<const D: usize> CroppedTo for Tensor<D> {
    fn cropped_to(self, output: &Self) -> Self {
        let (whole, part) = (self.dims(), output.dims());
        if whole[2..] == part[2..] {
            return self;
        }
        self.slice(std::array::from_fn::<_, D, _>(|axis| match axis {
            0 | 1 => 0..whole[axis],
            _ => {
                let before = (whole[axis] - part[axis]) / 2;
                before..before + part[axis]
            }
        }))
    }
}

/// The loss of a batch. With several outputs, the full resolution first, each coarser one counts half as much as the one
/// before it (Isensee et al. 2021), measured against the target's nearest pixels.
pub(super) fn objective<const D: usize>(
    loss: &Loss,
    outputs: Vec<Tensor<D>>,
    target: Tensor<D>,
    weights: Option<Tensor<D>>,
) -> Tensor<1> {
    let mut outputs = outputs.into_iter();
    let Some(first) = outputs.next() else {
        return Tensor::zeros([1], &target.device());
    };
    let target = target.cropped_to(&first);
    let weights = weights.map(|weights| weights.cropped_to(&first));
    let mut sum = single(loss, first, target.clone(), weights.clone());
    let (mut share, mut shares) = (1.0, 1.0);
    for output in outputs {
        share /= 2.0;
        shares += share;
        let target = nearest(target.clone(), &output);
        let weights = weights.clone().map(|weights| nearest(weights, &output));
        sum = sum + single(loss, output, target, weights) * share;
    }
    match shares > 1.0 {
        true => sum / shares,
        false => sum,
    }
}

/// One output against its target. The losses know images in the plane; what has more axes is laid flat for them, which
/// changes neither means nor sums over pixels.
fn single<const D: usize>(loss: &Loss, output: Tensor<D>, target: Tensor<D>, weights: Option<Tensor<D>>) -> Tensor<1> {
    let flat = |x: Tensor<D>| -> Tensor<4> {
        let dims = x.dims();
        let columns: usize = dims[3..].iter().product();
        x.reshape([dims[0], dims[1], dims[2], columns])
    };
    let (output, target) = (flat(output), flat(target));
    match weights {
        None => loss.forward_logits(output, target),
        Some(weights) => weighted(loss, output, target, flat(weights)),
    }
}

/// Weights count in the cross-entropy: the mean of weight times loss.
fn weighted(loss: &Loss, output: Tensor<4>, target: Tensor<4>, weights: Tensor<4>) -> Tensor<1> {
    let entropy = |output: Tensor<4>, target: Tensor<4>| {
        let log_p = burn::tensor::activation::log_sigmoid(output.clone());
        ((-target + 1.0) * output - log_p) * weights.clone()
    };
    let plain = |output, target| BinaryCrossEntropy::new().forward_logits(output, target);
    match loss {
        Loss::Bce => entropy(output, target).mean(),
        Loss::BceDice => {
            let both = loss.forward_logits(output.clone(), target.clone());
            both - plain(output.clone(), target.clone()) + entropy(output, target).mean()
        }
        _ => loss.forward_logits(output, target),
    }
}

/// The pixels of `map` nearest to the middles of `output`'s.
fn nearest<const D: usize>(map: Tensor<D>, output: &Tensor<D>) -> Tensor<D> {
    let (old, new) = (map.dims(), output.dims());
    (2..D).fold(map, |map, axis| {
        let places: Vec<i32> = (0..new[axis]).map(|i| ((2 * i + 1) * old[axis] / (2 * new[axis])) as i32).collect();
        let places = Tensor::<1, Int>::from_data(TensorData::new(places, [new[axis]]), &map.device());
        map.select(axis, places)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    fn tensor(values: [f32; 4]) -> Tensor<4> {
        Tensor::from_data([[[values]]], &cpu())
    }

    fn value(loss: Tensor<1>) -> f32 {
        loss.into_scalar()
    }

    #[test]
    fn a_target_is_cut_to_the_middle() {
        let target = Tensor::<4>::from_data([[[[0., 1., 2., 3.], [4., 5., 6., 7.], [8., 9., 10., 11.]]]], &cpu());
        let output = Tensor::<4>::zeros([1, 1, 1, 2], &cpu());
        let cut: Vec<f32> = target.cropped_to(&output).into_data().try_to_vec().unwrap();
        assert_eq!(cut, [5.0, 6.0]);
    }

    #[test]
    fn coarser_outputs_count_half_as_much() {
        let (x, t) = (tensor([1.0, -1.0, 2.0, 0.0]), tensor([1.0, 0.0, 0.0, 1.0]));
        let coarse = Tensor::<4>::from_data([[[[0.5, -0.5]]]], &cpu());
        // The middle of pixels 0 and 1 is nearest to pixel 1, that of 2 and 3 to pixel 3.
        let coarse_target = Tensor::<4>::from_data([[[[0.0, 1.0]]]], &cpu());
        let fine = value(Loss::Bce.forward_logits(x.clone(), t.clone()));
        let rough = value(Loss::Bce.forward_logits(coarse.clone(), coarse_target));
        let both = value(objective(&Loss::Bce, vec![x, coarse], t, None));
        assert!((both - (fine + rough / 2.0) / 1.5).abs() < 1e-6, "{both} {fine} {rough}");
    }

    #[test]
    fn volumes_are_measured_as_planes() {
        let dims = [2, 1, 2, 2, 2];
        let x = Tensor::<1, Int>::arange(0..16, &cpu()).float() / 8.0 - 1.0;
        let t = x.clone().greater_scalar(0.3).float();
        for loss in [Loss::Bce, Loss::Dice, Loss::BceDice] {
            let flat = value(loss.forward_logits(x.clone().reshape([2, 1, 1, 8]), t.clone().reshape([2, 1, 1, 8])));
            let solid = objective::<5>(&loss, vec![x.clone().reshape(dims)], t.clone().reshape(dims), None);
            assert!((flat - value(solid)).abs() < 1e-6);
        }
    }

    #[test]
    fn weights_of_one_change_nothing_and_others_count() {
        let (x, t) = (tensor([1.0, -1.0, 2.0, 0.0]), tensor([1.0, 0.0, 0.0, 1.0]));
        for loss in [Loss::Bce, Loss::BceDice] {
            let plain = value(loss.forward_logits(x.clone(), t.clone()));
            let ones = value(objective(&loss, vec![x.clone()], t.clone(), Some(tensor([1.0; 4]))));
            assert!((plain - ones).abs() < 1e-6);
        }
        // Only the last pixel, with a loss of ln 2, counts: 4 ln 2 / 4.
        let last = value(objective(&Loss::Bce, vec![x], t, Some(tensor([0.0, 0.0, 0.0, 4.0]))));
        assert!((last - 2f32.ln()).abs() < 1e-6, "{last}");
    }
}

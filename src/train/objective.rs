//! A batch, and what is made small on it.

use burn::tensor::{Device, Tensor, TensorData};

use super::Sample;
use crate::error::ShapeError;
use crate::loss::{DeepSupervision, Loss};

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
            weights: weighted
                .then(|| tensor(&|sample| sample.weights.clone().unwrap_or_else(|| vec![1.0; sample.pixels()]))),
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

/// The loss of a batch, the target cut to what the outputs cover. Several outputs are supervised deeply: see
/// [`DeepSupervision`].
pub(super) fn objective<const D: usize>(
    loss: Loss,
    outputs: Vec<Tensor<D>>,
    target: Tensor<D>,
    weights: Option<Tensor<D>>,
) -> Result<Tensor<1>, ShapeError> {
    let (target, weights) = match outputs.first() {
        Some(first) => (
            target.cropped_to(first),
            weights.map(|weights| weights.cropped_to(first)),
        ),
        None => (target, weights),
    };
    DeepSupervision::new(loss).try_forward_deep(outputs, target, weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    fn tensor(values: [f32; 4]) -> Tensor<4> {
        Tensor::from_data([[[values]]], &cpu())
    }

    fn value(loss: Result<Tensor<1>, ShapeError>) -> f32 {
        loss.unwrap().into_scalar()
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
        let fine = value(Ok(Loss::Bce.forward_logits(x.clone(), t.clone())));
        let rough = value(Ok(Loss::Bce.forward_logits(coarse.clone(), coarse_target)));
        let both = value(objective(Loss::Bce, vec![x, coarse], t, None));
        assert!(
            (both - (fine + rough / 2.0) / 1.5).abs() < 1e-6,
            "{both} {fine} {rough}"
        );
    }

    #[test]
    fn weights_are_cut_as_the_target_is() {
        // What the output covers: pixels 1 and 2 of 4. Only the second counts: 4 ln 2 / 2.
        let x = Tensor::<4>::zeros([1, 1, 1, 2], &cpu());
        let (t, w) = (tensor([1.0, 0.0, 1.0, 1.0]), tensor([9.0, 0.0, 4.0, 9.0]));
        let loss = value(objective(Loss::Bce, vec![x], t, Some(w)));
        assert!((loss - 2.0 * 2f32.ln()).abs() < 1e-6, "{loss}");
    }
}

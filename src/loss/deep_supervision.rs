//! Deep supervision: the truth at every scale.

use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

use super::along::{along, matrix};
use super::function::{differ, or_panic};
use super::{Loss, LossFunction};
use crate::error::{SettingError, ShapeError};

/// How a target is made smaller for the coarser outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TargetPooling {
    /// The pixel in the middle of each block, of two the second, as nnU-Net and MONAI take it: targets stay 0 or 1, thin
    /// structures may vanish.
    #[default]
    Nearest,
    /// The mean of each block: the share of each class.
    Average,
}

/// A loss on the outputs of a network at several scales, each against the target at its size: the weighted sum, the
/// weights halving from scale to scale and adding up to 1 (Lee et al. 2015; Isensee et al. 2021, Methods).
///
/// The gradient so reaches the deep levels on a short way.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let target = Tensor::<4>::ones([1, 1, 4, 4], &cpu());
/// let outputs = vec![Tensor::zeros([1, 1, 4, 4], &cpu()), Tensor::zeros([1, 1, 2, 2], &cpu())];
/// let deep = DeepSupervision::new(Loss::Bce);
/// let loss = deep.forward_deep(outputs, target);
/// assert!((loss.into_scalar::<f32>() - 0.6931).abs() < 1e-4);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeepSupervision<L = Loss> {
    loss: L,
    weights: Option<Vec<f32>>,
    coarsest: bool,
    pooling: TargetPooling,
}

impl<L> DeepSupervision<L> {
    /// The same loss at every scale, with halving weights and the nearest target.
    pub fn new(loss: L) -> Self {
        Self {
            loss,
            weights: None,
            coarsest: true,
            pooling: TargetPooling::Nearest,
        }
    }

    /// Other weights, the full resolution's first; they are taken as they are.
    pub fn with_weights(mut self, weights: &[f32]) -> Self {
        self.weights = Some(weights.to_vec());
        self
    }

    /// Whether the coarsest of several scales counts; nnU-Net leaves it out.
    pub fn with_coarsest(mut self, coarsest: bool) -> Self {
        self.coarsest = coarsest;
        self
    }

    /// How the target is made smaller.
    pub fn with_pooling(mut self, pooling: TargetPooling) -> Self {
        self.pooling = pooling;
        self
    }

    /// The weights of so many scales.
    ///
    /// # Errors
    /// [`SettingError`] if there are no scales, or [other weights](Self::with_weights) than scales.
    pub fn weights(&self, scales: usize) -> Result<Vec<f32>, SettingError> {
        if scales == 0 {
            return Err(SettingError::new("outputs", "empty", "at least one"));
        }
        match &self.weights {
            Some(weights) if weights.len() == scales => Ok(weights.clone()),
            Some(weights) => {
                let found = format!("{} value(s)", weights.len());
                let expected = format!("one value an output of the network, {scales}");
                Err(SettingError::new("DeepSupervision::weights", found, &expected))
            }
            None => {
                let counted = if self.coarsest { scales } else { scales.max(2) - 1 };
                let halves: Vec<f32> = (0..scales)
                    .map(|scale| {
                        if scale < counted {
                            0.5f32.powi(scale as i32)
                        } else {
                            0.0
                        }
                    })
                    .collect();
                let sum: f32 = halves.iter().sum();
                Ok(halves.iter().map(|half| half / sum).collect())
            }
        }
    }
}

impl<L: LossFunction> DeepSupervision<L> {
    /// The loss of a batch, of all scales together. Panics where [`try_forward_deep`](Self::try_forward_deep) gives an
    /// error.
    ///
    /// # Shapes
    /// - `outputs`: `[batch, classes, ..]` each, as [`Segmenter::forward_deep`](crate::nn::Segmenter::forward_deep) gives
    ///   them, the full resolution first
    /// - `target`: as the first
    /// - output: `[1]`
    pub fn forward_deep<const D: usize>(&self, outputs: Vec<Tensor<D>>, target: Tensor<D>) -> Tensor<1> {
        or_panic(self.try_forward_deep(outputs, target, None))
    }

    /// [`forward_deep`](Self::forward_deep) with pixel weights, which are made smaller as the target is, and errors.
    ///
    /// # Shapes
    /// - `weights`: `[batch, 1, ..]` or `[batch, classes, ..]`, as large as the first output
    ///
    /// # Errors
    /// As [`LossFunction::try_forward_weighted`], and [`ShapeError::Differ`] if a side of the target is no multiple of
    /// the output's, [`ShapeError::Setting`] if there are no outputs or not one weight each.
    pub fn try_forward_deep<const D: usize>(
        &self,
        outputs: Vec<Tensor<D>>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        let scales = self.weights(outputs.len())?;
        let mut sum: Option<Tensor<1>> = None;
        for (output, scale) in outputs.into_iter().zip(scales) {
            let sides = output.dims();
            let target = shrink(target.clone(), sides, self.pooling)?;
            if scale == 0.0 {
                continue;
            }
            let weights = weights.clone().map(|weights| shrink(weights, sides, self.pooling));
            let loss = self.loss.try_forward_weighted(output, target, weights.transpose()?)? * scale;
            sum = Some(match sum {
                Some(sum) => sum + loss,
                None => loss,
            });
        }
        Ok(sum.unwrap_or_else(|| Tensor::zeros([1], &target.device())))
    }
}

/// A single output is full resolution alone.
impl<L: LossFunction> LossFunction for DeepSupervision<L> {
    fn try_forward_weighted<const D: usize>(
        &self,
        logits: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Result<Tensor<1>, ShapeError> {
        self.loss.try_forward_weighted(logits, target, weights)
    }
}

/// `x` at the size of an output, each side of which must divide that of `x`.
fn shrink<const D: usize>(x: Tensor<D>, output: [usize; D], pooling: TargetPooling) -> Result<Tensor<D>, ShapeError> {
    let sides = x.dims();
    if (2..D).any(|axis| output[axis] == 0 || !sides[axis].is_multiple_of(output[axis])) {
        return Err(differ(
            "an output of the network",
            &output,
            "the target, no multiple of it,",
            &sides,
        ));
    }
    Ok((2..D).fold(x, |x, axis| {
        let (side, new) = (sides[axis], output[axis]);
        let step = side / new;
        match pooling {
            _ if step == 1 => x,
            TargetPooling::Nearest => {
                let middles: Vec<i64> = (0..new).map(|i| (i * step + step / 2) as i64).collect();
                let middles = Tensor::<1, Int>::from_data(middles.as_slice(), &x.device());
                x.select(axis, middles)
            }
            TargetPooling::Average => {
                let share = 1.0 / step as f32;
                let means = matrix(side, new, &x.device(), |i, j| if i / step == j { share } else { 0.0 });
                along(x, axis, means)
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    #[test]
    fn weights_halve() {
        let deep = DeepSupervision::new(Loss::Bce);
        assert_eq!(deep.weights(3).unwrap(), [4.0 / 7.0, 2.0 / 7.0, 1.0 / 7.0]);
        let nnunet = deep.clone().with_coarsest(false);
        assert_eq!(nnunet.weights(3).unwrap(), [2.0 / 3.0, 1.0 / 3.0, 0.0]);
        assert_eq!(nnunet.weights(1).unwrap(), [1.0]);
        assert!(deep.weights(0).is_err());
        assert!(deep.with_weights(&[1.0]).weights(2).is_err());
    }

    #[test]
    fn targets_shrink() {
        let x = Tensor::<5>::from_data(
            [[[
                [[1., 0., 1., 1.], [0., 0., 1., 0.]],
                [[1., 0., 1., 1.], [0., 0., 1., 1.]],
            ]]],
            &cpu(),
        );
        let values = |pooling| -> Vec<f32> {
            let small = shrink(x.clone(), [1, 1, 1, 1, 2], pooling).unwrap();
            assert_eq!(small.dims(), [1, 1, 1, 1, 2]);
            small.into_data().try_to_vec().unwrap()
        };
        assert_eq!(values(TargetPooling::Nearest), [0.0, 1.0]);
        assert_eq!(values(TargetPooling::Average), [0.25, 0.875]);
        assert!(shrink(x, [1, 1, 1, 1, 3], TargetPooling::Nearest).is_err());
    }

    #[test]
    fn scales_add_up() {
        let fine = Tensor::<4>::from_data([[[[0.3, -1.0], [2.0, 0.5]]]], &cpu());
        let coarse = Tensor::<4>::from_data([[[[0.7]]]], &cpu());
        let target = Tensor::<4>::from_data([[[[1.0, 0.0], [1.0, 1.0]]]], &cpu());
        let weights = Tensor::<4>::from_data([[[[3.0, 1.0], [1.0, 2.0]]]], &cpu());
        let bce = |x: &Tensor<4>, t: &Tensor<4>, w: Tensor<4>| -> f32 {
            Loss::Bce.forward_weighted(x.clone(), t.clone(), Some(w)).into_scalar()
        };
        let expected = (2.0 * bce(&fine, &target, weights.clone())
            + bce(
                &coarse,
                &Tensor::from_data([[[[1.0]]]], &cpu()),
                Tensor::from_data([[[[2.0]]]], &cpu()),
            ))
            / 3.0;
        let deep = DeepSupervision::new(Loss::Bce);
        let found = deep.try_forward_deep(vec![fine.clone(), coarse.clone()], target.clone(), Some(weights));
        assert!((found.unwrap().into_scalar::<f32>() - expected).abs() < 1e-6);
        let average = deep.with_pooling(TargetPooling::Average).with_weights(&[0.0, 1.0]);
        let expected = bce(
            &coarse,
            &Tensor::from_data([[[[0.75]]]], &cpu()),
            Tensor::ones([1, 1, 1, 1], &cpu()),
        );
        let found: f32 = average.forward_deep(vec![fine, coarse], target).into_scalar();
        assert!((found - expected).abs() < 1e-6);
    }
}

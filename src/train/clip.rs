//! Gradients that are too long, cut.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::error::SettingError;

/// How gradients are kept short, so that one odd batch cannot throw the weights far off (Pascanu et al. 2013, section
/// 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Clip {
    /// All gradients together are scaled to at most this length; nnU-Net takes 12. (Burn's own clipping measures each
    /// layer by itself.)
    Norm(f32),
    /// Each gradient is cut to between minus this and this.
    Value(f32),
}

impl Clip {
    pub(super) fn validate(&self) -> Result<(), SettingError> {
        let (Self::Norm(limit) | Self::Value(limit)) = *self;
        match limit > 0.0 && limit.is_finite() {
            true => Ok(()),
            false => Err(SettingError::new("Clip", limit, "above 0, such as Clip::Norm(12.0)")),
        }
    }

    /// The gradients of `model`, cut.
    pub fn apply<M: Module>(&self, model: &M, gradients: GradientsParams) -> GradientsParams {
        let factor = match *self {
            Self::Norm(limit) => {
                let mut squares = Squares {
                    gradients: &gradients,
                    sum: None,
                };
                model.visit(&mut squares);
                // PyTorch's rule and its guard against 0.
                squares
                    .sum
                    .map(|sum| ((sum.sqrt() + 1e-6).recip() * limit).clamp_max(1.0))
            }
            Self::Value(_) => None,
        };
        let mut cut = Cut {
            clip: *self,
            factor,
            gradients,
        };
        model.visit(&mut cut);
        cut.gradients
    }
}

struct Squares<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(param.id) else {
            return;
        };
        let squares = gradient.square().sum();
        self.sum = Some(match self.sum.take() {
            Some(sum) => sum + squares,
            None => squares,
        });
    }
}

struct Cut {
    clip: Clip,
    factor: Option<Tensor<1>>,
    gradients: GradientsParams,
}

impl ModuleVisitor for Cut {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else {
            return;
        };
        let gradient = match (self.clip, &self.factor) {
            (Clip::Norm(_), Some(factor)) => gradient * factor.clone().reshape([1; D]),
            (Clip::Norm(_), None) => gradient,
            (Clip::Value(limit), _) => gradient.clamp(-limit, limit),
        };
        self.gradients.register(param.id, gradient);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    #[derive(Module, Debug)]
    struct Two {
        a: Param<Tensor<1>>,
        b: Param<Tensor<2>>,
    }

    /// A model whose gradients are 3, 0 and 4: their length is 5.
    fn clipped(clip: Clip) -> (Vec<f32>, Vec<f32>) {
        let device = cpu().autodiff();
        let model = Two {
            a: Param::from_tensor(Tensor::from_data([1.0, 2.0], &device)),
            b: Param::from_tensor(Tensor::from_data([[1.0]], &device)),
        };
        let slope = Tensor::<1>::from_data([3.0, 0.0], &device);
        let loss = (model.a.val() * slope).sum() + (model.b.val() * 4.0).sum();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        let gradients = clip.apply(&model, gradients);
        let a: Tensor<1> = gradients.get(model.a.id).unwrap();
        let b: Tensor<2> = gradients.get(model.b.id).unwrap();
        (a.into_data().try_to_vec().unwrap(), b.into_data().try_to_vec().unwrap())
    }

    #[test]
    fn the_norm_is_that_of_all_gradients() {
        let (a, b) = clipped(Clip::Norm(2.5));
        for (found, expected) in a.iter().chain(&b).zip([1.5, 0.0, 2.0]) {
            assert!((found - expected).abs() < 1e-5, "{a:?} {b:?}");
        }
        assert_eq!(clipped(Clip::Norm(9.0)), (vec![3.0, 0.0], vec![4.0]));
    }

    #[test]
    fn values_are_cut_one_by_one() {
        assert_eq!(clipped(Clip::Value(3.5)), (vec![3.0, 0.0], vec![3.5]));
    }

    #[test]
    fn a_limit_must_be_above_zero() {
        assert!(Clip::Norm(0.0).validate().is_err());
        assert!(Clip::Value(f32::NAN).validate().is_err());
        assert!(Clip::Norm(12.0).validate().is_ok());
    }
}

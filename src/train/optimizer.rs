//! How gradients move the weights.

use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, AdamWConfig, ModuleOptimizer, SgdConfig};
use serde::{Deserialize, Serialize};

use crate::error::SettingError;

/// The rule by which gradients move the weights; the arithmetic is Burn's. The step size is
/// [`TrainConfig::learning_rate`](super::TrainConfig::learning_rate), changed by the [`Schedule`](super::Schedule).
///
/// ```
/// use unet_lab::prelude::*;
/// use unet_lab::train::Optimizer;
///
/// let config = TrainConfig::new().with_optimizer(Optimizer::sgd()).with_learning_rate(1e-2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Optimizer {
    /// Steps scaled by running means of gradient and squared gradient (Kingma and Ba 2015, algorithm 1).
    Adam {
        /// How much of both means is kept at each step, `0..1`.
        betas: [f32; 2],
        /// Added to the denominator.
        epsilon: f32,
    },
    /// Adam with weights that shrink by `learning_rate * weight_decay` at each step (Loshchilov and Hutter 2019,
    /// algorithm 2).
    AdamW {
        /// How much of both means is kept at each step, `0..1`.
        betas: [f32; 2],
        /// Added to the denominator.
        epsilon: f32,
        /// How fast weights shrink, 0 or above.
        weight_decay: f32,
    },
    /// Gradient descent with momentum.
    Sgd {
        /// How much of the last step is kept, `0..1`; 0 is plain gradient descent.
        momentum: f64,
        /// Whether the gradient is looked at where the momentum will have led (Nesterov 1983).
        nesterov: bool,
        /// Pull of each weight towards 0, added to its gradient; 0 or above.
        weight_decay: f32,
    },
}

impl Optimizer {
    /// Adam as in Keras: 0.9, 0.999, epsilon 1e-7.
    pub fn adam() -> Self {
        Self::Adam {
            betas: [0.9, 0.999],
            epsilon: 1e-7,
        }
    }

    /// AdamW; 1e-2 is PyTorch's weight decay.
    pub fn adam_w(weight_decay: f32) -> Self {
        Self::AdamW {
            betas: [0.9, 0.999],
            epsilon: 1e-8,
            weight_decay,
        }
    }

    /// Gradient descent with the U-Net paper's momentum of 0.99 (Ronneberger et al. 2015, section 3).
    pub fn sgd() -> Self {
        Self::Sgd {
            momentum: 0.99,
            nesterov: false,
            weight_decay: 0.0,
        }
    }

    /// nnU-Net's: gradient descent with a Nesterov momentum of 0.99 and a weight decay of 3e-5 (Isensee et al. 2021).
    pub fn nn_unet() -> Self {
        Self::Sgd {
            momentum: 0.99,
            nesterov: true,
            weight_decay: 3e-5,
        }
    }

    /// Burn's optimizer with these settings.
    pub fn init(&self) -> ModuleOptimizer {
        match *self {
            Self::Adam { betas, epsilon } => AdamConfig::new()
                .with_beta_1(betas[0])
                .with_beta_2(betas[1])
                .with_epsilon(epsilon)
                .init(),
            Self::AdamW {
                betas,
                epsilon,
                weight_decay,
            } => AdamWConfig::new()
                .with_beta_1(betas[0])
                .with_beta_2(betas[1])
                .with_epsilon(epsilon)
                .with_weight_decay(weight_decay)
                .init(),
            Self::Sgd {
                momentum,
                nesterov,
                weight_decay,
            } => {
                let momentum = (momentum > 0.0).then_some(MomentumConfig {
                    momentum,
                    dampening: 0.0,
                    nesterov,
                });
                let decay = (weight_decay > 0.0).then_some(WeightDecayConfig { penalty: weight_decay });
                SgdConfig::new().with_momentum(momentum).with_weight_decay(decay).init()
            }
        }
    }

    pub(super) fn validate(&self) -> Result<(), SettingError> {
        let share = |name: &str, value: f64| match (0.0..1.0).contains(&value) {
            true => Ok(()),
            false => Err(SettingError::new(name, value, "at least 0 and below 1, such as 0.9")),
        };
        let decay = |value: f32| match value >= 0.0 && value.is_finite() {
            true => Ok(()),
            false => Err(SettingError::new(
                "Optimizer::weight_decay",
                value,
                "0 or above, such as 1e-4",
            )),
        };
        match *self {
            Self::Adam { betas, epsilon } | Self::AdamW { betas, epsilon, .. } => {
                betas
                    .iter()
                    .try_for_each(|&beta| share("Optimizer::betas", f64::from(beta)))?;
                if !(epsilon > 0.0 && epsilon.is_finite()) {
                    return Err(SettingError::new(
                        "Optimizer::epsilon",
                        epsilon,
                        "above 0, such as 1e-8",
                    ));
                }
            }
            Self::Sgd { momentum, .. } => share("Optimizer::momentum", momentum)?,
        }
        match *self {
            Self::AdamW { weight_decay, .. } | Self::Sgd { weight_decay, .. } => decay(weight_decay),
            Self::Adam { .. } => Ok(()),
        }
    }
}

impl Default for Optimizer {
    fn default() -> Self {
        Self::adam()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_named() {
        let wrong = Optimizer::Sgd {
            momentum: 1.0,
            nesterov: false,
            weight_decay: 0.0,
        };
        let message = "Optimizer::momentum is 1, but must be at least 0 and below 1, such as 0.9";
        assert_eq!(wrong.validate().unwrap_err().to_string(), message);
        assert!(Optimizer::adam_w(-1.0).validate().is_err());
        for right in [
            Optimizer::adam(),
            Optimizer::adam_w(0.01),
            Optimizer::sgd(),
            Optimizer::nn_unet(),
        ] {
            assert!(right.validate().is_ok());
        }
    }
}

//! Where tensors live and are computed.

use burn::tensor::Device;

/// The processor of this computer: Burn's `flex` backend, pure Rust on every core.
///
/// ```
/// use unet_lab::prelude::*;
///
/// let device = cpu();
/// let model = UNetConfig::new(1, 1).with_base_channels(4).init(&device);
/// ```
///
/// Gradients are nothing to ask for: [`Trainer`](crate::train::Trainer) follows them while it trains and hands back
/// a model without them. To watch them yourself, make the model on `cpu().autodiff()`.
pub fn cpu() -> Device {
    Device::flex()
}

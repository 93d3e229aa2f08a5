//! Layers that training leaves as they are.

use burn::module::Module;

use super::layers;
use crate::error::SettingError;

/// The fields of this library's networks that hold the contracting path.
const ENCODERS: [&str; 3] = ["encoders", "encoder", "downs"];

/// Freezes the contracting path: training changes neither its weights nor its running averages, with which its batch
/// normalisations then work in training too. [`Module::unfreeze`] takes it back.
///
/// ```
/// use unet_lab::prelude::*;
/// use unet_lab::weights::freeze_encoder;
///
/// let model = freeze_encoder(UNetConfig::new(1, 1).with_base_channels(2).with_depth(1).init(&cpu()))?;
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// [`SettingError`] if the network has no part of that kind.
pub fn freeze_encoder<M: Module>(model: M) -> Result<M, SettingError> {
    freeze(model, &ENCODERS)
}

/// Freezes the layers whose names begin with `part`, such as `encoders.0` or `bottleneck`.
///
/// # Errors
/// [`SettingError`] naming the parts there are, if there is none of this name.
pub fn freeze_part<M: Module>(model: M, part: &str) -> Result<M, SettingError> {
    freeze(model, &[part])
}

fn freeze<M: Module>(model: M, parts: &[&str]) -> Result<M, SettingError> {
    let (model, count) = layers::freeze(model, parts);
    if count > 0 {
        return Ok(model);
    }
    let names = layers::shapes(&model).into_keys();
    let mut known: Vec<String> = names
        .filter_map(|name| Some(name.split('.').next()?.to_owned()))
        .collect();
    known.dedup();
    let expected = format!("part of the network: {}", known.join(", "));
    Err(SettingError::new("the part to freeze", parts.join(" or "), &expected))
}

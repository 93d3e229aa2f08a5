//! Files that know their network.

use std::collections::BTreeMap;
use std::path::Path;

use burn::module::Module;
use burn::tensor::Device;
use serde_json::Value;

use super::error::WeightsError;
use super::set::{LoadReport, Weights};
use crate::error::Result;
use crate::nn::{Network, NetworkConfig, PRESETS, ResNetUNet, UNet, UNetPlusPlus, VNet};

/// A network that can say what it was made from.
pub trait Described: Module {
    /// What it was made from.
    fn description(&self) -> NetworkConfig;
}

impl Described for UNet {
    fn description(&self) -> NetworkConfig {
        NetworkConfig::UNet(self.config().clone())
    }
}

impl Described for UNetPlusPlus {
    fn description(&self) -> NetworkConfig {
        NetworkConfig::UNetPlusPlus(self.config().clone())
    }
}

impl Described for ResNetUNet {
    fn description(&self) -> NetworkConfig {
        NetworkConfig::ResNetUNet(self.config().clone())
    }
}

impl Described for VNet {
    fn description(&self) -> NetworkConfig {
        NetworkConfig::VNet(self.config().clone())
    }
}

impl Described for Network {
    fn description(&self) -> NetworkConfig {
        match self {
            Self::UNet(network) => network.description(),
            Self::UNetPlusPlus(network) => network.description(),
            Self::ResNetUNet(network) => network.description(),
            Self::VNet(network) => network.description(),
        }
    }
}

/// Settings that change no layer's meaning: the first weights' seed, and what only training uses.
const FREE: [&str; 2] = ["seed", "dropout"];

/// Saves a network as safetensors, with its configuration, the library's version and, where it is one of
/// [`PRESETS`], the preset's name. The file is complete or not there at all.
///
/// # Errors
/// [`WeightsError::Io`] if the folder or the file cannot be written.
pub fn save_weights<M: Described>(model: &M, file: impl AsRef<Path>) -> Result<()> {
    let config = model.description();
    let preset = PRESETS.into_iter().find(|name| is_preset(&config, name));
    save(model, &config, preset, file.as_ref())
}

/// [`save_weights`] under a preset's name that the caller knows, such as that of a narrower network.
///
/// # Errors
/// As [`save_weights`].
pub fn save_weights_as<M: Described>(model: &M, preset: &str, file: impl AsRef<Path>) -> Result<()> {
    save(model, &model.description(), Some(preset), file.as_ref())
}

fn save<M: Module>(model: &M, config: &NetworkConfig, preset: Option<&str>, file: &Path) -> Result<()> {
    let mut weights = Weights::of(model);
    weights.metadata = metadata(config, preset);
    Ok(weights.save(file)?)
}

pub(super) fn metadata(config: &NetworkConfig, preset: Option<&str>) -> BTreeMap<String, String> {
    let mut metadata = BTreeMap::from([
        ("network".to_owned(), settings(config).to_string()),
        ("unet_lab".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ]);
    if let Some(preset) = preset {
        metadata.insert("preset".to_owned(), preset.to_owned());
    }
    metadata
}

/// Loads weights that [`save_weights`] wrote into a network of the same settings; the seed may differ, and dropout.
///
/// # Errors
/// [`WeightsError`] naming the settings that differ, or the layers; a file without settings is checked by its layers.
pub fn load_weights<M: Described>(model: M, file: impl AsRef<Path>) -> Result<M> {
    let weights = Weights::read(file)?;
    if let Some(text) = weights.metadata.get("network") {
        check(&weights, text, &model.description())?;
    }
    Ok(weights.load_into(model)?)
}

/// Makes the network that a file of [`save_weights`] describes, with its weights.
///
/// ```no_run
/// use unet_lab::prelude::*;
/// use unet_lab::weights::load_network;
///
/// let model = load_network("runs/best.safetensors", &cpu())?;
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// [`WeightsError`] if the file says nothing about its network, or does not hold what it says.
pub fn load_network(file: impl AsRef<Path>, device: &Device) -> Result<Network> {
    let weights = Weights::read(file)?;
    let text = weights
        .metadata
        .get("network")
        .ok_or_else(|| WeightsError::NoDescription {
            file: weights.file.clone(),
        })?;
    let config = parse(&weights, text)?;
    Ok(weights.load_into(config.try_init(device)?)?)
}

/// Loads from a safetensors file what fits a network by name and shape; see [`Weights::load_matching_into`].
///
/// # Errors
/// [`WeightsError`] if the file cannot be read or nothing fits.
pub fn load_matching<M: Module>(model: M, file: impl AsRef<Path>) -> Result<(M, LoadReport)> {
    Ok(Weights::read(file)?.load_matching_into(model)?)
}

fn settings(config: &NetworkConfig) -> Value {
    serde_json::to_value(config).unwrap_or(Value::Null)
}

fn parse(weights: &Weights, text: &str) -> Result<NetworkConfig, WeightsError> {
    serde_json::from_str(text).map_err(|e| WeightsError::Foreign {
        file: weights.file.clone(),
        format: "safetensors",
        problem: format!("its description of the network is not understood: {e}"),
        remedy: "It may come from a newer version of this library: update, or make the network yourself and use \
                 Weights::read and load_into",
    })
}

pub(super) fn check(weights: &Weights, text: &str, model: &NetworkConfig) -> Result<(), WeightsError> {
    // Through the configuration, so that settings which an older file does not name have their defaults.
    let (file, network) = (settings(&parse(weights, text)?), settings(model));
    let differences = differences(&file, &network);
    match differences.is_empty() {
        true => Ok(()),
        false => Err(WeightsError::OtherNetwork {
            file: weights.file.clone(),
            differences,
        }),
    }
}

fn differences(file: &Value, network: &Value) -> Vec<String> {
    if file["network"] != network["network"] {
        return vec![format!("it is a {}, this a {}", file["network"], network["network"])];
    }
    let all = network.as_object().into_iter().flatten();
    all.filter(|(name, value)| !FREE.contains(&name.as_str()) && file[name.as_str()] != **value)
        .map(|(name, value)| format!("{name} is {} there and {value} here", file[name.as_str()]))
        .collect()
}

fn is_preset(config: &NetworkConfig, name: &str) -> bool {
    let network = settings(config);
    let Some(classes) = network["classes"].as_u64() else {
        return false;
    };
    match NetworkConfig::preset(name, config.in_channels(), classes as usize) {
        Ok(preset) => {
            let preset = settings(&preset);
            differences(&preset, &network).is_empty() && preset["dropout"] == network["dropout"]
        }
        Err(_) => false,
    }
}

//! Any network of this library, chosen by name: what programs and checkpoints need.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::nested::{UNetPlusPlus, UNetPlusPlusConfig};
use super::resnet::ResNetDepth;
use super::resnet_unet::{ResNetUNet, ResNetUNetConfig};
use super::segmenter::Segmenter;
use super::space::Space;
use super::summary::{Explain, Summary};
use super::unet::UNet;
use super::unet_config::UNetConfig;
use super::vnet::{VNet, VNetConfig};
use crate::error::{SettingError, ShapeError};

/// The names of [`NetworkConfig::preset`].
pub const PRESETS: [&str; 13] = [
    "course",
    "original",
    "practical",
    "attention",
    "residual",
    "dilated",
    "volumetric",
    "denoiser",
    "translator",
    "unet++",
    "resnet18",
    "resnet34",
    "vnet",
];

/// Describes a [`Network`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "network")]
#[non_exhaustive]
pub enum NetworkConfig {
    /// A [`UNet`].
    UNet(UNetConfig),
    /// A [`UNetPlusPlus`].
    UNetPlusPlus(UNetPlusPlusConfig),
    /// A [`ResNetUNet`].
    ResNetUNet(ResNetUNetConfig),
    /// A [`VNet`].
    VNet(VNetConfig),
}

impl Config for NetworkConfig {}

impl NetworkConfig {
    /// The published network of this name, for images of `in_channels` channels and `classes` classes.
    ///
    /// ```
    /// use unet_lab::nn::NetworkConfig;
    /// assert!(NetworkConfig::preset("attention", 1, 1).is_ok());
    /// let error = NetworkConfig::preset("atention", 1, 1).unwrap_err().to_string();
    /// assert!(error.contains("attention"));
    /// ```
    ///
    /// # Errors
    /// [`SettingError`] naming the presets there are.
    pub fn preset(name: &str, in_channels: usize, classes: usize) -> Result<Self, SettingError> {
        let (i, c) = (in_channels, classes);
        let original = || UNetConfig {
            in_channels,
            classes,
            ..UNetConfig::original()
        };
        Ok(match name {
            "course" => Self::UNet(UNetConfig::new(i, c)),
            "original" => Self::UNet(original()),
            "practical" => Self::UNet(UNetConfig::practical(i, c)),
            "attention" => Self::UNet(UNetConfig::attention(i, c)),
            "residual" => Self::UNet(UNetConfig::residual(i, c)),
            "dilated" => Self::UNet(UNetConfig::dilated(i, c)),
            "volumetric" => Self::UNet(UNetConfig::volumetric(i, c)),
            "denoiser" => Self::UNet(UNetConfig::denoiser(i)),
            "translator" => Self::UNet(UNetConfig::translator(i, c)),
            "unet++" => Self::UNetPlusPlus(UNetPlusPlusConfig::new(i, c)),
            "resnet18" => Self::ResNetUNet(ResNetUNetConfig::new(i, c)),
            "resnet34" => Self::ResNetUNet(ResNetUNetConfig::new(i, c).with_depth(ResNetDepth::Layers34)),
            "vnet" => Self::VNet(VNetConfig::new(i, c)),
            _ => {
                return Err(SettingError::new(
                    "the preset",
                    name,
                    &format!("one of {}", PRESETS.join(", ")),
                ));
            }
        })
    }

    /// The same with other channels at the first level.
    pub fn with_base_channels(self, base: usize) -> Self {
        match self {
            Self::UNet(config) => Self::UNet(config.with_base_channels(base)),
            Self::UNetPlusPlus(config) => Self::UNetPlusPlus(config.with_base_channels(base)),
            Self::ResNetUNet(config) => Self::ResNetUNet(config.with_width(base)),
            Self::VNet(config) => Self::VNet(config.with_base_channels(base)),
        }
    }

    /// The same with another seed of the first weights.
    pub fn with_seed(self, seed: u64) -> Self {
        match self {
            Self::UNet(config) => Self::UNet(config.with_seed(seed)),
            Self::UNetPlusPlus(config) => Self::UNetPlusPlus(config.with_seed(seed)),
            Self::ResNetUNet(config) => Self::ResNetUNet(config.with_seed(seed)),
            Self::VNet(config) => Self::VNet(config.with_seed(seed)),
        }
    }

    /// Channels of the images it takes.
    pub fn in_channels(&self) -> usize {
        match self {
            Self::UNet(config) => config.in_channels,
            Self::UNetPlusPlus(config) => config.in_channels,
            Self::ResNetUNet(config) => config.in_channels,
            Self::VNet(config) => config.in_channels,
        }
    }

    /// Images or volumes.
    pub fn space(&self) -> Space {
        match self {
            Self::UNet(config) => config.space,
            Self::UNetPlusPlus(config) => config.space,
            Self::ResNetUNet(_) => Space::D2,
            Self::VNet(config) => config.space,
        }
    }

    /// Makes the network on a device.
    ///
    /// # Errors
    /// [`SettingError`] naming the setting that is out of range.
    pub fn try_init(&self, device: &Device) -> Result<Network, SettingError> {
        Ok(match self {
            Self::UNet(config) => Network::UNet(config.try_init(device)?),
            Self::UNetPlusPlus(config) => Network::UNetPlusPlus(config.try_init(device)?),
            Self::ResNetUNet(config) => Network::ResNetUNet(config.try_init(device)?),
            Self::VNet(config) => Network::VNet(config.try_init(device)?),
        })
    }
}

/// Any network of this library.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)]
pub enum Network {
    /// A U-Net and its variants.
    UNet(UNet),
    /// U-Net++.
    UNetPlusPlus(UNetPlusPlus),
    /// A U-Net on a ResNet.
    ResNetUNet(ResNetUNet),
    /// V-Net.
    VNet(VNet),
}

/// The same expression for whichever network it is.
macro_rules! each {
    ($self:ident, $network:ident => $result:expr) => {
        match $self {
            Network::UNet($network) => $result,
            Network::UNetPlusPlus($network) => $result,
            Network::ResNetUNet($network) => $result,
            Network::VNet($network) => $result,
        }
    };
}

impl<const D: usize> Segmenter<D> for Network {
    fn forward_logits(&self, x: Tensor<D>) -> Tensor<D> {
        each!(self, network => Segmenter::<D>::forward_logits(network, x))
    }

    fn forward_deep(&self, x: Tensor<D>) -> Vec<Tensor<D>> {
        each!(self, network => Segmenter::<D>::forward_deep(network, x))
    }

    fn in_channels(&self) -> usize {
        each!(self, network => Segmenter::<D>::in_channels(network))
    }

    fn classes(&self) -> usize {
        each!(self, network => Segmenter::<D>::classes(network))
    }

    fn size_multiple(&self) -> usize {
        each!(self, network => Segmenter::<D>::size_multiple(network))
    }

    fn margin(&self) -> usize {
        each!(self, network => Segmenter::<D>::margin(network))
    }

    fn accepts(&self, side: usize) -> bool {
        each!(self, network => Segmenter::<D>::accepts(network, side))
    }
}

impl Explain for Network {
    fn explain(&self, size: &[usize]) -> Result<Summary, ShapeError> {
        each!(self, network => network.explain(size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    #[test]
    fn every_preset_is_made_and_explained() {
        for name in PRESETS {
            let config = NetworkConfig::preset(name, 1, 1)
                .unwrap()
                .with_base_channels(4)
                .with_seed(7);
            let model = config.try_init(&cpu()).unwrap();
            let side = Segmenter::<4>::side_for(&model, 32);
            let size = vec![side; config.space().axes()];
            let table = model.explain(&size).unwrap();
            let classes = Segmenter::<4>::classes(&model);
            assert_eq!(table.rows.last().unwrap().shape[0], classes, "{name}");
            let text = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<NetworkConfig>(&text).unwrap(), config);
        }
    }

    #[test]
    fn an_unknown_preset_lists_the_known() {
        let error = NetworkConfig::preset("w-net", 1, 1).unwrap_err().to_string();
        assert!(error.contains("w-net") && error.contains("vnet"), "{error}");
    }
}

//! Walks through a network as an image would, without computing anything but shapes.

use super::conv::{Conv, UpConv};
use super::space::Space;
use super::summary::{LayerRow, Summary};
use crate::error::ShapeError;

/// Feature maps on their way through a network.
#[derive(Clone, Debug)]
pub(crate) struct Maps {
    /// The layer that they come from.
    pub layer: String,
    pub channels: usize,
    /// `[height, width]` or `[depth, height, width]`.
    pub size: Vec<usize>,
    /// Side of the part of the image that one value depends on.
    pub field: f64,
    /// Pixels of the image between two neighbouring values.
    pub step: f64,
}

/// A summary in the making.
#[derive(Debug)]
pub(crate) struct Outline {
    space: Space,
    image: Vec<usize>,
    rows: Vec<LayerRow>,
}

impl Outline {
    /// An image of `channels` channels enters.
    pub fn new(channels: usize, size: &[usize]) -> (Self, Maps) {
        let mut outline = Self {
            space: match size.len() {
                3 => Space::D3,
                _ => Space::D2,
            },
            image: size.to_vec(),
            rows: Vec::new(),
        };
        let image = Maps {
            layer: String::new(),
            channels,
            size: size.to_vec(),
            field: 1.0,
            step: 1.0,
        };
        let entered = outline.row("input", "Input", image, [0, 0], &[]);
        (outline, entered)
    }

    pub fn finish(self) -> Summary {
        Summary { rows: self.rows }
    }

    /// A layer without a rule of its own: `maps` is its output, `costs` its parameters and multiply-adds.
    pub fn row(&mut self, name: &str, kind: &str, maps: Maps, costs: [usize; 2], inputs: &[&str]) -> Maps {
        self.rows.push(LayerRow {
            name: name.to_owned(),
            kind: kind.to_owned(),
            shape: [&[maps.channels], &maps.size[..]].concat(),
            parameters: costs[0],
            multiply_adds: costs[1],
            receptive_field: maps.field.round() as usize,
            inputs: inputs.iter().map(|&input| input.to_owned()).collect(),
        });
        Maps {
            layer: name.to_owned(),
            ..maps
        }
    }

    /// A convolution, with what follows it (normalisation, activation) in `suffix` and that one's parameters in `more`.
    pub fn conv(&mut self, name: &str, conv: &Conv, suffix: &str, more: usize, x: &Maps) -> Result<Maps, ShapeError> {
        let [channels_in, channels] = conv.channels();
        let size: Vec<usize> = x.size.iter().map(|&side| conv.side(side)).collect();
        if size.contains(&0) {
            return Err(self.too_small(name, x));
        }
        let taps = conv.kernel().pow(self.space.axes() as u32);
        let bias = conv.bias.as_ref().map_or(0, |_| channels);
        let parameters = channels_in * channels * taps + bias;
        let multiply_adds = channels_in * channels * taps * size.iter().product::<usize>();
        let axes = self.space.axes();
        let stride = match conv.stride() {
            1 => String::new(),
            stride => format!(" stride {stride}"),
        };
        let dilation = match conv.dilation() {
            1 => String::new(),
            dilation => format!(" dilation {dilation}"),
        };
        let kind = format!(
            "Conv{axes}d {}{stride}{dilation}{suffix}",
            self.space.times(conv.kernel())
        );
        let maps = Maps {
            channels,
            size,
            field: x.field + (conv.kernel() - 1) as f64 * conv.dilation() as f64 * x.step,
            step: x.step * conv.stride() as f64,
            ..x.clone()
        };
        Ok(self.row(name, &kind, maps, [parameters + more, multiply_adds], &[&x.layer]))
    }

    /// A transposed convolution that doubles every side.
    pub fn up_conv(&mut self, name: &str, conv: &UpConv, x: &Maps) -> Maps {
        let [channels_in, channels] = conv.channels();
        let bias = conv.bias.as_ref().map_or(0, |_| channels);
        let taps = 2usize.pow(self.space.axes() as u32);
        let maps = Maps {
            channels,
            ..Self::doubled(x)
        };
        let costs = [
            channels_in * channels * taps + bias,
            channels_in * channels * maps.size.iter().product::<usize>(),
        ];
        let kind = format!("ConvTranspose{}d {}", self.space.axes(), self.space.times(2));
        self.row(name, &kind, maps, costs, &[&x.layer])
    }

    /// What belongs to the layer just described: `suffix` behind its kind, and this many parameters more.
    pub fn add_to_last(&mut self, suffix: &str, parameters: usize) {
        if let Some(row) = self.rows.last_mut() {
            row.kind += suffix;
            row.parameters += parameters;
        }
    }

    /// Max pooling; `level` is named where a side cannot be halved.
    pub fn pool(&mut self, name: &str, x: &Maps) -> Result<Maps, ShapeError> {
        self.halve_check(name, x)?;
        let maps = Maps {
            size: x.size.iter().map(|side| side / 2).collect(),
            field: x.field + x.step,
            step: x.step * 2.0,
            ..x.clone()
        };
        let kind = format!("MaxPool{}d {}", self.space.axes(), self.space.times(2));
        Ok(self.row(name, &kind, maps, [0, 0], &[&x.layer]))
    }

    /// That every side can be halved.
    pub fn halve_check(&self, name: &str, x: &Maps) -> Result<(), ShapeError> {
        match x.size.iter().all(|side| side % 2 == 0 && *side > 0) {
            true => Ok(()),
            false => Err(ShapeError::Level {
                image: self.image.clone(),
                layer: name.to_owned(),
                found: x.size.clone(),
                problem: "which cannot be halved".into(),
            }),
        }
    }

    /// Interpolation to twice the size.
    pub fn upsample(&mut self, name: &str, kind: &str, x: &Maps) -> Maps {
        self.row(name, kind, Self::doubled(x), [0, 0], &[&x.layer])
    }

    fn doubled(x: &Maps) -> Maps {
        Maps {
            size: x.size.iter().map(|side| side * 2).collect(),
            step: x.step / 2.0,
            ..x.clone()
        }
    }

    /// Maps that meet, `kind` says how, in the size of the last; they have `channels` channels together.
    pub fn join(&mut self, name: &str, kind: &str, channels: usize, parts: &[&Maps]) -> Result<Maps, ShapeError> {
        let Some(last) = parts.last() else {
            return Err(self.too_small(name, &Maps::default()));
        };
        for part in parts {
            let fits = part.size.iter().zip(&last.size).all(|(a, b)| a >= b);
            if !fits {
                return Err(ShapeError::Level {
                    image: self.image.clone(),
                    layer: name.to_owned(),
                    found: part.size.clone(),
                    problem: format!("which do not cover those of {}", last.layer),
                });
            }
        }
        let maps = Maps {
            channels,
            field: parts.iter().map(|part| part.field).fold(0.0, f64::max),
            ..(*last).clone()
        };
        let names: Vec<&str> = parts.iter().map(|part| part.layer.as_str()).collect();
        Ok(self.row(name, kind, maps, [0, 0], &names))
    }

    fn too_small(&self, name: &str, x: &Maps) -> ShapeError {
        ShapeError::Level {
            image: self.image.clone(),
            layer: name.to_owned(),
            found: x.size.clone(),
            problem: "smaller than the kernel that reads them".into(),
        }
    }
}

impl Default for Maps {
    fn default() -> Self {
        Self {
            layer: String::new(),
            channels: 0,
            size: Vec::new(),
            field: 1.0,
            step: 1.0,
        }
    }
}

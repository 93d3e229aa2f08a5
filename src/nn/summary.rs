//! The table of layers that Keras calls `model.summary()`.

use std::fmt;

use burn::nn::conv::Conv2d;

use super::conv_block::DoubleConv;
use super::unet::UNet;
use crate::error::ShapeError;

/// One layer of a [`Summary`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRow {
    /// The layer, such as `encoder 1 conv 1`.
    pub name: String,
    /// What it does, such as `Conv2d 3x3 + ReLU`.
    pub kind: String,
    /// Its output, `[channels, height, width]`.
    pub shape: [usize; 3],
    /// Its weights and biases.
    pub parameters: usize,
    /// The layers whose output it takes.
    pub inputs: Vec<String>,
}

/// The layers of a [`UNet`] in the order of a forward pass; see [`summary`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// One row a layer.
    pub rows: Vec<LayerRow>,
}

/// Every layer of `model` for images of `size` = `[height, width]`: name, type, output shape, parameters and what it
/// is connected to. Parameters are counted from the model's tensors.
///
/// Print it with `{}`. Taught in unit 01 (architecture).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let table = summary(&unet(&cpu()), [256, 256])?;
/// assert_eq!(table.parameters(), 31_031_745);
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// [`ShapeError::Size`] if a side is not divisible by `2^depth`.
pub fn summary(model: &UNet, size: [usize; 2]) -> Result<Summary, ShapeError> {
    let config = model.config();
    config.check_size(size)?;
    let mut table = Table { rows: Vec::new(), size };
    let mut last = table.push("input", "Input", config.in_channels, 0, &[]);
    let mut skips = Vec::new();
    for (i, encoder) in model.encoders.iter().enumerate() {
        let level = i + 1;
        last = table.double_conv(&format!("encoder {level}"), &encoder.conv, &last);
        let channels = channels_out(&encoder.conv.conv2);
        skips.push((last.clone(), channels));
        table.size = table.size.map(|side| side / 2);
        last = table.push(&format!("encoder {level} pool"), "MaxPool2d 2x2", channels, 0, &[&last]);
    }
    last = table.double_conv("bottleneck", &model.bottleneck, &last);
    let mut channels = channels_out(&model.bottleneck.conv2);
    for (decoder, (skip, skip_channels)) in model.decoders.iter().zip(skips.iter().rev()) {
        let level = skips.iter().position(|(name, _)| name == skip).unwrap_or_default() + 1;
        let name = format!("decoder {level}");
        table.size = table.size.map(|side| side * 2);
        last = table.push(&format!("{name} upsample"), "Upsample 2x", channels, 0, &[&last]);
        last = table.conv(&format!("{name} up conv"), &decoder.up_conv, " + ReLU", &last);
        let joined = skip_channels + channels_out(&decoder.up_conv);
        last = table.push(&format!("{name} concat"), "Concat", joined, 0, &[skip, &last]);
        last = table.double_conv(&name, &decoder.conv, &last);
        channels = channels_out(&decoder.conv.conv2);
    }
    let activation = match config.classes {
        1 => " + sigmoid",
        _ => " + softmax",
    };
    table.conv("output", &model.output, activation, &last);
    Ok(Summary { rows: table.rows })
}

/// The rows so far and the `[height, width]` of the maps at this point.
struct Table {
    rows: Vec<LayerRow>,
    size: [usize; 2],
}

impl Table {
    /// Appends a layer and returns its name.
    fn push(&mut self, name: &str, kind: &str, channels: usize, parameters: usize, inputs: &[&str]) -> String {
        let [height, width] = self.size;
        self.rows.push(LayerRow {
            name: name.to_owned(),
            kind: kind.to_owned(),
            shape: [channels, height, width],
            parameters,
            inputs: inputs.iter().map(|&input| input.to_owned()).collect(),
        });
        name.to_owned()
    }

    fn conv(&mut self, name: &str, conv: &Conv2d, activation: &str, input: &str) -> String {
        let [h, w] = conv.kernel_size;
        let kind = format!("Conv2d {h}x{w}{activation}");
        let bias = conv.bias.as_ref().map_or(0, |b| b.lazy_shape().num_elements());
        let parameters = conv.weight.lazy_shape().num_elements() + bias;
        self.push(name, &kind, channels_out(conv), parameters, &[input])
    }

    fn double_conv(&mut self, name: &str, block: &DoubleConv, input: &str) -> String {
        let first = self.conv(&format!("{name} conv 1"), &block.conv1, " + ReLU", input);
        self.conv(&format!("{name} conv 2"), &block.conv2, " + ReLU", &first)
    }
}

fn channels_out(conv: &Conv2d) -> usize {
    conv.weight.lazy_shape()[0]
}

impl Summary {
    /// Weights and biases of all layers.
    pub fn parameters(&self) -> usize {
        self.rows.iter().map(|row| row.parameters).sum()
    }

    /// The table as HTML.
    pub fn to_html(&self) -> String {
        let mut html = String::from(
            "<table><caption>Layers in the order of a forward pass</caption><thead><tr>\
             <th scope=\"col\">Layer</th><th scope=\"col\">Type</th>\
             <th scope=\"col\">Output (channels, height, width)</th>\
             <th scope=\"col\">Parameters</th><th scope=\"col\">Connected to</th></tr></thead><tbody>",
        );
        for row in &self.rows {
            html += &format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td>\
                 <td style=\"text-align:right\">{}</td><td>{}</td></tr>",
                row.name,
                row.kind,
                shape_text(row.shape),
                thousands(row.parameters),
                row.inputs.join(", "),
            );
        }
        html + &format!("</tbody></table><p>{}</p>", self.total())
    }

    fn total(&self) -> String {
        let parameters = self.parameters();
        format!(
            "{} parameters, {:.2} MiB as 32-bit numbers",
            thousands(parameters),
            parameters as f64 * 4.0 / 1024.0 / 1024.0,
        )
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |f: &mut fmt::Formatter<'_>, cells: [&str; 5]| {
            let [name, kind, shape, parameters, inputs] = cells;
            let text = format!("{name:<20} {kind:<20} {shape:<16} {parameters:>11}  {inputs}");
            writeln!(f, "{}", text.trim_end())
        };
        line(f, ["Layer", "Type", "Output", "Parameters", "Connected to"])?;
        for row in &self.rows {
            let cells = [
                &row.name,
                &row.kind,
                &shape_text(row.shape),
                &thousands(row.parameters),
                &row.inputs.join(", "),
            ];
            line(f, cells.map(String::as_str))?;
        }
        write!(f, "{}", self.total())
    }
}

fn shape_text([channels, height, width]: [usize; 3]) -> String {
    format!("{channels} x {height} x {width}")
}

/// `31031745` as `31,031,745`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tensor;
    use burn::tensor::activation::relu;

    use super::super::{UNetConfig, unet, upsample};
    use super::*;
    use crate::device::cpu;

    #[test]
    fn the_course_network_line_by_line() {
        let table = summary(&unet(&cpu()), [256, 256]).unwrap();
        let parameters: Vec<usize> = table.rows.iter().map(|row| row.parameters).filter(|&p| p > 0).collect();
        // model.summary() of the course's Keras network.
        assert_eq!(
            parameters,
            [
                1_792, 36_928, 73_856, 147_584, 295_168, 590_080, 1_180_160, 2_359_808, 4_719_616, 9_438_208, //
                2_097_664, 4_719_104, 2_359_808, 524_544, 1_179_904, 590_080, 131_200, 295_040, 147_584, 32_832,
                73_792, 36_928, 65,
            ]
        );
        let text = table.to_string();
        assert!(text.contains(
            "decoder 4 concat     Concat               1024 x 32 x 32             0  encoder 4 conv 2, decoder 4 up conv"
        ));
        assert!(text.ends_with("31,031,745 parameters, 118.38 MiB as 32-bit numbers"));
        assert!(table.to_html().contains("<td>1024 x 16 x 16</td>"));
    }

    #[test]
    fn counts_what_the_module_counts() {
        let model = UNetConfig::new(2, 3).with_base_channels(3).with_depth(2).init(&cpu());
        use burn::module::Module;
        assert_eq!(summary(&model, [8, 12]).unwrap().parameters(), model.num_params());
    }

    #[test]
    fn shapes_are_those_of_a_forward_pass() {
        let model = UNetConfig::new(2, 3).with_base_channels(3).with_depth(2).init(&cpu());
        let table = summary(&model, [8, 12]).unwrap();
        let mut found = Vec::new();
        let mut see = |x: &Tensor<4>| {
            let [_, c, h, w] = x.dims();
            found.push([c, h, w]);
        };
        let mut x = Tensor::<4>::ones([1, 2, 8, 12], &cpu());
        see(&x);
        let mut skips = Vec::new();
        for encoder in &model.encoders {
            see(&relu(encoder.conv.conv1.forward(x.clone())));
            let (skip, pooled) = encoder.forward(x);
            see(&skip);
            see(&pooled);
            skips.push(skip);
            x = pooled;
        }
        see(&model.bottleneck.conv1.forward(x.clone()));
        x = model.bottleneck.forward(x);
        see(&x);
        for decoder in &model.decoders {
            let skip = skips.pop().unwrap();
            let up = upsample(x.clone());
            see(&up);
            let up = decoder.up_conv.forward(up);
            see(&up);
            let joined = Tensor::cat(vec![skip.clone(), up], 1);
            see(&joined);
            see(&decoder.conv.conv1.forward(joined));
            x = decoder.forward(x, skip);
            see(&x);
        }
        see(&model.output.forward(x));
        let said: Vec<[usize; 3]> = table.rows.iter().map(|row| row.shape).collect();
        assert_eq!(said, found);
    }

    #[test]
    fn a_wrong_size_is_refused() {
        assert!(summary(&unet(&cpu()), [256, 100]).is_err());
    }
}

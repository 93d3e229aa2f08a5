//! What a network is made of, layer by layer, and what it costs.

use std::fmt;

use crate::error::{ShapeError, sides};

/// One layer of a network and what it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRow {
    /// Where it is, as in `encoder 1 conv 1`.
    pub name: String,
    /// What it does, as in `Conv2d 3x3 + ReLU`.
    pub kind: String,
    /// Its output for one image: `[channels, height, width]`, or `[channels, depth, height, width]`.
    pub shape: Vec<usize>,
    /// Numbers that training changes.
    pub parameters: usize,
    /// Multiplications (each with an addition) for one image.
    pub multiply_adds: usize,
    /// Side of the part of the image that one value of its output depends on, in pixels.
    pub receptive_field: usize,
    /// The layers that it reads.
    pub inputs: Vec<String>,
}

impl LayerRow {
    /// Values that it writes for one image.
    pub fn values(&self) -> usize {
        self.shape.iter().product()
    }
}

/// The layers of a network in the order of a forward pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// One row a layer.
    pub rows: Vec<LayerRow>,
}

/// A network that can tell what it is made of. All networks of this library do.
pub trait Explain {
    /// Its layers for an image of this `[height, width]`, or a volume of this `[depth, height, width]`.
    ///
    /// # Errors
    /// [`ShapeError`] naming the layer at which the size fails, and what was found there.
    fn explain(&self, size: &[usize]) -> Result<Summary, ShapeError>;
}

/// What a network is made of and what it costs, as Keras' `model.summary()`, read off the real module.
///
/// Taught in unit 01 (architecture).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let model = UNetConfig::new(1, 1).with_base_channels(8).init(&cpu());
/// let table = summary(&model, [64, 64])?;
/// assert_eq!(table.parameters(), model.num_params());
/// println!("{table}");
/// # Ok::<(), LabError>(())
/// ```
///
/// # Errors
/// [`ShapeError`] if the size does not pass through the network, naming sizes that do.
pub fn summary<M: Explain + ?Sized>(model: &M, size: impl AsRef<[usize]>) -> Result<Summary, ShapeError> {
    model.explain(size.as_ref())
}

/// An estimate of the memory that a network needs, in bytes, for 32-bit numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The parameters.
    pub weights: usize,
    /// Predicting: parameters and the maps that must be there at once.
    pub prediction: usize,
    /// Training with Adam: parameters, their gradients and two averages of these, every map (kept for the way back), and
    /// the gradients of the largest two.
    pub training: usize,
}

impl Summary {
    /// Weights and biases of all layers, without the running averages of batch normalisation, which are not learned.
    pub fn parameters(&self) -> usize {
        self.rows.iter().map(|row| row.parameters).sum()
    }

    /// Multiplications, each with an addition, for one image.
    pub fn multiply_adds(&self) -> usize {
        self.rows.iter().map(|row| row.multiply_adds).sum()
    }

    /// Side of the part of the image that decides one pixel of the output, in pixels.
    pub fn receptive_field(&self) -> usize {
        self.rows.iter().map(|row| row.receptive_field).max().unwrap_or(1)
    }

    /// The memory for `batch` images at once: of the maps alone, without what the computation of a layer needs for
    /// itself (Burn's convolutions unfold their input in tiles).
    pub fn memory(&self, batch: usize) -> Memory {
        let weights = 4 * self.parameters();
        let bytes = |row: &LayerRow| 4 * batch * row.values();
        let all: usize = self.rows.iter().map(bytes).sum();
        let mut largest: Vec<usize> = self.rows.iter().map(bytes).collect();
        largest.sort_unstable_by(|a, b| b.cmp(a));
        Memory {
            weights,
            prediction: weights + self.most_at_once() * 4 * batch,
            training: 4 * weights + all + largest.iter().take(2).sum::<usize>(),
        }
    }

    /// The most values that are needed at the same time: a layer's output lives until the last layer that reads it.
    fn most_at_once(&self) -> usize {
        let last_use = |i: usize| {
            let name = &self.rows[i].name;
            let readers = self
                .rows
                .iter()
                .enumerate()
                .filter(|(_, row)| row.inputs.contains(name));
            readers.map(|(j, _)| j).max().unwrap_or(i)
        };
        let ends: Vec<usize> = (0..self.rows.len()).map(last_use).collect();
        let alive = |now: usize| {
            (0..=now)
                .filter(|&i| ends[i] >= now)
                .map(|i| self.rows[i].values())
                .sum()
        };
        (0..self.rows.len()).map(alive).max().unwrap_or(0)
    }

    /// The table as HTML.
    pub fn to_html(&self) -> String {
        let axes = match self.rows.first().map(|row| row.shape.len()) {
            Some(4) => "channels, depth, height, width",
            _ => "channels, height, width",
        };
        let mut html = format!(
            "<table><caption>Layers in the order of a forward pass</caption><thead><tr>\
             <th scope=\"col\">Layer</th><th scope=\"col\">Type</th>\
             <th scope=\"col\">Output ({axes})</th>\
             <th scope=\"col\">Parameters</th><th scope=\"col\">Connected to</th></tr></thead><tbody>",
        );
        for row in &self.rows {
            html += &format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td>\
                 <td style=\"text-align:right\">{}</td><td>{}</td></tr>",
                row.name,
                row.kind,
                sides(&row.shape),
                thousands(row.parameters),
                row.inputs.join(", "),
            );
        }
        html + &format!("</tbody></table><p>{}</p>", self.total().replace('\n', "<br>"))
    }

    fn total(&self) -> String {
        let parameters = self.parameters();
        let mib = |bytes: usize| bytes as f64 / 1024.0 / 1024.0;
        let memory = self.memory(1);
        format!(
            "{} parameters, {:.2} MiB as 32-bit numbers\n\
             {:.2} billion multiply-adds an image; one output pixel sees {} pixels of a side\n\
             memory for one image, about: {:.0} MiB to predict, {:.0} MiB to train",
            thousands(parameters),
            mib(memory.weights),
            self.multiply_adds() as f64 / 1e9,
            self.receptive_field(),
            mib(memory.prediction),
            mib(memory.training),
        )
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = |of: fn(&LayerRow) -> usize, least: usize| self.rows.iter().map(of).max().unwrap_or(0).max(least);
        let (names, kinds) = (widest(|row| row.name.len(), 20), widest(|row| row.kind.len(), 20));
        let line = |f: &mut fmt::Formatter<'_>, cells: [&str; 5]| {
            let [name, kind, shape, parameters, inputs] = cells;
            let text = format!("{name:<names$} {kind:<kinds$} {shape:<16} {parameters:>11}  {inputs}");
            writeln!(f, "{}", text.trim_end())
        };
        line(f, ["Layer", "Type", "Output", "Parameters", "Connected to"])?;
        for row in &self.rows {
            let cells = [
                &row.name,
                &row.kind,
                &sides(&row.shape),
                &thousands(row.parameters),
                &row.inputs.join(", "),
            ];
            line(f, cells.map(String::as_str))?;
        }
        write!(f, "{}", self.total())
    }
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

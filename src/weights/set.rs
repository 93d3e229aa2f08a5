//! [`Weights`]: named arrays, from a network or a file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use burn::module::Module;

use super::error::WeightsError;
use super::{layers, pytorch, safetensors};

/// The values of one parameter or running average.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// Row by row.
    pub values: Vec<f32>,
}

/// The parameters and running averages of any network by name, with what the file says about them.
///
/// ```
/// use unet_lab::prelude::*;
/// use unet_lab::weights::Weights;
///
/// let block = DoubleConvConfig::new(1, 4).init(&cpu());
/// let weights = Weights::of(&block);
/// assert_eq!(weights.arrays["conv1.conv.weight"].shape, [4, 1, 3, 3]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Where they come from, for messages.
    pub file: PathBuf,
    /// By name, such as `encoders.0.conv.conv1.conv.weight`.
    pub arrays: BTreeMap<String, Array>,
    /// Text about them: `network` (the configuration as JSON), `preset`, `unet_lab` (the library's version).
    pub metadata: BTreeMap<String, String>,
}

/// What [`Weights::load_matching_into`] did, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Layers that took the file's values.
    pub loaded: Vec<String>,
    /// Layers that kept theirs, and why.
    pub skipped: Vec<(String, String)>,
    /// Names in the file that the network has no layer for.
    pub unused: Vec<String>,
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.loaded.len() + self.skipped.len();
        write!(f, "{} of {all} layers loaded", self.loaded.len())?;
        for (name, why) in &self.skipped {
            write!(f, "\n  {name} keeps its values: {why}")?;
        }
        for name in &self.unused {
            write!(f, "\n  {name} of the file is not used")?;
        }
        Ok(())
    }
}

impl Weights {
    pub(super) fn empty(file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            arrays: BTreeMap::new(),
            metadata: BTreeMap::new(),
        }
    }

    /// Those of a network or any part of one.
    pub fn of<M: Module>(model: &M) -> Self {
        Self {
            arrays: layers::arrays(model),
            ..Self::empty(Path::new("the network"))
        }
    }

    /// Reads a safetensors file of any origin.
    ///
    /// # Errors
    /// [`WeightsError`] if it cannot be read, is of another kind or ends early.
    pub fn read(file: impl AsRef<Path>) -> Result<Self, WeightsError> {
        safetensors::read(file.as_ref())
    }

    /// Reads what `torch.save` wrote (`.pt`, `.pth`): a state dict, or a dictionary that holds one under `state_dict`,
    /// `model` or `model_state_dict`. Names stay PyTorch's; `module.` in front of all of them is taken away. Nothing in
    /// the file is executed. Dictionaries of tensors are understood, whole pickled models are not.
    ///
    /// # Errors
    /// [`WeightsError`] if it cannot be read, is of another kind or ends early.
    pub fn read_pytorch(file: impl AsRef<Path>) -> Result<Self, WeightsError> {
        pytorch::read(file.as_ref())
    }

    /// Writes a safetensors file, as a whole or not at all: it is written beside, flushed to the disk and renamed.
    ///
    /// # Errors
    /// [`WeightsError::Io`] if the folder or the file cannot be written.
    pub fn save(&self, file: impl AsRef<Path>) -> Result<(), WeightsError> {
        safetensors::write(self, file.as_ref())
    }

    /// Puts them into a network whose layers are exactly these. Running averages are shared between clones of a network
    /// (as Burn has it), so that a clone of `model` sees the new ones.
    ///
    /// # Errors
    /// [`WeightsError`] naming the layers that are missing or too many, have another shape, or are not finite; nothing
    /// is loaded then.
    pub fn load_into<M: Module>(&self, model: M) -> Result<M, WeightsError> {
        let expected = layers::shapes(&model);
        let missing = expected.keys().filter(|name| !self.arrays.contains_key(*name));
        let extra = self.arrays.keys().filter(|name| !expected.contains_key(*name));
        let (missing, extra): (Vec<_>, Vec<_>) = (missing.cloned().collect(), extra.cloned().collect());
        if !missing.is_empty() || !extra.is_empty() {
            return Err(WeightsError::Layers {
                file: self.file.clone(),
                missing,
                extra,
            });
        }
        for (name, array) in &self.arrays {
            if array.shape != expected[name] {
                return Err(WeightsError::Shape {
                    file: self.file.clone(),
                    layer: name.clone(),
                    expected: expected[name].clone(),
                    found: array.shape.clone(),
                });
            }
        }
        self.check_finite()?;
        Ok(layers::load(model, &self.arrays))
    }

    /// Puts into a network what fits by name and shape, for instance a trained encoder under a new output, and tells
    /// what did not.
    ///
    /// # Errors
    /// [`WeightsError::NotFinite`], or [`WeightsError::Layers`] if nothing fits.
    pub fn load_matching_into<M: Module>(&self, model: M) -> Result<(M, LoadReport), WeightsError> {
        self.check_finite()?;
        let expected = layers::shapes(&model);
        let mut report = LoadReport::default();
        for (name, shape) in &expected {
            match self.arrays.get(name) {
                Some(array) if array.shape == *shape => report.loaded.push(name.clone()),
                Some(array) => {
                    let why = format!("shape {:?} in the file, {shape:?} in the network", array.shape);
                    report.skipped.push((name.clone(), why));
                }
                None => report.skipped.push((name.clone(), "not in the file".to_owned())),
            }
        }
        let unused = self.arrays.keys().filter(|name| !expected.contains_key(*name));
        report.unused = unused.cloned().collect();
        if report.loaded.is_empty() {
            return Err(WeightsError::Layers {
                file: self.file.clone(),
                missing: expected.into_keys().collect(),
                extra: report.unused,
            });
        }
        Ok((layers::load(model, &self.arrays), report))
    }

    fn check_finite(&self) -> Result<(), WeightsError> {
        for (layer, array) in &self.arrays {
            let count = array.values.iter().filter(|value| !value.is_finite()).count();
            if count > 0 {
                return Err(WeightsError::NotFinite {
                    file: self.file.clone(),
                    layer: layer.clone(),
                    count,
                    of: array.values.len(),
                });
            }
        }
        Ok(())
    }
}

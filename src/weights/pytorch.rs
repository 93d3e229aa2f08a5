//! State dicts in PyTorch's files.

use std::path::Path;

use pytorch_reader::{PytorchError, PytorchReader, Tensor};

use super::error::WeightsError;
use super::safetensors;
use super::set::{Array, Weights};

/// Where training scripts put the state dict in a larger dictionary.
const WRAPPERS: [&str; 4] = ["state_dict", "model_state_dict", "model", "net"];
const PARALLEL: &str = "module.";

pub(super) fn read(file: &Path) -> Result<Weights, WeightsError> {
    let foreign = |problem: String| WeightsError::Foreign {
        file: file.to_owned(),
        format: "PyTorch",
        problem,
        remedy: "Save it in Python with torch.save(model.state_dict(), path)",
    };
    let reader = open(file).map_err(|error| match error {
        PytorchError::Io(error) if is_the_systems(&error) => WeightsError::Io {
            action: "read",
            file: file.to_owned(),
            reason: error.to_string(),
        },
        other => foreign(other.to_string()),
    })?;
    let mut weights = Weights::empty(file);
    for (name, tensor) in reader.tensors() {
        let array = array(tensor).map_err(|problem| foreign(format!("the values of {name}: {problem}")))?;
        weights.arrays.insert(name.clone(), array);
    }
    if weights.arrays.is_empty() {
        return Err(foreign("it holds no tensors".to_owned()));
    }
    // What was trained on several devices has one more name in front.
    if weights.arrays.keys().all(|name| name.starts_with(PARALLEL)) {
        let arrays = std::mem::take(&mut weights.arrays).into_iter();
        weights.arrays = arrays
            .map(|(name, array)| (name[PARALLEL.len()..].to_owned(), array))
            .collect();
    }
    Ok(weights)
}

/// The state dict, where the file is one or a larger dictionary holds one.
fn open(file: &Path) -> Result<PytorchReader, PytorchError> {
    for key in WRAPPERS {
        match PytorchReader::with_top_level_key(file, key) {
            Err(PytorchError::KeyNotFound(_)) => {}
            Ok(reader) if reader.is_empty() => {}
            opened => return opened,
        }
    }
    PytorchReader::new(file)
}

fn is_the_systems(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{InvalidData, UnexpectedEof};
    !matches!(error.kind(), InvalidData | UnexpectedEof)
}

fn array(tensor: &Tensor) -> Result<Array, String> {
    let bytes = tensor.read().map_err(|error| error.to_string())?;
    let kind = format!("{:?}", tensor.dtype()).to_uppercase();
    let values = safetensors::numbers(&bytes, &kind).ok_or_else(|| format!("type {kind} is not read"))?;
    Ok(Array {
        shape: tensor.shape().to_vec(),
        values,
    })
}

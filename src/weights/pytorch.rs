//! State dicts in PyTorch's files.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::WeightsError;
use super::pickle::{self, Object, TensorPlace};
use super::set::{Array, Weights};
use super::{disk, legacy, safetensors, zip};

/// Where training scripts put the state dict in a larger dictionary.
const WRAPPERS: [&str; 4] = ["state_dict", "model_state_dict", "model", "net"];

pub(super) fn read(file: &Path) -> Result<Weights, WeightsError> {
    let bytes = disk::read(file)?;
    read_bytes(file, &bytes).map_err(|problem| WeightsError::Foreign {
        file: file.to_owned(),
        format: "PyTorch",
        problem,
        remedy: "Save it in Python with torch.save(model.state_dict(), path)",
    })
}

fn read_bytes(file: &Path, bytes: &[u8]) -> Result<Weights, String> {
    let (object, blocks) = match legacy::is_legacy(bytes) {
        true => legacy::read(bytes)?,
        false if bytes.starts_with(b"PK") => zipped(bytes)?,
        false => return Err("it begins like neither a zip file nor a pickle".to_owned()),
    };
    let mut weights = Weights::empty(file);
    for (name, tensor) in tensors(&object) {
        let block = blocks.get(&tensor.storage.key);
        let block = block.ok_or_else(|| format!("the values of {name} are not in it"))?;
        let values = safetensors::numbers(block, tensor.storage.kind);
        let values = values.ok_or_else(|| format!("the values of {name} are damaged"))?;
        let values = pick(&tensor, &values).ok_or_else(|| format!("the values of {name} are too few"))?;
        let array = Array {
            shape: tensor.shape,
            values,
        };
        weights.arrays.insert(name, array);
    }
    if weights.arrays.is_empty() {
        return Err("it holds no dictionary of tensors; it may be a whole pickled model".to_owned());
    }
    if weights.arrays.keys().all(|name| name.starts_with("module.")) {
        let arrays = std::mem::take(&mut weights.arrays).into_iter();
        weights.arrays = arrays
            .map(|(name, array)| (name["module.".len()..].to_owned(), array))
            .collect();
    }
    Ok(weights)
}

fn zipped(bytes: &[u8]) -> Result<(Object, BTreeMap<String, &[u8]>), String> {
    let entries = zip::entries(bytes)?;
    let pickle = entries.iter().find(|(name, _)| name.ends_with("data.pkl"));
    let (name, range) = pickle.ok_or("it is a zip file without data.pkl")?;
    let folder = name.trim_end_matches("data.pkl").to_owned() + "data/";
    if let Some(order) = entries.iter().find(|(name, _)| name.ends_with("byteorder"))
        && bytes.get(order.1.clone()) == Some(b"big".as_slice())
    {
        return Err("its numbers are big-endian".to_owned());
    }
    let object = pickle::read(&mut &bytes[range.clone()])?;
    let blocks = entries.iter().filter_map(|(name, range)| {
        let key = name.strip_prefix(&folder)?.to_owned();
        Some((key, bytes.get(range.clone())?))
    });
    Ok((object, blocks.collect()))
}

fn tensors(object: &Object) -> Vec<(String, TensorPlace)> {
    let pairs = object.pairs();
    let own: Vec<_> = pairs
        .iter()
        .filter_map(|(name, value)| match value {
            Object::Tensor(tensor) => Some((name.text()?, tensor.clone())),
            _ => None,
        })
        .collect();
    if !own.is_empty() {
        return own;
    }
    let inner = pairs
        .iter()
        .find(|(name, _)| name.text().is_some_and(|name| WRAPPERS.contains(&name.as_str())));
    inner.map_or_else(Vec::new, |(_, inner)| tensors(inner))
}

/// The tensor's values row by row, whatever their order in the block.
fn pick(tensor: &TensorPlace, values: &[f32]) -> Option<Vec<f32>> {
    let count = tensor.shape.iter().try_fold(1usize, |n, &side| n.checked_mul(side))?;
    if count > values.len() {
        return None;
    }
    let mut index = vec![0; tensor.shape.len()];
    let mut picked = Vec::with_capacity(count);
    for _ in 0..count {
        let steps = index
            .iter()
            .zip(&tensor.strides)
            .try_fold(0usize, |sum, (&i, &stride)| sum.checked_add(stride.checked_mul(i)?));
        picked.push(*values.get(tensor.offset.checked_add(steps?)?)?);
        for axis in (0..index.len()).rev() {
            index[axis] += 1;
            if index[axis] < tensor.shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    Some(picked)
}

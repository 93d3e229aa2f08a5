//! Burn's own records, which also keep the identity of each parameter and with it an optimiser's state.

use std::io::Write;
use std::path::{Path, PathBuf};

use burn::store::ModuleRecord;
use burn::tensor::Bytes;

use super::error::WeightsError;
use super::network::{Described, check, metadata};
use super::set::Weights;
use super::{disk, layers};
use crate::error::Result;

/// Saves a network as a Burn record, complete or not at all. A record has no place for text, so its configuration is in a
/// second file of the same name with `.json` behind it.
///
/// # Errors
/// [`WeightsError::Io`] if the folder or a file cannot be written.
pub fn save_record<M: Described>(model: &M, file: impl AsRef<Path>) -> Result<()> {
    let file = file.as_ref();
    let bytes = model.valid().into_record().into_bytes().map_err(|e| WeightsError::Io {
        action: "write",
        file: file.to_owned(),
        reason: e.to_string(),
    })?;
    let text = serde_json::to_string_pretty(&metadata(&model.description(), None)).unwrap_or_default();
    disk::write(&description(file), |out: &mut dyn Write| out.write_all(text.as_bytes()))?;
    Ok(disk::write(file, |out: &mut dyn Write| out.write_all(&bytes))?)
}

/// Loads what [`save_record`] wrote into a network of the same settings. Without the second file only the layers are
/// checked.
///
/// # Errors
/// [`WeightsError`] naming the settings or layers that differ, or that the file is damaged.
pub fn load_record<M: Described>(model: M, file: impl AsRef<Path>) -> Result<M> {
    let file = file.as_ref();
    let bytes = disk::read(file)?;
    if let Ok(text) = std::fs::read_to_string(description(file))
        && let Ok(metadata) = serde_json::from_str::<std::collections::BTreeMap<String, String>>(&text)
        && let Some(text) = metadata.get("network")
    {
        check(&Weights::empty(file), text, &model.description())?;
    }
    let foreign = |problem: String, remedy| WeightsError::Foreign {
        file: file.to_owned(),
        format: "Burn record",
        problem,
        remedy,
    };
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes))
        .map_err(|e| foreign(e.to_string(), "Copy it again, or give a file that save_record wrote"))?;
    let model = model.try_load_record(record).map_err(|e| {
        let remedy = "Make the network with the settings that the record was saved with";
        foreign(e.to_string(), remedy)
    })?;
    for (layer, array) in layers::arrays(&model) {
        let count = array.values.iter().filter(|value| !value.is_finite()).count();
        if count > 0 {
            return Err(WeightsError::NotFinite {
                file: file.to_owned(),
                layer,
                count,
                of: array.values.len(),
            }
            .into());
        }
    }
    Ok(model)
}

fn description(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".json");
    name.into()
}

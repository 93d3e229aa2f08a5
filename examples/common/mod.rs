//! What the examples share: a run's description, folders of images, and how errors are told.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use unet_lab::data::files::write_atomically;
use unet_lab::data::{DataError, Foreground};
use unet_lab::nn::{Network, NetworkConfig};
use unet_lab::prelude::*;
use unet_lab::train::Checkpoints;

/// What `train` leaves for `predict`.
#[derive(Serialize, Deserialize)]
pub struct RunFile {
    pub network: NetworkConfig,
    /// Side to which images are resized.
    pub size: Option<usize>,
}

pub fn exit(result: Result<(), LabError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

pub fn failed(path: &Path, what: &str, reason: impl std::fmt::Display) -> LabError {
    DataError::Argument(format!("cannot {what} {}: {reason}", path.display())).into()
}

pub fn write_run(folder: &Path, network: &NetworkConfig, size: Option<usize>) -> Result<(), LabError> {
    let path = folder.join("run.json");
    let run = RunFile {
        network: network.clone(),
        size,
    };
    let json = serde_json::to_vec_pretty(&run).map_err(|error| failed(&path, "describe", error))?;
    write_atomically(&path, |out| out.write_all(&json)).map_err(|error| failed(&path, "write", error))
}

/// The network of a run, with its best weights.
pub fn load_run(folder: &Path) -> Result<(Network, RunFile), LabError> {
    let path = folder.join("run.json");
    let text = std::fs::read(&path).map_err(|error| {
        let remedy = "name the folder that `train --out` was given";
        failed(&path, "read", format!("{error}; {remedy}"))
    })?;
    let run: RunFile = serde_json::from_slice(&text).map_err(|error| failed(&path, "understand", error))?;
    let checkpoint = Checkpoints::new(folder.join("checkpoints")).best()?;
    let model = checkpoint.apply(run.network.try_init(&cpu())?)?;
    Ok((model, run))
}

/// The picture files of a folder, by name.
pub fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>, LabError> {
    let entries = std::fs::read_dir(folder).map_err(|error| failed(folder, "read the folder", error))?;
    let endings = ["png", "jpg", "jpeg", "tif", "tiff", "gif", "ppm", "pgm"];
    let is_picture = |path: &PathBuf| {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        ending.is_some_and(|ending| endings.contains(&ending.as_str()))
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_picture).collect();
    files.sort();
    match files.is_empty() {
        false => Ok(files),
        true => Err(failed(
            folder,
            "use",
            "it holds no picture (png, jpg, tif, gif, ppm, pgm)",
        )),
    }
}

/// What counts as foreground in a mask file: `nonzero`, `zero`, or one value such as `255`.
pub fn foreground(text: &str) -> Result<Foreground, String> {
    match text {
        "nonzero" => Ok(Foreground::NonZero),
        "zero" => Ok(Foreground::Zero),
        value => match value.parse() {
            Ok(value) => Ok(Foreground::Value(value)),
            Err(_) => Err("it is `nonzero`, `zero`, or one value such as 255".to_owned()),
        },
    }
}

/// A file's name without folder and ending.
pub fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

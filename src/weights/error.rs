//! What can go wrong between a file of weights and a network.

use std::path::PathBuf;

use thiserror::Error;

/// A problem with a file of weights. Every message names the file, what was expected and found, and what to do.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum WeightsError {
    /// The file cannot be opened, read or written.
    #[error("cannot {action} {file}: {reason}. Check the path and the rights on its folder")]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        file: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The file ends before its contents do.
    #[error(
        "{file} ends too early: its header promises {expected} bytes, but it has {found}. Copy or download it again"
    )]
    Truncated {
        /// The file.
        file: PathBuf,
        /// Bytes that the header promises.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// The file is of another kind, or damaged.
    #[error("{file} is no file of weights in {format} format: {problem}. {remedy}")]
    Foreign {
        /// The file.
        file: PathBuf,
        /// The format that was expected.
        format: &'static str,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The file was saved from a network with other settings.
    #[error(
        "{file} belongs to another network: {}. Make the network with the file's settings (load_network does), or take \
         what fits with load_matching", differences.join("; ")
    )]
    OtherNetwork {
        /// The file.
        file: PathBuf,
        /// Each setting with both values.
        differences: Vec<String>,
    },
    /// The file says nothing about its network where that is needed.
    #[error(
        "{file} does not say which network it belongs to. Make the network yourself and use Weights::read and load_into"
    )]
    NoDescription {
        /// The file.
        file: PathBuf,
    },
    /// Layers of the network are not in the file, or the other way round.
    #[error(
        "{file} and the network have different layers: {}. Make the network with the settings that the file was saved \
         with, or take what fits with load_matching",
        both_lists(missing, extra)
    )]
    Layers {
        /// The file.
        file: PathBuf,
        /// Layers of the network that the file lacks.
        missing: Vec<String>,
        /// Layers of the file that the network lacks.
        extra: Vec<String>,
    },
    /// A layer has another shape in the file than in the network.
    #[error(
        "{layer} has shape {found:?} in {file}, but {expected:?} in the network. Make the network with the channels, \
         classes and dimensions that the file was saved with, or take what fits with load_matching"
    )]
    Shape {
        /// The file.
        file: PathBuf,
        /// The first layer that differs.
        layer: String,
        /// Its shape in the network.
        expected: Vec<usize>,
        /// Its shape in the file.
        found: Vec<usize>,
    },
    /// Weights that are not numbers.
    #[error(
        "{count} of the {of} weights of {layer} in {file} are NaN or infinite: the training run that gave them \
         diverged. Take an earlier file, or train again with a smaller learning rate"
    )]
    NotFinite {
        /// The file.
        file: PathBuf,
        /// The first such layer.
        layer: String,
        /// Weights that are not finite.
        count: usize,
        /// Weights of the layer.
        of: usize,
    },
    /// The file is fine, but describes a network that cannot be expressed here.
    #[error("the weights in {file} do not fit: {problem}")]
    Layout {
        /// The file.
        file: PathBuf,
        /// What does not fit, and what to do.
        problem: String,
    },
}

fn both_lists(missing: &[String], extra: &[String]) -> String {
    let list = |what: &str, names: &[String]| {
        let shown = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        match names.len() {
            0 => None,
            n if n > 3 => Some(format!("{n} {what} ({shown}, ...)")),
            n => Some(format!("{n} {what} ({shown})")),
        }
    };
    let lists = [
        list("missing in the file", missing),
        list("unknown to the network", extra),
    ];
    lists.into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

//! `unet-lab data doctor`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use unet_lab_data::DataError;
use unet_lab_data::doctor::{Search, Severity, examine_files};

/// Look at images and masks before a network does: wrong sizes, stray values, colours, leakage between splits.
///
/// Ends with 1 where an error was found, 0 otherwise.
#[derive(Debug, clap::Args)]
pub struct DoctorArguments {
    /// The folder of images (pictures or volumes), or one image. Without MASKS, a folder with both.
    images: PathBuf,
    /// The folder of masks, or one mask.
    masks: Option<PathBuf>,
    /// What masks have after the image's name, such as `_1stHO`, where an image has several.
    #[arg(long, value_name = "TEXT")]
    mask_suffix: Option<String>,
    /// Names that agree before this are of one patient, slide or sweep.
    #[arg(long, value_name = "TEXT")]
    group_before: Option<String>,
    /// Images and masks for validation, which must not resemble those above.
    #[arg(long, num_args = 2, value_names = ["IMAGES", "MASKS"])]
    validation: Vec<PathBuf>,
    /// Images and masks for the test.
    #[arg(long, num_args = 2, value_names = ["IMAGES", "MASKS"])]
    test: Vec<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &DoctorArguments) -> Result<ExitCode, DataError> {
    let others = [("validation", &arguments.validation), ("test", &arguments.test)];
    let is_split = others.iter().any(|(_, folders)| !folders.is_empty());
    let mut files = arguments
        .search(
            &arguments.images,
            arguments.masks.as_deref(),
            is_split.then_some("train"),
        )
        .files()?;
    for (split, folders) in others {
        if let [images, masks] = &folders[..] {
            files.extend(arguments.search(images, Some(masks), Some(split)).files()?);
        }
    }
    let report = examine_files(&files);
    match arguments.json {
        true => println!("{:#}", serde_json::json!(report)),
        false => println!("{report}"),
    }
    Ok(match report.worst() {
        Some(Severity::Error) => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    })
}

impl DoctorArguments {
    fn search<'a>(&'a self, images: &'a Path, masks: Option<&'a Path>, split: Option<&'a str>) -> Search<'a> {
        let mut search = Search::new(images);
        if let Some(masks) = masks {
            search = search.with_masks(masks);
        }
        if let Some(suffix) = &self.mask_suffix {
            search = search.with_mask_suffix(suffix);
        }
        if let Some(text) = &self.group_before {
            search = search.with_group_before(text);
        }
        match split {
            Some(split) => search.with_split(split),
            None => search,
        }
    }
}

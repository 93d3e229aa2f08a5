//! `unet-lab data list`.

use std::process::ExitCode;

use serde_json::json;
use unet_lab_data::datasets::{Manifest, all, human_bytes};
use unet_lab_data::fetch::{Cache, FetchError};

/// Name the data sets that the lab knows.
#[derive(Debug, clap::Args)]
pub struct ListArguments {
    /// Only those of one project of the course, 1 to 12.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=12))]
    project: Option<u8>,
    /// Print a JSON list of the whole manifests instead.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &ListArguments) -> Result<ExitCode, FetchError> {
    let belongs = |manifest: &&Manifest| {
        arguments
            .project
            .is_none_or(|project| manifest.projects.contains(&project))
    };
    let cache = Cache::from_environment()?;
    let there = cache.datasets();
    if arguments.json {
        let entries: Vec<_> = all()
            .iter()
            .filter(belongs)
            .map(|manifest| json!({ "there": there.contains(&manifest.id), "manifest": manifest }))
            .collect();
        println!("{:#}", json!(entries));
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{:<28} {:<8} {:>10}  {:<9} what",
        "id", "access", "download", "projects"
    );
    for manifest in all().iter().filter(belongs) {
        let size = match manifest.size() {
            (0, _) => "?".to_owned(),
            (bytes, true) => human_bytes(bytes),
            (bytes, false) => format!("> {}", human_bytes(bytes)),
        };
        let mut projects: Vec<String> = manifest.projects.iter().map(u8::to_string).collect();
        if manifest.course {
            projects.insert(0, "course".into());
        }
        let mark = if there.contains(&manifest.id) { " (there)" } else { "" };
        let access = manifest.access.to_string();
        let projects = projects.join(" ");
        println!(
            "{:<28} {access:<8} {size:>10}  {projects:<9} {}{mark}",
            manifest.id, manifest.title
        );
    }
    println!(
        "\nThe cache is {}. `unet-lab data info ID` tells more.",
        cache.folder().display()
    );
    Ok(ExitCode::SUCCESS)
}

//! `unet-lab data clean`.

use std::io::{IsTerminal, Write, stdin, stdout};
use std::process::ExitCode;

use unet_lab_data::datasets::human_bytes;
use unet_lab_data::fetch::{Cache, Cleaning, FetchError, clean, cleanable};

use super::bars::Bars;
use super::named;

/// Remove data sets, or what was left of interrupted downloads. Without a choice it tells what could be removed.
#[derive(Debug, clap::Args)]
pub struct CleanArguments {
    /// The data set.
    #[arg(conflicts_with_all = ["partial", "all"])]
    id: Option<String>,
    /// Interrupted downloads and kept archives.
    #[arg(long, conflicts_with = "all")]
    partial: bool,
    /// Everything.
    #[arg(long)]
    all: bool,
    /// Only the checksums remembered from the first download, so that a renewed file is taken.
    #[arg(long, requires = "id")]
    forget: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

pub fn run(arguments: &CleanArguments) -> Result<ExitCode, FetchError> {
    let cache = Cache::from_environment()?;
    let what = match (&arguments.id, arguments.partial, arguments.all) {
        (Some(id), _, _) => {
            let id = named(id)?.id.clone();
            if arguments.forget {
                Cleaning::Trust(id)
            } else {
                Cleaning::Dataset(id)
            }
        }
        (None, true, _) => Cleaning::Downloads,
        (None, _, true) => Cleaning::All,
        (None, false, false) => {
            overview(&cache);
            return Ok(ExitCode::SUCCESS);
        }
    };
    let found = cleanable(&cache, &what);
    if found.is_empty() {
        println!("There is nothing to remove.");
        return Ok(ExitCode::SUCCESS);
    }
    for (path, bytes) in &found {
        println!("{:>10}  {}", human_bytes(*bytes), path.display());
    }
    let all = found.iter().fold(0_u64, |sum, (_, bytes)| sum.saturating_add(*bytes));
    if !arguments.yes && !agrees(&format!("Remove {}?", human_bytes(all))) {
        println!("Nothing was removed.");
        return Ok(ExitCode::FAILURE);
    }
    let freed = clean(&cache, &what, &&Bars::new())?;
    println!("{} freed", human_bytes(freed));
    Ok(ExitCode::SUCCESS)
}

fn overview(cache: &Cache) {
    let sum = |what| {
        cleanable(cache, &what)
            .iter()
            .fold(0_u64, |sum, (_, bytes)| sum.saturating_add(*bytes))
    };
    for id in cache.datasets() {
        println!("{:>10}  {id}", human_bytes(sum(Cleaning::Dataset(id.clone()))));
    }
    println!("{:>10}  --partial", human_bytes(sum(Cleaning::Downloads)));
    println!(
        "{:>10}  --all, in {}",
        human_bytes(sum(Cleaning::All)),
        cache.folder().display()
    );
}

/// Without a terminal nobody can agree.
fn agrees(question: &str) -> bool {
    if !stdin().is_terminal() {
        println!("{question} Say so with --yes.");
        return false;
    }
    print!("{question} [y/N] ");
    let _ = stdout().flush();
    let mut answer = String::new();
    stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

//! `unet-lab data info`.

use std::process::ExitCode;

use unet_lab_data::datasets::{Access, Manifest, human_bytes};
use unet_lab_data::fetch::{Cache, FetchError};

use super::named;

/// Tell all that is known of a data set.
#[derive(Debug, clap::Args)]
pub struct InfoArguments {
    /// The data set.
    id: String,
}

pub fn run(arguments: &InfoArguments) -> Result<ExitCode, FetchError> {
    let manifest = named(&arguments.id)?;
    print!("{}", description(manifest));
    let cache = Cache::from_environment()?;
    let record = cache.record(&manifest.id);
    if record.files.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    line("there", &cache.dataset(&manifest.id).display().to_string());
    for (name, file) in &record.files {
        line(
            "",
            &format!("{name}, {}, SHA-256 {}", human_bytes(file.bytes), file.sha256),
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn line(what: &str, text: &str) {
    println!("{what:<12} {text}");
}

/// All of it, a line a fact.
fn description(manifest: &Manifest) -> String {
    let mut lines = Vec::new();
    let mut tell = |what: &str, text: &str| lines.push(format!("{what:<12} {text}\n"));
    tell(&manifest.id, &manifest.title);
    let kind = if manifest.dimensions == 3 { "volumes" } else { "images" };
    tell("task", &format!("{} in {kind}, {}", manifest.task, manifest.modality));
    let licence = &manifest.licence;
    let link = licence.url.iter().chain(&licence.note).map(|text| format!("; {text}"));
    tell("licence", &format!("{}{}", licence.name, link.collect::<String>()));
    if let Some(citation) = &manifest.citation {
        let doi = citation.doi.as_ref().map(|doi| format!("https://doi.org/{doi}"));
        let parts: Vec<String> = citation.text.iter().cloned().chain(doi).collect();
        tell("cite", &parts.join(", "));
    }
    if let Some(homepage) = &manifest.homepage {
        tell("page", homepage);
    }
    tell("access", &manifest.access.to_string());
    for (number, step) in (1..).zip(&manifest.steps) {
        tell("", &format!("{number}. {step}"));
    }
    for file in &manifest.files {
        let size = file.size_hint().map_or("size unknown".to_owned(), human_bytes);
        let sum = match (&file.sha256, &file.md5) {
            (Some(sum), _) => format!("SHA-256 {sum}"),
            (None, Some(sum)) => format!("MD5 {sum}"),
            (None, None) => "no checksum known: the first download is trusted".to_owned(),
        };
        tell("file", &format!("{} ({}, {size}), {sum}", file.name, file.unpack));
    }
    if let Some(layout) = &manifest.layout {
        tell("images", &layout.images);
        if let Some(masks) = &layout.masks {
            tell("masks", masks);
        }
        tell("pairing", &layout.pairing);
    }
    for (label, name) in manifest.label_names() {
        tell("label", &format!("{label} {name}"));
    }
    if let Some(spacing) = &manifest.spacing {
        tell("spacing", &format!("{spacing} mm"));
    }
    if let Some(cases) = manifest.cases {
        let counts = [
            ("", cases.total),
            ("train ", cases.train),
            ("validation ", cases.validation),
            ("test ", cases.test),
        ];
        let counts: Vec<String> = counts
            .iter()
            .filter_map(|(name, count)| Some(format!("{name}{}", (*count)?)))
            .collect();
        tell("cases", &counts.join(", "));
    }
    if let Some(splits) = &manifest.splits {
        tell("splits", splits);
    }
    for score in &manifest.scores {
        tell(
            "score",
            &format!("{} {:.3}, {} ({})", score.metric, score.value, score.of, score.source),
        );
    }
    if let Some(class) = &manifest.class {
        let files = (!class.files.is_empty()).then(|| class.files.join(", "));
        let cases = class.cases.map(|cases| format!("the first {cases} cases"));
        let parts: Vec<String> = files.into_iter().chain(cases).chain(class.note.clone()).collect();
        tell("for a class", &parts.join("; "));
    }
    for note in &manifest.notes {
        tell("beware", note);
    }
    for statement in &manifest.unverified {
        tell("unverified", statement);
    }
    if !manifest.alternatives.is_empty() {
        let what = if manifest.access == Access::Open {
            "similar"
        } else {
            "open instead"
        };
        tell(what, &manifest.alternatives.join(", "));
    }
    lines.concat()
}

//! The catalogue as a page for people.

use std::fmt::Write as _;

use super::{Access, Manifest, all};

/// The catalogue as Markdown: the project's `docs/datasets.md`.
pub fn markdown_page() -> String {
    let mut page = String::from(
        "# Data sets\n\n\
         What the lab can fetch, check and unpack, made from the manifests in `datasets/`. `unet-lab data get ID` fetches one,\n\
         `unet-lab data info ID` tells all that is known of it. Read a licence on its provider's page before you publish anything.\n\n\
         The first of a project is the one to begin with.\n\n\
         *Checksum*: whether the lab knows the files' checksums beforehand; without, the first download is trusted and remembered.\n",
    );
    section(&mut page, "For the course", |manifest| manifest.course);
    for project in 1..=12 {
        section(&mut page, &format!("Project {project}"), |manifest| {
            manifest.projects.contains(&project)
        });
    }
    section(&mut page, "Others", |manifest| {
        !manifest.course && manifest.projects.is_empty()
    });
    page.push_str("\n## How to get those that are not open\n");
    for manifest in all().iter().filter(|manifest| manifest.access != Access::Open) {
        let _ = write!(page, "\n**{}** (`{}`)\n\n", manifest.title, manifest.id);
        for (number, step) in (1..).zip(&manifest.steps) {
            let _ = writeln!(page, "{number}. {step}");
        }
        if !manifest.alternatives.is_empty() {
            let names: Vec<String> = manifest.alternatives.iter().map(|id| format!("`{id}`")).collect();
            let _ = writeln!(page, "\nOpen instead: {}.", names.join(", "));
        }
    }
    page
}

fn section(page: &mut String, title: &str, belongs: impl Fn(&Manifest) -> bool) {
    let mut manifests = all().iter().filter(|manifest| belongs(manifest)).peekable();
    if manifests.peek().is_none() {
        return;
    }
    let _ = write!(
        page,
        "\n## {title}\n\n| id | what | licence | download | access | checksum |\n|---|---|---|---|---|---|\n"
    );
    for manifest in manifests {
        let checksum = match manifest.files.iter().filter(|file| file.has_checksum()).count() {
            0 => "no",
            some if some == manifest.files.len() => "yes",
            _ => "some",
        };
        let _ = writeln!(
            page,
            "| `{}` | {}; {} | {} | {} | {} | {} |",
            manifest.id,
            manifest.title,
            manifest.modality,
            manifest.licence.name,
            size_text(manifest),
            manifest.access,
            if manifest.files.is_empty() { "-" } else { checksum },
        );
    }
}

/// "2.5 GB", "at least 229 MB", or "unknown".
fn size_text(manifest: &Manifest) -> String {
    match manifest.size() {
        (0, _) => "unknown".to_owned(),
        (bytes, true) => human_bytes(bytes),
        (bytes, false) => format!("over {}", human_bytes(bytes)),
    }
}

/// A number of bytes in the unit that suits it, of a thousand each: 73 MB, 2.5 GB.
pub fn human_bytes(bytes: u64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let name = units.get(unit).copied().unwrap_or_default();
    if unit == 0 || value >= 99.5 {
        format!("{value:.0} {name}")
    } else {
        format!("{value:.1} {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1500, "1.5 kB"),
            (73_000_000, "73.0 MB"),
            (229_000_000, "229 MB"),
            (999_999_999, "1.0 GB"),
            (9_163_696_640, "9.2 GB"),
            (u64::MAX, "18446744 TB"),
        ] {
            assert_eq!(human_bytes(bytes), text);
        }
    }
}

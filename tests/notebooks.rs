//! Every notebook of the course, through the lab's session engine, in its own short mode: a cell that panics, fails with
//! `?`, does not compile or lacks the output that its metadata promises fails the test.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use lab::notebook::NotebookFile;
use libtest_mimic::{Arguments, Failed, Trial};
use nbformat::v4::Cell;

/// Code for a cell that must fail, and what the report must contain.
const FAILURES: [(&str, &str, &str); 4] = [
    ("panic", "let v: Vec<i32> = Vec::new();\nv[3]", "index out of bounds"),
    (
        "question_mark",
        "std::fs::read_to_string(\"/no/such/file\")?;",
        "No such file",
    ),
    ("compile_error", "let n: i32 = \"text\";", "mismatched types"),
    (
        "expected_output",
        "println!(\"something else\");",
        "does not contain \"the promised line\"",
    ),
];

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for path in notebooks() {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let file = path.clone();
        trials.push(Trial::test(format!("published::{name}"), move || {
            is_fit_for_publication(&file)
        }));
        trials.push(Trial::test(format!("runs::{name}"), move || runs(&path)));
    }
    for (name, code, reason) in FAILURES {
        trials.push(Trial::test(format!("fails::{name}"), move || fails(code, reason)));
    }
    trials.push(Trial::test("refused::corrupt_notebook", corrupt_notebook_is_refused));
    trials.push(Trial::test("refused::missing_data", missing_data_is_refused));
    trials.push(Trial::test("refused::empty_data", empty_data_is_refused));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn notebooks() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebooks")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            if path.is_dir() && !is_hidden {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "ipynb") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn unet_lab(arguments: &[&str], notebook: &Path) -> Result<Output, Failed> {
    let output = Command::new(env!("CARGO_BIN_EXE_unet-lab"))
        .arg("run")
        .arg(notebook)
        .args(arguments)
        .output()?;
    Ok(output)
}

fn report(output: &Output) -> String {
    let tail = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    };
    format!("{}\n{}", tail(&output.stdout), tail(&output.stderr))
}

fn runs(notebook: &Path) -> Result<(), Failed> {
    let output = unet_lab(&["--smoke", "--verify"], notebook)?;
    match output.status.success() {
        true => Ok(()),
        false => Err(report(&output).into()),
    }
}

fn is_fit_for_publication(path: &Path) -> Result<(), Failed> {
    let notebook = NotebookFile::read(path)?;
    let kernel = notebook.content.metadata.kernelspec.map(|kernel| kernel.name);
    if kernel.as_deref() != Some(lab::kernel::NAME) {
        return Err(format!("the kernel is {kernel:?}, not {:?}", lab::kernel::NAME).into());
    }
    if !matches!(notebook.content.cells.first(), Some(Cell::Markdown { .. })) {
        return Err("the first cell is not text".into());
    }
    for cell in &notebook.content.cells {
        if let Cell::Code {
            id,
            outputs,
            execution_count,
            ..
        } = cell
            && !(outputs.is_empty() && execution_count.is_none())
        {
            return Err(format!("cell {} has stored output", id.as_str()).into());
        }
    }
    Ok(())
}

fn fails(code: &str, reason: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("failing.ipynb");
    let notebook = serde_json::json!({
        "cells": [{
            "cell_type": "code", "id": "bad", "execution_count": null, "outputs": [], "source": code,
            "metadata": { "unet_lab": { "expect": ["the promised line"] } },
        }, {
            "cell_type": "code", "id": "never", "execution_count": null, "outputs": [], "metadata": {},
            "source": "println!(\"must not run\");",
        }],
        "metadata": { "kernelspec": { "name": "unet-lab", "display_name": "Rust (U-Net Lab)", "language": "rust" } },
        "nbformat": 4, "nbformat_minor": 5,
    });
    std::fs::write(&path, notebook.to_string())?;
    let output = unet_lab(&["--verify"], &path)?;
    let said = report(&output);
    let complaint = if output.status.code() != Some(1) {
        "the exit code is not 1"
    } else if !said.contains(reason) {
        "the reason is not told"
    } else if said.contains("must not run") {
        "the cell behind the failed one was run"
    } else {
        return Ok(());
    };
    Err(format!("{complaint}; expected {reason:?} in:\n{said}").into())
}

fn refused(output: &Output, reasons: &[&str]) -> Result<(), Failed> {
    let said = report(output);
    let missing = reasons.iter().find(|reason| !said.contains(**reason));
    match missing {
        None if output.status.code() == Some(1) => Ok(()),
        _ => Err(format!(
            "expected exit code 1 and {reasons:?}, got {} and:\n{said}",
            output.status
        )
        .into()),
    }
}

fn corrupt_notebook_is_refused() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("cut-off.ipynb");
    std::fs::write(&path, "{\"cells\": [{\"cell_type\": \"code\"")?;
    refused(
        &unet_lab(&[], &path)?,
        &["cut-off.ipynb", "not a usable notebook", "fresh copy"],
    )
}

fn missing_data_is_refused() -> Result<(), Failed> {
    let Some(notebook) = notebooks().pop() else {
        return Err("no notebooks".into());
    };
    refused(
        &unet_lab(&["--data", "/no/such/folder"], &notebook)?,
        &["/no/such/folder", "no such folder"],
    )
}

fn empty_data_is_refused() -> Result<(), Failed> {
    let Some(notebook) = notebooks().pop() else {
        return Err("no notebooks".into());
    };
    let folder = tempfile::tempdir()?;
    let named = folder.path().to_string_lossy().into_owned();
    refused(
        &unet_lab(&["--data", &named], &notebook)?,
        &[&named, "empty", "images/ and masks/"],
    )
}

//! The command-line examples as a person would call them, one after the other: train, predict, evaluate.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use unet_lab::data::phantom::EmPhantom;

/// Cargo puts the examples beside the folder of the tests. `cargo test` builds them; `cargo test --test examples` alone does not.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().expect("this program's path");
    let built = test
        .ancestors()
        .nth(2)
        .expect("the target folder")
        .join("examples")
        .join(name);
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name)
        .with_extension("rs");
    let written = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
    assert!(
        written(&built) >= written(&source),
        "{name} is older than its source: cargo build --examples"
    );
    Command::new(built)
}

fn run(command: &mut Command) -> Output {
    command.output().expect("an example that starts")
}

fn passed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn refused(output: &Output) -> String {
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Pictures of cells: `images/` and `masks/`.
fn data(folder: &Path) -> PathBuf {
    let data = folder.join("data");
    EmPhantom::new(64)
        .with_count(16)
        .with_seed(5)
        .generate()
        .save(&data)
        .expect("written");
    data
}

fn train(folder: &Path, data: &Path, epochs: &str) -> Output {
    let mut command = example("train");
    command
        .arg("--images")
        .arg(data.join("images"))
        .arg("--masks")
        .arg(data.join("masks"));
    command.arg("--out").arg(folder.join("run"));
    command.args(["--base", "4", "--epochs", epochs, "--batch", "2", "--rate", "0.01"]);
    run(&mut command)
}

fn predict(folder: &Path, data: &Path, more: &[&str]) -> Output {
    let mut command = example("predict");
    command.arg("--model").arg(folder.join("run"));
    command
        .arg("--images")
        .arg(data.join("images"))
        .arg("--out")
        .arg(folder.join("found"));
    run(command.args(more))
}

fn evaluate(found: &Path, truth: &Path, more: &[&str]) -> Output {
    let mut command = example("evaluate");
    run(command.arg("--pred").arg(found).arg("--truth").arg(truth).args(more))
}

#[test]
fn a_run_is_trained_gone_on_with_used_and_measured() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let data = data(folder);
    passed(&train(folder, &data, "3"));
    let history = |folder: &Path| std::fs::read_to_string(folder.join("run/history.csv")).expect("a history");
    let three = history(folder);
    passed(&train(folder, &data, "12"));
    let twelve = history(folder);
    assert_eq!((three.lines().count(), twelve.lines().count()), (4, 13));
    assert!(
        twelve.starts_with(&three),
        "the first epochs are kept:\n{three}\n{twelve}"
    );

    passed(&predict(folder, &data, &["--probabilities", "--tta"]));
    let report = passed(&evaluate(&folder.join("found"), &data.join("masks"), &["--json"]));
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["images"].as_array().map(Vec::len), Some(16));
    let mean = |key: &str| report["mean"][key].as_f64().expect("a number");
    assert!(mean("dice") > 0.6 && mean("iou") < mean("dice"), "{report:#}");
    let itself = passed(&evaluate(&data.join("masks"), &data.join("masks"), &["--json"]));
    let itself: Value = serde_json::from_str(&itself).expect("JSON");
    assert_eq!(
        (&itself["pooled"]["dice"], &itself["images"][3]["hd95"]),
        (&1.0.into(), &0.0.into())
    );
    let table = passed(&evaluate(&folder.join("found"), &data.join("masks"), &[]));
    assert_eq!(table.lines().count(), 19, "{table}");
}

#[test]
fn what_cannot_be_done_is_said_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let data = data(folder);
    let error = refused(&predict(folder, &data, &[]));
    assert!(error.contains("run.json") && error.contains("train --out"), "{error}");
    let error = refused(&train(folder, &folder.join("nowhere"), "1"));
    assert!(error.contains("nowhere"), "{error}");

    let masks = data.join("masks");
    let some = folder.join("some");
    std::fs::create_dir(&some).expect("made");
    let files: Vec<PathBuf> = std::fs::read_dir(&masks)
        .expect("masks")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    std::fs::copy(&files[0], some.join(files[0].file_name().expect("a name"))).expect("copied");
    let error = refused(&evaluate(&some, &masks, &[]));
    assert!(error.contains("15 of the 16 true masks"), "{error}");
    let error = refused(&evaluate(&masks, &some, &[]));
    assert!(error.contains("has no mask named"), "{error}");
}

#[test]
fn a_summary_in_json_has_the_parameters_of_the_course() {
    let mut command = example("summary");
    let text = passed(&run(command.args([
        "--preset",
        "course",
        "--input",
        "256x256x3",
        "--json",
    ])));
    let summary: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(summary["parameters"], 31_031_745, "{text}");
}

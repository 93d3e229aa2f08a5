//! What gradient checkpointing saves: the same training with and without it, each in a process of its own, whose highest
//! memory Linux counts. `cargo test --test memory -- --nocapture` prints the numbers.

use std::process::Command;

use unet_lab::data::phantom::EmPhantom;
use unet_lab::prelude::*;

const MODE: &str = "UNET_LAB_MEMORY";

/// What the child process does; a test that passes at once when it is not one.
#[test]
fn a_run_of_its_own() {
    let Some(mode) = std::env::var_os(MODE) else {
        return;
    };
    let data = EmPhantom::new(192).with_count(4).with_seed(3).generate();
    let model = UNetConfig::new(1, 1).with_base_channels(16).with_depth(3).init(&cpu());
    let config = TrainConfig::new()
        .with_epochs(1)
        .with_batch_size(4)
        .with_validation_split(0.0)
        .with_gradient_checkpointing(mode == "on");
    let fitted = Trainer::new(config).fit_with(model, &data, &mut Silent).expect("a run");
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap_or("VmHWM: 0 kB");
    println!("loss {} {peak}", fitted.history.records[0].train_loss.to_bits());
}

/// Loss, bit by bit, and highest memory in MiB.
fn run(mode: &str) -> (u32, u64) {
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "a_run_of_its_own", "--nocapture"])
        .env(MODE, mode)
        .output()
        .expect("a process");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let words: Vec<&str> = text.split_whitespace().collect();
    let after = |word: &str| {
        let place = words.iter().position(|found| found.ends_with(word)).expect("the line");
        words[place + 1].parse::<u64>().expect("a number")
    };
    (after("loss") as u32, after("VmHWM:") / 1024)
}

#[test]
fn gradient_checkpointing_changes_memory_and_not_the_loss() {
    let (plain, plain_peak) = run("off");
    let (saved, saved_peak) = run("on");
    println!("peak memory: {plain_peak} MiB without, {saved_peak} MiB with gradient checkpointing");
    assert_eq!(plain, saved);
    assert!(saved_peak <= plain_peak + plain_peak / 10, "{saved_peak} {plain_peak}");
}

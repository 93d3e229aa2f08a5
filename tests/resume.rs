//! A run that is killed and resumed ends with the weights, byte for byte, of one that was left alone.
//!
//! The runs are processes of their own: this program, called again with `UNET_LAB_RESUME` naming a folder.

use std::path::Path;
use std::process::{Child, Command};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use unet_lab::burn::module::{ModuleVisitor, Param};
use unet_lab::data::phantom::EmPhantom;
use unet_lab::prelude::*;
use unet_lab::train::{Checkpoints, Clip, Optimizer, Schedule};

const FOLDER: &str = "UNET_LAB_RESUME";

struct Bytes(Vec<u8>);

impl ModuleVisitor for Bytes {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let values: Vec<f32> = param.val().into_data().try_to_vec().expect("f32");
        self.0.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
}

fn config(folder: &Path) -> TrainConfig {
    TrainConfig::new()
        .with_epochs(24)
        .with_batch_size(2)
        .with_accumulate(2)
        .with_learning_rate(3e-3)
        .with_optimizer(Optimizer::adam_w(0.01))
        .with_schedule(Schedule::plateau())
        .with_warm_up(2)
        .with_clip(Clip::Norm(1.0))
        .with_augmentation(true)
        .with_restore_best(true)
        .with_validation_split(0.2)
        .with_checkpoints(folder)
}

/// What the child process does; a test that passes at once when it is not one.
#[test]
fn a_run_of_its_own() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let folder = Path::new(&folder);
    let data = EmPhantom::new(48).with_count(20).with_seed(3).generate();
    let model = UNetConfig::new(1, 1).with_base_channels(4).with_depth(2).init(&cpu());
    let trainer = match Checkpoints::new(folder).list().is_empty() {
        true => Trainer::new(config(folder)),
        false => Trainer::resume(folder).expect("a checkpoint that can be read"),
    };
    let fitted = trainer.fit_with(model, &data, &mut Silent).expect("a run");
    let mut bytes = Bytes(Vec::new());
    fitted.model.visit(&mut bytes);
    std::fs::write(folder.join("weights.part"), &bytes.0).expect("a folder to write to");
    std::fs::rename(folder.join("weights.part"), folder.join("weights")).expect("a folder to write to");
    fitted
        .history
        .save_csv(folder.join("history.csv"))
        .expect("a folder to write to");
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "a_run_of_its_own", "--quiet"])
        .env(FOLDER, folder)
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("a process")
}

/// The run from beginning to end, and how long it took.
fn uninterrupted() -> (Vec<u8>, String, Duration) {
    let folder = tempfile::tempdir().expect("a folder");
    let begin = Instant::now();
    assert!(start(folder.path()).wait().expect("an end").success());
    let (weights, history) = results(folder.path());
    (weights, history, begin.elapsed())
}

/// Kills a run in a random moment of a random epoch, however fast this machine is. SIGKILL: nothing of the process runs
/// after it.
fn start_and_kill(folder: &Path, epochs: std::ops::Range<usize>, epoch: Duration, rng: &mut ChaCha8Rng) {
    let done = || Checkpoints::new(folder).list().last().map_or(0, |(epoch, _)| *epoch);
    let wanted = rng.random_range(epochs);
    let mut child = start(folder);
    while done() < wanted && child.try_wait().expect("a process").is_none() {
        std::thread::sleep(Duration::from_micros(200));
    }
    std::thread::sleep(epoch.mul_f64(rng.random_range(0.0..1.0)));
    child.kill().expect("a process to kill");
    child.wait().expect("an end");
}

/// The final weights, and the history without its last column, the seconds.
fn results(folder: &Path) -> (Vec<u8>, String) {
    let history = std::fs::read_to_string(folder.join("history.csv")).expect("a history");
    let history = history
        .lines()
        .filter_map(|line| Some(line.rsplit_once(',')?.0.to_owned()));
    let weights = std::fs::read(folder.join("weights")).expect("weights");
    (weights, history.collect::<Vec<_>>().join("\n"))
}

/// One test at a time: they measure how long a run takes.
static ONE: Mutex<()> = Mutex::new(());

#[test]
fn twenty_runs_killed_at_random_moments_end_as_if_left_alone() {
    let _one = ONE.lock();
    let (weights, history, whole) = uninterrupted();
    assert!(!weights.is_empty() && history.lines().count() == 25);
    assert_eq!(uninterrupted().0, weights, "two runs left alone differ already");
    let mut rng = ChaCha8Rng::seed_from_u64(20);
    let mut killed_with_checkpoints = 0;
    for trial in 0..20 {
        let folder = tempfile::tempdir().expect("a folder");
        start_and_kill(folder.path(), 0..24, whole / 24, &mut rng);
        let done = Checkpoints::new(folder.path()).list();
        killed_with_checkpoints += usize::from(!done.is_empty() && !folder.path().join("weights").exists());
        assert!(
            start(folder.path()).wait().expect("an end").success(),
            "trial {trial}: {done:?}"
        );
        let found = results(folder.path());
        assert_eq!(found.1, history, "trial {trial}, killed after {:?}", done.last());
        assert!(
            found.0 == weights,
            "trial {trial}, killed after {:?}: other weights",
            done.last()
        );
    }
    assert!(
        killed_with_checkpoints >= 10,
        "only {killed_with_checkpoints} were killed in the middle"
    );
}

#[test]
fn a_run_killed_again_and_again_still_ends_as_if_left_alone() {
    let _one = ONE.lock();
    let (weights, history, whole) = uninterrupted();
    let folder = tempfile::tempdir().expect("a folder");
    let mut rng = ChaCha8Rng::seed_from_u64(21);
    for trial in 0..10 {
        start_and_kill(folder.path(), 2 * trial..2 * trial + 3, whole / 24, &mut rng);
    }
    assert!(start(folder.path()).wait().expect("an end").success());
    let found = results(folder.path());
    assert_eq!(found.1, history);
    assert!(found.0 == weights);
}

//! Every reader on damaged files: no panic, no memory beyond its bound, no endless loop.
//!
//! As a test it runs a small share of inputs that are always the same. More:
//!
//! | variable | what |
//! |---|---|
//! | `UNET_LAB_FUZZ` | so many inputs in all, with a table at the end |
//! | `UNET_LAB_FUZZ_SEED` | another seed, so other inputs |
//! | `UNET_LAB_FUZZ_ONLY` | these targets, with commas between |
//! | `UNET_LAB_FUZZ_REPLAY` | `target:seed:number` of a failure, run once more |
//! | `UNET_LAB_REALDATA` | the folder of real files; without it `../shared/realdata` beside the checkout |
//!
//! What was found so far is in `docs/reliability.md`.

#[cfg(feature = "fetch")]
mod archives;
mod bombs;
mod containers;
mod cut;
#[cfg(feature = "dicom")]
mod dicom;
mod engine;
mod files;
mod guard;
mod long;
mod mutate;
mod parts;
#[cfg(any(feature = "dicom", feature = "fetch"))]
mod place;
mod seeds;
mod text;

use std::process::ExitCode;
use std::time::Instant;

use engine::{Tally, Target};
use guard::Guard;
use libtest_mimic::{Arguments, Trial};

/// Inputs of the test.
const USUAL: u64 = 24_000;
const SEED: u64 = 1;

fn targets() -> Vec<Target> {
    let mut all = files::targets();
    #[cfg(feature = "dicom")]
    all.extend(dicom::targets());
    #[cfg(feature = "fetch")]
    all.extend(archives::targets());
    all.extend(text::targets());
    #[cfg(feature = "fetch")]
    all.push(text::records::target());
    if let Ok(only) = std::env::var("UNET_LAB_FUZZ_ONLY") {
        all.retain(|target| only.split(',').any(|name| name == target.name));
    }
    all
}

fn main() -> ExitCode {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().expect("a number"))
    };
    let seed = number("UNET_LAB_FUZZ_SEED").unwrap_or(SEED);
    if let Ok(spot) = std::env::var("UNET_LAB_FUZZ_REPLAY") {
        return replay(&spot);
    }
    if let Some(count) = number("UNET_LAB_FUZZ") {
        return run(count, seed);
    }
    let all = targets();
    let weights: u64 = all.iter().map(|target| target.weight).sum();
    let mut trials: Vec<Trial> = all.into_iter().map(|target| trial(target, seed, weights)).collect();
    trials.extend(bombs::trials());
    trials.extend(long::trials());
    trials.push(cut::trial());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A small share of a target's inputs.
fn trial(target: Target, seed: u64, weights: u64) -> Trial {
    Trial::test(target.name, move || {
        let guard = Guard::new();
        let tally = target.run(seed, 0..(USUAL * target.weight).div_ceil(weights), &guard);
        drop(guard);
        if let Some(fault) = tally.faults.first() {
            return Err(fault.into());
        }
        let (read, refused) = (tally.read, tally.inputs - tally.read);
        if read * 50 < tally.inputs || refused * 50 < tally.inputs {
            return Err(format!("{read} were read and {refused} refused: that proves little").into());
        }
        Ok(())
    })
}

/// Many inputs, with a table.
fn run(count: u64, seed: u64) -> ExitCode {
    let all = targets();
    let weights: u64 = all.iter().map(|target| target.weight).sum();
    let guard = Guard::new();
    let start = Instant::now();
    let mut rows: Vec<(&str, Tally)> = Vec::new();
    for target in &all {
        let tally = target.run(seed, 0..(count * target.weight).div_ceil(weights), &guard);
        eprintln!("{:>6.0} s {}: {tally:?}", start.elapsed().as_secs_f64(), target.name);
        rows.push((target.name, tally));
    }
    drop(guard);
    println!("{}", engine::table(&rows));
    println!("panics, with those that a reader held back: {:?}", guard::panics());
    let faults: Vec<&String> = rows.iter().flat_map(|(_, tally)| &tally.faults).collect();
    faults.iter().for_each(|fault| println!("{fault}"));
    ExitCode::from(u8::from(!faults.is_empty()))
}

/// One input, kept and run again.
fn replay(spot: &str) -> ExitCode {
    let parts: Vec<&str> = spot.trim().rsplitn(3, ':').collect();
    let [number, seed, name] = parts[..] else {
        panic!("expected target:seed:number, found {spot}");
    };
    let (seed, number) = (seed.parse().expect("a seed"), number.parse().expect("a number"));
    let all = targets();
    let target = all
        .iter()
        .find(|target| target.name == name)
        .expect("a target of this name");
    println!(
        "kept in {}",
        target.keep(seed, number, &target.input_of(seed, number)).display()
    );
    let guard = Guard::new();
    let mut tally = Tally::default();
    target.run_one(seed, number, &guard, &mut tally);
    println!("{tally:?}");
    ExitCode::from(u8::from(!tally.faults.is_empty()))
}

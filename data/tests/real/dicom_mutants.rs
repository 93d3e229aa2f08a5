//! Damaged copies of the real DICOM files: none may panic, and none may take more memory than its limit explains.
//!
//! The copies are read in a process of their own, whose highest memory Linux counts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Instant;

use libtest_mimic::Trial;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use unet_lab_data::formats::dicom::DicomSeg;
use unet_lab_data::formats::{FormatError, Limits, decode};

use super::RealData;

const NAME: &str = "dicom::mutants";
const MODE: &str = "UNET_LAB_DICOM_MUTANTS";
/// Copies of each file; more by hand with `UNET_LAB_DICOM_COPIES`.
const COPIES: u64 = 200;
/// Decoded numbers, in MiB; the largest of the files takes 0.5.
const LIMIT: u64 = 32;
/// Highest memory of the process, in MiB: the program itself, the parsed attributes, and what decoders use besides.
const HIGHEST: u64 = 400;

/// Panics of other crates' code that were contained, by place.
static CONTAINED: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

pub fn trials(root: &RealData) -> Vec<Trial> {
    vec![root.trial(NAME, "dicom_single", |path| match std::env::var_os(MODE) {
        Some(_) => read_mutants(&path),
        None => in_a_process_of_its_own(),
    })]
}

fn in_a_process_of_its_own() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture", "--test-threads", "1"])
        .env(MODE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    println!("{text}");
}

fn read_mutants(folder: &Path) {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or(String::new(), ToString::to_string);
        *CONTAINED.lock().unwrap().entry(place).or_default() += 1;
    }));
    let mut files = Vec::new();
    list(folder, &mut files);
    files.sort();
    let copies = std::env::var("UNET_LAB_DICOM_COPIES").map_or(COPIES, |number| number.parse().unwrap());
    let (mut count, mut read, mut slowest) = (0, 0, 0.0f64);
    let mut kinds = BTreeMap::<&str, usize>::new();
    for path in &files {
        let original = std::fs::read(path).unwrap();
        for seed in 0..copies {
            let bytes = mutant(&original, seed);
            let limits = Limits::with_bytes(LIMIT << 20);
            let start = Instant::now();
            let result = std::panic::catch_unwind(|| {
                let seg = DicomSeg::from_bytes(&bytes, limits);
                if let Ok(seg) = seg
                    && let Ok(grid) = seg.grid()
                {
                    let _ = seg.labels_on(&grid);
                }
                decode(&bytes, limits, &|_| Err(FormatError::System("none".into())))
            });
            let seconds = start.elapsed().as_secs_f64();
            slowest = slowest.max(seconds);
            let Ok(result) = result else {
                let places = CONTAINED.lock().unwrap().clone();
                eprintln!("{} with seed {seed} panics; all panics: {places:?}", path.display());
                std::process::exit(1);
            };
            count += 1;
            let kind = match result {
                Ok(_) => {
                    read += 1;
                    "read"
                }
                Err(FormatError::Truncated { .. }) => "truncated",
                Err(FormatError::Foreign { .. }) => "foreign",
                Err(FormatError::Damaged(_)) => "damaged",
                Err(FormatError::Unsupported { .. }) => "unsupported",
                Err(FormatError::TooLarge { .. }) => "too large",
                Err(_) => "other",
            };
            *kinds.entry(kind).or_default() += 1;
        }
    }
    let places = CONTAINED.lock().unwrap().clone();
    println!("{count} damaged copies, {read} read: {kinds:?}; slowest {slowest:.2} s; contained panics: {places:?}");
    assert!(count >= 5000);
    if let Some(peak) = highest_memory() {
        println!("highest memory {peak} MiB");
        assert!(peak < HIGHEST, "{peak} MiB");
    }
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => list(&path, files),
            false => files.push(path),
        }
    }
}

/// A damaged copy: the same for the same seed.
fn mutant(original: &[u8], seed: u64) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut bytes = original.to_vec();
    // A third of the damage lies in the attributes, which come first, a third at the beginning of the pixels, where compressed ones
    // have their headers.
    let tag = [0xe0, 0x7f, 0x10, 0];
    let pixels = original.windows(4).rposition(|four| four == tag).unwrap_or(0);
    let place = |rng: &mut ChaCha8Rng, length: usize| match rng.random_range(0..3) {
        0 => rng.random_range(0..length.min(3000)),
        1 => (pixels + rng.random_range(0..200)).min(length - 1),
        _ => rng.random_range(0..length),
    };
    match seed % 5 {
        0 => bytes.truncate(place(&mut rng, bytes.len())),
        1 => {
            let at = place(&mut rng, bytes.len());
            let value = [0xffff_ffffu32, 0, 0x7fff_fffe, 0x8000_0000, 65535][rng.random_range(0..5)];
            for (byte, new) in bytes.iter_mut().skip(at).zip(value.to_le_bytes()) {
                *byte = new;
            }
        }
        2 => {
            let at = place(&mut rng, bytes.len());
            let end = (at + rng.random_range(1..64)).min(bytes.len());
            bytes.drain(at..end);
        }
        3 => {
            let at = place(&mut rng, bytes.len());
            let from = place(&mut rng, bytes.len());
            let end = (from + rng.random_range(1..200)).min(bytes.len());
            let piece = bytes[from..end].to_vec();
            bytes.splice(at..at, piece);
        }
        _ => {
            for _ in 0..rng.random_range(1..=16) {
                let at = place(&mut rng, bytes.len());
                bytes[at] = rng.random();
            }
        }
    }
    bytes
}

fn highest_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

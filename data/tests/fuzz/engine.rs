//! Runs a target on damaged files: the same for the same seed, each watched for panics, memory and time.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::guard::{self, Guard};
use super::seeds::Files;

/// Something that reads files which it should not trust.
pub struct Target {
    pub name: &'static str,
    /// How many of all inputs it gets, beside the others.
    pub weight: u64,
    /// The files to damage.
    pub seeds: Vec<Files>,
    /// Damages a file; the second is another one of the same format.
    pub damage: fn(&mut Vec<u8>, &[u8], &mut ChaCha8Rng),
    pub read: Box<Read>,
}

/// Reads files, and says whether they could be read. Panics where something is wrong.
type Read = dyn Fn(&Files, &mut Meter) -> bool + Send;

/// The memory that reading took, and dice for choices that the same seed makes again.
pub struct Meter {
    pub random: ChaCha8Rng,
    peak: usize,
}

impl Meter {
    pub fn new(seed: u64) -> Self {
        Self {
            random: ChaCha8Rng::seed_from_u64(seed),
            peak: 0,
        }
    }

    /// Does something that may take so many bytes of memory beyond what is there already.
    pub fn within<T>(&mut self, allowed: usize, work: impl FnOnce() -> T) -> T {
        let (result, taken) = guard::measured(work);
        self.peak = self.peak.max(taken);
        assert!(
            taken <= allowed,
            "it took {taken} bytes of memory, where {allowed} are allowed"
        );
        result
    }
}

/// What came of a target's inputs.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub inputs: u64,
    pub read: u64,
    pub slowest_ms: f64,
    slowest_at: u64,
    pub peak: usize,
    /// How many files are damaged.
    pub files: usize,
    pub faults: Vec<String>,
    pub seconds: f64,
}

/// Faults after which a target is given up.
const MOST_FAULTS: usize = 20;

impl Target {
    /// Runs inputs of these numbers.
    pub fn run(&self, seed: u64, numbers: std::ops::Range<u64>, guard: &Guard) -> Tally {
        let mut tally = Tally {
            files: self.seeds.len(),
            ..Tally::default()
        };
        let start = Instant::now();
        for number in numbers {
            self.run_one(seed, number, guard, &mut tally);
            if tally.faults.len() >= MOST_FAULTS {
                break;
            }
        }
        tally.seconds = start.elapsed().as_secs_f64();
        tally
    }

    /// Runs one input; what is wrong with it is noted, and the input kept.
    pub fn run_one(&self, seed: u64, number: u64, guard: &Guard, tally: &mut Tally) {
        let mut random = ChaCha8Rng::seed_from_u64(mixed(self.name, seed, number));
        let spot = format!("{}:{seed}:{number}", self.name);
        guard.enter(&spot);
        let input = self.input(&mut random);
        let mut meter = Meter::new(random.random());
        guard.start();
        let start = Instant::now();
        let result = guard::caught(|| (self.read)(&input, &mut meter));
        let milliseconds = start.elapsed().as_secs_f64() * 1000.0;
        guard.stop();
        tally.inputs += 1;
        if milliseconds > tally.slowest_ms {
            (tally.slowest_ms, tally.slowest_at) = (milliseconds, number);
        }
        tally.peak = tally.peak.max(meter.peak);
        match result {
            Ok(is_read) => tally.read += u64::from(is_read),
            Err(fault) => {
                let kept = self.keep(seed, number, &input);
                let fault = format!("{spot} (damaged {}): {fault}; kept in {}", input.name, kept.display());
                eprintln!("{fault}");
                tally.faults.push(fault);
            }
        }
    }

    fn input(&self, random: &mut ChaCha8Rng) -> Files {
        // Small files show as much in less time.
        let chosen = |random: &mut ChaCha8Rng| {
            let mut drawn = [0; 3].map(|_| random.random_range(0..self.seeds.len()));
            drawn.sort_by_key(|&index| self.seeds[index].bytes());
            &self.seeds[drawn[usize::from(random.random_bool(0.5))]]
        };
        let mut input = chosen(random).clone();
        let other = chosen(random);
        match random.random_range(0..input.others.len() * 2 + 4) {
            part if part % 4 == 1 && !input.others.is_empty() => {
                let part = part / 4 % input.others.len();
                let other = other.others.first().map_or(&other.first, |(_, bytes)| bytes);
                (self.damage)(&mut input.others[part].1, other, random);
            }
            _ => (self.damage)(&mut input.first, &other.first, random),
        }
        input
    }

    /// The input's files, in a folder of their own.
    pub fn keep(&self, seed: u64, number: u64, input: &Files) -> PathBuf {
        let folder = kept().join(format!("{}-{seed}-{number}", self.name.replace(' ', "-")));
        let _ = fs::create_dir_all(&folder);
        let _ = fs::write(folder.join("first"), &input.first);
        for (name, bytes) in &input.others {
            let _ = fs::write(folder.join(name), bytes);
        }
        folder
    }

    /// The same input as in the run where it failed.
    pub fn input_of(&self, seed: u64, number: u64) -> Files {
        self.input(&mut ChaCha8Rng::seed_from_u64(mixed(self.name, seed, number)))
    }
}

/// Where inputs that fail are kept.
pub fn kept() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fuzz")
}

/// Another number for every target, seed and input (FNV-1a).
fn mixed(name: &str, seed: u64, number: u64) -> u64 {
    let bytes = name.bytes().chain(seed.to_le_bytes()).chain(number.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A row a target, as in the project's documents.
pub fn table(rows: &[(&str, Tally)]) -> String {
    let mut text = String::from(
        "| target | files | inputs | read | refused | slowest, ms | peak memory, MiB | inputs a second |\n|---|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    let mut all = Tally::default();
    for (name, tally) in rows {
        row(&mut text, name, tally);
        all.files += tally.files;
        all.inputs += tally.inputs;
        all.read += tally.read;
        all.slowest_ms = all.slowest_ms.max(tally.slowest_ms);
        all.peak = all.peak.max(tally.peak);
        all.seconds += tally.seconds;
    }
    row(&mut text, "all", &all);
    text
}

fn row(text: &mut String, name: &str, tally: &Tally) {
    let _ = writeln!(
        text,
        "| {name} | {} | {} | {} | {} | {:.0} | {:.1} | {:.0} |",
        tally.files,
        tally.inputs,
        tally.read,
        tally.inputs - tally.read - tally.faults.len() as u64,
        tally.slowest_ms,
        tally.peak as f64 / f64::from(1 << 20),
        tally.inputs as f64 / tally.seconds.max(1e-9),
    );
}

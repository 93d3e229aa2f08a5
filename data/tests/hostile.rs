//! Damaged and hostile files of every volume format: no panic, and no more memory than the limit allows.

use peak_alloc::PeakAlloc;
use rand::{Rng, RngExt, SeedableRng, rngs::ChaCha8Rng};
use serde_json::Value;
use std::collections::HashMap;
use unet_lab_data::formats::{Companion, FormatError, Limits, decode, decode_npz, npz_names};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What decoders need whatever the file: windows, tables and one chunk.
const FIXED: usize = 1 << 20;

/// Each file that the fixture holds, the first one by itself.
struct Sample {
    name: String,
    first: Vec<u8>,
    companions: HashMap<String, Vec<u8>>,
}

fn samples() -> Vec<Sample> {
    let fixture: Value = serde_json::from_str(include_str!("fixtures/volumes.json")).unwrap();
    let from_hex = |text: &str| -> Vec<u8> {
        let pairs = text.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
        pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    };
    let mut samples: Vec<Sample> = Vec::new();
    for entry in fixture["made"].as_array().unwrap() {
        let mut files: HashMap<String, Vec<u8>> = HashMap::new();
        for (name, contents) in entry["files"].as_object().unwrap() {
            files.insert(name.clone(), from_hex(contents.as_str().unwrap()));
        }
        samples.push(Sample {
            name: entry["name"].as_str().unwrap().to_owned(),
            first: files.remove(entry["first"].as_str().unwrap()).unwrap(),
            companions: files,
        });
    }
    samples.push(Sample {
        name: "npz of two arrays".to_owned(),
        first: from_hex(fixture["npz_of_two"].as_str().unwrap()),
        companions: HashMap::new(),
    });
    samples
}

impl Sample {
    fn companion(&self, name: &str) -> Result<Vec<u8>, FormatError> {
        let name = name.replace('*', "v");
        let found = self.companions.get(name.trim_start_matches("./"));
        found.cloned().ok_or(FormatError::System(format!("no {name}")))
    }

    /// Decodes bytes in the place of the first file, and gives whether that succeeded.
    fn decodes(&self, bytes: &[u8], limits: Limits) -> bool {
        let companion: Companion = &|name| self.companion(name);
        let decoded = decode(bytes, limits, companion);
        if bytes.starts_with(b"PK") {
            for name in npz_names(bytes).unwrap_or_default().iter().take(4) {
                let _ = decode_npz(bytes, name, limits);
            }
        }
        match decoded {
            Ok(file) => {
                let size: usize = file.shape().iter().product();
                assert_eq!(size, file.samples.len(), "{}", self.name);
                let bytes = (file.samples.len() * file.sample_type().bytes()) as u64;
                assert!(bytes <= limits.bytes(), "{} takes {bytes} bytes", self.name);
                let _ = (file.volume(), file.labels(), file.geometry.orientation());
                true
            }
            Err(problem) => {
                assert!(problem.to_string().len() < 2000, "{}: {problem}", self.name);
                false
            }
        }
    }
}

/// Decodes within a limit and gives the memory that it took at most.
fn measured(sample: &Sample, bytes: &[u8], limits: Limits) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    sample.decodes(bytes, limits);
    MEMORY.peak_usage().saturating_sub(before)
}

fn mutate(bytes: &mut Vec<u8>, random: &mut ChaCha8Rng) {
    const NUMBERS: [&[u8]; 8] = [
        b"-1",
        b"0",
        b"99999999999999999999",
        b"4294967296",
        b"1e400",
        b"nan",
        b"3",
        b"LIST",
    ];
    for _ in 0..random.random_range(1..4) {
        if bytes.is_empty() {
            return;
        }
        // Headers are at the beginning, where most mutations should be.
        let reach = if random.random_bool(0.7) {
            bytes.len().min(400)
        } else {
            bytes.len()
        };
        let at = random.random_range(0..reach);
        match random.random_range(0..8) {
            0 => bytes[at] ^= 1 << random.random_range(0..8),
            1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b'\n', b' ', b'='][random.random_range(0..8)],
            2 => {
                let width = [2, 4, 8][random.random_range(0..3)];
                let fill = [0u8, 0x7f, 0xff][random.random_range(0..3)];
                bytes.iter_mut().skip(at).take(width).for_each(|byte| *byte = fill);
            }
            3 => bytes.truncate(at),
            4 => {
                let part: Vec<u8> = bytes
                    .iter()
                    .skip(at)
                    .take(random.random_range(1..64))
                    .copied()
                    .collect();
                let to = random.random_range(0..bytes.len());
                bytes.splice(to..to, part);
            }
            5 => {
                let until = (at + random.random_range(1..16)).min(bytes.len());
                bytes.drain(at..until);
            }
            6 => {
                // A number of a text header.
                if let Some(digit) = bytes.iter().skip(at).position(u8::is_ascii_digit) {
                    let from = at + digit;
                    let length = bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
                    bytes.splice(from..from + length, NUMBERS[random.random_range(0..8)].iter().copied());
                }
            }
            _ => {
                let mut noise = [0; 4];
                random.fill_bytes(&mut noise);
                bytes
                    .iter_mut()
                    .skip(at)
                    .zip(noise)
                    .for_each(|(byte, noise)| *byte = noise);
            }
        }
    }
}

/// One test, so that no other one allocates at the same time.
#[test]
fn no_file_panics_or_takes_more_memory_than_allowed() {
    let samples = samples();
    let limit = 1 << 16;
    let small = Limits::with_bytes(limit as u64);
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let mut read = 0;
    let mut most = 0;
    let rounds = 20_000usize.div_ceil(samples.len());
    for sample in &samples {
        assert!(
            sample.companions.is_empty() || sample.decodes(&sample.first, small),
            "{}",
            sample.name
        );
        for _ in 0..rounds {
            let mut bytes = sample.first.clone();
            mutate(&mut bytes, &mut random);
            let taken = measured(sample, &bytes, small);
            most = most.max(taken);
            assert!(taken <= 4 * limit + FIXED, "{} took {taken} bytes", sample.name);
            read += usize::from(sample.decodes(&bytes, small));
            // With the usual limit, a claim of gigabytes that the file cannot fill takes nothing either.
            let taken = measured(sample, &bytes, Limits::default());
            assert!(
                taken <= 4 * 1032 * bytes.len() + FIXED,
                "{} took {taken} bytes",
                sample.name
            );
        }
    }
    println!(
        "{} mutations, of which {read} could be read; {most} bytes at most",
        rounds * samples.len()
    );
    assert!(
        read > 1000,
        "mutations that all fail at the first byte prove nothing: {read}"
    );

    // A file that is cut off anywhere is refused, where its numbers are its last bytes.
    for sample in &samples {
        let in_text = sample.name.contains("ascii") || sample.name.contains("text");
        for length in 0..sample.first.len() {
            let is_read = sample.decodes(&sample.first[..length], small);
            assert!(
                !is_read || !sample.companions.is_empty() || in_text,
                "{} cut to {length}",
                sample.name
            );
        }
        // What follows is left alone, except in a zip file, which is read from its end.
        let longer = [&sample.first[..], b"garbage\0\n"].concat();
        let appends_to_header = !sample.companions.is_empty();
        assert!(
            appends_to_header || sample.name.starts_with("npz") || sample.decodes(&longer, small),
            "{} with garbage at its end",
            sample.name
        );
    }
}

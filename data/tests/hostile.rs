//! Damaged and hostile files of every volume format: no panic, and no more memory than the limit allows.

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use peak_alloc::PeakAlloc;
use rand::{Rng, RngExt, SeedableRng, rngs::ChaCha8Rng};
use serde_json::Value;
use std::collections::HashMap;
use std::io::{Read, Write};
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

fn fixture() -> Value {
    serde_json::from_str(include_str!("fixtures/volumes.json")).unwrap()
}

fn from_hex(text: &Value) -> Vec<u8> {
    let pairs = text
        .as_str()
        .unwrap()
        .as_bytes()
        .chunks(2)
        .map(|pair| str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut contents = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut contents).unwrap();
    contents
}

fn samples() -> Vec<Sample> {
    let fixture = fixture();
    let mut samples: Vec<Sample> = Vec::new();
    for entry in fixture["made"].as_array().unwrap() {
        let mut files: HashMap<String, Vec<u8>> = HashMap::new();
        for (name, contents) in entry["files"].as_object().unwrap() {
            files.insert(name.clone(), from_hex(contents));
        }
        samples.push(Sample {
            name: entry["name"].as_str().unwrap().to_owned(),
            first: files.remove(entry["first"].as_str().unwrap()).unwrap(),
            companions: files,
        });
    }
    samples.push(Sample {
        name: "npz of two arrays".to_owned(),
        first: from_hex(&fixture["npz_of_two"]),
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
    const NUMBERS: [&[u8]; 10] = [
        b"100000",
        b"70000000",
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
                    bytes.splice(from..from + length, NUMBERS[random.random_range(0..10)].iter().copied());
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

/// Packed files of 4 MiB of zeros, each a few kilobytes long, and the same with a header that claims 1 GiB.
fn bombs() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let zeros = vec![0; 4 << 20];
    let header = |samples: &[Sample], shape: [i16; 3]| {
        let sample = samples.iter().find(|sample| sample.name == "nifti packed").unwrap();
        let mut header = unpacked(&sample.first);
        header.truncate(352);
        header[42..48].copy_from_slice(shape.map(i16::to_le_bytes).as_flattened());
        header[70] = 2;
        header
    };
    let samples = samples();
    let nifti = |shape| packed(&[&header(&samples, shape)[..], &zeros].concat());
    let text = |header: &str, shape: &str| [header.replace("SHAPE", shape).as_bytes(), &packed(&zeros)].concat();
    let meta = "NDims = 3\nDimSize = SHAPE\nElementType = MET_UCHAR\nCompressedData = True\nElementDataFile = LOCAL\n";
    let nrrd = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: SHAPE\nencoding: gzip\n\n";
    let (honest, claim) = ("256 256 64", "8192 8192 16");
    let npz = from_hex(&fixture()["npz_of_zeros"]);
    vec![
        ("NIfTI", nifti([256, 256, 64]), nifti([8192, 8192, 16])),
        ("MetaImage", text(meta, honest), text(meta, claim)),
        ("NRRD", text(nrrd, honest), text(nrrd, claim)),
        ("npz", npz.clone(), npz[..npz.len() / 2].to_vec()),
    ]
}

fn bombs_do_not_go_off() {
    for (name, honest, claim) in bombs() {
        let run = |bytes: &[u8], limits: Limits| {
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            let result = decode(bytes, limits, &|_| unreachable!()).map(|file| file.samples.len());
            (result, MEMORY.peak_usage().saturating_sub(before))
        };
        let (result, taken) = run(&honest, Limits::with_bytes((4 << 20) - 1));
        let is_refused = matches!(result, Err(FormatError::TooLarge { needed: 4_194_304, .. }));
        assert!(is_refused && taken < FIXED, "{name}: {result:?}, {taken} bytes");
        let (result, taken) = run(&honest, Limits::with_bytes(4 << 20));
        assert!(
            result == Ok(4 << 20) && taken < (4 << 20) + FIXED,
            "{name}: {result:?}, {taken} bytes"
        );
        let (result, taken) = run(&claim, Limits::default());
        assert!(
            result.is_err() && taken < 1032 * claim.len() + FIXED,
            "{name}: {result:?}, {taken} bytes"
        );
        assert!(honest.len() < 40_000, "{name} is no bomb: {}", honest.len());
    }
}

/// One test, so that no other one allocates at the same time.
#[test]
fn no_file_panics_or_takes_more_memory_than_allowed() {
    bombs_do_not_go_off();
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
            if bytes.starts_with(&[0x1f, 0x8b]) && random.random() {
                // What is wrong lies in the contents of an intact stream.
                let mut contents = unpacked(&bytes);
                mutate(&mut contents, &mut random);
                bytes = packed(&contents);
            } else {
                mutate(&mut bytes, &mut random);
            }
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

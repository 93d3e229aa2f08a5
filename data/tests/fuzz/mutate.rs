//! Damage to bytes of any kind.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt};

/// No mutant becomes longer than this, or than its original, whichever is more.
pub const LONGEST: usize = 1 << 20;

/// Numbers of headers in text, and what stands in their place.
const NUMBERS: [&[u8]; 16] = [
    b"0",
    b"1",
    b"2",
    b"3",
    b"17",
    b"255",
    b"65536",
    b"100000",
    b"70000000",
    b"4294967296",
    b"99999999999999999999",
    b"-1",
    b"0.5",
    b"1e400",
    b"nan",
    b"LIST",
];

/// Bytes that mean something in some format.
const BYTES: [u8; 24] = [
    0, 1, 2, 3, 4, 7, 8, 16, 32, 0x7f, 0x80, 0xfe, 0xff, b'\n', b'\r', b' ', b'=', b':', b',', b'"', b'/', b'.', b'[',
    b'<',
];

/// Up to four kinds of damage at once; `other` is another file of the same format.
pub fn bytes(data: &mut Vec<u8>, other: &[u8], random: &mut ChaCha8Rng) {
    let longest = data.len().max(LONGEST);
    for _ in 0..random.random_range(1..=4) {
        once(data, other, random);
        data.truncate(longest);
    }
}

/// Headers are at the beginning, where most damage should be; a directory may be at the end.
fn place(length: usize, random: &mut ChaCha8Rng) -> usize {
    match random.random_range(0..10) {
        0..6 => random.random_range(0..length.min(400)),
        6 => length - 1 - random.random_range(0..length.min(200)),
        _ => random.random_range(0..length),
    }
}

fn part(length: usize, at_most: usize, random: &mut ChaCha8Rng) -> std::ops::Range<usize> {
    let at = place(length, random);
    at..(at + random.random_range(1..=at_most)).min(length)
}

fn once(data: &mut Vec<u8>, other: &[u8], random: &mut ChaCha8Rng) {
    if data.is_empty() {
        data.extend(other.iter().take(random.random_range(0..64)));
        return;
    }
    let at = place(data.len(), random);
    match random.random_range(0..16) {
        0 | 1 => data[at] ^= 1 << random.random_range(0..8),
        2 | 3 => data[at] = BYTES[random.random_range(0..BYTES.len())],
        4 | 5 => {
            let width = [1, 2, 4, 8][random.random_range(0..4)];
            number(data, at, width, random.random(), random);
        }
        6 => data.truncate(at),
        7 => {
            let piece = data[part(data.len(), 64, random)].to_vec();
            data.splice(at..at, piece);
        }
        8 => drop(data.drain(part(data.len(), 64, random))),
        9 | 10 => text_number(data, at, random),
        11 if !other.is_empty() => {
            let piece = other[part(other.len(), 256, random)].to_vec();
            let until = if random.random() {
                (at + piece.len()).min(data.len())
            } else {
                at
            };
            data.splice(at..until, piece);
        }
        12 if !other.is_empty() => {
            // The one file's beginning, the other one's end.
            data.truncate(at);
            data.extend(&other[place(other.len(), random)..]);
        }
        13 => {
            // Depth and length: a few bytes over and over.
            let piece = data[part(data.len(), 24, random)].to_vec();
            let times = 1 << random.random_range(1..12);
            data.splice(at..at, piece.repeat(times));
        }
        14 => {
            let (mine, to) = (part(data.len(), 32, random), place(data.len(), random));
            let piece: Vec<u8> = data.drain(mine).collect();
            let to = to.min(data.len());
            data.splice(to..to, piece);
        }
        _ => {
            let mut noise = [0; 8];
            random.fill_bytes(&mut noise);
            let length = random.random_range(1..=8);
            data.iter_mut()
                .skip(at)
                .take(length)
                .zip(noise)
                .for_each(|(byte, noise)| *byte = noise);
        }
    }
}

/// Puts another number of `width` bytes into its place: one of those at which programs fail, or one near the old.
pub fn number(data: &mut [u8], at: usize, width: usize, is_big_endian: bool, random: &mut ChaCha8Rng) {
    let length = data.len() as u64;
    let Some(field) = data.get_mut(at..at + width) else {
        return;
    };
    let mut bytes = [0; 8];
    bytes[..width].copy_from_slice(field);
    if is_big_endian {
        bytes[..width].reverse();
    }
    let old = u64::from_le_bytes(bytes);
    let highest = u64::MAX >> (64 - 8 * width);
    let new = match random.random_range(0..12) {
        0 => random.random_range(0..20),
        1 => old.wrapping_add(1),
        2 => old.wrapping_sub(1),
        3 => old.wrapping_mul(random.random_range(2..5)),
        4 => length
            .wrapping_sub(at as u64)
            .wrapping_add(random.random_range(0..3))
            .wrapping_sub(1),
        5 => length.wrapping_add(random.random_range(0..3)).wrapping_sub(1),
        // Around a power of two, all of them signs or sizes somewhere.
        6 | 7 => (1u64 << random.random_range(0..8 * width)).wrapping_sub(random.random_range(0..2)),
        8 => highest - random.random_range(0..3),
        9 => highest / 2 + random.random_range(0..3),
        10 if width >= 4 => float(width, random),
        _ => random.random(),
    };
    bytes = new.to_le_bytes();
    if is_big_endian {
        bytes[..width].reverse();
    }
    field.copy_from_slice(&bytes[..width]);
}

fn float(width: usize, random: &mut ChaCha8Rng) -> u64 {
    let value = [
        f64::NAN,
        f64::INFINITY,
        -1.0,
        0.0,
        -0.0,
        1e-300,
        1e300,
        1e9,
        0.5,
        f64::MIN_POSITIVE,
    ][random.random_range(0..10)];
    match width {
        4 => u64::from((value as f32).to_bits()),
        _ => value.to_bits(),
    }
}

/// Puts another number into the place of the next one that is written out in digits.
pub fn text_number(data: &mut Vec<u8>, at: usize, random: &mut ChaCha8Rng) {
    let Some(digit) = data.iter().skip(at).position(u8::is_ascii_digit) else {
        return;
    };
    let from = at + digit;
    let length = data.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    data.splice(
        from..from + length,
        NUMBERS[random.random_range(0..NUMBERS.len())].iter().copied(),
    );
}

//! Where a file's numbers and records are, so that damage hits what a reader looks at and the rest stays sound.

use std::ops::Range;

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::mutate;

/// A number of a binary header.
pub struct Field {
    pub at: usize,
    pub width: usize,
    pub is_big_endian: bool,
}

/// What a file is made of, as far as it can be told.
#[derive(Default)]
pub struct Parts {
    pub fields: Vec<Field>,
    /// Pieces that can be left out, doubled or exchanged.
    pub records: Vec<Range<usize>>,
}

/// No file has more of either.
const MOST: usize = 20_000;

impl Parts {
    pub fn of(bytes: &[u8]) -> Self {
        let mut parts = Self::default();
        match bytes {
            [0x89, b'P', b'N', b'G', ..] => parts.png(bytes),
            [0xff, 0xd8, ..] => parts.jpeg(bytes, 2),
            [b'B', b'M', ..] => parts.fields(
                0,
                &[
                    (2, 4),
                    (10, 4),
                    (14, 4),
                    (18, 4),
                    (22, 4),
                    (26, 2),
                    (28, 2),
                    (30, 4),
                    (34, 4),
                    (46, 4),
                ],
                false,
            ),
            [b'G', b'I', b'F', ..] => parts.gif(bytes),
            [b'I', b'I', ..] => parts.tiff(bytes, false),
            [b'M', b'M', ..] => parts.tiff(bytes, true),
            [b'P', b'K', ..] => parts.zip(bytes),
            _ if bytes.get(257..262) == Some(b"ustar") => parts.tar(bytes),
            _ if bytes.get(128..132) == Some(b"DICM") => parts.dicom(bytes, 132),
            _ if matches!(read(bytes, 0, 4, false), Some(348 | 540)) => parts.nifti(false),
            _ if matches!(read(bytes, 0, 4, true), Some(348 | 540)) => parts.nifti(true),
            _ => {}
        }
        parts
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.records.is_empty()
    }

    fn fields(&mut self, from: usize, all: &[(usize, usize)], is_big_endian: bool) {
        self.fields.extend(all.iter().map(|&(at, width)| Field {
            at: from + at,
            width,
            is_big_endian,
        }));
    }

    fn png(&mut self, bytes: &[u8]) {
        for chunk in png_chunks(bytes) {
            self.fields(chunk.start, &[(0, 4)], true);
            match bytes.get(chunk.start + 4..chunk.start + 8) {
                Some(b"IHDR" | b"fcTL") => {
                    self.fields(
                        chunk.start,
                        &[
                            (8, 4),
                            (12, 4),
                            (16, 1),
                            (17, 1),
                            (18, 1),
                            (19, 1),
                            (20, 1),
                            (20, 4),
                            (24, 4),
                        ],
                        true,
                    );
                }
                Some(b"acTL" | b"pHYs") => self.fields(chunk.start, &[(8, 4), (12, 4)], true),
                _ => {}
            }
            self.records.push(chunk);
        }
    }

    /// Segments; JPEG 2000 and JPEG-LS have others of the same form.
    fn jpeg(&mut self, bytes: &[u8], mut at: usize) {
        while let Some(&[0xff, marker]) = bytes.get(at..at + 2)
            && let Some(length) = read(bytes, at + 2, 2, true)
            && self.records.len() < MOST
        {
            let end = (at + 2 + length as usize).min(bytes.len());
            self.fields(at, &[(1, 1), (2, 2)], true);
            if matches!(marker, 0x51 | 0x52 | 0xc0..=0xcf | 0xda | 0xdd | 0xf7 | 0xf8) {
                self.fields(
                    at,
                    &[
                        (4, 1),
                        (5, 2),
                        (7, 2),
                        (9, 1),
                        (10, 1),
                        (11, 1),
                        (12, 1),
                        (13, 1),
                        (14, 1),
                        (15, 1),
                        (17, 1),
                    ],
                    true,
                );
            } else {
                self.fields(at, &[(4, 1), (5, 1), (6, 1), (21, 1)], true);
            }
            self.records.push(at..end);
            at = end;
            if matches!(marker, 0x93 | 0xda) {
                self.records.push(at..bytes.len());
                break;
            }
        }
    }

    fn gif(&mut self, bytes: &[u8]) {
        self.fields(0, &[(6, 2), (8, 2), (10, 1), (11, 1)], false);
        let starts: Vec<usize> = (13..bytes.len())
            .filter(|&at| matches!(bytes[at], 0x2c | 0x21))
            .take(MOST)
            .collect();
        for (i, &start) in starts.iter().enumerate() {
            self.fields(
                start,
                &[(1, 2), (3, 2), (5, 2), (7, 2), (9, 1), (10, 1), (11, 1)],
                false,
            );
            self.records
                .push(start..starts.get(i + 1).copied().unwrap_or(bytes.len()));
        }
    }

    fn tiff(&mut self, bytes: &[u8], big: bool) {
        let is_large = read(bytes, 2, 2, big) == Some(43);
        let (count, entry, offset, first) = if is_large { (8, 20, 8, 8) } else { (2, 12, 4, 4) };
        self.fields(first, &[(0, offset)], big);
        let mut next = read(bytes, first, offset, big);
        for _ in 0..100 {
            let Some(start) = next.filter(|&start| start > 0 && start < bytes.len() as u64) else {
                return;
            };
            let start = start as usize;
            let entries = read(bytes, start, count, big).unwrap_or(0).min(500) as usize;
            self.fields(start, &[(0, count)], big);
            for index in 0..entries {
                let at = start + count + index * entry;
                let inner: &[(usize, usize)] = match is_large {
                    true => &[(0, 2), (2, 2), (4, 8), (12, 8), (12, 2)],
                    false => &[(0, 2), (2, 2), (4, 4), (8, 4), (8, 2)],
                };
                self.fields(at, inner, big);
                self.records.push(at..at + entry);
            }
            let end = start + count + entries * entry;
            self.fields(end, &[(0, offset)], big);
            next = read(bytes, end, offset, big);
        }
    }

    fn zip(&mut self, bytes: &[u8]) {
        let starts: Vec<usize> = (0..bytes.len().saturating_sub(3))
            .filter(|&at| bytes[at..].starts_with(b"PK"))
            .take(MOST)
            .collect();
        for (i, &start) in starts.iter().enumerate() {
            let inner: &[(usize, usize)] = match bytes.get(start + 2..start + 4) {
                Some([3, 4]) => &[(4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)],
                Some([1, 2]) => &[
                    (6, 2),
                    (8, 2),
                    (10, 2),
                    (16, 4),
                    (20, 4),
                    (24, 4),
                    (28, 2),
                    (30, 2),
                    (32, 2),
                    (34, 2),
                    (38, 4),
                    (42, 4),
                ],
                Some([5, 6]) => &[(4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)],
                Some([6, 6]) => &[(4, 8), (16, 4), (20, 4), (24, 8), (32, 8), (40, 8), (48, 8)],
                Some([6, 7]) => &[(4, 4), (8, 8), (16, 4)],
                _ => &[],
            };
            self.fields(start, inner, false);
            self.records
                .push(start..starts.get(i + 1).copied().unwrap_or(bytes.len()));
        }
    }

    /// A tar's numbers are in text; as single bytes they are hit often enough: size, kind and the marks of sparse files above all.
    fn tar(&mut self, bytes: &[u8]) {
        for header in tar_headers(bytes) {
            let inner = [
                (0, 1),
                (0, 2),
                (1, 1),
                (100, 1),
                (124, 1),
                (124, 8),
                (131, 1),
                (133, 1),
                (134, 1),
                (135, 1),
                (156, 1),
                (156, 1),
                (157, 1),
                (345, 1),
                (386, 8),
                (482, 1),
                (483, 8),
            ];
            self.fields(header.start, &inner, true);
            self.records.push(header);
        }
    }

    fn nifti(&mut self, big: bool) {
        // Of both versions: 16-bit, 32-bit and 64-bit fields at their natural places.
        (12..124).step_by(2).for_each(|at| self.fields(at, &[(0, 2)], big));
        (76..348).step_by(4).for_each(|at| self.fields(at, &[(0, 4)], big));
        (16..540).step_by(8).for_each(|at| self.fields(at, &[(0, 8)], big));
    }

    /// Elements with explicit lengths, in sequences too; what is encoded otherwise is searched for as the same.
    fn dicom(&mut self, bytes: &[u8], mut at: usize) {
        // Compressed pixels begin as JPEG, JPEG-LS or JPEG 2000 does, and consist of segments.
        let start = bytes
            .windows(3)
            .position(|three| matches!(three, [0xff, 0xd8, 0xff] | [0xff, 0x4f, 0xff]));
        if let Some(start) = start {
            self.jpeg(bytes, start + 2);
        }
        while at + 8 <= bytes.len() && self.records.len() < MOST {
            let vr = &bytes[at + 4..at + 6];
            let is_item = bytes[at..at + 2] == [0xfe, 0xff];
            let is_long = matches!(
                vr,
                b"OB" | b"OW" | b"OF" | b"OD" | b"OL" | b"SQ" | b"UN" | b"UT" | b"UC" | b"UR"
            );
            let (header, width, length_at) = match vr.iter().all(u8::is_ascii_uppercase) && !is_item {
                true if is_long => (12, 4, 8),
                true => (8, 2, 6),
                false => (8, 4, 4),
            };
            let Some(length) = read(bytes, at + length_at, width, false) else {
                return;
            };
            self.fields(at, &[(0, 2), (2, 2), (length_at, width)], false);
            let opens = is_item || vr == b"SQ" || length == 0xffff_ffff;
            let end = at + header + if opens { 0 } else { length as usize };
            if !opens && matches!(vr, b"US" | b"SS" | b"UL" | b"SL" | b"FD" | b"FL") {
                self.fields(at + header, &[(0, 2), (0, 4)], false);
            }
            if !opens && matches!(vr, b"DS" | b"IS") {
                self.fields(at + header, &[(0, 1), (1, 1)], false);
            }
            self.records.push(at..end.min(bytes.len()));
            at = end;
        }
    }
}

/// Damages numbers and records.
pub fn damage(bytes: &mut Vec<u8>, parts: &Parts, other: &[u8], random: &mut ChaCha8Rng) {
    for _ in 0..random.random_range(1..=3) {
        if !parts.fields.is_empty() && random.random_bool(0.7) {
            let field = &parts.fields[random.random_range(0..parts.fields.len())];
            mutate::number(bytes, field.at, field.width, field.is_big_endian, random);
        }
    }
    // Records only once, since their places change.
    if parts.records.is_empty() || random.random_bool(0.5) {
        return;
    }
    let one = parts.records[random.random_range(0..parts.records.len())].clone();
    let two = parts.records[random.random_range(0..parts.records.len())].clone();
    let (Some(first), Some(second)) = (bytes.get(one.clone()), bytes.get(two.clone())) else {
        return;
    };
    let (first, second) = (first.to_vec(), second.to_vec());
    match random.random_range(0..6) {
        0 => drop(bytes.drain(one)),
        1 => drop(bytes.splice(two.start..two.start, first)),
        2 => drop(bytes.splice(one, second)),
        3 => {
            let theirs = Parts::of(other).records;
            if !theirs.is_empty() {
                let theirs = other[theirs[random.random_range(0..theirs.len())].clone()].to_vec();
                let from = if random.random() { one.start } else { one.end };
                bytes.splice(from..one.end, theirs);
            }
        }
        4 => {
            let times = (1 << random.random_range(1..13)).min(mutate::LONGEST / first.len().max(1));
            bytes.splice(one.start..one.start, first.repeat(times));
        }
        // A record damaged inside.
        _ => {
            let mut inside = first;
            mutate::bytes(&mut inside, &second, random);
            bytes.splice(one, inside);
        }
    }
}

/// A number of up to 8 bytes.
pub fn read(bytes: &[u8], at: usize, width: usize, is_big_endian: bool) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(width)?)?;
    let fold = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    Some(match is_big_endian {
        true => field.iter().fold(0, fold),
        false => field.iter().rev().fold(0, fold),
    })
}

/// Each with its length, name and checksum.
pub fn png_chunks(bytes: &[u8]) -> Vec<Range<usize>> {
    let (mut chunks, mut at) = (Vec::new(), 8);
    while let Some(length) = read(bytes, at, 4, true) {
        let end = at + 12 + length as usize;
        if end > bytes.len() || chunks.len() >= MOST {
            break;
        }
        chunks.push(at..end);
        at = end;
    }
    chunks
}

/// Headers with what follows them.
pub fn tar_headers(bytes: &[u8]) -> Vec<Range<usize>> {
    let (mut headers, mut at) = (Vec::new(), 0);
    while let Some(header) = bytes.get(at..at + 512) {
        let digits = header[124..135].iter().take_while(|byte| (b'0'..b'8').contains(byte));
        let size = digits.fold(0usize, |size, digit| size * 8 + usize::from(digit - b'0'));
        let end = (at + 512).saturating_add(size.next_multiple_of(512)).min(bytes.len());
        if header.iter().any(|&byte| byte != 0) {
            headers.push(at..end);
        }
        at = end;
        if headers.len() >= MOST {
            break;
        }
    }
    headers
}

/// Makes checksums right again, so that what they guard is read.
pub fn mend(bytes: &mut [u8]) {
    if bytes.starts_with(b"\x89PNG") {
        for chunk in png_chunks(bytes) {
            let mut sum = flate2::Crc::new();
            sum.update(&bytes[chunk.start + 4..chunk.end - 4]);
            bytes[chunk.end - 4..chunk.end].copy_from_slice(&sum.sum().to_be_bytes());
        }
    } else if bytes.get(257..262) == Some(b"ustar") {
        for header in tar_headers(bytes) {
            let header = &mut bytes[header.start..header.start + 512];
            header[148..156].fill(b' ');
            let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
            header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        }
    }
}

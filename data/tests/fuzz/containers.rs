//! Damage inside of what is packed: unpacked, damaged, packed again with the right checksums.

use std::io::{Cursor, Read, Write};
use std::ops::Range;

use flate2::Compression;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::mutate;
use super::parts::{self, Parts, mend, png_chunks};

/// The transfer syntax of a deflated data set.
const DEFLATED: &[u8] = b"1.2.840.10008.1.2.1.99";

/// What is unpacked at most.
const UNPACKED: u64 = 2 << 20;

/// Damages a file of any format; `other` is another one of the same.
pub fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut ChaCha8Rng) {
    mutate_to(bytes, other, random, 0);
}

fn mutate_to(bytes: &mut Vec<u8>, other: &[u8], random: &mut ChaCha8Rng, depth: u32) {
    // What is large takes long to pack.
    let inside = if bytes.len() < 1 << 15 { 0.6 } else { 0.1 };
    if depth < 3 && random.random_bool(inside) && mutate_inside(bytes, other, random, depth) {
        return;
    }
    let parts = Parts::of(bytes);
    if !parts.is_empty() && random.random_bool(0.6) {
        parts::damage(bytes, &parts, other, random);
    } else {
        mutate::bytes(bytes, other, random);
    }
    if random.random_bool(0.8) {
        mend(bytes);
    }
    bytes.truncate(mutate::LONGEST * 2);
}

/// Whether there was something packed, now damaged.
fn mutate_inside(bytes: &mut Vec<u8>, other: &[u8], random: &mut ChaCha8Rng, depth: u32) -> bool {
    if bytes.starts_with(b"PK") {
        return mutate_zip(bytes, other, random, depth).is_some();
    }
    if bytes.starts_with(b"\x89PNG") {
        return mutate_png(bytes, random).is_some();
    }
    let Some((place, kind)) = packed(bytes) else {
        return false;
    };
    let Some(mut contents) = kind.unpack(&bytes[place.clone()]) else {
        return false;
    };
    let other = packed(other)
        .and_then(|(place, kind)| kind.unpack(&other[place]))
        .unwrap_or_default();
    mutate_to(&mut contents, &other, random, depth + 1);
    bytes.splice(place, kind.pack(&contents));
    true
}

#[derive(Clone, Copy)]
enum Packed {
    Gzip,
    Zlib,
    Deflate,
}

impl Packed {
    fn unpack(self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut contents = Vec::new();
        match self {
            Self::Gzip => MultiGzDecoder::new(bytes).take(UNPACKED).read_to_end(&mut contents),
            Self::Zlib => ZlibDecoder::new(bytes).take(UNPACKED).read_to_end(&mut contents),
            Self::Deflate => DeflateDecoder::new(bytes).take(UNPACKED).read_to_end(&mut contents),
        }
        .ok()?;
        (contents.len() < UNPACKED as usize).then_some(contents)
    }

    fn pack(self, contents: &[u8]) -> Vec<u8> {
        let packed = match self {
            Self::Gzip => {
                let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
                writer.write_all(contents).and_then(|()| writer.finish())
            }
            Self::Zlib => {
                let mut writer = ZlibEncoder::new(Vec::new(), Compression::fast());
                writer.write_all(contents).and_then(|()| writer.finish())
            }
            Self::Deflate => {
                let mut writer = DeflateEncoder::new(Vec::new(), Compression::fast());
                writer.write_all(contents).and_then(|()| writer.finish())
            }
        };
        packed.unwrap()
    }
}

/// The packed part of a file: all of it, what follows a header in text, or the data set of a deflated DICOM file.
fn packed(bytes: &[u8]) -> Option<(Range<usize>, Packed)> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return Some((0..bytes.len(), Packed::Gzip));
    }
    if is_zlib(bytes) && bytes.len() > 2 {
        return Some((0..bytes.len(), Packed::Zlib));
    }
    if bytes.get(128..132) == Some(b"DICM") {
        let mut syntaxes = bytes.windows(DEFLATED.len()).take(2000);
        let is_deflated = syntaxes.any(|window| window == DEFLATED);
        let start = 144 + parts::read(bytes, 140, 4, false)? as usize;
        return (is_deflated && start < bytes.len()).then_some((start..bytes.len(), Packed::Deflate));
    }
    let is_header = bytes.starts_with(b"NRRD") || bytes.windows(5).take(64).any(|window| window == b"NDims");
    let start = bytes
        .windows(2)
        .take(4000)
        .position(|two| two == [0x1f, 0x8b] || is_zlib(two));
    let start = start.filter(|_| is_header)?;
    let kind = if bytes[start] == 0x1f {
        Packed::Gzip
    } else {
        Packed::Zlib
    };
    Some((start..bytes.len(), kind))
}

fn is_zlib(bytes: &[u8]) -> bool {
    matches!(bytes, [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..])
}

/// A zip file's members, one of them damaged or named otherwise.
fn mutate_zip(bytes: &mut Vec<u8>, other: &[u8], random: &mut ChaCha8Rng, depth: u32) -> Option<()> {
    let mut members = members(bytes)?;
    let others = self::members(other).unwrap_or_default();
    let chosen = random.random_range(0..members.len().max(1));
    let (name, contents) = members.get_mut(chosen)?;
    if random.random_bool(0.2) {
        let mut text = std::mem::take(name).into_bytes();
        mutate::bytes(&mut text, b"../../a/b.npy", random);
        *name = String::from_utf8_lossy(&text).into_owned();
    } else {
        let other = others.get(random.random_range(0..others.len().max(1)));
        mutate_to(contents, other.map_or(&[], |(_, contents)| contents), random, depth + 1);
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in members {
        let methods = [CompressionMethod::Stored, CompressionMethod::Deflated];
        let options = SimpleFileOptions::default()
            .compression_method(methods[random.random_range(0..2)])
            .large_file(random.random_bool(0.3));
        writer.start_file(name, options).ok()?;
        writer.write_all(&contents).ok()?;
    }
    *bytes = writer.finish().ok()?.into_inner();
    Some(())
}

fn members(bytes: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut members = Vec::new();
    for index in 0..archive.len().min(50) {
        let member = archive.by_index(index).ok()?;
        let name = member.name().ok()?.into_owned();
        let mut contents = Vec::new();
        member.take(UNPACKED).read_to_end(&mut contents).ok()?;
        members.push((name, contents));
    }
    Some(members)
}

/// The rows of a PNG, damaged and packed into one chunk.
fn mutate_png(bytes: &mut Vec<u8>, random: &mut ChaCha8Rng) -> Option<()> {
    let chunks = png_chunks(bytes);
    let is_data = |chunk: &&Range<usize>| &bytes[chunk.start + 4..chunk.start + 8] == b"IDAT";
    let (first, last) = (chunks.iter().find(is_data)?, chunks.iter().rfind(is_data)?);
    let data: Vec<u8> = chunks
        .iter()
        .filter(is_data)
        .flat_map(|chunk| bytes[chunk.start + 8..chunk.end - 4].iter().copied())
        .collect();
    let mut rows = Packed::Zlib.unpack(&data)?;
    mutate::bytes(&mut rows, &[], random);
    let packed = Packed::Zlib.pack(&rows);
    let mut chunk = (packed.len() as u32).to_be_bytes().to_vec();
    chunk.extend(b"IDAT");
    chunk.extend(packed);
    chunk.extend([0; 4]);
    bytes.splice(first.start..last.end, chunk);
    mend(bytes);
    Some(())
}

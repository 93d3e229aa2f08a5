//! A prepared case as a file: checked when it is read.
//!
//! All numbers are little-endian. Eight bytes `ULCASE01`; the lengths in bytes of key, name and group as `u32` (the group's
//! `4294967295` for none); a flags byte (1: planar, 2: labels); channels and size `[depth, height, width]` as four `u64`; spacing, origin
//! and axes as fifteen `f64`; the CRC-32 of everything after it as `u32`; key, name, group; the image's `f32`s; the labels' `u32`s.

use std::io::{self, Write};

use crate::Geometry;
use crate::transform::Subject;

const MAGIC: &[u8; 8] = b"ULCASE01";
const NO_GROUP: u32 = u32::MAX;

/// Writes a case with the key that it is found by.
pub(super) fn write(out: &mut dyn Write, key: &str, subject: &Subject) -> io::Result<()> {
    let mut head = Vec::new();
    let group = subject.group.as_deref();
    for length in [Some(key.len()), Some(subject.name.len()), group.map(str::len)] {
        let length = match length {
            Some(length) => u32::try_from(length).map_err(|_| io::Error::other("a name of 4 GB"))?,
            None => NO_GROUP,
        };
        head.extend(length.to_le_bytes());
    }
    head.push(u8::from(subject.is_planar()) | u8::from(subject.labels().is_some()) << 1);
    for side in [subject.channels()].into_iter().chain(subject.size()) {
        head.extend((side as u64).to_le_bytes());
    }
    let geometry = subject.geometry();
    let axes = geometry.axes();
    let numbers = geometry.spacing().into_iter().chain(geometry.origin());
    for number in numbers.chain(axes.as_flattened().iter().copied()) {
        head.extend(number.to_le_bytes());
    }
    let texts = [
        key.as_bytes(),
        subject.name.as_bytes(),
        group.unwrap_or_default().as_bytes(),
    ]
    .concat();
    // Once to find the checksum, once to write: a second copy of a volume is not made.
    let mut sum = crc32fast::Hasher::new();
    sum.update(&head);
    sum.update(&texts);
    voxels(subject, |bytes| {
        sum.update(bytes);
        Ok(())
    })?;
    out.write_all(MAGIC)?;
    out.write_all(&head)?;
    out.write_all(&sum.finalize().to_le_bytes())?;
    out.write_all(&texts)?;
    voxels(subject, |bytes| out.write_all(bytes))
}

/// The bytes of image and labels, part after part.
fn voxels(subject: &Subject, mut visit: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(4 << 14);
    for part in subject.image().chunks(1 << 14) {
        bytes.clear();
        part.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
        visit(&bytes)?;
    }
    for part in subject.labels().unwrap_or_default().chunks(1 << 14) {
        bytes.clear();
        part.iter().for_each(|label| bytes.extend(label.to_le_bytes()));
        visit(&bytes)?;
    }
    Ok(())
}

/// Reads a case; none if the bytes are not whole, are damaged, or hold a case of another key.
pub(super) fn read(bytes: &[u8], key: &str) -> Option<Subject> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let head = rest.get(..12 + 1 + 32 + 120)?;
    let mut take = |count: usize| -> Option<&[u8]> {
        let (taken, left) = rest.split_at_checked(count)?;
        rest = left;
        Some(taken)
    };
    let lengths: [u32; 3] = numbers(take(12)?, u32::from_le_bytes)?;
    let &[flags] = take(1)? else { return None };
    let sides: [u64; 4] = numbers(take(32)?, u64::from_le_bytes)?;
    let places: [f64; 15] = numbers(take(120)?, f64::from_le_bytes)?;
    let [expected]: [u32; 1] = numbers(take(4)?, u32::from_le_bytes)?;
    let mut sum = crc32fast::Hasher::new();
    sum.update(head);
    sum.update(rest);
    if sum.finalize() != expected {
        return None;
    }
    let mut take = |count: usize| -> Option<&[u8]> {
        let (taken, left) = rest.split_at_checked(count)?;
        rest = left;
        Some(taken)
    };
    let has_group = lengths[2] != NO_GROUP;
    let mut text = |length: u32| std::str::from_utf8(take(length as usize)?).ok();
    let (found, name, group) = (
        text(lengths[0])?,
        text(lengths[1])?,
        text(if has_group { lengths[2] } else { 0 })?,
    );
    if found != key {
        return None;
    }
    let mut count = 1usize;
    let mut size = [0; 3];
    for (to, &side) in size.iter_mut().zip(&sides[1..]) {
        *to = usize::try_from(side).ok()?;
        count = count.checked_mul(*to)?;
    }
    let channels = usize::try_from(sides[0]).ok()?;
    let image = rest.get(..count.checked_mul(channels)?.checked_mul(4)?)?;
    let labels = rest.get(image.len()..)?;
    let has_labels = flags & 2 > 0;
    if labels.len() != if has_labels { count.checked_mul(4)? } else { 0 } {
        return None;
    }
    let [a, b, c, d, e, f, axes @ ..] = places;
    let axes = [
        [axes[0], axes[1], axes[2]],
        [axes[3], axes[4], axes[5]],
        [axes[6], axes[7], axes[8]],
    ];
    let geometry = Geometry::new([a, b, c], [d, e, f], axes).ok()?;
    let image = image
        .as_chunks()
        .0
        .iter()
        .map(|&bytes| f32::from_le_bytes(bytes))
        .collect();
    let labels = labels
        .as_chunks()
        .0
        .iter()
        .map(|&bytes| u32::from_le_bytes(bytes))
        .collect();
    let labels = Some(labels).filter(|_| has_labels);
    let mut subject = Subject::from_parts(image, channels, labels, size, flags & 1 > 0, geometry).ok()?;
    subject.name = name.to_owned();
    subject.group = has_group.then(|| group.to_owned());
    Some(subject)
}

fn numbers<T, const N: usize, const B: usize>(bytes: &[u8], decode: fn([u8; B]) -> T) -> Option<[T; N]> {
    let decoded: Vec<T> = bytes.as_chunks::<B>().0.iter().map(|&number| decode(number)).collect();
    decoded.try_into().ok()
}

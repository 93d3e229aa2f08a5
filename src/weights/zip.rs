//! The entries of a zip file whose contents are stored as they are, which is how PyTorch writes them.

use std::collections::BTreeMap;
use std::ops::Range;

/// Where each entry's contents stand. An error says what is wrong.
pub(super) fn entries(bytes: &[u8]) -> Result<BTreeMap<String, Range<usize>>, String> {
    let end = find_end(bytes).ok_or("it ends before the list of its contents: it was not copied to its end")?;
    let mut count = u64::from(u16_at(bytes, end + 10)?);
    let mut at = u64::from(u32_at(bytes, end + 16)?);
    // Large files have the numbers in a second record, named by the 20 bytes before.
    if (count == 0xffff || at == 0xffff_ffff)
        && let Some(locator) = end.checked_sub(20)
        && u32_at(bytes, locator)? == 0x0706_4b50
    {
        let second = place(u64_at(bytes, locator + 8)?)?;
        count = u64_at(bytes, second + 32)?;
        at = u64_at(bytes, second + 48)?;
    }
    let mut at = place(at)?;
    let mut entries = BTreeMap::new();
    for _ in 0..count {
        let (name, contents, next) = entry(bytes, at)?;
        entries.insert(name, contents);
        at = next;
    }
    Ok(entries)
}

/// One line of the list of contents, and where the next begins.
fn entry(bytes: &[u8], at: usize) -> Result<(String, Range<usize>, usize), String> {
    if u32_at(bytes, at)? != 0x0201_4b50 {
        return Err("the list of its contents is damaged".to_owned());
    }
    let [name_length, extra_length, comment_length] = [28, 30, 32].map(|i| u16_at(bytes, at + i).map(usize::from));
    let (name_length, extra_length, comment_length) = (name_length?, extra_length?, comment_length?);
    let name = slice(bytes, at + 46..at + 46 + name_length)?;
    let name = String::from_utf8_lossy(name).into_owned();
    if u16_at(bytes, at + 10)? != 0 {
        return Err(format!("its part {name} is compressed, which PyTorch's files are not"));
    }
    let mut size = u64::from(u32_at(bytes, at + 24)?);
    let packed = u64::from(u32_at(bytes, at + 20)?);
    let mut header = u64::from(u32_at(bytes, at + 42)?);
    let extra = slice(bytes, at + 46 + name_length..at + 46 + name_length + extra_length)?;
    if let Some(mut long) = long_numbers(extra) {
        let mut next = || -> Result<u64, String> {
            let (number, rest) = long.split_first_chunk::<8>().ok_or("its list of contents is damaged")?;
            long = rest;
            Ok(u64::from_le_bytes(*number))
        };
        if size == 0xffff_ffff {
            size = next()?;
        }
        if packed == 0xffff_ffff {
            next()?;
        }
        if header == 0xffff_ffff {
            header = next()?;
        }
    }
    let header = place(header)?;
    if u32_at(bytes, header)? != 0x0403_4b50 {
        return Err(format!("its part {name} is damaged"));
    }
    let start = header + 30 + usize::from(u16_at(bytes, header + 26)?) + usize::from(u16_at(bytes, header + 28)?);
    let contents = start..start.saturating_add(place(size)?);
    slice(bytes, contents.clone())?;
    Ok((name, contents, at + 46 + name_length + extra_length + comment_length))
}

/// The last record, before a comment of at most 65535 bytes.
fn find_end(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(22)?;
    let first = last.saturating_sub(0xffff);
    (first..=last).rev().find(|&at| bytes[at..].starts_with(b"PK\x05\x06"))
}

/// The extra field of 64-bit numbers.
fn long_numbers(mut extra: &[u8]) -> Option<&[u8]> {
    while extra.len() >= 4 {
        let kind = u16::from_le_bytes([extra[0], extra[1]]);
        let length = usize::from(u16::from_le_bytes([extra[2], extra[3]]));
        let field = extra.get(4..4 + length)?;
        if kind == 1 {
            return Some(field);
        }
        extra = &extra[4 + length..];
    }
    None
}

fn place(number: u64) -> Result<usize, String> {
    match usize::try_from(number) {
        Ok(place) if place < usize::MAX / 4 => Ok(place),
        _ => Err("the list of its contents is damaged".to_owned()),
    }
}

fn slice(bytes: &[u8], range: Range<usize>) -> Result<&[u8], String> {
    bytes
        .get(range)
        .ok_or_else(|| "it ends before its contents do: it was not copied to its end".to_owned())
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], String> {
    let bytes = slice(bytes, at..at.saturating_add(N))?;
    bytes.try_into().map_err(|_| "it is damaged".to_owned())
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, String> {
    array(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, String> {
    array(bytes, at).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Result<u64, String> {
    array(bytes, at).map(u64::from_le_bytes)
}

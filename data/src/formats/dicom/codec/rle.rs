//! RLE Lossless (PS3.5 annex G): a run-length code (PackBits) of each byte plane.

use super::Layout;
use crate::formats::FormatError;

/// Bytes of the header: the number of segments and 15 offsets.
const HEADER: usize = 64;

/// See [`super::decode`]. The planes of colour are in the order that the layout states for the result.
pub(super) fn decode(bytes: &[u8], layout: &Layout) -> Result<Vec<u32>, FormatError> {
    let Some((header, _)) = bytes.split_at_checked(HEADER) else {
        return Err(cut_off(HEADER, bytes.len()));
    };
    let numbers: Vec<usize> = header
        .as_chunks()
        .0
        .iter()
        .map(|&word| u32::from_le_bytes(word) as usize)
        .collect();
    let each = layout.bits_allocated.div_ceil(8);
    let segments = each * layout.channels;
    if numbers.first() != Some(&segments) || segments > 15 {
        return Err(FormatError::Damaged(format!(
            "its RLE header states {:?} segments, but {} bytes for each of {} number(s) a pixel need {segments}",
            numbers.first(),
            each,
            layout.channels
        )));
    }
    let area = layout.area();
    // A pair of bytes gives at most 128.
    if area > bytes.len().saturating_mul(64) {
        return Err(cut_off(area / 64, bytes.len()));
    }
    let mut values = vec![0u32; layout.samples()];
    for segment in 0..segments {
        let begin = numbers.get(segment + 1).copied().unwrap_or(0);
        let end = match numbers.get(segment + 2) {
            Some(&next) if segment + 1 < segments => next,
            _ => bytes.len(),
        };
        let Some(coded) = bytes.get(begin.max(HEADER)..end) else {
            return Err(FormatError::Damaged(format!(
                "RLE segment {segment} lies from {begin} to {end} of {} bytes",
                bytes.len()
            )));
        };
        // Each number's highest byte comes first.
        let (channel, byte) = (segment / each, each - 1 - segment % each);
        let mut pixel = 0;
        let place = |pixel: usize| match layout.is_planar {
            true => channel * area + pixel,
            false => pixel * layout.channels + channel,
        };
        unpack(coded, |level| {
            if pixel < area
                && let Some(value) = values.get_mut(place(pixel))
            {
                *value |= u32::from(level) << (8 * byte);
            }
            pixel += 1;
            pixel < area
        });
        if pixel < area {
            return Err(cut_off(area, pixel));
        }
    }
    Ok(values)
}

/// Gives every byte until `take` wants no more.
fn unpack(coded: &[u8], mut take: impl FnMut(u8) -> bool) {
    let mut rest = coded;
    while let Some((&head, tail)) = rest.split_first() {
        let head = head as i8;
        match head {
            0.. => {
                let (literal, tail) = tail.split_at(tail.len().min(head as usize + 1));
                if !literal.iter().all(|&byte| take(byte)) {
                    return;
                }
                rest = tail;
            }
            i8::MIN => rest = tail,
            _ => {
                let Some((&byte, tail)) = tail.split_first() else {
                    return;
                };
                if !(0..1 - i32::from(head)).all(|_| take(byte)) {
                    return;
                }
                rest = tail;
            }
        }
    }
}

fn cut_off(expected: usize, found: usize) -> FormatError {
    FormatError::Truncated {
        what: "an RLE frame",
        expected: expected as u64,
        found: found as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_runs_and_the_unused_code() {
        let mut found = Vec::new();
        unpack(&[2, 1, 2, 3, 0x80, 0xfe, 7, 0, 9], |byte| {
            found.push(byte);
            true
        });
        assert_eq!(found, [1, 2, 3, 7, 7, 7, 9]);
        let mut count = 0;
        unpack(&[0x81, 5], |_| {
            count += 1;
            count < 4
        });
        assert_eq!(count, 4);
    }
}

//! What the readers of picture files share.

use super::{FormatError, Limits, Samples};

/// Every file may decode to this much; beyond it, the file must be long enough to hold what its header claims.
const ALWAYS_PLAUSIBLE: u64 = 16 << 20;

/// Checks a header's claim before anything is allocated: against the limit, and against the file's length, of which a byte can stand
/// for at most `ratio` bytes of pixels in the format's compression.
pub(super) fn check_claim(
    file: &[u8],
    limits: Limits,
    shape: &[usize],
    bytes_each: usize,
    ratio: u64,
) -> Result<usize, FormatError> {
    let needed = limits.check(shape, bytes_each)?;
    let most = ratio.saturating_mul(file.len() as u64).max(ALWAYS_PLAUSIBLE);
    match needed as u64 <= most {
        true => Ok(needed),
        false => Err(FormatError::Truncated {
            what: "the picture that its header claims",
            expected: (needed as u64).div_ceil(ratio.max(1)),
            found: file.len() as u64,
        }),
    }
}

/// From `RGBRGB` to `RRGGBB`, page by page.
pub(super) fn planar(samples: Samples, channels: usize, pixels: usize) -> Samples {
    if channels <= 1 || pixels == 0 {
        return samples;
    }
    let page = channels * pixels;
    samples.reordered(samples.len() / page * page, |i| {
        let (start, place) = (i / page * page, i % page);
        start + place % pixels * channels + place / pixels
    })
}

/// Numbers of 1, 2 or 4 bits, each row beginning with a new byte, the highest bits first.
pub(super) fn unpack(rows: &[u8], bits: u8, numbers_a_row: usize, row_bytes: usize) -> Vec<u8> {
    let a_byte = usize::from(8 / bits.clamp(1, 8));
    let mask = u8::MAX >> (8 - bits.clamp(1, 8));
    let mut numbers = Vec::with_capacity(rows.len().saturating_mul(a_byte));
    for row in rows.chunks(row_bytes.max(1)) {
        let all = row
            .iter()
            .flat_map(|byte| (0..a_byte).map(move |place| byte >> (8 - bits as usize * (place + 1)) & mask));
        numbers.extend(all.take(numbers_a_row));
    }
    numbers
}

/// The highest number of so many bits.
pub(super) fn highest(bits: u8) -> f64 {
    2f64.powi(i32::from(bits)) - 1.0
}

/// Colours from bytes in threes.
pub(super) fn colours(bytes: &[u8]) -> Vec<[u8; 3]> {
    bytes.as_chunks().0.to_vec()
}

/// No palette where each number stands for the grey of its own value, as writers add to grey pictures.
pub(super) fn without_ramp(palette: Vec<[u8; 3]>) -> Option<Vec<[u8; 3]>> {
    let is_ramp = palette.len() == 256
        && palette
            .iter()
            .zip(0u8..=255)
            .all(|(&colour, level)| colour == [level; 3]);
    (!is_ramp).then_some(palette)
}

/// Refuses numbers for which the palette has no colour.
pub(super) fn check_palette(indices: &[u8], palette: &[[u8; 3]]) -> Result<(), FormatError> {
    match indices.iter().max() {
        Some(&index) if usize::from(index) >= palette.len() => Err(FormatError::Damaged(format!(
            "a pixel has colour {index} of the palette, which has {} colours (counted from 0)",
            palette.len()
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_unpacked_row_by_row() {
        assert_eq!(unpack(&[0b1010_0000, 0b0100_0000], 1, 3, 1), [1, 0, 1, 0, 1, 0]);
        assert_eq!(unpack(&[0b1101_1000], 2, 3, 1), [3, 1, 2]);
        assert_eq!(unpack(&[0xab, 0xc0], 4, 3, 2), [0xa, 0xb, 0xc]);
    }

    #[test]
    fn colours_become_planes_page_by_page() {
        let pixels = Samples::U8(vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        assert_eq!(
            planar(pixels, 3, 2),
            Samples::U8(vec![1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12])
        );
    }

    #[test]
    fn a_claim_beyond_the_files_length_is_refused() {
        let file = [0; 100];
        assert!(check_claim(&file, Limits::default(), &[1000, 1000], 1, 1032).is_ok());
        let error = check_claim(&file, Limits::default(), &[60_000, 60_000], 1, 1032).unwrap_err();
        assert!(matches!(error, FormatError::Truncated { .. }), "{error}");
        let error = check_claim(&file, Limits::with_bytes(999), &[10, 100], 1, 1032).unwrap_err();
        assert!(matches!(error, FormatError::TooLarge { .. }), "{error}");
    }
}

//! Colour models: luma with colour differences, and palettes.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::attributes::Attributes as _;

/// Luma, blue difference and red difference, plane by plane, to red, green and blue (PS3.3 section C.7.6.3.1.2, full range).
pub(super) fn ybr_to_rgb(values: &mut [i64], bits: usize) {
    let middle = f64::from(1u32 << (bits.min(31) - 1));
    let highest = 2.0 * middle - 1.0;
    let area = values.len() / 3;
    let (luma, differences) = values.split_at_mut(area);
    let (blue, red) = differences.split_at_mut(area);
    for ((y, b), r) in luma.iter_mut().zip(blue).zip(red) {
        let (grey, to_blue, to_red) = (*y as f64, *b as f64 - middle, *r as f64 - middle);
        let level = |value: f64| value.round().clamp(0.0, highest) as i64;
        *y = level(grey + 1.402 * to_red);
        *b = level(grey - (0.114 * 1.772 * to_blue + 0.299 * 1.402 * to_red) / 0.587);
        *r = level(grey + 1.772 * to_blue);
    }
}

/// `Y1 Y2 B R` for two pixels to `Y1 B R Y2 B R`.
pub(super) fn ybr_422_to_444(raw: &[u32]) -> Vec<u32> {
    raw.as_chunks::<4>()
        .0
        .iter()
        .flat_map(|&[first, second, blue, red]| [first, blue, red, second, blue, red])
        .collect()
}

/// The colours that numbers from 0 stand for, at 8 bits a channel; none where the palette is incomplete or segmented.
pub(super) fn palette(object: &InMemDicomObject) -> Option<Vec<[u8; 3]>> {
    let channel = |descriptor: Tag, data: Tag| -> Option<Vec<u8>> {
        let [entries, first, bits] = object.vector::<3>(descriptor).ok()??;
        // 65536 entries do not fit into 16 bits and are stated as 0. A first number below 0 is stored as a 16-bit one.
        let entries = if entries == 0.0 { 65536 } else { entries as usize };
        let first = first as usize;
        let bytes = object.get(data)?.value().to_bytes().ok()?;
        let is_wide = bytes.len() >= entries * 2;
        let levels: Vec<u8> = match is_wide {
            // The highest byte of each word, wherever 8 significant bits lie.
            true => {
                let shift = if bits > 8.0 { 8 } else { 0 };
                let (words, _) = bytes.as_chunks();
                words
                    .iter()
                    .map(|&word| (u16::from_le_bytes(word) >> shift) as u8)
                    .collect()
            }
            false => bytes.to_vec(),
        };
        let lowest = *levels.first()?;
        let mut all = vec![lowest; first.min(65536)];
        all.extend(levels.get(..entries.min(levels.len()))?);
        Some(all)
    };
    let red = channel(
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    )?;
    let green = channel(
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    )?;
    let blue = channel(
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    )?;
    Some(
        red.into_iter()
            .zip(green)
            .zip(blue)
            .map(|((red, green), blue)| [red, green, blue])
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_differences_of_known_pixels() {
        // Red, green, blue, white and black, as in pydicom's convert_color_space.
        let mut values = vec![76, 150, 29, 255, 0, 85, 44, 255, 128, 128, 255, 21, 107, 128, 128];
        ybr_to_rgb(&mut values, 8);
        let near = |found: &[i64], expected: [i64; 5]| {
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 2), "{found:?}");
        };
        near(&values[..5], [255, 0, 0, 255, 0]);
        near(&values[5..10], [0, 255, 0, 255, 0]);
        near(&values[10..], [0, 0, 255, 255, 0]);
        assert_eq!(ybr_422_to_444(&[1, 2, 3, 4]), [1, 3, 4, 2, 3, 4]);
    }
}

//! Windows bitmaps, as the `image` crate reads them.

use std::io::Cursor;

use image::ImageDecoder;
use image::codecs::bmp::BmpDecoder;

use super::picture::{check_claim, planar, without_ramp};
use super::{Companion, Decoded, Format, FormatError, Limits, Samples};

/// Two bytes of run-length code stand for at most 255 pixels of three bytes; jumps over empty parts for more.
const RATIO: u64 = 4096;

pub(super) fn recognises(bytes: &[u8]) -> bool {
    // "BM" alone begins many a text: the size of the second header must be one of those in use, too.
    let header = bytes.get(14..18).map(|size| [size[0], size[1], size[2], size[3]]);
    bytes.starts_with(b"BM")
        && header.is_some_and(|size| matches!(u32::from_le_bytes(size), 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124))
}

/// Grey, colour and palette. An uncompressed 8-bit palette file keeps its indices; any other palette is turned into colours.
pub(super) fn decode(bytes: &[u8], limits: Limits, _: Companion) -> Result<Decoded, FormatError> {
    let damaged = |error: image::ImageError| FormatError::Damaged(error.to_string());
    let mut decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    let has_plain_indices = bytes.get(28..34) == Some(&[8, 0, 0, 0, 0, 0]) && bytes.get(14) != Some(&12);
    if has_plain_indices && decoder.get_palette().is_some() {
        decoder.set_indexed_color(true);
    }
    let palette = decoder.get_palette().filter(|_| has_plain_indices).map(<[_]>::to_vec);
    let channels = usize::from(decoder.color_type().channel_count());
    let needed = check_claim(bytes, limits, &[channels, height, width], 1, RATIO)?;
    let mut pixels = vec![0; needed];
    decoder.read_image(&mut pixels).map_err(damaged)?;
    let samples = planar(Samples::U8(pixels), channels, width * height);
    let mut decoded = Decoded::with_shape(Format::Bmp, samples, 1, channels, [1, height, width])?;
    decoded.palette = palette.and_then(without_ramp);
    Ok(decoded)
}

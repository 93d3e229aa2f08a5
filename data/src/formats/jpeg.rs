//! JPEG, as the `zune-jpeg` crate under `image` reads it (ITU-T T.81).

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::{ExtendedColorType, ImageDecoder};

use super::picture::{check_claim, planar};
use super::{Companion, Decoded, Endian, Format, FormatError, Limits, SampleType, Samples};

/// At least one bit for a block of 64 pixels.
const RATIO: u64 = 512;

pub(super) fn recognises(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8, 0xff])
}

/// 8-bit grey or colour, baseline or progressive. Colours are turned from YCbCr to RGB. The orientation that a camera wrote is noted,
/// not applied: the mask was drawn on the stored picture.
pub(super) fn decode(bytes: &[u8], limits: Limits, _: Companion) -> Result<Decoded, FormatError> {
    check_end(bytes)?;
    let damaged = |error: image::ImageError| FormatError::Damaged(error.to_string());
    let mut decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    let (channels, original) = (
        usize::from(decoder.color_type().channel_count()),
        decoder.original_color_type(),
    );
    let sample_type = match decoder.color_type().bytes_per_pixel() as usize / channels.max(1) {
        2 => SampleType::U16,
        _ => SampleType::U8,
    };
    let needed = check_claim(
        bytes,
        limits,
        &[channels, height, width],
        sample_type.bytes(),
        RATIO * channels as u64,
    )?;
    let orientation = decoder
        .orientation()
        .ok()
        .filter(|&o| o != image::metadata::Orientation::NoTransforms);
    let mut pixels = vec![0; needed];
    decoder.read_image(&mut pixels).map_err(damaged)?;
    let samples = match sample_type {
        SampleType::U8 => Samples::U8(pixels),
        other => Samples::from_bytes(
            &pixels,
            other,
            if cfg!(target_endian = "big") {
                Endian::Big
            } else {
                Endian::Little
            },
        ),
    };
    let mut decoded = Decoded::with_shape(
        Format::Jpeg,
        planar(samples, channels, width * height),
        1,
        channels,
        [1, height, width],
    )?;
    if let Some(orientation) = orientation {
        decoded.note(
            "orientation",
            format!("the camera asks for {orientation:?}; not applied"),
        );
    }
    if original == ExtendedColorType::Cmyk8 {
        decoded.note("colour", "CMYK, turned into RGB");
    }
    Ok(decoded)
}

/// A JPEG file that was cut off is decoded to grey below the cut without a word, so its end is looked for first: the marker FF D9, which
/// compressed data never contain.
fn check_end(bytes: &[u8]) -> Result<(), FormatError> {
    let cut = FormatError::Truncated {
        what: "a JPEG picture up to its end marker",
        expected: bytes.len() as u64 + 2,
        found: bytes.len() as u64,
    };
    let mut at = 2;
    // Segments up to the first scan; a thumbnail with an end of its own lies inside one.
    let scan = loop {
        match bytes.get(at..at + 2) {
            Some([0xff, 0xda]) => break at,
            Some([0xff, 0xff]) => at += 1,
            Some([0xff, 0xd0..=0xd8 | 0x01]) => at += 2,
            Some([0xff, _]) => match bytes.get(at + 2..at + 4) {
                Some(&[high, low]) => at += 2 + usize::from(u16::from_be_bytes([high, low])),
                _ => return Err(cut),
            },
            Some(_) => {
                return Err(FormatError::Damaged(
                    "what should be a segment of the header is none".to_owned(),
                ));
            }
            None => return Err(cut),
        }
    };
    match bytes[scan..].windows(2).rev().any(|pair| pair == [0xff, 0xd9]) {
        true => Ok(()),
        false => Err(cut),
    }
}

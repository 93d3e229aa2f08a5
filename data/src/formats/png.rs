//! PNG, as the `png` crate reads it (PNG specification, third edition).

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, DecodingError};

use super::picture::{check_claim, check_palette, colours, highest, planar, unpack};
use super::{Companion, Decoded, Endian, Format, FormatError, Limits, SampleType, Samples};

/// What a byte of Deflate can stand for at most.
pub(super) const DEFLATE_RATIO: u64 = 1032;

pub(super) fn recognises(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n")
}

/// Grey, colour and palette of 1 to 16 bits, with or without transparency. The numbers are those of the file: palette indices with the
/// palette beside them, 1-bit pixels as 0 and 1.
pub(super) fn decode(bytes: &[u8], limits: Limits, _: Companion) -> Result<Decoded, FormatError> {
    let mut decoder = Decoder::new_with_limits(
        Cursor::new(bytes),
        png::Limits {
            bytes: usize::try_from(limits.bytes()).unwrap_or(usize::MAX),
        },
    );
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let damaged = |error: DecodingError| match error {
        DecodingError::LimitsExceeded => FormatError::TooLarge {
            needed: limits.bytes().saturating_add(1),
            limit: limits.bytes(),
        },
        DecodingError::IoError(error) => error.into(),
        other => FormatError::Damaged(other.to_string().trim_end_matches('.').to_owned()),
    };
    let mut reader = decoder.read_info().map_err(damaged)?;
    let info = reader.info();
    let (width, height) = (info.width as usize, info.height as usize);
    let (colour, depth) = (info.color_type, info.bit_depth);
    let frames = info.animation_control.map_or(1, |animation| animation.num_frames);
    let has_transparent = info.trns.is_some();
    let palette = info.palette.as_ref().map(|bytes| colours(bytes));
    let channels = colour.samples();
    let sample_type = match depth {
        BitDepth::Sixteen => SampleType::U16,
        _ => SampleType::U8,
    };
    check_claim(
        bytes,
        limits,
        &[channels, height, width],
        sample_type.bytes(),
        8 * DEFLATE_RATIO,
    )?;
    let size = reader.output_buffer_size().ok_or(FormatError::TooLarge {
        needed: u64::MAX,
        limit: limits.bytes(),
    })?;
    limits.check(&[size], 1)?;
    let mut rows = vec![0; size];
    let shown = reader.next_frame(&mut rows).map_err(damaged)?;
    if (shown.width as usize, shown.height as usize) != (width, height) {
        return Err(FormatError::Unsupported {
            what: "an animated PNG whose first picture is smaller than its canvas".to_owned(),
            hint: "save the picture as a plain PNG".to_owned(),
        });
    }
    let bits = depth as u8;
    let samples = match depth {
        BitDepth::Eight | BitDepth::Sixteen => Samples::from_bytes(&rows, sample_type, Endian::Big),
        _ => Samples::U8(unpack(&rows, bits, width * channels, shown.line_size)),
    };
    let samples = planar(samples, channels, width * height);
    let mut decoded = Decoded::with_shape(Format::Png, samples, 1, channels, [1, height, width])?;
    if bits < 8 {
        decoded.full_scale = Some(highest(bits));
        decoded.note("bits", bits);
    }
    if colour == ColorType::Indexed {
        let palette = palette.ok_or_else(|| FormatError::Damaged("its palette is missing".to_owned()))?;
        if let Samples::U8(indices) = &decoded.samples {
            check_palette(indices, &palette)?;
        }
        (decoded.palette, decoded.full_scale) = (Some(palette), None);
    }
    if has_transparent {
        decoded.note(
            "transparency",
            "one colour or palette entry is transparent; read as opaque",
        );
    }
    if frames > 1 {
        decoded.note("animation", format!("{frames} pictures, of which the first is read"));
    }
    Ok(decoded)
}

//! JPEG: baseline, extended at 8 bits, progressive and lossless (ITU-T T.81), by jpeg-decoder.

use jpeg_decoder::{ColorTransform, Decoder, PixelFormat};

use super::{Layout, check_size, damaged};
use crate::formats::FormatError;

/// Progressive pictures have ten or so scans, each a pass over all pixels, and each can be 30 bytes long.
const MOST_SCANS: usize = 100;

/// See [`super::decode`]. Colour comes as it is stored; the photometric interpretation says what it is.
pub(super) fn decode(bytes: &[u8], layout: &Layout) -> Result<Vec<u32>, FormatError> {
    let scans = bytes.windows(2).filter(|marker| *marker == [0xff, 0xda]).count();
    if scans > MOST_SCANS {
        return Err(damaged(
            "JPEG",
            format!("it has {scans} scans, where {MOST_SCANS} are plenty"),
        ));
    }
    let mut decoder = Decoder::new(bytes);
    // "RGB" leaves three numbers as they are; "None" (of version 0.3.2) mixes up their order.
    decoder.set_color_transform(ColorTransform::RGB);
    decoder.set_max_decoding_buffer_size(layout.samples().saturating_mul(4));
    decoder.read_info().map_err(|error| explained(error, layout))?;
    let info = decoder.info().ok_or_else(|| damaged("JPEG", "it has no frame"))?;
    let components = match info.pixel_format {
        PixelFormat::L8 | PixelFormat::L16 => 1,
        PixelFormat::RGB24 => 3,
        PixelFormat::CMYK32 => 4,
    };
    check_size("JPEG", [info.height.into(), info.width.into()], components, layout)?;
    let pixels = decoder.decode().map_err(|error| explained(error, layout))?;
    Ok(match info.pixel_format {
        PixelFormat::L16 => {
            let (words, _) = pixels.as_chunks();
            words.iter().map(|&word| u16::from_ne_bytes(word).into()).collect()
        }
        _ => pixels.into_iter().map(u32::from).collect(),
    })
}

fn explained(error: jpeg_decoder::Error, layout: &Layout) -> FormatError {
    match error {
        jpeg_decoder::Error::Unsupported(feature) => FormatError::Unsupported {
            what: format!("JPEG of {} bits with {feature:?}", layout.bits_stored),
            hint: "convert it to Explicit VR Little Endian, for instance with dcmdjpeg or gdcmconv".into(),
        },
        other => damaged("JPEG", other),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::made_up::slice;
    use super::*;
    use crate::formats::Limits;

    #[test]
    fn a_picture_of_endless_scans_is_refused_before_the_first() {
        let layout = Layout::of(&slice(1, [0.0; 3], 0), Limits::default()).unwrap();
        let scans = |count: usize| [&[0xff, 0xd8][..], &[0xff, 0xda, 0, 2].repeat(count)].concat();
        let error = decode(&scans(101), &layout).unwrap_err().to_string();
        assert!(error.contains("101 scans"), "{error}");
        let error = decode(&scans(100), &layout).unwrap_err().to_string();
        assert!(!error.contains("scans"), "{error}");
    }
}

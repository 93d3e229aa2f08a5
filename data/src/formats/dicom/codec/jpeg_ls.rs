//! JPEG-LS (ITU-T T.87), lossless and near-lossless, by pure_jpegls: grey pictures.

use super::{Layout, check_size, damaged};
use crate::formats::FormatError;

/// See [`super::decode`].
pub(super) fn decode(bytes: &[u8], layout: &Layout) -> Result<Vec<u32>, FormatError> {
    let [height, width, components] =
        frame_header(bytes).ok_or_else(|| damaged("JPEG-LS", "it has no frame header"))?;
    check_size("JPEG-LS", [height, width], components, layout)?;
    if components != 1 {
        return Err(FormatError::Unsupported {
            what: "JPEG-LS in colour".into(),
            hint: "convert it to Explicit VR Little Endian, for instance with dcmdjpls or gdcmconv".into(),
        });
    }
    let (pixels, ..) = jpegls::decode(bytes, width as u32, height as u32).map_err(|error| damaged("JPEG-LS", error))?;
    Ok(pixels.into_iter().map(u32::from).collect())
}

/// Height, width and number of components in the frame header (marker SOF55).
fn frame_header(bytes: &[u8]) -> Option<[usize; 3]> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let [0xff, marker, tail @ ..] = rest else {
            return None;
        };
        if *marker == 0xff {
            rest = rest.get(1..)?;
            continue;
        }
        let length = usize::from(u16::from_be_bytes(*tail.first_chunk()?));
        if let (0xf7, [_, _, _, top, y, left, x, components, ..]) = (*marker, tail) {
            let side = |high: u8, low: u8| usize::from(u16::from_be_bytes([high, low]));
            return Some([side(*top, *y), side(*left, *x), usize::from(*components)]);
        }
        rest = tail.get(length.max(2)..)?;
    }
}

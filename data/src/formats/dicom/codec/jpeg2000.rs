//! JPEG 2000 (ITU-T T.800), lossless and lossy, by hayro-jpeg2000.

use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};

use super::{Layout, check_size, damaged};
use crate::formats::FormatError;

/// The decoder computes in single precision, which holds the wavelet sums of so many bits exactly.
const DEEPEST: u8 = 16;
/// Bytes of a tile at least: its header and the mark of its data.
const TILE: usize = 14;

/// See [`super::decode`].
pub(super) fn decode(bytes: &[u8], layout: &Layout) -> Result<Vec<u32>, FormatError> {
    let size = SizeMarker::find(bytes).ok_or_else(|| damaged("JPEG 2000", "it has no size marker"))?;
    check_size("JPEG 2000", [size.height, size.width], size.depths.len(), layout)?;
    if size.tiles > bytes.len() / TILE {
        return Err(damaged(
            "JPEG 2000",
            format!("{} tiles do not fit into {} bytes", size.tiles, bytes.len()),
        ));
    }
    let deepest = size.depths.iter().map(|&(bits, _)| bits).max().unwrap_or(0);
    if deepest > DEEPEST {
        return Err(FormatError::Unsupported {
            what: format!("JPEG 2000 of {deepest} bits"),
            hint: "convert it to Explicit VR Little Endian, for instance with gdcmconv".into(),
        });
    }
    let settings = DecodeSettings {
        resolve_palette_indices: false,
        ..DecodeSettings::default()
    };
    let image = Image::new(bytes, &settings).map_err(|error| damaged("JPEG 2000", error))?;
    check_size(
        "JPEG 2000",
        [image.height() as usize, image.width() as usize],
        size.depths.len(),
        layout,
    )?;
    let mut context = DecoderContext::default();
    let decoded = image
        .decode(&mut context)
        .map_err(|error| damaged("JPEG 2000", error))?;
    let mut values = vec![0u32; layout.samples()];
    for (channel, (component, &(bits, is_signed))) in decoded.components().iter().zip(&size.depths).enumerate() {
        // The decoder moves signed numbers up as well, so that 0 is the lowest of either kind.
        let lowest = if is_signed { 1i64 << (bits - 1) } else { 0 };
        let highest = (1i64 << bits) - 1;
        let places = values.iter_mut().skip(channel).step_by(layout.channels);
        for (place, &sample) in places.zip(component.samples()) {
            *place = ((sample.round() as i64).clamp(0, highest) - lowest) as u32;
        }
    }
    // Two's complement in the stored bits, whatever lies above them.
    let mask = u32::MAX >> (32 - layout.bits_allocated.clamp(1, 32));
    values.iter_mut().for_each(|value| *value &= mask);
    Ok(values)
}

/// What the marker SIZ says of the picture.
struct SizeMarker {
    width: usize,
    height: usize,
    tiles: usize,
    /// Bits and sign of each component.
    depths: Vec<(u8, bool)>,
}

impl SizeMarker {
    fn find(bytes: &[u8]) -> Option<Self> {
        // The code stream may lie in the boxes of a JP2 file.
        let start = bytes.windows(4).position(|four| four == [0xff, 0x4f, 0xff, 0x51])?;
        let marker = bytes.get(start + 4..)?;
        let number = |at: usize| -> Option<u32> { Some(u32::from_be_bytes(*marker.get(at..)?.first_chunk()?)) };
        let [right, bottom, left, top] = [number(4)?, number(8)?, number(12)?, number(16)?];
        let [across, down, tile_left, tile_top] = [number(20)?, number(24)?, number(28)?, number(32)?];
        let components = usize::from(u16::from_be_bytes(*marker.get(36..)?.first_chunk()?));
        let depths = marker.get(38..)?.chunks_exact(3).take(components);
        let depths: Vec<(u8, bool)> = depths
            .map(|depth| ((depth[0] & 0x7f) + 1, depth[0] & 0x80 != 0))
            .collect();
        let along = |end: u32, start: u32, step: u32| Some((end.checked_sub(start)?).div_ceil(step.max(1)) as usize);
        Some(Self {
            width: right.checked_sub(left)? as usize,
            height: bottom.checked_sub(top)? as usize,
            tiles: along(right, tile_left, across)?.checked_mul(along(bottom, tile_top, down)?)?,
            depths: (depths.len() == components).then_some(depths)?,
        })
    }
}

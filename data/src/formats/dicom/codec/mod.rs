//! Decompression of one frame.
//!
//! Each codec first compares the compressed picture's own size with the data set's `Rows` and `Columns`, so that nothing is allocated
//! for a size that [`Limits`] has not passed. The decoders are safe Rust, but not all of them are free of panics on hostile input
//! (an index or an overflow): one is caught here, and becomes [`FormatError::Damaged`].

mod jpeg;
mod jpeg2000;
mod jpeg_ls;
mod rle;

use super::contain;
use super::layout::Layout;
use super::syntax::Codec;
use crate::formats::{FormatError, Limits};

type Decoder = fn(&[u8], &Layout) -> Result<Vec<u32>, FormatError>;

/// Raw numbers of a frame in the low bits of each, pixel by pixel, or plane by plane where the layout says so.
///
/// # Errors
/// [`FormatError::Damaged`], [`FormatError::Unsupported`] or [`FormatError::Truncated`].
pub(super) fn decode(codec: Codec, bytes: &[u8], layout: &Layout, limits: Limits) -> Result<Vec<u32>, FormatError> {
    let (name, decode): (_, Decoder) = match codec {
        Codec::RunLength | Codec::None => ("the RLE decoder", rle::decode),
        Codec::Jpeg => ("the JPEG decoder", jpeg::decode),
        Codec::JpegLs => ("the JPEG-LS decoder", jpeg_ls::decode),
        Codec::Jpeg2000 => ("the JPEG 2000 decoder", jpeg2000::decode),
    };
    limits.check(&[layout.samples()], size_of::<u32>())?;
    let mut values = contain(name, || decode(bytes, layout))??;
    if values.len() != layout.samples() {
        return Err(FormatError::Damaged(format!(
            "{name} found {} numbers in a frame of {}",
            values.len(),
            layout.samples()
        )));
    }
    if layout.is_planar && codec != Codec::RunLength {
        // Pictures in these formats are stored pixel by pixel whatever the attribute says.
        let area = layout.area();
        values = (0..values.len())
            .map(|i| values.get(i % area * layout.channels + i / area).copied().unwrap_or(0))
            .collect();
    }
    Ok(values)
}

/// The picture's own size against that of the data set.
fn check_size(codec: &str, found: [usize; 2], components: usize, layout: &Layout) -> Result<(), FormatError> {
    match found == [layout.rows, layout.columns] && components == layout.channels {
        true => Ok(()),
        false => Err(FormatError::Damaged(format!(
            "the {codec} picture has {} rows of {} columns of {components} number(s), but Rows, Columns and SamplesPerPixel say {}, {} and {}",
            found[0], found[1], layout.rows, layout.columns, layout.channels
        ))),
    }
}

fn damaged(codec: &str, error: impl std::fmt::Display) -> FormatError {
    FormatError::Damaged(format!("its {codec} picture cannot be decoded: {error}"))
}

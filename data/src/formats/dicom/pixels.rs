//! From a data set's pixel data to numbers.

use std::borrow::Cow;

use dicom_core::value::{PrimitiveValue, Value};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use dicom_object::mem::InMemElement;
use rayon::prelude::*;

use super::attributes::{missing, named};
use super::codec;
use super::colour::{ybr_422_to_444, ybr_to_rgb};
use super::dataset::Dataset;
use super::fragments::frame_bytes;
use super::layout::{Colour, Layout};
use super::syntax::{self, Codec, Encoding};
use crate::formats::{Endian, FormatError, Limits, SampleType, Samples};

/// All frames of a data set, ordered `[frame, channel, row, column]`.
///
/// # Errors
/// Any [`FormatError`].
pub(super) fn decode(dataset: &Dataset, layout: &Layout, limits: Limits) -> Result<Samples, FormatError> {
    let codec = syntax::codec(&dataset.syntax)?;
    let element = pixel_element(&dataset.object)?;
    match (codec, element.value()) {
        (Codec::None, Value::Primitive(value)) => native(value, element, dataset.encoding, layout),
        (Codec::None, _) => Err(FormatError::Damaged(format!(
            "its pixels are compressed, but the transfer syntax is {}",
            syntax::name(&dataset.syntax)
        ))),
        (codec, Value::PixelSequence(pixels)) => {
            let frames = frame_bytes(&dataset.object, pixels, layout, codec)?;
            let decode = |bytes: &Cow<[u8]>| codec::decode(codec, bytes, layout, limits);
            gather(layout, frames.par_iter().map(decode))
        }
        _ => Err(FormatError::Damaged(format!(
            "its pixels are not compressed, but the transfer syntax is {}",
            syntax::name(&dataset.syntax)
        ))),
    }
}

fn pixel_element(object: &InMemDicomObject) -> Result<&InMemElement, FormatError> {
    [tags::PIXEL_DATA, tags::FLOAT_PIXEL_DATA, tags::DOUBLE_FLOAT_PIXEL_DATA]
        .iter()
        .find_map(|&tag| object.get(tag))
        .ok_or_else(|| missing(tags::PIXEL_DATA))
}

/// Numbers as they are, in one piece.
fn native(
    value: &PrimitiveValue,
    element: &InMemElement,
    encoding: Encoding,
    layout: &Layout,
) -> Result<Samples, FormatError> {
    let mut bytes = little_endian(value)?;
    let is_halved = layout.colour == Colour::Ybr { is_halved: true };
    // Two pixels of halved colour take four samples.
    let samples = if is_halved { layout.area() * 2 } else { layout.samples() };
    let bits = samples
        .checked_mul(layout.frames)
        .and_then(|all| all.checked_mul(layout.bits_allocated));
    let expected = bits.map_or(u64::MAX, |bits| bits.div_ceil(8) as u64);
    if (bytes.len() as u64) < expected {
        return Err(FormatError::Truncated {
            what: "PixelData",
            expected,
            found: bytes.len() as u64,
        });
    }
    if encoding == Encoding::ExplicitBig && layout.bits_allocated == 32 && element.vr() == dicom_core::VR::OW {
        // Words were turned round one by one.
        bytes
            .to_mut()
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .for_each(|four| four.rotate_left(2));
    }
    if !layout.sample_type.is_whole() {
        let mut bytes = bytes;
        bytes.to_mut().truncate(expected as usize);
        return Ok(Samples::from_bytes(&bytes, layout.sample_type, Endian::Little));
    }
    if layout.bits_allocated == 1 {
        let bit = |i: usize| bytes.get(i / 8).map_or(0, |byte| (byte >> (i % 8)) & 1);
        return Ok(Samples::U8((0..layout.samples() * layout.frames).map(bit).collect()));
    }
    let each = layout.bits_allocated / 8;
    let frames = bytes.par_chunks_exact(samples * each).take(layout.frames);
    gather(
        layout,
        frames.map(|frame| {
            let mut raw: Vec<u32> = frame.chunks_exact(each).map(little_number).collect();
            if is_halved {
                raw = ybr_422_to_444(&raw);
            }
            Ok(raw)
        }),
    )
}

/// A number of at most 4 bytes, lowest first.
fn little_number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, &byte| number << 8 | u32::from(byte))
}

/// The bytes of a value as little endian would store them.
fn little_endian(value: &PrimitiveValue) -> Result<Cow<'_, [u8]>, FormatError> {
    Ok(match value {
        PrimitiveValue::U8(bytes) => Cow::Borrowed(bytes.as_slice()),
        PrimitiveValue::U16(words) => words
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect::<Vec<_>>()
            .into(),
        PrimitiveValue::U32(words) => words
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect::<Vec<_>>()
            .into(),
        PrimitiveValue::F32(words) => words
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect::<Vec<_>>()
            .into(),
        PrimitiveValue::F64(words) => words
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect::<Vec<_>>()
            .into(),
        PrimitiveValue::Empty => Cow::Borrowed(&[]),
        _ => {
            return Err(FormatError::Damaged(format!(
                "{} holds text or dates",
                named(tags::PIXEL_DATA)
            )));
        }
    })
}

/// Frames of raw numbers, pixel by pixel or plane by plane, as one run of samples of the file's type.
fn gather(
    layout: &Layout,
    frames: impl IndexedParallelIterator<Item = Result<Vec<u32>, FormatError>>,
) -> Result<Samples, FormatError> {
    macro_rules! gather {
        ($variant:ident, $kind:ty) => {{
            let convert = |raw: Result<Vec<u32>, FormatError>| {
                let values = finish(layout, raw?);
                Ok(values.into_iter().map(|value| value as $kind).collect())
            };
            let frames: Vec<Vec<$kind>> = frames.map(convert).collect::<Result<_, FormatError>>()?;
            Samples::$variant(match <[Vec<$kind>; 1]>::try_from(frames) {
                Ok([only]) => only,
                Err(several) => several.concat(),
            })
        }};
    }
    Ok(match layout.sample_type {
        SampleType::I8 => gather!(I8, i8),
        SampleType::U16 => gather!(U16, u16),
        SampleType::I16 => gather!(I16, i16),
        SampleType::U32 => gather!(U32, u32),
        SampleType::I32 => gather!(I32, i32),
        _ => gather!(U8, u8),
    })
}

/// A frame's raw numbers made values: the stored bits taken out of the allocated ones, the sign extended, colour turned into RGB,
/// plane by plane.
fn finish(layout: &Layout, raw: Vec<u32>) -> Vec<i64> {
    let down = layout.high_bit + 1 - layout.bits_stored;
    let up = 64 - layout.bits_stored;
    let value = |raw: u32| {
        let bits = (u64::from(raw) >> down) << up;
        match layout.is_signed {
            true => (bits as i64) >> up,
            false => (bits >> up) as i64,
        }
    };
    let mut values: Vec<i64> = raw.into_iter().map(value).collect();
    if layout.channels > 1 {
        if !layout.is_planar {
            let area = layout.area();
            values = (0..values.len())
                .map(|i| values.get(i % area * layout.channels + i / area).copied().unwrap_or(0))
                .collect();
        }
        if matches!(layout.colour, Colour::Ybr { .. }) {
            ybr_to_rgb(&mut values, layout.bits_stored);
        }
    }
    values
}

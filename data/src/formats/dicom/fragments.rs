//! Compressed pixel data: from fragments to frames (PS3.5 section A.4).

use std::borrow::Cow;

use dicom_core::value::PixelFragmentSequence;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use dicom_object::mem::InMemFragment;

use super::attributes::Attributes as _;
use super::layout::Layout;
use super::syntax::Codec;
use crate::formats::FormatError;

/// Bytes of an item's tag and length.
const ITEM_HEAD: u64 = 8;

/// The compressed bytes of each frame.
///
/// # Errors
/// [`FormatError::Damaged`] where the fragments cannot be told to frames.
pub(super) fn frame_bytes<'a>(
    object: &InMemDicomObject,
    pixels: &'a PixelFragmentSequence<InMemFragment>,
    layout: &Layout,
    codec: Codec,
) -> Result<Vec<Cow<'a, [u8]>>, FormatError> {
    let fragments = pixels.fragments();
    let count = fragments.len();
    if count < layout.frames {
        return Err(FormatError::Damaged(format!(
            "{} frame(s) are stated, but there are {count} fragment(s) of compressed pixels",
            layout.frames
        )));
    }
    if count == layout.frames {
        return Ok(fragments
            .iter()
            .map(|fragment| Cow::Borrowed(fragment.as_slice()))
            .collect());
    }
    let firsts = match layout.frames {
        1 => vec![0],
        _ => extended_firsts(object, fragments, layout.frames)
            .or_else(|| firsts_at(pixels.offset_table().iter().map(|&offset| u64::from(offset)), fragments, layout.frames))
            .or_else(|| firsts_by_mark(fragments, layout.frames, codec))
            .ok_or_else(|| {
                FormatError::Damaged(format!(
                    "its {count} fragments of compressed pixels cannot be told to {} frames: the offset table does not fit them",
                    layout.frames
                ))
            })?,
    };
    let ends = firsts.iter().skip(1).copied().chain([count]);
    let frames = firsts.iter().zip(ends).map(|(&first, end)| {
        let parts = fragments.get(first..end).unwrap_or(&[]);
        Cow::Owned(parts.concat())
    });
    Ok(frames.collect())
}

/// The first fragment of each frame by the extended offset table.
fn extended_firsts(object: &InMemDicomObject, fragments: &[InMemFragment], frames: usize) -> Option<Vec<usize>> {
    let offsets = object.numbers(tags::EXTENDED_OFFSET_TABLE).ok()??;
    firsts_at(offsets.into_iter().map(|offset| offset as u64), fragments, frames)
}

/// The fragments that begin at the given places, counted from the first fragment's item.
fn firsts_at(offsets: impl Iterator<Item = u64>, fragments: &[InMemFragment], frames: usize) -> Option<Vec<usize>> {
    let mut begin = 0u64;
    let begins: Vec<u64> = fragments
        .iter()
        .map(|fragment| {
            let here = begin;
            begin = begin.saturating_add(ITEM_HEAD).saturating_add(fragment.len() as u64);
            here
        })
        .collect();
    let firsts: Option<Vec<usize>> = offsets.map(|offset| begins.binary_search(&offset).ok()).collect();
    firsts.filter(|firsts| firsts.len() == frames && firsts.first() == Some(&0) && firsts.is_sorted_by(|a, b| a < b))
}

/// The fragments that begin as a picture of the codec does.
fn firsts_by_mark(fragments: &[InMemFragment], frames: usize, codec: Codec) -> Option<Vec<usize>> {
    let mark: &[u8] = match codec {
        Codec::Jpeg | Codec::JpegLs => &[0xff, 0xd8],
        Codec::Jpeg2000 => &[0xff, 0x4f],
        Codec::None | Codec::RunLength => return None,
    };
    let begins = |(i, fragment): (usize, &InMemFragment)| fragment.starts_with(mark).then_some(i);
    let firsts: Vec<usize> = fragments.iter().enumerate().filter_map(begins).collect();
    (firsts.len() == frames && firsts.first() == Some(&0)).then_some(firsts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_table_must_fit_the_fragments() {
        let fragments: Vec<InMemFragment> = vec![vec![0; 4], vec![0; 2], vec![0; 6]];
        let at = |offsets: &[u64], frames| firsts_at(offsets.iter().copied(), &fragments, frames);
        assert_eq!(at(&[0, 22], 2), Some(vec![0, 2]));
        assert_eq!(at(&[0, 12, 22], 3), Some(vec![0, 1, 2]));
        assert_eq!(at(&[0, 13], 2), None);
        assert_eq!(at(&[12, 0], 2), None);
        assert_eq!(at(&[0], 2), None);
        let pictures: Vec<InMemFragment> = vec![vec![0xff, 0xd8, 1], vec![2], vec![0xff, 0xd8, 3]];
        assert_eq!(firsts_by_mark(&pictures, 2, Codec::Jpeg), Some(vec![0, 2]));
        assert_eq!(firsts_by_mark(&pictures, 3, Codec::Jpeg), None);
    }
}

//! TIFF and BigTIFF, as the `tiff` crate reads them.

use std::borrow::Cow;
use std::io::Cursor;

use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::{CompressionMethod, Tag};
use tiff::{ColorType, TiffError};

use super::gif::LZW_RATIO;
use super::imagej::{self, Axes};
use super::picture::{check_claim, check_palette, highest, planar, unpack};
use super::text::shown;
use super::tiff_pages::{Page, pages};
use super::{Companion, Decoded, Format, FormatError, Limits, SampleType, Samples};

/// Directories and their values (offsets of strips) take no more than this.
const DIRECTORY_BYTES: usize = 64 << 20;

pub(super) fn recognises(bytes: &[u8]) -> bool {
    [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"]
        .iter()
        .any(|start| bytes.starts_with(*start))
}

type Source<'a> = Decoder<Cursor<&'a [u8]>>;

/// Grey, colour and palette of 1 to 64 bits, whole or floating-point, in strips or tiles, uncompressed or compressed without JPEG
/// subsampling. Pages of one shape become a stack; previews and pages of other shapes are left out and noted. Files of ImageJ give
/// channels, slices, frames and spacing. Where white is stored as 0 the numbers are turned, so that higher is brighter, as in any other
/// picture.
pub(super) fn decode(bytes: &[u8], limits: Limits, _: Companion) -> Result<Decoded, FormatError> {
    let all = pages(bytes)?;
    let first = all.first().cloned().unwrap_or_default();
    let slices: Vec<usize> = (0..all.len())
        .filter(|&i| i == 0 || all[i].stacks_with(&first))
        .collect();
    let readable = as_numbers(bytes, &all);
    let mut source = Decoder::new(Cursor::new(&*readable)).map_err(|error| problem(error, limits))?;
    let most = usize::try_from(limits.bytes()).unwrap_or(usize::MAX);
    let mut own = tiff::decoder::Limits::default();
    (own.decoding_buffer_size, own.intermediate_buffer_size) = (most, most);
    own.ifd_value_size = DIRECTORY_BYTES.min(most);
    source = source.with_limits(own);

    let layout = Layout::of(&mut source).map_err(|error| match error {
        Failure::Library(error) => problem(error, limits),
        Failure::Ours(error) => error,
    })?;
    let ratio = if first.compression == 1 { 1 } else { LZW_RATIO };
    let page_shape = [layout.channels, layout.height, layout.width];
    let claim = |pages: usize| {
        let shape = [pages, page_shape[0], page_shape[1], page_shape[2]];
        check_claim(bytes, limits, &shape, layout.sample_type.bytes(), ratio)
    };
    claim(slices.len())?;

    let description = source.get_tag_ascii_string(Tag::ImageDescription).unwrap_or_default();
    let axes = Axes::of(&description);
    let contiguous = axes
        .as_ref()
        .filter(|axes| slices.len() == 1 && axes.pages() > 1 && first.compression == 1);
    let (samples, count) = match contiguous {
        Some(axes) => {
            claim(axes.pages())?;
            let offset = source.find_tag_unsigned_vec::<u64>(Tag::StripOffsets).ok().flatten();
            let start = offset.and_then(|all| all.first().copied()).unwrap_or(u64::MAX);
            (
                imagej::contiguous(bytes, start, axes.pages(), &page_shape, layout.sample_type)?,
                axes.pages(),
            )
        }
        None => {
            let mut joined: Option<Samples> = None;
            for &index in &slices {
                if index > 0 {
                    source.seek_to_image(index).map_err(|error| problem(error, limits))?;
                }
                let page = layout.read(&mut source, limits)?;
                match &mut joined {
                    None => joined = Some(page),
                    Some(all) => append(all, page)?,
                }
            }
            (joined.unwrap_or(Samples::U8(Vec::new())), slices.len())
        }
    };
    let mut decoded = assemble(samples, count, &layout, axes.as_ref())?;
    describe(&mut decoded, &first, &mut source, all.len() - slices.len())?;
    if let Some(axes) = &axes {
        imagej::place(&mut decoded, axes, resolution(&mut source));
    }
    Ok(decoded)
}

/// The crate refuses palettes and transparency masks; as plain numbers it reads them. The file is copied only where there is one.
fn as_numbers<'a>(bytes: &'a [u8], all: &[Page]) -> Cow<'a, [u8]> {
    let mut readable = Cow::Borrowed(bytes);
    for at in all.iter().filter_map(|page| page.photometric_at) {
        if let Some(byte) = readable.to_mut().get_mut(at) {
            *byte = 1;
        }
    }
    readable
}

enum Failure {
    Library(TiffError),
    Ours(FormatError),
}

impl From<TiffError> for Failure {
    fn from(error: TiffError) -> Self {
        Self::Library(error)
    }
}

fn problem(error: TiffError, limits: Limits) -> FormatError {
    match error {
        TiffError::UnsupportedError(what) => FormatError::Unsupported {
            what: format!("TIFF of this kind ({})", shown(&what.to_string())),
            hint: "save it as plain 8- or 16-bit TIFF or PNG".to_owned(),
        },
        TiffError::LimitsExceeded => FormatError::TooLarge {
            needed: limits.bytes().saturating_add(1),
            limit: limits.bytes(),
        },
        TiffError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            FormatError::Damaged("a page's pixels end too soon".to_owned())
        }
        other => FormatError::Damaged(shown(&other.to_string())),
    }
}

/// How the numbers of a page lie.
struct Layout {
    width: usize,
    height: usize,
    channels: usize,
    bits: u8,
    is_planar: bool,
    sample_type: SampleType,
}

impl Layout {
    fn of(source: &mut Source) -> Result<Self, Failure> {
        let (width, height) = source.dimensions()?;
        let colour = source.colortype()?;
        let (channels, bits) = match colour {
            ColorType::Gray(bits) | ColorType::Palette(bits) => (1, bits),
            ColorType::GrayA(bits) => (2, bits),
            ColorType::RGB(bits) => (3, bits),
            ColorType::RGBA(bits) => (4, bits),
            ColorType::Multiband { bit_depth, num_samples } => (usize::from(num_samples), bit_depth),
            other => {
                return Err(Failure::Ours(FormatError::Unsupported {
                    what: format!("a TIFF in the colours of {other:?}"),
                    hint: "save it as RGB".to_owned(),
                }));
            }
        };
        let layout = source.image_buffer_layout()?;
        let Some(sample_type) = layout
            .sample_type
            .and_then(sample_type)
            .filter(|_| is_usual(bits, channels))
        else {
            return Err(Failure::Ours(FormatError::Unsupported {
                what: format!(
                    "a TIFF of {channels} channel(s) of {bits} bits ({:?})",
                    layout.sample_format
                ),
                hint: "save it with 8, 16 or 32 bits".to_owned(),
            }));
        };
        // The rarely written second arrangement: all of red, then all of green.
        let is_planar = layout.planes > 1;
        Ok(Self {
            width: width as usize,
            height: height as usize,
            channels,
            bits,
            is_planar,
            sample_type,
        })
    }

    /// One page as planes.
    fn read(&self, source: &mut Source, limits: Limits) -> Result<Samples, FormatError> {
        let mut page = DecodingResult::U8(Vec::new());
        let layout = source
            .read_image_to_buffer(&mut page)
            .map_err(|error| problem(error, limits))?;
        let samples = match page {
            DecodingResult::U8(bytes) if self.bits < 8 => {
                let row = layout.row_stride.map_or(bytes.len(), usize::from);
                Samples::U8(unpack(&bytes, self.bits, self.width * self.channels, row))
            }
            DecodingResult::U8(values) => Samples::U8(values),
            DecodingResult::U16(values) => Samples::U16(values),
            DecodingResult::U32(values) => Samples::U32(values),
            DecodingResult::U64(values) => Samples::U64(values),
            DecodingResult::I8(values) => Samples::I8(values),
            DecodingResult::I16(values) => Samples::I16(values),
            DecodingResult::I32(values) => Samples::I32(values),
            DecodingResult::I64(values) => Samples::I64(values),
            DecodingResult::F16(values) => Samples::F32(values.into_iter().map(f32::from).collect()),
            DecodingResult::F32(values) => Samples::F32(values),
            DecodingResult::F64(values) => Samples::F64(values),
        };
        let expected = self.channels * self.width * self.height;
        if samples.len() != expected || samples.kind() != self.sample_type {
            return Err(FormatError::Damaged(format!(
                "a page holds {} numbers of {}, where the first page promises {expected} of {}",
                samples.len(),
                samples.kind(),
                self.sample_type
            )));
        }
        Ok(if self.is_planar {
            samples
        } else {
            planar(samples, self.channels, self.width * self.height)
        })
    }
}

fn is_usual(bits: u8, channels: usize) -> bool {
    matches!(bits, 8 | 16 | 32 | 64) || matches!(bits, 1 | 2 | 4) && channels == 1
}

fn sample_type(kind: tiff::decoder::DecodingSampleType) -> Option<SampleType> {
    use tiff::decoder::DecodingSampleType as Kind;
    Some(match kind {
        Kind::U8 => SampleType::U8,
        Kind::U16 => SampleType::U16,
        Kind::U32 => SampleType::U32,
        Kind::U64 => SampleType::U64,
        Kind::I8 => SampleType::I8,
        Kind::I16 => SampleType::I16,
        Kind::I32 => SampleType::I32,
        Kind::I64 => SampleType::I64,
        Kind::F16 | Kind::F32 => SampleType::F32,
        Kind::F64 => SampleType::F64,
        #[allow(unreachable_patterns, reason = "the crate may add some")]
        _ => return None,
    })
}

fn append(all: &mut Samples, page: Samples) -> Result<(), FormatError> {
    macro_rules! join {
        ($($kind:ident)*) => {
            match (all, page) {
                $((Samples::$kind(all), Samples::$kind(page)) => all.extend(page),)*
                _ => return Err(FormatError::Damaged("its pages hold numbers of different types".to_owned())),
            }
        };
    }
    join!(U8 I8 U16 I16 U32 I32 U64 I64 F32 F64);
    Ok(())
}

/// Pages in the order of ImageJ (channels fastest, then slices, then frames) to the order of [`Decoded`].
fn assemble(samples: Samples, pages: usize, layout: &Layout, axes: Option<&Axes>) -> Result<Decoded, FormatError> {
    let area = layout.width * layout.height;
    let (frames, channels, depth) = match axes {
        Some(axes) if axes.pages() == pages && layout.channels == 1 => (axes.frames, axes.channels, axes.slices),
        _ => (1, 1, pages),
    };
    let in_order = if channels > 1 {
        samples.reordered(samples.len(), |i| {
            let (page, place) = (i / area, i % area);
            let (frame, rest) = (page / (channels * depth), page % (channels * depth));
            let (channel, slice) = (rest / depth, rest % depth);
            ((frame * depth + slice) * channels + channel) * area + place
        })
    } else if layout.channels > 1 && depth > 1 {
        let inner = layout.channels;
        samples.reordered(samples.len(), |i| {
            let (channel, rest) = (i / (depth * area), i % (depth * area));
            (rest / area * inner + channel) * area + rest % area
        })
    } else {
        samples
    };
    let size = [depth, layout.height, layout.width];
    let mut decoded = Decoded::with_shape(Format::Tiff, in_order, frames, channels * layout.channels, size)?;
    if layout.bits < 8 {
        decoded.full_scale = Some(highest(layout.bits));
        decoded.note("bits", layout.bits);
    }
    Ok(decoded)
}

fn describe(decoded: &mut Decoded, first: &Page, source: &mut Source, left_out: usize) -> Result<(), FormatError> {
    match first.photometric {
        0 => decoded.note(
            "photometric",
            "white is stored as 0; the numbers are turned, so that higher is brighter",
        ),
        3 => {
            let map = source
                .find_tag_unsigned_vec::<u16>(Tag::ColorMap)
                .ok()
                .flatten()
                .unwrap_or_default();
            let (reds, rest) = map.split_at(map.len() / 3);
            let (greens, blues) = rest.split_at(rest.len() / 2);
            let high = |level: &u16| (level >> 8) as u8;
            let palette: Vec<[u8; 3]> = reds
                .iter()
                .zip(greens)
                .zip(blues)
                .map(|((r, g), b)| [high(r), high(g), high(b)])
                .collect();
            if let Samples::U8(indices) = &decoded.samples {
                check_palette(indices, &palette)?;
            }
            (decoded.palette, decoded.full_scale) = (Some(palette), None);
        }
        4 => decoded.note("photometric", "a transparency mask"),
        _ => {}
    }
    if let Ok(Some(method)) = source.find_tag_unsigned::<u16>(Tag::Compression)
        && let Some(method) = CompressionMethod::from_u16(method).filter(|&method| method != CompressionMethod::None)
    {
        decoded.note("compression", format!("{method:?}"));
    }
    if left_out > 0 {
        decoded.note(
            "pages",
            format!("{left_out} of another shape or kind (previews) left out"),
        );
    }
    Ok(())
}

/// Pixels a unit along x and y.
fn resolution(source: &mut Source) -> [Option<f64>; 2] {
    [Tag::XResolution, Tag::YResolution].map(|tag| match source.find_tag(tag) {
        Ok(Some(tiff::decoder::ifd::Value::Rational(above, below))) if above > 0 && below > 0 => {
            Some(f64::from(above) / f64::from(below))
        }
        _ => None,
    })
}

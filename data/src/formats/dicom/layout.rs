//! How a data set's pixels are laid out (PS3.3 section C.7.6.3, Image Pixel module).

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::attributes::{Attributes as _, missing, named};
use crate::formats::{FormatError, Limits, SampleType};

/// What a pixel's numbers stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    /// One number, 0 black or 0 white.
    Grey,
    /// One number that stands for a colour of a palette.
    Palette,
    /// Red, green, blue.
    Rgb,
    /// Luma and two colour differences; `is_halved` where two pixels share the differences.
    Ybr { is_halved: bool },
}

/// What the attributes say of the pixels, checked against each other.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub rows: usize,
    pub columns: usize,
    pub frames: usize,
    pub channels: usize,
    pub bits_allocated: usize,
    pub bits_stored: usize,
    pub high_bit: usize,
    pub is_signed: bool,
    /// Colour stored plane by plane.
    pub is_planar: bool,
    pub photometric: String,
    pub colour: Colour,
    pub sample_type: SampleType,
}

impl Layout {
    /// # Errors
    /// [`FormatError::Damaged`] for a missing or contradictory attribute, [`FormatError::Unsupported`] for a depth or colour model
    /// that is not read, [`FormatError::TooLarge`].
    pub fn of(object: &InMemDicomObject, limits: Limits) -> Result<Self, FormatError> {
        let rows = object.required_count(tags::ROWS)?;
        let columns = object.required_count(tags::COLUMNS)?;
        let frames = object.count(tags::NUMBER_OF_FRAMES)?.unwrap_or(1).max(1);
        if rows == 0 || columns == 0 {
            return Err(FormatError::Damaged(format!("its pixels are {rows} rows of {columns}")));
        }
        let channels = object.count(tags::SAMPLES_PER_PIXEL)?.unwrap_or(1);
        let photometric = object.required_text(tags::PHOTOMETRIC_INTERPRETATION)?;
        let colour = colour(&photometric, channels)?;
        let bits_allocated = object.required_count(tags::BITS_ALLOCATED)?;
        let bits_stored = object.count(tags::BITS_STORED)?.unwrap_or(bits_allocated);
        let high_bit = object.count(tags::HIGH_BIT)?.unwrap_or(bits_stored.saturating_sub(1));
        if bits_stored == 0 || high_bit >= bits_allocated || high_bit + 1 < bits_stored {
            return Err(FormatError::Damaged(format!(
                "{bits_stored} bits up to bit {high_bit} do not lie in the {bits_allocated} of {}",
                named(tags::BITS_ALLOCATED)
            )));
        }
        let is_float =
            object.get(tags::FLOAT_PIXEL_DATA).is_some() || object.get(tags::DOUBLE_FLOAT_PIXEL_DATA).is_some();
        let is_signed = match object.count(tags::PIXEL_REPRESENTATION)? {
            Some(kind) => kind == 1,
            None if is_float => false,
            None => return Err(missing(tags::PIXEL_REPRESENTATION)),
        };
        let sample_type = match (bits_allocated, is_signed, is_float) {
            (32, _, true) => SampleType::F32,
            (64, _, true) => SampleType::F64,
            (1, _, false) | (8, false, false) => SampleType::U8,
            (8, true, false) => SampleType::I8,
            (16, false, false) => SampleType::U16,
            (16, true, false) => SampleType::I16,
            (32, false, false) => SampleType::U32,
            (32, true, false) => SampleType::I32,
            _ => {
                return Err(FormatError::Unsupported {
                    what: format!("{} of {bits_allocated}", named(tags::BITS_ALLOCATED)),
                    hint: "1, 8, 16 and 32 bits are read, and floating-point numbers of 32 and 64".into(),
                });
            }
        };
        limits.check(&[frames, channels, rows, columns], sample_type.bytes())?;
        Ok(Self {
            rows,
            columns,
            frames,
            channels,
            bits_allocated,
            bits_stored,
            high_bit,
            is_signed,
            is_planar: channels > 1 && object.count(tags::PLANAR_CONFIGURATION)? == Some(1),
            photometric,
            colour,
            sample_type,
        })
    }

    /// Pixels of a frame; [`Limits::check`] has shown that they can be counted.
    pub fn area(&self) -> usize {
        self.rows * self.columns
    }

    /// Numbers of a frame.
    pub fn samples(&self) -> usize {
        self.area() * self.channels
    }
}

fn colour(photometric: &str, channels: usize) -> Result<Colour, FormatError> {
    let colour = match photometric {
        "MONOCHROME1" | "MONOCHROME2" => Colour::Grey,
        "PALETTE COLOR" => Colour::Palette,
        // The codec of JPEG 2000 turns the last two into RGB itself.
        "RGB" | "YBR_RCT" | "YBR_ICT" => Colour::Rgb,
        "YBR_FULL" => Colour::Ybr { is_halved: false },
        "YBR_FULL_422" => Colour::Ybr { is_halved: true },
        other => {
            return Err(FormatError::Unsupported {
                what: format!("the photometric interpretation {other}"),
                hint: "grey, palette, RGB and YBR_FULL images are read: convert it with dcmconv or gdcmconv".into(),
            });
        }
    };
    let expected = match colour {
        Colour::Grey | Colour::Palette => 1,
        Colour::Rgb | Colour::Ybr { .. } => 3,
    };
    match channels == expected {
        true => Ok(colour),
        false => Err(FormatError::Damaged(format!(
            "{photometric} pixels hold {expected} number(s), but {} is {channels}",
            named(tags::SAMPLES_PER_PIXEL)
        ))),
    }
}

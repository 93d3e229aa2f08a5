//! The fields of the three headers.

use crate::formats::{Endian, Format, FormatError};

/// What is used of a header of NIfTI-1, NIfTI-2 or Analyze 7.5.
pub(super) struct Header {
    pub format: Format,
    pub endian: Endian,
    /// Whether the voxels are in the same file.
    pub is_single: bool,
    /// The number of axes, then their lengths, width first.
    pub dim: [i64; 8],
    pub datatype: i64,
    /// The factor of the quaternion's last axis, then the voxel sizes.
    pub pixdim: [f64; 8],
    pub offset: f64,
    pub slope: f64,
    pub intercept: f64,
    /// The highest and lowest value, as shown and as stored (Analyze).
    pub ranges: [f64; 4],
    pub units: i64,
    pub qform_code: i64,
    pub sform_code: i64,
    pub quaternion: [f64; 3],
    pub quaternion_offset: [f64; 3],
    pub sform: [[f64; 4]; 3],
    /// SPM's voxel of the origin, counted from 1 (Analyze).
    pub origin_voxel: [f64; 3],
    pub description: String,
}

/// `sizeof_hdr` of NIfTI-1 and Analyze, and of NIfTI-2.
const SIZES: [i32; 2] = [348, 540];

/// Whether a header begins here; Analyze, which has no mark of its own, needs a sensible number of axes too.
pub(super) fn recognises(bytes: &[u8]) -> bool {
    let Some(endian) = endian(bytes) else { return false };
    let fields = Fields { bytes, endian };
    let is_nifti = |at: usize| bytes.get(at..at + 2).is_some_and(|mark| mark == b"n+" || mark == b"ni");
    is_nifti(4) || is_nifti(344) || fields.i16(40).is_ok_and(|axes| (1..=7).contains(&axes))
}

fn endian(bytes: &[u8]) -> Option<Endian> {
    let size: [u8; 4] = bytes.get(..4)?.try_into().ok()?;
    if SIZES.contains(&i32::from_le_bytes(size)) {
        Some(Endian::Little)
    } else if SIZES.contains(&i32::from_be_bytes(size)) {
        Some(Endian::Big)
    } else {
        None
    }
}

impl Header {
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let endian = endian(bytes).ok_or_else(|| {
            FormatError::Damaged("its first number, the header's size, is neither 348 nor 540".to_owned())
        })?;
        let fields = Fields { bytes, endian };
        let header = match fields.i32(0)? {
            540 => Self::nifti2(&fields)?,
            _ => Self::nifti1(&fields)?,
        };
        match header.dim {
            [1..=7, ..] => Ok(header),
            [axes, ..] => Err(FormatError::Damaged(format!(
                "it has {axes} axes, but 1 to 7 are possible"
            ))),
        }
    }

    fn nifti1(fields: &Fields) -> Result<Self, FormatError> {
        let mark: [u8; 4] = fields.at(344)?;
        let (format, is_single) = match &mark {
            b"n+1\0" => (Format::Nifti1, true),
            b"ni1\0" => (Format::Nifti1, false),
            [b'n', b'+' | b'i', ..] => return Err(wrong_mark(&mark)),
            _ => (Format::Analyze, false),
        };
        let is_nifti = format == Format::Nifti1;
        let f32s = |at| fields.f32(at).map(f64::from);
        let mut pixdim = [0.0; 8];
        let mut dim = [0; 8];
        for (i, (size, length)) in pixdim.iter_mut().zip(&mut dim).enumerate() {
            *size = f32s(76 + 4 * i)?;
            *length = i64::from(fields.i16(40 + 2 * i)?);
        }
        let mut sform = [[0.0; 4]; 3];
        for (i, part) in sform.as_flattened_mut().iter_mut().enumerate() {
            *part = f32s(280 + 4 * i)?;
        }
        let code = |at| fields.i16(at).map(|code| if is_nifti { i64::from(code) } else { 0 });
        Ok(Self {
            format,
            endian: fields.endian,
            is_single,
            dim,
            datatype: i64::from(fields.i16(70)?),
            pixdim,
            offset: f32s(108)?,
            slope: f32s(112)?,
            intercept: f32s(116)?,
            ranges: [
                f32s(124)?,
                f32s(128)?,
                f64::from(fields.i32(140)?),
                f64::from(fields.i32(144)?),
            ],
            units: match is_nifti {
                true => i64::from(fields.at::<1>(123)?[0]),
                false => 0,
            },
            qform_code: code(252)?,
            sform_code: code(254)?,
            quaternion: [f32s(256)?, f32s(260)?, f32s(264)?],
            quaternion_offset: [f32s(268)?, f32s(272)?, f32s(276)?],
            sform,
            origin_voxel: [
                f64::from(fields.i16(253)?),
                f64::from(fields.i16(255)?),
                f64::from(fields.i16(257)?),
            ],
            description: text(&fields.at::<80>(148)?),
        })
    }

    fn nifti2(fields: &Fields) -> Result<Self, FormatError> {
        let mark: [u8; 8] = fields.at(4)?;
        // The four bytes after the name show whether a transfer has changed line ends.
        let is_single = match &mark {
            b"n+2\0\r\n\x1a\n" => true,
            b"ni2\0\r\n\x1a\n" => false,
            _ => return Err(wrong_mark(&mark)),
        };
        let mut pixdim = [0.0; 8];
        let mut dim = [0; 8];
        for (i, (size, length)) in pixdim.iter_mut().zip(&mut dim).enumerate() {
            *size = fields.f64(104 + 8 * i)?;
            *length = fields.i64(16 + 8 * i)?;
        }
        let mut sform = [[0.0; 4]; 3];
        for (i, part) in sform.as_flattened_mut().iter_mut().enumerate() {
            *part = fields.f64(400 + 8 * i)?;
        }
        Ok(Self {
            format: Format::Nifti2,
            endian: fields.endian,
            is_single,
            dim,
            datatype: i64::from(fields.i16(12)?),
            pixdim,
            offset: fields.i64(168)? as f64,
            slope: fields.f64(176)?,
            intercept: fields.f64(184)?,
            ranges: [0.0; 4],
            units: i64::from(fields.i32(500)?),
            qform_code: i64::from(fields.i32(344)?),
            sform_code: i64::from(fields.i32(348)?),
            quaternion: [fields.f64(352)?, fields.f64(360)?, fields.f64(368)?],
            quaternion_offset: [fields.f64(376)?, fields.f64(384)?, fields.f64(392)?],
            sform,
            origin_voxel: [0.0; 3],
            description: text(&fields.at::<80>(240)?),
        })
    }

    /// The number of axes, 1 to 7.
    pub fn axes(&self) -> usize {
        self.dim[0].clamp(1, 7) as usize
    }

    /// Where the voxels of a single file begin at the earliest: after the header and four bytes that announce extensions.
    pub fn smallest_offset(&self) -> f64 {
        if self.format == Format::Nifti2 { 544.0 } else { 352.0 }
    }

    /// Slope and intercept. A slope of 0, or none, means that the stored numbers are the values.
    pub fn scaling(&self) -> Result<(f64, f64), FormatError> {
        let is_stated = self.slope.is_finite() && self.slope != 0.0;
        if self.format != Format::Analyze {
            return match (is_stated, self.intercept.is_finite()) {
                (false, _) => Ok((1.0, 0.0)),
                (true, true) => Ok((self.slope, self.intercept)),
                (true, false) => Err(FormatError::Damaged(format!(
                    "its values are scaled by {} and shifted by {}, which is no number",
                    self.slope, self.intercept
                ))),
            };
        }
        // SPM's uses of unused fields.
        if is_stated {
            let intercept = if self.intercept.is_finite() {
                self.intercept
            } else {
                0.0
            };
            return Ok((self.slope, intercept));
        }
        let [shown_high, shown_low, stored_high, stored_low] = self.ranges;
        let slope = (shown_high - shown_low) / (stored_high - stored_low);
        match slope.is_finite() && slope != 0.0 {
            true => Ok((slope, shown_low - slope * stored_low)),
            false => Ok((1.0, 0.0)),
        }
    }

    /// Millimetres a unit of length; a file that states none is taken to be in millimetres.
    pub fn millimetres(&self) -> f64 {
        match self.units & 7 {
            1 => 1000.0,
            3 => 0.001,
            _ => 1.0,
        }
    }

    /// The distance between frames, with its unit.
    pub fn time_step(&self) -> Option<String> {
        let unit = match self.units & 0x38 {
            8 => "s",
            16 => "ms",
            24 => "us",
            _ => return None,
        };
        let step = self.pixdim[4];
        (step.is_finite() && step > 0.0).then(|| format!("{step} {unit}"))
    }
}

fn wrong_mark(mark: &[u8]) -> FormatError {
    FormatError::Damaged(format!(
        "its mark is \"{}\", which no version of NIfTI has; a transfer as text may have changed it. Fetch it again as binary",
        mark.escape_ascii()
    ))
}

/// What stands before the first zero byte, where it is readable.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let text = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    text.trim().chars().filter(|c| !c.is_control()).collect()
}

struct Fields<'a> {
    bytes: &'a [u8],
    endian: Endian,
}

macro_rules! number {
    ($name:ident) => {
        fn $name(&self, at: usize) -> Result<$name, FormatError> {
            let bytes = self.at(at)?;
            Ok(match self.endian {
                Endian::Little => $name::from_le_bytes(bytes),
                Endian::Big => $name::from_be_bytes(bytes),
            })
        }
    };
}

impl Fields<'_> {
    fn at<const N: usize>(&self, at: usize) -> Result<[u8; N], FormatError> {
        let found = self.bytes.get(at..).and_then(|rest| rest.first_chunk());
        found.copied().ok_or(FormatError::Truncated {
            what: "its header",
            expected: (at + N) as u64,
            found: self.bytes.len() as u64,
        })
    }

    number!(i16);
    number!(i32);
    number!(i64);
    number!(f32);
    number!(f64);
}

//! Numbers as a file stores them.

use std::fmt;

use rayon::prelude::*;

/// Numbers from which on another thread saves time.
const WORTH_A_THREAD: usize = 1 << 18;

/// The stored numbers of a file, in the type that the file has.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Samples {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// The type of a stored number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum SampleType {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

/// Which byte of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endian {
    /// The lowest.
    Little,
    /// The highest.
    Big,
}

impl SampleType {
    /// Bytes a number.
    pub fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// Whether it holds whole numbers only.
    pub fn is_whole(self) -> bool {
        !matches!(self, Self::F32 | Self::F64)
    }
}

impl fmt::Display for SampleType {
    /// As numpy calls it: `uint8`, `float32`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::U16 => "uint16",
            Self::I16 => "int16",
            Self::U32 => "uint32",
            Self::I32 => "int32",
            Self::U64 => "uint64",
            Self::I64 => "int64",
            Self::F32 => "float32",
            Self::F64 => "float64",
        })
    }
}

/// Does the same with the numbers of whatever type.
macro_rules! each {
    ($samples:expr, $values:ident => $result:expr) => {
        match $samples {
            Samples::U8($values) => $result,
            Samples::I8($values) => $result,
            Samples::U16($values) => $result,
            Samples::I16($values) => $result,
            Samples::U32($values) => $result,
            Samples::I32($values) => $result,
            Samples::U64($values) => $result,
            Samples::I64($values) => $result,
            Samples::F32($values) => $result,
            Samples::F64($values) => $result,
        }
    };
}

impl Samples {
    /// From bytes; an incomplete last number is left out.
    pub fn from_bytes(bytes: &[u8], kind: SampleType, endian: Endian) -> Self {
        macro_rules! decode {
            ($kind:ty) => {{
                let (numbers, _) = bytes.as_chunks();
                match endian {
                    Endian::Little => numbers
                        .iter()
                        .map(|&number| <$kind>::from_le_bytes(number))
                        .collect(),
                    Endian::Big => numbers
                        .iter()
                        .map(|&number| <$kind>::from_be_bytes(number))
                        .collect(),
                }
            }};
        }
        match kind {
            SampleType::U8 => Self::U8(bytes.to_vec()),
            SampleType::I8 => Self::I8(decode!(i8)),
            SampleType::U16 => Self::U16(decode!(u16)),
            SampleType::I16 => Self::I16(decode!(i16)),
            SampleType::U32 => Self::U32(decode!(u32)),
            SampleType::I32 => Self::I32(decode!(i32)),
            SampleType::U64 => Self::U64(decode!(u64)),
            SampleType::I64 => Self::I64(decode!(i64)),
            SampleType::F32 => Self::F32(decode!(f32)),
            SampleType::F64 => Self::F64(decode!(f64)),
        }
    }

    /// How many numbers.
    pub fn len(&self) -> usize {
        each!(self, values => values.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their type.
    pub fn kind(&self) -> SampleType {
        match self {
            Self::U8(_) => SampleType::U8,
            Self::I8(_) => SampleType::I8,
            Self::U16(_) => SampleType::U16,
            Self::I16(_) => SampleType::I16,
            Self::U32(_) => SampleType::U32,
            Self::I32(_) => SampleType::I32,
            Self::U64(_) => SampleType::U64,
            Self::I64(_) => SampleType::I64,
            Self::F32(_) => SampleType::F32,
            Self::F64(_) => SampleType::F64,
        }
    }

    /// The same numbers in another order: the new place `i` holds the old number `source(i)`.
    ///
    /// # Panics
    /// If a source lies outside.
    pub fn reordered(&self, count: usize, source: impl Fn(usize) -> usize) -> Self {
        macro_rules! reorder {
            ($($variant:ident)*) => {
                match self {
                    $(Self::$variant(values) => Self::$variant((0..count).map(|i| values[source(i)]).collect()),)*
                }
            };
        }
        reorder!(U8 I8 U16 I16 U32 I32 U64 I64 F32 F64)
    }

    /// The numbers of a file whose axes lie otherwise: `shape` is that of [`Decoded`](super::Decoded), and `strides` says how many
    /// numbers apart the file stores neighbours along each of its axes. Nothing is copied where they lie in order already.
    ///
    /// # Panics
    /// If the strides lead outside.
    pub(super) fn in_order(self, shape: [usize; 5], strides: [usize; 5]) -> Self {
        let mut step = 1;
        let lies_in_order = (0..5).rev().all(|axis| {
            let fits = shape[axis] <= 1 || strides[axis] == step;
            step *= shape[axis];
            fits
        });
        if lies_in_order {
            return self;
        }
        let [frames, channels, depth, height, width] = shape;
        macro_rules! gather {
            ($($variant:ident)*) => {
                match self {
                    $(Self::$variant(values) => {
                        let mut ordered = Vec::with_capacity(values.len());
                        for frame in 0..frames {
                            for channel in 0..channels {
                                for slice in 0..depth {
                                    for row in 0..height {
                                        let at = [frame, channel, slice, row];
                                        let start: usize = at.iter().zip(strides).map(|(place, stride)| place * stride).sum();
                                        ordered.extend((0..width).map(|column| values[start + column * strides[4]]));
                                    }
                                }
                            }
                        }
                        Self::$variant(ordered)
                    })*
                }
            };
        }
        gather!(U8 I8 U16 I16 U32 I32 U64 I64 F32 F64)
    }

    /// `slope * stored + intercept` of each, computed in double precision.
    #[allow(clippy::unnecessary_cast, reason = "needed for all types but one")]
    pub fn scaled(&self, slope: f64, intercept: f64) -> Vec<f32> {
        match (slope, intercept, self) {
            (1.0, 0.0, Self::F32(values)) => values.clone(),
            _ => each!(self, values => values
                .par_iter()
                .with_min_len(WORTH_A_THREAD)
                .map(|&value| (slope * value as f64 + intercept) as f32)
                .collect()),
        }
    }

    /// Each number, whole ones exactly up to 2^53.
    #[allow(clippy::unnecessary_cast, reason = "needed for all types but one")]
    pub fn each_as_f64(&self, mut visit: impl FnMut(f64)) {
        each!(self, values => values.iter().for_each(|&value| visit(value as f64)));
    }

    /// Number `i`.
    ///
    /// # Panics
    /// If there is none.
    #[allow(clippy::unnecessary_cast, reason = "needed for all types but one")]
    pub fn get(&self, i: usize) -> f64 {
        each!(self, values => values[i] as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_either_order_become_numbers() {
        let little = Samples::from_bytes(&[1, 0, 255, 255, 9], SampleType::I16, Endian::Little);
        assert_eq!(little, Samples::I16(vec![1, -1]));
        let big = Samples::from_bytes(&[0x3f, 0x80, 0, 0], SampleType::F32, Endian::Big);
        assert_eq!(big, Samples::F32(vec![1.0]));
    }

    #[test]
    fn colours_of_a_pixel_side_by_side_become_one_channel_after_another() {
        let file = Samples::U8((0..12).collect());
        let ordered = file.clone().in_order([1, 3, 1, 2, 2], [12, 1, 12, 6, 3]);
        assert_eq!(ordered, Samples::U8(vec![0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]));
        assert_eq!(file.clone().in_order([1, 3, 1, 2, 2], [0, 4, 7, 2, 1]), file);
    }

    #[test]
    fn scaling_is_computed_in_double_precision() {
        let samples = Samples::I32(vec![16_777_217]);
        assert_eq!(samples.scaled(1.0, -16_777_216.0), [1.0]);
        assert_eq!(samples.get(0), 16_777_217.0);
        assert_eq!(samples.reordered(2, |_| 0), Samples::I32(vec![16_777_217; 2]));
    }
}

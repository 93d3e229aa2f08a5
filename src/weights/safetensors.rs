//! The safetensors format: the header's length (8 bytes), the header (JSON), the values.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::disk;
use super::error::WeightsError;
use super::set::{Array, Weights};

const FORMAT: &str = "safetensors";
const REMEDY: &str = "Give a file that save_weights or another safetensors library wrote, or use load_pytorch_unet for \
                      .pth files";

pub(super) fn write(weights: &Weights, file: &Path) -> Result<(), WeightsError> {
    let mut header = Map::new();
    header.insert("__metadata__".to_owned(), json!(weights.metadata));
    let mut offset = 0;
    for (name, array) in &weights.arrays {
        let end = offset + 4 * array.values.len();
        let entry = json!({"dtype": "F32", "shape": array.shape, "data_offsets": [offset, end]});
        header.insert(name.clone(), entry);
        offset = end;
    }
    let mut header = Value::Object(header).to_string();
    // Values start at a multiple of 8.
    header.extend(std::iter::repeat_n(
        ' ',
        header.len().next_multiple_of(8) - header.len(),
    ));
    disk::write(file, |out: &mut dyn Write| {
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(header.as_bytes())?;
        for array in weights.arrays.values() {
            for value in &array.values {
                out.write_all(&value.to_le_bytes())?;
            }
        }
        Ok(())
    })
}

pub(super) fn read(file: &Path) -> Result<Weights, WeightsError> {
    let bytes = disk::read(file)?;
    let foreign = |problem: String| WeightsError::Foreign {
        file: file.to_owned(),
        format: FORMAT,
        problem,
        remedy: REMEDY,
    };
    let truncated = |expected: u64| WeightsError::Truncated {
        file: file.to_owned(),
        expected,
        found: bytes.len() as u64,
    };
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(foreign(format!("it has {} bytes, fewer than a header", bytes.len())));
    };
    let length = u64::from_le_bytes(*length);
    if !rest.is_empty() && rest[0] != b'{' {
        return Err(foreign("it does not begin with a header".to_owned()));
    }
    if length > 100_000_000 {
        return Err(foreign(format!("its header would have {length} bytes")));
    }
    let Some((header, values)) = rest.split_at_checked(length as usize) else {
        return Err(truncated(8 + length));
    };
    let header: Map<String, Value> =
        serde_json::from_slice(header).map_err(|e| foreign(format!("its header is not JSON: {e}")))?;
    let mut weights = Weights::empty(file);
    for (name, entry) in header {
        if name == "__metadata__" {
            weights.metadata = texts(&entry);
            continue;
        }
        let entry = Entry::read(&entry).ok_or_else(|| foreign(format!("its header does not describe {name}")))?;
        let Some(values) = values.get(entry.start..entry.end) else {
            return Err(truncated(8 + length + entry.end as u64));
        };
        let values = numbers(values, &entry.kind).ok_or_else(|| {
            foreign(format!(
                "{name} holds values of type {}, which are not read",
                entry.kind
            ))
        })?;
        if Some(values.len()) != entry.count {
            let problem = format!("{name} has {} values for the shape {:?}", values.len(), entry.shape);
            return Err(foreign(problem));
        }
        let array = Array {
            shape: entry.shape,
            values,
        };
        weights.arrays.insert(name, array);
    }
    Ok(weights)
}

fn texts(entry: &Value) -> BTreeMap<String, String> {
    let pairs = entry.as_object().into_iter().flatten();
    pairs
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// What a header says about a tensor.
struct Entry {
    kind: String,
    shape: Vec<usize>,
    count: Option<usize>,
    start: usize,
    end: usize,
}

impl Entry {
    fn read(entry: &Value) -> Option<Self> {
        let list = |key: &str| -> Option<Vec<usize>> {
            let values = entry.get(key)?.as_array()?;
            values.iter().map(|v| v.as_u64().map(|v| v as usize)).collect()
        };
        let shape = list("shape")?;
        let [start, end] = list("data_offsets")?.try_into().ok()?;
        (start <= end).then_some(())?;
        Some(Self {
            kind: entry.get("dtype")?.as_str()?.to_owned(),
            count: shape.iter().try_fold(1usize, |n, &side| n.checked_mul(side)),
            shape,
            start,
            end,
        })
    }
}

/// Little-endian values of a type as single-precision numbers; none for a type that is not known.
pub(super) fn numbers(bytes: &[u8], kind: &str) -> Option<Vec<f32>> {
    fn each<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Option<Vec<f32>> {
        let (chunks, rest) = bytes.as_chunks::<N>();
        rest.is_empty()
            .then(|| chunks.iter().map(|&chunk| number(chunk)).collect())
    }
    match kind {
        "F32" => each(bytes, f32::from_le_bytes),
        "F64" => each(bytes, |b| f64::from_le_bytes(b) as f32),
        "F16" => each(bytes, |b| half(u16::from_le_bytes(b))),
        "BF16" => each(bytes, |b| f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16)),
        "I64" => each(bytes, |b| i64::from_le_bytes(b) as f32),
        "I32" => each(bytes, |b| i32::from_le_bytes(b) as f32),
        "U8" | "BOOL" => each(bytes, |[b]: [u8; 1]| f32::from(b)),
        _ => None,
    }
}

/// IEEE 754 half precision: 1 bit of sign, 5 of exponent, 10 of fraction.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f32::from(bits & 0x3ff) / 1024.0;
    sign * match (bits >> 10) & 0x1f {
        0 => fraction * 2f32.powi(-14),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        exponent => (1.0 + fraction) * 2f32.powi(i32::from(exponent) - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision() {
        for (bits, expected) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(half(bits), expected);
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn values_that_do_not_fill_their_bytes_are_refused() {
        assert_eq!(numbers(&[0, 0, 128, 63, 0], "F32"), None);
        assert_eq!(numbers(&[0, 0, 128, 63], "F32"), Some(vec![1.0]));
        assert_eq!(numbers(&[128, 63], "BF16"), Some(vec![1.0]));
        assert_eq!(numbers(&[0], "Q4"), None);
    }
}

//! The safetensors format: the header's length (8 bytes), the header (JSON), the values.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use ::safetensors::SafeTensors;
use ::safetensors::tensor::{Metadata, TensorView};
use burn::tensor::{bf16, f16};
use serde_json::{Map, Value, json};

use super::disk;
use super::error::WeightsError;
use super::set::{Array, Weights};

const FORMAT: &str = "safetensors";
/// Bytes of the header's length.
const LENGTH: usize = 8;
const LONGEST_HEADER: u64 = 100_000_000;
const REMEDY: &str = "Give a file that save_weights or another safetensors library wrote, or use load_pytorch_unet for \
                      .pth files";

/// Written by hand: the crate `safetensors` puts the metadata in another order in each run.
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
    let problem = match SafeTensors::deserialize(&bytes) {
        Ok(tensors) => match arrays(&tensors) {
            Ok(arrays) => {
                return Ok(Weights {
                    arrays,
                    metadata: metadata(&bytes),
                    ..Weights::empty(file)
                });
            }
            Err(problem) => problem,
        },
        Err(_) if bytes.len() < LENGTH => format!("it has {} bytes, fewer than a header", bytes.len()),
        Err(error) => match promised(&bytes) {
            Some(expected) if expected > bytes.len() as u64 => {
                return Err(WeightsError::Truncated {
                    file: file.to_owned(),
                    expected,
                    found: bytes.len() as u64,
                });
            }
            _ => format!("its header is wrong ({error})"),
        },
    };
    Err(WeightsError::Foreign {
        file: file.to_owned(),
        format: FORMAT,
        problem,
        remedy: REMEDY,
    })
}

fn arrays(tensors: &SafeTensors) -> Result<BTreeMap<String, Array>, String> {
    let array = |(name, view): (&str, TensorView)| {
        let values = numbers(view.data(), &view.dtype().to_string())
            .ok_or_else(|| format!("{name} holds values of type {}, which are not read", view.dtype()))?;
        let shape = view.shape().to_vec();
        Ok((name.to_owned(), Array { shape, values }))
    };
    tensors.iter().map(array).collect()
}

fn metadata(bytes: &[u8]) -> BTreeMap<String, String> {
    let header = SafeTensors::read_metadata(bytes);
    let texts = header.ok().and_then(|(_, header)| header.metadata().clone());
    texts.into_iter().flatten().collect()
}

/// How long a file with this header should be; none where that cannot be said.
fn promised(bytes: &[u8]) -> Option<u64> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH>()?;
    let length = u64::from_le_bytes(*length);
    if length > LONGEST_HEADER || rest.first().is_some_and(|&first| first != b'{') {
        return None;
    }
    let header_end = LENGTH as u64 + length;
    match rest.get(..usize::try_from(length).ok()?) {
        None => Some(header_end),
        Some(header) => {
            let header: Metadata = serde_json::from_slice(header).ok()?;
            header_end.checked_add(header.data_len() as u64)
        }
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
        "F16" => each(bytes, |b| f16::from_le_bytes(b).to_f32()),
        "BF16" => each(bytes, |b| bf16::from_le_bytes(b).to_f32()),
        "I64" => each(bytes, |b| i64::from_le_bytes(b) as f32),
        "I32" => each(bytes, |b| i32::from_le_bytes(b) as f32),
        "U8" | "BOOL" => each(bytes, |[b]: [u8; 1]| f32::from(b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision() {
        for (bits, expected) in [
            (0x3c00_u16, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(numbers(&bits.to_le_bytes(), "F16"), Some(vec![expected]));
        }
    }

    #[test]
    fn values_that_do_not_fill_their_bytes_are_refused() {
        assert_eq!(numbers(&[0, 0, 128, 63, 0], "F32"), None);
        assert_eq!(numbers(&[0, 0, 128, 63], "F32"), Some(vec![1.0]));
        assert_eq!(numbers(&[128, 63], "BF16"), Some(vec![1.0]));
        assert_eq!(numbers(&[0], "Q4"), None);
    }

    #[test]
    fn the_same_weights_give_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let mut weights = Weights::empty(Path::new(""));
        for i in 0..9 {
            weights.metadata.insert(format!("key {i}"), "text".to_owned());
        }
        let shape = vec![1];
        weights.arrays.insert(
            "a".to_owned(),
            Array {
                shape,
                values: vec![2.5],
            },
        );
        let bytes = [0, 1].map(|i| {
            let file = folder.path().join(i.to_string());
            write(&weights, &file).unwrap();
            std::fs::read(file).unwrap()
        });
        assert_eq!(bytes[0], bytes[1]);
        assert_eq!(read(&folder.path().join("0")).unwrap().arrays, weights.arrays);
        assert_eq!(read(&folder.path().join("0")).unwrap().metadata, weights.metadata);
    }
}

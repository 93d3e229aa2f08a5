//! What PyTorch wrote before version 1.6: pickles one behind the other, then the blocks of values.

use std::collections::BTreeMap;

use super::pickle::{self, Object};

/// The number that such a file begins with, as a pickle.
const MAGIC: &[u8] = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";

pub(super) fn is_legacy(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The object and its blocks of values, with the length of each in front (8 bytes).
pub(super) fn read(bytes: &[u8]) -> Result<(Object, BTreeMap<String, &[u8]>), String> {
    let mut rest = &bytes[MAGIC.len()..];
    // The protocol's version and the system's byte order.
    for _ in 0..2 {
        pickle::read(&mut rest)?;
    }
    let object = pickle::read(&mut rest)?;
    let keys = pickle::read(&mut rest)?;
    let mut kinds = BTreeMap::new();
    collect_kinds(&object, &mut kinds);
    let mut blocks = BTreeMap::new();
    for key in keys.items() {
        let key = key.text().ok_or("its list of values is damaged")?;
        let (count, after) = rest.split_first_chunk::<8>().ok_or("it ends too early")?;
        let width = match kinds.get(&key).copied() {
            Some("F64" | "I64") => 8,
            Some("F16" | "BF16") => 2,
            Some("U8" | "BOOL") => 1,
            Some(_) => 4,
            None => return Err("it holds values that nothing refers to".to_owned()),
        };
        let length = usize::try_from(u64::from_le_bytes(*count)).ok();
        let length = length.and_then(|count| count.checked_mul(width));
        let (block, after) = length
            .and_then(|length| after.split_at_checked(length))
            .ok_or("it ends before its values do: it was not copied to its end")?;
        blocks.insert(key, block);
        rest = after;
    }
    Ok((object, blocks))
}

fn collect_kinds(object: &Object, kinds: &mut BTreeMap<String, &'static str>) {
    if let Object::Tensor(tensor) = object {
        kinds.insert(tensor.storage.key.clone(), tensor.storage.kind);
    }
    for (_, value) in object.pairs() {
        collect_kinds(&value, kinds);
    }
}

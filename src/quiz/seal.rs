//! How answers are kept out of plain sight.
//!
//! A bank holds a salted 64-bit digest of each answer, and the explanation scrambled with a key made from the answer.
//! That keeps an honest reader from seeing an answer by accident, in the file, on GitHub or in a search. It protects
//! nothing else: the few possible answers to a question are tried in no time, and this code says how.

use crate::plot::{base64_decode, base64_encode};

const SALT: &str = "unet-lab quiz 1";

/// The digest of an answer in its plain form, as banks store it. `id` is the unit and the number, such as `training/3`.
pub(super) fn digest(id: &str, plain: &str) -> String {
    format!("{:016x}", hash("answer", id, plain))
}

/// Scrambles a text so that only the answer makes it readable.
pub(super) fn seal(id: &str, plain: &str, text: &str) -> String {
    base64_encode(&scrambled(id, plain, text.as_bytes()))
}

/// The text again, or `None` when the answer is not the right one or the text is damaged.
pub(super) fn unseal(id: &str, plain: &str, sealed: &str) -> Option<String> {
    String::from_utf8(scrambled(id, plain, &base64_decode(sealed)?)).ok()
}

fn scrambled(id: &str, plain: &str, bytes: &[u8]) -> Vec<u8> {
    let mut key = hash("text", id, plain);
    let mut out = Vec::with_capacity(bytes.len());
    for block in bytes.chunks(8) {
        key = stir(key);
        out.extend(block.iter().zip(key.to_le_bytes()).map(|(b, k)| b ^ k));
    }
    out
}

/// FNV-1a of purpose, question and answer, stirred.
fn hash(purpose: &str, id: &str, plain: &str) -> u64 {
    let bytes = format!("{SALT}|{purpose}|{id}|{plain}").into_bytes();
    stir(bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, &b| {
        (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
    }))
}

/// One step of SplitMix64.
fn stir(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_opens_a_text() {
        let sealed = seal("u/1", "b", "Because of this: ü.");
        assert!(!sealed.contains("Because"));
        assert_eq!(unseal("u/1", "b", &sealed).as_deref(), Some("Because of this: ü."));
        assert_ne!(unseal("u/1", "a", &sealed).as_deref(), Some("Because of this: ü."));
        assert_ne!(unseal("u/2", "b", &sealed).as_deref(), Some("Because of this: ü."));
        assert_eq!(unseal("u/1", "b", "%%%"), None);
    }

    /// Stored digests depend on this number: it must never change.
    #[test]
    fn digests_never_change() {
        assert_eq!(digest("u/1", "b"), "51db34fe0679a79b");
        assert_ne!(digest("u/1", "b"), digest("u/1", "a"));
        assert_ne!(digest("u/1", "b"), digest("u/2", "b"));
    }
}

//! Elements to be written.

use dicom_core::smallvec::SmallVec;
use dicom_core::value::{DataSetSequence, PrimitiveValue};
use dicom_core::{DataElement, Length, Tag, VR};
use dicom_object::InMemDicomObject;
use rand::{Rng, RngExt};

use super::seg::Code;
use dicom_dictionary_std::tags;

/// Characters of a decimal string at most (PS3.5 section 6.2).
const DECIMAL: usize = 16;

/// An object under construction.
pub(super) trait Elements: Sized {
    fn with(self, tag: Tag, vr: VR, value: PrimitiveValue) -> Self;
    fn with_items(self, tag: Tag, items: Vec<InMemDicomObject>) -> Self;

    fn with_text(self, tag: Tag, vr: VR, text: &str) -> Self {
        self.with(tag, vr, text.into())
    }

    fn with_number(self, tag: Tag, number: u16) -> Self {
        self.with(tag, VR::US, PrimitiveValue::U16([number].into_iter().collect()))
    }

    fn with_decimals(self, tag: Tag, numbers: &[f64]) -> Self {
        let texts: SmallVec<[String; 2]> = numbers.iter().map(|&number| decimal(number)).collect();
        self.with(tag, VR::DS, PrimitiveValue::Strs(texts))
    }

    fn with_code(self, tag: Tag, code: &Code) -> Self {
        let item = InMemDicomObject::new_empty()
            .with_text(tags::CODE_VALUE, VR::SH, &code.value)
            .with_text(tags::CODING_SCHEME_DESIGNATOR, VR::SH, &code.scheme)
            .with_text(tags::CODE_MEANING, VR::LO, &code.meaning);
        self.with_items(tag, vec![item])
    }
}

impl Elements for InMemDicomObject {
    fn with(mut self, tag: Tag, vr: VR, value: PrimitiveValue) -> Self {
        self.put(DataElement::new(tag, vr, value));
        self
    }

    fn with_items(mut self, tag: Tag, items: Vec<InMemDicomObject>) -> Self {
        self.put(DataElement::new(
            tag,
            VR::SQ,
            DataSetSequence::new(items, Length::UNDEFINED),
        ));
        self
    }
}

/// A UID under 2.25 from 128 random bits (PS3.5 section B.2).
pub(super) fn uid(source: &mut impl Rng) -> String {
    // The version and variant of a random UUID.
    let random: u128 = source.random();
    let bits = random & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    format!("2.25.{bits}")
}

/// The number with as many digits as a decimal string holds.
fn decimal(number: f64) -> String {
    let plain = number.to_string();
    if plain.len() <= DECIMAL {
        return plain;
    }
    let error = |text: &String| text.parse().map_or(f64::INFINITY, |read: f64| (read - number).abs());
    (0..DECIMAL)
        .flat_map(|digits| [format!("{number:.digits$}"), format!("{number:.digits$e}")])
        .filter(|text| text.len() <= DECIMAL)
        .min_by(|a, b| error(a).total_cmp(&error(b)))
        .unwrap_or_else(|| "0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_string_has_at_most_16_characters_and_the_best_digits() {
        assert_eq!(decimal(-158.135803), "-158.135803");
        assert_eq!(decimal(1.0 / 3.0), "0.33333333333333");
        for number in [1e-300, -1.0 / 3e7, 123_456_789.123_456_79, f64::MAX, -0.1 - 0.2] {
            let text = decimal(number);
            let back: f64 = text.parse().unwrap();
            assert!(
                text.len() <= DECIMAL && (back / number - 1.0).abs() < 1e-6,
                "{number}: {text}"
            );
        }
    }
}

//! What a student may answer with, and how it is compared.

use super::bank::Kind;

/// An answer before it is known what the question asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// `"b"`, or a number or shape in quotes.
    Text(String),
    /// `16` or `0.8`.
    Number(f64),
    /// `true` or `false`.
    Truth(bool),
    /// `[1024, 16, 16]`.
    Shape(Vec<i64>),
}

/// Whatever can be written as an answer: text, numbers, `true`, `false`, and shapes such as `[1024, 16, 16]`.
pub trait IntoAnswer {
    /// The answer.
    fn into_answer(self) -> Answer;
}

impl IntoAnswer for &str {
    fn into_answer(self) -> Answer {
        Answer::Text(self.into())
    }
}

impl IntoAnswer for String {
    fn into_answer(self) -> Answer {
        Answer::Text(self)
    }
}

impl IntoAnswer for char {
    fn into_answer(self) -> Answer {
        Answer::Text(self.into())
    }
}

impl IntoAnswer for bool {
    fn into_answer(self) -> Answer {
        Answer::Truth(self)
    }
}

impl IntoAnswer for f64 {
    fn into_answer(self) -> Answer {
        Answer::Number(self)
    }
}

impl IntoAnswer for f32 {
    fn into_answer(self) -> Answer {
        Answer::Number(self.into())
    }
}

impl IntoAnswer for i32 {
    fn into_answer(self) -> Answer {
        Answer::Number(self.into())
    }
}

impl IntoAnswer for u32 {
    fn into_answer(self) -> Answer {
        Answer::Number(self.into())
    }
}

impl IntoAnswer for i64 {
    fn into_answer(self) -> Answer {
        Answer::Number(self as f64)
    }
}

impl IntoAnswer for u64 {
    fn into_answer(self) -> Answer {
        Answer::Number(self as f64)
    }
}

impl IntoAnswer for usize {
    fn into_answer(self) -> Answer {
        Answer::Number(self as f64)
    }
}

impl<const N: usize> IntoAnswer for [i32; N] {
    fn into_answer(self) -> Answer {
        Answer::Shape(self.iter().map(|&n| n.into()).collect())
    }
}

impl<const N: usize> IntoAnswer for [usize; N] {
    fn into_answer(self) -> Answer {
        Answer::Shape(self.iter().map(|&n| n as i64).collect())
    }
}

impl IntoAnswer for Vec<usize> {
    fn into_answer(self) -> Answer {
        Answer::Shape(self.iter().map(|&n| n as i64).collect())
    }
}

impl IntoAnswer for Answer {
    fn into_answer(self) -> Answer {
        self
    }
}

impl Answer {
    /// Whether nothing was answered: an empty text, or the dots of the template.
    pub(super) fn is_empty(&self) -> bool {
        let dots = |c: char| c.is_whitespace() || "._?…".contains(c);
        matches!(self, Self::Text(text) if text.trim_matches(dots).is_empty())
    }

    /// The plain forms under which a bank may have stored this answer, or what kind of answer is wanted instead.
    /// A number within the tolerance of the stored one has it among its two forms.
    pub(super) fn plain_forms(&self, kind: &Kind) -> Result<Vec<String>, &'static str> {
        match kind {
            Kind::Choice { options } => {
                let letter = match self {
                    Self::Text(text) => text.trim().trim_end_matches([')', '.']).to_lowercase(),
                    _ => String::new(),
                };
                let known =
                    letter.len() == 1 && letter.bytes().all(|b| (b'a'..b'a' + options.len() as u8).contains(&b));
                if known {
                    Ok(vec![letter])
                } else {
                    Err("one of the letters, in quotes")
                }
            }
            Kind::Truth => match self {
                Self::Truth(value) => Ok(vec![value.to_string()]),
                Self::Text(text) if ["true", "false"].contains(&text.trim()) => Ok(vec![text.trim().into()]),
                _ => Err("true or false"),
            },
            Kind::Number { tolerance, .. } => {
                let number = match self {
                    Self::Number(number) => Some(*number),
                    Self::Text(text) => text.trim().replace(['_', ' '], "").parse().ok(),
                    Self::Truth(_) | Self::Shape(_) => None,
                };
                let number = number.filter(|n| n.is_finite()).ok_or("a number")?;
                Ok(match tolerance {
                    Some(step) => vec![whole((number / step).floor()), whole((number / step).ceil())],
                    None => vec![whole(number)],
                })
            }
            Kind::Shape => {
                let sides = match self {
                    Self::Shape(sides) => Some(sides.clone()),
                    Self::Text(text) => text
                        .trim_matches(['[', ']', '(', ')', ' '])
                        .split(['x', ',', '×'])
                        .map(|s| s.trim().parse().ok())
                        .collect(),
                    Self::Number(_) | Self::Truth(_) => None,
                };
                let sides = sides.filter(|s| !s.is_empty()).ok_or("a shape, such as [1, 2, 3]")?;
                Ok(vec![sides.iter().map(i64::to_string).collect::<Vec<_>>().join("x")])
            }
        }
    }

    /// The plain form of a right answer, for authors: the whole step nearest to a number.
    pub(super) fn stored_form(&self, kind: &Kind) -> Result<String, &'static str> {
        let rounded = match (self, kind) {
            (
                Self::Number(number),
                Kind::Number {
                    tolerance: Some(step), ..
                },
            ) => return Ok(whole((number / step).round())),
            _ => self.plain_forms(kind)?,
        };
        rounded.into_iter().next().ok_or("an answer")
    }
}

/// A whole number without a point; any other as it is. Minus zero is zero.
fn whole(number: f64) -> String {
    format!("{}", number + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(answer: impl IntoAnswer, kind: &Kind) -> Result<Vec<String>, &'static str> {
        answer.into_answer().plain_forms(kind)
    }

    #[test]
    fn a_letter_in_any_dress() {
        let kind = Kind::Choice {
            options: vec!["x".into(), "y".into()],
        };
        for answer in ["b", "B", " b) ", "b."] {
            assert_eq!(forms(answer, &kind), Ok(vec!["b".into()]));
        }
        assert_eq!(forms('b', &kind), Ok(vec!["b".into()]));
        assert_eq!(forms("c", &kind), Err("one of the letters, in quotes"));
        assert_eq!(forms(2, &kind), Err("one of the letters, in quotes"));
    }

    #[test]
    fn numbers_of_all_types_and_in_text() {
        let exact = Kind::Number {
            tolerance: None,
            unit: None,
        };
        for plain in [
            forms(16, &exact),
            forms(16usize, &exact),
            forms(16.0, &exact),
            forms("16", &exact),
            forms(16f32, &exact),
        ] {
            assert_eq!(plain, Ok(vec!["16".into()]));
        }
        assert_eq!(forms("31_031_745", &exact), forms(31_031_745, &exact));
        assert_eq!(forms(-0.0, &exact), Ok(vec!["0".into()]));
        assert_eq!(forms("many", &exact), Err("a number"));
        assert_eq!(forms(f64::NAN, &exact), Err("a number"));
    }

    #[test]
    fn a_tolerance_accepts_its_neighbourhood() {
        let kind = Kind::Number {
            tolerance: Some(0.01),
            unit: None,
        };
        let stored = 0.667.into_answer().stored_form(&kind).unwrap();
        let accepts = |v: f64| forms(v, &kind).unwrap().contains(&stored);
        assert!([0.67, 0.667, 2.0 / 3.0, 0.6701, 0.6650].into_iter().all(accepts));
        assert!(![0.65, 0.69, 0.5, 66.7].into_iter().any(accepts));
    }

    #[test]
    fn shapes_as_arrays_and_as_text() {
        for plain in [
            forms([4, 2, 3], &Kind::Shape),
            forms([4usize, 2, 3], &Kind::Shape),
            forms("4 x 2 x 3", &Kind::Shape),
            forms("[4, 2, 3]", &Kind::Shape),
        ] {
            assert_eq!(plain, Ok(vec!["4x2x3".into()]));
        }
        assert_eq!(forms(4, &Kind::Shape), Err("a shape, such as [1, 2, 3]"));
        assert_eq!(forms("4 x two", &Kind::Shape), Err("a shape, such as [1, 2, 3]"));
    }

    #[test]
    fn nothing_is_no_answer() {
        for nothing in ["", "  ", "...", "…", "?", "_"] {
            assert!(nothing.into_answer().is_empty());
        }
        assert!(!"b".into_answer().is_empty() && !0.into_answer().is_empty() && !false.into_answer().is_empty());
    }
}

//! The banks of questions: JSON files in `quizzes/`, one a unit, built into the library.

use super::answer::Answer;
use super::seal::{digest, unseal};
use serde::Deserialize;
use std::sync::OnceLock;

const FILES: [&str; 2] = [
    include_str!("../../quizzes/architecture.json"),
    include_str!("../../quizzes/training.json"),
];

/// The questions of one unit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bank {
    pub unit: String,
    pub title: String,
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Question {
    pub number: usize,
    pub prompt: String,
    #[serde(flatten)]
    pub kind: Kind,
    /// From a nudge to a strong push; none of them the answer.
    pub hints: Vec<String>,
    pub digest: String,
    pub explanation: String,
}

/// What a question asks for.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Kind {
    Choice {
        options: Vec<String>,
    },
    Truth,
    Number {
        tolerance: Option<f64>,
        unit: Option<String>,
    },
    Shape,
}

/// How an answer was.
pub(super) enum Verdict {
    /// With the explanation.
    Right(String),
    Wrong,
    /// Not an answer to this question; what it wants.
    NoAnswer(&'static str),
}

impl Question {
    pub fn id(&self, unit: &str) -> String {
        format!("{unit}/{}", self.number)
    }

    pub fn judge(&self, unit: &str, answer: &Answer) -> Verdict {
        let id = self.id(unit);
        match answer.plain_forms(&self.kind) {
            Err(wanted) => Verdict::NoAnswer(wanted),
            Ok(forms) => match forms.iter().find(|plain| digest(&id, plain) == self.digest) {
                Some(plain) => Verdict::Right(unseal(&id, plain, &self.explanation).unwrap_or_default()),
                None => Verdict::Wrong,
            },
        }
    }
}

/// All banks, in the order of the units.
pub(super) fn banks() -> &'static [Bank] {
    static BANKS: OnceLock<Vec<Bank>> = OnceLock::new();
    // A test reads every bank, so that no damaged one is ever built in.
    BANKS.get_or_init(|| {
        FILES
            .iter()
            .filter_map(|text| serde_json::from_str(text).ok())
            .collect()
    })
}

/// A question, or a sentence that says which ones there are.
pub(super) fn find(unit: &str, number: usize) -> Result<(&'static Bank, &'static Question), String> {
    let Some(bank) = banks().iter().find(|b| b.unit == unit) else {
        let units: Vec<String> = banks().iter().map(|b| format!("{:?}", b.unit)).collect();
        return Err(format!(
            "There is no unit {unit:?}. The units with questions are {}.",
            units.join(", ")
        ));
    };
    match bank.questions.iter().find(|q| q.number == number) {
        Some(question) => Ok((bank, question)),
        None => Err(format!(
            "Unit {unit:?} has no question {number}: its questions are 1 to {}.",
            bank.questions.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that could be answered, as far as it is worth trying.
    fn candidates(kind: &Kind) -> Vec<String> {
        match kind {
            Kind::Choice { options } => (0..options.len())
                .map(|i| char::from(b'a' + i as u8).to_string())
                .collect(),
            Kind::Truth => vec!["true".into(), "false".into()],
            Kind::Number { .. } => (0..200_000).map(|n| n.to_string()).collect(),
            Kind::Shape => {
                let channels = [1, 3, 16, 32, 64, 128, 256, 512, 1024, 2048];
                let sides = || 1..=64;
                channels
                    .into_iter()
                    .flat_map(|c| sides().flat_map(move |h| sides().map(move |w| format!("{c}x{h}x{w}"))))
                    .collect()
            }
        }
    }

    #[test]
    fn every_question_is_well_formed_and_has_exactly_one_answer() {
        assert_eq!(
            banks().len(),
            FILES.len(),
            "a bank is not readable: {:?}",
            FILES.map(|f| serde_json::from_str::<Bank>(f).err())
        );
        for bank in banks() {
            assert!(!bank.title.is_empty() && bank.questions.len() >= 5, "{}", bank.unit);
            for (place, question) in bank.questions.iter().enumerate() {
                let id = question.id(&bank.unit);
                assert_eq!(question.number, place + 1, "{id}");
                assert!(question.prompt.len() > 40, "{id}");
                assert!((2..=3).contains(&question.hints.len()), "{id}");
                if let Kind::Choice { options } = &question.kind {
                    assert!((3..=5).contains(&options.len()), "{id}");
                    let mut distinct = options.clone();
                    distinct.sort();
                    distinct.dedup();
                    assert_eq!(distinct.len(), options.len(), "{id}");
                }
                if let Kind::Number {
                    tolerance: Some(step), ..
                } = &question.kind
                {
                    assert!(*step > 0.0, "{id}");
                }
                let right: Vec<String> = candidates(&question.kind)
                    .into_iter()
                    .filter(|c| digest(&id, c) == question.digest)
                    .collect();
                assert_eq!(right.len(), 1, "{id}: {} candidates fit", right.len());
                let explanation = unseal(&id, &right[0], &question.explanation).expect(&id);
                assert!(explanation.len() > 60 && explanation.ends_with(['.', ')']), "{id}");
                // No hint says the answer.
                let words = question.hints.join(" ");
                let word = |w: &str| words.split(|c: char| !c.is_alphanumeric()).any(|other| other == w);
                let told = match question.kind {
                    Kind::Number { tolerance: None, .. } => word(&right[0]),
                    _ => words.contains(&right[0].replace('x', " x ")) && right[0].len() > 1,
                };
                assert!(!told, "{id} tells its answer in a hint");
            }
        }
    }

    #[test]
    fn no_answer_stands_in_the_banks() {
        for file in FILES {
            assert!(!file.contains("\"answer\"") && !file.contains("\"solution\""));
        }
    }

    #[test]
    fn unknown_questions_name_those_there_are() {
        let error = find("architektur", 1).unwrap_err();
        assert_eq!(
            error,
            "There is no unit \"architektur\". The units with questions are \"architecture\", \"training\"."
        );
        let error = find("architecture", 9).unwrap_err();
        assert_eq!(
            error,
            "Unit \"architecture\" has no question 9: its questions are 1 to 6."
        );
    }
}

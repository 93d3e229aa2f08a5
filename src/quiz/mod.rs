//! Questions that a notebook asks and checks by itself.
//!
//! [`ask`] shows a question, [`answer`] checks an answer with one of three outcomes (correct, incorrect, not
//! attempted), [`hint`] gives hints from a nudge to a strong push, and [`progress`] shows how a unit stands. A right
//! answer is explained; a wrong one brings the next hint, never the answer. Questions are kept for as long as the
//! kernel runs.
//!
//! # For authors
//!
//! A bank is a file `quizzes/UNIT.json`; `quizzes/README.md` says what it holds. It never holds an answer: write the
//! question with any digest, then let [`seal`] make the digest and the scrambled explanation from the right answer,
//! and paste both. The digest keeps honest readers from seeing an answer by accident, and protects nothing else:
//! whoever tries all letters finds the right one.

mod answer;
mod bank;
mod memory;
mod page;
mod seal;

pub use answer::{Answer, IntoAnswer};
pub use memory::Outcome;

use crate::plot::Figure;
use bank::{Bank, Question, Verdict, banks, find};
use memory::{Memory, memory};
use std::fmt;

/// What came of an answer: the outcome for programs, and the page that a cell ending in it shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Feedback {
    /// Correct, incorrect or not attempted.
    pub outcome: Outcome,
    /// What the student is told.
    pub page: Figure,
}

impl Feedback {
    /// Called by evcxr on the value that a cell ends in.
    pub fn evcxr_display(&self) {
        self.page.evcxr_display();
    }
}

impl fmt::Display for Feedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.page.fmt(f)
    }
}

/// Shows a question: `ask("architecture", 1)` at the end of a cell. Of an unknown one it says which there are.
///
/// ```
/// use unet_lab::quiz::ask;
/// let page = ask("architecture", 1);
/// assert!(page.alt().starts_with("Question 1 of 6"));
/// ```
pub fn ask(unit: &str, number: usize) -> Figure {
    match find(unit, number) {
        Ok((bank, question)) => page::question(bank, question),
        Err(message) => page::unknown(&message),
    }
}

/// Checks an answer: a letter in quotes, a number, `true` or `false`, or a shape such as `[1, 2, 3]`, as the question
/// wants. An empty answer (`""`) is not an attempt, nor is one of the wrong kind.
///
/// ```
/// use unet_lab::quiz::{Outcome, answer};
/// assert_eq!(answer("architecture", 1, "").outcome, Outcome::NotAttempted);
/// assert_eq!(answer("architecture", 1, 250).outcome, Outcome::Incorrect);
/// ```
pub fn answer(unit: &str, number: usize, answer: impl IntoAnswer) -> Feedback {
    match find(unit, number) {
        Ok((bank, question)) => check(&mut memory(), bank, question, &answer.into_answer()),
        Err(message) => Feedback {
            outcome: Outcome::NotAttempted,
            page: page::unknown(&message),
        },
    }
}

/// Shows the hints so far and one more.
pub fn hint(unit: &str, number: usize) -> Figure {
    match find(unit, number) {
        Ok((bank, question)) => {
            let mut memory = memory();
            let tries = memory.entry(question.id(unit)).or_default();
            tries.ask_hint();
            page::hint(bank, question, tries.hints())
        }
        Err(message) => page::unknown(&message),
    }
}

/// Shows which questions of a unit are correct, not yet correct and not attempted since the kernel started.
pub fn progress(unit: &str) -> Figure {
    match find(unit, 1) {
        Ok((bank, _)) => page::progress(bank, &memory()),
        Err(message) => page::unknown(&message),
    }
}

/// How many questions a unit has; 0 for an unknown one.
pub fn count(unit: &str) -> usize {
    banks().iter().find(|b| b.unit == unit).map_or(0, |b| b.questions.len())
}

/// The lines that an author pastes into a bank for a question that is already there, given its right answer and the
/// explanation that a student sees after it; a sentence that says what is wrong where nothing can be made.
pub fn seal(unit: &str, number: usize, answer: impl IntoAnswer, explanation: &str) -> String {
    let (_, question) = match find(unit, number) {
        Ok(found) => found,
        Err(message) => return message,
    };
    match answer.into_answer().stored_form(&question.kind) {
        Ok(plain) => {
            let (id, sealed) = (question.id(unit), seal::seal(&question.id(unit), &plain, explanation));
            format!(
                "\"digest\": \"{}\",\n\"explanation\": \"{sealed}\"",
                seal::digest(&id, &plain)
            )
        }
        Err(wanted) => format!("Question {number} of {unit:?} takes {wanted}."),
    }
}

fn check(memory: &mut Memory, bank: &Bank, question: &Question, answer: &Answer) -> Feedback {
    if answer.is_empty() {
        return Feedback {
            outcome: Outcome::NotAttempted,
            page: page::not_attempted(bank, question, None),
        };
    }
    let tries = memory.entry(question.id(&bank.unit)).or_default();
    match question.judge(&bank.unit, answer) {
        Verdict::NoAnswer(wanted) => Feedback {
            outcome: Outcome::NotAttempted,
            page: page::not_attempted(bank, question, Some(wanted)),
        },
        Verdict::Right(explanation) => {
            tries.solve();
            Feedback {
                outcome: Outcome::Correct,
                page: page::right(bank, question, &explanation),
            }
        }
        Verdict::Wrong => {
            tries.fail(format!("{answer:?}"));
            Feedback {
                outcome: Outcome::Incorrect,
                page: page::wrong(bank, question, tries.hints()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bank of its own, so that no real answer stands here.
    fn bank() -> Bank {
        let question = |number: usize, kind: &str, right: &str| {
            let id = format!("zoo/{number}");
            format!(
                "{{\"number\":{number},{kind},\"prompt\":\"How many `legs` <here>?\",\"hints\":[\"Count.\",\"Count twice.\"],\
                 \"digest\":\"{}\",\"explanation\":\"{}\"}}",
                seal::digest(&id, right),
                seal::seal(&id, right, "Spiders have eight.")
            )
        };
        let choice = "\"kind\":\"choice\",\"options\":[\"six\",\"eight\",\"ten\"]";
        let questions = [
            question(1, choice, "b"),
            question(2, "\"kind\":\"number\",\"unit\":\"legs\"", "8"),
        ]
        .join(",");
        serde_json::from_str(&format!(
            "{{\"unit\":\"zoo\",\"title\":\"Animals\",\"questions\":[{questions}]}}"
        ))
        .unwrap()
    }

    #[test]
    fn three_outcomes_and_hints_that_grow() {
        let (bank, mut memory) = (bank(), Memory::new());
        let question = &bank.questions[0];
        let mut tell = |answer: &str| check(&mut memory, &bank, question, &answer.into_answer());
        let nothing = tell("");
        assert_eq!(nothing.outcome, Outcome::NotAttempted);
        assert_eq!(
            nothing.to_string(),
            "Not attempted: question 1 of zoo\nWrite your answer in place of the dots and run the cell again."
        );
        assert_eq!(
            tell("8").to_string(),
            "Not attempted: question 1 of zoo\nThis question takes one of the letters, in quotes. Write it in place of your answer and run the cell again."
        );
        let first = tell("a");
        assert_eq!(first.outcome, Outcome::Incorrect);
        assert_eq!(
            first.to_string(),
            "Not yet: question 1 of zoo\n  hint 1 of 2: Count.\nChange your answer and run the cell again."
        );
        assert_eq!(tell("a"), first);
        assert!(tell("c").to_string().contains("hint 2 of 2: Count twice."));
        let right = tell("B)");
        assert_eq!(
            (right.outcome, right.to_string().as_str()),
            (Outcome::Correct, "Correct: question 1 of zoo\nSpiders have eight.")
        );
        assert_eq!(
            page::progress(&bank, &memory).alt(),
            "Animals: 1 of 2 questions correct\n  question 1: correct\n  question 2: not attempted"
        );
    }

    #[test]
    fn a_page_is_escaped_and_says_how_to_answer() {
        let bank = bank();
        let page = page::question(&bank, &bank.questions[0]);
        let html = &page.bundle()[0].1;
        assert!(
            html.contains("How many <code>legs</code> &lt;here&gt;?")
                && html.contains("<ol style=\"list-style-type:lower-alpha\"><li>six</li>"),
            "{html}"
        );
        assert_eq!(html.matches("<section").count(), html.matches("</section>").count());
        assert_eq!(
            page.alt(),
            "Question 1 of 2: Animals\nHow many `legs` <here>?\n  a) six\n  b) eight\n  c) ten\n\
             Answer with `answer(\"zoo\", 1, \"...\")` in place of the dots; `hint(\"zoo\", 1)` gives a hint."
        );
    }

    #[test]
    fn the_template_is_not_an_attempt_and_unknown_questions_are_named() {
        assert_eq!(answer("training", 1, "...").outcome, Outcome::NotAttempted);
        assert_eq!(
            answer("training", 99, 1).to_string(),
            format!(
                "Unit \"training\" has no question 99: its questions are 1 to {}.",
                count("training")
            )
        );
        assert!(ask("nothing", 1).alt().starts_with("There is no unit \"nothing\"."));
        assert_eq!(count("nothing"), 0);
    }

    #[test]
    fn hints_can_be_asked_for() {
        assert!(
            hint("architecture", 6)
                .alt()
                .starts_with("Hints for question 6 of architecture\n  hint 1 of 2:")
        );
        assert!(
            hint("architecture", 6)
                .alt()
                .ends_with("That was the last hint. The unit's text and figures hold the rest.")
        );
        assert!(progress("architecture").alt().contains("question 6: not attempted"));
    }

    #[test]
    fn an_author_gets_two_lines_to_paste() {
        let lines = seal("architecture", 1, 5, "Because.");
        assert!(
            lines.starts_with("\"digest\": \"") && lines.contains("\n\"explanation\": \""),
            "{lines}"
        );
        assert_eq!(
            seal("architecture", 1, "b", ""),
            "Question 1 of \"architecture\" takes a number."
        );
    }
}

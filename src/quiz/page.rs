//! Questions and verdicts as pages: HTML for notebooks, the same words as plain text.

use super::bank::{Bank, Kind, Question};
use super::memory::{Memory, Outcome};
use crate::plot::{Figure, escape};

/// The colours of a box's edge; the words say the same, so nothing hangs on them.
const BLUE: &str = "#0072b2";
const GREEN: &str = "#009e73";
const ORANGE: &str = "#e69f00";
const GREY: &str = "#888888";

/// A page in the making, in both forms.
struct Page {
    html: String,
    text: String,
}

impl Page {
    fn new(colour: &str, role: &str, heading: &str) -> Self {
        let html = format!(
            "<section role=\"{role}\" aria-label=\"{0}\" \
             style=\"border-left:4px solid {colour};padding:.1em 0 .1em 1em;max-width:46em\">\
             <p><strong>{0}</strong></p>",
            marked(heading)
        );
        Self {
            html,
            text: format!("{heading}\n"),
        }
    }

    fn paragraph(&mut self, text: &str) {
        self.html += &format!("<p>{}</p>", marked(text));
        self.text += &format!("{text}\n");
    }

    fn list(&mut self, counted_by: &str, items: &[String], label: impl Fn(usize) -> String) {
        self.html += &format!("<ol style=\"list-style-type:{counted_by}\">");
        for (i, item) in items.iter().enumerate() {
            self.html += &format!("<li>{}</li>", marked(item));
            self.text += &format!("  {} {item}\n", label(i));
        }
        self.html += "</ol>";
    }

    fn hints(&mut self, hints: &[String], all: usize) {
        if !hints.is_empty() {
            self.html += "<p>Hints so far:</p>";
            self.list("decimal", hints, |i| format!("hint {} of {all}:", i + 1));
        }
    }

    fn finish(self) -> Figure {
        Figure::html(self.html + "</section>", self.text.trim_end())
    }
}

/// Escaped, with `` `code` `` set as code.
fn marked(text: &str) -> String {
    let mut html = String::new();
    for (i, part) in escape(text).split('`').enumerate() {
        html += &if i % 2 == 1 {
            format!("<code>{part}</code>")
        } else {
            part.to_string()
        };
    }
    html
}

/// The question itself and how to answer it.
pub(super) fn question(bank: &Bank, question: &Question) -> Figure {
    let heading = format!(
        "Question {} of {}: {}",
        question.number,
        bank.questions.len(),
        bank.title
    );
    let mut page = Page::new(BLUE, "group", &heading);
    page.paragraph(&question.prompt);
    let form = match &question.kind {
        Kind::Choice { options } => {
            page.list("lower-alpha", options, |i| format!("{})", char::from(b'a' + i as u8)));
            "\"...\"".into()
        }
        Kind::Truth => "...".to_string(),
        Kind::Number { unit: Some(unit), .. } => format!("... /* {unit} */"),
        Kind::Number { .. } | Kind::Shape => "...".into(),
    };
    let (unit, number) = (&bank.unit, question.number);
    page.paragraph(&format!(
        "Answer with `answer(\"{unit}\", {number}, {form})` in place of the dots; \
         `hint(\"{unit}\", {number})` gives a hint."
    ));
    page.finish()
}

/// What the student is told after an answer.
pub(super) fn right(bank: &Bank, question: &Question, explanation: &str) -> Figure {
    let mut page = Page::new(
        GREEN,
        "status",
        &format!("Correct: question {} of {}", question.number, bank.unit),
    );
    page.paragraph(explanation);
    page.finish()
}

pub(super) fn wrong(bank: &Bank, question: &Question, hints: usize) -> Figure {
    let mut page = Page::new(
        ORANGE,
        "status",
        &format!("Not yet: question {} of {}", question.number, bank.unit),
    );
    page.hints(&question.hints[..hints.min(question.hints.len())], question.hints.len());
    page.paragraph("Change your answer and run the cell again.");
    page.finish()
}

pub(super) fn not_attempted(bank: &Bank, question: &Question, wanted: Option<&str>) -> Figure {
    let mut page = Page::new(
        GREY,
        "status",
        &format!("Not attempted: question {} of {}", question.number, bank.unit),
    );
    match wanted {
        Some(wanted) => page.paragraph(&format!(
            "This question takes {wanted}. Write it in place of your answer and run the cell again."
        )),
        None => page.paragraph("Write your answer in place of the dots and run the cell again."),
    }
    page.finish()
}

pub(super) fn hint(bank: &Bank, question: &Question, hints: usize) -> Figure {
    let mut page = Page::new(
        BLUE,
        "status",
        &format!("Hints for question {} of {}", question.number, bank.unit),
    );
    let all = question.hints.len();
    page.hints(&question.hints[..hints.min(all)], all);
    if hints >= all {
        page.paragraph("That was the last hint. The unit's text and figures hold the rest.");
    }
    page.finish()
}

/// How it stands with all questions of a unit.
pub(super) fn progress(bank: &Bank, memory: &Memory) -> Figure {
    let outcome = |q: &Question| {
        memory
            .get(&q.id(&bank.unit))
            .map_or(Outcome::NotAttempted, |t| t.outcome())
    };
    let solved = bank.questions.iter().filter(|q| outcome(q) == Outcome::Correct).count();
    let heading = format!("{}: {solved} of {} questions correct", bank.title, bank.questions.len());
    let mut page = Page::new(
        if solved == bank.questions.len() { GREEN } else { BLUE },
        "group",
        &heading,
    );
    page.html += "<table style=\"color:inherit\"><thead><tr><th scope=\"col\">Question</th>\
                  <th scope=\"col\" style=\"text-align:left\">State</th></tr></thead><tbody>";
    for question in &bank.questions {
        let state = match outcome(question) {
            Outcome::Correct => "correct",
            Outcome::Incorrect => "not yet correct",
            Outcome::NotAttempted => "not attempted",
        };
        page.html += &format!(
            "<tr><th scope=\"row\">{}</th><td style=\"text-align:left\">{state}</td></tr>",
            question.number
        );
        page.text += &format!("  question {}: {state}\n", question.number);
    }
    page.html += "</tbody></table>";
    page.finish()
}

/// There is no such question.
pub(super) fn unknown(message: &str) -> Figure {
    Page::new(GREY, "status", message).finish()
}

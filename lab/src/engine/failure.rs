//! Why a cell failed, told so that a student finds the line.

use std::fmt::Write;

use evcxr::CompilationError;

use super::frames::PanicReport;

const RED: &str = "\u{1b}[1;31m";
const BLUE: &str = "\u{1b}[1;34m";
const BOLD: &str = "\u{1b}[1m";
const RESET: &str = "\u{1b}[0m";

/// A failed cell, in the terms of Jupyter's `error` message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellError {
    /// The kind of failure: `compile error`, `panic`, `error`, `interrupted`, `crash`.
    pub ename: String,
    /// The failure in one line.
    pub evalue: String,
    /// Lines with ANSI colours that point into the cell.
    pub traceback: Vec<String>,
}

impl CellError {
    /// A failure without a place in the cell.
    pub fn plain(ename: &str, evalue: impl Into<String>, advice: &str) -> Self {
        let evalue = evalue.into();
        let mut traceback = vec![format!("{RED}{ename}{RESET}{BOLD}: {evalue}{RESET}")];
        if !advice.is_empty() {
            traceback.push(format!("  {BLUE}={RESET} {advice}"));
        }
        Self {
            ename: ename.into(),
            evalue,
            traceback,
        }
    }

    /// The compiler's errors, each with the lines of the cell that it speaks of.
    pub fn compilation(errors: &[CompilationError], code: &str) -> Self {
        let lines: Vec<&str> = code.lines().collect();
        let mut real: Vec<&CompilationError> = errors.iter().filter(|error| error.level() == "error").collect();
        if real.is_empty() {
            real = errors.iter().collect();
        }
        let evalue = match real.first() {
            Some(first) => {
                let place = first
                    .primary_spanned_message()
                    .and_then(|message| message.span)
                    .map(|span| format!(" (line {})", span.start_line))
                    .unwrap_or_default();
                let more = match real.len() {
                    1 => String::new(),
                    count => format!(" and {} more", count - 1),
                };
                format!("{}{place}{more}", first.message())
            }
            None => "the cell does not compile".to_owned(),
        };
        Self {
            ename: "compile error".into(),
            evalue,
            traceback: real
                .into_iter()
                .map(|error| render_compile_error(error, &lines))
                .collect(),
        }
    }

    /// A panic; `place` is the cell's line that it came from, as far as it is known.
    pub fn panic(report: &PanicReport, code: &str, place: Option<usize>) -> Self {
        let message = report.message.trim_end();
        let mut text = format!("{RED}panic{RESET}{BOLD}: {message}{RESET}");
        if let Some(line) = place {
            push_excerpt(&mut text, &code.lines().collect::<Vec<_>>(), line, None, "");
        }
        let mut traceback = vec![text];
        let outside: Vec<&str> = report
            .frames
            .iter()
            .map(|frame| frame.function.as_str())
            .filter(|function| function.starts_with("burn") || function.starts_with("unet_lab"))
            .filter(|function| !function.starts_with("unet_lab::notebook::panic") && *function != "unet_lab::main")
            .take(4)
            .collect();
        if !outside.is_empty() {
            traceback.push(format!(
                "  {BLUE}={RESET} raised inside {}",
                outside.join(", called by ")
            ));
        }
        Self {
            ename: "panic".into(),
            evalue: message.to_owned(),
            traceback,
        }
    }

    /// A `?` ended the cell.
    pub fn question_mark(error: &str, code: &str) -> Self {
        let evalue = if error.is_empty() {
            "a `?` ended the cell".to_owned()
        } else {
            error.to_owned()
        };
        let lines: Vec<&str> = code.lines().collect();
        let suspects: Vec<usize> = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| has_question_mark(line))
            .map(|(index, _)| index + 1)
            .collect();
        let mut text = format!("{RED}error{RESET}{BOLD}: {evalue}{RESET}");
        let label = match suspects.len() {
            1 => "this `?` ended the cell",
            _ => "one of these `?` ended the cell",
        };
        for (index, &line) in suspects.iter().take(5).enumerate() {
            let label = if index == 0 { label } else { "" };
            push_excerpt(&mut text, &lines, line, None, label);
        }
        Self {
            ename: "error".into(),
            evalue,
            traceback: vec![text],
        }
    }
}

fn render_compile_error(error: &CompilationError, lines: &[&str]) -> String {
    let code = error.code().map(|code| format!("[{code}]")).unwrap_or_default();
    let mut text = format!("{RED}error{code}{RESET}{BOLD}: {}{RESET}", error.message());
    let mut shown = false;
    for message in error.spanned_messages() {
        if let Some(span) = message.span {
            let end = (span.end_line == span.start_line).then_some(span.end_column);
            let columns = Some((span.start_column, end));
            push_excerpt(&mut text, lines, span.start_line, columns, &message.label);
            shown = true;
        }
    }
    if !shown && !error.is_from_user_code() {
        let rendered = error.rendered();
        if !rendered.is_empty() {
            let _ = write!(text, "\n{}", rendered.trim_end());
        }
    }
    for help in error.help() {
        let _ = write!(text, "\n  {BLUE}={RESET} {BOLD}help{RESET}: {help}");
    }
    if let Some(hint) = error.evcxr_extra_hint() {
        let _ = write!(text, "\n  {BLUE}={RESET} {hint}");
    }
    text
}

/// Appends a line of the cell with its number, and marks under the columns in question.
fn push_excerpt(text: &mut String, lines: &[&str], line: usize, columns: Option<(usize, Option<usize>)>, label: &str) {
    let Some(source) = lines.get(line.wrapping_sub(1)) else {
        return;
    };
    let width = lines.len().to_string().len();
    let visible = source.chars().count();
    let (start, end) = match columns {
        Some((start, end)) => (start.max(1), end.unwrap_or(visible + 1)),
        None => (visible - source.trim_start().chars().count() + 1, visible + 1),
    };
    let marks = "^".repeat(end.saturating_sub(start).max(1));
    let _ = write!(
        text,
        "\n{BLUE}{line:>width$} |{RESET} {source}\n{BLUE}{:>width$} |{RESET} {}{RED}{marks}{RESET}",
        "",
        " ".repeat(start - 1),
    );
    if !label.is_empty() {
        let _ = write!(text, " {RED}{label}{RESET}");
    }
}

fn has_question_mark(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or(line);
    code.contains(")?") || code.contains("?;") || code.contains("?.") || code.trim_end().ends_with('?')
}

/// The cell's line that a line of evcxr's generated source came from.
pub fn cell_line(code: &str, generated: &str, generated_line: usize) -> Option<usize> {
    let wanted = generated.lines().nth(generated_line.checked_sub(1)?)?;
    let matches = |cell_line: &str, source_line: &str| {
        let cell_line = cell_line.trim();
        !cell_line.is_empty() && source_line.contains(cell_line)
    };
    let text = code
        .lines()
        .map(str::trim)
        .filter(|line| matches(line, wanted))
        .max_by_key(|line| line.len())?;
    // The same text may stand in the cell more than once: the n-th in the source is the n-th in the cell.
    let earlier = generated
        .lines()
        .take(generated_line - 1)
        .filter(|source| source.contains(text))
        .count();
    let places: Vec<usize> = code
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains(text))
        .map(|(index, _)| index + 1)
        .collect();
    places.get(earlier).or(places.last()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::frames::CallFrame;

    fn stripped(error: &CellError) -> String {
        let mut text = error.traceback.join("\n");
        for colour in [RED, BLUE, BOLD, RESET] {
            text = text.replace(colour, "");
        }
        text
    }

    #[test]
    fn a_panic_points_at_the_line_and_names_the_library() {
        let report = PanicReport {
            message: "shapes differ".into(),
            frames: vec![CallFrame {
                function: "burn_tensor::add".into(),
                file: None,
                line: None,
            }]
            .into_iter()
            .chain(
                ["unet_lab::notebook::panic::report", "unet_lab::main"].map(|name| CallFrame {
                    function: name.into(),
                    file: None,
                    line: None,
                }),
            )
            .collect(),
            ..Default::default()
        };
        let error = CellError::panic(&report, "let a = 1;\n  a.add(b);", Some(2));
        assert_eq!(
            stripped(&error),
            "panic: shapes differ\n2 |   a.add(b);\n  |   ^^^^^^^^^\n  = raised inside burn_tensor::add"
        );
    }

    #[test]
    fn a_question_mark_is_pointed_at() {
        let error = CellError::question_mark("no such file", "let a = 1;\nlet f = open()?;");
        assert_eq!(error.evalue, "no such file");
        assert_eq!(
            stripped(&error),
            "error: no such file\n2 | let f = open()?;\n  | ^^^^^^^^^^^^^^^^ this `?` ended the cell"
        );
    }

    #[test]
    fn lines_of_the_generated_source_lead_back_to_the_cell() {
        let cell = "f(1);\n\ng(2);\nf(1);";
        let generated = "mod x {\nf(1);\ng(2);\n(f(1);).evcxr_display();\n}";
        assert_eq!(cell_line(cell, generated, 2), Some(1));
        assert_eq!(cell_line(cell, generated, 3), Some(3));
        assert_eq!(cell_line(cell, generated, 4), Some(4));
        assert_eq!(cell_line(cell, generated, 1), None);
        assert_eq!(cell_line(cell, generated, 99), None);
    }
}

//! Turns the raw output of a cell's process into [`Frame`]s and evcxr's protocol lines, byte by byte.

use serde_json::{Map, Value};

use super::frames::{Frame, LIBRARY_EVENT};

const COMPLETE: &str = "EVCXR_EXECUTION_COMPLETE";
const PANIC: &str = "EVCXR_PANIC_NOTIFICATION";
const QUESTION_MARK: &str = "EVCXR_ERROR_OCCURRED";
const TYPE_CHANGED: &str = "EVCXR_VARIABLE_CHANGED_TYPE:";
const INPUT: &str = "EVCXR_INPUT_REQUEST";
const BEGIN_CONTENT: &str = "EVCXR_BEGIN_CONTENT ";
const END_CONTENT: &str = "EVCXR_END_CONTENT";
/// Words that evcxr or the library write at the start of a line, but that land behind a student's `print!`.
const LINE_STARTS: [&str; 7] = [
    COMPLETE,
    PANIC,
    QUESTION_MARK,
    TYPE_CHANGED,
    INPUT,
    BEGIN_CONTENT,
    LIBRARY_EVENT,
];

/// One line for evcxr.
#[derive(Debug, Clone, PartialEq)]
pub enum Outgoing {
    /// Something for the session.
    Frame(Frame),
    /// evcxr's own protocol or a library event, passed on as it is.
    Raw(String),
}

/// The state between two reads.
#[derive(Debug, Default)]
pub struct Rewriter {
    pending: Vec<u8>,
    text: String,
    error_text: String,
    content: Option<(String, String)>,
    bundle: Map<String, Value>,
    starting: bool,
}

impl Rewriter {
    /// A rewriter for a process that has not run anything yet. evcxr's own first evaluation waits until its output has
    /// been taken away, which nobody can do before it has ended: what that evaluation shows is dropped.
    pub fn for_new_process() -> Self {
        Self {
            starting: true,
            ..Self::default()
        }
    }

    /// Takes bytes read from standard error. They are held until the next [`Self::idle`] or protocol line, since what is
    /// printed just before a `?` failure is that failure's message.
    pub fn stderr(&mut self, bytes: &[u8]) {
        self.error_text.push_str(&String::from_utf8_lossy(bytes));
    }

    /// Takes bytes read from standard output. `drain_stderr` is called before each protocol line, so that what the
    /// cell wrote on standard error before it is known.
    pub fn stdout(&mut self, bytes: &[u8], drain_stderr: &mut dyn FnMut() -> Vec<u8>) -> Vec<Outgoing> {
        let mut out = Vec::new();
        for &byte in bytes {
            if byte == b'\n' {
                let line = std::mem::take(&mut self.pending);
                let line = String::from_utf8_lossy(&line).into_owned();
                self.line(&line, &mut out, drain_stderr);
            } else {
                self.pending.push(byte);
            }
        }
        if self.text.len() > 1 << 16 {
            self.flush_text(&mut out);
        }
        out
    }

    /// Nothing came for a moment: shows what is held, an unfinished line too.
    pub fn idle(&mut self) -> Vec<Outgoing> {
        let mut out = Vec::new();
        if self.starting {
            return out;
        }
        if self.content.is_none() && !self.pending.is_empty() && !may_become_protocol(&self.pending) {
            let valid = match std::str::from_utf8(&self.pending) {
                Ok(text) => text.len(),
                Err(error) if error.error_len().is_none() => error.valid_up_to(),
                Err(_) => self.pending.len(),
            };
            let rest = self.pending.split_off(valid);
            let shown = std::mem::replace(&mut self.pending, rest);
            self.add_text(&String::from_utf8_lossy(&shown), &mut out);
        }
        self.flush_bundle(&mut out);
        self.flush_text(&mut out);
        self.flush_errors(&mut out);
        out
    }

    /// The process closed its output.
    pub fn finish(&mut self) -> Vec<Outgoing> {
        if let Some((_, content)) = self.content.take() {
            self.text.push_str(&content);
        }
        let rest = std::mem::take(&mut self.pending);
        self.text.push_str(&String::from_utf8_lossy(&rest));
        self.idle()
    }

    fn line(&mut self, line: &str, out: &mut Vec<Outgoing>, drain_stderr: &mut dyn FnMut() -> Vec<u8>) {
        if let Some((mime, content)) = &mut self.content {
            match line.strip_suffix(END_CONTENT) {
                Some(last) => {
                    if !last.is_empty() {
                        push_line(content, last);
                    }
                    let (mime, content) = (std::mem::take(mime), std::mem::take(content));
                    self.content = None;
                    if self.bundle.contains_key(&mime) {
                        self.flush_bundle(out);
                    }
                    self.bundle.insert(mime, Value::String(content));
                    return;
                }
                None if line == PANIC => self.content = None,
                None => return push_line(content, line),
            }
        }
        let Some(start) = LINE_STARTS.iter().filter_map(|word| line.find(word)).min() else {
            self.add_text(line, out);
            self.text.push('\n');
            return;
        };
        let (before, line) = line.split_at(start);
        if !before.is_empty() {
            self.add_text(before, out);
        }
        if let Some(mime) = line.strip_prefix(BEGIN_CONTENT) {
            self.flush_text(out);
            self.content = Some((mime.trim().to_owned(), String::new()));
            return;
        }
        let drained = drain_stderr();
        self.stderr(&drained);
        self.flush_bundle(out);
        self.flush_text(out);
        if line == QUESTION_MARK {
            let error = std::mem::take(&mut self.error_text).trim_end().to_owned();
            out.push(Outgoing::Frame(Frame::QuestionMark { error }));
        }
        self.flush_errors(out);
        if line == PANIC {
            out.push(Outgoing::Frame(Frame::Panicked));
        }
        if self.starting && line == COMPLETE {
            self.starting = false;
            out.clear();
        }
        out.push(Outgoing::Raw(line.to_owned()));
    }

    fn add_text(&mut self, text: &str, out: &mut Vec<Outgoing>) {
        self.flush_bundle(out);
        self.text.push_str(text);
    }

    fn flush_text(&mut self, out: &mut Vec<Outgoing>) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            out.push(Outgoing::Frame(Frame::Stdout { text }));
        }
    }

    fn flush_errors(&mut self, out: &mut Vec<Outgoing>) {
        if !self.error_text.is_empty() {
            let text = std::mem::take(&mut self.error_text);
            out.push(Outgoing::Frame(Frame::Stderr { text }));
        }
    }

    fn flush_bundle(&mut self, out: &mut Vec<Outgoing>) {
        if !self.bundle.is_empty() {
            let data = std::mem::take(&mut self.bundle);
            out.push(Outgoing::Frame(Frame::Content { data }));
        }
    }
}

fn push_line(content: &mut String, line: &str) {
    if !content.is_empty() {
        content.push('\n');
    }
    content.push_str(line);
}

fn may_become_protocol(pending: &[u8]) -> bool {
    LINE_STARTS.iter().any(|word| {
        let word = word.as_bytes();
        let tail = pending.len().min(word.len());
        pending.windows(word.len()).any(|window| window == word)
            || (1..=tail).any(|length| pending.ends_with(&word[..length]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(rewriter: &mut Rewriter, bytes: &str) -> Vec<Outgoing> {
        rewriter.stdout(bytes.as_bytes(), &mut Vec::new)
    }

    #[test]
    fn the_first_evaluation_of_a_new_process_says_nothing() {
        let mut rewriter = Rewriter::for_new_process();
        let mut out = feed(&mut rewriter, "EVCXR_BEGIN_CONTENT text/plain\n42\nEVCXR_END_CONTENT\n");
        out.extend(rewriter.idle());
        assert_eq!(out, []);
        let out = feed(&mut rewriter, "EVCXR_EXECUTION_COMPLETE\n");
        assert_eq!(out, [Outgoing::Raw(COMPLETE.into())]);
        feed(&mut rewriter, "hello\n");
        assert_eq!(rewriter.idle(), [stdout("hello\n")]);
    }

    fn stdout(text: &str) -> Outgoing {
        Outgoing::Frame(Frame::Stdout { text: text.into() })
    }

    #[test]
    fn a_print_without_newline_does_not_swallow_the_end_of_the_cell() {
        let mut rewriter = Rewriter::default();
        assert_eq!(
            feed(&mut rewriter, "no newlineEVCXR_EXECUTION_COMPLETE\n"),
            [stdout("no newline"), Outgoing::Raw(COMPLETE.into())]
        );
    }

    #[test]
    fn lines_are_joined_and_shown_when_idle() {
        let mut rewriter = Rewriter::default();
        assert_eq!(feed(&mut rewriter, "a\nb\nc"), []);
        assert_eq!(rewriter.idle(), [stdout("a\nb\nc")]);
        assert_eq!(feed(&mut rewriter, "d\n"), []);
        assert_eq!(rewriter.idle(), [stdout("d\n")]);
    }

    #[test]
    fn a_word_of_the_protocol_split_between_two_reads_is_still_understood() {
        let mut rewriter = Rewriter::default();
        assert_eq!(feed(&mut rewriter, "x EVCXR_EXEC"), []);
        assert_eq!(rewriter.idle(), []);
        assert_eq!(
            feed(&mut rewriter, "UTION_COMPLETE\n"),
            [stdout("x "), Outgoing::Raw(COMPLETE.into())]
        );
    }

    #[test]
    fn mime_types_of_one_value_make_one_bundle_and_a_second_value_another() {
        let mut rewriter = Rewriter::default();
        let block = |mime: &str, text: &str| format!("EVCXR_BEGIN_CONTENT {mime}\n{text}\nEVCXR_END_CONTENT\n");
        let input = [
            block("text/html", "<b>\n</b>"),
            block("text/plain", "one"),
            block("text/html", "<i>"),
            format!("{COMPLETE}\n"),
        ]
        .concat();
        let out = feed(&mut rewriter, &input);
        let bundles: Vec<_> = out
            .iter()
            .filter_map(|outgoing| match outgoing {
                Outgoing::Frame(Frame::Content { data }) => Some(data.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(bundles.len(), 2);
        assert_eq!(bundles[0]["text/html"], "<b>\n</b>");
        assert_eq!(bundles[0]["text/plain"], "one");
        assert_eq!(bundles[1]["text/html"], "<i>");
    }

    #[test]
    fn what_stderr_said_before_a_question_mark_is_the_error() {
        let mut rewriter = Rewriter::default();
        let out = rewriter.stdout(b"EVCXR_ERROR_OCCURRED\n", &mut || b"no such file\n".to_vec());
        assert_eq!(
            out,
            [
                Outgoing::Frame(Frame::QuestionMark {
                    error: "no such file".into()
                }),
                Outgoing::Raw(QUESTION_MARK.into())
            ]
        );
    }

    #[test]
    fn a_panic_inside_rich_output_is_not_lost_in_it() {
        let mut rewriter = Rewriter::default();
        let out = feed(
            &mut rewriter,
            "EVCXR_BEGIN_CONTENT text/html\n<b>\nEVCXR_PANIC_NOTIFICATION\n",
        );
        assert_eq!(out, [Outgoing::Frame(Frame::Panicked), Outgoing::Raw(PANIC.into())]);
    }

    #[test]
    fn bytes_that_are_not_text_are_shown_and_a_split_character_is_kept_whole() {
        let mut rewriter = Rewriter::default();
        let euro = "€".as_bytes();
        rewriter.stdout(&euro[..2], &mut Vec::new);
        assert_eq!(rewriter.idle(), []);
        rewriter.stdout(&euro[2..], &mut Vec::new);
        assert_eq!(rewriter.idle(), [stdout("€")]);
        rewriter.stdout(&[0xff, b'\n'], &mut Vec::new);
        assert_eq!(rewriter.idle(), [stdout("\u{fffd}\n")]);
    }

    #[test]
    fn the_end_of_the_process_flushes_everything() {
        let mut rewriter = Rewriter::default();
        feed(&mut rewriter, "EVCXR_BEGIN_CONTENT text/html\n<b>");
        rewriter.stderr(b"died");
        assert_eq!(
            rewriter.finish(),
            [stdout("<b>"), Outgoing::Frame(Frame::Stderr { text: "died".into() })]
        );
    }
}

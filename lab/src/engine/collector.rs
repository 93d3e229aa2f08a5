//! Gathers what a running cell sends, and watches its compilation, on a thread beside evcxr's.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::frames::{Frame, LibraryEvent, Line, PanicReport};
use super::interrupt::Interrupter;
use super::session::Event;

const TICK: Duration = Duration::from_millis(40);
/// A compilation shorter than this is not worth a word.
const WORTH_SHOWING: Duration = Duration::from_millis(2_500);
/// What of a cell's text is shown; a browser chokes on more.
const TEXT_LIMIT: usize = 4 << 20;

/// What a cell left behind besides its output.
#[derive(Debug, Default)]
pub struct Outcome {
    /// It panicked: the last report of the library's hook, or an empty one.
    pub panic: Option<PanicReport>,
    /// A `?` ended it, with this error.
    pub question_mark: Option<String>,
    /// The process ended: code and signal.
    pub exited: Option<(Option<i32>, Option<i32>)>,
}

/// Gathers one cell's events.
pub struct Collector<'a> {
    observe: &'a mut (dyn FnMut(Event) + Send),
    interrupter: &'a Interrupter,
    compilation: Compilation,
    outcome: Outcome,
    reported: Option<PanicReport>,
    value: Option<Map<String, Value>>,
    text_shown: usize,
}

impl<'a> Collector<'a> {
    /// `artifacts` is the directory where a cell's compiled library appears.
    pub fn new(observe: &'a mut (dyn FnMut(Event) + Send), interrupter: &'a Interrupter, artifacts: &Path) -> Self {
        Self {
            observe,
            interrupter,
            compilation: Compilation::new(artifacts),
            outcome: Outcome::default(),
            reported: None,
            value: None,
            text_shown: 0,
        }
    }

    /// Reads lines until `done` is set and nothing is left. The closures give the next line, waiting or not.
    pub fn run(
        mut self,
        done: &AtomicBool,
        mut next: impl FnMut(Duration) -> Option<String>,
        mut next_error: impl FnMut() -> Option<String>,
    ) -> Outcome {
        loop {
            let finished = done.load(Ordering::Acquire);
            let line = next(if finished { Duration::ZERO } else { TICK });
            while let Some(error) = next_error() {
                self.text(error + "\n", Event::Stderr);
            }
            match line {
                Some(line) => self.line(&line),
                None if finished => break,
                None => {
                    self.interrupter.tick();
                    if let Some(crates) = self.compilation.progress() {
                        let elapsed = self.compilation.started.elapsed();
                        (self.observe)(Event::Compiling { elapsed, crates });
                    }
                }
            }
        }
        if let Some(data) = self.value.take() {
            (self.observe)(Event::Value { data });
        }
        self.outcome
    }

    fn line(&mut self, line: &str) {
        self.compilation.over = true;
        match Line::parse(line) {
            Line::Plain(text) => self.text(text + "\n", Event::Stdout),
            Line::Relay(Frame::Stdout { text }) => self.text(text, Event::Stdout),
            Line::Relay(Frame::Stderr { text }) => self.text(text, Event::Stderr),
            Line::Relay(Frame::Content { data }) => {
                self.show_value();
                self.value = Some(data).filter(|data| !is_unit(data));
            }
            Line::Relay(Frame::Panicked) => {
                self.outcome.panic = Some(self.reported.take().unwrap_or_default());
            }
            Line::Relay(Frame::QuestionMark { error }) => self.outcome.question_mark = Some(error),
            Line::Relay(Frame::Exited { code, signal }) => {
                self.outcome.exited = Some((code, signal));
            }
            Line::Library(LibraryEvent::Panic(report)) => self.reported = Some(report),
            Line::Library(LibraryEvent::Display { id, update, data }) => {
                self.show_value();
                (self.observe)(Event::Display { id, update, data });
            }
        }
    }

    /// A rich value that something follows is not the cell's last: it is shown where it stands.
    fn show_value(&mut self) {
        if let Some(data) = self.value.take() {
            (self.observe)(Event::Display {
                id: None,
                update: false,
                data,
            });
        }
    }

    fn text(&mut self, text: String, event: fn(String) -> Event) {
        self.show_value();
        if self.text_shown > TEXT_LIMIT {
            return;
        }
        self.text_shown += text.len();
        (self.observe)(event(text));
        if self.text_shown > TEXT_LIMIT {
            (self.observe)(Event::Stderr(format!(
                "\n[The cell has printed more than {} MB; the rest is not shown.]\n",
                TEXT_LIMIT >> 20
            )));
        }
    }
}

/// A cell that ends in a loop has the value `()`, which tells nobody anything.
fn is_unit(data: &Map<String, Value>) -> bool {
    data.len() == 1 && data.get("text/plain").and_then(Value::as_str) == Some("()")
}

/// Watches the session's target directory: new libraries there are crates that were just compiled.
struct Compilation {
    started: Instant,
    artifacts: PathBuf,
    known: BTreeSet<String>,
    said: Option<Instant>,
    over: bool,
}

impl Compilation {
    fn new(artifacts: &Path) -> Self {
        Self {
            started: Instant::now(),
            known: crates_in(artifacts),
            artifacts: artifacts.to_path_buf(),
            said: None,
            over: false,
        }
    }

    /// The crates compiled so far, when it is time to say so.
    fn progress(&mut self) -> Option<Vec<String>> {
        let last = self.said.unwrap_or(self.started);
        let pause = if self.said.is_some() {
            Duration::from_secs(1)
        } else {
            WORTH_SHOWING
        };
        if self.over || last.elapsed() < pause {
            return None;
        }
        if self.cell_is_compiled() {
            self.over = true;
            return None;
        }
        self.said = Some(Instant::now());
        let new = crates_in(&self.artifacts);
        Some(new.difference(&self.known).cloned().collect())
    }

    fn cell_is_compiled(&self) -> bool {
        let entries = std::fs::read_dir(&self.artifacts).into_iter().flatten().flatten();
        entries
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("libcode_"))
            .filter_map(|entry| entry.metadata().ok()?.modified().ok()?.elapsed().ok())
            .any(|age| age < self.started.elapsed())
    }
}

fn crates_in(artifacts: &Path) -> BTreeSet<String> {
    let deps = artifacts.join("deps");
    std::fs::read_dir(deps)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let stem = name.strip_prefix("lib")?.strip_suffix(".rmeta")?;
            let (name, _) = stem.rsplit_once('-')?;
            (name != "ctx").then(|| name.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    fn collect(lines: &[String]) -> (Vec<Event>, Outcome) {
        let mut lines: VecDeque<String> = lines.iter().cloned().collect();
        let interrupter = Interrupter::new("/nonexistent/file".into());
        let mut events = Vec::new();
        let mut observe = |event| events.push(event);
        let collector = Collector::new(&mut observe, &interrupter, Path::new("/nonexistent"));
        let done = AtomicBool::new(true);
        let outcome = collector.run(&done, |_| lines.pop_front(), || None);
        (events, outcome)
    }

    fn content(text: &str) -> String {
        let data = Map::from_iter([("text/plain".to_owned(), Value::from(text))]);
        Frame::Content { data }.to_line()
    }

    #[test]
    fn the_last_rich_value_is_the_cells_value_and_earlier_ones_are_shown_in_place() {
        let stdout = Frame::Stdout { text: "t".into() }.to_line();
        let (events, _) = collect(&[content("one"), stdout, content("two")]);
        let kinds: Vec<&str> = events
            .iter()
            .map(|event| match event {
                Event::Display { .. } => "display",
                Event::Stdout(_) => "stdout",
                Event::Value { .. } => "value",
                _ => "other",
            })
            .collect();
        assert_eq!(kinds, ["display", "stdout", "value"]);
    }

    #[test]
    fn the_value_of_a_loop_is_not_shown() {
        assert_eq!(collect(&[content("()")]).0, []);
    }

    #[test]
    fn a_panic_that_was_caught_does_not_fail_the_cell() {
        let report = "\u{1e}unet-lab:{\"event\":\"panic\",\"message\":\"m\",\"thread\":\"main\",\"location\":null,\"frames\":[]}";
        let (_, caught) = collect(&[report.to_owned()]);
        assert!(caught.panic.is_none());
        let (_, uncaught) = collect(&[report.to_owned(), Frame::Panicked.to_line()]);
        assert_eq!(uncaught.panic.map(|panic| panic.message), Some("m".into()));
    }

    #[test]
    fn a_flood_of_text_is_cut_and_said_to_be() {
        let text = "x".repeat(1 << 20);
        let line = Frame::Stdout { text }.to_line();
        let (events, _) = collect(&vec![line; 9]);
        assert_eq!(events.len(), 6);
        assert!(matches!(&events[5], Event::Stderr(text) if text.contains("not shown")));
    }
}

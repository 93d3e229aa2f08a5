//! Runs a notebook from top to bottom through the session engine.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use nbformat::v4::Cell;

use super::file::{CellPlan, NotebookFile};
use super::outputs::Outputs;
use crate::engine::{CellError, Event, Session};

const LIVE_LINE_EVERY: Duration = Duration::from_secs(10);

/// A cell that did not do what it should.
#[derive(Debug)]
pub struct FailedCell {
    /// Its place among the code cells, from 1.
    pub number: usize,
    /// Its id in the notebook.
    pub id: String,
    /// Its source.
    pub source: String,
    /// Why it failed.
    pub error: CellError,
}

/// How a run ended.
#[derive(Debug, Default)]
pub struct RunReport {
    /// Cells run, the failed one included.
    pub cells: usize,
    /// The first failure; nothing was run behind it.
    pub failed: Option<FailedCell>,
    /// Time for all cells.
    pub elapsed: Duration,
}

/// Runs all code cells of `notebook`, putting their outputs into it. With `verify`, a cell whose output lacks what its
/// metadata expects has failed.
pub fn run(notebook: &mut NotebookFile, session: &mut Session, verify: bool) -> RunReport {
    let started = Instant::now();
    let total = notebook.code_cells();
    let mut report = RunReport::default();
    for cell in &mut notebook.content.cells {
        let Cell::Code {
            id,
            metadata,
            execution_count,
            source,
            outputs,
            ..
        } = cell
        else {
            continue;
        };
        outputs.clear();
        *execution_count = None;
        if report.failed.is_some() {
            continue;
        }
        let code = source.concat();
        if code.trim().is_empty() {
            continue;
        }
        report.cells += 1;
        let number = report.cells;
        *execution_count = i32::try_from(number).ok();
        let mut printer = Printer::new(format!("[{number}/{total}] {}", id.as_str()));
        let mut kept = Outputs::default();
        let answer = |_| String::new();
        let result = session.execute(&code, &answer, &mut |event| {
            printer.show(&event);
            kept.add(&event, number);
        });
        let result = result.and_then(|()| match missing(&CellPlan::of(metadata), &kept) {
            Some(text) if verify => Err(CellError::plain(
                "unexpected output",
                format!("the output does not contain {text:?}"),
                "The notebook's metadata says that it must.",
            )),
            _ => Ok(()),
        });
        printer.done(&result);
        if let Err(error) = result {
            kept.fail(&error);
            report.failed = Some(FailedCell {
                number,
                id: id.as_str().to_owned(),
                source: code,
                error,
            });
        }
        *outputs = kept.into_vec();
    }
    report.elapsed = started.elapsed();
    report
}

fn missing(plan: &CellPlan, outputs: &Outputs) -> Option<String> {
    let text = outputs.text();
    plan.expect
        .iter()
        .find(|expected| !text.contains(expected.as_str()))
        .cloned()
}

/// Streams a cell's output to the terminal.
struct Printer {
    title: String,
    started: Instant,
    live_line: Option<Instant>,
    unseen: Option<String>,
    on_terminal: bool,
    in_line: bool,
}

impl Printer {
    fn new(title: String) -> Self {
        println!("── {title}");
        Self {
            title,
            started: Instant::now(),
            live_line: None,
            unseen: None,
            on_terminal: std::io::stdout().is_terminal(),
            in_line: false,
        }
    }

    fn show(&mut self, event: &Event) {
        match event {
            Event::Stdout(text) => {
                print!("{text}");
                self.in_line = !text.ends_with('\n');
            }
            Event::Stderr(text) => eprint!("{text}"),
            Event::Compiling { elapsed, crates } if self.on_terminal => {
                let last = crates.last().map(String::as_str).unwrap_or_default();
                print!("\r\u{1b}[Kcompiling, {} s  {last}\r", elapsed.as_secs());
            }
            Event::Compiling { .. } => {}
            Event::Value { data } => print_plain(&plain(data)),
            Event::Display { update, data, .. } => {
                // A live display changes often: a line now and then tells enough.
                let due = self.live_line.is_none_or(|last| last.elapsed() > LIVE_LINE_EVERY);
                if !update || due {
                    print_plain(&plain(data));
                    self.live_line = Some(Instant::now());
                    self.unseen = None;
                } else {
                    self.unseen = Some(plain(data));
                }
            }
        }
        let _ = std::io::stdout().flush();
    }

    fn done(&self, result: &Result<(), CellError>) {
        if let Some(last) = &self.unseen {
            print_plain(last);
        }
        if self.in_line {
            println!();
        }
        let seconds = self.started.elapsed().as_secs_f64();
        match result {
            Ok(()) => println!("   ({seconds:.1} s)"),
            Err(_) => println!("   {} FAILED after {seconds:.1} s", self.title),
        }
    }
}

fn plain(data: &serde_json::Map<String, serde_json::Value>) -> String {
    let text = data.get("text/plain").and_then(|text| text.as_str());
    text.unwrap_or_default().trim_end().to_owned()
}

fn print_plain(text: &str) {
    if !text.is_empty() {
        println!("{text}");
    }
}

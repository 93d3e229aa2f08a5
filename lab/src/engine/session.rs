//! One Rust session: evcxr with the lab loaded, a process that runs the cells, and a directory of its own.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use evcxr::{CommandContext, EvalCallbacks, EvalContextOutputs};
use serde_json::{Map, Value};

use super::clone::{SessionDirectory, clone_compiled};
use super::collector::{Collector, Outcome};
use super::ending::{ended, not_run};
use super::failure::{CellError, cell_line};
use super::frames::PanicReport;
use super::interrupt::{Interrupted, Interrupter};
use super::janitor::Janitor;
use super::launch::{interrupt_file, session_path};
use super::progress::BuildProgress;
use super::rust_src::RustSrc;
use super::source;
use super::template::{Template, library_dependency};
use crate::error::SetupError;

/// Brings the panic hook of the library into a process that is to run cells.
const ATTACH: &str = "unet_lab::notebook::attach();";
/// evcxr learns from the first `?` that cells may use it, and shows that cell's value as debugging text instead of a figure.
const USE_QUESTION_MARK: &str = "Ok::<(), std::io::Error>(())?;";
/// Makes rust-analyzer look through the prelude once, before the student waits for it.
const WARM_UP: &str = "let config = UNetConfig::new(1, 1).";

/// Something that a running cell shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Text on standard output.
    Stdout(String),
    /// Text on standard error.
    Stderr(String),
    /// A rich output where it stands, or an update of an earlier one.
    Display {
        /// Names the output when it will be updated.
        id: Option<String>,
        /// Whether this replaces an earlier output of that id.
        update: bool,
        /// MIME type to content; binary types in base64.
        data: Map<String, Value>,
    },
    /// The value of the cell's last expression.
    Value {
        /// MIME type to content; binary types in base64.
        data: Map<String, Value>,
    },
    /// Compilation takes longer than usual.
    Compiling {
        /// Time since the cell was sent.
        elapsed: Duration,
        /// Crates compiled for it so far.
        crates: Vec<String>,
    },
}

/// How far the start of a session is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartStep {
    /// The template is being built.
    Template(BuildProgress),
    /// The session's directory is being made.
    Directory,
    /// evcxr and rust-analyzer start.
    Compiler,
    /// The lab's library is loaded.
    Library,
    /// Cells can run.
    Ready,
}

impl StartStep {
    /// What is being done, for the person who waits.
    pub fn in_words(&self) -> String {
        match self {
            Self::Template(progress) => format!("{}: {}", progress.title(), progress.line()),
            Self::Directory => "Preparing a session".into(),
            Self::Compiler => "Starting the Rust compiler".into(),
            Self::Library => "Loading the lab".into(),
            Self::Ready => "Ready".into(),
        }
    }
}

/// A question that a cell asks through `evcxr_input`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The question.
    pub text: String,
    /// Whether the answer must not be seen.
    pub is_password: bool,
}

/// What could stand at the cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// The candidates.
    pub matches: Vec<String>,
    /// First character that they replace.
    pub start: usize,
    /// Character behind the last that they replace.
    pub end: usize,
}

/// A running session.
pub struct Session {
    context: CommandContext,
    outputs: EvalContextOutputs,
    interrupter: Interrupter,
    artifacts: std::path::PathBuf,
    // The directory goes when everything that uses it has ended, the janitor when nothing is left to remove.
    _directory: SessionDirectory,
    _janitor: Option<Janitor>,
}

impl Session {
    /// Starts a session, building the template where it is missing. The process must have gone through
    /// [`super::launch::enter`], and [`evcxr::runtime_hook`] must have been called first in `main`.
    pub fn start(
        template: &Template,
        interrupter: Interrupter,
        report: &mut dyn FnMut(StartStep),
    ) -> Result<Self, SetupError> {
        let path = session_path()
            .ok_or_else(|| SetupError::Other("a session was started outside a session's environment".into()))?;
        template.ensure(&mut |progress| report(StartStep::Template(progress)))?;
        report(StartStep::Directory);
        let janitor = Janitor::start(&path);
        let directory = SessionDirectory::create(path)?;
        let artifacts = directory
            .path()
            .join("target")
            .join(&template.toolchain().host)
            .join("debug");
        let deps = artifacts.join("deps");
        std::fs::create_dir_all(&deps).map_err(SetupError::io("make a session's directory", &deps))?;
        let (compiled, own) = (template.path(), directory.path().to_owned());
        let cloning = std::thread::spawn(move || clone_compiled(&compiled, &own));
        report(StartStep::Compiler);
        let sources = RustSrc::of_session(directory.path());
        sources.show_nothing()?;
        let library_sources = template.toolchain().ensure_library_sources()?;
        // Its first evaluation needs nothing of what is cloned meanwhile.
        let started = CommandContext::new();
        cloning
            .join()
            .unwrap_or_else(|_| Err(starting("the template was not cloned")))?;
        let (context, outputs) = started.map_err(starting)?;
        interrupter.watch(context.process_handle());
        let mut session = Self {
            context,
            outputs,
            interrupter,
            artifacts,
            _directory: directory,
            _janitor: janitor,
        };
        report(StartStep::Library);
        sources.show(&library_sources)?;
        session.load_library(template)?;
        report(StartStep::Ready);
        Ok(session)
    }

    fn load_library(&mut self, template: &Template) -> Result<(), SetupError> {
        // evcxr's first evaluation has no dependencies, and cargo removed them all from the lock file.
        let lock = self._directory.path().join("Cargo.lock");
        std::fs::copy(template.path().join("Cargo.lock"), &lock)
            .map_err(SetupError::io("restore the tested versions", &lock))?;
        let dependency = library_dependency(&template.dirs().root);
        let prelude = format!(":dep unet_lab = {dependency}\nuse unet_lab::prelude::*;\n{ATTACH}\n{USE_QUESTION_MARK}");
        self.quietly(|context| context.execute(&prelude))
            .map_err(|error| match &error {
                evcxr::Error::CompilationErrors(errors) => starting(CellError::compilation(errors, &prelude).evalue),
                _ => starting(error),
            })?;
        Ok(())
    }

    /// Runs something whose output nobody is to see. evcxr waits until the output has been taken away.
    fn quietly<T>(&mut self, work: impl FnOnce(&mut CommandContext) -> T) -> T {
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (stdout, stderr) = (&self.outputs.stdout, &self.outputs.stderr);
            scope.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    let _ = stdout.recv_timeout(Duration::from_millis(10));
                    while stderr.try_recv().is_ok() {}
                }
                while stdout.try_recv().is_ok() {}
            });
            let result = work(&mut self.context);
            done.store(true, Ordering::Release);
            result
        })
    }

    /// Spends the time in which the student reads: what the first cell needs is looked up now.
    pub fn warm_up(&mut self) {
        let _ = self.context.completions(WARM_UP, WARM_UP.len());
    }

    /// Runs a cell. `answer` is asked when the cell asks; `observe` sees what it shows, as it shows it.
    pub fn execute(
        &mut self,
        code: &str,
        answer: &dyn Fn(Prompt) -> String,
        observe: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(), CellError> {
        let prepared = source::without_own_dependency(code);
        if source::is_already_loaded(&prepared) {
            return Ok(());
        }
        let before: Vec<String> = self
            .context
            .variables_and_types()
            .map(|(name, _)| name.to_owned())
            .collect();
        self.interrupter.begin();
        let done = AtomicBool::new(false);
        let (result, outcome) = std::thread::scope(|scope| {
            let (stdout, stderr) = (&self.outputs.stdout, &self.outputs.stderr);
            let collector = Collector::new(observe, &self.interrupter, &self.artifacts);
            let done = &done;
            let collecting = scope
                .spawn(move || collector.run(done, |wait| stdout.recv_timeout(wait).ok(), || stderr.try_recv().ok()));
            let mut callbacks = EvalCallbacks {
                input_reader: &|request| {
                    answer(Prompt {
                        text: request.prompt,
                        is_password: request.is_password,
                    })
                },
            };
            let result = self.context.execute_with_callbacks(&prepared, &mut callbacks);
            done.store(true, Ordering::Release);
            (result, collecting.join().unwrap_or_default())
        });
        let interrupted = self.interrupter.end();
        match result {
            Err(evcxr::Error::SubprocessTerminated(_)) => {
                let error = ended(&outcome, interrupted, &before);
                self.revive();
                Err(error)
            }
            Err(error) => Err(not_run(error, code)),
            Ok(outputs) => {
                if !outputs.content_by_mime_type.is_empty() {
                    let data = outputs
                        .content_by_mime_type
                        .into_iter()
                        .map(|(mime, content)| (mime, Value::from(content)))
                        .collect();
                    observe(Event::Value { data });
                }
                self.judge(outcome, interrupted, code)
            }
        }
    }

    fn judge(&self, outcome: Outcome, interrupted: Interrupted, code: &str) -> Result<(), CellError> {
        if let Some(report) = outcome.panic {
            let place = self.place_in_cell(&report, code);
            return Err(CellError::panic(&report, code, place));
        }
        if let Some(error) = outcome.question_mark {
            return Err(CellError::question_mark(&error, code));
        }
        match interrupted {
            Interrupted::No => Ok(()),
            _ => Err(CellError::plain(
                "interrupted",
                "the cell was stopped at your request",
                "Your variables are kept.",
            )),
        }
    }

    fn place_in_cell(&self, report: &PanicReport, code: &str) -> Option<usize> {
        let generated = self.context.last_source().ok()?;
        let own = |file: &str| {
            let path = Path::new(file);
            path == Path::new("src/lib.rs")
                || (path.ends_with("src/lib.rs") && path.starts_with(self._directory.path()))
        };
        let called = report.location.iter().map(|place| (place.file.as_str(), place.line));
        let through = report
            .frames
            .iter()
            .filter_map(|frame| Some((frame.file.as_deref()?, frame.line?)));
        called
            .chain(through)
            .filter(|(file, _)| own(file))
            .find_map(|(_, line)| cell_line(code, &generated, line))
    }

    /// After a crash evcxr has started a fresh process; it needs the panic hook again.
    fn revive(&mut self) {
        self.interrupter.watch(self.context.process_handle());
        let _ = self.quietly(|context| context.execute(ATTACH));
    }

    /// What could stand at character `cursor`.
    pub fn complete(&mut self, code: &str, cursor: usize) -> Completion {
        let prepared = source::without_own_dependency(code);
        let removed = code.len() - prepared.len();
        let at = source::byte_offset(code, cursor).saturating_sub(removed);
        let Ok(found) = self.context.completions(&prepared, at) else {
            return Completion {
                matches: Vec::new(),
                start: cursor,
                end: cursor,
            };
        };
        let mut matches: Vec<String> = Vec::new();
        for candidate in found.completions {
            // rust-analyzer offers `name(argument)`; in a notebook the name is what one wants to see inserted.
            let name = candidate.code.split('(').next().unwrap_or_default().to_owned();
            if !name.is_empty() && !name.starts_with("evcxr_") && !matches.contains(&name) {
                matches.push(name);
            }
        }
        Completion {
            matches,
            start: source::character_offset(code, found.start_offset + removed),
            end: source::character_offset(code, found.end_offset + removed),
        }
    }

    /// Documentation of what stands at character `cursor`, by MIME type.
    pub fn inspect(&mut self, code: &str, cursor: usize) -> Option<Map<String, Value>> {
        let path = source::path_at(code, source::byte_offset(code, cursor))?;
        let answer = self.quietly(|context| context.execute(&format!(":doc {path}"))).ok()?;
        let data: Map<String, Value> = answer
            .content_by_mime_type
            .into_iter()
            .map(|(mime, content)| (mime, Value::from(content)))
            .collect();
        let text = data.get("text/plain")?.as_str()?;
        (!text.trim().is_empty() && !text.contains("No documentation found")).then_some(data)
    }
}

fn starting(error: impl std::fmt::Display) -> SetupError {
    SetupError::ProgramFailed {
        what: "Starting the Rust session".into(),
        status: "evcxr".into(),
        output: error.to_string(),
        remedy: "`unet-lab doctor` looks for the usual causes.".into(),
    }
}

/// The interrupter for the session of this process.
pub fn interrupter_of_this_process() -> Interrupter {
    let path = session_path().unwrap_or_default();
    Interrupter::new(interrupt_file(&path))
}

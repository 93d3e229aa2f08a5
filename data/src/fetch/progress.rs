//! Who is told how far a download is.

use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::datasets::human_bytes;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Another process fetches the same data set.
    Waiting,
    /// Bytes come.
    Downloading,
    /// The checksum is computed.
    Checking,
    /// The archive is unpacked.
    Unpacking,
}

impl Phase {
    /// "downloading" and so on.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting for",
            Self::Downloading => "downloading",
            Self::Checking => "checking",
            Self::Unpacking => "unpacking",
        }
    }
}

/// How far one file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// The data set.
    pub dataset: &'a str,
    /// The file.
    pub file: &'a str,
    /// What is being done.
    pub phase: Phase,
    /// Bytes done in this phase, those of an earlier attempt included.
    pub bytes: u64,
    /// Bytes in all, where that is known.
    pub total: Option<u64>,
}

/// Is told how far a download is, from several threads, often.
pub trait Progress: Send + Sync {
    /// How far it is.
    fn step(&self, step: Step);

    /// A sentence for the person who waits: a mirror failed, a checksum is trusted for the first time.
    fn note(&self, text: &str);

    /// Whether to stop. What came so far is kept.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _: Step) {}
    fn note(&self, _: &str) {}
}

/// Plain lines of text: at the beginning and end of a phase, and every few seconds between.
pub struct Lines<W> {
    state: Mutex<LinesState<W>>,
    every: Duration,
}

struct LinesState<W> {
    out: W,
    phase: Option<(String, Phase)>,
    told: Instant,
    told_bytes: u64,
}

impl<W: Write + Send> Lines<W> {
    /// Lines into `out`, one every five seconds at the most.
    pub fn new(out: W) -> Self {
        let state = LinesState {
            out,
            phase: None,
            told: Instant::now(),
            told_bytes: 0,
        };
        Self {
            state: Mutex::new(state),
            every: Duration::from_secs(5),
        }
    }
}

impl<W: Write + Send> Progress for Lines<W> {
    fn step(&self, step: Step) {
        let mut state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let phase = (step.file.to_owned(), step.phase);
        let is_new = state.phase.as_ref() != Some(&phase);
        let is_last = step.total == Some(step.bytes) && state.told_bytes != step.bytes;
        if !is_new && !is_last && state.told.elapsed() < self.every {
            return;
        }
        state.phase = Some(phase);
        state.told = Instant::now();
        state.told_bytes = step.bytes;
        let done = match (step.phase, step.total) {
            (Phase::Waiting, _) => String::new(),
            (_, Some(total)) => format!(": {} of {}", human_bytes(step.bytes), human_bytes(total)),
            (_, None) => format!(": {}", human_bytes(step.bytes)),
        };
        let _ = writeln!(state.out, "{} {}{done}", step.phase.name(), step.file);
        let _ = state.out.flush();
    }

    fn note(&self, text: &str) {
        let mut state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let _ = writeln!(state.out, "{text}");
        let _ = state.out.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_at_the_beginning_and_the_end_of_a_phase() {
        let lines = Lines::new(Vec::new());
        for bytes in [0, 10, 1000, 2000] {
            lines.step(Step {
                dataset: "a",
                file: "a.zip",
                phase: Phase::Downloading,
                bytes,
                total: Some(2000),
            });
        }
        lines.note("a note");
        let text = String::from_utf8(lines.state.into_inner().unwrap().out).unwrap();
        let expected = "downloading a.zip: 0 bytes of 2.0 kB\ndownloading a.zip: 2.0 kB of 2.0 kB\na note\n";
        assert_eq!(text, expected);
    }
}

//! The lines by which the process that runs cells tells the session what happened, in order.
//!
//! evcxr hands its caller one plain line of standard output at a time, shows only the last rich output of a cell,
//! and keeps panics and `?` failures to itself. The relay ([`super::relay`]) therefore rewrites everything that a
//! cell's process prints into *frames*: lines that begin with U+001E. evcxr passes them on untouched.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// First character of every frame, and of the events that the library `unet_lab` prints itself.
pub const MARK: char = '\u{1e}';
/// How the library's own events begin (see `unet_lab::notebook`).
pub const LIBRARY_EVENT: &str = "\u{1e}unet-lab:";
const RELAY_FRAME: &str = "\u{1e}relay:";

/// What the relay reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "frame", rename_all = "snake_case")]
pub enum Frame {
    /// Text on standard output.
    Stdout {
        /// As printed, newlines included.
        text: String,
    },
    /// Text on standard error.
    Stderr {
        /// As printed, newlines included.
        text: String,
    },
    /// One rich value in every MIME type that it was given in.
    Content {
        /// MIME type to content; binary types in base64.
        data: Map<String, Value>,
    },
    /// The cell panicked, and nothing caught it.
    Panicked,
    /// A `?` ended the cell; what it printed last on standard error is the error.
    QuestionMark {
        /// The error in words.
        error: String,
    },
    /// The process is gone.
    Exited {
        /// Its exit code, unless a signal ended it.
        code: Option<i32>,
        /// The signal that ended it.
        signal: Option<i32>,
    },
}

/// What the library `unet_lab` prints for the notebook to act on.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum LibraryEvent {
    /// Show something, or replace what was shown under the same id.
    Display {
        /// Names the output when it will be updated.
        id: Option<String>,
        /// Whether this replaces an earlier output of that id.
        #[serde(default)]
        update: bool,
        /// MIME type to content.
        data: Map<String, Value>,
    },
    /// The panic hook's report, with what evcxr would lose.
    Panic(PanicReport),
}

/// A panic as the library's hook saw it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct PanicReport {
    /// The message.
    pub message: String,
    /// The thread's name.
    #[serde(default)]
    pub thread: String,
    /// Where `panic!` was called.
    pub location: Option<SourcePlace>,
    /// The calls that led there, innermost first.
    #[serde(default)]
    pub frames: Vec<CallFrame>,
}

/// A place in a source file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SourcePlace {
    /// File name as compiled.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    #[serde(default)]
    pub column: usize,
}

/// One call of a backtrace.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CallFrame {
    /// The function's path.
    pub function: String,
    /// Its file, where known.
    pub file: Option<String>,
    /// The line in it, where known.
    pub line: Option<usize>,
}

/// A line from the child process, understood.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// From the relay.
    Relay(Frame),
    /// From the library.
    Library(LibraryEvent),
    /// Anything else: printed past the relay.
    Plain(String),
}

impl Frame {
    /// The frame as one line without its newline. evcxr's own protocol words never appear in it.
    pub fn to_line(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{RELAY_FRAME}{}", json.replace("EVCXR_", "EVCXR\\u005f"))
    }
}

impl Line {
    /// Reads one line of the child's standard output.
    pub fn parse(line: &str) -> Self {
        if let Some(json) = line.strip_prefix(RELAY_FRAME) {
            if let Ok(frame) = serde_json::from_str(json) {
                return Self::Relay(frame);
            }
        } else if let Some(json) = line.strip_prefix(LIBRARY_EVENT)
            && let Ok(event) = serde_json::from_str(json)
        {
            return Self::Library(event);
        }
        Self::Plain(line.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_the_line_and_hide_evcxrs_protocol_words() {
        let frame = Frame::Stdout {
            text: "a \"b\"\nEVCXR_BEGIN_CONTENT text/html\n\u{1e}é".into(),
        };
        let line = frame.to_line();
        assert!(!line.contains('\n') && !line.contains("EVCXR_"));
        assert_eq!(Line::parse(&line), Line::Relay(frame));
    }

    #[test]
    fn library_events_are_understood_and_broken_ones_stay_visible() {
        let line =
            "\u{1e}unet-lab:{\"event\":\"display\",\"id\":\"7\",\"update\":true,\"data\":{\"text/plain\":\"x\"}}";
        assert!(matches!(
            Line::parse(line),
            Line::Library(LibraryEvent::Display { update: true, .. })
        ));
        let panic = "\u{1e}unet-lab:{\"event\":\"panic\",\"message\":\"m\",\"thread\":\"main\",\"location\":null,\"frames\":[]}";
        assert!(matches!(Line::parse(panic), Line::Library(LibraryEvent::Panic(_))));
        assert_eq!(Line::parse("\u{1e}unet-lab:{"), Line::Plain("\u{1e}unet-lab:{".into()));
    }
}

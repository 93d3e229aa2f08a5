//! The lines that the lab's kernel reads: a mark, then one line of JSON.

use serde_json::Value;
use std::io::{self, Write};

/// Starts an event line. U+001E is ASCII's record separator, which nobody prints by accident.
pub(crate) const MARK: &str = "\u{1e}unet-lab:";

/// Writes one event as one line in one locked write, so that two threads never mix their lines.
pub(crate) fn send(event: &Value) -> io::Result<()> {
    let line = line(event);
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes())?;
    out.flush()
}

/// The line of an event. JSON escapes control characters, so it holds no other newline.
pub(crate) fn line(event: &Value) -> String {
    format!("{MARK}{event}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_whatever_it_holds() {
        let event = serde_json::json!({"event": "display", "data": {"text/plain": "a\nb\u{1e}\r"}});
        let line = line(&event);
        let body = line.strip_prefix(MARK).and_then(|l| l.strip_suffix('\n')).unwrap();
        assert!(!body.contains(['\n', '\r', '\u{1e}']));
        assert_eq!(serde_json::from_str::<Value>(body).unwrap(), event);
    }
}

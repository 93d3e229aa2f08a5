//! A line in the cell's output that says what is being waited for, and goes away.

use std::time::Duration;

use jupyter_protocol::{ClearOutput, DisplayData, JupyterMessage, Transient, UpdateDisplayData};
use serde_json::{Map, Value};

use super::channels::Outbox;
use crate::notebook::outputs::media;

/// The line shown under one cell.
#[derive(Debug)]
pub struct StatusLine {
    id: String,
    shown: Option<String>,
}

impl StatusLine {
    /// A line for the cell that `parent` sent; nothing is shown yet.
    pub fn new(parent: &JupyterMessage) -> Self {
        Self {
            id: format!("status-{}", parent.header.msg_id),
            shown: None,
        }
    }

    /// Shows or replaces the line.
    pub fn show(&mut self, text: &str, outbox: &Outbox, parent: &JupyterMessage) {
        if self.shown.as_deref() == Some(text) {
            return;
        }
        let data = media(&bundle(text));
        if self.shown.is_none() {
            let mut display = DisplayData::new(data);
            display.transient = Some(Transient {
                display_id: Some(self.id.clone()),
            });
            outbox.publish(display, parent);
        } else {
            outbox.publish(UpdateDisplayData::new(data, &self.id), parent);
        }
        self.shown = Some(text.to_owned());
    }

    /// Takes the line away.
    pub fn clear(&mut self, outbox: &Outbox, parent: &JupyterMessage) {
        if self.shown.take().is_some() {
            outbox.publish(ClearOutput { wait: false }, parent);
        }
    }
}

/// `Compiling … 12 s (rand_core, rand)`.
pub fn compiling(elapsed: Duration, crates: &[String]) -> String {
    let last: Vec<&str> = crates.iter().rev().take(3).rev().map(String::as_str).collect();
    let named = match last.len() {
        0 => String::new(),
        _ => format!(" ({} crates so far: {} …)", crates.len(), last.join(", ")),
    };
    format!("Compiling … {} s{named}", elapsed.as_secs())
}

fn bundle(text: &str) -> Map<String, Value> {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let html = format!("<div role=\"status\" style=\"opacity:.7;font-style:italic\">⏳ {escaped}</div>");
    Map::from_iter([
        ("text/html".to_owned(), Value::from(html)),
        ("text/plain".to_owned(), Value::from(text)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_long_and_what() {
        assert_eq!(compiling(Duration::from_secs(3), &[]), "Compiling … 3 s");
        let crates = ["a", "b", "c", "d"].map(str::to_owned);
        assert_eq!(
            compiling(Duration::from_secs(12), &crates),
            "Compiling … 12 s (4 crates so far: b, c, d …)"
        );
    }
}

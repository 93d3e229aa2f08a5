//! Showing a figure, once or again and again in one place.

use super::event;
use super::host::{Host, host};
use crate::plot::Figure;
use serde_json::{Map, Value, json};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

/// Shows a figure now, wherever in a cell: in the lab's kernel at once, in another evcxr kernel when the cell ends,
/// and as its text in a terminal. A cell whose last line is a figure shows it without this. Taught in unit 01.
pub fn display(figure: &Figure) {
    show(figure, host());
}

fn show(figure: &Figure, host: Host) {
    match host {
        // A reader that has gone away is no reason to stop a training.
        Host::Lab => drop(event::send(&message(figure, None, false))),
        Host::Evcxr => {
            let text = evcxr_content(figure);
            let mut out = io::stdout().lock();
            drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
        }
        Host::Plain => println!("{}", figure.alt()),
    }
}

/// A figure that changes in place while a cell runs.
///
/// Outside the lab's kernel, where nothing can be changed in place, only [`finish`](Self::finish) shows anything.
#[derive(Debug)]
pub struct LiveDisplay {
    id: String,
    host: Host,
}

impl LiveDisplay {
    /// Shows the figure for the first time.
    pub fn new(figure: &Figure) -> Self {
        let live = Self {
            id: new_id(),
            host: host(),
        };
        live.send(figure, false);
        live
    }

    /// Puts this figure in the place of the one before.
    pub fn update(&self, figure: &Figure) {
        self.send(figure, true);
    }

    /// Puts the last figure there; outside the lab's kernel shows it.
    pub fn finish(self, figure: &Figure) {
        if self.host == Host::Lab {
            self.send(figure, true)
        } else {
            show(figure, self.host)
        }
    }

    fn send(&self, figure: &Figure, update: bool) {
        if self.host == Host::Lab {
            drop(event::send(&message(figure, Some(&self.id), update)));
        }
    }
}

/// Never the same twice, in this process or the next one of the same notebook.
fn new_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!(
        "{:016x}",
        RandomState::new().hash_one((std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)))
    )
}

fn message(figure: &Figure, id: Option<&str>, update: bool) -> Value {
    let data: Map<String, Value> = figure
        .bundle()
        .into_iter()
        .map(|(mime, text)| (mime.to_string(), text.into()))
        .collect();
    json!({"event": "display", "id": id, "update": update, "data": data})
}

/// What a stock evcxr kernel reads.
pub(crate) fn evcxr_content(figure: &Figure) -> String {
    let part = |(mime, text): (&str, String)| format!("EVCXR_BEGIN_CONTENT {mime}\n{text}\nEVCXR_END_CONTENT\n");
    figure.bundle().into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_carries_every_form_and_the_id() {
        let figure = Figure::html("<b>1</b>", "a small picture");
        let first = message(&figure, Some("ab"), false);
        assert_eq!(
            first,
            json!({"event": "display", "id": "ab", "update": false, "data": {"text/html": "<b>1</b>", "text/plain": "a small picture"}})
        );
        assert_eq!(message(&figure, None, true)["id"], Value::Null);
    }

    #[test]
    fn evcxr_gets_one_block_a_form() {
        let text = evcxr_content(&Figure::html("<b>1</b>", "alt"));
        assert_eq!(
            text,
            "EVCXR_BEGIN_CONTENT text/html\n<b>1</b>\nEVCXR_END_CONTENT\nEVCXR_BEGIN_CONTENT text/plain\nalt\nEVCXR_END_CONTENT\n"
        );
    }

    #[test]
    fn ids_are_hex_and_differ() {
        let (a, b) = (new_id(), new_id());
        assert!(a != b && a.len() == 16 && a.chars().all(|c| c.is_ascii_hexdigit()));
    }
}

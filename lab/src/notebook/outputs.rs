//! A cell's outputs as a notebook file keeps them.

use std::collections::HashMap;

use jupyter_protocol::{ExecutionCount, Media};
use nbformat::v4::{DisplayData, ErrorOutput, ExecuteResult, MultilineString, Output};
use serde_json::{Map, Value};

use crate::engine::{CellError, Event};

/// Outputs of one cell, gathered in order; what is updated later is replaced in place.
#[derive(Debug, Default)]
pub struct Outputs {
    kept: Vec<Output>,
    by_id: HashMap<String, usize>,
}

impl Outputs {
    /// Adds what the running cell shows.
    pub fn add(&mut self, event: &Event, count: usize) {
        match event {
            Event::Stdout(text) => self.stream("stdout", text),
            Event::Stderr(text) => self.stream("stderr", text),
            Event::Compiling { .. } => {}
            Event::Value { data } => self.kept.push(Output::ExecuteResult(ExecuteResult {
                execution_count: ExecutionCount::new(count),
                data: media(data),
                metadata: Map::new(),
            })),
            Event::Display { id, data, .. } => {
                let output = Output::DisplayData(DisplayData {
                    data: media(data),
                    metadata: Map::new(),
                });
                match id.as_ref().and_then(|id| self.by_id.get(id)) {
                    Some(&index) => self.kept[index] = output,
                    None => {
                        if let Some(id) = id {
                            self.by_id.insert(id.clone(), self.kept.len());
                        }
                        self.kept.push(output);
                    }
                }
            }
        }
    }

    /// Adds the cell's failure.
    pub fn fail(&mut self, error: &CellError) {
        self.kept.push(Output::Error(ErrorOutput {
            ename: error.ename.clone(),
            evalue: error.evalue.clone(),
            traceback: error.traceback.clone(),
        }));
    }

    /// Everything that the outputs say, in all their forms.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for output in &self.kept {
            if let Ok(Value::Object(output)) = serde_json::to_value(output) {
                collect_text(output.get("text").or(output.get("data")), &mut text);
            }
        }
        text
    }

    /// The outputs, for the file.
    pub fn into_vec(self) -> Vec<Output> {
        self.kept
    }

    fn stream(&mut self, stream: &str, text: &str) {
        if let Some(Output::Stream { name, text: before }) = self.kept.last_mut()
            && name == stream
        {
            before.0.push_str(text);
            return;
        }
        self.kept.push(Output::Stream {
            name: stream.to_owned(),
            text: MultilineString(text.to_owned()),
        });
    }
}

/// A MIME bundle in the protocol's form.
pub fn media(data: &Map<String, Value>) -> Media {
    serde_json::from_value(Value::Object(data.clone())).unwrap_or_default()
}

fn collect_text(value: Option<&Value>, into: &mut String) {
    match value {
        Some(Value::String(text)) => {
            into.push_str(text);
            into.push('\n');
        }
        // The lines of a text carry their own newlines.
        Some(Value::Array(lines)) => {
            lines
                .iter()
                .filter_map(Value::as_str)
                .for_each(|line| into.push_str(line));
            into.push('\n');
        }
        Some(Value::Object(by_mime)) => {
            for (mime, content) in by_mime {
                if !mime.starts_with("image/png") {
                    collect_text(Some(content), into);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(text: &str) -> Map<String, Value> {
        Map::from_iter([("text/plain".to_owned(), Value::from(text))])
    }

    #[test]
    fn text_of_one_stream_is_joined_and_updates_replace_what_they_update() {
        let mut outputs = Outputs::default();
        outputs.add(&Event::Stdout("a".into()), 1);
        outputs.add(&Event::Stdout("b\n".into()), 1);
        for (update, text) in [(false, "0 %"), (true, "100 %")] {
            let event = Event::Display {
                id: Some("x".into()),
                update,
                data: data(text),
            };
            outputs.add(&event, 1);
        }
        outputs.add(&Event::Value { data: data("42") }, 1);
        let text = outputs.text();
        assert!(text.contains("ab\n") && text.contains("100 %") && text.contains("42"));
        assert!(!text.contains("0 %\n1"), "{text}");
        assert_eq!(outputs.into_vec().len(), 3);
    }

    #[test]
    fn a_failure_is_kept_as_jupyter_keeps_it() {
        let mut outputs = Outputs::default();
        outputs.fail(&CellError::plain("panic", "m", ""));
        let json = serde_json::to_value(outputs.into_vec()).expect("json");
        assert_eq!(json[0]["output_type"], "error");
        assert_eq!(json[0]["ename"], "panic");
    }
}

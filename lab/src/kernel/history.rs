//! The cells of this session, for a console's arrow keys.

use jupyter_protocol::{HistoryEntry, HistoryReply, HistoryRequest};

/// Inputs in the order they came.
#[derive(Debug, Default)]
pub struct History {
    inputs: Vec<String>,
}

const SESSION: usize = 1;

impl History {
    /// Keeps a cell.
    pub fn push(&mut self, code: &str) {
        self.inputs.push(code.to_owned());
    }

    /// Answers a request for past cells.
    pub fn answer(&self, request: &HistoryRequest) -> HistoryReply {
        let numbered = self
            .inputs
            .iter()
            .enumerate()
            .map(|(index, code)| (index + 1, code.as_str()));
        let (entries, output): (Vec<(usize, &str)>, bool) = match request {
            HistoryRequest::Tail { n, output, .. } => (last(numbered.collect(), *n), *output),
            HistoryRequest::Range {
                session,
                start,
                stop,
                output,
                ..
            } => {
                let this_session = session.is_none_or(|session| session <= 0 || session == 1);
                let start = usize::try_from(*start).unwrap_or(0);
                let stop = usize::try_from(*stop).unwrap_or(usize::MAX);
                let within = numbered.filter(|(line, _)| this_session && (start..stop).contains(line));
                (within.collect(), *output)
            }
            HistoryRequest::Search {
                pattern,
                unique,
                output,
                n,
                ..
            } => {
                let mut found: Vec<(usize, &str)> = numbered.filter(|(_, code)| glob(pattern, code)).collect();
                if *unique {
                    let mut seen = std::collections::HashSet::new();
                    found.reverse();
                    found.retain(|(_, code)| seen.insert(*code));
                    found.reverse();
                }
                (last(found, *n), *output)
            }
        };
        let entries = entries.into_iter().map(|(line, code)| match output {
            false => HistoryEntry::Input(SESSION, line, code.to_owned()),
            true => HistoryEntry::InputOutput(SESSION, line, (code.to_owned(), String::new())),
        });
        HistoryReply::new(entries.collect())
    }
}

fn last<T>(mut entries: Vec<T>, n: i32) -> Vec<T> {
    match usize::try_from(n) {
        Ok(n) if n > 0 => entries.split_off(entries.len().saturating_sub(n)),
        _ => entries,
    }
}

/// Shell patterns with `*` and `?`, as IPython's history search has them.
fn glob(pattern: &str, text: &str) -> bool {
    let mut pattern_rest = pattern.chars();
    match pattern_rest.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = pattern_rest.as_str();
            text.char_indices()
                .map(|(at, _)| at)
                .chain([text.len()])
                .any(|at| glob(rest, &text[at..]))
        }
        Some(wanted) => {
            let mut rest = text.chars();
            rest.next()
                .is_some_and(|found| (wanted == '?' || wanted == found) && glob(pattern_rest.as_str(), rest.as_str()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(history: &History, request: &HistoryRequest) -> Vec<usize> {
        history
            .answer(request)
            .history
            .iter()
            .map(|entry| match entry {
                HistoryEntry::Input(_, line, _) | HistoryEntry::InputOutput(_, line, _) => *line,
            })
            .collect()
    }

    #[test]
    fn tail_range_and_search_find_what_they_name() {
        let mut history = History::default();
        for code in ["let a = 1;", "a", "let b = 2;", "a"] {
            history.push(code);
        }
        let tail = HistoryRequest::Tail {
            n: 2,
            output: false,
            raw: true,
        };
        assert_eq!(lines(&history, &tail), [3, 4]);
        let range = HistoryRequest::Range {
            session: Some(0),
            start: 1,
            stop: 3,
            output: true,
            raw: true,
        };
        assert_eq!(lines(&history, &range), [1, 2]);
        let search = |pattern: &str, unique| HistoryRequest::Search {
            pattern: pattern.into(),
            unique,
            output: false,
            raw: true,
            n: 10,
        };
        assert_eq!(lines(&history, &search("let*", false)), [1, 3]);
        assert_eq!(lines(&history, &search("*", true)), [1, 3, 4]);
        assert_eq!(lines(&history, &search("?", false)), [2, 4]);
    }
}

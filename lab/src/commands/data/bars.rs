//! How far a download is: a bar on a terminal, lines elsewhere.

use std::io::{IsTerminal, stderr};
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};
use unet_lab_data::fetch::{Lines, Phase, Progress, Step};

const KNOWN: &str =
    "{prefix:>12} {wide_msg} [{bar:30}] {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}";
const UNKNOWN: &str = "{prefix:>12} {wide_msg} {spinner} {decimal_bytes} {decimal_bytes_per_sec}";

/// Shows progress where a person looks.
pub enum Bars {
    /// On a terminal.
    Terminal(Mutex<Option<Bar>>),
    /// Into a file or another program.
    Text(Lines<std::io::Stderr>),
}

/// The bar of one phase of one file.
pub struct Bar {
    file: String,
    phase: Phase,
    bar: ProgressBar,
}

impl Bars {
    /// Bars on a terminal, lines of text elsewhere.
    pub fn new() -> Self {
        match stderr().is_terminal() {
            true => Self::Terminal(Mutex::new(None)),
            false => Self::Text(Lines::new(stderr())),
        }
    }

    /// Takes the last bar away.
    pub fn finish(&self) {
        if let Self::Terminal(current) = self {
            let mut current = current.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            if let Some(bar) = current.take() {
                bar.bar.finish_and_clear();
            }
        }
    }
}

impl Bar {
    fn new(step: &Step) -> Self {
        let template = if step.total.is_some() { KNOWN } else { UNKNOWN };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = match step.total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::new_spinner(),
        };
        bar.set_style(style);
        bar.set_prefix(step.phase.name());
        bar.set_message(step.file.to_owned());
        // What an earlier attempt brought counts for the bar and not for the speed.
        bar.set_position(step.bytes);
        bar.reset_eta();
        Self {
            file: step.file.to_owned(),
            phase: step.phase,
            bar,
        }
    }
}

impl Progress for &Bars {
    fn step(&self, step: Step) {
        match self {
            Bars::Text(lines) => lines.step(step),
            Bars::Terminal(current) => {
                let mut current = current.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                let is_same = current
                    .as_ref()
                    .is_some_and(|bar| bar.file == step.file && bar.phase == step.phase);
                if !is_same {
                    if let Some(old) = current.take() {
                        old.bar.finish_and_clear();
                    }
                    *current = Some(Bar::new(&step));
                }
                if let Some(bar) = current.as_ref() {
                    bar.bar.set_position(step.bytes);
                }
            }
        }
    }

    fn note(&self, text: &str) {
        match self {
            Bars::Text(lines) => lines.note(text),
            Bars::Terminal(current) => {
                let current = current.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                match current.as_ref() {
                    Some(bar) => bar.bar.println(text),
                    None => eprintln!("{text}"),
                }
            }
        }
    }
}

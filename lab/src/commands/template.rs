//! Building the notebook template with progress that a person can watch.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::engine::progress::{BuildProgress, in_words};
use crate::engine::{Freshness, Template};
use crate::error::SetupError;

/// Without a terminal, a line this often.
const LINE_EVERY: Duration = Duration::from_secs(20);

/// Builds what is missing; says what it does and how far it is.
pub fn ensure(template: &Template) -> Result<(), SetupError> {
    let reason = match template.freshness() {
        Freshness::Fresh => return Ok(()),
        Freshness::Missing => "not built yet",
        Freshness::OtherToolchain => "built by another compiler or version of the lab",
        Freshness::LibraryChanged => "the library has changed since it was built",
    };
    println!("Notebook template: {reason}.");
    let started = Instant::now();
    let mut shown = Shown::new();
    template.ensure(&mut |progress| shown.update(&progress))?;
    shown.clear();
    println!("Notebook template: ready after {}.", in_words(started.elapsed()));
    Ok(())
}

struct Shown {
    bar: Option<ProgressBar>,
    stage: Option<usize>,
    last_line: Option<Instant>,
}

impl Shown {
    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(1);
            let style = ProgressStyle::with_template("  {bar:30} {pos}/{len} crates  {elapsed}  {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self {
            bar,
            stage: None,
            last_line: None,
        }
    }

    fn update(&mut self, progress: &BuildProgress) {
        if self.stage != Some(progress.stage) {
            self.stage = Some(progress.stage);
            match &self.bar {
                Some(bar) => bar.println(format!("  {}", progress.title())),
                None => println!("  {}", progress.title()),
            }
        }
        match &self.bar {
            Some(bar) => {
                bar.set_length(progress.total as u64);
                bar.set_position(progress.done as u64);
                bar.set_message(progress.current.clone());
            }
            None => {
                if self.last_line.is_none_or(|last| last.elapsed() > LINE_EVERY) {
                    println!("  {:>4} s  {}", progress.elapsed.as_secs(), progress.line());
                    self.last_line = Some(Instant::now());
                }
            }
        }
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

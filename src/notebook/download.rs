//! A download as it happens: a bar that changes in place, lines of text outside the lab's kernel.

use std::io::{Stderr, stderr};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{LiveDisplay, in_lab_kernel, interrupted};
use crate::data::datasets::{self, human_bytes};
use crate::data::fetch::{FetchError, Lines, Phase, Progress, Step};
use crate::plot::{Figure, escape};

/// The shortest time between two updates.
const PAUSE: Duration = Duration::from_millis(200);

/// Fetches a data set by its id and gives its folder, at once where it is in the cache; shows how far it is. The kernel's interrupt stops
/// it, and the next call goes on where it stopped. `unet-lab data list` names all data sets. Taught in unit 02.
///
/// ```
/// use unet_lab::notebook::fetch_dataset;
/// let error = fetch_dataset("msd04").unwrap_err().to_string();
/// assert!(error.contains("did you mean msd04_hippocampus?"), "{error}");
/// ```
///
/// # Errors
/// Any [`FetchError`]: an unknown id, a licence that wants a person (with the steps), no connection, no room.
pub fn fetch_dataset(id: &str) -> Result<PathBuf, FetchError> {
    let bar = DownloadBar::new();
    let folder = datasets::get(id)?.with_progress(&bar).fetch();
    bar.finish();
    folder
}

/// Shows how far a download is.
struct DownloadBar {
    live: Option<Mutex<State>>,
    lines: Lines<Stderr>,
}

/// What was shown last.
struct State {
    display: Option<LiveDisplay>,
    shown: Option<(String, Phase, Instant)>,
    /// When the phase began, with the bytes of an earlier attempt.
    began: (Instant, u64),
    notes: Vec<String>,
    figure: Option<Figure>,
}

impl DownloadBar {
    fn new() -> Self {
        let state = || State {
            display: None,
            shown: None,
            began: (Instant::now(), 0),
            notes: Vec::new(),
            figure: None,
        };
        Self {
            live: in_lab_kernel().then(|| Mutex::new(state())),
            lines: Lines::new(stderr()),
        }
    }

    /// Leaves the last state to be seen.
    fn finish(&self) {
        if let Some(state) = &self.live {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            if let (Some(display), Some(figure)) = (state.display.take(), state.figure.take()) {
                display.finish(&figure);
            }
        }
    }
}

impl Progress for &DownloadBar {
    fn step(&self, step: Step) {
        match &self.live {
            Some(state) => state
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .step(step, Instant::now()),
            None => self.lines.step(step),
        }
    }

    fn note(&self, text: &str) {
        match &self.live {
            Some(state) => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                state.notes.push(text.to_owned());
            }
            None => self.lines.note(text),
        }
    }

    fn is_cancelled(&self) -> bool {
        interrupted()
    }
}

impl State {
    fn step(&mut self, step: Step, now: Instant) {
        let is_new = !matches!(&self.shown, Some((file, phase, _)) if file == step.file && *phase == step.phase);
        if is_new {
            self.began = (now, step.bytes);
        }
        let is_last = step.total == Some(step.bytes);
        let is_early = self.shown.as_ref().is_some_and(|(_, _, at)| now - *at < PAUSE);
        if !is_new && !is_last && is_early {
            return;
        }
        let seconds = (now - self.began.0).as_secs_f64();
        let figure = bar(step, step.bytes.saturating_sub(self.began.1), seconds, &self.notes);
        match &self.display {
            Some(display) => display.update(&figure),
            None => self.display = Some(LiveDisplay::new(&figure)),
        }
        self.shown = Some((step.file.to_owned(), step.phase, now));
        self.figure = Some(figure);
    }
}

/// One state of the bar: `new` bytes came in so many seconds.
fn bar(step: Step, new: u64, seconds: f64, notes: &[String]) -> Figure {
    let title = format!("{} {}", step.phase.name(), step.file);
    let mut amount = match (step.phase, step.total) {
        (Phase::Waiting, _) => "another notebook fetches it".to_owned(),
        (_, Some(total)) => format!("{} of {}", human_bytes(step.bytes), human_bytes(total)),
        (_, None) => human_bytes(step.bytes),
    };
    if step.phase == Phase::Downloading && seconds > 0.5 && new > 0 {
        let speed = new as f64 / seconds;
        amount += &format!(", {} a second", human_bytes(speed as u64));
        let left = step.total.map(|total| total.saturating_sub(step.bytes) as f64 / speed);
        if let Some(left) = left.filter(|&left| left >= 1.0) {
            amount += &format!(", {left:.0} s left");
        }
    }
    let value = match step.total {
        Some(total) if step.phase != Phase::Waiting => format!(" max=\"{}\" value=\"{}\"", total.max(1), step.bytes),
        _ => String::new(),
    };
    let mut html = format!(
        "<div style=\"max-width:46em\"><div>{0}</div><progress{value} aria-label=\"{0}\" style=\"width:100%\"></progress>\
         <div>{1}</div>",
        escape(&title),
        escape(&amount)
    );
    for note in notes {
        html += &format!("<div>{}</div>", escape(note));
    }
    Figure::html(html + "</div>", format!("{title}: {amount}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(phase: Phase, bytes: u64, total: Option<u64>) -> Step<'static> {
        Step {
            dataset: "a",
            file: "<a>.zip",
            phase,
            bytes,
            total,
        }
    }

    #[test]
    fn amount_speed_and_time_left_are_told() {
        let figure = bar(
            step(Phase::Downloading, 3_000_000, Some(10_000_000)),
            2_000_000,
            2.0,
            &[],
        );
        assert_eq!(
            figure.alt(),
            "downloading <a>.zip: 3.0 MB of 10.0 MB, 1.0 MB a second, 7 s left"
        );
        let html = figure
            .bundle()
            .into_iter()
            .find(|(mime, _)| *mime == "text/html")
            .unwrap()
            .1;
        assert!(html.contains("max=\"10000000\" value=\"3000000\""), "{html}");
        assert!(html.contains("&lt;a&gt;.zip") && !html.contains("<a>"), "{html}");
    }

    #[test]
    fn without_a_length_the_bar_only_moves() {
        let notes = ["the mirror failed".to_owned()];
        let figure = bar(step(Phase::Waiting, 0, Some(5)), 0, 9.0, &notes);
        let html = figure
            .bundle()
            .into_iter()
            .find(|(mime, _)| *mime == "text/html")
            .unwrap()
            .1;
        assert!(!html.contains("value=") && html.contains("the mirror failed"), "{html}");
        assert!(figure.alt().contains("another notebook fetches it"));
    }

    #[test]
    fn updates_are_few_and_the_last_one_is_never_left_out() {
        let mut state = State {
            display: None,
            shown: None,
            began: (Instant::now(), 0),
            notes: Vec::new(),
            figure: None,
        };
        let start = Instant::now();
        let mut drawn = 0;
        for bytes in 0..=1000 {
            state.figure = None;
            state.step(
                step(Phase::Checking, bytes, Some(1000)),
                start + Duration::from_millis(bytes),
            );
            drawn += usize::from(state.figure.is_some());
        }
        assert_eq!(drawn, 6);
        assert!(
            state
                .figure
                .is_some_and(|figure| figure.alt().contains("1.0 kB of 1.0 kB"))
        );
    }
}

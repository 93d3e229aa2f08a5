//! A training as it happens: a progress bar, the loss and the scores, changing in place.

use super::curves::{description, loss_chart, score_chart};
use super::palette::{BLUE, GREEN, MUTED, ORANGE, PALE, TEXT, WHITE};
use super::svg::{Anchor, Font, Svg};
use super::{Figure, curves};
use crate::notebook::{LiveDisplay, in_lab_kernel};
use crate::train::{History, Progress, Stopped, TextProgress};
use std::time::{Duration, Instant};

/// The shortest time between two updates: about five a second are as good as more, and leave the page usable.
const PAUSE: Duration = Duration::from_millis(200);
/// Batches drawn at most: older ones are thinned out.
const MOST_BATCHES: usize = 400;
const WIDTH: f32 = 820.0;

/// Shows a training while it runs: epoch and batch, time passed and time left, the loss curve and the validation
/// scores.
///
/// In the lab's kernel it changes in place, at most about five times a second. Elsewhere it prints a line an epoch.
/// Taught in unit 02.
#[derive(Debug)]
pub struct LiveCurve {
    state: State,
    text: TextProgress,
    display: Option<LiveDisplay>,
    live: bool,
    started: Instant,
    drawn: Option<Instant>,
}

/// What is drawn, apart from the clock.
#[derive(Clone, Debug)]
struct State {
    epochs: usize,
    batches: usize,
    epoch: usize,
    batch: usize,
    losses: Vec<(f64, f64)>,
    /// Every so many batches one is kept.
    stride: usize,
    history: History,
}

impl LiveCurve {
    /// A curve that appears when the training starts.
    pub fn new() -> Self {
        let state = State {
            epochs: 0,
            batches: 0,
            epoch: 0,
            batch: 0,
            losses: Vec::new(),
            stride: 1,
            history: History::new(0),
        };
        Self {
            state,
            text: TextProgress::new(),
            display: None,
            live: in_lab_kernel(),
            started: Instant::now(),
            drawn: None,
        }
    }

    fn refresh(&mut self, now: bool) {
        if !self.live || !now && self.drawn.is_some_and(|d| d.elapsed() < PAUSE) {
            return;
        }
        let figure = self.state.draw(self.started.elapsed());
        match &self.display {
            Some(display) => display.update(&figure),
            None => self.display = Some(LiveDisplay::new(&figure)),
        }
        self.drawn = Some(Instant::now());
    }
}

impl Default for LiveCurve {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for LiveCurve {
    fn start(&mut self, total_epochs: usize, batches_per_epoch: usize) {
        *self = Self::new();
        (self.state.epochs, self.state.batches) = (total_epochs, batches_per_epoch);
        self.text.start(total_epochs, batches_per_epoch);
        self.refresh(true);
    }

    fn batch(&mut self, epoch: usize, batch: usize, loss: f32) {
        self.state.push(epoch, batch, loss);
        self.refresh(false);
    }

    fn epoch(&mut self, history: &History) {
        self.state.history = history.clone();
        if !self.live {
            self.text.epoch(history);
        }
        self.refresh(false);
    }

    fn finish(&mut self, history: &History) {
        self.state.history = history.clone();
        if !self.live {
            return self.text.finish(history);
        }
        // The last picture is a drawing that every viewer of the saved notebook shows.
        let last = self.state.last(self.started.elapsed());
        match self.display.take() {
            Some(display) => display.finish(&last),
            None => crate::notebook::display(&last),
        }
    }
}

impl State {
    fn push(&mut self, epoch: usize, batch: usize, loss: f32) {
        (self.epoch, self.batch) = (epoch, batch);
        let done = self.done();
        if done.is_multiple_of(self.stride) {
            self.losses
                .push((done as f64 / self.batches.max(1) as f64, f64::from(loss)));
        }
        if self.losses.len() > MOST_BATCHES {
            // The kept ones are multiples of the new stride.
            let mut odd = true;
            self.losses.retain(|_| {
                odd = !odd;
                odd
            });
            self.stride *= 2;
        }
    }

    /// Batches done since the start.
    fn done(&self) -> usize {
        self.epoch.saturating_sub(1) * self.batches + self.batch
    }

    /// A picture in the middle of the run. Inside HTML an SVG changes without a flicker.
    fn draw(&self, passed: Duration) -> Figure {
        let alt = self.line(passed);
        let svg = self
            .svg(&alt, passed, true)
            .replacen("style=\"", "style=\"max-width:100%;height:auto;", 1);
        Figure::html(svg, alt)
    }

    /// The picture that stays.
    fn last(&self, passed: Duration) -> Figure {
        let alt = match self.history.stopped {
            Stopped::Finished => description(&self.history),
            _ if self.history.is_empty() => return curves(&self.history),
            _ => format!("{}. {}", self.headline(), description(&self.history)),
        };
        Figure::svg(self.svg(&alt, passed, false), alt)
    }

    fn svg(&self, alt: &str, passed: Duration, running: bool) -> String {
        let mut svg = Svg::default();
        let font = Font {
            size: 14.0,
            colour: TEXT,
            anchor: Anchor::Start,
            bold: true,
        };
        svg.text(16.0, 24.0, font, &self.headline_now(running));
        let right = Font {
            size: 13.0,
            colour: MUTED,
            anchor: Anchor::End,
            bold: false,
        };
        svg.text(WIDTH - 16.0, 24.0, right, &self.clock(passed, running));
        let (width, part) = (WIDTH - 32.0, self.part());
        svg.rect([16.0, 34.0, width, 10.0], PALE, None);
        let colour = match self.history.stopped {
            _ if running => BLUE,
            Stopped::Finished => GREEN,
            _ => ORANGE,
        };
        svg.rect([16.0, 34.0, width * part, 10.0], colour, None);
        for epoch in 1..self.epochs.min(100) {
            let x = 16.0 + width * epoch as f32 / self.epochs as f32;
            svg.line(&[[x, 34.0], [x, 44.0]], WHITE, 1.0, "");
        }
        let half = WIDTH / 2.0;
        loss_chart(&self.history, &self.losses, Some(self.epochs)).draw(&mut svg, [0.0, 58.0, half, 280.0]);
        score_chart(&self.history, Some(self.epochs)).draw(&mut svg, [half, 58.0, half, 280.0]);
        svg.finish(WIDTH, 346.0, alt)
    }

    /// The part of the run that is done.
    fn part(&self) -> f32 {
        (self.done() as f32 / (self.epochs * self.batches).max(1) as f32).min(1.0)
    }

    fn headline_now(&self, running: bool) -> String {
        if !running {
            return self.headline();
        }
        match self.epoch {
            0 => format!("Starting: {} epochs of {} batches", self.epochs, self.batches),
            epoch => format!(
                "Epoch {epoch} of {}, batch {} of {}",
                self.epochs, self.batch, self.batches
            ),
        }
    }

    fn headline(&self) -> String {
        let epochs = format!("{} of {} epochs", self.history.len(), self.epochs);
        match self.history.stopped {
            Stopped::Finished => format!("Finished: {epochs}"),
            Stopped::Interrupted => {
                format!("Interrupted after {epochs}; the model keeps what it has learned")
            }
            Stopped::Early => format!("Stopped after {epochs}: no more progress"),
            Stopped::Diverged => format!("Stopped after {epochs}: the loss is no longer a number"),
        }
    }

    fn clock(&self, passed: Duration, running: bool) -> String {
        let part = self.part();
        if !running {
            return format!("{} in all", duration(passed));
        }
        // The first batches are slower than the rest: no promise before one part in fifty.
        if part < 0.02 && passed < Duration::from_secs(20) || part == 0.0 {
            return format!("{} passed", duration(passed));
        }
        let left = passed.mul_f32((1.0 - part) / part);
        format!("{} passed, about {} left", duration(passed), duration(left))
    }

    /// One line of text that says the same.
    fn line(&self, passed: Duration) -> String {
        let mut line = self.headline_now(true);
        if let Some((_, loss)) = self.losses.last() {
            line += &format!(", loss {loss:.4}");
        }
        if let Some(record) = self.history.last().filter(|r| r.val_dice.is_finite()) {
            line += &format!(", validation Dice {:.3}", record.val_dice);
        }
        line + &format!("; {}", self.clock(passed, true))
    }
}

/// `8 s`, `2 min 05 s`, `1 h 02 min`.
fn duration(d: Duration) -> String {
    let seconds = d.as_secs_f32().round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s:02} s"),
        (h, m, _) => format!("{h} h {m:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::samples;

    fn running() -> State {
        let mut state = LiveCurve::new().state;
        (state.epochs, state.batches, state.history) = (12, 18, samples::history(4));
        for step in 0..4 * 18 + 7 {
            state.push(step / 18 + 1, step % 18 + 1, 0.7 - 0.005 * step as f32);
        }
        state
    }

    #[test]
    fn says_where_it_is_and_how_long_it_takes() {
        let state = running();
        let figure = state.draw(Duration::from_secs(79));
        assert_eq!(
            figure.alt(),
            "Epoch 5 of 12, batch 7 of 18, loss 0.3100, validation Dice 0.710; 1 min 19 s passed, about 2 min 17 s left"
        );
        samples::keep(&Figure::svg(state.svg("", Duration::from_secs(79), true), ""), "live");
    }

    #[test]
    fn the_last_picture_says_how_it_ended() {
        let mut state = running();
        state.history.stopped = Stopped::Interrupted;
        let figure = state.last(Duration::from_secs(3725));
        assert!(
            figure
                .alt()
                .starts_with("Interrupted after 4 of 12 epochs; the model keeps what it has learned. Training")
        );
        let folder = tempfile::tempdir().unwrap();
        figure.save(folder.path().join("a.svg")).unwrap();
        let svg = std::fs::read_to_string(folder.path().join("a.svg")).unwrap();
        assert!(svg.contains("1 h 02 min in all"));
        samples::keep(&figure, "live_interrupted");
    }

    #[test]
    fn many_batches_are_thinned_out_evenly() {
        let mut state = LiveCurve::new().state;
        (state.epochs, state.batches) = (100, 50);
        for step in 0..5000 {
            state.push(step / 50 + 1, step % 50 + 1, 0.5);
        }
        assert!(
            (100..=MOST_BATCHES).contains(&state.losses.len()),
            "{}",
            state.losses.len()
        );
        let gaps: Vec<f64> = state.losses.windows(2).map(|w| w[1].0 - w[0].0).collect();
        assert!(gaps.iter().all(|g| (g - gaps[0]).abs() < 1e-9), "{gaps:?}");
        assert_eq!(state.part(), 1.0);
    }

    #[test]
    fn a_run_without_a_notebook_draws_nothing() {
        let mut curve = LiveCurve {
            live: false,
            ..LiveCurve::new()
        };
        curve.start(1, 1);
        curve.batch(1, 1, 0.5);
        curve.epoch(&samples::history(1));
        curve.finish(&samples::history(1));
        assert!(curve.display.is_none());
    }
}

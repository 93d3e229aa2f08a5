//! How far a build is, read from cargo's own progress bar.

use std::io::Read;
use std::time::Duration;

/// How far the template's build is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildProgress {
    /// 0 while libraries are built, 1 while the metadata for fast error messages is made.
    pub stage: usize,
    /// Crates done in this stage.
    pub done: usize,
    /// Crates of this stage.
    pub total: usize,
    /// What is being compiled at the moment.
    pub current: String,
    /// Time since the stage began.
    pub elapsed: Duration,
}

impl BuildProgress {
    /// Another process is building; this one waits for it.
    pub fn waiting() -> Self {
        Self {
            stage: 0,
            done: 0,
            total: 0,
            current: "waiting for another build of the template".into(),
            elapsed: Duration::ZERO,
        }
    }

    /// Reads `   Building [=====>     ] 57/305: burn-core, gemm-f32`.
    pub fn parse(line: &str, stage: usize, elapsed: Duration) -> Option<Self> {
        let (_, after) = line.trim_start().strip_prefix("Building [")?.split_once(']')?;
        let (counts, current) = match after.split_once(':') {
            Some((counts, current)) => (counts, current.trim()),
            None => (after, ""),
        };
        let (done, total) = counts.trim().split_once('/')?;
        Some(Self {
            stage,
            done: done.trim().parse().ok()?,
            total: total.trim().parse().ok()?,
            current: current.to_owned(),
            elapsed,
        })
    }

    /// What the stage is for, in words.
    pub fn title(&self) -> &'static str {
        match self.stage {
            0 => "Compiling the lab for notebooks (once per machine, some minutes)",
            _ => "Preparing quick error messages",
        }
    }

    /// One line: `57/305 crates, burn-core, gemm-f32`.
    pub fn line(&self) -> String {
        if self.total == 0 {
            return self.current.clone();
        }
        format!("{}/{} crates  {}", self.done, self.total, self.current)
    }
}

/// Calls `each` for every piece of text that ends in a newline or, as progress bars do, a carriage return.
pub fn each_line(mut from: impl Read, mut each: impl FnMut(&str)) {
    let mut buffer = [0; 4096];
    let mut line = Vec::new();
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        for &byte in &buffer[..read] {
            if byte == b'\n' || byte == b'\r' {
                each(&String::from_utf8_lossy(&line));
                line.clear();
            } else {
                line.push(byte);
            }
        }
    }
    each(&String::from_utf8_lossy(&line));
}

/// Time as people say it.
pub fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_bar_is_understood() {
        let progress = BuildProgress::parse(
            "    Building [===>      ]  57/305: burn-core, gemm-f32(build)",
            0,
            Duration::ZERO,
        )
        .expect("a progress line");
        assert_eq!((progress.done, progress.total), (57, 305));
        assert_eq!(progress.current, "burn-core, gemm-f32(build)");
        assert_eq!(progress.line(), "57/305 crates  burn-core, gemm-f32(build)");
    }

    #[test]
    fn other_lines_are_not() {
        for line in ["   Compiling burn v0.22.1", "error: Building [", ""] {
            assert_eq!(BuildProgress::parse(line, 0, Duration::ZERO), None);
        }
    }

    #[test]
    fn progress_bars_are_split_at_carriage_returns() {
        let mut lines = Vec::new();
        each_line(&b"a\rb\nc"[..], |line| lines.push(line.to_owned()));
        assert_eq!(lines, ["a", "b", "c"]);
    }
}

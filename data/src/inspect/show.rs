//! Facts in words.

use std::fmt;

use super::{FileFacts, FolderFacts, Inspection};

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.fmt(f),
            Self::Folder(folder) => folder.fmt(f),
        }
    }
}

fn joined(parts: &[f64], with: &str) -> String {
    parts.iter().map(|&part| number(part)).collect::<Vec<_>>().join(with)
}

/// At most six figures after the point, none without need.
fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

impl fmt::Display for FileFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sides: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        write!(
            f,
            "{}\n  {}, {}, {}",
            self.path.display(),
            self.format,
            sides.join(" x "),
            self.sample_type
        )?;
        let mut axes = Vec::new();
        if self.frames > 1 {
            axes.push(format!("{} frames", self.frames));
        }
        if self.channels > 1 {
            axes.push(format!("{} channels", self.channels));
        }
        if !axes.is_empty() {
            write!(f, " ({})", axes.join(", "))?;
        }
        if let Some(place) = &self.place {
            write!(
                f,
                "\n  spacing {} mm (depth x height x width)",
                joined(&place.spacing, " x ")
            )?;
            write!(
                f,
                "\n  origin ({}) mm, orientation {}",
                joined(&place.origin, ", "),
                place.orientation
            )?;
        }
        if (self.slope, self.intercept) != (1.0, 0.0) {
            write!(
                f,
                "\n  value = {} x stored + {}",
                number(self.slope),
                number(self.intercept)
            )?;
        }
        if self.palette > 0 {
            write!(f, "\n  palette of {} colours", self.palette)?;
        }
        if let (Some(min), Some(max), Some(mean)) = (self.min, self.max, self.mean) {
            write!(
                f,
                "\n  values {} to {}, mean {}",
                number(min),
                number(max),
                number(mean)
            )?;
        }
        if self.not_numbers > 0 {
            write!(f, "\n  {} values are NaN or infinite", self.not_numbers)?;
        }
        if !self.values.is_empty() {
            let all: usize = self.values.iter().map(|(_, count)| count).sum();
            let share = |&(value, count): &(f64, usize)| {
                format!("{} ({:.2} %)", number(value), 100.0 * count as f64 / all.max(1) as f64)
            };
            write!(
                f,
                "\n  distinct: {}",
                self.values.iter().map(share).collect::<Vec<_>>().join(", ")
            )?;
        }
        self.notes
            .iter()
            .try_for_each(|(name, text)| write!(f, "\n  {name}: {text}"))
    }
}

impl fmt::Display for FolderFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endings: Vec<String> = self
            .endings
            .iter()
            .map(|(ending, count)| format!("{count} {ending}"))
            .collect();
        write!(
            f,
            "{}\n  {} files, {:.1} MB: {}",
            self.path.display(),
            self.files,
            self.bytes as f64 / 1e6,
            endings.join(", ")
        )?;
        if self.is_incomplete {
            write!(f, "\n  more files than are looked at")?;
        }
        if self.dicom > 0 {
            write!(f, "\n  {} are DICOM", self.dicom)?;
        }
        if self.opened > 0 {
            write!(f, "\n  of {} opened:", self.opened)?;
            self.contents
                .iter()
                .try_for_each(|(kind, count)| write!(f, "\n    {count} x {kind}"))?;
        }
        for (path, reason) in self.unreadable.iter().take(5) {
            write!(f, "\n  cannot read {}: {reason}", path.display())?;
        }
        if self.unreadable.len() > 5 {
            write!(f, "\n  and {} more that cannot be read", self.unreadable.len() - 5)?;
        }
        write!(f, "\n  {}", self.pairing)
    }
}

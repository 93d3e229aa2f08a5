//! What the doctor found.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// What is wrong. Taught in unit 02.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// A file cannot be read.
    Unreadable,
    /// A mask is not of its image's size.
    WrongSize,
    /// Image and mask volume lie at different places in the patient.
    WrongGeometry,
    /// An image holds values that are no numbers, or infinite.
    NotANumber,
    /// An image holds next to nothing but one value.
    FlatImage,
    /// A mask has no foreground.
    EmptyMask,
    /// A mask has no background.
    FullMask,
    /// A mask's foreground looks like background.
    SwappedForeground,
    /// A mask is in colours.
    ColourCoded,
    /// A mask's palette shows another order of greys than its numbers.
    TurnedPalette,
    /// A mask holds a few pixels of values that are no class: a lossy copy, or a slip.
    StrayValues,
    /// A mask's edges fade: it was scaled with interpolation.
    SoftEdges,
    /// The masks do not agree on their labels.
    InconsistentLabels,
    /// Masks lie beside what they mark, all in one direction.
    Misaligned,
    /// One image occurs twice.
    Duplicate,
    /// Images resemble each other as frames of one recording do.
    NearDuplicates,
    /// One image, or nearly the same, is in two splits.
    Leakage,
    /// One patient or group is in two splits.
    GroupLeakage,
    /// Images differ in size.
    MixedSizes,
    /// Images differ in their number of channels.
    MixedChannels,
    /// Images differ in the type of their numbers.
    MixedTypes,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; training works.
    Note,
    /// Probably a mistake: look at it.
    Warning,
    /// Training would fail, or its result be wrong.
    Error,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// How bad it is.
    pub severity: Severity,
    /// The pair that it is about; none where it is about the set.
    pub pair: Option<String>,
    /// The files to look at, at most eight.
    pub files: Vec<PathBuf>,
    /// What was found, with numbers.
    pub found: String,
    /// What to do.
    pub advice: String,
}

/// All that was found in a set of images and masks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub(super) pairs: usize,
    pub(super) findings: Vec<Finding>,
}

impl Report {
    /// How many pairs were looked at.
    pub fn pairs(&self) -> usize {
        self.pairs
    }

    /// What was found, the worst first.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The findings of one kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.kind == kind)
    }

    /// The kinds that were found, each once.
    pub fn kinds(&self) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = self.findings.iter().map(|finding| finding.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// The worst severity; none where nothing was found.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "unreadable file",
            Self::WrongSize => "mask of another size",
            Self::WrongGeometry => "mask at another place",
            Self::NotANumber => "values that are no numbers",
            Self::FlatImage => "flat image",
            Self::EmptyMask => "empty mask",
            Self::FullMask => "mask without background",
            Self::SwappedForeground => "foreground and background swapped",
            Self::ColourCoded => "mask in colours",
            Self::TurnedPalette => "palette in another order",
            Self::StrayValues => "stray values",
            Self::SoftEdges => "soft edges",
            Self::InconsistentLabels => "labels that do not agree",
            Self::Misaligned => "masks beside their objects",
            Self::Duplicate => "image twice",
            Self::NearDuplicates => "images much alike",
            Self::Leakage => "image in two splits",
            Self::GroupLeakage => "group in two splits",
            Self::MixedSizes => "mixed sizes",
            Self::MixedChannels => "mixed channels",
            Self::MixedTypes => "mixed types of numbers",
        })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// How many findings of one kind are printed in full.
const SHOWN: usize = 4;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.findings.is_empty() {
            return write!(f, "{} pair(s): nothing to complain about", self.pairs);
        }
        write!(f, "{} pair(s), {} finding(s)", self.pairs, self.findings.len())?;
        let mut rest = &self.findings[..];
        while let Some(first) = rest.first() {
            let count = rest
                .iter()
                .take_while(|other| other.kind == first.kind && other.severity == first.severity)
                .count();
            let (same, others) = rest.split_at(count);
            write!(f, "\n{}: {}", first.severity, first.kind)?;
            for finding in same.iter().take(SHOWN) {
                let name = finding
                    .pair
                    .as_deref()
                    .map(|name| format!("{name}: "))
                    .unwrap_or_default();
                write!(f, "\n  {name}{}", finding.found)?;
            }
            if count > SHOWN {
                write!(f, "\n  and {} more", count - SHOWN)?;
            }
            write!(f, "\n  -> {}", first.advice)?;
            rest = others;
        }
        Ok(())
    }
}

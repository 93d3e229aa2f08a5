//! What ImageJ writes into a TIFF file's description: the axes of a hyperstack and the spacing.

use super::tiff_pages::endian;
use super::{Decoded, FormatError, SampleType, Samples};
use crate::Geometry;

/// The axes behind a file's pages, and the size of a voxel where it is stated.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axes {
    pub channels: usize,
    pub slices: usize,
    pub frames: usize,
    unit: String,
    spacing: Option<f64>,
}

impl Axes {
    /// From a description of the form `ImageJ=1.54f\nimages=6\nslices=3\nunit=micron\nspacing=0.5\n`.
    pub fn of(description: &str) -> Option<Self> {
        if !description.starts_with("ImageJ=") {
            return None;
        }
        let field = |name: &str| {
            let line = description
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.map(str::trim)
        };
        let count = |name: &str| {
            field(name)
                .and_then(|text| text.parse().ok())
                .filter(|&n: &usize| n > 0)
        };
        let (channels, frames) = (count("channels").unwrap_or(1), count("frames").unwrap_or(1));
        // A plain stack states the number of its images alone.
        let plain = if channels == 1 && frames == 1 {
            count("images").unwrap_or(1)
        } else {
            1
        };
        Some(Self {
            channels,
            frames,
            slices: count("slices").unwrap_or(plain),
            unit: field("unit").unwrap_or_default().to_owned(),
            spacing: field("spacing").and_then(|text| text.parse().ok()),
        })
    }

    /// How many pages they need.
    pub fn pages(&self) -> usize {
        self.channels.saturating_mul(self.slices).saturating_mul(self.frames)
    }

    /// A unit in mm.
    fn millimetres(&self) -> Option<f64> {
        Some(match self.unit.trim_matches('"') {
            "nm" => 1e-6,
            "micron" | "microns" | "um" | "µm" | "\\u00B5m" | "\u{3bc}m" => 1e-3,
            "mm" => 1.0,
            "cm" => 10.0,
            "m" => 1e3,
            "inch" | "in" => 25.4,
            _ => return None,
        })
    }
}

/// Puts the numbers in their place, where unit and resolution say one. A missing distance between slices is that of the columns.
pub(super) fn place(decoded: &mut Decoded, axes: &Axes, per_unit: [Option<f64>; 2]) {
    if let (Some(unit), [Some(x), Some(y)]) = (axes.millimetres(), per_unit) {
        let [width, height] = [unit / x, unit / y];
        let depth = axes.spacing.map_or(width, |spacing| unit * spacing.abs());
        if let Ok(geometry) = Geometry::of_spacing([depth, height, width]) {
            (decoded.geometry, decoded.states_spacing) = (geometry, true);
        }
    }
    if axes.frames > 1 || axes.channels > 1 {
        decoded.note(
            "axes",
            format!(
                "{} frames, {} channels, {} slices",
                axes.frames, axes.channels, axes.slices
            ),
        );
    }
}

/// The slices of a file above 4 GB, which has a directory for the first alone and the others behind it.
pub(super) fn contiguous(
    bytes: &[u8],
    start: u64,
    pages: usize,
    page: &[usize; 3],
    kind: SampleType,
) -> Result<Samples, FormatError> {
    let length = page
        .iter()
        .product::<usize>()
        .saturating_mul(kind.bytes())
        .saturating_mul(pages);
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let part = start.checked_add(length).and_then(|end| bytes.get(start..end));
    let part = part.ok_or(FormatError::Truncated {
        what: "the slices that ImageJ's description counts",
        expected: (start as u64).saturating_add(length as u64),
        found: bytes.len() as u64,
    })?;
    Ok(Samples::from_bytes(part, kind, endian(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_gives_axes_and_units() {
        let axes =
            Axes::of("ImageJ=1.54f\nimages=12\nchannels=2\nslices=3\nframes=2\nunit=micron\nspacing=0.5\n").unwrap();
        assert_eq!((axes.channels, axes.slices, axes.frames, axes.pages()), (2, 3, 2, 12));
        assert_eq!((axes.millimetres(), axes.spacing), (Some(1e-3), Some(0.5)));
        assert_eq!(Axes::of("ImageJ=1.11a\nimages=7\nmin=0.0\n").unwrap().slices, 7);
        assert_eq!(Axes::of("{\"shape\": [2, 3]}"), None);
    }
}

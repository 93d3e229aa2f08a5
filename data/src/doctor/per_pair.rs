//! What can be said of a pair without the others.

use std::collections::HashMap;
use std::path::PathBuf;

use super::facts::Grey;
use super::values::Values;
use super::{Case, Finding, Kind, Severity};
use crate::formats::{Decoded, FormatError};
use crate::masks::{Drawn, turned_palette};

fn finding(case: &Case, kind: Kind, severity: Severity, found: String, advice: &str) -> Finding {
    Finding {
        kind,
        severity,
        pair: Some(case.name.clone()),
        files: case.mask_file.iter().cloned().collect(),
        found,
        advice: advice.to_owned(),
    }
}

pub(super) fn odd_mask(case: &Case, problem: &FormatError) -> Finding {
    finding(
        case,
        Kind::Unreadable,
        Severity::Error,
        problem.to_string(),
        "save the mask with one number a pixel",
    )
}

fn sides(size: [usize; 3], is_volume: bool) -> String {
    let [depth, height, width] = size;
    if is_volume {
        format!("{depth} x {height} x {width}")
    } else {
        format!("{height} x {width}")
    }
}

/// Up to this many pixels a side, sizes differ by a cut or an added edge.
const FEW: usize = 16;

/// A mask that is not of its image's size, and what probably happened.
pub(super) fn wrong_size(name: &str, file: Option<&PathBuf>, image: &Decoded, mask: &Decoded) -> Finding {
    let (a, b) = (image.size, mask.size);
    let is_volume = image.volumetric || mask.volumetric;
    let turned = a[0] == b[0] && a[1] == b[2] && a[2] == b[1];
    let mut sorted = [a, b];
    sorted.iter_mut().for_each(|size| size.sort_unstable());
    let few = a.iter().zip(b).all(|(&a, b)| a.abs_diff(b) <= FEW);
    let ratio = |axis: usize| b[axis] as f64 / a[axis].max(1) as f64;
    let scaled = (ratio(1) / ratio(2) - 1.0).abs() < 0.02 && (a[0] == b[0] || (ratio(0) / ratio(1) - 1.0).abs() < 0.02);
    let (what, advice) = if turned {
        (
            "height and width changed places".to_owned(),
            "turn the mask by its diagonal (transpose it), or export it again",
        )
    } else if is_volume && sorted[0] == sorted[1] {
        (
            "its axes are in another order".to_owned(),
            "read both with one tool, or export the mask again",
        )
    } else if few {
        (
            "it was cut, or an edge was added".to_owned(),
            "find out which side, and crop or pad; scaling would shift it",
        )
    } else if scaled {
        (
            format!("it is {:.3} times as large", ratio(2)),
            "scale it back by the nearest pixel, never with interpolation",
        )
    } else {
        (
            "the sizes have nothing in common".to_owned(),
            "it may belong to another image; export it again",
        )
    };
    Finding {
        kind: Kind::WrongSize,
        severity: Severity::Error,
        pair: Some(name.to_owned()),
        files: file.into_iter().cloned().collect(),
        found: format!(
            "the mask is {} but the image {}: {what}",
            sides(b, is_volume),
            sides(a, is_volume)
        ),
        advice: advice.to_owned(),
    }
}

pub(super) fn of_image(case: &Case, grey: &Grey) -> Vec<Finding> {
    let mut found = Vec::new();
    if grey.odd > 0 {
        let mut one = finding(
            case,
            Kind::NotANumber,
            Severity::Error,
            format!("{} value(s) of the image are NaN or infinite", grey.odd),
            "replace them, as by 0, before training: one of them makes the loss NaN",
        );
        one.files = case.image_file.iter().cloned().collect();
        found.push(one);
    }
    found
}

pub(super) fn of_mask(case: &Case, pixels: &Drawn, values: Option<&Values>) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(turned) = turned_palette(&case.mask) {
        let shown: Vec<String> = turned
            .iter()
            .take(4)
            .map(|(index, grey)| format!("{index} shows grey {grey}"))
            .collect();
        found.push(finding(
            case,
            Kind::TurnedPalette,
            Severity::Note,
            format!("the palette turns the order of the greys: number {}", shown.join(", number ")),
            "the lab reads the greys that are shown; programs that read the numbers see foreground and background swapped",
        ));
    }
    match (pixels, values) {
        (Drawn::Colours(colours), _) => found.push(coloured(case, colours)),
        (_, Some(values)) => found.extend(of_values(case, values)),
        _ => {}
    }
    if case.mask.size == case.image.size
        && case.mask.volumetric
        && case.mask.states_spacing
        && case.image.states_spacing
    {
        found.extend(geometry(case));
    }
    found
}

fn coloured(case: &Case, colours: &[[u8; 3]]) -> Finding {
    let mut census: HashMap<[u8; 3], usize> = HashMap::new();
    colours
        .iter()
        .for_each(|&colour| *census.entry(colour).or_default() += 1);
    let mut census: Vec<([u8; 3], usize)> = census.into_iter().collect();
    census.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let shown: Vec<String> = census
        .iter()
        .take(6)
        .map(|(colour, count)| {
            format!(
                "{colour:?} {:.2} %",
                100.0 * *count as f64 / colours.len().max(1) as f64
            )
        })
        .collect();
    let more = if census.len() > 6 {
        format!(", and {} more", census.len() - 6)
    } else {
        String::new()
    };
    finding(
        case,
        Kind::ColourCoded,
        Severity::Warning,
        format!("{} colours: {}{more}", census.len(), shown.join(", ")),
        "say which colour is which class, with Foreground::Colour or LabelEncoding::colours",
    )
}

/// With so few stray values and so small a part of the pixels, they are slips, not edges.
const SLIP_VALUES: usize = 8;
const SLIP_SHARE: f64 = 0.002;
/// Strays of which that part lies beside an edge, and that part well between the classes, come from interpolation; those of JPEG lie
/// further out, too, and nearly all differ little from a class. Measured on six masks: between 13 and 93 % after scaling by linear, cubic
/// and Lanczos interpolation, at most 9 % after JPEG of qualities 50 to 95.
const SOFT_AT_EDGES: f64 = 0.9;
const SOFT_BETWEEN: f64 = 0.11;
/// So many pixels along edges are no slip.
const SLIP_PIXELS: usize = 64;

fn of_values(case: &Case, values: &Values) -> Option<Finding> {
    let (zeros, pixels) = (values.zeros(), values.pixels);
    if zeros == pixels {
        let advice = "look whether there is nothing to mark; if so, keep it, else draw the mask or take the pair out";
        return Some(finding(
            case,
            Kind::EmptyMask,
            Severity::Warning,
            "the mask is all background".to_owned(),
            advice,
        ));
    }
    if values.strays.is_empty() {
        return (zeros == 0 && values.solid.len() == 1).then(|| {
            let value = values.solid.first().map_or(0.0, |v| v.value);
            let advice = "look at it: a whole image is seldom one object; the file may have been filled or inverted";
            finding(
                case,
                Kind::FullMask,
                Severity::Error,
                format!("every pixel of the mask is {value}"),
                advice,
            )
        });
    }
    let count = values.stray_pixels();
    let shown: Vec<String> = values
        .strays
        .iter()
        .take(6)
        .map(|v| format!("{} ({} pixel(s))", short(v.value), v.count))
        .collect();
    let solid: Vec<String> = values.solid.iter().take(6).map(|v| short(v.value)).collect();
    let among = format!(
        "{count} of {pixels} pixels, {} value(s) such as {} among {}",
        values.strays.len(),
        shown.join(", "),
        solid.join(", ")
    );
    let is_slip =
        values.strays.len() <= SLIP_VALUES && (count as f64) < SLIP_SHARE * pixels as f64 && count < SLIP_PIXELS;
    Some(
        match !is_slip && values.strays_at_edges >= SOFT_AT_EDGES && values.strays_between() >= SOFT_BETWEEN {
            true => finding(
                case,
                Kind::SoftEdges,
                Severity::Warning,
                format!("{among}, all along edges: it was scaled with interpolation"),
                "use the original mask, or a threshold: Foreground::AtLeast(128)",
            ),
            false => finding(
                case,
                Kind::StrayValues,
                Severity::Warning,
                among,
                "they are of no class (a copy as JPEG, or a slip while drawing): use a threshold, Foreground::AtLeast(128), or \
             LabelEncoding::values with a tolerance",
            ),
        },
    )
}

fn short(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value}")
    } else {
        format!("{value:.3}")
    }
}

/// Corners further apart than this part of the smallest spacing are another place.
const CORNER: f64 = 0.2;

fn geometry(case: &Case) -> Option<Finding> {
    let (a, b) = (&case.image.geometry, &case.mask.geometry);
    let last = case.image.size.map(|side| side.saturating_sub(1) as f64);
    let smallest = a.spacing().into_iter().fold(f64::MAX, f64::min);
    let apart = |voxel: [f64; 3]| {
        let squared: f64 = a
            .point(voxel)
            .iter()
            .zip(b.point(voxel))
            .map(|(a, b)| (a - b).powi(2))
            .sum();
        squared.sqrt()
    };
    let furthest = (0..8u8)
        .map(|corner| apart([0, 1, 2].map(|axis: usize| if corner >> axis & 1 == 1 { last[axis] } else { 0.0 })))
        .fold(0.0, f64::max);
    let near = |a: [f64; 3], b: [f64; 3], by: f64| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= by);
    (furthest > CORNER * smallest).then(|| {
        let what = if !near(a.spacing(), b.spacing(), 1e-3 * smallest) {
            format!("spacing {:?} against {:?} mm", b.spacing(), a.spacing())
        } else if a.orientation() != b.orientation() || !a.axes().iter().zip(b.axes()).all(|(&a, b)| near(a, b, 1e-3)) {
            format!("direction {} against {}", b.orientation(), a.orientation())
        } else {
            format!("origin {:?} against {:?} mm", b.origin(), a.origin())
        };
        finding(
            case,
            Kind::WrongGeometry,
            Severity::Error,
            format!("mask and image have as many voxels, but lie up to {furthest:.1} mm apart: {what}"),
            "resample the mask onto the image's grid, or, if only the header is wrong, copy the image's geometry",
        )
    })
}

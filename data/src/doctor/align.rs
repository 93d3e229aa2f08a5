//! Whether masks lie beside their objects, all in one direction.
//!
//! For each pair and each shift, the mean strength of the image's edges under the mask's outline. One pair proves nothing: an annotator
//! draws a little inside or outside, and images have other edges. But where the outlines of most masks fit best at one and the same shift,
//! the masks were shifted, as by a crop on one side.

use super::facts::{Grey, PairFacts};
use super::{Finding, Kind, Severity};
use crate::masks::Drawn;

/// Images are made smaller by a whole number until no side is longer.
const SIDE: usize = 512;
/// Shifts are tried up to so many pixels of that smaller image.
const REACH: i64 = 12;
const ACROSS: usize = 2 * REACH as usize + 1;
/// Points of an outline that are used at most, spread over all.
const POINTS: usize = 3000;

/// Shifts of less than this are within the care with which masks are drawn.
const LEAST: f64 = 3.0;
/// By how much the outline must fit better than where it is, in standard deviations over all shifts, in the mean of all pairs.
const GAIN: f64 = 1.0;
/// That part of the pairs must agree, up to `NEAR` pixels.
const AGREE: f64 = 0.6;
const NEAR: i64 = 2;
/// Fewer pairs prove nothing.
const PAIRS: usize = 3;

/// How well the outline fits at each shift, in standard deviations, row by row of shifts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shifts {
    fit: Vec<f32>,
    scale: usize,
}

impl Shifts {
    /// Of the slice with most outline. None for a mask without an outline, or an image without edges.
    pub fn of(grey: &Grey, mask: &Drawn, [depth, height, width]: [usize; 3]) -> Option<Self> {
        let scale = height.max(width).div_ceil(SIDE).max(1);
        let area = height * width;
        let outlines = (0..depth).map(|z| outline(mask, z * area, height, width));
        let (z, points) = outlines.enumerate().max_by_key(|(_, points)| points.len())?;
        let (small, [rows, columns]) = smaller(grey.slice(z), height, width, scale);
        if points.len() < 16 || rows < 4 * REACH as usize || columns < 4 * REACH as usize {
            return None;
        }
        let step = points.len().div_ceil(POINTS);
        let points: Vec<[i64; 2]> = points
            .iter()
            .step_by(step)
            .map(|&[y, x]| [(y / scale) as i64, (x / scale) as i64])
            .collect();
        let edges = edges(&small, rows, columns);
        let mut fit = Vec::with_capacity(ACROSS * ACROSS);
        for dy in -REACH..=REACH {
            for dx in -REACH..=REACH {
                let (mut sum, mut count) = (0f32, 0usize);
                for [y, x] in &points {
                    let (y, x) = (y + dy, x + dx);
                    if y >= 0 && x >= 0 && y < rows as i64 && x < columns as i64 {
                        sum += edges[y as usize * columns + x as usize];
                        count += 1;
                    }
                }
                fit.push(sum / count.max(1) as f32);
            }
        }
        let mean = fit.iter().sum::<f32>() / fit.len() as f32;
        let deviation = (fit.iter().map(|f| (f - mean).powi(2)).sum::<f32>() / fit.len() as f32).sqrt();
        if deviation.is_nan() || deviation <= 1e-4 * mean.abs() || mean <= 0.0 {
            return None;
        }
        fit.iter_mut().for_each(|f| *f = (*f - mean) / deviation);
        Some(Self { fit, scale })
    }
}

/// Pixels whose right or lower neighbour has another label, and these neighbours.
fn outline(mask: &Drawn, start: usize, height: usize, width: usize) -> Vec<[usize; 2]> {
    let differ = |a: usize, b: usize| match mask {
        Drawn::Numbers(values) => values[start + a] != values[start + b],
        Drawn::Colours(values) => values[start + a] != values[start + b],
    };
    let mut points = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let place = y * width + x;
            if x + 1 < width && differ(place, place + 1) {
                points.extend([[y, x], [y, x + 1]]);
            }
            if y + 1 < height && differ(place, place + width) {
                points.extend([[y, x], [y + 1, x]]);
            }
        }
    }
    points
}

/// Means of squares.
fn smaller(slice: &[f32], height: usize, width: usize, scale: usize) -> (Vec<f32>, [usize; 2]) {
    let (rows, columns) = (height / scale, width / scale);
    let mut small = vec![0f32; rows * columns];
    for y in 0..rows * scale {
        for x in 0..columns * scale {
            small[y / scale * columns + x / scale] += slice[y * width + x];
        }
    }
    (small, [rows, columns])
}

/// The length of the gradient, by central differences of an image smoothed over 3 x 3 pixels.
fn edges(image: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let at = |image: &[f32], y: usize, x: usize| image[y.min(rows - 1) * columns + x.min(columns - 1)];
    let mut smooth = vec![0f32; image.len()];
    for y in 0..rows {
        for x in 0..columns {
            let mut sum = 0.0;
            for row in [y.saturating_sub(1), y, y + 1] {
                for column in [x.saturating_sub(1), x, x + 1] {
                    sum += at(image, row, column);
                }
            }
            smooth[y * columns + x] = sum;
        }
    }
    let mut edges = vec![0f32; image.len()];
    for y in 0..rows {
        for x in 0..columns {
            let down = at(&smooth, y + 1, x) - at(&smooth, y.saturating_sub(1), x);
            let right = at(&smooth, y, x + 1) - at(&smooth, y, x.saturating_sub(1));
            edges[y * columns + x] = down.hypot(right);
        }
    }
    edges
}

fn best(fit: &[f32]) -> [i64; 2] {
    let place = (0..fit.len()).max_by(|&a, &b| fit[a].total_cmp(&fit[b])).unwrap_or(0);
    [(place / ACROSS) as i64 - REACH, (place % ACROSS) as i64 - REACH]
}

/// The shift that most pairs agree on, if there is one.
pub(super) fn finding(facts: &[PairFacts]) -> Option<Finding> {
    let known: Vec<(&PairFacts, &Shifts)> = facts
        .iter()
        .filter_map(|pair| Some((pair, pair.shifts.as_ref()?)))
        .collect();
    // Shifts are compared in pixels of one scale: that of most.
    let mut scales: Vec<usize> = known.iter().map(|(_, shifts)| shifts.scale).collect();
    scales.sort_unstable();
    let scale = *scales.get(scales.len() / 2)?;
    let known: Vec<(&PairFacts, &Shifts)> = known.into_iter().filter(|(_, shifts)| shifts.scale == scale).collect();
    if known.len() < PAIRS {
        return None;
    }
    let mut total = vec![0f32; ACROSS * ACROSS];
    for (_, shifts) in &known {
        total
            .iter_mut()
            .zip(&shifts.fit)
            .for_each(|(all, fit)| *all += fit / known.len() as f32);
    }
    let [dy, dx] = best(&total);
    let here = total[ACROSS * ACROSS / 2];
    let gain = total.iter().copied().fold(f32::MIN, f32::max) - here;
    let agreeing: Vec<&PairFacts> = known
        .iter()
        .filter(|(_, shifts)| {
            let [own_y, own_x] = best(&shifts.fit);
            (own_y - dy).abs() <= NEAR && (own_x - dx).abs() <= NEAR
        })
        .map(|(pair, _)| *pair)
        .collect();
    let far = (dy as f64).hypot(dx as f64) >= LEAST;
    let at_rim = dy.abs() == REACH || dx.abs() == REACH;
    let agrees = agreeing.len() >= PAIRS && agreeing.len() as f64 >= AGREE * known.len() as f64;
    (far && !at_rim && f64::from(gain) >= GAIN && agrees).then(|| {
        let [down, right] = [dy, dx].map(|by| by * scale as i64);
        Finding {
            kind: Kind::Misaligned,
            severity: Severity::Error,
            pair: None,
            files: agreeing.iter().filter_map(|pair| pair.mask_file.clone()).take(8).collect(),
            found: format!(
                "in {} of {} pairs the outlines fit the image's edges best when moved by {right} pixel(s) to the right and {down} down",
                agreeing.len(),
                known.len()
            ),
            advice: "lay one mask over its image; find the crop or padding on one side that moved it, and undo it".to_owned(),
        }
    })
}

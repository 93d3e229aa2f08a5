//! What images and masks share: pixels in rows, cut, mirrored, turned and resampled.

use super::DataError;

/// For each new position the first old one and the weights (summing to 1) of the old ones it is made of: a triangle
/// as wide as the step when shrinking, of one old pixel otherwise.
pub(super) fn taps(old: usize, new: usize) -> Vec<(usize, Vec<f32>)> {
    let step = old as f32 / new.max(1) as f32;
    let reach = step.max(1.0);
    (0..new)
        .map(|i| {
            let centre = (i as f32 + 0.5) * step - 0.5;
            let first = (centre - reach).ceil().max(0.0) as usize;
            let last = ((centre + reach).floor() as usize).min(old - 1);
            let weights: Vec<f32> = (first..=last)
                .map(|j| (1.0 - (j as f32 - centre).abs() / reach).max(0.0))
                .collect();
            let sum: f32 = weights.iter().sum();
            (first, weights.iter().map(|w| w / sum).collect())
        })
        .collect()
}

pub(super) fn dot<'a>(weights: &[f32], values: impl Iterator<Item = &'a f32>) -> f32 {
    weights.iter().zip(values).map(|(w, v)| w * v).sum()
}

pub(super) fn check_crop(whole: [usize; 2], [x, y]: [usize; 2], [w, h]: [usize; 2]) -> Result<(), DataError> {
    if x + w <= whole[0] && y + h <= whole[1] {
        return Ok(());
    }
    Err(DataError::Argument(format!(
        "a part {w} x {h} at column {x}, row {y} does not fit into {} x {} (width x height): choose a smaller part",
        whole[0], whole[1]
    )))
}

pub(super) fn crop<T: Copy>(data: &[T], width: usize, [x, y]: [usize; 2], [w, h]: [usize; 2]) -> Vec<T> {
    (y..y + h)
        .flat_map(|row| data[row * width + x..row * width + x + w].iter().copied())
        .collect()
}

pub(super) fn flip_rows<T: Copy>(data: &[T], width: usize) -> Vec<T> {
    data.chunks(width.max(1)).rev().flatten().copied().collect()
}

pub(super) fn quarter<T: Copy>(data: &[T], width: usize) -> Vec<T> {
    let height = data.len().checked_div(width).unwrap_or(0);
    (0..width)
        .flat_map(|x| (0..height).rev().map(move |y| data[y * width + x]))
        .collect()
}

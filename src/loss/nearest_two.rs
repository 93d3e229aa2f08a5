//! For each pixel, how far the nearest and the second nearest cell are.

/// The two nearest cells of a pixel, as squared distance and label; label 0 means none within reach.
type Nearest = [(f64, u32); 2];

const NONE: (f64, u32) = (f64::INFINITY, 0);

/// The squared distances of each pixel to the nearest and to the second nearest label above 0; infinite where there is
/// none within `reach`. A pixel of a cell has distance 0 to it.
///
/// The grid is taken axis by axis: of a line, only the two nearest labels of each of its pixels can be among the two
/// nearest of another, and only pixels closer along the line than the second nearest so far. So the time does not grow
/// with the number of cells.
pub(super) fn nearest_two(labels: &[u32], size: &[usize], spacing: &[f64], reach: f64) -> Vec<[f64; 2]> {
    let start = |&label: &u32| match label {
        0 => [NONE; 2],
        label => [(0.0, label), NONE],
    };
    let mut all: Vec<Nearest> = labels.iter().map(start).collect();
    for (axis, (&side, &step)) in size.iter().zip(spacing).enumerate() {
        let stride: usize = size[axis + 1..].iter().product();
        let mut line = Vec::with_capacity(side);
        for start in line_starts(labels.len(), side, stride) {
            line.clear();
            line.extend((0..side).map(|i| all[start + i * stride]));
            for i in 0..side {
                all[start + i * stride] = along_line(&line, i, step, reach);
            }
        }
    }
    all.into_iter()
        .map(|nearest| nearest.map(|(square, _)| square))
        .collect()
}

fn along_line(line: &[Nearest], i: usize, step: f64, reach: f64) -> Nearest {
    let mut nearest = line[i];
    for offset in 1..line.len() {
        let away = (offset as f64 * step).powi(2);
        if away >= nearest[1].0 || away > reach * reach {
            break;
        }
        for j in [i.checked_sub(offset), Some(i + offset)].into_iter().flatten() {
            for &(square, label) in line.get(j).into_iter().flatten() {
                insert(&mut nearest, (square + away, label));
            }
        }
    }
    nearest
}

fn insert(nearest: &mut Nearest, new: (f64, u32)) {
    let [first, second] = *nearest;
    *nearest = match new {
        (_, 0) => return,
        (square, label) if label == first.1 => [(square.min(first.0), label), second],
        (square, _) if square < first.0 => [new, first],
        (square, _) if square < second.0 => [first, new],
        _ => return,
    };
}

/// Where the lines along an axis begin.
fn line_starts(len: usize, side: usize, stride: usize) -> impl Iterator<Item = usize> {
    (0..len).filter(move |i| (i / stride).is_multiple_of(side))
}

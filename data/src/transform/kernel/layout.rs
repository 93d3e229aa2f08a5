//! Voxels moved without a change of value: boxes cut and padded, axes mirrored and exchanged.

use super::{Border, for_lines};

/// Mirrors one axis of `[depth, height, width]`, channel by channel.
pub(crate) fn flip<T: Copy + Send>(values: &mut [T], size: [usize; 3], axis: usize) {
    let [depth, height, width] = size;
    let (count, inner) = match axis {
        0 => (depth, height * width),
        1 => (height, width),
        _ => (width, 1),
    };
    if inner == 1 {
        return for_lines(values, count, |_, line| line.reverse());
    }
    for_lines(values, count * inner, |_, block| {
        for i in 0..count / 2 {
            let (front, back) = block.split_at_mut((count - 1 - i) * inner);
            front[i * inner..(i + 1) * inner].swap_with_slice(&mut back[..inner]);
        }
    });
}

/// The axes in another order: new axis `a` is old axis `order[a]`.
pub(crate) fn permuted<T: Copy + Send + Sync + Default>(values: &[T], size: [usize; 3], order: [usize; 3]) -> Vec<T> {
    let strides = [size[1] * size[2], size[2], 1];
    let new = order.map(|axis| size[axis]);
    let steps = order.map(|axis| strides[axis]);
    let voxels: usize = size.iter().product();
    let mut out = vec![T::default(); values.len()];
    for_lines(&mut out, new[2], |i, line| {
        let (channel, row) = (i / (new[0] * new[1]), i % (new[0] * new[1]));
        let start = channel * voxels + row / new[1] * steps[0] + row % new[1] * steps[1];
        let source = values[start..].iter().step_by(steps[2]);
        line.iter_mut().zip(source).for_each(|(to, from)| *to = *from);
    });
    out
}

/// The box of `wanted` voxels that begins at `start`, which may lie outside; what is beyond the edge follows `border`, with `constant`.
pub(crate) fn cut<T: Copy + Send + Sync + Default>(
    values: &[T],
    size: [usize; 3],
    start: [i64; 3],
    wanted: [usize; 3],
    border: Border,
    constant: T,
) -> Vec<T> {
    let voxels: usize = size.iter().product();
    let channels = values.len() / voxels.max(1);
    let mut out = vec![constant; channels * wanted.iter().product::<usize>()];
    let from = |axis: usize, i: usize| border.index(start[axis] + i as i64, size[axis]);
    // Along a row: the stretch that lies inside, copied whole.
    let inside = (-start[2]).clamp(0, wanted[2] as i64) as usize;
    let end = (size[2] as i64 - start[2]).clamp(inside as i64, wanted[2] as i64) as usize;
    for_lines(&mut out, wanted[2], |i, line| {
        let (channel, row) = (i / (wanted[0] * wanted[1]), i % (wanted[0] * wanted[1]));
        let (Some(z), Some(y)) = (from(0, row / wanted[1]), from(1, row % wanted[1])) else {
            return;
        };
        let base = channel * voxels + (z * size[1] + y) * size[2];
        let source = &values[base..base + size[2]];
        if end > inside {
            let first = (start[2] + inside as i64) as usize;
            line[inside..end].copy_from_slice(&source[first..first + end - inside]);
        }
        for x in (0..inside).chain(end..wanted[2]) {
            if let Some(x_from) = from(2, x) {
                line[x] = source[x_from];
            }
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_axis_is_mirrored() {
        let start: Vec<u8> = (0..12).collect();
        let flipped = |axis| {
            let mut values = start.clone();
            flip(&mut values, [2, 2, 3], axis);
            values
        };
        assert_eq!(flipped(0), [6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5]);
        assert_eq!(flipped(1), [3, 4, 5, 0, 1, 2, 9, 10, 11, 6, 7, 8]);
        assert_eq!(flipped(2), [2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9]);
    }

    #[test]
    fn axes_change_places_in_every_channel() {
        let values: Vec<u8> = (0..12).collect();
        assert_eq!(
            permuted(&values, [1, 2, 3], [2, 0, 1]),
            [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]
        );
    }

    #[test]
    fn a_box_may_reach_beyond_the_edge() {
        let values: Vec<u8> = (1..7).collect();
        let part = |start, wanted, border| cut(&values, [1, 2, 3], start, wanted, border, 9);
        assert_eq!(part([0, 0, 1], [1, 2, 2], Border::Edge), [2, 3, 5, 6]);
        assert_eq!(
            part([0, 1, -1], [1, 2, 5], Border::Edge),
            [4, 4, 5, 6, 6, 4, 4, 5, 6, 6]
        );
        assert_eq!(
            part([0, 1, -1], [1, 2, 5], Border::Mirror),
            [5, 4, 5, 6, 5, 2, 1, 2, 3, 2]
        );
        let constant = part([0, 1, -1], [1, 2, 5], Border::Constant(0.0));
        assert_eq!(constant, [9, 4, 5, 6, 9, 9, 9, 9, 9, 9]);
        assert_eq!(part([0, 0, 7], [1, 1, 2], Border::Constant(0.0)), [9, 9]);
    }
}

//! Images of any rank, mirrored and turned.

/// Mirrors one axis; `values` may hold several channels, one after the other.
pub(super) fn flip<T: Copy>(values: &mut [T], size: &[usize], axis: usize) {
    let inner: usize = size[axis + 1..].iter().product();
    for block in values.chunks_exact_mut(size[axis] * inner) {
        for i in 0..size[axis] / 2 {
            let (front, back) = block.split_at_mut((size[axis] - 1 - i) * inner);
            front[i * inner..(i + 1) * inner].swap_with_slice(&mut back[..inner]);
        }
    }
}

/// Rows become columns in each square image.
pub(super) fn transpose<T: Copy>(values: &mut [T], side: usize) {
    for image in values.chunks_exact_mut(side * side) {
        for y in 0..side {
            for x in 0..y {
                image.swap(y * side + x, x * side + y);
            }
        }
    }
}

/// The box of `size` that starts at `origin`, channel by channel.
pub(super) fn cut<T: Copy>(values: &[T], whole: [usize; 3], origin: [usize; 3], size: [usize; 3]) -> Vec<T> {
    let [_, height, width] = whole;
    let voxels: usize = whole.iter().product();
    let mut part = Vec::with_capacity(values.len() / voxels * size.iter().product::<usize>());
    for channel in values.chunks_exact(voxels) {
        for z in origin[0]..origin[0] + size[0] {
            for y in origin[1]..origin[1] + size[1] {
                let start = (z * height + y) * width + origin[2];
                part.extend_from_slice(&channel[start..start + size[2]]);
            }
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_axis_is_mirrored() {
        let start: Vec<u8> = (0..12).collect();
        let flipped = |axis| {
            let mut values = start.clone();
            flip(&mut values, &[2, 3], axis);
            values
        };
        assert_eq!(flipped(0), [3, 4, 5, 0, 1, 2, 9, 10, 11, 6, 7, 8]);
        assert_eq!(flipped(1), [2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9]);
    }

    #[test]
    fn rows_become_columns() {
        let mut values = [1, 2, 3, 4, 5, 6, 7, 8];
        transpose(&mut values, 2);
        assert_eq!(values, [1, 3, 2, 4, 5, 7, 6, 8]);
    }

    #[test]
    fn a_box_is_cut_from_every_channel() {
        let values: Vec<usize> = (0..48).collect();
        assert_eq!(
            cut(&values, [2, 3, 4], [1, 1, 2], [1, 2, 2]),
            [18, 19, 22, 23, 42, 43, 46, 47]
        );
    }
}

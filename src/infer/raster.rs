//! Cutting tiles out of an image or volume that is flipped, turned, and continued beyond its edges.

use serde::{Deserialize, Serialize};

use crate::nn::mirrored;

/// What a network sees beyond the edges of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Border {
    /// The image, mirrored at its edge: `.. 1 0 | 0 1 2 | 2 1 ..`, as in the U-Net paper (Ronneberger et al. 2015,
    /// section 2).
    #[default]
    Mirror,
    /// The outermost pixel, repeated.
    Edge,
    /// Zeros: black.
    Zero,
}

impl Border {
    /// Where position `i` lies in a side of `length`; `None` is a zero.
    pub(super) fn position(self, i: i64, length: usize) -> Option<usize> {
        let last = length as i64 - 1;
        match self {
            Self::Mirror => Some(mirrored(i, length)),
            Self::Edge => Some(i.clamp(0, last) as usize),
            Self::Zero => (0..=last).contains(&i).then_some(i as usize),
        }
    }
}

/// Sides as three axes: an image `[height, width]` is `[height, 1, width]`, whose values lie in the same order.
pub(super) fn three(sides: &[usize]) -> [usize; 3] {
    match *sides {
        [height, width] => [height, 1, width],
        [depth, height, width] => [depth, height, width],
        _ => unreachable!("a scan has two or three axes"),
    }
}

/// Two or three axes of three, the reverse of [`three`].
pub(super) fn of_axes(sides: [usize; 3], axes: usize) -> Vec<usize> {
    match axes {
        2 => vec![sides[0], sides[2]],
        _ => sides.to_vec(),
    }
}

/// Where the values of a flipped or turned map lie in the map itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct View {
    pub size: [usize; 3],
    strides: [i64; 3],
    offset: i64,
}

impl View {
    pub fn new(size: [usize; 3]) -> Self {
        Self {
            size,
            strides: [(size[1] * size[2]) as i64, size[2] as i64, 1],
            offset: 0,
        }
    }

    /// The first and the last axis change places.
    pub fn transposed(mut self) -> Self {
        self.size.swap(0, 2);
        self.strides.swap(0, 2);
        self
    }

    pub fn flipped(mut self, axis: usize) -> Self {
        self.offset += (self.size[axis] as i64 - 1) * self.strides[axis];
        self.strides[axis] = -self.strides[axis];
        self
    }

    /// The position of the first value of a row, and the step to the next one.
    pub fn row(&self, z: usize, y: usize) -> (i64, i64) {
        let start = self.offset + z as i64 * self.strides[0] + y as i64 * self.strides[1];
        (start, self.strides[2])
    }
}

/// Maps `[channels, ..]` seen through a view.
#[derive(Clone, Copy)]
pub(super) struct Raster<'a> {
    pub data: &'a [f32],
    pub channels: usize,
    pub view: View,
}

impl Raster<'_> {
    /// Appends the box that starts at `start`, which may lie outside, channel by channel.
    pub fn cut(&self, start: [i64; 3], size: [usize; 3], border: Border, out: &mut Vec<f32>) {
        let positions = |axis: usize| -> Vec<Option<usize>> {
            let at = |i| border.position(start[axis] + i as i64, self.view.size[axis]);
            (0..size[axis]).map(at).collect()
        };
        let [slices, rows, columns] = [0, 1, 2].map(positions);
        let area: usize = self.view.size.iter().product();
        // The columns inside the image lie side by side, unless the view turns them.
        let width = self.view.size[2] as i64;
        let inside =
            (-start[2]).clamp(0, size[2] as i64) as usize..(width - start[2]).clamp(0, size[2] as i64) as usize;
        for channel in 0..self.channels {
            let data = &self.data[channel * area..(channel + 1) * area];
            for z in &slices {
                for y in &rows {
                    let (Some(z), Some(y)) = (*z, *y) else {
                        out.resize(out.len() + size[2], 0.0);
                        continue;
                    };
                    let (first, step) = self.view.row(z, y);
                    let value = |x: &Option<usize>| x.map_or(0.0, |x| data[(first + x as i64 * step) as usize]);
                    if step == 1 && !inside.is_empty() {
                        let from = (first + start[2].max(0)) as usize;
                        out.extend(columns[..inside.start].iter().map(value));
                        out.extend_from_slice(&data[from..from + inside.len()]);
                        out.extend(columns[inside.end..].iter().map(value));
                    } else {
                        out.extend(columns.iter().map(value));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(border: Border, range: std::ops::Range<i64>, length: usize) -> Vec<Option<usize>> {
        range.map(|i| border.position(i, length)).collect()
    }

    #[test]
    fn mirrors_at_the_edges_without_end() {
        let mirror = |range, length| -> Vec<usize> {
            at(Border::Mirror, range, length)
                .into_iter()
                .map(Option::unwrap)
                .collect()
        };
        assert_eq!(mirror(-2..6, 4), [1, 0, 0, 1, 2, 3, 3, 2]);
        assert_eq!(mirror(-3..5, 1), [0; 8]);
        assert_eq!(mirror(-3..5, 2), [1, 1, 0, 0, 1, 1, 0, 0]);
    }

    #[test]
    fn other_borders() {
        assert_eq!(at(Border::Edge, -2..4, 2), [0, 0, 0, 1, 1, 1].map(Some));
        assert_eq!(at(Border::Zero, -1..3, 2), [None, Some(0), Some(1), None]);
    }

    #[test]
    fn a_cut_is_what_the_positions_say() {
        let data: Vec<f32> = (0..2 * 3 * 4 * 5).map(|i| i as f32).collect();
        let size = [3, 4, 5];
        let views = [
            View::new(size),
            View::new(size).flipped(2),
            View::new(size).flipped(0).flipped(1),
            View::new(size).transposed().flipped(0),
        ];
        for view in views {
            let raster = Raster {
                data: &data,
                channels: 2,
                view,
            };
            for border in [Border::Mirror, Border::Edge, Border::Zero] {
                for (start, cut) in [
                    ([0, 0, 0], [2, 2, 2]),
                    ([-2, 1, -3], [6, 2, 11]),
                    ([1, -9, 8], [3, 4, 4]),
                ] {
                    let mut found = Vec::new();
                    raster.cut(start, cut, border, &mut found);
                    let mut expected = Vec::new();
                    for channel in 0..2 {
                        for z in 0..cut[0] {
                            for y in 0..cut[1] {
                                for x in 0..cut[2] {
                                    let place = [z, y, x];
                                    let inside: Option<Vec<usize>> = (0..3)
                                        .map(|a| border.position(start[a] + place[a] as i64, view.size[a]))
                                        .collect();
                                    expected.push(inside.map_or(0.0, |p| {
                                        let (first, step) = view.row(p[0], p[1]);
                                        data[channel * 60 + (first + p[2] as i64 * step) as usize]
                                    }));
                                }
                            }
                        }
                    }
                    assert_eq!(found, expected, "{view:?} {border:?} {start:?}");
                }
            }
        }
    }

    #[test]
    fn views_turn_and_flip() {
        let data = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]; // 0 1 2 / 3 4 5
        let cut = |view: View| {
            let raster = Raster {
                data: &data,
                channels: 1,
                view,
            };
            let mut out = Vec::new();
            raster.cut([0; 3], view.size, Border::Zero, &mut out);
            (view.size, out)
        };
        let view = View::new(three(&[2, 3]));
        assert_eq!(cut(view.flipped(2)), ([2, 1, 3], vec![2.0, 1.0, 0.0, 5.0, 4.0, 3.0]));
        assert_eq!(cut(view.transposed()), ([3, 1, 2], vec![0.0, 3.0, 1.0, 4.0, 2.0, 5.0]));
        // Transposed, then mirrored left to right: a quarter turn clockwise.
        let turned = cut(view.transposed().flipped(2)).1;
        assert_eq!(turned, [3.0, 0.0, 4.0, 1.0, 5.0, 2.0]);
    }
}

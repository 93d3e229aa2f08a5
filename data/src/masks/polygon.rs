//! Polygons to pixels.

use std::ops::{Range, RangeInclusive};

use super::MaskError;

/// Which pixels a polygon holds. Coordinates are in pixels, x to the right and y down.
///
/// The two rules differ by up to half a pixel at the edge, and each field has its own: take that of the tool that made the polygons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FillRule {
    /// A pixel is inside if its centre is, or lies on the edge; centres have whole coordinates, so the first pixel's is (0, 0). The rule
    /// of scikit-image's `draw.polygon`. For ImageScope's and other whole-pixel outlines.
    #[default]
    Centres,
    /// The rule of pycocotools: pixel corners have whole coordinates, the edge is traced in steps of a fifth of a pixel and rounded.
    /// Masks and areas that were published for a data set in COCO form were made with it.
    Coco,
}

/// The corners of a polygon, first and last joined. Where it crosses itself, what is enclosed an even number of times is outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Polygon {
    points: Vec<[f64; 2]>,
}

/// No corner lies further from the first pixel than this: 2^20 pixels, wider than any slide.
const FURTHEST: f64 = 1_048_576.0;

impl Polygon {
    /// From corners `[x, y]`.
    ///
    /// # Errors
    /// [`MaskError::Damaged`] for fewer than 3 corners, or one that is no number or further than 2^20 pixels away.
    pub fn new(points: Vec<[f64; 2]>) -> Result<Self, MaskError> {
        if points.len() < 3 {
            return Err(MaskError::Damaged(format!(
                "a polygon has {} corner(s) and needs 3",
                points.len()
            )));
        }
        match points
            .iter()
            .flatten()
            .find(|part| part.is_nan() || part.abs() > FURTHEST)
        {
            Some(part) => Err(MaskError::Damaged(format!(
                "a polygon's corner is at {part}, which is no place in a picture: are these pixels?"
            ))),
            None => Ok(Self { points }),
        }
    }

    /// The corners.
    pub fn points(&self) -> &[[f64; 2]] {
        &self.points
    }

    /// The same polygon larger or smaller about the first pixel's corner or centre, whichever is at (0, 0).
    #[must_use]
    pub fn scaled(mut self, x: f64, y: f64) -> Self {
        self.points
            .iter_mut()
            .for_each(|point| *point = [point[0] * x, point[1] * y]);
        self
    }

    /// Inside or not for each pixel, row by row.
    pub fn fill(&self, width: usize, height: usize, rule: FillRule) -> Vec<bool> {
        match rule {
            FillRule::Centres => self.fill_centres(width, height),
            FillRule::Coco => self.fill_coco(width, height),
        }
    }

    fn edges(&self) -> impl Iterator<Item = ([f64; 2], [f64; 2])> + '_ {
        self.points
            .iter()
            .copied()
            .zip(self.points.iter().cycle().skip(1).copied())
    }

    /// Counts, for each centre, the edges to its right and to its left (O'Rourke, Computational Geometry in C, 1998, section 7.4): odd
    /// on the right is inside; counts of different parity lie on an edge.
    fn fill_centres(&self, width: usize, height: usize) -> Vec<bool> {
        // The parity changes along a row are collected first, then summed up.
        let stride = width + 1;
        let (mut right, mut left) = (vec![false; stride * height], vec![false; stride * height]);
        for (a, b) in self.edges() {
            let (top, bottom) = (a[1].min(b[1]), a[1].max(b[1]));
            let first = top.ceil().max(0.0) as usize;
            let rows = if bottom < 0.0 {
                0
            } else {
                height.min(bottom.floor() as usize + 1)
            };
            for y in first..rows {
                let (y0, y1) = (a[1] - y as f64, b[1] - y as f64);
                if (y0 > 0.0) != (y1 > 0.0) {
                    // Right of the centres before `end`.
                    let end = columns(a[0], b[0], y0, y1, width, |offset| offset > 0.0);
                    right[y * stride] ^= true;
                    right[y * stride + end] ^= true;
                }
                if (y0 < 0.0) != (y1 < 0.0) {
                    let start = columns(a[0], b[0], y0, y1, width, |offset| offset >= 0.0);
                    left[y * stride + start] ^= true;
                }
            }
        }
        let mut inside = vec![false; width * height];
        for y in 0..height {
            let (mut to_right, mut to_left) = (false, false);
            for x in 0..width {
                to_right ^= right[y * stride + x];
                to_left ^= left[y * stride + x];
                inside[y * width + x] = to_right || to_left;
            }
        }
        for &[x, y] in &self.points {
            let near = (x.round(), y.round());
            let is_centre = (x - near.0).abs() < 1e-12 && (y - near.1).abs() < 1e-12;
            if is_centre && near.0 >= 0.0 && near.1 >= 0.0 && near.0 < width as f64 && near.1 < height as f64 {
                inside[near.1 as usize * width + near.0 as usize] = true;
            }
        }
        inside
    }

    /// The edge is drawn on a grid five times as fine; where it steps to another column, the column's pixel row is noted; between such
    /// places, taken column by column from the top left, pixels are outside and inside by turns.
    fn fill_coco(&self, width: usize, height: usize) -> Vec<bool> {
        const FINE: f64 = 5.0;
        let fine: Vec<[i64; 2]> = self
            .points
            .iter()
            .map(|point| point.map(|part| (FINE * part + 0.5) as i64))
            .collect();
        let mut turns = vec![false; width * height + 1];
        let mut last: Option<[i64; 2]> = None;
        let mut visit = |at: [i64; 2]| {
            if let Some(before) = last.filter(|before| before[0] != at[0]) {
                let column = if at[0] < before[0] { at[0] } else { at[0] - 1 };
                let column = (column as f64 + 0.5) / FINE - 0.5;
                if column.floor() == column && column >= 0.0 && column <= width as f64 - 1.0 {
                    let row = (at[1].min(before[1]) as f64 + 0.5) / FINE - 0.5;
                    let row = row.clamp(0.0, height as f64).ceil();
                    turns[column as usize * height + row as usize] ^= true;
                }
            }
            last = Some(at);
        };
        for (&from, &to) in fine.iter().zip(fine.iter().cycle().skip(1)) {
            // A column further than the picture reaches is enough to see a line come back where it left.
            trace(from, to, -2..=5 * width as i64 + 2, &mut visit);
        }
        let mut inside = vec![false; width * height];
        let mut is_in = false;
        for place in 0..width * height {
            is_in ^= turns[place];
            inside[place % height * width + place / height] = is_in;
        }
        inside
    }
}

/// How many of the columns 0, 1, 2, ... lie left of where the edge crosses the row; `y0` and `y1` are its ends relative to the row.
fn columns(x0: f64, x1: f64, y0: f64, y1: f64, width: usize, is_right: impl Fn(f64) -> bool) -> usize {
    // The sign is computed as scikit-image does, relative to the centre, so that centres on the edge fall alike.
    let right = |x: usize| {
        let (x0, x1) = (x0 - x as f64, x1 - x as f64);
        is_right((x0 * y1 - x1 * y0) / (y1 - y0))
    };
    let about = (x0 * y1 - x1 * y0) / (y1 - y0);
    let mut end = if about.is_finite() {
        about.clamp(0.0, width as f64) as usize
    } else {
        0
    };
    while end < width && right(end) {
        end += 1;
    }
    while end > 0 && !right(end - 1) {
        end -= 1;
    }
    end
}

/// The points of a line on the fine grid, always computed from its lower end along its longer side, given from `from` to `to`. Of points in
/// one column only the first and the last are given, and none of the columns that are not `wanted`, so that a long line costs no more than
/// the picture is wide.
fn trace(from: [i64; 2], to: [i64; 2], wanted: RangeInclusive<i64>, visit: &mut impl FnMut([i64; 2])) {
    let (dx, dy) = ((to[0] - from[0]).abs(), (to[1] - from[1]).abs());
    let long = usize::from(dx < dy);
    let is_flipped = from[long] > to[long];
    let (low, high) = if is_flipped { (to, from) } else { (from, to) };
    let steps = dx.max(dy);
    let short = 1 - long;
    let slope = (high[short] - low[short]) as f64 / steps as f64;
    let point = |step: i64| {
        let along = if is_flipped { steps - step } else { step };
        let mut at = [0; 2];
        at[long] = low[long] + along;
        at[short] = if steps == 0 {
            low[short]
        } else {
            (low[short] as f64 + slope * along as f64 + 0.5) as i64
        };
        at
    };
    // Columns never turn back along a line.
    let (start, end) = match from[0] <= to[0] {
        true => (
            first_step(0..steps + 1, |step| point(step)[0] >= *wanted.start()),
            first_step(0..steps + 1, |step| point(step)[0] > *wanted.end()),
        ),
        false => (
            first_step(0..steps + 1, |step| point(step)[0] <= *wanted.end()),
            first_step(0..steps + 1, |step| point(step)[0] < *wanted.start()),
        ),
    };
    let mut step = start;
    while step < end {
        let here = point(step);
        visit(here);
        let next = first_step(step + 1..end, |other| point(other)[0] != here[0]);
        if next > step + 1 {
            visit(point(next - 1));
        }
        step = next;
    }
}

/// The first step from which on something holds, or the end.
fn first_step(steps: Range<i64>, holds: impl Fn(i64) -> bool) -> i64 {
    let Range { mut start, mut end } = steps;
    // Mostly it is the very first.
    if start < end && holds(start) {
        return start;
    }
    while start < end {
        let middle = start + (end - start) / 2;
        match holds(middle) {
            true => end = middle,
            false => start = middle + 1,
        }
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(inside: &[bool], width: usize) -> Vec<String> {
        inside
            .chunks(width)
            .map(|row| row.iter().map(|&i| if i { '#' } else { '.' }).collect())
            .collect()
    }

    #[test]
    fn a_square_of_three_centres() {
        let square = Polygon::new(vec![[1.0, 1.0], [3.0, 1.0], [3.0, 3.0], [1.0, 3.0]]).unwrap();
        assert_eq!(
            rows(&square.fill(5, 5, FillRule::Centres), 5),
            [".....", ".###.", ".###.", ".###.", "....."]
        );
        // Between corners 1 and 3 lie two pixels.
        assert_eq!(
            rows(&square.fill(5, 5, FillRule::Coco), 5),
            [".....", ".##..", ".##..", ".....", "....."]
        );
    }

    /// All points of a line one after the other, as pycocotools goes along it.
    fn every_point(from: [i64; 2], to: [i64; 2]) -> Vec<[i64; 2]> {
        let mut all = Vec::new();
        let long = usize::from((to[0] - from[0]).abs() < (to[1] - from[1]).abs());
        let (low, high) = if from[long] > to[long] { (to, from) } else { (from, to) };
        let steps = high[long] - low[long];
        for along in 0..=steps {
            let mut at = [low[long] + along; 2];
            let slope = (high[1 - long] - low[1 - long]) as f64 / steps as f64;
            at[1 - long] = if steps == 0 {
                low[1 - long]
            } else {
                (low[1 - long] as f64 + slope * along as f64 + 0.5) as i64
            };
            all.push(at);
        }
        if from[long] > to[long] {
            all.reverse();
        }
        all
    }

    #[test]
    fn a_line_changes_columns_where_each_of_its_points_says() {
        let ends = [-30, -3, -1, 0, 1, 7, 12, 20, 33];
        let corners = || ends.iter().flat_map(|&x| ends.map(|y| [x, y]));
        for (from, to) in corners().flat_map(|from| corners().map(move |to| (from, to))) {
            let changes = |points: &[[i64; 2]]| -> Vec<[[i64; 2]; 2]> {
                let pairs = points.windows(2).map(|pair| [pair[0], pair[1]]);
                let inside = |x: i64| (-2..=22).contains(&x);
                pairs
                    .filter(|[a, b]| a[0] != b[0] && inside(a[0]) && inside(b[0]))
                    .collect()
            };
            let mut some = Vec::new();
            trace(from, to, -2..=22, &mut |at| some.push(at));
            assert_eq!(changes(&some), changes(&every_point(from, to)), "{from:?} to {to:?}");
        }
    }

    #[test]
    fn far_corners_cost_no_more_than_near_ones() {
        // Ten thousand edges of two million pixels.
        let points = (0..10_000).map(|i| [i as f64 / 1000.0, if i % 2 == 0 { 1e6 } else { -1e6 }]);
        let polygon = Polygon::new(points.collect()).unwrap();
        let start = std::time::Instant::now();
        assert_eq!(polygon.fill(8, 8, FillRule::Coco).len(), 64);
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    }

    #[test]
    fn what_is_no_polygon_is_refused() {
        assert!(Polygon::new(vec![[0.0, 0.0], [1.0, 1.0]]).is_err());
        assert!(Polygon::new(vec![[0.0, 0.0], [1.0, 1.0], [f64::NAN, 0.0]]).is_err());
        assert!(Polygon::new(vec![[0.0, 0.0], [1.0, 1.0], [1e9, 0.0]]).is_err());
        let empty = Polygon::new(vec![[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]]).unwrap();
        assert!(empty.fill(0, 0, FillRule::Coco).is_empty() && empty.fill(0, 3, FillRule::Centres).is_empty());
    }
}

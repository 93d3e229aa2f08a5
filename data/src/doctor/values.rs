//! The values of a mask: which are classes, which strays.

use std::collections::{HashMap, HashSet};

/// How often a value occurs and how much of it lies in areas.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value {
    pub value: f64,
    pub count: usize,
    /// Of the neighbours (left, right, above, below) of its pixels, the part that has the same value.
    pub sameness: f64,
}

/// The values of a mask, told apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Values {
    /// Values that stand for a class or an object.
    pub solid: Vec<Value>,
    /// The others, most frequent first.
    pub strays: Vec<Value>,
    /// Of the stray pixels, the part beside an edge between a dark and a bright area.
    pub strays_at_edges: f64,
    /// All pixels.
    pub pixels: usize,
}

/// A class or object covers at least this part of a mask ...
const SOLID_SHARE: f64 = 0.02;
/// ... or is at least so many pixels of which that part of the neighbours is of the same value.
const SOLID_COUNT: usize = 12;
const SOLID_SAMENESS: f64 = 0.45;
/// Classes and objects that are counted 0, 1, 2, ... are never strays up to here.
const HIGHEST_CLASS: f64 = 32.0;
/// With so many areas of values of their own, a mask holds numbered objects, of which some are tiny.
const MANY_OBJECTS: usize = 12;

impl Values {
    /// Of numbers slice by slice, row by row.
    pub fn of(numbers: &[f64], [_, height, width]: [usize; 3]) -> Self {
        let mut all = census(numbers);
        sameness(numbers, height, width, &mut all);
        let pixels = numbers.len();
        let mut values: Vec<Value> = all
            .into_iter()
            .map(|(bits, (count, same, neighbours))| Value {
                value: f64::from_bits(bits),
                count,
                sameness: same as f64 / neighbours.max(1) as f64,
            })
            .collect();
        values.sort_by(|a, b| b.count.cmp(&a.count).then(a.value.total_cmp(&b.value)));
        let is_solid = |v: &Value| {
            v.count as f64 >= SOLID_SHARE * pixels as f64 || v.count >= SOLID_COUNT && v.sameness >= SOLID_SAMENESS
        };
        let numbered =
            are_numbered(&values) || values.iter().filter(|v| is_solid(v)).count() > MANY_OBJECTS && are_whole(&values);
        // Two values are background and foreground, however thin.
        let (solid, strays) = match numbered || values.len() <= 2 {
            true => (values, Vec::new()),
            false => values.into_iter().partition(is_solid),
        };
        let mut found = Self {
            solid,
            strays,
            strays_at_edges: 0.0,
            pixels,
        };
        if !found.strays.is_empty() {
            found.strays_at_edges = found.at_edges(numbers, height, width);
        }
        found
    }

    /// Stray pixels.
    pub fn stray_pixels(&self) -> usize {
        self.strays.iter().map(|v| v.count).sum()
    }

    /// The solid values but 0, in order.
    pub fn labels(&self) -> Vec<f64> {
        let mut labels: Vec<f64> = self
            .solid
            .iter()
            .map(|v| v.value)
            .filter(|&value| value != 0.0)
            .collect();
        labels.sort_by(f64::total_cmp);
        labels
    }

    /// Of the stray pixels, the part that is well between the lowest and the highest class, further from both than an eighth of the way.
    pub fn strays_between(&self) -> f64 {
        let values = self.solid.iter().map(|v| v.value);
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
        let margin = (high - low) / 8.0;
        let between = self
            .strays
            .iter()
            .filter(|v| v.value > low + margin && v.value < high - margin);
        between.map(|v| v.count).sum::<usize>() as f64 / self.stray_pixels().max(1) as f64
    }

    /// Pixels that are 0.
    pub fn zeros(&self) -> usize {
        let all = self.solid.iter().chain(&self.strays);
        all.filter(|v| v.value == 0.0).map(|v| v.count).sum()
    }

    /// The part of the stray pixels in whose 9 x 9 surroundings there is both dark and bright.
    fn at_edges(&self, numbers: &[f64], height: usize, width: usize) -> f64 {
        let extremes = self.solid.iter().map(|v| v.value);
        let (low, high) = extremes.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
        let middle = (low + high) / 2.0;
        let strays: HashSet<u64> = self.strays.iter().map(|v| v.value.to_bits()).collect();
        let (mut beside, mut all) = (0usize, 0usize);
        let area = (height * width).max(1);
        for place in (0..numbers.len()).filter(|&place| strays.contains(&(numbers[place] + 0.0).to_bits())) {
            let (slice, y, x) = (place / area * area, place % area / width, place % width);
            let mut sides = [false; 2];
            for row in y.saturating_sub(4)..(y + 5).min(height) {
                for column in x.saturating_sub(4)..(x + 5).min(width) {
                    sides[usize::from(numbers[slice + row * width + column] > middle)] = true;
                }
            }
            all += 1;
            beside += usize::from(sides == [true; 2]);
        }
        beside as f64 / all.max(1) as f64
    }
}

type Census = HashMap<u64, (usize, usize, usize)>;

fn census(numbers: &[f64]) -> Census {
    let mut all = Census::new();
    let mut run = (f64::NAN.to_bits(), 0);
    for number in numbers {
        // 0 and -0 are one.
        let bits = (number + 0.0).to_bits();
        if bits != run.0 {
            if run.1 > 0 {
                all.entry(run.0).or_default().0 += run.1;
            }
            run = (bits, 0);
        }
        run.1 += 1;
    }
    if run.1 > 0 {
        all.entry(run.0).or_default().0 += run.1;
    }
    all
}

/// Counts equal neighbours. Values that cover much need no such proof and are left out.
fn sameness(numbers: &[f64], height: usize, width: usize, all: &mut Census) {
    let least = (SOLID_SHARE * numbers.len() as f64) as usize;
    let open: HashMap<u64, usize> = all
        .iter()
        .filter(|(_, found)| found.0 < least.max(1))
        .map(|(&bits, _)| bits)
        .zip(0..)
        .collect();
    if open.is_empty() {
        return;
    }
    let mut counts = vec![(0usize, 0usize); open.len()];
    let large: Vec<u64> = all.keys().filter(|bits| !open.contains_key(bits)).copied().collect();
    let area = (height * width).max(1);
    for (place, number) in numbers.iter().enumerate() {
        let bits = (number + 0.0).to_bits();
        if large.contains(&bits) {
            continue;
        }
        let Some(&index) = open.get(&bits) else { continue };
        let (y, x) = (place % area / width.max(1), place % width.max(1));
        let neighbours = [
            (x > 0).then(|| place - 1),
            (x + 1 < width).then(|| place + 1),
            (y > 0).then(|| place - width),
            (y + 1 < height).then(|| place + width),
        ];
        for neighbour in neighbours.into_iter().flatten() {
            counts[index].1 += 1;
            counts[index].0 += usize::from(numbers[neighbour] == *number);
        }
    }
    for (bits, index) in open {
        if let Some(found) = all.get_mut(&bits) {
            (found.1, found.2) = counts[index];
        }
    }
}

fn are_whole(values: &[Value]) -> bool {
    values.iter().all(|v| v.value >= 0.0 && v.value.fract() == 0.0)
}

/// Whether the values are 0, 1, 2, ... up to a number of classes, gaps of some allowed.
fn are_numbered(values: &[Value]) -> bool {
    let highest = values.iter().map(|v| v.value).fold(0.0, f64::max);
    are_whole(values) && highest <= HIGHEST_CLASS && values.len() as f64 >= highest / 2.0
}

//! Which bytes of a file are there.

/// Bytes that are there, as ascending ranges `start..end` that neither touch nor overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// From a list in any order; empty and backward ranges are left out.
    pub fn new(list: &[(u64, u64)]) -> Self {
        let mut ranges = Self::default();
        for &(start, end) in list {
            ranges.insert(start, end);
        }
        ranges
    }

    pub fn as_slice(&self) -> &[(u64, u64)] {
        &self.0
    }

    /// The number of bytes.
    pub fn bytes(&self) -> u64 {
        self.0
            .iter()
            .fold(0, |sum, (start, end)| sum.saturating_add(end.saturating_sub(*start)))
    }

    /// One past the last byte.
    pub fn end(&self) -> u64 {
        self.0.last().map_or(0, |&(_, end)| end)
    }

    pub fn insert(&mut self, start: u64, end: u64) {
        if start >= end {
            return;
        }
        let first = self.0.partition_point(|&(_, other_end)| other_end < start);
        let after = self.0.partition_point(|&(other_start, _)| other_start <= end);
        let touched = self.0.get(first..after).unwrap_or_default();
        let start = touched.first().map_or(start, |&(other, _)| other.min(start));
        let end = touched.last().map_or(end, |&(_, other)| other.max(end));
        self.0.splice(first..after, [(start, end)]);
    }

    pub fn remove(&mut self, start: u64, end: u64) {
        if start >= end {
            return;
        }
        let cut = |&(a, b): &(u64, u64)| [(a, b.min(start)), (a.max(end), b)];
        let kept = self.0.iter().flat_map(cut).filter(|(a, b)| a < b);
        self.0 = kept.collect();
    }

    /// The first bytes below `total` that are in neither set, `longest` of them at the most.
    pub fn first_gap(&self, other: &Self, total: u64, longest: u64) -> Option<(u64, u64)> {
        let mut union = self.clone();
        other.0.iter().for_each(|&(start, end)| union.insert(start, end));
        let (start, next) = match *union.0.as_slice() {
            [(0, end), (next, _), ..] => (end, next),
            [(0, end)] => (end, total),
            [(next, _), ..] => (0, next),
            [] => (0, total),
        };
        let end = next.min(total).min(start.saturating_add(longest));
        (start < end).then_some((start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_where_they_touch() {
        let mut ranges = Ranges::new(&[(10, 20), (30, 40), (5, 5), (9, 3)]);
        assert_eq!(ranges.as_slice(), [(10, 20), (30, 40)]);
        ranges.insert(20, 30);
        assert_eq!(ranges.as_slice(), [(10, 40)]);
        ranges.insert(0, 5);
        ranges.remove(12, 15);
        assert_eq!(ranges.as_slice(), [(0, 5), (10, 12), (15, 40)]);
        assert_eq!((ranges.bytes(), ranges.end()), (32, 40));
    }

    #[test]
    fn gaps_are_found_in_order() {
        let have = Ranges::new(&[(0, 4), (8, 10)]);
        let none = Ranges::default();
        assert_eq!(have.first_gap(&none, 20, 100), Some((4, 8)));
        assert_eq!(have.first_gap(&none, 20, 3), Some((4, 7)));
        assert_eq!(have.first_gap(&Ranges::new(&[(4, 8)]), 20, 100), Some((10, 20)));
        assert_eq!(have.first_gap(&Ranges::new(&[(4, 8), (10, 20)]), 20, 9), None);
        assert_eq!(none.first_gap(&none, 0, 9), None);
        assert_eq!(none.first_gap(&none, 5, 9), Some((0, 5)));
    }

    #[test]
    fn sets_behave_as_bitmaps_do() {
        // A linear congruential generator's numbers, against an array of flags.
        let mut state = 12345_u64;
        let mut next = |below: u64| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) % below
        };
        let mut ranges = Ranges::default();
        let mut flags = [false; 64];
        for _ in 0..3000 {
            let (a, b, insert) = (next(65), next(65), next(3) > 0);
            if insert {
                ranges.insert(a, b);
            } else {
                ranges.remove(a, b);
            }
            flags
                .iter_mut()
                .enumerate()
                .filter(|(i, _)| (a..b).contains(&(*i as u64)))
                .for_each(|(_, flag)| *flag = insert);
            assert_eq!(ranges.bytes(), flags.iter().filter(|flag| **flag).count() as u64);
            let gap = flags.iter().position(|flag| !flag).map(|at| at as u64);
            assert_eq!(ranges.first_gap(&Ranges::default(), 64, 100).map(|gap| gap.0), gap);
            assert!(ranges.as_slice().windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
    }
}

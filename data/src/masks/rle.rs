//! COCO's run lengths.

use super::MaskError;

/// Lengths of runs of background and foreground by turns, background first, column by column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunLengths {
    counts: Vec<u32>,
    size: [usize; 2],
}

impl RunLengths {
    /// From counts for a mask of `[height, width]`.
    ///
    /// # Errors
    /// [`MaskError::Damaged`] if they do not sum up to the number of pixels.
    pub fn new(counts: Vec<u32>, size: [usize; 2]) -> Result<Self, MaskError> {
        let sum: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        let pixels = size[0] as u64 * size[1] as u64;
        match sum == pixels {
            true => Ok(Self { counts, size }),
            false => Err(MaskError::Damaged(format!(
                "run lengths of {sum} pixels for a mask of {} x {} (height x width), which has {pixels}",
                size[0], size[1]
            ))),
        }
    }

    /// From COCO's compressed text: five bits a character from '0' up, the lowest first, a sixth that says whether more follow, and from
    /// the third count on the difference to the count before the last.
    ///
    /// # Errors
    /// [`MaskError::Damaged`] for a text that is none, or as [`RunLengths::new`].
    pub fn from_text(text: &str, size: [usize; 2]) -> Result<Self, MaskError> {
        let damaged =
            || MaskError::Damaged("compressed run lengths end within a number, or hold a foreign sign".to_owned());
        let mut counts: Vec<i64> = Vec::new();
        let mut signs = text.bytes();
        while let Some(first) = signs.next() {
            let (mut number, mut shift, mut sign) = (0i64, 0u32, first);
            loop {
                let bits = i64::from(sign.checked_sub(48).filter(|&bits| bits < 64).ok_or_else(damaged)?);
                if shift > 40 {
                    return Err(damaged());
                }
                number |= (bits & 0x1f) << shift;
                shift += 5;
                if bits & 0x20 == 0 {
                    if bits & 0x10 != 0 {
                        number |= -1 << shift;
                    }
                    break;
                }
                sign = signs.next().ok_or_else(damaged)?;
            }
            let before = if counts.len() > 2 { counts[counts.len() - 2] } else { 0 };
            counts.push(number + before);
        }
        let counts = counts
            .into_iter()
            .map(|count| u32::try_from(count).map_err(|_| damaged()))
            .collect::<Result<_, _>>()?;
        Self::new(counts, size)
    }

    /// `[height, width]`.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Inside or not for each pixel, row by row.
    pub fn fill(&self) -> Vec<bool> {
        let [height, width] = self.size;
        let mut inside = vec![false; height * width];
        let mut at = 0;
        for (turn, &count) in self.counts.iter().enumerate() {
            let end = at + count as usize;
            if turn % 2 == 1 {
                (at..end).for_each(|place| inside[place % height * width + place / height] = true);
            }
            at = end;
        }
        inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_first() {
        let runs = RunLengths::new(vec![1, 2, 3], [2, 3]).unwrap();
        assert_eq!(runs.fill(), [false, true, false, true, false, false]);
    }

    #[test]
    fn wrong_lengths_and_texts_are_refused() {
        assert!(RunLengths::new(vec![7], [2, 3]).is_err());
        assert!(RunLengths::new(vec![u32::MAX; 3], [2, 3]).is_err());
        for text in ["\u{e9}", "o", "oooooooooooooo0", "\"", "1N1"] {
            assert!(RunLengths::from_text(text, [2, 3]).is_err(), "{text}");
        }
        assert_eq!(
            RunLengths::from_text("123", [2, 3]).unwrap(),
            RunLengths::new(vec![1, 2, 3], [2, 3]).unwrap()
        );
    }
}

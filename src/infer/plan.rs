//! Where the tiles of an image lie.

/// The tiles along one axis. A tile takes `tile` pixels and gives those without a `margin` at both ends.
#[derive(Clone, Debug, PartialEq)]
struct Axis {
    tile: usize,
    margin: usize,
    /// The pixel of the image that is the first one of each tile's output.
    starts: Vec<i64>,
}

impl Axis {
    fn new(length: usize, tile: usize, margin: usize, overlap: f64) -> Self {
        let output = tile - 2 * margin;
        Self {
            tile,
            margin,
            starts: starts(length, output, margin, overlap),
        }
    }
}

/// One tile that covers the side stands in its middle. Several go on by the share that does not overlap; the last one
/// ends with the image. Only without overlap do the tiles of a network with a margin abut, and the last one may reach
/// beyond the end: so each pixel is computed once and from the very pixels that it would be in the whole image.
fn starts(length: usize, output: usize, margin: usize, overlap: f64) -> Vec<i64> {
    if output >= length {
        // With a margin, the whole image is laid as the first tile is.
        let before = if margin == 0 { (output - length) / 2 } else { 0 };
        return vec![-(before as i64)];
    }
    let step = ((output as f64 * (1.0 - overlap)) as usize).max(1);
    let abut = margin > 0 && overlap == 0.0;
    let count = match abut {
        true => length.div_ceil(step),
        false => (length - output).div_ceil(step) + 1,
    };
    let last = if abut { usize::MAX } else { length - output };
    (0..count).map(|i| (i * step).min(last) as i64).collect()
}

/// The tiles of an image or volume; all are of one size.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    axes: [Axis; 3],
}

impl Plan {
    /// Tiles whose sides the network takes, `margins` along each axis, `overlap` in `0..1`.
    pub fn new(size: [usize; 3], tile: [usize; 3], margins: [usize; 3], overlap: f64) -> Self {
        Self {
            axes: [0, 1, 2].map(|a| Axis::new(size[a], tile[a], margins[a], overlap)),
        }
    }

    /// Sides of a tile as the network takes it.
    pub fn input(&self) -> [usize; 3] {
        [0, 1, 2].map(|a| self.axes[a].tile)
    }

    /// Sides of what it gives.
    pub fn output(&self) -> [usize; 3] {
        [0, 1, 2].map(|a| self.axes[a].tile - 2 * self.axes[a].margin)
    }

    /// Whether no two tiles overlap, so that nothing is to be mixed.
    pub fn covers_once(&self) -> bool {
        let apart = |(axis, output): (&Axis, usize)| axis.starts.windows(2).all(|s| s[1] - s[0] >= output as i64);
        self.axes.iter().zip(self.output()).all(apart)
    }

    /// Where the input of a tile begins whose output begins at `start`.
    pub fn before(&self, start: [i64; 3]) -> [i64; 3] {
        [0, 1, 2].map(|a| start[a] - self.axes[a].margin as i64)
    }

    /// The first output pixel of every tile, the first axis slowest.
    pub fn tiles(&self) -> Vec<[i64; 3]> {
        let [z, y, x] = [0, 1, 2].map(|a| &self.axes[a].starts);
        let mut tiles = Vec::with_capacity(z.len() * y.len() * x.len());
        for &z in z {
            for &y in y {
                tiles.extend(x.iter().map(|&x| [z, y, x]));
            }
        }
        tiles
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_positions() {
        // As MONAI's dense_patch_slices: the last tile ends with the image.
        assert_eq!(starts(10, 4, 0, 0.0), [0, 4, 6]);
        assert_eq!(starts(10, 4, 0, 0.5), [0, 2, 4, 6]);
        assert_eq!(starts(10, 4, 0, 0.9), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(starts(10, 10, 0, 0.5), [0]);
        assert_eq!(starts(10, 13, 0, 0.5), [-1]);
        // With a margin they abut.
        assert_eq!(starts(10, 4, 2, 0.0), [0, 4, 8]);
        assert_eq!(starts(10, 4, 2, 0.5), [0, 2, 4, 6]);
        assert_eq!(starts(10, 13, 2, 0.0), [0]);
        // The paper's: 512 pixels by tiles of 572 that give 388.
        assert_eq!(starts(512, 388, 92, 0.0), [0, 388]);
    }

    #[test]
    fn only_tiles_that_abut_cover_once() {
        let once =
            |length, margin, overlap| Plan::new([length, 1, 5], [6, 1, 9], [margin, 0, 0], overlap).covers_once();
        assert!(once(10, 1, 0.0) && once(12, 0, 0.0) && once(6, 0, 0.5));
        assert!(!once(10, 0, 0.0) && !once(10, 1, 0.5));
    }

    #[test]
    fn every_pixel_is_covered_and_abutting_tiles_cover_it_once() {
        for length in 1..24 {
            for output in 1..9 {
                for margin in [0, 3] {
                    for overlap in [0.0, 0.3, 0.5, 0.99] {
                        let mut times = vec![0; length];
                        for start in starts(length, output, margin, overlap) {
                            let covered = start.max(0)..(start + output as i64).min(length as i64);
                            assert!(!covered.is_empty());
                            covered.for_each(|i| times[i as usize] += 1);
                        }
                        assert!(times.iter().all(|&n| n > 0), "{length} {output} {margin} {overlap}");
                        if margin > 0 && overlap == 0.0 {
                            assert!(times.iter().all(|&n| n == 1));
                        }
                    }
                }
            }
        }
    }
}

//! Sizes and spacings given in 2-D or 3-D.

/// A size in voxels: `[height, width]` for 2-D, `[depth, height, width]` for 3-D.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    size: [usize; 3],
    is_planar: bool,
}

impl Extent {
    /// `[depth, height, width]`, depth 1 for 2-D.
    pub fn size(&self) -> [usize; 3] {
        self.size
    }

    /// Whether it was given in 2-D.
    pub fn is_planar(&self) -> bool {
        self.is_planar
    }

    /// The size asked of a subject of `size`: an extent in 2-D keeps the depth of a volume.
    pub(crate) fn within(&self, size: [usize; 3]) -> [usize; 3] {
        match self.is_planar {
            true => [size[0], self.size[1], self.size[2]],
            false => self.size,
        }
    }
}

impl From<[usize; 2]> for Extent {
    fn from([height, width]: [usize; 2]) -> Self {
        Self {
            size: [1, height, width],
            is_planar: true,
        }
    }
}

impl From<[usize; 3]> for Extent {
    fn from(size: [usize; 3]) -> Self {
        Self { size, is_planar: false }
    }
}

/// A spacing in mm: `[height, width]`, which leaves a volume's depth as it is, `[depth, height, width]`, or one number for all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spacing([Option<f64>; 3]);

impl Spacing {
    /// The spacing asked of a subject whose spacing is `old`.
    pub(crate) fn within(&self, old: [f64; 3], is_planar: bool) -> [f64; 3] {
        let [depth, height, width] = self.0;
        let depth = depth.filter(|_| !is_planar);
        [
            depth.unwrap_or(old[0]),
            height.unwrap_or(old[1]),
            width.unwrap_or(old[2]),
        ]
    }

    /// Whether every number is above 0.
    pub(crate) fn is_valid(&self) -> bool {
        self.0.iter().flatten().all(|&step| step.is_finite() && step > 0.0)
    }
}

impl From<[f64; 2]> for Spacing {
    fn from([height, width]: [f64; 2]) -> Self {
        Self([None, Some(height), Some(width)])
    }
}

impl From<[f64; 3]> for Spacing {
    fn from(spacing: [f64; 3]) -> Self {
        Self(spacing.map(Some))
    }
}

impl From<f64> for Spacing {
    fn from(all: f64) -> Self {
        Self([Some(all); 3])
    }
}

//! What lies beyond the edge, and how values between voxels are found.

/// What is taken for the voxels beyond the edge.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Border {
    /// A value; labels become 0. SciPy's `grid-constant`, PyTorch's `zeros`.
    Constant(f32),
    /// The nearest voxel inside. SciPy's `nearest`.
    Edge,
    /// The image mirrored at the centre of its last voxel, `d c b | a b c d | c b a`, as the U-Net paper extrapolates (Ronneberger et
    /// al. 2015, section 2). SciPy's `mirror`, NumPy's `reflect`.
    #[default]
    Mirror,
}

/// How an image is read between its voxels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interpolation {
    /// The nearest voxel; halfway, the later one.
    Nearest,
    /// Straight lines between neighbours.
    #[default]
    Linear,
    /// Cubic B-splines through the voxels (SciPy's and SimpleITK's order 3). They may overshoot at sharp edges.
    Cubic,
}

/// How labels are read between voxels; they never mix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LabelInterpolation {
    /// The nearest voxel's label; halfway, the later one.
    #[default]
    Nearest,
    /// The label with the most weight when each is interpolated linearly as a map of its own (one-hot); of equal ones the lowest. Its
    /// outlines are smoother.
    Linear,
}

impl Border {
    /// The voxel inside that stands for position `i` of an axis of `n`, or none for a constant.
    pub(crate) fn index(self, i: i64, n: usize) -> Option<usize> {
        let last = n as i64 - 1;
        if (0..=last).contains(&i) {
            return Some(i as usize);
        }
        match self {
            Self::Constant(_) => None,
            Self::Edge => Some(i.clamp(0, last) as usize),
            Self::Mirror => Some(mirrored(i, n)),
        }
    }

    /// The constant; 0 where there is none.
    pub(crate) fn constant(self) -> f32 {
        match self {
            Self::Constant(value) => value,
            _ => 0.0,
        }
    }
}

/// The position that `i` falls on in an axis of `n` mirrored again and again at its end voxels.
fn mirrored(i: i64, n: usize) -> usize {
    let last = n as i64 - 1;
    if last == 0 {
        return 0;
    }
    let i = i.rem_euclid(2 * last);
    i.min(2 * last - i) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirrored_axis_goes_to_and_fro_without_its_end_twice() {
        let all: Vec<_> = (-5..9).map(|i| Border::Mirror.index(i, 4).unwrap()).collect();
        assert_eq!(all, [1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]);
        assert_eq!(Border::Mirror.index(-7, 1), Some(0));
        assert_eq!(Border::Edge.index(9, 4), Some(3));
        assert_eq!(Border::Constant(2.0).index(4, 4), None);
    }
}

//! Two or three dimensions, decided when a network is made.

use std::any::Any;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// Whether a network reads images or volumes.
///
/// In 2-D its tensors are `[batch, channels, height, width]`, in 3-D `[batch, channels, depth, height, width]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Space {
    /// Images.
    #[default]
    D2,
    /// Volumes.
    D3,
}

impl Space {
    /// Spatial axes: 2 or 3.
    pub fn axes(self) -> usize {
        match self {
            Self::D2 => 2,
            Self::D3 => 3,
        }
    }

    /// `kernel` along each axis, as in `3x3` or `2x2x2`.
    pub(crate) fn times(self, kernel: usize) -> String {
        vec![kernel.to_string(); self.axes()].join("x")
    }
}

/// Height and width, or depth, height and width.
pub(crate) fn spatial<const D: usize>(x: &Tensor<D>) -> Vec<usize> {
    x.dims()[2..].to_vec()
}

/// The same tensor under another name of its rank. Modules for images and volumes differ in type; code for both does
/// not. Panics where the ranks differ: a volume was given to a network for images, or the other way round.
pub(crate) fn of_rank<const A: usize, const B: usize>(x: Tensor<A>) -> Tensor<B> {
    let mut slot = Some(x);
    let same = (&mut slot as &mut dyn Any).downcast_mut::<Option<Tensor<B>>>();
    match same.and_then(Option::take) {
        Some(x) => x,
        None => panic!(
            "a network for tensors of rank {B} got one of rank {A}: images are [batch, channels, height, width], volumes \
             [batch, channels, depth, height, width]; choose with UNetConfig::with_space"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;

    #[test]
    fn the_same_rank_passes() {
        let x = Tensor::<4>::ones([1, 2, 3, 4], &cpu());
        let y: Tensor<4> = of_rank(x);
        assert_eq!(spatial(&y), [3, 4]);
    }

    #[test]
    #[should_panic(expected = "a network for tensors of rank 5 got one of rank 4")]
    fn another_rank_is_named() {
        let _: Tensor<5> = of_rank(Tensor::<4>::ones([1, 1, 1, 1], &cpu()));
    }

    #[test]
    fn kernels_are_written_once_an_axis() {
        assert_eq!(Space::D2.times(3), "3x3");
        assert_eq!(Space::D3.times(2), "2x2x2");
    }
}

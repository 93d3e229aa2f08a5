//! What can be compared pixel by pixel.

use crate::data::{Mask, Region};

/// Something that is foreground or background at each pixel: a [`Mask`], or plain `bool`s.
pub trait Pixels {
    /// Every pixel, row by row.
    fn pixels(&self) -> &[bool];

    /// `[height, width]` for a mask, `[length]` for plain values.
    fn shape(&self) -> Vec<usize> {
        vec![self.pixels().len()]
    }
}

impl Pixels for Mask {
    fn pixels(&self) -> &[bool] {
        self.data()
    }

    fn shape(&self) -> Vec<usize> {
        self.size().to_vec()
    }
}

impl Pixels for Region {
    fn pixels(&self) -> &[bool] {
        self.inside()
    }

    fn shape(&self) -> Vec<usize> {
        self.size().to_vec()
    }
}

impl Pixels for [bool] {
    fn pixels(&self) -> &[bool] {
        self
    }
}

impl<T: Pixels + ?Sized> Pixels for &T {
    fn pixels(&self) -> &[bool] {
        (**self).pixels()
    }

    fn shape(&self) -> Vec<usize> {
        (**self).shape()
    }
}

impl<const N: usize> Pixels for [bool; N] {
    fn pixels(&self) -> &[bool] {
        self
    }
}

impl Pixels for Vec<bool> {
    fn pixels(&self) -> &[bool] {
        self
    }
}

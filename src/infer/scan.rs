//! [`Scan`]: images and volumes alike.

use crate::data::{Image, Volume};

/// An image (`D = 4`) or a volume (`D = 5`): what a network of tensors of rank `D` is asked about.
pub trait Scan<const D: usize> {
    /// All values, channel by channel, each row by row.
    fn values(&self) -> &[f32];

    /// Values a pixel.
    fn channels(&self) -> usize;

    /// `[height, width]` or `[depth, height, width]`.
    fn sides(&self) -> Vec<usize>;

    /// Distance between neighbours along each axis in mm; 1 where it is unknown.
    fn distances(&self) -> Vec<f64>;
}

impl Scan<4> for Image {
    fn values(&self) -> &[f32] {
        self.data()
    }

    fn channels(&self) -> usize {
        self.channels()
    }

    fn sides(&self) -> Vec<usize> {
        self.size().to_vec()
    }

    fn distances(&self) -> Vec<f64> {
        vec![1.0; 2]
    }
}

impl Scan<5> for Volume {
    fn values(&self) -> &[f32] {
        self.data()
    }

    fn channels(&self) -> usize {
        self.channels()
    }

    fn sides(&self) -> Vec<usize> {
        self.size().to_vec()
    }

    fn distances(&self) -> Vec<f64> {
        self.spacing().to_vec()
    }
}

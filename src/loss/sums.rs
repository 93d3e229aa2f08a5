//! Sums over pixels, an image and class or a class at a time: what the losses of overlap are made of.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// Which classes count, and whether the images of a batch are pooled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grouping {
    pub background: bool,
    pub over_batch: bool,
}

impl Grouping {
    pub(super) const ALL: Self = Self {
        background: true,
        over_batch: false,
    };

    /// What is summed over: probabilities, target and weights as `[batch, classes that count, pixels]`.
    pub(super) fn pixels<const D: usize>(
        self,
        probabilities: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<D>>,
    ) -> Pixels {
        Pixels {
            p: self.flat(probabilities),
            t: self.flat(target),
            w: weights.map(|weights| self.flat(weights)),
            over_batch: self.over_batch,
        }
    }

    fn flat<const D: usize>(self, x: Tensor<D>) -> Tensor<3> {
        let [batch, channels] = [x.dims()[0], x.dims()[1]];
        let pixels = x.dims()[2..].iter().product();
        let x: Tensor<3> = x.reshape([batch, channels, pixels]);
        // Of a single channel there is no background to leave out.
        match self.background || channels == 1 {
            true => x,
            false => x.narrow(1, 1, channels - 1),
        }
    }
}

pub(super) struct Pixels {
    pub p: Tensor<3>,
    pub t: Tensor<3>,
    w: Option<Tensor<3>>,
    over_batch: bool,
}

impl Pixels {
    /// `[images, classes]`, or `[1, classes]` over the batch.
    pub(super) fn sum(&self, x: Tensor<3>) -> Tensor<2> {
        let x = match &self.w {
            Some(w) => x * w.clone(),
            None => x,
        };
        let sums: Tensor<2> = x.sum_dim(2).squeeze_dim(2);
        match self.over_batch {
            true => sums.sum_dim(0),
            false => sums,
        }
    }

    /// How much of the truth was found.
    pub(super) fn overlap(&self) -> Tensor<2> {
        self.sum(self.p.clone() * self.t.clone())
    }

    /// How much was taken for the class that is not.
    pub(super) fn false_positives(&self) -> Tensor<2> {
        self.sum(self.p.clone() * (-self.t.clone() + 1.0))
    }

    /// How much of the truth was missed.
    pub(super) fn false_negatives(&self) -> Tensor<2> {
        self.sum((-self.p.clone() + 1.0) * self.t.clone())
    }

    /// The sizes of prediction and truth together.
    pub(super) fn sizes(&self) -> Tensor<2> {
        self.sum(self.p.clone()) + self.sum(self.t.clone())
    }
}

//! The sums of tiles that are in progress: only as many rows as a tile is high.

/// What becomes of the weighted mean of the logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    /// Nothing: the output is an image.
    Identity,
    /// A sigmoid for one class, a softmax for several.
    Probability,
}

impl Activation {
    /// Applied to `count` pixels, whose classes lie `stride` apart.
    fn apply(self, values: &mut [f32], classes: usize, stride: usize, count: usize) {
        match (self, classes) {
            (Self::Identity, _) => {}
            (Self::Probability, 1) => {
                for value in &mut values[..count] {
                    *value = 1.0 / (1.0 + (-*value).exp());
                }
            }
            (Self::Probability, _) => {
                for i in 0..count {
                    let of = |class: usize| class * stride + i;
                    let highest = (0..classes).fold(f32::NEG_INFINITY, |high, class| high.max(values[of(class)]));
                    let mut sum = 0.0;
                    for class in 0..classes {
                        values[of(class)] = (values[of(class)] - highest).exp();
                        sum += values[of(class)];
                    }
                    for class in 0..classes {
                        values[of(class)] /= sum;
                    }
                }
            }
        }
    }
}

/// Sums and weights of some rows (planes in 3-D) along the first axis; complete ones leave at the top.
pub(super) struct Slab {
    classes: usize,
    size: [usize; 3],
    rows: usize,
    first: usize,
    sums: Vec<f32>,
    weights: Vec<f32>,
    activation: Activation,
}

impl Slab {
    /// For tiles whose output is `output` of maps of `size`.
    pub fn new(classes: usize, size: [usize; 3], output: [usize; 3], activation: Activation) -> Self {
        let rows = output[0].min(size[0]);
        let plane = size[1] * size[2];
        Self {
            classes,
            size,
            rows,
            first: 0,
            sums: vec![0.0; classes * rows * plane],
            weights: vec![0.0; rows * plane],
            activation,
        }
    }

    /// The bytes that such a slab takes.
    pub fn bytes(classes: usize, size: [usize; 3], output: [usize; 3]) -> usize {
        output[0].min(size[0]) * size[1] * size[2] * (classes + 1) * size_of::<f32>()
    }

    /// Adds a tile's logits, `[classes, ..tile]`. Tiles come in the order of their first axis.
    pub fn add(
        &mut self,
        start: [i64; 3],
        tile: [usize; 3],
        logits: &[f32],
        importance: &[f32],
        emit: &mut dyn FnMut(usize, usize, &[f32]),
    ) {
        self.finish(start[0].max(0) as usize, emit);
        let [z, y, x] = [0, 1, 2].map(|axis| inside(start[axis], tile[axis], self.size[axis]));
        let plane = self.size[1] * self.size[2];
        let length = x.len();
        for tz in z {
            let row = (start[0] + tz as i64) as usize - self.first;
            for ty in y.clone() {
                let column = (start[2] + x.start as i64) as usize;
                let to = row * plane + (start[1] + ty as i64) as usize * self.size[2] + column;
                let from = (tz * tile[1] + ty) * tile[2] + x.start;
                let weights = &importance[from..from + length];
                for (sum, weight) in self.weights[to..to + length].iter_mut().zip(weights) {
                    *sum += weight;
                }
                for class in 0..self.classes {
                    let sums = &mut self.sums[class * self.rows * plane + to..][..length];
                    let values = &logits[class * tile.iter().product::<usize>() + from..][..length];
                    for ((sum, value), weight) in sums.iter_mut().zip(values).zip(weights) {
                        *sum += value * weight;
                    }
                }
            }
        }
    }

    /// Hands out the rows before `until`, which no tile will touch again: the class, the first row, and the values.
    pub fn finish(&mut self, until: usize, emit: &mut dyn FnMut(usize, usize, &[f32])) {
        let count = until.min(self.first + self.rows).saturating_sub(self.first);
        if count == 0 {
            return;
        }
        let plane = self.size[1] * self.size[2];
        let (stride, done) = (self.rows * plane, count * plane);
        for class in 0..self.classes {
            let sums = &mut self.sums[class * stride..][..done];
            for (sum, weight) in sums.iter_mut().zip(&self.weights) {
                *sum /= weight;
            }
        }
        self.activation.apply(&mut self.sums, self.classes, stride, done);
        for class in 0..self.classes {
            let sums = &mut self.sums[class * stride..][..stride];
            emit(class, self.first, &sums[..done]);
            sums.copy_within(done.., 0);
            sums[stride - done..].fill(0.0);
        }
        self.weights.copy_within(done.., 0);
        self.weights[stride - done..].fill(0.0);
        self.first += count;
    }
}

/// The part of a tile that lies inside the image.
fn inside(start: i64, tile: usize, length: usize) -> std::ops::Range<usize> {
    let clamp = |i: i64| i.clamp(0, tile as i64) as usize;
    clamp(-start)..clamp(length as i64 - start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activations() {
        let mut one = [0.0, 200.0, -200.0];
        Activation::Probability.apply(&mut one, 1, 3, 3);
        assert_eq!(one, [0.5, 1.0, 0.0]);
        let mut three = [1.0, 500.0, 2.0, 500.0, 3.0, -500.0];
        Activation::Probability.apply(&mut three, 3, 2, 2);
        let expected = [0.090_030_57, 0.5, 0.244_728_5, 0.5, 0.665_240_9, 0.0];
        for (found, expected) in three.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{three:?}");
        }
    }

    #[test]
    fn overlapping_tiles_are_weighted_and_rows_leave_in_order() {
        // Three rows of one pixel, two tiles of two rows, weights 1 and 3.
        let mut slab = Slab::new(1, [3, 1, 1], [2, 1, 1], Activation::Identity);
        let mut left = Vec::new();
        let mut emit = |_: usize, first: usize, values: &[f32]| left.push((first, values.to_vec()));
        slab.add([0, 0, 0], [2, 1, 1], &[10.0, 20.0], &[1.0, 3.0], &mut emit);
        slab.add([1, 0, 0], [2, 1, 1], &[40.0, 50.0], &[1.0, 3.0], &mut emit);
        slab.finish(3, &mut emit);
        assert_eq!(left, [(0, vec![10.0]), (1, vec![25.0, 50.0])]);
    }
}

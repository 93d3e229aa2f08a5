//! Agreement beyond chance, from how often each class was predicted and is true.

/// `part / whole`; where there is no whole, 1 if the prediction equals the truth and 0 otherwise.
pub(super) fn ratio(part: f64, whole: f64, exact: bool) -> f64 {
    match whole == 0.0 {
        true => f64::from(u8::from(exact)),
        false => part / whole,
    }
}

/// Pixels that are right, and the pixels of each class in the prediction and in the truth.
///
/// The sums are taken in 128-bit integers: whether a denominator is 0 is a question of exact numbers.
pub(super) struct Margins {
    pub(super) right: u64,
    pub(super) predicted: Vec<u64>,
    pub(super) truth: Vec<u64>,
}

impl Margins {
    fn total(&self) -> i128 {
        self.truth.iter().map(|&count| i128::from(count)).sum()
    }

    /// Pairs of a pixel of one and a pixel of the other that are of the same class.
    fn pairs(left: &[u64], right: &[u64]) -> i128 {
        let products = left.iter().zip(right).map(|(&l, &r)| i128::from(l) * i128::from(r));
        products.sum()
    }

    fn exact(&self) -> bool {
        i128::from(self.right) == self.total()
    }

    /// Cohen's kappa (Cohen 1960).
    pub(super) fn kappa(&self) -> f64 {
        let total = self.total();
        let chance = Self::pairs(&self.predicted, &self.truth);
        let above = i128::from(self.right) * total - chance;
        ratio(above as f64, (total * total - chance) as f64, self.exact())
    }

    /// Matthews' correlation coefficient for any number of classes (Gorodkin 2004).
    pub(super) fn mcc(&self) -> f64 {
        let total = self.total();
        let above = i128::from(self.right) * total - Self::pairs(&self.predicted, &self.truth);
        let spread = |counts: &[u64]| (total * total - Self::pairs(counts, counts)) as f64;
        let whole = (spread(&self.predicted) * spread(&self.truth)).sqrt();
        ratio(above as f64, whole, self.exact())
    }
}

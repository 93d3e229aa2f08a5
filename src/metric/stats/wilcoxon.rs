//! Whether differences lean to one side: [`wilcoxon`].

use serde::{Deserialize, Serialize};

use super::{normal, present};

/// How a p value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WilcoxonMethod {
    /// From all ways to give the ranks signs.
    Exact,
    /// From the normal distribution that the sum of ranks nears with many cases, corrected for ties.
    Asymptotic,
}

/// Outcome of a Wilcoxon signed-rank test, two-sided.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wilcoxon {
    /// The smaller of the sums of ranks, of the differences above and below 0.
    pub statistic: f64,
    /// How often signs thrown at random would lean to one side at least as much.
    pub p_value: f64,
    /// Differences other than 0, which the test uses.
    pub used: usize,
    /// How `p_value` was found.
    pub method: WilcoxonMethod,
}

/// Wilcoxon signed-rank test of paired differences (Wilcoxon 1945), two-sided: whether they lie evenly around 0, by the
/// ranks of their sizes, so that one extreme case counts no more than its rank.
///
/// Differences of 0 are left out, equal sizes share their mean rank. The p value is exact for up to 50 differences
/// without ties and zeros, and for up to 13 with them; otherwise asymptotic without continuity correction. All this
/// equals `scipy.stats.wilcoxon` with its defaults, but for two cases: NaN is left out (SciPy gives NaN), and if no
/// difference is left p is 1 (SciPy gives NaN for more than 13).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let test = wilcoxon(&[0.02, 0.03, 0.01, -0.005, 0.04, 0.015]);
/// assert_eq!(test.statistic, 1.0); // the one below 0 is the smallest
/// assert_eq!(test.p_value, 0.0625); // 4 of the 64 ways to throw six signs
/// ```
pub fn wilcoxon(differences: &[f64]) -> Wilcoxon {
    let (all, _) = present(differences);
    let mut used: Vec<f64> = all.iter().copied().filter(|&difference| difference != 0.0).collect();
    used.sort_by(|left, right| left.abs().total_cmp(&right.abs()));
    let (ranks, ties) = ranks(&used);
    let above: f64 = used
        .iter()
        .zip(&ranks)
        .filter(|(difference, _)| **difference > 0.0)
        .map(|(_, rank)| rank)
        .sum();
    let total: f64 = ranks.iter().sum();
    let plain = ties.is_empty() && used.len() == all.len();
    let few = if plain { 50 } else { 13 };
    let (p_value, method) = match () {
        _ if used.is_empty() => (1.0, WilcoxonMethod::Exact),
        _ if all.len() <= few => (exact(&ranks, above.min(total - above)), WilcoxonMethod::Exact),
        _ => (asymptotic(used.len(), &ties, above), WilcoxonMethod::Asymptotic),
    };
    Wilcoxon {
        statistic: above.min(total - above),
        p_value,
        used: used.len(),
        method,
    }
}

/// The rank of each value by its size, and the lengths of the runs of equal ones.
fn ranks(sorted: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let (mut ranks, mut ties) = (Vec::with_capacity(sorted.len()), Vec::new());
    for run in sorted.chunk_by(|left, right| left.abs() == right.abs()) {
        let first = ranks.len() as f64 + 1.0;
        let length = run.len() as f64;
        ranks.extend(std::iter::repeat_n(first + (length - 1.0) / 2.0, run.len()));
        if run.len() > 1 {
            ties.push(length);
        }
    }
    (ranks, ties)
}

/// Twice the share of all ways to give signs in which the ranks above 0 sum to at most `statistic`.
fn exact(ranks: &[f64], statistic: f64) -> f64 {
    // Ranks are whole or half: doubled, their sums are places in a table.
    let doubled: Vec<usize> = ranks.iter().map(|rank| (2.0 * rank) as usize).collect();
    let mut ways = vec![0.0; doubled.iter().sum::<usize>() + 1];
    ways[0] = 1.0;
    for rank in doubled {
        for sum in (rank..ways.len()).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    let tail: f64 = ways[..=(2.0 * statistic) as usize].iter().sum();
    (2.0 * tail / 2f64.powi(ranks.len() as i32)).min(1.0)
}

fn asymptotic(count: usize, ties: &[f64], above: f64) -> f64 {
    let n = count as f64;
    let tied: f64 = ties.iter().map(|length| length.powi(3) - length).sum();
    let variance = (n * (n + 1.0) * (2.0 * n + 1.0) - tied / 2.0) / 24.0;
    let z = (above - n * (n + 1.0) / 4.0) / variance.sqrt();
    2.0 * normal::below(-z.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        // all five above 0: 2 of 32 ways
        let five = wilcoxon(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(
            (five.statistic, five.p_value, five.method),
            (0.0, 2.0 / 32.0, WilcoxonMethod::Exact)
        );
        // ties: ranks 1.5 1.5 3; sums at most 1.5: {}, {1.5}, {1.5}
        let tied = wilcoxon(&[1.0, -1.0, 2.0]);
        assert_eq!((tied.statistic, tied.p_value), (1.5, 6.0 / 8.0));
    }

    #[test]
    fn no_differences() {
        for differences in [vec![], vec![0.0; 3], vec![0.0; 40], vec![f64::NAN]] {
            let none = wilcoxon(&differences);
            assert_eq!((none.p_value, none.used), (1.0, 0));
        }
        let one = wilcoxon(&[0.3]);
        assert_eq!((one.p_value, one.statistic), (1.0, 0.0));
        assert_eq!(wilcoxon(&[0.3, f64::NAN, -0.1]), wilcoxon(&[0.3, -0.1]));
    }

    #[test]
    fn many_differences_use_the_normal_distribution() {
        let differences: Vec<f64> = (1..=60)
            .map(|i| f64::from(i) * if i % 3 == 0 { -1.0 } else { 1.0 })
            .collect();
        let found = wilcoxon(&differences);
        assert_eq!((found.method, found.statistic), (WilcoxonMethod::Asymptotic, 630.0));
        let z = (630.0 - 915.0) / (60.0f64 * 61.0 * 121.0 / 24.0).sqrt();
        assert!((found.p_value - 2.0 * normal::below(z)).abs() < 1e-15);
    }
}

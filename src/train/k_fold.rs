//! k-fold cross-validation that keeps patients together.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use super::Samples;
use crate::data::{DataError, Dataset};
use crate::error::{Result, SettingError};

/// Cuts a data set into `k` parts; each is once the validation set and otherwise trains (Hastie et al. 2009, section
/// 7.10). Items of one group (a patient) are never torn apart; items without a group stand alone.
///
/// The parts are as equal in size as the groups allow. [`with_stratified`](Self::with_stratified) also spreads the kinds
/// of items evenly.
///
/// ```
/// use unet_lab::data::phantom::EmPhantom;
/// use unet_lab::prelude::*;
/// use unet_lab::train::KFold;
///
/// let data = EmPhantom::new(16).with_count(10).generate();
/// for fold in KFold::new(5).with_seed(1).folds(&data)? {
///     let (train, validation) = (data.select(&fold.train), data.select(&fold.validation));
///     assert_eq!((train.len(), validation.len()), (8, 2));
/// }
/// # Ok::<(), LabError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct KFold {
    k: usize,
    seed: u64,
    stratified: bool,
}

/// One of the `k` ways: positions in the data set, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// Where to learn.
    pub train: Vec<usize>,
    /// Where to measure.
    pub validation: Vec<usize>,
}

impl KFold {
    /// `k` parts, seed 42, not stratified.
    pub fn new(k: usize) -> Self {
        Self {
            k,
            seed: 42,
            stratified: false,
        }
    }

    /// Sets the seed that decides which groups go together.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets whether images with no, little and much foreground are spread evenly over the parts (at most, more than and
    /// at most, or more than the mean of those that have any).
    pub fn with_stratified(mut self, stratified: bool) -> Self {
        self.stratified = stratified;
        self
    }

    /// The folds of a data set, by the groups of its pairs.
    ///
    /// # Errors
    /// As [`folds_by`](Self::folds_by).
    pub fn folds(&self, dataset: &Dataset) -> Result<Vec<Fold>> {
        let groups: Vec<Option<&str>> = dataset.iter().map(|pair| pair.group.as_deref()).collect();
        let shares: Vec<f32> = dataset.iter().map(|pair| pair.mask().foreground_fraction()).collect();
        let any = shares.iter().filter(|&&share| share > 0.0).count().max(1);
        let mean = shares.iter().sum::<f32>() / any as f32;
        let kinds: Vec<usize> = shares
            .iter()
            .map(|&share| usize::from(share > 0.0) + usize::from(share > mean))
            .collect();
        self.folds_by(&groups, if self.stratified { &kinds } else { &[] })
    }

    /// The folds of samples of any kind, by their groups; not stratified.
    ///
    /// # Errors
    /// As [`folds_by`](Self::folds_by).
    pub fn folds_of<const D: usize>(&self, samples: &(impl Samples<D> + ?Sized)) -> Result<Vec<Fold>> {
        let groups: Vec<Option<String>> = (0..samples.len()).map(|i| samples.group(i)).collect();
        self.folds_by(&groups, &[])
    }

    /// The folds of items with these groups. `kinds`, one number an item or empty, are spread evenly.
    ///
    /// # Errors
    /// [`SettingError`] for a `k` below 2, [`DataError::Argument`] if there are fewer groups than parts, or kinds for
    /// other than all items.
    pub fn folds_by<G: AsRef<str>>(&self, groups: &[Option<G>], kinds: &[usize]) -> Result<Vec<Fold>> {
        let items = groups.len();
        if self.k < 2 {
            return Err(SettingError::new("KFold::new(k)", self.k, "at least 2, such as 5").into());
        }
        if !kinds.is_empty() && kinds.len() != items {
            return Err(DataError::Argument(format!(
                "{} kinds for {items} items: pass one an item, or none",
                kinds.len()
            ))
            .into());
        }
        let mut members = members(groups);
        if members.len() < self.k {
            return Err(DataError::Argument(format!(
                "{items} image(s) in {} group(s) cannot be cut into {} parts: each needs a group of its own. Take fewer \
                 parts, or more groups",
                members.len(),
                self.k
            ))
            .into());
        }
        members.shuffle(&mut ChaCha8Rng::seed_from_u64(self.seed));
        members.sort_by_key(|group| std::cmp::Reverse(group.len()));
        let parts = self.deal(members, kinds);
        Ok((0..self.k)
            .map(|validation| Fold {
                train: (0..items).filter(|&i| parts[i] != validation).collect(),
                validation: (0..items).filter(|&i| parts[i] == validation).collect(),
            })
            .collect())
    }

    /// The part of each item: large groups first, each to the part that is farthest from its share, first of kinds,
    /// then of items; an empty part is filled before the groups run out.
    fn deal(&self, members: Vec<Vec<usize>>, kinds: &[usize]) -> Vec<usize> {
        let items: usize = members.iter().map(Vec::len).sum();
        let kind = |item: usize| kinds.get(item).copied().unwrap_or(0);
        let count = (0..items).map(kind).max().unwrap_or(0) + 1;
        let mut counts = vec![vec![0usize; count]; self.k];
        let mut parts = vec![0; items];
        let groups = members.len();
        for (dealt, group) in members.into_iter().enumerate() {
            let mut of_group = vec![0usize; count];
            group.iter().for_each(|&item| of_group[kind(item)] += 1);
            let empty = counts.iter().filter(|part| part.iter().all(|&n| n == 0)).count();
            let must_fill = groups - dealt <= empty;
            let part = (0..self.k)
                .filter(|&part| !must_fill || counts[part].iter().all(|&n| n == 0))
                .min_by_key(|&part| {
                    let crowd: usize = counts[part].iter().zip(&of_group).map(|(have, new)| have * new).sum();
                    (crowd, counts[part].iter().sum::<usize>())
                })
                .unwrap_or(0);
            for (have, new) in counts[part].iter_mut().zip(&of_group) {
                *have += new;
            }
            group.iter().for_each(|&item| parts[item] = part);
        }
        parts
    }
}

fn members<G: AsRef<str>>(groups: &[Option<G>]) -> Vec<Vec<usize>> {
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for (item, group) in groups.iter().enumerate() {
        let place = match group {
            Some(name) => *known.entry(name.as_ref()).or_insert(members.len()),
            None => members.len(),
        };
        if place == members.len() {
            members.push(Vec::new());
        }
        members[place].push(item);
    }
    members
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    const ALONE: Option<&str> = None;

    fn check(folds: &[Fold], items: usize) {
        let mut all: Vec<usize> = folds.iter().flat_map(|fold| fold.validation.clone()).collect();
        all.sort_unstable();
        assert_eq!(all, (0..items).collect::<Vec<_>>(), "each item is measured once");
        for fold in folds {
            assert!(!fold.validation.is_empty());
            assert_eq!(fold.train.len() + fold.validation.len(), items);
            assert!(fold.train.iter().all(|i| !fold.validation.contains(i)));
        }
    }

    #[test]
    fn parts_without_groups_are_equal() {
        for (items, k) in [(10, 5), (11, 5), (7, 7), (9, 2)] {
            let folds = KFold::new(k).folds_by(&vec![ALONE; items], &[]).unwrap();
            check(&folds, items);
            let sizes: Vec<usize> = folds.iter().map(|fold| fold.validation.len()).collect();
            assert!(
                sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1,
                "{sizes:?}"
            );
        }
    }

    #[test]
    fn no_group_is_torn_in_200_random_cases() {
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        for seed in 0..200 {
            let items = rng.random_range(12..60);
            let patients = rng.random_range(6..=12);
            let mut groups: Vec<Option<String>> = (0..items)
                .map(|_| {
                    rng.random_bool(0.9)
                        .then(|| format!("patient {}", rng.random_range(0..patients)))
                })
                .collect();
            groups.extend((0..patients).map(|p| Some(format!("patient {p}"))));
            let kinds: Vec<usize> = groups.iter().map(|_| rng.random_range(0..3)).collect();
            let folds = KFold::new(rng.random_range(2..=6))
                .with_seed(seed)
                .folds_by(&groups, if seed % 2 == 0 { &kinds } else { &[] })
                .unwrap();
            check(&folds, groups.len());
            for fold in &folds {
                let of = |side: &[usize]| side.iter().filter_map(|&i| groups[i].clone()).collect::<Vec<_>>();
                let train = of(&fold.train);
                assert!(of(&fold.validation).iter().all(|group| !train.contains(group)));
            }
        }
    }

    #[test]
    fn the_seed_decides() {
        let folds = |seed| KFold::new(4).with_seed(seed).folds_by(&[ALONE; 40], &[]).unwrap();
        assert_eq!(folds(1), folds(1));
        assert_ne!(folds(1), folds(2));
    }

    #[test]
    fn kinds_are_spread_evenly() {
        // A quarter of 40 items is of the rare kind.
        let kinds: Vec<usize> = (0..40).map(|i| usize::from(i % 4 == 0)).collect();
        for seed in 0..20 {
            let folds = KFold::new(5).with_seed(seed).folds_by(&[ALONE; 40], &kinds).unwrap();
            for fold in folds {
                let rare = fold.validation.iter().filter(|&&i| kinds[i] == 1).count();
                assert_eq!((rare, fold.validation.len()), (2, 8));
            }
        }
    }

    #[test]
    fn what_cannot_be_cut_is_refused() {
        assert!(KFold::new(1).folds_by(&[ALONE; 4], &[]).is_err());
        assert!(KFold::new(2).folds_by(&[ALONE; 4], &[1]).is_err());
        let error = KFold::new(3)
            .folds_by(&[Some("a"), Some("a"), Some("b")], &[])
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "3 image(s) in 2 group(s) cannot be cut into 3 parts: each needs a group of its own. Take fewer parts, or \
             more groups"
        );
    }
}

//! Which pairs train the network and which ones check it.

use super::DataError;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use std::collections::BTreeMap;

/// Splits positions `0..groups.len()` into `(train, validation)`, each in ascending order.
///
/// `groups` names the group of each item (a patient, a slide), `None` for an item that stands alone. Groups are
/// shuffled by the seed and taken whole until `validation_fraction` of the items, rounded up as scikit-learn's
/// `train_test_split` does, is reached; at least one group is left for training. With groups the validation part can
/// therefore be somewhat larger. The same seed always gives the same split. Taught in unit 02.
///
/// # Errors
/// [`DataError::Argument`] when the fraction is not between 0 and 1 (both excluded), or when fewer than two groups
/// exist.
///
/// ```
/// use unet_lab_data::split_indices;
/// let (train, validation) = split_indices(&[None::<&str>; 20], 0.1, 42)?;
/// assert_eq!((train.len(), validation.len()), (18, 2));
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
pub fn split_indices<G: AsRef<str>>(
    groups: &[Option<G>],
    validation_fraction: f32,
    seed: u64,
) -> Result<(Vec<usize>, Vec<usize>), DataError> {
    if !(validation_fraction > 0.0 && validation_fraction < 1.0) {
        return Err(DataError::Argument(format!(
            "validation fraction {validation_fraction}: expected a number between 0 and 1 \
             (both excluded), such as 0.1 for a tenth"
        )));
    }
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
    if members.len() < 2 {
        let items = groups.len();
        return Err(DataError::Argument(format!(
            "cannot split {items} image(s) in {} group(s): each side needs a group of its own. Add images, or groups",
            members.len()
        )));
    }
    // Less a hair, because 0.1 as f32 is a little more than a tenth: 0.1 * 20 is 2 and not 3.
    let wanted = (f64::from(validation_fraction) * groups.len() as f64 * (1.0 - 1e-6))
        .ceil()
        .max(1.0) as usize;
    members.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let (mut train, mut validation) = (Vec::new(), Vec::new());
    let last = members.len() - 1;
    for (place, group) in members.into_iter().enumerate() {
        let side = if place < last && validation.len() < wanted {
            &mut validation
        } else {
            &mut train
        };
        side.extend(group);
    }
    train.sort_unstable();
    validation.sort_unstable();
    Ok((train, validation))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Option<&str> = None;

    #[test]
    fn every_item_lands_on_one_side_and_the_seed_decides() {
        let (train, validation) = split_indices(&[ALONE; 25], 0.2, 1).unwrap();
        assert_eq!((train.len(), validation.len()), (20, 5));
        let mut all = [train.clone(), validation.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..25).collect::<Vec<_>>());
        assert_eq!(
            split_indices(&[ALONE; 25], 0.2, 1).unwrap(),
            (train, validation.clone())
        );
        assert_ne!(split_indices(&[ALONE; 25], 0.2, 2).unwrap().1, validation);
    }

    #[test]
    fn the_count_is_rounded_up_and_never_empties_a_side() {
        for (items, fraction, expected) in [
            (20, 0.1, 2),
            (10, 0.1, 1),
            (15, 0.1, 2),
            (3, 0.01, 1),
            (2, 0.99, 1),
            (30, 0.1, 3),
            (10_000, 0.1, 1000),
        ] {
            let (train, validation) = split_indices(&vec![ALONE; items], fraction, 9).unwrap();
            assert_eq!(validation.len(), expected, "{items} items, {fraction}");
            assert_eq!(train.len(), items - expected);
        }
    }

    #[test]
    fn groups_never_straddle() {
        let groups: Vec<Option<String>> = (0..40).map(|i| Some(format!("patient {}", i / 4))).collect();
        for seed in 0..20 {
            let (train, validation) = split_indices(&groups, 0.25, seed).unwrap();
            assert_eq!(validation.len(), 12); // three whole patients for a wanted ten images
            assert!(validation.iter().all(|v| train.iter().all(|t| t / 4 != v / 4)));
        }
    }

    #[test]
    fn refuses_what_cannot_be_split() {
        let error = split_indices(&[ALONE; 4], 1.0, 0).unwrap_err().to_string();
        assert_eq!(
            error,
            "validation fraction 1: expected a number between 0 and 1 (both excluded), such as 0.1 for a tenth"
        );
        assert!(split_indices(&[ALONE; 4], f32::NAN, 0).is_err());
        let error = split_indices(&[Some("a"), Some("a")], 0.5, 0).unwrap_err().to_string();
        assert_eq!(
            error,
            "cannot split 2 image(s) in 1 group(s): each side needs a group of its own. Add images, or groups"
        );
    }
}

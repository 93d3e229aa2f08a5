//! What only the whole set shows.

use std::collections::BTreeMap;

use super::facts::{ImageFacts, MaskFacts, PairFacts};
use super::{Finding, Kind, Severity};

pub(super) fn findings(facts: &[PairFacts]) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(mixed(facts));
    found.extend(flat(facts));
    found.extend(swapped(facts));
    found.extend(labels(facts));
    found
}

pub(super) fn of_set(kind: Kind, severity: Severity, pairs: &[&PairFacts], found: String, advice: &str) -> Finding {
    Finding {
        kind,
        severity,
        pair: None,
        files: pairs.iter().filter_map(|pair| pair.mask_file.clone()).take(8).collect(),
        found,
        advice: advice.to_owned(),
    }
}

fn of_pair(kind: Kind, severity: Severity, pair: &PairFacts, found: String, advice: &str) -> Finding {
    Finding {
        pair: Some(pair.name.clone()),
        ..of_set(kind, severity, &[pair], found, advice)
    }
}

/// What values a property takes, with how often, most frequent first.
fn census<K: Ord + Clone>(facts: &[PairFacts], of: impl Fn(&ImageFacts) -> K) -> Vec<(K, usize)> {
    let mut all: BTreeMap<K, usize> = BTreeMap::new();
    facts
        .iter()
        .filter_map(|pair| pair.image.as_ref())
        .for_each(|image| *all.entry(of(image)).or_default() += 1);
    let mut all: Vec<(K, usize)> = all.into_iter().collect();
    all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    all
}

fn mixed(facts: &[PairFacts]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |kind, kinds: Vec<(String, usize)>, advice: &str| {
        if kinds.len() > 1 {
            let shown: Vec<String> = kinds
                .iter()
                .take(5)
                .map(|(what, count)| format!("{what} ({count})"))
                .collect();
            let more = if kinds.len() > 5 {
                format!(" and {} more", kinds.len() - 5)
            } else {
                String::new()
            };
            found.push(of_set(
                kind,
                Severity::Note,
                &[],
                format!("{}{more}", shown.join(", ")),
                advice,
            ));
        }
    };
    let text = |kinds: Vec<(String, usize)>| kinds;
    let size = |image: &ImageFacts| match image.size {
        [1, height, width] => format!("{height} x {width}"),
        [depth, height, width] => format!("{depth} x {height} x {width}"),
    };
    add(
        Kind::MixedSizes,
        text(census(facts, size)),
        "train on patches or tiles, or resize; one batch needs one size",
    );
    add(
        Kind::MixedChannels,
        census(facts, |image| format!("{} channel(s)", image.channels)),
        "make them equal with Dataset::with_channels",
    );
    add(
        Kind::MixedTypes,
        census(facts, |image| image.sample_type.to_string()),
        "normalise each image on its own, or check that the ranges of values agree",
    );
    found
}

/// An image is flat if its values span less than this part of what the set's images usually span.
const FLAT: f64 = 0.01;

fn flat(facts: &[PairFacts]) -> Vec<Finding> {
    let mut spreads: Vec<f64> = facts
        .iter()
        .filter_map(|pair| Some(pair.image.as_ref()?.spread))
        .collect();
    spreads.sort_by(f64::total_cmp);
    let usual = spreads.get(spreads.len() / 2).copied().unwrap_or(0.0);
    let is_flat = |image: &ImageFacts| {
        let scale = if usual > 0.0 { usual } else { image.range.unwrap_or(0.0) };
        image.spread <= FLAT * scale
    };
    let mut found = Vec::new();
    for pair in facts {
        if let Some(image) = pair.image.as_ref().filter(|image| is_flat(image)) {
            let text = format!(
                "99.5 % of the image's values lie within {:.4} of each other; usual here is {usual:.4}",
                image.spread
            );
            let mut one = of_pair(
                Kind::FlatImage,
                Severity::Warning,
                pair,
                text,
                "look at it: it may be blank, or badly scaled",
            );
            one.files = pair.image_file.iter().cloned().collect();
            found.push(one);
        }
    }
    found
}

/// Foreground that covers more than this, of the image and of its border, looks like background.
const MAJORITY: f64 = 0.5;
/// In that part of the masks it is a habit of the set, not a slip in one file.
const HABIT: f64 = 0.8;

fn swapped(facts: &[PairFacts]) -> Vec<Finding> {
    // Of masks with two values; foreground of many classes may well fill an image.
    let binary: Vec<(&PairFacts, &MaskFacts)> = facts
        .iter()
        .filter_map(|pair| Some((pair, pair.mask.as_ref()?)))
        .filter(|(_, mask)| mask.values.as_ref().is_some_and(|values| values.labels().len() == 1) && mask.share < 1.0)
        .collect();
    let looks = |mask: &MaskFacts| mask.share > MAJORITY && mask.border_share > MAJORITY;
    let (odd, usual): (Vec<_>, Vec<_>) = binary.iter().copied().partition(|(_, mask)| looks(mask));
    if binary.len() >= 3 && odd.len() as f64 >= HABIT * binary.len() as f64 {
        let mean = odd.iter().map(|(_, mask)| mask.share).sum::<f64>() / odd.len() as f64;
        let pairs: Vec<&PairFacts> = odd.iter().map(|(pair, _)| *pair).collect();
        let text = format!(
            "in {} of {} masks what is not 0 covers most of the image ({:.0} % on average) and of its border",
            odd.len(),
            binary.len(),
            100.0 * mean
        );
        let advice =
            "the object may be stored as 0, as the membrane of ISBI 2012 is: look at one, and say Foreground::Zero";
        return vec![of_set(Kind::SwappedForeground, Severity::Warning, &pairs, text, advice)];
    }
    // One among many: the others mark something else, and the image is brighter where they do not.
    let bright = usual
        .iter()
        .filter(|(_, mask)| mask.contrast.unwrap_or(0.0) > 0.0)
        .count();
    let dark = usual
        .iter()
        .filter(|(_, mask)| mask.contrast.unwrap_or(0.0) < 0.0)
        .count();
    let sign = bright as f64 - dark as f64;
    let is_clear = usual.len() >= 3 && sign.abs() >= 0.6 * usual.len() as f64;
    let mut found = Vec::new();
    for (pair, mask) in odd.into_iter().filter(|_| is_clear) {
        if mask.contrast.unwrap_or(0.0) * sign < 0.0 {
            let text = format!(
                "the foreground covers {:.0} % of the image and {:.0} % of its border, and is {} than the background, unlike in the other masks",
                100.0 * mask.share,
                100.0 * mask.border_share,
                if sign > 0.0 { "darker" } else { "brighter" }
            );
            found.push(of_pair(
                Kind::SwappedForeground,
                Severity::Error,
                pair,
                text,
                "look at it; if so, invert this mask",
            ));
        }
    }
    found
}

/// Values above this that differ by no more than `SPELLING` are one class, written in two ways.
const SMALL: f64 = 32.0;
const SPELLING: f64 = 8.0;
/// A class in that part of the masks is missed in the others.
const COMMON: f64 = 0.9;
/// More labels than this are numbered objects.
const MOST_CLASSES: usize = 24;

fn labels(facts: &[PairFacts]) -> Option<Finding> {
    let all: Vec<(&PairFacts, Vec<f64>)> = facts
        .iter()
        .filter_map(|pair| Some((pair, pair.mask.as_ref()?.values.as_ref()?.labels())))
        .filter(|(_, labels)| !labels.is_empty())
        .collect();
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    all.iter()
        .flat_map(|(_, labels)| labels)
        .for_each(|label| *counts.entry(label.to_bits()).or_default() += 1);
    if counts.len() < 2 || counts.len() > MOST_CLASSES || all.len() < 2 {
        return None;
    }
    let names: Vec<String> = counts
        .iter()
        .map(|(&bits, count)| format!("{} in {count}", f64::from_bits(bits)))
        .collect();
    let names = format!("of {} masks with foreground: {}", all.len(), names.join(", "));
    let with = |bits: u64| {
        all.iter()
            .filter(move |(_, labels)| labels.iter().any(|label| label.to_bits() == bits))
    };
    // 1 here and 255 there.
    if all.iter().all(|(_, labels)| labels.len() == 1) {
        let usual = counts.iter().max_by_key(|(_, count)| **count).map(|(&bits, _)| bits)?;
        let others: Vec<&PairFacts> = all
            .iter()
            .filter(|(_, labels)| labels[0].to_bits() != usual)
            .map(|(pair, _)| *pair)
            .collect();
        let classes: Vec<f64> = counts.keys().map(|&bits| f64::from_bits(bits)).collect();
        // Small numbers may be classes of which each image has one.
        if classes.iter().all(|&class| class <= MOST_CLASSES as f64) {
            return None;
        }
        return Some(of_set(
            Kind::InconsistentLabels,
            Severity::Warning,
            &others,
            format!("foreground is written differently; {names}"),
            "Foreground::NonZero takes all; if they are classes, say which one you want",
        ));
    }
    // 127 here and 128 there, never both.
    let values: Vec<u64> = counts.keys().copied().collect();
    for pair in values.windows(2) {
        let [a, b] = [f64::from_bits(pair[0]), f64::from_bits(pair[1])];
        let together = with(pair[0]).any(|(_, labels)| labels.contains(&b));
        if a > SMALL && b - a <= SPELLING && !together {
            let files: Vec<&PairFacts> = with(pair[0]).chain(with(pair[1])).map(|(pair, _)| *pair).collect();
            return Some(of_set(
                Kind::InconsistentLabels,
                Severity::Warning,
                &files,
                format!("{a} and {b} seem to be one class, written in two ways; {names}"),
                "use LabelEncoding::values with a tolerance",
            ));
        }
    }
    let is_common = |count: usize| count < all.len() && count as f64 >= COMMON * all.len() as f64;
    let missed: Vec<u64> = counts
        .iter()
        .filter(|(_, count)| is_common(**count))
        .map(|(&bits, _)| bits)
        .collect();
    let first = *missed.first()?;
    let without: Vec<&PairFacts> = all
        .iter()
        .filter(|(_, labels)| !labels.iter().any(|label| label.to_bits() == first))
        .map(|(pair, _)| *pair)
        .collect();
    let who: Vec<&str> = without.iter().take(4).map(|pair| pair.name.as_str()).collect();
    Some(of_set(
        Kind::InconsistentLabels,
        Severity::Note,
        &without,
        format!(
            "class {} is missing in {}; {names}",
            f64::from_bits(first),
            who.join(", ")
        ),
        "look whether it is really not there; if so, nothing is wrong",
    ))
}

/// A value that is solid in two other masks is a class in a mask where it is small, too: not a stray.
pub(super) fn without_rare_classes(facts: &mut [PairFacts]) {
    let mut solid: BTreeMap<u64, usize> = BTreeMap::new();
    let values = |pair: &PairFacts| pair.mask.as_ref().and_then(|mask| mask.values.clone());
    for found in facts.iter().filter_map(values) {
        found
            .solid
            .iter()
            .for_each(|v| *solid.entry(v.value.to_bits()).or_default() += 1);
    }
    for pair in facts {
        let Some(found) = values(pair).filter(|found| !found.strays.is_empty()) else {
            continue;
        };
        if found
            .strays
            .iter()
            .all(|v| solid.get(&v.value.to_bits()).is_some_and(|&count| count >= 2))
        {
            pair.findings
                .retain(|finding| !matches!(finding.kind, Kind::StrayValues | Kind::SoftEdges));
        }
    }
}

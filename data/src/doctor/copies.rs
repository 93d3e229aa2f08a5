//! Images that occur twice, resemble each other, or are on both sides of a split.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::facts::PairFacts;
use super::{Finding, Kind, Severity};

/// Small copies of two images with a product of this or more are nearly the same picture (1 is the same, but for brightness and
/// contrast).
const ALIKE: f32 = 0.99;
/// Looking at all pairs of more images than this would take minutes.
const MOST: usize = 6000;

pub(super) fn findings(facts: &[PairFacts]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut by_content: BTreeMap<[u64; 2], Vec<&PairFacts>> = BTreeMap::new();
    for pair in facts {
        if let Some(image) = &pair.image {
            by_content.entry(image.content).or_default().push(pair);
        }
    }
    for same in by_content.values().filter(|same| same.len() > 1) {
        let (kind, severity, advice) = match splits(same).len() > 1 {
            true => (
                Kind::Leakage,
                Severity::Error,
                "keep it in one split: the score on the other is worthless",
            ),
            false => (
                Kind::Duplicate,
                Severity::Warning,
                "take all but one out; see whether their masks agree",
            ),
        };
        found.push(about(
            kind,
            severity,
            same,
            format!("{} are the same image", names(same)),
            advice,
        ));
    }
    found.extend(groups(facts));
    found.extend(alike(facts));
    found
}

fn about(kind: Kind, severity: Severity, pairs: &[&PairFacts], found: String, advice: &str) -> Finding {
    Finding {
        kind,
        severity,
        pair: None,
        files: pairs
            .iter()
            .filter_map(|pair| pair.image_file.clone())
            .take(8)
            .collect(),
        found,
        advice: advice.to_owned(),
    }
}

fn splits(pairs: &[&PairFacts]) -> BTreeSet<String> {
    pairs.iter().filter_map(|pair| pair.split.clone()).collect()
}

/// At most six names, with their splits.
fn names(pairs: &[&PairFacts]) -> String {
    let name = |pair: &&PairFacts| match &pair.split {
        Some(split) => format!("{} ({split})", pair.name),
        None => pair.name.clone(),
    };
    let mut shown: Vec<String> = pairs.iter().take(6).map(name).collect();
    if pairs.len() > 6 {
        shown.push(format!("{} more", pairs.len() - 6));
    }
    shown.join(", ")
}

fn groups(facts: &[PairFacts]) -> Vec<Finding> {
    let mut by_group: BTreeMap<&str, Vec<&PairFacts>> = BTreeMap::new();
    for pair in facts {
        if let Some(group) = &pair.group {
            by_group.entry(group).or_default().push(pair);
        }
    }
    let torn = by_group.into_iter().filter(|(_, pairs)| splits(pairs).len() > 1);
    torn.map(|(group, pairs)| {
        let sides: Vec<String> = splits(&pairs).into_iter().collect();
        let advice = "split by group (Dataset::split keeps groups whole), not by image";
        about(
            Kind::GroupLeakage,
            Severity::Error,
            &pairs,
            format!("group {group} is in {}: {}", sides.join(" and "), names(&pairs)),
            advice,
        )
    })
    .collect()
}

/// Clusters of images that resemble each other, of one known group left aside.
fn alike(facts: &[PairFacts]) -> Vec<Finding> {
    let looks: Vec<(&PairFacts, &Vec<f32>)> = facts
        .iter()
        .filter_map(|pair| Some((pair, pair.image.as_ref()?.look.as_ref()?)))
        .collect();
    if looks.len() > MOST {
        return Vec::new();
    }
    let is_alike = |a: usize, b: usize| {
        let (first, second) = (looks[a].0, looks[b].0);
        let same = first.image.as_ref().map(|image| image.content) == second.image.as_ref().map(|image| image.content);
        !same && looks[a].1.iter().zip(looks[b].1).map(|(a, b)| a * b).sum::<f32>() >= ALIKE
    };
    let links: Vec<(usize, usize)> = (0..looks.len())
        .into_par_iter()
        .flat_map_iter(|a| {
            (a + 1..looks.len())
                .filter(move |&b| is_alike(a, b))
                .map(move |b| (a, b))
        })
        .collect();
    let mut found = Vec::new();
    for cluster in clusters(looks.len(), &links) {
        let pairs: Vec<&PairFacts> = cluster.iter().map(|&i| looks[i].0).collect();
        let torn = links
            .iter()
            .filter(|(a, b)| cluster.contains(a) && cluster.contains(b))
            .find(|(a, b)| {
                let [a, b] = [looks[*a].0, looks[*b].0];
                a.split.is_some() && b.split.is_some() && a.split != b.split
            });
        if let Some(&(a, b)) = torn {
            let text = format!("{} are nearly the same image", names(&[looks[a].0, looks[b].0]));
            let advice = "frames of one recording, or a copy: keep them in one split, by group";
            found.push(about(Kind::Leakage, Severity::Error, &pairs, text, advice));
            continue;
        }
        // Pairs of one group are known to belong together.
        let group = pairs[0].group.as_ref();
        if group.is_some() && pairs.iter().all(|pair| pair.group.as_ref() == group) {
            continue;
        }
        let advice = match common_start(&pairs) {
            Some(start) => {
                format!("split by group, not by image: their names begin with {start}, see with_group_before")
            }
            None => "they may be frames of one recording: split by group (patient, sweep), not by image".to_owned(),
        };
        let text = format!("{} are much alike", names(&pairs));
        found.push(about(Kind::NearDuplicates, Severity::Warning, &pairs, text, &advice));
    }
    found
}

/// Numbers that are linked, directly or over others.
fn clusters(count: usize, links: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut root: Vec<usize> = (0..count).collect();
    fn top(root: &mut [usize], mut i: usize) -> usize {
        while root[i] != i {
            root[i] = root[root[i]];
            i = root[i];
        }
        i
    }
    for &(a, b) in links {
        let (a, b) = (top(&mut root, a), top(&mut root, b));
        root[b] = a;
    }
    let mut all: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for i in 0..count {
        let top = top(&mut root, i);
        all.entry(top).or_default().push(i);
    }
    all.into_values().filter(|cluster| cluster.len() > 1).collect()
}

/// What all names begin with, up to the last separator; none if that is nothing.
fn common_start(pairs: &[&PairFacts]) -> Option<String> {
    let first = &pairs.first()?.name;
    let same = |name: &str| first.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
    let length = pairs.iter().map(|pair| same(&pair.name)).min()?;
    let start: String = first.chars().take(length).collect();
    let cut = start.rfind(['_', '-', '.', ' '])?;
    (cut > 0).then(|| start[..cut].to_owned())
}

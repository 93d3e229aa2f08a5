//! Cases from files, transformed while the network learns.

use std::sync::Arc;

use rand::rngs::ChaCha8Rng;

use super::{Sample, Samples};
use crate::data::DataError;
use crate::data::loader::Source;
use crate::data::patch::Patches;
use crate::data::transform::{Compose, Subject, Transform};
use crate::error::Result;

/// The cases of a [`Source`], each varied anew whenever it is trained on: cut into patches, then augmented. Validation sees them whole and
/// unchanged.
///
/// What is done to every image alike (resampling, windows, scaling) belongs into the source, where
/// [`Cached`](crate::data::loader::Cached) keeps its result. Taught in unit 04 (little data) and
/// unit 09 (volumes).
///
/// ```
/// use unet_lab::prelude::*;
/// use unet_lab::data::loader::Cached;
/// use unet_lab::data::transform::{Compose, Flip, Spatial, ZScore};
///
/// let pictures = NucleiPhantom::new(32).with_count(4).with_seed(1).generate();
/// let scaled = Cached::new(pictures, Compose::new().then(ZScore::default()))?.in_memory(1 << 20);
/// let cases = Cases::images(scaled, 1)
///     .with_augmentation(Compose::new().then(Flip::random(0.5)).then(Spatial::new().with_elastic(2.0)));
///
/// let model = UNetConfig::new(1, 1).with_base_channels(2).with_depth(1).init(&cpu());
/// let trainer = Trainer::new(TrainConfig::new().with_epochs(1));
/// assert_eq!(trainer.fit_samples(model, &cases, &cases, &mut Silent)?.history.len(), 1);
/// # Ok::<(), LabError>(())
/// ```
#[derive(Clone)]
pub struct Cases<const D: usize = 4> {
    source: Arc<dyn Source>,
    classes: usize,
    patches: Option<Patches>,
    augmentation: Option<Compose>,
}

impl Cases<4> {
    /// Images of `classes` classes, background included; 1 for a binary task, in which every label but 0 is foreground.
    pub fn images(source: impl Source + 'static, classes: usize) -> Self {
        Self::new(source, classes)
    }
}

impl Cases<5> {
    /// Volumes; `classes` as for [`images`](Cases::images).
    pub fn volumes(source: impl Source + 'static, classes: usize) -> Self {
        Self::new(source, classes)
    }
}

impl<const D: usize> Cases<D> {
    fn new(source: impl Source + 'static, classes: usize) -> Self {
        Self {
            source: Arc::new(source),
            classes: classes.max(1),
            patches: None,
            augmentation: None,
        }
    }

    /// Trains on patches drawn from each case.
    pub fn with_patches(mut self, patches: Patches) -> Self {
        self.patches = Some(patches);
        self
    }

    /// Varies what is trained on. It is used whether or not [`TrainConfig::augmentation`](super::TrainConfig::augmentation) is set, which
    /// is the trainer's own.
    pub fn with_augmentation(mut self, augmentation: Compose) -> Self {
        self.augmentation = Some(augmentation);
        self
    }

    fn subject(&self, index: usize, rng: Option<&mut ChaCha8Rng>) -> Result<Subject> {
        let whole = self.source.load(index)?;
        let Some(rng) = rng else {
            return Ok(Arc::unwrap_or_clone(whole));
        };
        let part = match &self.patches {
            Some(patches) => patches.draw(&whole, rng)?,
            None => Arc::unwrap_or_clone(whole),
        };
        Ok(match &self.augmentation {
            Some(augmentation) => augmentation.apply(part, rng)?,
            None => part,
        })
    }
}

impl<const D: usize> Samples<D> for Cases<D> {
    fn len(&self) -> usize {
        self.source.len()
    }

    fn name(&self, index: usize) -> String {
        self.source.name(index)
    }

    fn sample(&self, index: usize, rng: Option<&mut ChaCha8Rng>) -> Result<Sample<D>> {
        let name = self.name(index);
        let subject = self.subject(index, rng)?;
        let (size, is_planar) = (subject.size(), subject.is_planar());
        if is_planar != (D == 4) {
            let found = if is_planar { "an image" } else { "a volume" };
            let (made, right) = if is_planar {
                ("volumes", "images")
            } else {
                ("images", "volumes")
            };
            let problem = format!("{name} is {found}, but these are Cases::{made}: make them with Cases::{right}");
            return Err(DataError::Argument(problem).into());
        }
        let (image, labels) = subject.into_parts();
        let Some(mut labels) = labels else {
            let problem = format!("{name} has no labels: give its source an image with a mask or a label map");
            return Err(DataError::Argument(problem).into());
        };
        if self.classes == 1 {
            labels.iter_mut().for_each(|label| *label = (*label).min(1));
        }
        Sample::from_labels(&name, image, &labels, self.classes, &size[usize::from(is_planar)..])
    }

    fn draws(&self) -> bool {
        self.patches.is_some() || self.augmentation.is_some()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::data::phantom::NucleiPhantom;
    use crate::data::transform::{Flip, Gamma};
    use crate::data::{LabelMap, Volume, loader::FromFn};
    use crate::error::LabError;

    fn volumes(labels: u32) -> FromFn<u32> {
        FromFn::new(vec![labels], |&labels| {
            let values: Vec<f32> = (0..6 * 8 * 10).map(|i| (i % 7) as f32).collect();
            let map = values.iter().map(|&value| u32::from(value > 4.0) * labels).collect();
            let volume = Volume::new(values, 1, [6, 8, 10], [1.0; 3])?;
            Ok(Subject::new("case", (volume, LabelMap::new(map, &[6, 8, 10])?))?)
        })
        .with_names(|_| "case 1".to_owned())
    }

    #[test]
    fn labels_follow_what_is_cut_and_mirrored() {
        let cases = Cases::volumes(volumes(2), 3)
            .with_patches(Patches::of([4, 4, 6]).with_foreground(1.0))
            .with_augmentation(Compose::new().then(Flip::random(0.5)));
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut seen = Vec::new();
        for _ in 0..20 {
            let sample = cases.sample(0, Some(&mut rng)).unwrap();
            assert_eq!((sample.size(), sample.classes()), (&[4, 4, 6][..], 3));
            let truth: Vec<f32> = sample
                .image()
                .iter()
                .map(|&value| f32::from(u8::from(value > 4.0)))
                .collect();
            assert_eq!(sample.target()[2 * 96..], truth);
            seen.push(sample.image().to_vec());
        }
        assert!(seen.iter().any(|other| *other != seen[0]));
        assert_eq!(cases.sample(0, None).unwrap().size(), [6, 8, 10]);
    }

    #[test]
    fn the_same_seed_gives_the_same_variation() {
        let data = NucleiPhantom::new(16).with_count(2).with_seed(1).generate();
        let cases = Cases::images(data, 1).with_augmentation(Compose::new().then(Gamma::random(0.5..=2.0)));
        let drawn = |seed| cases.sample(1, Some(&mut ChaCha8Rng::seed_from_u64(seed))).unwrap();
        assert_eq!(drawn(4), drawn(4));
        assert_ne!(drawn(4), drawn(5));
        assert_eq!(cases.sample(1, None).unwrap(), cases.sample(1, None).unwrap());
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let said = |error: LabError| error.to_string();
        let error = said(Cases::images(volumes(1), 1).sample(0, None).unwrap_err());
        assert!(
            error.contains("case 1 is a volume") && error.contains("make them with Cases::volumes"),
            "{error}"
        );
        let error = said(Cases::volumes(volumes(7), 3).sample(0, None).unwrap_err());
        assert!(error.contains("case 1 holds label 7"), "{error}");
        assert_eq!(Cases::volumes(volumes(7), 1).sample(0, None).unwrap().classes(), 1);
    }
}

//! Loading, keeping and transforming real pictures.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::Trial;
use unet_lab_data::loader::{Cached, FromFn, Loader};
use unet_lab_data::patch::Patches;
use unet_lab_data::transform::*;
use unet_lab_data::{DataError, load_image};

use crate::RealData;

pub fn trials(root: &RealData) -> Vec<Trial> {
    vec![
        root.trial(
            "electron micrographs load alike on any number of threads",
            "em_isbi2012",
            em,
        ),
        root.trial(
            "chest X-rays keep their range in every transform",
            "cxr_lungs_demo",
            x_rays,
        ),
    ]
}

fn pictures(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|ending| ending == "png") => found.push(path),
                false => {}
            }
        }
    }
    found.sort();
    found
}

fn source(folder: &Path) -> FromFn<PathBuf> {
    let load = |file: &PathBuf| -> Result<Subject, DataError> {
        Ok(Subject::new(file.display().to_string(), load_image(file)?)?)
    };
    FromFn::new(pictures(folder), load).with_files(|file| vec![file.clone()])
}

fn em(folder: PathBuf) {
    let kept = tempfile::tempdir().unwrap();
    let run = |threads| -> Vec<Subject> {
        let steps = Compose::new()
            .then(Resize::to([256, 256]).antialiased())
            .then(ZScore::default());
        let cached = Cached::new(source(&folder), steps)
            .unwrap()
            .in_memory(4 << 20)
            .on_disk(kept.path());
        let loader = Loader::new(Arc::new(cached))
            .with_threads(threads)
            .with_patches(Patches::of([96, 96]), 2);
        let loader = loader
            .with_transform(Flip::random(0.5))
            .with_transform(Spatial::new().with_elastic(5.0));
        loader.epoch(0).map(Result::unwrap).collect()
    };
    let first = run(1);
    assert!(first.len() >= 40 && first.iter().all(|patch| patch.size() == [1, 96, 96]));
    // From disk and by other threads, the same to the last bit.
    assert!(run(3) == first);
    assert_eq!(2 * std::fs::read_dir(kept.path()).unwrap().count(), first.len());
}

fn x_rays(folder: PathBuf) {
    for file in pictures(&folder) {
        let image = load_image(&file).unwrap();
        let steps: [Box<dyn Transform>; 5] = [
            Box::new(Clahe::default()),
            Box::new(Equalize::default()),
            Box::new(Percentiles::default()),
            Box::new(Gamma::random(0.7..=1.5)),
            Box::new(Spatial::new().with_rotation(-10.0..=10.0).with_elastic(10.0)),
        ];
        for step in steps {
            let changed = step.apply(image.clone().into_subject().unwrap(), &mut rng()).unwrap();
            assert!(
                changed.image().iter().all(|value| (-1e-5..=1.0 + 1e-5).contains(value)),
                "{step:?} of {}",
                file.display()
            );
            let mean = changed.image().iter().sum::<f32>() / changed.image().len() as f32;
            assert!(
                (0.05..0.95).contains(&mean),
                "{step:?} of {}: mean {mean}",
                file.display()
            );
        }
    }
}

fn rng() -> ChaCha8Rng {
    rand::SeedableRng::seed_from_u64(1)
}

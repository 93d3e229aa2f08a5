//! Order, errors, panics, stopping, and caches in memory and on disk.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::*;
use crate::patch::Patches;
use crate::transform::{Compose, Flip, GaussianNoise, Resize, Subject, ZScore};
use crate::{DataError, Image, LabelMap};

fn subject(number: usize) -> Subject {
    let image = Image::from_fn(8, 8, |x, y| (number * 64 + y * 8 + x) as f32);
    let labels = LabelMap::new((0..64).map(|i| u32::from(i == number)).collect(), &[8, 8]).unwrap();
    Subject::new(format!("case {number}"), (image, labels)).unwrap()
}

/// Cases that count how often they are loaded.
fn counted(count: usize) -> (FromFn<usize>, Arc<AtomicUsize>) {
    let loads = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&loads);
    let source = FromFn::new((0..count).collect(), move |&number| {
        counter.fetch_add(1, Ordering::SeqCst);
        Ok(subject(number))
    });
    (source, loads)
}

fn images(epoch: Epoch) -> Vec<Vec<f32>> {
    epoch.map(|case| case.unwrap().into_parts().0).collect()
}

#[test]
fn order_and_values_depend_on_the_seed_alone() {
    let run = |threads, seed, epoch| {
        let slow = FromFn::new((0..20).collect(), |&number: &usize| {
            // Later cases are ready first.
            std::thread::sleep(Duration::from_millis((number % 5) as u64));
            Ok(subject(number))
        });
        let loader = Loader::new(slow).with_threads(threads).with_seed(seed);
        let loader = loader
            .with_transform(Flip::random(0.5))
            .with_transform(GaussianNoise::random(0.1..=0.2));
        images(loader.with_ahead(7).epoch(epoch))
    };
    let first = run(1, 5, 0);
    assert_eq!(first.len(), 20);
    assert!(run(4, 5, 0) == first && run(3, 5, 0) == first);
    assert!(run(2, 6, 0) != first && run(2, 5, 1) != first);
    let mut names: Vec<String> = Loader::new(counted(9).0)
        .with_seed(1)
        .epoch(3)
        .map(|case| case.unwrap().name)
        .collect();
    let in_order: Vec<String> = Loader::new(counted(9).0)
        .in_order()
        .epoch(3)
        .map(|case| case.unwrap().name)
        .collect();
    assert_ne!(names, in_order);
    names.sort();
    assert_eq!(names, in_order);
}

#[test]
fn errors_and_panics_arrive_in_their_turn_and_name_the_case() {
    let source = FromFn::new((0..6).collect(), |&number: &usize| match number {
        2 => Err(DataError::Argument("no such file".to_owned())),
        4 => panic!("index {} is out of range", number),
        _ => Ok(subject(number)),
    });
    let loader = Loader::new(source).in_order().with_threads(3);
    let results: Vec<_> = loader.epoch(0).collect();
    assert_eq!(results.len(), 6);
    assert_eq!(results[2].as_ref().unwrap_err().to_string(), "case 2: no such file");
    let panic = results[4].as_ref().unwrap_err().to_string();
    assert_eq!(panic, "case 4: loading it panicked: index 4 is out of range");
    assert!([0, 1, 3, 5].iter().all(|&i| results[i].is_ok()));
    let large = Loader::new(counted(2).0)
        .in_order()
        .with_patches(Patches::of([9, 9]), 1);
    let error = large.epoch(0).next().unwrap().unwrap_err().to_string();
    assert!(error.starts_with("case 0: Patches: size [1, 9, 9]"), "{error}");
}

#[test]
fn no_more_is_loaded_ahead_than_asked_and_dropping_stops_the_threads() {
    let (source, loads) = counted(1000);
    let mut epoch = Loader::new(source).with_threads(2).with_ahead(4).epoch(0);
    assert_eq!(epoch.len(), 1000);
    epoch.next().unwrap().unwrap();
    std::thread::sleep(Duration::from_millis(100));
    assert!(loads.load(Ordering::SeqCst) <= 5, "{loads:?}");
    let start = Instant::now();
    drop(epoch);
    assert!(start.elapsed() < Duration::from_millis(500));
    let after = loads.load(Ordering::SeqCst);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(loads.load(Ordering::SeqCst), after);
    assert_eq!(Loader::new(counted(0).0).epoch(0).count(), 0);
}

#[test]
fn patches_of_each_case_come_without_a_copy_of_the_whole() {
    let loader = Loader::new(counted(3).0)
        .with_patches(Patches::of([2, 2]).with_foreground(1.0), 5)
        .with_seed(2);
    let patches: Vec<Subject> = loader.epoch(0).map(Result::unwrap).collect();
    assert_eq!((patches.len(), loader.len()), (15, 15));
    for patch in patches {
        assert_eq!(patch.labels().unwrap().iter().sum::<u32>(), 1, "{patch:?}");
    }
}

#[test]
fn a_case_in_memory_is_made_once_as_long_as_it_fits() {
    let (source, loads) = counted(4);
    let cached = Arc::new(
        Cached::new(source, Compose::new().then(ZScore::default()))
            .unwrap()
            .in_memory(1 << 20),
    );
    let loader = Loader::new(Arc::clone(&cached))
        .with_threads(4)
        .with_patches(Patches::of([2, 2]), 10);
    for epoch in 0..3 {
        assert_eq!(loader.epoch(epoch).filter(Result::is_ok).count(), 40);
    }
    assert_eq!(loads.load(Ordering::SeqCst), 4);
    assert_eq!(cached.memory_used(), 4 * 64 * 8);

    // Room for two: the one unused for longest goes.
    let (source, loads) = counted(3);
    let small = Cached::new(source, Compose::new()).unwrap().in_memory(2 * 64 * 8);
    for index in [0, 1, 0, 2, 0, 2, 0] {
        small.load(index).unwrap();
        assert!(small.memory_used() <= 2 * 64 * 8);
    }
    assert_eq!(loads.load(Ordering::SeqCst), 3);
    assert!(Cached::new(counted(1).0, Compose::new().then(Flip::random(0.5))).is_err());
    assert!(Cached::new(counted(1).0, Compose::new().then(Resize::to([0, 1]))).is_err());
}

fn from_files(folder: &std::path::Path, loads: &Arc<AtomicUsize>) -> FromFn<PathBuf> {
    let counter = Arc::clone(loads);
    let files = (0..3).map(|number| folder.join(format!("{number}.txt"))).collect();
    FromFn::new(files, move |file: &PathBuf| {
        counter.fetch_add(1, Ordering::SeqCst);
        let text = fs::read_to_string(file).map_err(|error| DataError::Argument(error.to_string()))?;
        Ok(subject(text.trim().parse().unwrap()).with_group("patient"))
    })
    .with_files(|file| vec![file.clone()])
}

#[test]
fn a_case_on_disk_is_used_until_its_file_or_the_transforms_change() {
    let folder = tempfile::tempdir().unwrap();
    let (files, kept) = (folder.path().to_owned(), folder.path().join("cache"));
    for number in 0..3 {
        fs::write(files.join(format!("{number}.txt")), number.to_string()).unwrap();
    }
    let loads = Arc::new(AtomicUsize::new(0));
    let cached = |size| {
        let steps = Compose::new().then(Resize::to([size, size]));
        Cached::new(from_files(&files, &loads), steps).unwrap().on_disk(&kept)
    };
    let first = cached(5).load(1).unwrap();
    assert_eq!(first.size(), [1, 5, 5]);
    // Another process would see the same: a new object has nothing in memory.
    assert_eq!(cached(5).load(1).unwrap(), first);
    assert_eq!(loads.load(Ordering::SeqCst), 1);
    assert_eq!(cached(6).load(1).unwrap().size(), [1, 6, 6]);
    assert_eq!(loads.load(Ordering::SeqCst), 2);
    fs::write(files.join("1.txt"), "25").unwrap();
    assert_ne!(cached(5).load(1).unwrap(), first);
    assert_eq!(loads.load(Ordering::SeqCst), 3);

    // A damaged or cut file is made anew, whichever byte it is.
    let good = cached(5).load(0).unwrap();
    let newest = fs::read_dir(&kept).unwrap().map(|file| file.unwrap().path());
    let path = newest
        .max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap())
        .unwrap();
    let bytes = fs::read(&path).unwrap();
    for at in (0..bytes.len()).step_by(3) {
        let mut bad = bytes.clone();
        bad[at] ^= 0x10;
        fs::write(&path, &bad).unwrap();
        let before = loads.load(Ordering::SeqCst);
        assert_eq!(cached(5).load(0).unwrap(), good);
        assert_eq!(loads.load(Ordering::SeqCst), before + 1, "byte {at}");
    }
    for length in [0, 7, 40, bytes.len() - 1] {
        fs::write(&path, &bytes[..length]).unwrap();
        assert_eq!(cached(5).load(0).unwrap(), good);
    }
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("0.txt"), "0").unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let loads = Arc::default();
    let cached = Cached::new(from_files(folder.path(), &loads), Compose::new())
        .unwrap()
        .on_disk(folder.path().join("file/cache"));
    assert!(matches!(cached.load(0), Err(LoadError::Cache { .. })));
    assert!(matches!(cached.load(7), Err(LoadError::Case { .. })));
}

#[test]
fn a_case_that_panics_does_not_block_the_others() {
    let tries = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&tries);
    let source = FromFn::new(vec![0], move |&number: &usize| {
        match counter.fetch_add(1, Ordering::SeqCst) {
            0 => panic!("at first"),
            _ => Ok(subject(number)),
        }
    });
    let cached = Arc::new(Cached::new(source, Compose::new()).unwrap().in_memory(1 << 20));
    let loader = Loader::new(cached).with_threads(1).with_patches(Patches::of([2, 2]), 3);
    let results: Vec<bool> = loader.epoch(0).map(|case| case.is_ok()).collect();
    assert_eq!(results, [false, true, true]);
}

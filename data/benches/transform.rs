//! How long transforms, samplers and the loading pipeline take: `cargo bench -p unet_lab_data --bench transform -- WORK FOLDER`.
//!
//! `benches/transforms.py` writes the inputs into `FOLDER`, runs this for one `WORK` after the other, and sets the times of TorchIO, MONAI,
//! SciPy, SimpleITK and scikit-image beside it. Each line is a JSON object `{"work", "ms", "check"}`, the time the median of several runs.
//! Without arguments inputs of this program's own are measured.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rand::{RngExt, SeedableRng};
use unet_lab_data::loader::{Cached, FromFn, Loader};
use unet_lab_data::patch::Patches;
use unet_lab_data::transform::*;
use unet_lab_data::{Foreground, Geometry, ImagePair, load_image, load_mask};

const RUNS: usize = 11;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let folder = arguments.get(1).map(PathBuf::from);
    let only = arguments.first().map(String::as_str);
    for (name, measure) in WORKS {
        if only.is_none_or(|only| only == *name || only == "all") {
            measure(name, folder.as_deref());
        }
    }
}

type Measure = fn(&str, Option<&Path>);

const WORKS: &[(&str, Measure)] = &[
    ("resample linear", |name, folder| {
        resample(name, folder, Interpolation::Linear)
    }),
    ("resample cubic", |name, folder| {
        resample(name, folder, Interpolation::Cubic)
    }),
    ("augment 512x512", |name, folder| augment(name, folder, [1, 512, 512])),
    ("augment 128^3", |name, folder| augment(name, folder, [128; 3])),
    ("clahe 512x512", clahe),
    ("patches 96^3", patches),
    ("pipeline", pipeline),
];

/// The median time, and the mean of the last result's values.
fn median(name: &str, mut run: impl FnMut() -> f64) {
    let mut check = run();
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            check = black_box(run());
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(
        r#"{{"work": "{name}", "ms": {:.4}, "check": {check:.6}}}"#,
        times[RUNS / 2]
    );
}

fn mean(subject: &Subject) -> f64 {
    subject.image().iter().map(|&value| f64::from(value)).sum::<f64>() / subject.image().len() as f64
}

/// `NAME.f32` of the folder, or random numbers.
fn values(folder: Option<&Path>, name: &str, count: usize) -> Vec<f32> {
    match folder {
        Some(folder) => {
            let bytes = std::fs::read(folder.join(name)).expect("the input");
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|&four| f32::from_le_bytes(four))
                .collect()
        }
        None => {
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            (0..count).map(|_| rng.random()).collect()
        }
    }
}

fn subject(folder: Option<&Path>, name: &str, size: [usize; 3], spacing: [f64; 3], labelled: bool) -> Subject {
    let count = size.iter().product();
    let image = values(folder, name, count);
    let labels = labelled.then(|| image.iter().map(|&value| u32::from(value > 0.7)).collect());
    let geometry = Geometry::of_spacing(spacing).expect("a spacing");
    Subject::from_parts(image, 1, labels, size, size[0] == 1, geometry).expect("a subject")
}

fn resample(name: &str, folder: Option<&Path>, how: Interpolation) {
    let whole = subject(folder, "volume.f32", [100, 160, 160], [2.5, 0.8, 0.8], false);
    let resample = Resample::to(1.0).with_interpolation(how);
    median(name, || mean(&resample.on(whole.clone()).expect("a volume")));
}

fn augment(name: &str, folder: Option<&Path>, size: [usize; 3]) {
    let file = if size[0] == 1 { "image.f32" } else { "cube.f32" };
    let whole = subject(folder, file, size, [1.0; 3], true);
    let steps = Compose::new()
        .then(Flip::random(0.5))
        .then(Spatial::new().with_elastic(if size[0] == 1 { 10.0 } else { 5.0 }))
        .then(Gamma::random(0.7..=1.5));
    let mut seed = 0;
    median(name, || {
        seed += 1;
        f64::from(steps.seeded(whole.clone(), seed).expect("a subject").image()[0])
    });
}

fn clahe(name: &str, folder: Option<&Path>) {
    let whole = subject(folder, "image.f32", [1, 512, 512], [1.0; 3], false);
    median(name, || mean(&Clahe::default().on(whole.clone()).expect("an image")));
}

/// 100 patches, half of them on foreground.
fn patches(name: &str, folder: Option<&Path>) {
    let whole = subject(folder, "cube.f32", [128; 3], [1.0; 3], true);
    let patches = Patches::of([96; 3]).with_foreground(0.5);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    median(name, || {
        let draw = |_| f64::from(patches.draw(&whole, &mut rng).expect("a patch").image()[0]);
        (0..20).map(draw).sum::<f64>()
    });
}

/// Milliseconds an image of PNG pairs that are read, flipped, deformed and scaled, on two threads; read anew each time, and kept in
/// memory.
fn pipeline(name: &str, folder: Option<&Path>) {
    let Some(folder) = folder else { return };
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder.join("images"))
        .expect("a folder of images")
        .map(|file| file.expect("a file").path())
        .collect();
    names.sort();
    let count = names.len();
    let source = || {
        let masks = folder.join("masks");
        FromFn::new(names.clone(), move |image: &PathBuf| {
            let mask = load_mask(masks.join(image.file_name().unwrap_or_default()), Foreground::NonZero)?;
            Ok(ImagePair::new("pair", load_image(image)?, mask)?.into_subject()?)
        })
    };
    let augmented = |loader: Loader| {
        loader
            .with_threads(2)
            .with_transform(Flip::random(0.5))
            .with_transform(Spatial::new().with_elastic(10.0))
            .with_transform(Gamma::random(0.7..=1.5))
            .with_transform(ZScore::default())
    };
    let cached = Cached::new(source(), Compose::new())
        .expect("no random transform")
        .in_memory(1 << 30);
    let loaders = [
        (name.to_owned(), augmented(Loader::new(source()))),
        (format!("{name} cached"), augmented(Loader::new(cached))),
    ];
    for (name, loader) in loaders {
        let mut epoch = 0;
        let run = |epoch| {
            loader
                .epoch(epoch)
                .map(|case| case.expect("a case").image().len())
                .sum::<usize>()
        };
        run(0);
        let mut times: Vec<f64> = (0..5)
            .map(|_| {
                epoch += 1;
                let start = Instant::now();
                black_box(run(epoch));
                start.elapsed().as_secs_f64() * 1e3 / count as f64
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!(r#"{{"work": "{name}", "ms": {:.4}, "check": {count}}}"#, times[2]);
    }
}
